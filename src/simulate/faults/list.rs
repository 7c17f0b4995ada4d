//! All that can go wrong with a plan: found by letting it run well once.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{
    Effect, Fault, Found, GateFault, How, Interruption, Story, Then, UndoFault, UndoHow, tell,
};
use crate::machine::event::{Activity, Event, Part};
use crate::plan::{GateCondition, NodeId, NodeKind, Plan, Retry};
use crate::simulate::faults::effects::{Target, target};
use crate::simulate::{Takeover, Trace};

const TAKEOVERS: [Takeover; 2] = [Takeover::FactsFirst, Takeover::ResumedFirst];

/// Every single thing that can go wrong, and nothing.
pub fn single_faults(plan: &Arc<Plan>) -> Vec<Fault> {
    let (fair, _) = tell(plan, &Story::of(Fault::Nothing));
    let mut faults = vec![Fault::Nothing, Fault::Afterwards];
    let parts: BTreeSet<(NodeId, Part)> = fair
        .begun()
        .iter()
        .map(|activity| (activity.node, activity.part))
        .collect();
    for (node, part) in parts {
        at(plan, node, part, &mut faults);
    }
    for applied in moments(&fair) {
        let mut between = |what| faults.push(Fault::Between { applied, what });
        between(Interruption::Rollback);
        between(Interruption::Pause);
        for takeover in TAKEOVERS {
            for found in [Found::Done, Found::InDoubt] {
                between(Interruption::Crash(found, takeover));
            }
        }
    }
    let steps = fair.begun().into_iter();
    let steps = steps.filter(|activity| activity.part == Part::Forward);
    faults.extend(steps.map(|Activity { node, .. }| Fault::Slow { node }));
    gates(plan, &mut faults);
    rounds(plan, &mut faults);
    for (watch, watched) in (0_u32..).zip(&plan.watches) {
        for rule in 0..watched.rules.len() {
            faults.push(Fault::Watch { watch, rule });
        }
    }
    faults
}

/// A plan larger than this has too many failures to try them all.
pub const ALL_FAILURES_UP_TO: usize = 200;

/// How many failures of a larger one are tried.
const SAMPLE: usize = 2_000;

/// The failures of a plan that are tried.
#[derive(Debug)]
pub struct Chosen {
    pub faults: Vec<Fault>,
    /// How many there are.
    pub of: usize,
}

impl Chosen {
    /// All of them, or of a large plan some that this number decides on.
    pub fn of(plan: &Arc<Plan>, seed: u64) -> Chosen {
        let faults = single_faults(plan);
        let of = faults.len();
        let faults = match plan.nodes.len() {
            0..=ALL_FAILURES_UP_TO => faults,
            _many => sample(&faults, seed, SAMPLE),
        };
        Chosen { faults, of }
    }

    pub fn is_all(&self) -> bool {
        self.faults.len() == self.of
    }
}

/// So many of these faults, the same for the same seed; for plans that are too
/// large to try them all.
pub fn sample(faults: &[Fault], seed: u64, count: usize) -> Vec<Fault> {
    let mut left = faults.to_vec();
    let mut state = seed;
    let mut chosen = Vec::with_capacity(count.min(left.len()));
    while chosen.len() < count && !left.is_empty() {
        let at = usize::try_from(scatter(&mut state) % left.len() as u64).unwrap_or_default();
        chosen.push(left.swap_remove(at));
    }
    chosen
}

