//! RB803: a phase without a title.

use super::{How, Rule, Subject};
use crate::model::StatementKind;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB803,
    how: How::Exact,
    wrong: r#"
phase check_first {
  check ready $ ./ready.sh
}
"#,
    right: r#"
phase check_first "Before anything is touched" {
  check ready $ ./ready.sh
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    subject
        .model
        .body
        .all()
        .into_iter()
        .filter(|it| it.title.is_none() && matches!(it.kind, StatementKind::Phase { .. }))
        .map(|it| {
            let message = format!("`{}` does not say what it is for", it.name);
            Problem::new(Code::RB803, it.span, message)
                .label("has no title")
                .help(format!("give it one: `phase {} \"…\"`", it.name))
        })
        .collect()
}
