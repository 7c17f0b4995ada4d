//! RB705: a command that goes on behind the back of its step.

use super::{How, Rule, Subject};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB705,
    how: How::Heuristic,
    wrong: r#"
step serve {
  $ ./server.sh --port 8080 &
  timeout 1m
  rollback $ ./stop_server.sh
}
"#,
    right: r#"
step serve {
  $ systemctl start server
  timeout 1m
  rollback $ systemctl stop server
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for part in &subject.parts {
        const MINDS: [&str; 4] = ["wait", "kill", "trap", "fg"];
        let minded = part.commands.iter().any(|it| MINDS.contains(&it.program));
        let left = part.commands.iter().find(|it| it.simple.background);
        if let (false, Some(command)) = (minded, left) {
            let message = format!(
                "`{}` goes on when the {} has ended: its failure is not seen, and an undo runs beside it",
                command.shown(),
                part.role.word()
            );
            problems.push(
                Problem::new(Code::RB705, command.span(), message)
                    .label("started with `&`, and nothing waits for it")
                    .help("add `wait`, or leave what has to stay to a service manager"),
            );
        }
    }
    problems
}
