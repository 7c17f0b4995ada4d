//! Whether the values of other steps that a task uses are surely there.

use super::Subject;
use crate::plan::uses::Use;
use crate::plan::{Node, NodeId, NodeKind, Plan, Skip, StepElse, Task};

/// Why a value may not be there when a node runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// Its step does not surely come before.
    NotBefore,
    /// Its step is skipped where this holds, and the user of it is not.
    Skipped(String),
    /// Its step may fail and the run goes on.
    PassedOver,
    /// It stands in a round that may fail and is then undone.
    Tolerated,
    /// Its step is not run where its change is in place already.
    InPlace,
}

/// Whether a value is surely there when `user` runs; why not.
pub fn doubt(subject: &Subject<'_>, used: &Use, user: NodeId) -> Option<Doubt> {
    let plan = subject.plan;
    if !subject.graph.is_before(used.from, user) {
        // What is given beside it may be there or not, with a default or without.
        return Some(Doubt::NotBefore);
    }
    if used.default {
        return None;
    }
    let from = &plan.nodes[used.from.index()];
    if let Some(doubt) = is_run(plan, used.from, user) {
        return Some(doubt);
    }
    if used.capture {
        None
    } else if is_passed_over(from) {
        Some(Doubt::PassedOver)
    } else {
        is_probed(from).then_some(Doubt::InPlace)
    }
}

/// Whether what a step does is surely done when `user` runs; why not.
pub fn doubt_of_work(subject: &Subject<'_>, from: NodeId, user: NodeId) -> Option<Doubt> {
    let plan = subject.plan;
    if !subject.graph.is_before(from, user) {
        return Some(Doubt::NotBefore);
    }
    is_run(plan, from, user)
        .or_else(|| is_passed_over(&plan.nodes[from.index()]).then_some(Doubt::PassedOver))
}

/// Why a step that comes before another may not have run.
fn is_run(plan: &Plan, before: NodeId, user: NodeId) -> Option<Doubt> {
    let (from, to) = (&plan.nodes[before.index()], &plan.nodes[user.index()]);
    match &from.skip {
        Skip::No | Skip::TakenAsDone(_) => {}
        Skip::Yes(condition) | Skip::Maybe(condition) => {
            if from.skip != to.skip && !to.skip.is_skipped() {
                return Some(Doubt::Skipped(condition.clone()));
            }
        }
    }
    plan.is_tolerated(before, user).then_some(Doubt::Tolerated)
}

/// Whether its failure lets the run go on without what it gives.
fn is_passed_over(node: &Node) -> bool {
    let (otherwise, begins_again) = match &node.kind {
        NodeKind::Step(step) => (step.otherwise, step.repeatable),
        NodeKind::Check(check) => (check.otherwise, true),
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Enter(_)
        | NodeKind::Leave { .. } => return false,
    };
    match otherwise {
        // A person may say "go on".
        StepElse::Continue | StepElse::Ask => true,
        // Asked about when the run is resumed, unless it is simply run again.
        StepElse::Stop => !begins_again,
        StepElse::Rollback => false,
    }
}

fn is_probed(node: &Node) -> bool {
    node.step().is_some_and(|step| step.done_when.is_some())
}

/// Every task of a node's way back: attempts and verifications.
pub fn undo_tasks(plan: &Plan, node: NodeId) -> Vec<&Task> {
    crate::machine::undo_of(plan, node)
        .into_iter()
        .flat_map(|undo| &undo.attempts)
        .flat_map(|attempt| [Some(&attempt.task), attempt.verify.as_ref()])
        .flatten()
        .collect()
}
