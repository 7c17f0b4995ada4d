//! RB802: a step without a title.

use super::{How, Rule, Subject};
use crate::model::StatementKind;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB802,
    how: How::Exact,
    wrong: r#"
step deploy {
  $ ./deploy.sh new
  timeout 10m
  rollback $ ./deploy.sh old
}
"#,
    right: r#"
step deploy "The new version on all servers" {
  $ ./deploy.sh new
  timeout 10m
  rollback $ ./deploy.sh old
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
        .filter(|it| it.title.is_none() && matches!(it.kind, StatementKind::Step(_)))
        .map(|it| {
            let message = format!("`{}` does not say what it is for", it.name);
            Problem::new(Code::RB802, it.span, message)
                .label("has no title")
                .help(format!("give it one: `step {} \"…\"`", it.name))
        })
        .collect()
}
