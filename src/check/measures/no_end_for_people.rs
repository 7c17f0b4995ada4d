//! RB217: a person is waited for without end.

use super::{How, Rule, Subject, asks_people, gates};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB217,
    how: How::Exact,
    wrong: r#"
gate go { confirm "Go?" }
"#,
    right: r#"
gate go {
  confirm "Go?"
  timeout 30m
  else abort
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let endless = gates(subject)
        .into_iter()
        .filter(|(_, _, gate)| gate.timeout.is_none() && asks_people(gate));
    endless
        .map(|(_, node, _)| {
            let name = subject.statement(node);
            Problem::new(
                Code::RB217,
                subject.span(node),
                format!("where nobody answers `{name}`, the run waits for ever"),
            )
            .label("has no `timeout`")
            .help("say how long, and what then: `timeout 30m` and `else abort`")
        })
        .collect()
}
