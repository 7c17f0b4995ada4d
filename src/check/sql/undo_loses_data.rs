//! RB116: an undo that loses what was written since its step.

use super::{Command, How, Role, Rule, Statement, Subject, of_commands, serves_later, statements};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB116,
    how: How::Heuristic,
    wrong: r#"
step add {
  $ psql shop -c "ALTER TABLE users ADD COLUMN IF NOT EXISTS email text"
  timeout 1m
  rollback $ psql shop -c "ALTER TABLE users DROP COLUMN IF EXISTS email"
}
step switch {
  $ ./switch_traffic.sh --to green
  timeout 1m
  rollback $ ./switch_traffic.sh --to blue
}
"#,
    right: r#"
step add {
  $ psql shop -c "ALTER TABLE users ADD COLUMN IF NOT EXISTS email text"
  timeout 1m
  harmless "the old version does not look at it; a later release takes it away"
}
step switch {
  $ ./switch_traffic.sh --to green
  timeout 1m
  rollback $ ./switch_traffic.sh --to blue
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    of_commands(subject, |part, command| {
        if part.role != Role::Undo {
            return None;
        }
        let lost = lost(command)?;
        let later = serves_later(subject, part)?;
        let name = later
            .statement
            .map_or("a later step", |it| it.name.as_str());
        let message = format!(
            "if the release goes back after `{name}`, what users wrote since then is lost: `{lost}`"
        );
        Some(
            Problem::new(Code::RB116, command.span(), message)
                .label("takes away what was written since")
                .and(later.text.whole(), "from here on users write")
                .help("let the old version live with what is new (`harmless \"why\"`), or keep what was written; a backup is a last resort: `rollback … else \"why\" { … }`"),
        )
    })
}

fn lost(command: &Command<'_>) -> Option<String> {
    let of_statements = statements(command).iter().find_map(Statement::destroys);
    let restores = matches!(command.program, "pg_restore" | "mongorestore" | "mysqlpump")
        && !command.has(&["--list", "-l"]);
    of_statements.or_else(|| restores.then(|| command.shown()))
}