/// The next number of a series without pattern (`SplitMix64`).
fn scatter(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Between which facts something can happen. Of the many looks at the same
/// measurements in a row, only the first few are told apart.
fn moments(fair: &Trace) -> Vec<usize> {
    const TOLD_APART: usize = 3;
    let mut looks = 0;
    let mut moments = Vec::new();
    for (index, fact) in fair.events.iter().enumerate().skip(1) {
        looks = match &fact.event {
            Event::Sampled { .. } | Event::Tick => looks + 1,
            _something_happens => 0,
        };
        if looks <= TOLD_APART {
            moments.push(index);
        }
    }
    moments
}

/// What can happen to one part of a node.
fn at(plan: &Plan, node: NodeId, part: Part, faults: &mut Vec<Fault>) {
    let activity = Activity {
        node,
        part,
        attempt: 1,
    };
    let some = match target(plan, activity) {
        Target::Nothing => &Effect::ALL[..1],
        Target::Makes(_) | Target::Unmakes(_) => &Effect::ALL[..],
    };
    let is_retried = retries(plan, node, part);
    for done in some.iter().copied() {
        let mut add = |always, how| {
            faults.push(Fault::At {
                node,
                part,
                always,
                how,
                done,
            });
        };
        // What fails by itself and is atomic leaves nothing behind.
        if done == Effect::None || !is_atomic(plan, node) {
            add(false, How::Fails);
            if is_retried {
                add(true, How::Fails);
            }
            for takeover in TAKEOVERS {
                add(false, How::CrashMeanwhile(Found::Failed, takeover));
            }
        }
        // Without `atomic` that is a failure as others.
        if done == Effect::Full && is_atomic(plan, node) && may_disappoint(plan, node, part) {
            add(false, How::Disappoints);
            add(true, How::Disappoints);
        }
        add(true, How::Hangs);
        if is_retried {
            add(false, How::Hangs);
            add(true, How::HangsThenFails);
        }
        add(false, How::IsLost);
        add(false, How::RollbackMeanwhile);
        for takeover in TAKEOVERS {
            add(false, How::CrashMeanwhile(Found::InDoubt, takeover));
        }
    }
    faults.push(Fault::At {
        node,
        part,
        always: false,
        how: How::PauseMeanwhile,
        done: Effect::Full,
    });
}

fn is_atomic(plan: &Plan, node: NodeId) -> bool {
    match &plan.nodes[node.index()].kind {
        NodeKind::Step(step) => step.atomic,
        _not_a_step => false,
    }
}

/// Whether something is expected of what a step prints.
fn may_disappoint(plan: &Plan, node: NodeId, part: Part) -> bool {
    match &plan.nodes[node.index()].kind {
        NodeKind::Step(step) if part == Part::Forward => {
            let expect = &step.task.expect;
            !step.task.outputs.is_empty()
                || !expect.stdout_contains.is_empty()
                || !expect.stdout_matches.is_empty()
        }
        _no_step => false,
    }
}

fn retries(plan: &Plan, node: NodeId, part: Part) -> bool {
    let retry = match (&plan.nodes[node.index()].kind, part) {
        (NodeKind::Step(step), Part::Forward) => &step.retry,
        (NodeKind::Check(check), Part::Forward) => &check.retry,
        (NodeKind::Enter(enter), Part::Forward) => &enter.retry,
        (NodeKind::Gate(gate), Part::GateCheck(condition)) => {
            match gate.conditions.get(condition as usize) {
                Some(GateCondition::Check { check, .. }) => &check.retry,
                _not_a_check => return false,
            }
        }
        _not_retried => return false,
    };
    *retry != Retry::Never
}

/// Several rounds of a loop that tolerates some failures, or has a rule for
/// those that it does not.
fn rounds(plan: &Plan, faults: &mut Vec<Fault>) {
    const MOST: usize = 5;
    let nodes = (0_u32..).map(NodeId).take(plan.nodes.len());
    for open in nodes {
        let Some(rounds) = plan.rounds_of(open) else {
            continue;
        };
        if rounds.tolerate == 0 && rounds.breach.is_all() {
            continue;
        }
        for count in 1..=rounds.rounds.len().min(MOST) {
            for last in [false, true] {
                faults.push(Fault::Rounds { open, count, last });
            }
        }
    }
}

fn gates(plan: &Plan, faults: &mut Vec<Fault>) {
    for (index, node) in (0_u32..).zip(&plan.nodes) {
        let NodeKind::Gate(gate) = &node.kind else {
            continue;
        };
        for (condition, kind) in (0_u32..).zip(&gate.conditions) {
            let hows: &[GateFault] = match kind {
                GateCondition::Approve { .. } | GateCondition::Confirm { .. } => &[
                    GateFault::Rejected,
                    GateFault::Silent,
                    GateFault::Unanswerable,
                ],
                GateCondition::Window(_) => &[GateFault::WindowClosed],
                GateCondition::Hold { .. } | GateCondition::Until { .. } => {
                    &[GateFault::Failing, GateFault::NoData, GateFault::Erring]
                }
                GateCondition::Rehearsed { .. } => &[GateFault::NotRehearsed],
                // A wait does not fail; a check is an activity.
                GateCondition::Wait(_) | GateCondition::Check { .. } => &[],
            };
            faults.extend(hows.iter().map(|how| Fault::Gate {
                node: NodeId(index),
                condition,
                how: *how,
            }));
        }
    }
}

/// Every undo of this run, failing in every way. Only after some faults: what
/// led to the way back makes no difference to most of it.
pub fn second_faults(first: &Fault, trace: &Trace) -> Vec<UndoFault> {
    let telling = match first {
        Fault::Afterwards | Fault::Watch { .. } | Fault::Rounds { .. } => true,
        Fault::At { how, done, .. } => {
            *done == Effect::Partial && matches!(how, How::Fails | How::RollbackMeanwhile)
        }
        Fault::Nothing | Fault::Between { .. } | Fault::Gate { .. } | Fault::Slow { .. } => false,
    };
    if !telling {
        return Vec::new();
    }
    let undone: BTreeSet<NodeId> = trace
        .begun()
        .iter()
        .filter(|activity| matches!(activity.part, Part::Undo(_)))
        .map(|activity| activity.node)
        .collect();
    let ways = [
        (UndoHow::FailsOnce, Then::Stuck),
        (UndoHow::Fails, Then::Stuck),
        (UndoHow::Fails, Then::Again),
        (UndoHow::Fails, Then::Skip),
        (UndoHow::Fails, Then::Mended),
        (UndoHow::Hangs, Then::Stuck),
        (UndoHow::Crash(Takeover::FactsFirst), Then::Stuck),
        (UndoHow::Crash(Takeover::ResumedFirst), Then::Stuck),
    ];
    undone
        .into_iter()
        .flat_map(|node| ways.map(|(how, then)| UndoFault { node, how, then }))
        .collect()
}
