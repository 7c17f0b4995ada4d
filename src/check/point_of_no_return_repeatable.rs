//! RB109: a point of no return that cannot be finished when it is cut off.

use super::{How, Rule, Subject};
use crate::plan::{NodeKind, WayBack};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB109,
    how: How::Exact,
    wrong: r#"
role leads = ["ada"]
gate sure { approve by leads }
step drop {
  $ ./drop_old_table.sh
  timeout 1m
  irreversible "the data is gone" then "go on with the release"
}
"#,
    right: r#"
role leads = ["ada"]
gate sure { approve by leads }
step drop {
  $ ./drop_old_table.sh --if-exists
  timeout 1m
  repeatable
  irreversible "the data is gone" then "go on with the release"
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let points = subject.plan.nodes.iter().filter(|node| {
        matches!(
            &node.kind,
            NodeKind::Step(step)
                if !step.repeatable && matches!(step.way_back, WayBack::Irreversible { .. })
        )
    });
    points
        .map(|node| {
            let step = subject.statement(node);
            let message = format!(
                "if `{step}` is cut off half-way it can be neither undone nor finished"
            );
            Problem::new(Code::RB109, subject.span(node), message)
                .label("a point of no return that is not `repeatable`")
                .help("write its commands so that they may run again whatever an unfinished attempt left, and add `repeatable`")
        })
        .collect()
}
