//! RB703: a failure that a pipe hides.

use super::{Command, How, Joint, Part, Role, Rule, Subject, of_commands};
use crate::plan::Shell;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB703,
    how: How::Heuristic,
    wrong: r#"
step load {
  $ ./export.sh orders | ./load.sh orders
  timeout 10m
  rollback $ ./unload.sh orders
}
"#,
    right: r#"
step load {
  shell bash
  $ ./export.sh orders | ./load.sh orders
  timeout 10m
  rollback $ ./unload.sh orders
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    of_commands(subject, |part, command| {
        // A value that is read from a pipe is a rule of its own.
        // What a function does is looked at where it is called.
        let in_function = part.text.text.contains("()");
        let counts = part.role.changes() && part.task.outputs.is_empty() && !in_function;
        if !counts || command.simple.nested || !hides(part, command) {
            return None;
        }
        let (program, role) = (command.program, part.role.word());
        let message = format!(
            "should `{program}` fail, the {role} goes on: `sh` asks only the last command of a pipe"
        );
        Some(
            Problem::new(Code::RB703, command.span(), message)
                .label("its failure is not seen")
                .help("say `shell bash`, which looks at all of them, or write to a file first"),
        )
    })
}

/// Whether a command feeds a pipe whose status says nothing of it.
pub fn hides(part: &Part<'_>, command: &Command<'_>) -> bool {
    /// Nothing to fail, or nothing lost.
    const FILLERS: [&str; 24] = [
        "echo", "printf", "cat", "yes", "true", ":", "seq", "ls", "", "date", "env", "set", "tail",
        "head", "sort", "uniq", "cut", "tr", "sed", "awk", "grep", "wc", "basename", "tee",
    ];
    let can_fail = match part.text.shell {
        Shell::Sh => !part.text.text.contains("pipefail"),
        Shell::Bash => false,
    };
    can_fail
        && part.role != Role::Channel
        && command.after() == Joint::Pipe
        && !FILLERS.contains(&command.program)
}
