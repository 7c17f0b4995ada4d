//! The way back of a whole release of which there is no record: everything in
//! it is taken as done, and what follows is an ordinary way back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::machine::event::{Activity, Answer, Event, Observer, Part, Question, Reading, Stamped};
use crate::machine::{Machine, NodeState, undo_of};
use crate::plan::uses::{Use, uses};
use crate::plan::{
    Known, MetricId, Millis, NodeId, NodeKind, Plan, Skip, Undo, UndoAttempt, WayBack,
};
use crate::simulate::{World, simulate};

/// Why it stands in the record of a run in which nothing of it ran.
const REMARK: &str = "taken as done: there is no record of it";

/// The plan without what only looks or waits: gates, checks, messages and
/// moments. Its endings stay.
pub fn only_changes(plan: &Plan) -> Plan {
    let mut only = plan.clone();
    only.watches.clear();
    let ending = ending_nodes(plan);
    for (node, it) in only.nodes.iter_mut().enumerate() {
        if ending.contains(&node) {
            continue;
        }
        match &mut it.kind {
            NodeKind::Gate(_)
            | NodeKind::Check(_)
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. } => {
                it.skip = Skip::Yes("needed on the way back".to_owned());
            }
            NodeKind::Open(block) => block.at = None,
            NodeKind::Step(step) => step.done_when = None,
            NodeKind::Close { .. } | NodeKind::Enter(_) | NodeKind::Leave { .. } => {}
        }
    }
    only
}

/// Leaves a step as it is: its own undo is not run. Whether that can be: what a
/// block undoes cannot be left out.
pub fn leave(plan: &mut Plan, node: NodeId, why: &str) -> bool {
    match &mut plan.nodes[node.index()].kind {
        NodeKind::Step(step) if matches!(step.way_back, WayBack::Own(_)) => {
            step.way_back = WayBack::Harmless(why.to_owned());
            true
        }
        _no_step_of_its_own => false,
    }
}

/// The facts of a release that went well, up to its endings, with no value but
/// those that are known.
pub fn as_if_done(plan: &Plan, starter: &str, known: &[Known]) -> Vec<Stamped> {
    let ending = ending_nodes(plan);
    let trace = simulate(Arc::new(plan.clone()), starter, &mut AllWell);
    let mut facts = trace.events;
    let is_of_ending = |fact: &Stamped| match &fact.event {
        Event::Intended { activity } => ending.contains(&activity.node.index()),
        Event::Closed { .. } => true,
        _other => false,
    };
    if let Some(end) = facts.iter().position(is_of_ending) {
        facts.truncate(end);
    }
    for fact in &mut facts {
        if let Event::Ended {
            activity,
            values,
            remarks,
            ..
        } = &mut fact.event
        {
            let step = &plan.nodes[activity.node.index()].name;
            // What was made up here must not reach a command.
            values.retain_mut(|(name, value)| {
                let known = known.iter().find(|it| it.step == *step && it.name == *name);
                if let Some(known) = known {
                    value.clone_from(&known.value);
                }
                known.is_some()
            });
            remarks.push(REMARK.to_owned());
        }
    }
    facts
}

/// The nodes of the endings, by index.
fn ending_nodes(plan: &Plan) -> BTreeSet<usize> {
    let opens: BTreeSet<NodeId> = plan.endings.iter().map(|ending| ending.open).collect();
    let is_inside = |index: usize| {
        let mut at = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
        loop {
            if opens.contains(&at) {
                return true;
            }
            match plan.nodes[at.index()].block {
                Some(block) => at = block,
                None => return false,
            }
        }
    };
    let closes = |index: usize| match &plan.nodes[index].kind {
        NodeKind::Close { open, .. } => opens.contains(open),
        _no_end => false,
    };
    (0..plan.nodes.len())
        .filter(|index| is_inside(*index) || closes(*index))
        .collect()
}

struct AllWell;

impl World for AllWell {
    fn sample(&mut self, _at: Millis, _: Observer, _: &[MetricId]) -> Vec<Reading> {
        Vec::new()
    }

    fn answer(&mut self, _: &Machine, _: Question) -> Option<(Answer, String)> {
        Some((Answer::Continue, String::new()))
    }
}

/// What is undone on the whole way back, in order, by the node that has the
/// undo.
pub fn way(plan: &Plan) -> Vec<NodeId> {
    let mut world = BackFromTheEnd {
        ending: ending_nodes(plan),
        turned: false,
    };
    let trace = simulate(Arc::new(plan.clone()), "", &mut world);
    let turned = trace
        .events
        .iter()
        .skip_while(|fact| !matches!(fact.event, Event::RollbackRequested { .. }));
    let undone = turned.filter_map(|fact| match &fact.event {
        Event::Intended {
            activity:
                Activity {
                    node,
                    part: Part::Undo(_),
                    ..
                },
        } => Some(*node),
        _other => None,
    });
    undone.collect()
}

/// Of the undos on the way those that need values of which there is no record: these
/// values, each `step.name`, by the node that has the undo. An attempt without them
/// fails: another that needs none is enough, and what is tried with best effort holds
/// up nothing.
pub fn lacking_values(
    plan: &Plan,
    way: &[NodeId],
    known: &[Known],
) -> BTreeMap<NodeId, Vec<String>> {
    let lacking = way.iter().filter_map(|node| {
        let undos = undo_of(plan, *node).into_iter();
        let mut undos = undos.filter(|undo| !undo.best_effort);
        let lacking = undos.find_map(|undo| lacking_for(plan, undo, known))?;
        Some((*node, lacking))
    });
    lacking.collect()
}

/// What the first attempt of an undo lacks, if every attempt lacks something.
fn lacking_for(plan: &Plan, undo: &Undo, known: &[Known]) -> Option<Vec<String>> {
    let lacks = |attempt: &UndoAttempt| -> Vec<String> {
        let used = uses(&attempt.task).into_iter().filter(|it| !it.default);
        let of = |used: &Use| plan.nodes[used.from.index()].name.clone();
        let is_known = |used: &Use| {
            let mut known = known.iter();
            known.any(|it| it.step == of(used) && it.name == used.name)
        };
        let lacking = used.filter(|used| !is_known(used));
        lacking
            .map(|used| format!("{}.{}", of(&used), used.name))
            .collect()
    };
    let mut of_attempts = undo.attempts.iter().map(lacks);
    let first = of_attempts.next()?;
    let all = !first.is_empty() && of_attempts.all(|lacking| !lacking.is_empty());
    all.then_some(first)
}

/// All goes well to the end, and then the run is turned back.
struct BackFromTheEnd {
    ending: BTreeSet<usize>,
    turned: bool,
}

impl World for BackFromTheEnd {
    fn sample(&mut self, _at: Millis, _: Observer, _: &[MetricId]) -> Vec<Reading> {
        Vec::new()
    }

    fn answer(&mut self, _: &Machine, _: Question) -> Option<(Answer, String)> {
        Some((Answer::Continue, String::new()))
    }

    fn intrude(&mut self, machine: &Machine, _applied: usize) -> Option<Event> {
        let is_done = |index: usize| {
            let id = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
            let state = machine.node_state(id);
            self.ending.contains(&index)
                || matches!(
                    state,
                    NodeState::Done | NodeState::Skipped | NodeState::AlreadyDone
                )
        };
        let is_over = !self.turned && (0..machine.plan().nodes.len()).all(is_done);
        self.turned |= is_over;
        is_over.then(|| Event::RollbackRequested {
            by: String::new(),
            reason: String::new(),
        })
    }
}
