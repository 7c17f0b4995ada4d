//! RB717: a change of a schema that keeps others waiting.

use super::{How, Rule, Statement, Subject, of_commands, statements};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB717,
    how: How::Heuristic,
    wrong: r#"
step index {
  $ psql shop -c "CREATE INDEX by_email ON users (email)"
  timeout 1h
  rollback $ psql shop -c "DROP INDEX CONCURRENTLY IF EXISTS by_email"
}
"#,
    right: r#"
step index {
  $ psql shop -c "CREATE INDEX CONCURRENTLY IF NOT EXISTS by_email ON users (email)"
  timeout 1h
  rollback $ psql shop -c "DROP INDEX CONCURRENTLY IF EXISTS by_email"
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    of_commands(subject, |part, command| {
        if !part.role.changes() || command.program != "psql" {
            return None;
        }
        let statements = statements(command);
        let made: Vec<&str> = statements.iter().filter_map(makes_table).collect();
        let (statement, help) = statements.iter().find_map(|it| {
            // Nobody waits for a table that is new.
            let is_new = it.words.iter().any(|word| made.contains(&word.as_str()));
            let help = if is_new { None } else { locks(it) }?;
            Some((it.shown(), help))
        })?;
        let message = format!("while `{statement}` runs, others wait for the table");
        Some(
            Problem::new(Code::RB717, command.span(), message)
                .label("takes a lock for as long as it runs")
                .help(help),
        )
    })
}

fn makes_table(statement: &Statement) -> Option<&str> {
    let is_new = statement.word(0) == "CREATE" && statement.has("TABLE");
    let after = |word: &str| statement.words.iter().position(|it| it == word);
    let at = after("EXISTS").or_else(|| after("TABLE"))?;
    is_new.then(|| statement.word(at + 1))
}

/// How the same is done without, where a statement of PostgreSQL takes a lock
/// that lasts.
fn locks(statement: &Statement) -> Option<&'static str> {
    let concurrently = statement.has("CONCURRENTLY");
    match statement.word(0) {
        "CREATE" if statement.has("INDEX") && !concurrently => {
            Some("`CREATE INDEX CONCURRENTLY` lets them write")
        }
        "REINDEX" if !concurrently => Some("`REINDEX … CONCURRENTLY` lets them write"),
        "REFRESH" if !concurrently => {
            Some("`REFRESH MATERIALIZED VIEW CONCURRENTLY` lets them read")
        }
        "VACUUM" if statement.has("FULL") => {
            Some("plain `VACUUM` lets them write; `pg_repack` packs")
        }
        "CLUSTER" => Some("`pg_repack` does it without"),
        "LOCK" => Some("leave the lock to the statements that need it"),
        "ALTER" => alters(statement),
        _another => None,
    }
}

fn alters(statement: &Statement) -> Option<&'static str> {
    let adds_check = statement.has("ADD") && (statement.has("FOREIGN") || statement.has("CHECK"));
    if statement.has_row(&["SET", "NOT", "NULL"]) {
        Some("add `CHECK (… IS NOT NULL) NOT VALID` first, `VALIDATE CONSTRAINT` it, then set it")
    } else if statement.has_row(&["SET", "DATA", "TYPE"])
        || (statement.has("ALTER") && statement.has("TYPE") && statement.has("COLUMN"))
    {
        Some("add a column of the new type, fill it in batches, and change over")
    } else if adds_check && !statement.has_row(&["NOT", "VALID"]) {
        Some("add the constraint `NOT VALID`, and `VALIDATE CONSTRAINT` it in a step of its own")
    } else if statement.has("ADD")
        && statement.has("UNIQUE")
        && !statement.has_row(&["USING", "INDEX"])
    {
        Some("create the index `CONCURRENTLY`, then `ADD CONSTRAINT … UNIQUE USING INDEX`")
    } else {
        None
    }
}
