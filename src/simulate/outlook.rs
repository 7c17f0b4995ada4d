//! The way back from any step of a plan, asked of the machine itself, so that
//! what is shown before a release is what would happen in it.

use std::sync::Arc;

use serde::Serialize;

use crate::machine::event::{
    Activity, Answer, Event, Observer, Part, Question, Reading, ReadingResult,
};
use crate::machine::{Machine, undo_of};
use crate::plan::{
    Check, Expect, Gate, GateCondition, MetricId, Millis, NodeId, NodeKind, Plan, Retry, Run,
    Shell, StepElse, Task, Undo, tried_at_most,
};
use crate::simulate::{Happening, Trace, World, simulate};

/// One thing done on the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Return {
    /// The undo of a node: a step's own, a block's (its `Open`), or a bracket's
    /// `leave` (its `Enter`).
    Undo(NodeId),
    /// A point of no return that was cut off is run again to its end.
    Finish(NodeId),
}

/// The way back from a point.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Way {
    /// Done one after another; what stands in one entry is done together.
    pub returns: Vec<Vec<Return>>,
    /// The points of no return that were passed: it leads back to them only.
    pub back_to: Vec<NodeId>,
    /// Steps that were begun and stay as they are: there is nothing to undo, or
    /// a point of no return came after them.
    pub stays: Vec<NodeId>,
}

impl Way {
    /// The longest it may take: what is done together takes as long as the
    /// longest of it. `None` where something has no limit.
    pub fn at_most(&self, plan: &Plan) -> Option<Millis> {
        let parts = self.returns.iter().map(|together| {
            let limits = together.iter().map(|it| it.at_most(plan));
            limits.collect::<Option<Vec<Millis>>>()?.into_iter().max()
        });
        parts.sum()
    }
}

impl Return {
    fn at_most(self, plan: &Plan) -> Option<Millis> {
        match self {
            Return::Undo(node) => undo_of(plan, node).into_iter().map(Undo::at_most).sum(),
            Return::Finish(node) => match &plan.nodes[node.index()].kind {
                NodeKind::Step(step) => Some(tried_at_most(step.task.timeout?, &step.retry)),
                NodeKind::Open(_)
                | NodeKind::Close { .. }
                | NodeKind::Check(_)
                | NodeKind::Gate(_)
                | NodeKind::Notify { .. }
                | NodeKind::Postmortem { .. }
                | NodeKind::Enter(_)
                | NodeKind::Leave { .. } => None,
            },
        }
    }
}

/// What is done, and in which order, when the run turns back while each of
/// these nodes runs and everything else goes well.
pub fn ways_back(plan: &Plan, from: &[NodeId]) -> Vec<Way> {
    let plan = Arc::new(passable(plan));
    from.iter()
        .map(|node| {
            let mut world = FairWeather {
                turn_at: Some(*node),
                reached: false,
            };
            let trace = simulate(plan.clone(), "", &mut world);
            let summary = trace.machine.summary();
            let behind = summary.harmless.iter().chain(&summary.behind_barrier);
            let mut stays: Vec<NodeId> = behind.copied().collect();
            stays.sort_unstable();
            stays.dedup();
            Way {
                returns: returns(&plan, &trace),
                back_to: summary.points_of_no_return.clone(),
                stays,
            }
        })
        .collect()
}

/// When each part of a run would begin, in milliseconds from its start, if all
/// goes well and commands take no time.
pub fn timeline(plan: &Plan) -> Vec<(Millis, NodeId)> {
    let mut world = FairWeather {
        turn_at: None,
        reached: false,
    };
    let trace = simulate(Arc::new(passable(plan)), "", &mut world);
    let mut seen = std::collections::BTreeSet::new();
    let begun = trace.events.iter().filter_map(|fact| match &fact.event {
        Event::Intended { activity } => Some((fact.at, activity.node)),
        _something_else => None,
    });
    begun.filter(|(_, node)| seen.insert(*node)).collect()
}

/// A whole run in which all goes well and commands take no time: a dry run.
pub fn dry_run(plan: &Plan) -> Trace {
    let mut world = FairWeather {
        turn_at: None,
        reached: false,
    };
    simulate(Arc::new(passable(plan)), "", &mut world)
}

/// The plan without what only a real run can decide: a gate is a check that
/// takes as long as the gate must, and nothing watches.
fn passable(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    plan.watches.clear();
    for node in &mut plan.nodes {
        match &mut node.kind {
            NodeKind::Gate(gate) => node.kind = NodeKind::Check(Box::new(waiting(gate))),
            NodeKind::Step(step) => step.done_when = None,
            NodeKind::Check(check) => check.retry = Retry::Never,
            NodeKind::Open(_)
            | NodeKind::Close { .. }
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. }
            | NodeKind::Enter(_)
            | NodeKind::Leave { .. } => {}
        }
    }
    plan
}

