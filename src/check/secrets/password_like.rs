//! RB613: what looks like a password in the text of a command.

use super::{How, Rule, Subject, of_commands};
use crate::problem::{Code, Problem};
use crate::source::Span;

pub static RULE: Rule = Rule {
    code: Code::RB613,
    how: How::Heuristic,
    wrong: r#"
step load {
  $ PGPASSWORD=hunter2-staging psql shop -f load.sql
  timeout 10m
  rollback $ ./unload.sh
}
"#,
    right: r#"
secret shop_password from env "SHOP_PASSWORD"
step load {
  env PGPASSWORD = shop_password
  $ psql shop -f load.sql
  timeout 10m
  rollback $ ./unload.sh
}
"#,
    check,
};

const NAMES: [&str; 7] = [
    "password", "passwd", "secret", "token", "api_key", "apikey", "pwd",
];

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    of_commands(subject, |_, command| {
        let assigned = command.simple.assignments.iter().filter_map(|it| {
            let value = it.value.as_deref()?;
            is_named_so(&it.name).then(|| (value, command.text.span(&it.range)))
        });
        let words = command.words.iter().enumerate();
        let given = words.filter_map(|(at, word)| {
            let span = command.word_span(at);
            let (option, value) = match word.split_once('=') {
                Some((option, value)) => (option, value),
                None => (*word, command.words.get(at + 1).copied()?),
            };
            let is_option = word.starts_with("--") && is_named_so(option);
            is_option.then_some((value, span))
        });
        let in_address = command.words.iter().enumerate().filter_map(|(at, word)| {
            password_of_address(word).map(|value| (value, command.word_span(at)))
        });
        let mut all = assigned.chain(given).chain(in_address);
        all.find(|(value, _)| is_password(value))
            .map(|(_, span)| problem(span))
    })
}

fn problem(span: Span) -> Problem {
    Problem::new(
        Code::RB613,
        span,
        "this looks like a password, for everybody who can read the file",
    )
    .label("written out")
    .help("ask for it: `secret NAME from env \"NAME\"`, and give it to the command with `env PGPASSWORD = NAME`")
}

fn is_named_so(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    // `--password-file`, `--token-path`, `--secret-name`: where it is.
    let says_where = [
        "file", "path", "name", "stdin", "url", "ttl", "id", "from", "length",
    ]
    .iter()
    .any(|end| name.ends_with(end));
    !says_where && NAMES.iter().any(|it| name.ends_with(it))
}

/// `postgres://user:password@host`
fn password_of_address(word: &str) -> Option<&str> {
    let (_, rest) = word.split_once("://")?;
    let (user, _) = rest.split('/').next()?.rsplit_once('@')?;
    let (_, password) = user.split_once(':')?;
    Some(password)
}

fn is_password(value: &str) -> bool {
    let made_up = [
        "example",
        "changeme",
        "xxx",
        "***",
        "your",
        "redacted",
        "placeholder",
    ];
    let lower = value.to_ascii_lowercase();
    value.len() >= 4
        && !value.starts_with('-')
        && !value.contains(['$', '{', '<', '`', '/'])
        && !made_up.iter().any(|it| lower.contains(it))
}
