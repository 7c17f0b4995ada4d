//! RB136: an undo that puts the new value in again, with the old one at hand.

use super::undo_is_the_step::same_text;
use super::{How, Rule, Subject, node_ids, place};
use crate::plan::{NodeId, NodeKind, Step, Undo, WayBack};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB136,
    how: How::Heuristic,
    wrong: r#"
param old_user: string
param new_user: string
step switch {
  $ ./vault.sh put shop user="$new_user"
  timeout 1m
  rollback $ ./vault.sh put shop user="$new_user"
}
check gone $ ./is_unused.sh "$old_user"
"#,
    right: r#"
param old_user: string
param new_user: string
step switch {
  $ ./vault.sh put shop user="$new_user"
  timeout 1m
  rollback $ ./vault.sh put shop user="$old_user"
}
"#,
    check,
};

/// Names for what is new where the old one has a name of its own.
const NEW: &[&str] = &["version", "release", "image", "tag", "target", "to", "new"];
const OLD: &[&str] = &["previous", "before", "old", "from", "current"];

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for id in node_ids(subject.plan) {
        let Some((undo, new, old)) = swapped(subject, id) else {
            continue;
        };
        let name = subject.statement(subject.node(id));
        let message = format!("the undo of `{name}` puts `${new}` in again, and not `${old}`");
        problems.push(
            Problem::new(Code::RB136, place(undo.origin), message)
                .label("word for word what the step does")
                .and(subject.span(subject.node(id)), "the step")
                .help(format!("write `${old}` here")),
        );
    }
    problems
}

/// The undo of a step that does what the step did, the new value that it puts
/// in, and the old one that it does not use.
pub fn swapped<'s>(subject: &Subject<'s>, id: NodeId) -> Option<(&'s Undo, String, String)> {
    let NodeKind::Step(step) = &subject.node(id).kind else {
        return None;
    };
    let WayBack::Own(undo) = &step.way_back else {
        return None;
    };
    let first = &undo.attempts.first()?.task;
    if !same_text(&first.run, &step.task.run) {
        return None;
    }
    let used: Vec<&str> = first.bindings.iter().map(|it| it.name.as_str()).collect();
    let (new, old) = used
        .iter()
        .find_map(|new| Some((*new, old_of(subject, step, new)?)))?;
    (!used.contains(&old.as_str())).then(|| (undo, new.to_owned(), old))
}

/// What a new value takes the place of: a parameter, or what the step noted
/// before its change.
fn old_of(subject: &Subject<'_>, step: &Step, new: &str) -> Option<String> {
    let olds = |rest: &str| -> Vec<String> {
        let both = |old: &&str| [format!("{old}_{rest}"), format!("{rest}_{old}")];
        OLD.iter().flat_map(both).collect()
    };
    let wanted = if let Some(rest) = new.strip_prefix("new_") {
        olds(rest)
    } else if let Some(rest) = new.strip_suffix("_new") {
        olds(rest)
    } else if NEW.contains(&new) {
        let alone = OLD.iter().map(|old| (*old).to_owned());
        alone.chain(olds(new)).collect()
    } else {
        return None;
    };
    let noted = step.captures.iter().map(|capture| capture.name.as_str());
    let given = subject.plan.parameters.iter().map(|it| it.name.as_str());
    let mut names = noted.chain(given);
    names
        .find(|name| wanted.iter().any(|old| old == name))
        .map(str::to_owned)
}
