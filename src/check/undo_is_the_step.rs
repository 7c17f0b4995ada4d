//! RB117: an undo that does what its step did.

use super::undo_puts_new_in::swapped;
use super::{How, Rule, Subject, node_ids, place};
use crate::plan::{NodeKind, Run, Task, Undo, WayBack};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB117,
    how: How::Heuristic,
    wrong: r#"
param version: version
step deploy {
  $ ./deploy.sh --version "$version"
  timeout 1m
  rollback $ ./deploy.sh --version "$version"
}
"#,
    right: r#"
param version: version
param previous: version
step deploy {
  $ ./deploy.sh --version "$version"
  timeout 1m
  rollback $ ./deploy.sh --version "$previous"
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for id in node_ids(subject.plan) {
        let node = subject.node(id);
        let Some((task, undo)) = change(&node.kind) else {
            continue;
        };
        let again = undo
            .attempts
            .first()
            .is_some_and(|attempt| same_text(&attempt.task.run, &task.run));
        // That rule says it more plainly.
        if again && swapped(subject, id).is_none() {
            let name = subject.statement(node);
            let message = format!("the undo of `{name}` does what `{name}` did");
            problems.push(
                Problem::new(Code::RB117, place(undo.origin), message)
                    .label("the same commands")
                    .help("name what was there before: a parameter such as `previous`, or a `capture` of the step"),
            );
        }
    }
    problems
}

/// What a step or the `enter` of a bracket runs, and what undoes it.
fn change(kind: &NodeKind) -> Option<(&Task, &Undo)> {
    match kind {
        NodeKind::Step(step) => match &step.way_back {
            WayBack::Own(undo) => Some((&step.task, undo)),
            WayBack::Block(_)
            | WayBack::Harmless(_)
            | WayBack::Irreversible { .. }
            | WayBack::Missing => None,
        },
        NodeKind::Enter(enter) => Some((&enter.task, &enter.leave)),
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Leave { .. } => None,
    }
}

/// Whether two tasks run the same, word for word.
pub fn same_text(one: &Run, other: &Run) -> bool {
    match (one, other) {
        (Run::Script { text: one, .. }, Run::Script { text: other, .. }) => {
            one.trim() == other.trim()
        }
        (Run::Http(one), Run::Http(other)) => one == other,
        (Run::Script { .. } | Run::Http(_), _) => false,
    }
}
