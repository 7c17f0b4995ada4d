//! RB101: a step that changes something and does not say how it is undone.

use super::drafts::add_lines;
use super::{How, Rule, Subject};
use crate::plan::{NodeKind, WayBack};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB101,
    how: How::Exact,
    wrong: r#"
step migrate {
  $ ./run_migrations.sh
}
"#,
    right: r#"
step migrate {
  $ ./run_migrations.sh
  rollback $ ./undo_migrations.sh
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let without = subject.plan.nodes.iter().filter(
        |node| matches!(&node.kind, NodeKind::Step(step) if step.way_back == WayBack::Missing),
    );
    without
        .map(|node| {
            let name = subject.statement(node);
            let message = format!("step `{name}` does not say how it is undone");
            Problem::new(Code::RB101, subject.span(node), message)
                .label("if this fails half-way, nothing brings production back")
                .help("add `rollback { … }`, or say why none is needed: `harmless \"why\"`, or `irreversible \"why\" then \"what to do next\"`")
                .draft("say how it is undone", add_lines(subject, node, "rollback {\n}"))
                .draft("say that it is harmless", add_lines(subject, node, "harmless \"\""))
        })
        .collect()
}
