//! RB719: a migration whose undo does not lead back to where it began.

use super::{Command, How, Part, Role, Rule, Subject};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB719,
    how: How::Heuristic,
    wrong: r#"
step migrate {
  $ alembic upgrade head
  timeout 10m
  rollback $ alembic downgrade -1
}
"#,
    right: r#"
step migrate {
  capture before $ ./current_revision.sh
  $ alembic upgrade head
  timeout 10m
  rollback $ alembic downgrade "$before"
}
"#,
    check,
};

/// A tool of migrations: what goes up, what goes down, and what goes down by one
/// migration only, however many there were.
struct Tool {
    programs: &'static [&'static str],
    up: &'static [&'static str],
    down: &'static [&'static str],
    one: fn(&Command<'_>) -> bool,
}

fn has_no_number(command: &Command<'_>) -> bool {
    !command.any_computed() && !command.written().contains(|c: char| c.is_ascii_digit())
}

const TOOLS: &[Tool] = &[
    Tool {
        programs: &["alembic"],
        up: &["upgrade"],
        down: &["downgrade"],
        one: |it| it.words.contains(&"-1"),
    },
    Tool {
        programs: &["rails", "rake", "bundle"],
        up: &["db:migrate"],
        down: &["db:rollback", "db:migrate", "db:migrate:down"],
        one: |it| it.words.contains(&"db:rollback") && !it.written().contains("STEP"),
    },
    Tool {
        programs: &["knex", "npx"],
        up: &["migrate:latest"],
        down: &["migrate:rollback", "migrate:down"],
        one: |it| it.words.contains(&"migrate:down"),
    },
    Tool {
        programs: &["goose"],
        up: &["up"],
        down: &["down", "down-to", "reset"],
        one: |it| it.words.contains(&"down"),
    },
    Tool {
        programs: &["dbmate"],
        up: &["up", "migrate"],
        down: &["down", "rollback"],
        one: |_| true,
    },
    Tool {
        programs: &["sqlx"],
        up: &["run"],
        down: &["revert"],
        one: |it| !it.has(&["--target-version"]),
    },
    Tool {
        programs: &["diesel"],
        up: &["run"],
        down: &["revert"],
        one: |it| !it.has(&["--all", "-a", "--number", "-n"]),
    },
    Tool {
        programs: &["migrate"],
        up: &["up", "goto"],
        down: &["down", "goto"],
        one: has_no_number,
    },
    Tool {
        programs: &["flyway"],
        up: &["migrate"],
        down: &["undo"],
        one: |it| !it.words.iter().any(|word| word.starts_with("-target")),
    },
    Tool {
        programs: &["artisan", "php"],
        up: &["migrate"],
        down: &["migrate:rollback"],
        one: |_| false,
    },
];

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for part in subject.parts.iter().filter(|it| it.role == Role::Step) {
        for command in &part.commands {
            let tool = TOOLS.iter().find(|it| goes(it.programs, it.up, command));
            if let Some(tool) = tool {
                problems.extend(of_way_back(subject, part, command, tool));
            }
        }
    }
    problems
}

fn goes(programs: &[&str], words: &[&str], command: &Command<'_>) -> bool {
    programs.contains(&command.program) && command.words.iter().any(|it| words.contains(it))
}

fn of_way_back(
    subject: &Subject<'_>,
    part: &Part<'_>,
    up: &Command<'_>,
    tool: &Tool,
) -> Option<Problem> {
    let mut undos = subject.parts.iter().filter(|it| {
        let is_of_step = match (it.step, part.step) {
            (Some(one), Some(other)) => std::ptr::eq(one, other),
            (_, _) => false,
        };
        it.role == Role::Undo && is_of_step
    });
    let undo = undos.next()?;
    let down = undo
        .commands
        .iter()
        .find(|it| goes(tool.programs, tool.down, it));
    let up_by_one = up
        .words
        .iter()
        .any(|it| matches!(*it, "+1" | "1" | "up-by-one"));
    match down {
        // Of another make: who knows what it does.
        None if undo
            .commands
            .iter()
            .any(|it| tool.programs.contains(&it.program)) =>
        {
            Some(
                Problem::new(
                    Code::RB719,
                    undo.text.whole(),
                    format!("`{}` is not taken back: the undo goes up, too", up.shown()),
                )
                .label("no way down")
                .and(up.span(), "goes up here")
                .help(format!(
                    "go down again: `{} {} …`",
                    tool.programs[0], tool.down[0]
                )),
            )
        }
        Some(down) if (tool.one)(down) && !up_by_one => Some(
            Problem::new(
                Code::RB719,
                down.span(),
                format!(
                    "`{}` takes back one migration, however many `{}` made",
                    down.shown(),
                    up.shown()
                ),
            )
            .label("one step down")
            .and(up.span(), "as many up as there are")
            .help("note where it began (`capture before $ …`), and go down to that"),
        ),
        Some(_) | None => None,
    }
}
