//! RB609: `sudo` that may ask for a password.

use super::{How, Rule, Subject, of_commands};
use crate::problem::{Code, Edit, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB609,
    how: How::Heuristic,
    wrong: r#"
step reload {
  $ sudo systemctl reload nginx
  timeout 1m
  harmless "the same configuration is read again"
}
"#,
    right: r#"
step reload {
  $ sudo -n systemctl reload nginx
  timeout 1m
  harmless "the same configuration is read again"
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    of_commands(subject, |_, command| {
        let words = &command.simple.words;
        let literal = |at: usize| words.get(at).and_then(|it| it.literal.as_deref());
        if literal(0) != Some("sudo") {
            return None;
        }
        let options = (1..words.len()).map_while(|at| literal(at).filter(|it| it.starts_with('-')));
        let quiet = options.into_iter().any(|it| {
            matches!(it, "--non-interactive" | "--stdin" | "--askpass")
                || (!it.starts_with("--") && it.contains(['n', 'S', 'A']))
        });
        if quiet {
            return None;
        }
        let span = command.text.span(&words[0].range);
        let edit = Edit {
            span: span.after(),
            replacement: " -n".to_owned(),
        };
        Some(
            Problem::new(
                Code::RB609,
                span,
                "where `sudo` wants a password, nobody is there to give it",
            )
            .label("may ask")
            .help("`sudo -n` fails at once and says why")
            .fix("add `-n`", vec![edit], true),
        )
    })
}
