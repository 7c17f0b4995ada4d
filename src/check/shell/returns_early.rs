//! RB709: a command that returns before its work is done.

use std::collections::HashSet;

use super::{Command, How, Part, Role, Rule, Subject};
use crate::model::{Block, Statement, StatementKind};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB709,
    how: How::Heuristic,
    wrong: r#"
step image {
  $ kubectl --context production set image deployment/web web=web:1.2.3
  timeout 10m
  rollback $ kubectl --context production rollout undo deployment/web
}
"#,
    right: r#"
step image {
  $ kubectl --context production set image deployment/web web=web:1.2.3
  $ kubectl --context production rollout status deployment/web
  timeout 10m
  rollback $ kubectl --context production rollout undo deployment/web
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut looked_at = HashSet::new();
    for ending in &subject.model.endings {
        followed(&ending.body, false, &mut looked_at);
    }
    followed(&subject.model.body, false, &mut looked_at);
    let mut problems = Vec::new();
    for part in &subject.parts {
        let is_seen = part
            .statement
            .is_some_and(|it| looked_at.contains(&std::ptr::from_ref(it)));
        if part.role != Role::Step || is_seen {
            continue;
        }
        let early = part.commands.iter().enumerate().find_map(|(at, command)| {
            let help = waits_with(command)?;
            (!is_waited_for(part, at)).then_some((command, help))
        });
        if let Some((command, help)) = early {
            let message = format!(
                "`{}` returns while the work goes on: what follows does not wait for it, and an undo would run beside it",
                command.shown()
            );
            problems.push(
                Problem::new(Code::RB709, command.span(), message)
                    .label("nothing waits for the end of this")
                    .help(format!(
                        "{help}; or let a `check` follow that waits `within 10m`"
                    )),
            );
        }
    }
    problems
}

/// Notes the statements behind which something looks before anything else is
/// changed. `looks`: whether that is so for the end of this block.
fn followed(block: &Block, looks: bool, found: &mut HashSet<*const Statement>) {
    let mut looks = looks;
    for statement in block.statements.iter().rev() {
        if looks {
            found.insert(std::ptr::from_ref(statement));
        }
        match &statement.kind {
            StatementKind::Check(_) | StatementKind::Gate(_) => looks = true,
            StatementKind::Step(_) => looks = false,
            StatementKind::Phase { body, .. }
            | StatementKind::For { body, .. }
            | StatementKind::With { body, .. } => {
                followed(body, looks, found);
                looks = begins_with_a_look(body);
            }
            StatementKind::Parallel { body } => {
                for inner in body.statements.iter().filter(|_| looks) {
                    found.insert(std::ptr::from_ref(inner));
                }
                looks = false;
            }
            StatementKind::Notify(_) | StatementKind::Postmortem(_) | StatementKind::Hole => {}
        }
    }
}

fn begins_with_a_look(block: &Block) -> bool {
    let first = block.statements.iter().find(|it| {
        !matches!(
            it.kind,
            StatementKind::Notify(_) | StatementKind::Postmortem(_)
        )
    });
    first.is_some_and(|it| matches!(it.kind, StatementKind::Check(_) | StatementKind::Gate(_)))
}

fn is_waited_for(part: &Part<'_>, at: usize) -> bool {
    part.commands[at + 1..].iter().any(|it| {
        it.words.iter().any(|word| {
            matches!(
                *word,
                "wait" | "status" | "is-active" | "wait-for" | "watch"
            ) || word.starts_with("wait-")
        }) || matches!(it.program, "wait" | "sleep" | "until" | "curl")
            || it.program.contains("wait")
            || it.program.contains("health")
    })
}

/// How to wait for what a command begins, if it does not by itself.
fn waits_with(command: &Command<'_>) -> Option<&'static str> {
    const KUBECTL: [&str; 12] = [
        "apply", "set", "scale", "rollout", "get", "delete", "patch", "create", "exec", "logs",
        "diff", "wait",
    ];
    const AWS: [&str; 16] = [
        "create-db-instance",
        "create-db-snapshot",
        "restore-db-instance-from-db-snapshot",
        "modify-db-instance",
        "start-instances",
        "stop-instances",
        "reboot-instances",
        "run-instances",
        "update-service",
        "create-service",
        "update-stack",
        "create-stack",
        "delete-stack",
        "create-deployment",
        "create-cluster",
        "create-invalidation",
    ];
    if command.words.iter().any(|it| it.starts_with("--dry-run")) {
        return None;
    }
    match command.program {
        "kubectl" => {
            let begins = match command.verb(&KUBECTL)? {
                "apply" | "set" | "scale" => true,
                "rollout" => command.verb(&["restart", "undo"]).is_some(),
                _ends_by_itself => false,
            };
            (begins && !command.has(&["--wait"]))
                .then_some("add `kubectl rollout status` behind it")
        }
        "helm" => {
            let verbs = [
                "upgrade", "install", "rollback", "diff", "template", "status",
            ];
            let begins = matches!(
                command.verb(&verbs),
                Some("upgrade" | "install" | "rollback")
            );
            (begins && !command.has(&["--wait", "--atomic"])).then_some("add `--wait`")
        }
        "docker" | "docker-compose" | "podman" => {
            let up = command.runs("docker", &["compose", "up"])
                || command.runs("podman", &["compose", "up"])
                || command.runs("docker-compose", &["up"]);
            let detached = command.has_short('d') || command.has(&["--detach"]);
            let updates = command.runs("docker", &["service", "update"]) && detached;
            ((up && detached && !command.has(&["--wait"])) || updates)
                .then_some("add `--wait`, or leave the detaching out")
        }
        "aws" => command
            .verb(&AWS)
            .map(|_| "add the matching `aws … wait …` behind it"),
        "gcloud" => command.has(&["--async"]).then_some("leave `--async` out"),
        "az" => command
            .has(&["--no-wait"])
            .then_some("leave `--no-wait` out"),
        "systemctl" => command
            .has(&["--no-block"])
            .then_some("leave `--no-block` out"),
        _another => None,
    }
}
