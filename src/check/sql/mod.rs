//! Rules on SQL in commands: `psql -c`, `mysql -e`, `sqlite3 file "…"`, and
//! here-documents given to them. A light reader: statements and their words.

pub(super) mod contract_too_early;
pub(super) mod ddl_destroys;
pub(super) mod ddl_locks;
pub(super) mod migration_down;
pub(super) mod undo_loses_data;

use super::scripts::{Command, Part, Role, of_commands};
use super::shell::destroys_unsaid::is_said;
use super::{How, Rule, Subject};

/// A statement as its words, in capitals; text in quotes is `'`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub words: Vec<String>,
}

/// The statements that a command sends to a database.
pub fn statements(command: &Command<'_>) -> Vec<Statement> {
    if !is_client(command.program) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for text in texts(command) {
        read(text, &mut found);
    }
    found
}

fn is_client(program: &str) -> bool {
    matches!(
        program,
        "psql"
            | "mysql"
            | "mariadb"
            | "sqlite3"
            | "cockroach"
            | "clickhouse-client"
            | "sqlcmd"
            | "duckdb"
    )
}

fn texts<'a>(command: &Command<'a>) -> Vec<&'a str> {
    let letter = match command.program {
        "psql" => 'c',
        "sqlcmd" => 'Q',
        "clickhouse-client" => 'q',
        _mysql_and_others => 'e',
    };
    let mut found = Vec::new();
    let mut words = command.words.iter().copied().peekable();
    while let Some(word) = words.next() {
        let long = ["--command", "--execute", "--query"];
        let given = long
            .iter()
            .find_map(|option| word.strip_prefix(option)?.strip_prefix('='));
        let is_short = word.starts_with('-') && !word.starts_with("--") && word.ends_with(letter);
        if let Some(text) = given {
            found.push(text);
        } else if is_short || long.contains(&word) {
            found.extend(words.peek());
        }
    }
    if matches!(command.program, "sqlite3" | "duckdb") {
        found.extend(command.plain().nth(1));
    }
    found.extend(command.here_document());
    found
}

fn read(text: &str, found: &mut Vec<Statement>) {
    let text = text.trim_matches('"');
    let mut words: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, behind)| behind);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, behind)| behind);
        } else if first == '\'' {
            words.push("'".to_owned());
            rest = rest[1..].split_once('\'').map_or("", |(_, behind)| behind);
        } else if first == ';' {
            if !words.is_empty() {
                found.push(Statement {
                    words: std::mem::take(&mut words),
                });
            }
            rest = &rest[1..];
        } else if is_of_word(first) {
            let end = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
            words.push(rest[..end].to_ascii_uppercase());
            rest = &rest[end..];
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    if !words.is_empty() {
        found.push(Statement { words });
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '`' | '{' | '}')
}

impl Statement {
    fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", String::as_str)
    }

    fn has(&self, word: &str) -> bool {
        self.words.iter().any(|it| it == word)
    }

    /// Whether these words stand in it one after another.
    fn has_row(&self, row: &[&str]) -> bool {
        self.words
            .windows(row.len())
            .any(|words| words.iter().zip(row).all(|(word, of)| word == of))
    }

    fn is_temporary(&self) -> bool {
        self.has("TEMP") || self.has("TEMPORARY")
    }

    pub fn changes(&self) -> bool {
        let first = [
            "INSERT", "UPDATE", "DELETE", "DROP", "TRUNCATE", "ALTER", "CREATE", "GRANT", "REVOKE",
        ];
        first.contains(&self.word(0)) && !self.is_temporary()
    }

    /// What data it takes away: `DROP TABLE ORDERS`.
    pub fn destroys(&self) -> Option<String> {
        if self.is_temporary() {
            return None;
        }
        let found = match self.word(0) {
            "DROP" => matches!(self.word(1), "TABLE" | "DATABASE" | "SCHEMA"),
            "TRUNCATE" => true,
            "DELETE" => !self.has("WHERE"),
            "ALTER" => self.drops_column(),
            _another => false,
        };
        found.then(|| self.shown())
    }

    fn drops_column(&self) -> bool {
        let keeps_data = [
            "CONSTRAINT",
            "DEFAULT",
            "NOT",
            "INDEX",
            "PRIMARY",
            "FOREIGN",
            "KEY",
            "CHECK",
            "IDENTITY",
            "EXPRESSION",
        ];
        let mut pairs = self.words.windows(2);
        self.word(1) == "TABLE"
            && pairs.any(|pair| pair[0] == "DROP" && !keeps_data.contains(&pair[1].as_str()))
    }

    /// Whether a program that knew the old schema cannot live with the new.
    pub fn contracts(&self) -> bool {
        match self.word(0) {
            "DROP" => matches!(self.word(1), "TABLE" | "VIEW"),
            "ALTER" => self.drops_column() || self.has("RENAME"),
            _another => false,
        }
    }

    /// Its first words.
    pub fn shown(&self) -> String {
        const SHOWN: usize = 6;
        let words: Vec<&str> = self.words.iter().take(SHOWN).map(String::as_str).collect();
        let more = if self.words.len() > SHOWN { " …" } else { "" };
        words.join(" ") + more
    }
}

/// The first step behind a part, in the order of the text, that by its words
/// gives traffic to a new version.
fn serves_later<'s>(subject: &'s Subject<'_>, part: &Part<'_>) -> Option<&'s Part<'s>> {
    const WORDS: [&str; 12] = [
        "traffic", "switch", "shift", "cutover", "promote", "rollout", "deploy", "canary",
        "weight", "live", "release", "upgrade",
    ];
    let at = subject
        .parts
        .iter()
        .position(|it| std::ptr::eq(it.text, part.text))?;
    let mut behind = subject.parts[at + 1..].iter();
    behind.find(|it| {
        let is_own = match (it.statement, part.statement) {
            (Some(one), Some(other)) => std::ptr::eq(one, other),
            (_, _) => false,
        };
        let words = it.text.text.split(|c: char| !c.is_ascii_alphanumeric());
        it.role == Role::Step
            && !is_own
            && words
                .map(str::to_ascii_lowercase)
                .any(|word| WORDS.contains(&word.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<Statement> {
        let mut found = Vec::new();
        read(text, &mut found);
        found
    }

    #[test]
    fn statements_are_told_apart() {
        let found = of("insert into t values ('a; drop table x'); -- drop table y\nTRUNCATE t");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].destroys(), None);
        assert_eq!(found[1].destroys().as_deref(), Some("TRUNCATE T"));
    }

    #[test]
    fn what_destroys_is_known_from_what_only_changes() {
        for (text, destroys) in [
            ("alter table t drop column a", true),
            ("alter table t drop a", true),
            ("alter table t drop constraint c", false),
            ("alter table t alter column a drop not null", false),
            ("drop index i", false),
            ("delete from t where id = 1", false),
            ("delete from t", true),
            ("drop table if exists t", true),
        ] {
            assert_eq!(of(text)[0].destroys().is_some(), destroys, "{text}");
        }
    }
}
