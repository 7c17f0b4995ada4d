//! RB124: an undo that is tried again at once.

use super::{How, Rule, Subject};
use crate::model::{Block, Retry, StatementKind, Undo, WayBack};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB124,
    how: How::Exact,
    wrong: r#"
step deploy {
  $ ./deploy.sh new
  timeout 10m
  rollback {
    $ ./deploy.sh old
    retry 5
  }
}
"#,
    right: r#"
step deploy {
  $ ./deploy.sh new
  timeout 10m
  rollback {
    $ ./deploy.sh old
    retry 5 every 30s
  }
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut undos = Vec::new();
    of_block(&subject.model.body, &mut undos);
    undos
        .into_iter()
        .filter(|undo| {
            undo.attempts.iter().any(|it| match &it.retry {
                Retry::Times { every, .. } => every.is_none(),
                Retry::Never | Retry::Within { .. } => false,
            })
        })
        .map(|undo| {
            Problem::new(
                Code::RB124,
                undo.span,
                "what keeps this undo from working is hardly gone a second later",
            )
            .label("all its tries are over in a moment")
            .help("say how long to wait: `retry 5 every 30s`")
        })
        .collect()
}

fn of_block<'m>(block: &'m Block, found: &mut Vec<&'m Undo>) {
    found.extend(&block.rollback);
    for statement in block.all() {
        match &statement.kind {
            StatementKind::With { leave, .. } => found.push(leave),
            StatementKind::Step(step) => match &step.way_back {
                WayBack::Own(undo) => found.push(undo),
                WayBack::Harmless(_) | WayBack::Irreversible { .. } | WayBack::Covered => {}
            },
            _without_an_undo => {}
        }
        found.extend(statement.kind.body().and_then(|it| it.rollback.as_ref()));
    }
}
