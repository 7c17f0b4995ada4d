//! RB504: a check that may last longer than its gate.

use super::{Code, GateCondition, How, NodeKind, Problem, Retry, Rule, Subject, elapsed};

pub static RULE: Rule = Rule {
    code: Code::RB504,
    how: How::Exact,
    wrong: r#"
gate ready {
  check "It answers" {
    $ ./answers.sh
    within 10m every 10s
  }
  timeout 5m
}
"#,
    right: r#"
gate ready {
  check "It answers" {
    $ ./answers.sh
    within 5m every 10s
  }
  timeout 10m
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for node in &subject.plan.nodes {
        let NodeKind::Gate(gate) = &node.kind else {
            continue;
        };
        let Some(limit) = gate.timeout else { continue };
        let longest = gate.conditions.iter().filter_map(|it| match it {
            GateCondition::Check { check, .. } => match check.retry {
                Retry::Within { limit, .. } => Some(limit),
                Retry::Never | Retry::Times { .. } => None,
            },
            GateCondition::Approve { .. }
            | GateCondition::Confirm { .. }
            | GateCondition::Window(_)
            | GateCondition::Wait(_)
            | GateCondition::Hold { .. }
            | GateCondition::Until { .. }
            | GateCondition::Rehearsed { .. } => None,
        });
        if let Some(longest) = longest.max().filter(|it| *it > limit) {
            let name = subject.statement(node);
            problems.push(
                Problem::new(
                    Code::RB504,
                    subject.span(node),
                    format!(
                        "`{name}` closes after {}, while its check may still be tried for {}",
                        elapsed(limit),
                        elapsed(longest)
                    ),
                )
                .label("ends before its check does")
                .help("let the gate's `timeout` be longer than the `within` of its checks"),
            );
        }
    }
    problems
}
