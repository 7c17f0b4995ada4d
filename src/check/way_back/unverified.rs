//! RB121: an undo that nobody looks at.

use super::{How, Rule, Subject, node_ids, place};
use crate::machine::undo_of;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB121,
    how: How::Exact,
    wrong: r#"
step deploy {
  $ ./deploy.sh new
  timeout 10m
  rollback $ ./deploy.sh old
}
"#,
    right: r#"
step deploy {
  $ ./deploy.sh new
  timeout 10m
  rollback {
    $ ./deploy.sh old
    verify $ ./runs.sh old
  }
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let undos = node_ids(subject.plan).flat_map(|id| undo_of(subject.plan, id));
    undos
        .filter(|undo| undo.attempts.iter().all(|it| it.verify.is_none()))
        .map(|undo| {
            Problem::new(
                Code::RB121,
                place(undo.origin),
                "nothing says whether this undo worked",
            )
            .label("its exit status is all there is")
            .help("add `verify $ …`: a command that fails where it did not")
        })
        .collect()
}
