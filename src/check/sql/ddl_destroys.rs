//! RB716: SQL that destroys data in a step that does not say so.

use super::{How, Role, Rule, Statement, Subject, is_said, of_commands, statements};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB716,
    how: How::Heuristic,
    wrong: r#"
step clean {
  $ psql shop -c "TRUNCATE audit"
  timeout 1m
  rollback $ ./restore.sh audit
}
"#,
    right: r#"
step dump {
  $ pg_dump -Fc -t audit -f audit.dump shop
  timeout 5m
  saves audit
  harmless "it only adds a file"
}
step clean {
  $ psql shop -c "TRUNCATE audit"
  timeout 1m
  destroys audit
  rollback $ pg_restore --data-only -d shop audit.dump
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    of_commands(subject, |part, command| {
        if part.role != Role::Step || is_said(part) {
            return None;
        }
        let lost = statements(command).iter().find_map(Statement::destroys)?;
        let message = format!(
            "`{lost}` destroys data, and the step does not say so: nothing makes sure that it was saved"
        );
        Some(
            Problem::new(Code::RB716, command.span(), message)
                .label("no undo brings this back by itself")
                .help("say `destroys NAME` and let a step before it say `saves NAME`; or `irreversible \"why\" then \"what next\"` behind a gate"),
        )
    })
}
