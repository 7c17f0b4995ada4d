//! RB711: a command that reads an input that is empty.

use super::{How, Joint, Rule, Subject, of_commands};
use crate::problem::{Code, Edit, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB711,
    how: How::Heuristic,
    wrong: r#"
step choose {
  $ read -r answer
  $ ./switch.sh --to "$answer"
  timeout 1m
  rollback $ ./switch.sh --to blue
}
"#,
    right: r#"
param answer: "blue" | "green"
step choose {
  $ ./switch.sh --to "$answer"
  timeout 1m
  rollback $ ./switch.sh --to blue
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    of_commands(subject, |part, command| {
        let text = part.text.text.as_str();
        match command.program {
            "read" if command.before() != Joint::Pipe && !text.contains(['<', '|']) => Some(
                Problem::new(
                    Code::RB711,
                    command.span(),
                    "`read` finds nothing: commands have an empty input",
                )
                .label("fails at once")
                .help("ask with a parameter, or with `confirm` in a gate"),
            ),
            "ssh"
                if !command.has_short('n') && text.contains("read ") && text.contains("while ") =>
            {
                let at = command.word_span(0);
                let edit = Edit {
                    span: crate::source::Span {
                        end: at.start,
                        ..at
                    },
                    replacement: "-n ".to_owned(),
                };
                Some(
                    Problem::new(
                        Code::RB711,
                        command.span(),
                        "`ssh` reads what the loop has still to read, so the loop ends after its first round",
                    )
                    .label("shares the loop's input")
                    .help("`ssh -n` reads nothing")
                    .fix("let it read nothing", vec![edit], true),
                )
            }
            _another => None,
        }
    })
}
