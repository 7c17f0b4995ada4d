//! RB218: silence counts as yes.

use super::{How, Rule, Subject, asks_people, gates};
use crate::plan::GateElse;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB218,
    how: How::Exact,
    wrong: r#"
gate go {
  confirm "Go?"
  timeout 30m
  else continue
}
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
    let passing = gates(subject)
        .into_iter()
        .filter(|(_, _, gate)| gate.otherwise == GateElse::Continue && asks_people(gate));
    passing
        .map(|(_, node, _)| {
            let name = subject.statement(node);
            Problem::new(
                Code::RB218,
                subject.span(node),
                format!("where nobody answers `{name}`, or somebody says no, the release goes on"),
            )
            .label("`else continue`")
            .help("say `else abort` or `else ask`")
        })
        .collect()
}
