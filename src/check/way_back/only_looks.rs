//! RB118: a rollback of a step that only looks.

use super::{Command, How, Role, Rule, Subject};
use crate::model::WayBack;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB118,
    how: How::Heuristic,
    wrong: r#"
step look {
  $ kubectl --context production get pods
  timeout 1m
  rollback $ ./look_back.sh
}
"#,
    right: r#"
check look {
  $ kubectl --context production get pods
  timeout 1m
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for part in subject.parts.iter().filter(|it| it.role == Role::Step) {
        let has_undo = part
            .step
            .is_some_and(|step| matches!(step.way_back, WayBack::Own(_)));
        if has_undo && !part.commands.is_empty() && part.commands.iter().all(looks) {
            let name = part.statement.map_or("", |it| it.name.as_str());
            let message = format!("`{name}` only looks, and has a rollback");
            let span = part.text.whole();
            problems.push(
                Problem::new(Code::RB118, span, message)
                    .label("changes nothing")
                    .help(format!("write `check {name}` without the rollback")),
            );
        }
    }
    problems
}

/// Whether a command surely changes nothing.
fn looks(command: &Command<'_>) -> bool {
    const PROGRAMS: [&str; 22] = [
        "ls",
        "cat",
        "grep",
        "head",
        "tail",
        "test",
        "[",
        "df",
        "du",
        "ps",
        "stat",
        "wc",
        "diff",
        "cmp",
        "dig",
        "nslookup",
        "ping",
        "uptime",
        "hostname",
        "whoami",
        "id",
        "pg_isready",
    ];
    let writes = command
        .redirections()
        .iter()
        .any(|it| it.sign.starts_with('>'));
    let reads = match command.program {
        "kubectl" => {
            let verbs = [
                "get", "describe", "logs", "top", "version", "delete", "apply", "exec",
            ];
            matches!(
                command.verb(&verbs),
                Some("get" | "describe" | "logs" | "top" | "version")
            )
        }
        "systemctl" => command
            .verb(&[
                "status",
                "is-active",
                "is-enabled",
                "show",
                "start",
                "stop",
                "restart",
            ])
            .is_some_and(|it| matches!(it, "status" | "is-active" | "is-enabled" | "show")),
        "git" => command
            .verb(&[
                "status", "log", "diff", "show", "push", "pull", "checkout", "commit", "tag",
            ])
            .is_some_and(|it| matches!(it, "status" | "log" | "diff" | "show")),
        program => PROGRAMS.contains(&program),
    };
    reads && !writes
}
