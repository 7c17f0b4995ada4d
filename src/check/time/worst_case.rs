//! How long a release takes if everything takes as long as it may.

use std::collections::VecDeque;

use super::{
    Code, GateCondition, Millis, NodeId, NodeKind, Problem, Retry, Subject, Task, Window, elapsed,
    node_ids,
};
use crate::machine::undo_of;
use crate::plan::UndoAttempt;

/// A gate with a window, and the worst case of what is behind it.
pub struct Behind<'s> {
    pub gate: NodeId,
    /// The longest time for which the window is open at once.
    pub open: Millis,
    pub window: &'s Window,
    pub forward: Millis,
    pub back: Millis,
}

/// The worst case behind each window; none where something has no limit.
pub fn behind_windows<'s>(subject: &Subject<'s>) -> Vec<Behind<'s>> {
    let mut found = Vec::new();
    for gate in node_ids(subject.plan) {
        let NodeKind::Gate(it) = &subject.node(gate).kind else {
            continue;
        };
        for condition in &it.conditions {
            let GateCondition::Window(window) = condition else {
                continue;
            };
            let open = window.allow.iter().map(longest).max().flatten();
            if let (Some(open), Some((forward, back))) = (open, worst_behind(subject, gate)) {
                found.push(Behind {
                    gate,
                    open,
                    window,
                    forward,
                    back,
                });
            }
        }
    }
    found
}

/// How long a part of a window lasts; none where it is not told by hours.
fn longest(span: &crate::plan::WindowSpan) -> Option<Millis> {
    let (start, end) = span.hours?;
    let minutes = match end > start {
        true => end - start,
        false => end + 24 * 60 - start,
    };
    Some(Millis::from(minutes) * 60_000)
}

/// The longest way from a gate to the end, and all the undos on the way.
fn worst_behind(subject: &Subject<'_>, gate: NodeId) -> Option<(Millis, Millis)> {
    let nodes = &subject.plan.nodes;
    let mut behind = vec![None; nodes.len()];
    let mut missing: Vec<usize> = nodes.iter().map(|it| it.needs.len()).collect();
    let mut followers: Vec<Vec<NodeId>> = vec![Vec::new(); nodes.len()];
    for id in node_ids(subject.plan) {
        for need in &nodes[id.index()].needs {
            followers[need.index()].push(id);
        }
    }
    let mut ready: VecDeque<NodeId> = node_ids(subject.plan)
        .filter(|id| missing[id.index()] == 0)
        .collect();
    let (mut forward, mut back) = (0, 0);
    while let Some(id) = ready.pop_front() {
        let needs = nodes[id.index()].needs.iter();
        let begins: Option<Millis> = needs.filter_map(|it| behind[it.index()]).max();
        let ends = match begins {
            _the_gate if id == gate => Some(0),
            Some(begins) => {
                back += undos(subject, id)?;
                Some(begins + lasts(&nodes[id.index()].kind)?)
            }
            None => None,
        };
        behind[id.index()] = ends;
        forward = forward.max(ends.unwrap_or(0));
        for follower in &followers[id.index()] {
            missing[follower.index()] -= 1;
            if missing[follower.index()] == 0 {
                ready.push_back(*follower);
            }
        }
    }
    Some((forward, back))
}

fn undos(subject: &Subject<'_>, id: NodeId) -> Option<Millis> {
    let attempts = undo_of(subject.plan, id)
        .into_iter()
        .flat_map(|undo| &undo.attempts);
    attempts
        .map(|UndoAttempt { task, retry, .. }| tries(task, retry))
        .sum()
}

/// How long a node takes at most; none where nothing says so.
fn lasts(kind: &NodeKind) -> Option<Millis> {
    match kind {
        NodeKind::Step(step) => tries(&step.task, &step.retry),
        NodeKind::Enter(enter) => tries(&enter.task, &enter.retry),
        NodeKind::Check(check) => tries(&check.task, &check.retry),
        NodeKind::Gate(gate) => gate.timeout.or_else(|| {
            let conditions = gate.conditions.iter().map(waits);
            conditions.collect::<Option<Vec<_>>>()?.into_iter().max()
        }),
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Leave { .. } => Some(0),
    }
}

fn waits(condition: &GateCondition) -> Option<Millis> {
    match condition {
        GateCondition::Wait(time) => Some(*time),
        GateCondition::Hold { lasting, .. } => Some(*lasting),
        GateCondition::Until { within, .. } => Some(*within),
        GateCondition::Check { check, .. } => tries(&check.task, &check.retry),
        GateCondition::Rehearsed { .. } => Some(0),
        GateCondition::Approve { .. }
        | GateCondition::Confirm { .. }
        | GateCondition::Window(_) => None,
    }
}

fn tries(task: &Task, retry: &Retry) -> Option<Millis> {
    match retry {
        Retry::Never => task.timeout,
        Retry::Times { times, every, .. } => {
            let tries = Millis::from(*times) + 1;
            let pauses = Millis::from(*times).saturating_mul(*every);
            Some(task.timeout?.saturating_mul(tries).saturating_add(pauses))
        }
        Retry::Within { limit, .. } => Some(*limit),
    }
}

/// A problem at a window's gate.
pub fn problem(subject: &Subject<'_>, code: Code, it: &Behind<'_>, message: String) -> Problem {
    let node = subject.node(it.gate);
    Problem::new(code, subject.span(node), message)
        .label(format!(
            "`{}` is open for {} at most",
            it.window.name,
            elapsed(it.open)
        ))
        .help("give the steps behind it shorter limits, or make it two releases")
}
