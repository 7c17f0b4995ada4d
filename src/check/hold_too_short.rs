//! RB207: a hold in which less than two samples are taken.

use super::{How, Rule, Subject, node_ids};
use crate::plan::{GateCondition, Millis, NodeKind};
use crate::problem::{Code, Problem};
use crate::types::text::elapsed;

pub static RULE: Rule = Rule {
    code: Code::RB207,
    how: How::Exact,
    wrong: r#"
metric errors: percent = $ ./errors.sh
gate calm { hold errors < 1% for 20s every 15s }
"#,
    right: r#"
metric errors: percent = $ ./errors.sh
gate calm { hold errors < 1% for 5m every 15s }
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for id in node_ids(subject.plan) {
        let node = subject.node(id);
        let NodeKind::Gate(gate) = &node.kind else {
            continue;
        };
        for (lasting, every) in gate.conditions.iter().filter_map(hold) {
            if lasting < every.saturating_mul(2) {
                let name = subject.statement(node);
                let (lasting, every) = (elapsed(lasting), elapsed(every));
                let message = format!(
                    "`{name}` holds for {lasting} and looks every {every}: hardly more than a glance"
                );
                problems.push(
                    Problem::new(Code::RB207, subject.span(node), message)
                        .label("less than two samples apart")
                        .help("hold for longer, or look more often: `every 5s`"),
                );
            }
        }
    }
    problems
}

fn hold(condition: &GateCondition) -> Option<(Millis, Millis)> {
    match condition {
        GateCondition::Hold { lasting, every, .. } => Some((*lasting, *every)),
        GateCondition::Approve { .. }
        | GateCondition::Confirm { .. }
        | GateCondition::Window(_)
        | GateCondition::Wait(_)
        | GateCondition::Until { .. }
        | GateCondition::Check { .. }
        | GateCondition::Rehearsed { .. } => None,
    }
}
