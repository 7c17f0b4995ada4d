//! RB208: a gate that closes before it can open.

use super::{GateCondition, How, Rule, Subject, gates};
use crate::plan::Millis;
use crate::problem::{Code, Problem};
use crate::types::text::elapsed;

pub static RULE: Rule = Rule {
    code: Code::RB208,
    how: How::Exact,
    wrong: r#"
metric errors: percent = $ ./errors.sh
gate calm {
  hold errors < 1% for 30m every 1m
  timeout 10m
}
"#,
    right: r#"
metric errors: percent = $ ./errors.sh
gate calm {
  hold errors < 1% for 30m every 1m
  timeout 1h
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (_, node, gate) in gates(subject) {
        let Some(limit) = gate.timeout else {
            continue;
        };
        let longest = gate.conditions.iter().map(at_least).max().unwrap_or(0);
        if limit < longest {
            let name = subject.statement(node);
            let message = format!(
                "`{name}` closes after {}, and opens after {} at the earliest",
                elapsed(limit),
                elapsed(longest)
            );
            problems.push(
                Problem::new(Code::RB208, subject.span(node), message)
                    .label("never opens")
                    .help("let its `timeout` be longer than what it waits for, with room for samples that fail"),
            );
        }
    }
    problems
}

/// How long a condition takes when all is well.
fn at_least(condition: &GateCondition) -> Millis {
    match condition {
        GateCondition::Hold { lasting, .. } => *lasting,
        GateCondition::Wait(time) => *time,
        GateCondition::Approve { .. }
        | GateCondition::Confirm { .. }
        | GateCondition::Window(_)
        | GateCondition::Until { .. }
        | GateCondition::Check { .. }
        | GateCondition::Rehearsed { .. } => 0,
    }
}
