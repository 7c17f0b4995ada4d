//! RB133: an undo that sets the new value again, or asks for it too late.

use super::{Command, How, Part, Role, Rule, Subject};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB133,
    how: How::Heuristic,
    wrong: r#"
param version: version
param previous: version
step deploy {
  $ ./deploy.sh --version "$version" --replaces "$previous"
  timeout 10m
  rollback $ ./deploy.sh --version "$version" --quick
}
"#,
    right: r#"
param version: version
param previous: version
step deploy {
  $ ./deploy.sh --version "$version" --replaces "$previous"
  timeout 10m
  rollback $ ./deploy.sh --version "$previous" --quick
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut forward: Option<&Part<'_>> = None;
    for part in &subject.parts {
        match part.role {
            Role::Step => forward = Some(part),
            Role::Undo => {
                let of_step = forward.filter(|it| is_same_step(it, part));
                if let Some(step) = of_step {
                    problems.extend(problem(step, part));
                }
            }
            Role::Check
            | Role::Capture
            | Role::Probe
            | Role::Enter
            | Role::Leave
            | Role::Alternative
            | Role::Verify
            | Role::Metric
            | Role::Channel
            | Role::Secret
            | Role::Diagnosis => {}
        }
    }
    problems
}

fn is_same_step(one: &Part<'_>, other: &Part<'_>) -> bool {
    match (one.step, other.step) {
        (Some(one), Some(other)) => std::ptr::eq(one, other),
        (_, _) => false,
    }
}

fn problem(step: &Part<'_>, undo: &Part<'_>) -> Option<Problem> {
    // A copy of the step, word for word: RB117 and RB136 say that.
    if undo.text.text.trim() == step.text.text.trim() {
        return None;
    }
    if let Some(asked) = undo.commands.iter().find(|it| asks_too_late(it)) {
        let message = format!(
            "`{}` says what is there when the undo runs, and that is what the step made it",
            asked.shown()
        );
        return Some(
            Problem::new(Code::RB133, asked.span(), message)
                .label("asked after the change")
                .help("ask before it: `capture before $ …` in the step, and `\"$before\"` here"),
        );
    }
    let (first, back) = (sole(step)?, sole(undo)?);
    let variable = back.words.iter().find(|word| is_new_value(word))?;
    let is_same = first.program == back.program
        && !first.program.is_empty()
        && first.words.contains(variable)
        && !back.words.iter().any(|word| goes_back(word));
    is_same.then(|| {
        let message = format!("the undo uses {variable} as the step did, so what it leads to is what is new");
        Problem::new(Code::RB133, back.span(), message)
            .label("the value of the step")
            .and(first.span(), "the step")
            .help("name what was there before: a parameter such as `previous`, or a `capture` of the step")
    })
}

/// The only command of a task.
fn sole<'p, 'a>(part: &'p Part<'a>) -> Option<&'p Command<'a>> {
    match &part.commands[..] {
        [command] => Some(command),
        _several => None,
    }
}

/// `$(./current_version.sh)` in an undo.
fn asks_too_late(command: &Command<'_>) -> bool {
    let words: Vec<&str> = command
        .written()
        .split(|c: char| !c.is_ascii_alphanumeric())
        .collect();
    let asks = ["current", "running", "installed"]
        .iter()
        .any(|it| words.contains(it));
    let what = ["version", "revision", "image", "release", "tag", "level"]
        .iter()
        .any(|it| words.contains(it));
    command.simple.nested && asks && what
}

/// `"$version"`, the value of which is new by its name.
fn is_new_value(word: &str) -> bool {
    let name = word.trim_matches(['"', '$', '{', '}']);
    word.contains('$')
        && ["version", "new_version", "new", "image", "tag", "target"].contains(&name)
}

/// Whether a word says that this goes back, with the value as what is taken away.
fn goes_back(word: &str) -> bool {
    const BACK: [&str; 20] = [
        "undo",
        "rollback",
        "revert",
        "remove",
        "delete",
        "down",
        "off",
        "disable",
        "uninstall",
        "destroy",
        "stop",
        "back",
        "undeploy",
        "drop",
        "unset",
        "cancel",
        "abort",
        "restore",
        "from",
        "previous",
    ];
    let mut words = word.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|it| BACK.contains(&it.to_ascii_lowercase().as_str()))
}
