//! RB604: what is downloaded runs unseen.

use super::{Command, How, Joint, Rule, Subject};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB604,
    how: How::Heuristic,
    wrong: r#"
step install {
  shell bash
  $ curl -fsSL https://get.example.com/install.sh | sh
  timeout 5m
  rollback $ ./uninstall.sh
}
"#,
    right: r#"
step install {
  $ curl -fsSL -o install.sh https://get.example.com/install.sh
  $ sha256sum -c install.sh.sha256
  $ sh install.sh
  timeout 5m
  rollback $ ./uninstall.sh
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for part in &subject.parts {
        for (at, command) in part.commands.iter().enumerate() {
            if !matches!(command.program, "curl" | "wget") {
                continue;
            }
            let behind = part.commands.get(at + 1);
            let piped = command.after() == Joint::Pipe && behind.is_some_and(is_interpreter);
            let around = part.commands[..at].iter().rev().find(|it| {
                it.simple.range.start <= command.simple.range.start
                    && command.simple.range.end <= it.simple.range.end
            });
            let given = command.simple.nested
                && around.is_some_and(|it| {
                    is_interpreter(it) || matches!(it.program, "eval" | "source" | ".")
                });
            if piped || given {
                problems.push(
                    Problem::new(
                        Code::RB604,
                        command.span(),
                        "whatever that address gives today is run, and half of it where the connection breaks",
                    )
                    .label("run as it comes in")
                    .help("download to a file, compare its checksum, then run it"),
                );
            }
        }
    }
    problems
}

fn is_interpreter(command: &Command<'_>) -> bool {
    matches!(
        command.program,
        "sh" | "bash" | "zsh" | "dash" | "ksh" | "python" | "python3" | "perl" | "node" | "ruby"
    )
}
