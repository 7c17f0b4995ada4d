//! RB718: a column or table goes while the old version may still use it.

use super::{How, Role, Rule, Statement, Subject, of_commands, serves_later, statements};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB718,
    how: How::Heuristic,
    wrong: r#"
gate sure { confirm "Is there a backup?" }
step rename {
  $ psql shop -c "ALTER TABLE users RENAME COLUMN mail TO email"
  timeout 1m
  rollback $ ./schema.sh --to before
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
  rollback $ ./schema.sh --to before
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
        if part.role != Role::Step {
            return None;
        }
        let found = statements(command);
        let statement = found.iter().find(|it| Statement::contracts(it))?.shown();
        let later = serves_later(subject, part)?;
        let name = later
            .statement
            .map_or("a later step", |it| it.name.as_str());
        let message = format!(
            "until `{name}` has run, the old version serves, and `{statement}` takes away what it uses"
        );
        Some(
            Problem::new(Code::RB718, command.span(), message)
                .label("too early")
                .and(later.text.whole(), "the new version comes only here")
                .help("first add what is new, then change over, and take away what is old in a release of its own"),
        )
    })
}
