//! RB608: a file that everybody may write, or whose name everybody knows.

use super::{Command, How, Rule, Subject, of_commands};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB608,
    how: How::Heuristic,
    wrong: r#"
step keys {
  $ ./make_keys.sh > /tmp/keys.pem
  timeout 1m
  rollback $ rm -f /tmp/keys.pem
}
"#,
    right: r#"
step keys {
  $ ./make_keys.sh > keys.pem
  timeout 1m
  rollback $ rm -f keys.pem
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    of_commands(subject, |_, command| {
        let written = command.redirections().into_iter().find(|it| {
            let target = it.target.trim_matches('"');
            it.sign.starts_with('>')
                && ["/tmp/", "/var/tmp/"]
                    .iter()
                    .any(|begin| target.starts_with(begin))
                && !target.contains('$')
        });
        let (message, help) = if let Some(written) = written {
            (
                format!(
                    "everybody on the machine knows the name `{}`, and may have put something there",
                    written.target
                ),
                "let `mktemp` choose the name, or write beside the runbook",
            )
        } else if opens_to_all(command) {
            (
                format!(
                    "after `{}` everybody on the machine may write there",
                    command.shown()
                ),
                "give it to those who need it: `chown`, `chmod 750`",
            )
        } else {
            return None;
        };
        Some(
            Problem::new(Code::RB608, command.span(), message)
                .label("open to others")
                .help(help),
        )
    })
}

fn opens_to_all(command: &Command<'_>) -> bool {
    command.program == "chmod"
        && command.words.iter().any(|word| {
            matches!(
                *word,
                "777" | "0777" | "666" | "0666" | "a+w" | "o+w" | "a+rwx" | "ugo+rwx" | "a=rwx"
            )
        })
}
