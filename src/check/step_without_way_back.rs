//! RB101: a step that changes something and does not say how it is undone.

use super::drafts::add_lines;
use super::{How, Rule, Subject, node_ids};
use crate::plan::{Node, NodeId, NodeKind, WayBack};
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
    let is_without = |id: &NodeId| matches!(&subject.node(*id).kind, NodeKind::Step(step) if step.way_back == WayBack::Missing);
    let without = node_ids(subject.plan).filter(is_without);
    without.map(|id| problem(subject, id)).collect()
}

fn problem(subject: &Subject<'_>, id: NodeId) -> Problem {
    let node = subject.node(id);
    let name = subject.statement(node);
    let message = format!("step `{name}` does not say how it is undone");
    let problem = Problem::new(Code::RB101, subject.span(node), message)
        .label("if this fails half-way, nothing brings production back")
        .help("add `rollback { … }`, or say why none is needed: `harmless \"why\"`, or `irreversible \"why\" then \"what to do next\"`")
        .draft("say how it is undone", add_lines(subject, node, "rollback {\n}"))
        .draft("say that it is harmless", add_lines(subject, node, "harmless \"\""));
    match next(subject, id) {
        Some(next) => problem.and(
            subject.span(next),
            format!("if this fails, `{name}` has run and nothing undoes it"),
        ),
        None => problem,
    }
}

/// What comes next and may fail.
fn next<'s>(subject: &Subject<'s>, id: NodeId) -> Option<&'s Node> {
    let own = subject.span(subject.node(id));
    let mut behind = node_ids(subject.plan).skip(id.index() + 1);
    let next = behind.find(|other| {
        let node = subject.node(*other);
        let may_fail = matches!(
            node.kind,
            NodeKind::Step(_) | NodeKind::Check(_) | NodeKind::Gate(_) | NodeKind::Enter(_)
        );
        may_fail && subject.graph.is_before(id, *other) && subject.span(node) != own
    })?;
    (!subject.is_in_ending(next)).then(|| subject.node(next))
}
