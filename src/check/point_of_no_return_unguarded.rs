//! RB125: a point of no return that no gate guards.

use super::{How, Rule, Subject, node_ids};
use crate::plan::{NodeId, NodeKind, Skip, WayBack};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB125,
    // One that only waits always opens, `else continue` or not.
    how: How::Conservative,
    wrong: r#"
step drop {
  $ ./drop_old_table.sh --if-exists
  timeout 1m
  repeatable
  irreversible "the data is gone" then "go on with the release"
}
"#,
    right: r#"
gate sure { confirm "Drop the old table for good?" }
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
    let mut problems = Vec::new();
    for id in node_ids(subject.plan) {
        let node = subject.node(id);
        if let NodeKind::Step(step) = &node.kind
            && matches!(step.way_back, WayBack::Irreversible { .. })
            && !is_guarded(subject, id)
        {
            let step = subject.statement(node);
            let message =
                format!("nothing stands between a mistake and `{step}`, which cannot be undone");
            problems.push(
                Problem::new(Code::RB125, subject.span(node), message)
                    .label("a point of no return without a gate before it")
                    .help("put a gate before it: `gate sure { confirm \"…\" }`, `approve by …`, or one that measures"),
            );
        }
    }
    problems
}

/// Whether a gate surely comes before, is not skipped where this is not, does not
/// let it happen when it stays shut, and is not given up with its round.
fn is_guarded(subject: &Subject<'_>, point: NodeId) -> bool {
    let skip = &subject.node(point).skip;
    let guards = subject.plan.guards(&subject.graph, point);
    guards.into_iter().any(|gate| {
        let gate = &subject.node(gate).skip;
        *gate == Skip::No || gate == skip
    })
}
