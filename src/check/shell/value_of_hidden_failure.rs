//! RB312: a value from a pipe that hides the failure of what gives it.

use super::pipe_hides_failure::hides;
use super::{Command, How, Joint, Part, Role, Rule, Subject};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB312,
    how: How::Heuristic,
    wrong: r#"
step deploy {
  capture before $ ./status.sh --json | jq -r .version
  $ ./deploy.sh new
  timeout 10m
  rollback $ ./deploy.sh "$before"
}
"#,
    right: r#"
step deploy {
  shell bash
  capture before $ ./status.sh --json | jq -r .version
  $ ./deploy.sh new
  timeout 10m
  rollback $ ./deploy.sh "$before"
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for part in &subject.parts {
        let gives = part.role == Role::Capture || !part.task.outputs.is_empty();
        for (at, command) in part.commands.iter().enumerate() {
            // `x=$(a | b)`
            let nested = command.simple.nested && part.role.changes();
            if (gives || nested) && hides(part, command) && !is_heard(part, at) {
                problems.push(problem(command));
            }
        }
    }
    problems
}

/// Whether a later command of the pipe fails where it is given nothing.
fn is_heard(part: &Part<'_>, at: usize) -> bool {
    let nested = part.commands[at].simple.nested;
    let behind = part.commands[at + 1..].iter();
    let mut rest = behind
        .filter(|it| it.simple.nested == nested)
        .take_while(|it| it.before() == Joint::Pipe)
        .peekable();
    rest.peek().is_none()
        || rest.any(|next| match next.program {
            "grep" | "egrep" | "fgrep" => !next.has_short('c'),
            "jq" => next.has_short('e') || next.has(&["--exit-status"]),
            "awk" => next.words.iter().any(|word| word.contains("exit")),
            _another => false,
        })
}

fn problem(command: &Command<'_>) -> Problem {
    let program = command.program;
    let message = format!(
        "should `{program}` fail, the value is empty and nobody is told: `sh` asks only the last command of a pipe"
    );
    Problem::new(Code::RB312, command.span(), message)
        .label("its failure is not seen")
        .help("say `shell bash`, which looks at all of them; or let the last one want something: `grep .`, `jq -e`")
}