/// What the limit of a gate's stand-in leaves beyond the time it takes.
const SLACK: Millis = 1_000;

/// A check that stands for a gate; the limit of its retries says how long it
/// takes.
fn waiting(gate: &Gate) -> Check {
    let lasting = gate.conditions.iter().map(|condition| match condition {
        GateCondition::Wait(duration) => *duration,
        GateCondition::Hold { lasting, .. } => *lasting,
        GateCondition::Approve { .. }
        | GateCondition::Confirm { .. }
        | GateCondition::Window(_)
        | GateCondition::Until { .. }
        | GateCondition::Check { .. }
        | GateCondition::Rehearsed { .. } => 0,
    });
    Check {
        task: Task {
            run: Run::Script {
                text: String::new(),
                shell: Shell::Sh,
            },
            bindings: Vec::new(),
            directory: None,
            host: None,
            timeout: None,
            expect: Expect::default(),
            outputs: Vec::new(),
            needs: Vec::new(),
        },
        retry: Retry::Within {
            limit: lasting.max().unwrap_or(0).saturating_add(SLACK),
            every: 1,
        },
        otherwise: StepElse::Rollback,
    }
}

/// What was begun after the run had turned, apart from its endings: those tell
/// and look, and change nothing.
fn returns(plan: &Plan, trace: &Trace) -> Vec<Vec<Return>> {
    let mut order: Vec<Vec<Return>> = Vec::new();
    let mut running = 0_usize;
    let turned = trace
        .events
        .iter()
        .skip_while(|fact| !matches!(fact.event, Event::RollbackRequested { .. }));
    for fact in turned {
        match &fact.event {
            Event::Intended { activity } => {
                let Some(step) = return_of(plan, *activity) else {
                    continue;
                };
                match order.last_mut() {
                    Some(together) if running > 0 => together.push(step),
                    _ => order.push(vec![step]),
                }
                running += 1;
            }
            // What was cut off ends before the first undo begins.
            Event::Ended { activity, .. } if return_of(plan, *activity).is_some() => {
                running = running.saturating_sub(1);
            }
            _something_else => {}
        }
    }
    order
}

fn return_of(plan: &Plan, activity: Activity) -> Option<Return> {
    if plan.ending_of(activity.node).is_some() {
        return None;
    }
    match activity.part {
        Part::Undo(_) => Some(Return::Undo(activity.node)),
        Part::Forward => Some(Return::Finish(activity.node)),
        Part::Capture(_) | Part::Probe | Part::Verify(_) | Part::GateCheck(_) => None,
    }
}

/// How long an activity of a passable plan takes.
fn duration(plan: &Plan, node: NodeId) -> Millis {
    match &plan.nodes[node.index()].kind {
        NodeKind::Check(check) => match check.retry {
            Retry::Within { limit, .. } => limit.saturating_sub(SLACK),
            Retry::Never | Retry::Times { .. } => 0,
        },
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Step(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Enter(_)
        | NodeKind::Leave { .. } => 0,
    }
}

/// Everything works, until the run is turned back.
struct FairWeather {
    turn_at: Option<NodeId>,
    reached: bool,
}

impl World for FairWeather {
    fn run(&mut self, machine: &Machine, activity: Activity) -> Happening {
        if Some(activity.node) == self.turn_at && activity.part == Part::Forward {
            self.reached = true;
        }
        let mut happening = Happening::ok(super::values_of(machine, activity));
        happening.lasts = Some(duration(machine.plan(), activity.node));
        happening
    }

    fn sample(&mut self, _at: Millis, _: Observer, metrics: &[MetricId]) -> Vec<Reading> {
        let zero = ReadingResult::Values(vec![rust_decimal::Decimal::ZERO]);
        metrics
            .iter()
            .map(|metric| Reading {
                metric: *metric,
                result: zero.clone(),
            })
            .collect()
    }

    fn answer(&mut self, _: &Machine, _: Question) -> Option<(Answer, String)> {
        Some((Answer::Continue, String::new()))
    }

    fn intrude(&mut self, machine: &Machine, _applied: usize) -> Option<Event> {
        // What starts together has started.
        if machine.has_commands() {
            return None;
        }
        let turn = std::mem::take(&mut self.reached) && machine.headline().is_none();
        turn.then(|| Event::RollbackRequested {
            by: String::new(),
            reason: String::new(),
        })
    }
}
