//! RB222: whoever starts a release may approve it.

use super::{GateCondition, How, Rule, Subject, gates};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB222,
    how: How::Exact,
    wrong: r#"
role managers = ["ada", "grace"]
gate go { approve by managers or starter }
"#,
    right: r#"
role managers = ["ada", "grace"]
gate go { approve by managers }
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let alone = gates(subject).into_iter().filter(|(_, _, gate)| {
        gate.conditions.iter().any(|it| {
            matches!(
                it,
                GateCondition::Approve {
                    or_starter: true,
                    ..
                }
            )
        })
    });
    alone
        .map(|(_, node, _)| {
            let name = subject.statement(node);
            Problem::new(
                Code::RB222,
                subject.span(node),
                format!("one person can start the release and approve it at `{name}`"),
            )
            .label("`or starter`")
            .help("leave `or starter` out")
        })
        .collect()
}
