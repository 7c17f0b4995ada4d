//! What is promised of every run, held against one that was simulated. It is
//! worked out from the plan and the facts alone, apart from the machine's own
//! account of its way back.

mod closing;
mod order;
mod owed;
mod rounds;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use crate::machine::event::{Activity, Answer, Completion, Event, Outcome, Part, Question};
use crate::machine::{Machine, Mode, NodeState, undo_of};
use crate::plan::graph::Graph;
use crate::plan::{EndingKind, NodeId, NodeKind, Plan, RoundId, WayBack};
use crate::simulate::Trace;
use crate::simulate::faults::{FaultyWorld, things_of};
use owed::{Owed, Unit, unit_of};

/// How a run broke the promise, a sentence each; none if it kept it.
pub fn breaches(plan: &Arc<Plan>, trace: &Trace, world: &FaultyWorld) -> Vec<String> {
    let mut audit = Audit::new(plan);
    audit.hear_all(trace);
    audit.closings(world);
    if audit.machine != trace.machine {
        audit.breach("the machine that read all facts is not as the one that saw them happen");
    }
    if trace.outcome.is_none() {
        let mode = trace.machine.mode();
        audit.breach(format!("the run does not end: it stays {mode:?}"));
    }
    audit.breaches
}

/// What is known of a run while its facts are gone through.
struct Audit<'p> {
    plan: &'p Arc<Plan>,
    graph: Graph,
    /// The machine that knows the facts so far, for its modes and states.
    machine: Machine,
    breaches: Vec<String>,
    seen: BTreeSet<Activity>,
    running: BTreeSet<Activity>,
    /// How the last forward attempt of a node ended.
    forward: BTreeMap<NodeId, Completion>,
    /// Nodes of which an attempt may have left something behind though it failed:
    /// it did not end by itself, or worked and printed something unexpected.
    left_something: BTreeSet<NodeId>,
    /// Nodes whose forward part was begun.
    started: BTreeSet<NodeId>,
    undone: BTreeSet<Unit>,
    /// The undo that failed last of each node.
    failed_undo: BTreeMap<NodeId, Unit>,
    /// Undos that failed and were let pass.
    given_up: BTreeSet<Unit>,
    gates_let_pass: BTreeSet<NodeId>,
    /// Rounds that failed and were tolerated, as the facts say.
    aside: BTreeSet<RoundId>,
    /// The round with which its loop had more failures than it tolerates, and
    /// has a rule for that.
    breached: Option<RoundId>,
    /// When each closing was heard: what was owed then, and done.
    settled: Vec<Settled>,
    /// What is owed, while nothing is heard that changes it.
    owed: RefCell<Option<Rc<Owed>>>,
}

/// How the way back stood when the run was closed.
struct Settled {
    outcome: Outcome,
    owed: Rc<Owed>,
    undone: BTreeSet<Unit>,
    /// What was of best effort, and failed.
    given_up: BTreeSet<Unit>,
    states: Vec<NodeState>,
    completed: BTreeSet<NodeId>,
    check_failed: bool,
    /// Changing steps that a loop's rule lets stay as they are.
    may_stay: BTreeSet<NodeId>,
    /// Nodes of rounds that failed and were tolerated.
    aside: BTreeSet<NodeId>,
}

/// Undos that begin and end pay what is owed; they change nothing of it.
fn is_of_undo(event: &Event) -> bool {
    match event {
        Event::Intended { activity } | Event::Ended { activity, .. } => activity.part.is_of_undo(),
        _other => false,
    }
}

impl<'p> Audit<'p> {
    fn new(plan: &'p Arc<Plan>) -> Audit<'p> {
        Audit {
            plan,
            graph: Graph::new(plan),
            machine: Machine::new(plan.clone()),
            breaches: Vec::new(),
            seen: BTreeSet::new(),
            running: BTreeSet::new(),
            forward: BTreeMap::new(),
            left_something: BTreeSet::new(),
            started: BTreeSet::new(),
            undone: BTreeSet::new(),
            failed_undo: BTreeMap::new(),
            given_up: BTreeSet::new(),
            gates_let_pass: BTreeSet::new(),
            aside: BTreeSet::new(),
            breached: None,
            settled: Vec::new(),
            owed: RefCell::default(),
        }
    }

    fn breach(&mut self, what: impl Into<String>) {
        self.breaches.push(what.into());
    }

    fn name(&self, node: NodeId) -> &str {
        &self.plan.nodes[node.index()].name
    }

    fn kind(&self, node: NodeId) -> &NodeKind {
        &self.plan.nodes[node.index()].kind
    }

    fn hear_all(&mut self, trace: &Trace) {
        for (known, fact) in trace.events.iter().enumerate() {
            self.taken_over(known, trace);
            if let Event::Intended { activity } = &fact.event {
                self.intended(*activity);
            }
            if let Event::Ended {
                activity, result, ..
            } = &fact.event
            {
                self.ended(*activity, result);
            }
            if let Event::Answered {
                question,
                answer: Answer::Continue,
                ..
            } = &fact.event
            {
                self.let_pass(*question);
            }
            let before = self.machine.mode();
            self.machine.apply(fact);
            if !is_of_undo(&fact.event) {
                self.owed.take();
            }
            self.rounds_after(fact, before);
            if let Event::RollbackRequested { .. } = &fact.event {
                self.requested(before);
            }
            if let Event::Closed { outcome } = &fact.event {
                self.closed(*outcome);
            }
        }
    }

    /// An interpreter that died here knew what the one knows that reads its
    /// facts.
    fn taken_over(&mut self, known: usize, trace: &Trace) {
        let mut lost = trace.lost.iter().filter(|(facts, _)| *facts == known);
        if lost.any(|(_, lost)| *lost != self.machine) {
            self.breach(format!(
                "the machine that read {known} facts is not as the one that saw them happen"
            ));
        }
    }

    /// A person took it upon themselves.
    fn let_pass(&mut self, question: Question) {
        match question {
            Question::UndoFailed { node } => self.given_up.extend(self.failed_undo.get(&node)),
            Question::GateFailed { gate } => {
                self.gates_let_pass.insert(gate);
            }
            Question::Confirm { .. }
            | Question::Approve { .. }
            | Question::StepFailed { .. }
            | Question::InDoubt { .. }
            | Question::Watch(_) => {}
        }
    }

    /// A rollback that is asked for on the way forward is turned to at once.
    fn requested(&mut self, before: Mode) {
        let was_forward = matches!(
            before,
            Mode::Forward
                | Mode::Pausing
                | Mode::Ending(Outcome::Succeeded)
                | Mode::Closing(Outcome::Waiting | Outcome::Succeeded)
                | Mode::Closed(Outcome::Waiting | Outcome::Succeeded)
        );
        let goes_on = matches!(
            self.machine.mode(),
            Mode::Forward | Mode::Pausing | Mode::Ending(Outcome::Succeeded)
        );
        if was_forward && goes_on {
            self.breach("a rollback was requested and the run goes on");
        }
    }

    fn intended(&mut self, activity: Activity) {
        let name = self.name(activity.node).to_owned();
        if !self.seen.insert(activity) {
            self.breach(format!("`{name}` was started twice for one intent"));
        }
        let of_node = |running: &Activity| {
            running.node == activity.node && !matches!(running.part, Part::GateCheck(_))
        };
        if self.running.iter().any(of_node) {
            self.breach(format!("two things of `{name}` run at once"));
        }
        self.nobody_else_has_it(activity);
        match self.machine.mode() {
            Mode::Pausing | Mode::Closing(_) | Mode::Closed(_) | Mode::Unopened => {
                self.breach(format!("`{name}` was started while the run was to rest"));
            }
            Mode::Stopping => self.breach(format!("`{name}` was started after the run turned")),
            Mode::Forward => self.forward_intended(activity),
            Mode::Unwinding => self.return_intended(activity),
            Mode::Ending(_) => self.ending_intended(activity),
        }
        if activity.part == Part::Forward {
            self.started.insert(activity.node);
        }
        self.running.insert(activity);
    }

    /// Two that change one thing at the same time cannot be undone apart.
    fn nobody_else_has_it(&mut self, activity: Activity) {
        if self.running.is_empty() {
            return;
        }
        let mine = things_of(self.plan, activity);
        let both = self.running.iter().find_map(|running| {
            let theirs = things_of(self.plan, *running);
            let shared = mine.intersection(&theirs).next()?;
            (running.node != activity.node).then(|| (running.node, shared.resource.clone()))
        });
        if let Some((other, thing)) = both {
            let (name, other) = (self.name(activity.node), self.name(other));
            self.breach(format!(
                "`{name}` and `{other}` change `{thing}` at the same time"
            ));
        }
    }

    fn forward_intended(&mut self, activity: Activity) {
        let name = self.name(activity.node).to_owned();
        if activity.part == Part::Forward
            && self.is_point(activity.node)
            && !self.is_guarded(activity.node)
        {
            self.breach(format!(
                "`{name}` cannot be undone, and no gate opened before it"
            ));
        }
        if activity.part.is_of_undo() {
            self.round_undo_intended(activity);
            return;
        }
        if self.is_aside(activity.node) {
            self.breach(format!("`{name}` began in a round that had failed"));
        }
        let plan = self.plan.clone();
        for need in &plan.nodes[activity.node.index()].needs {
            let past = match self.machine.node_state(*need) {
                NodeState::Done
                | NodeState::Skipped
                | NodeState::AlreadyDone
                | NodeState::PassedOver => true,
                NodeState::Waiting
                | NodeState::Scheduled
                | NodeState::Running
                | NodeState::Retrying
                | NodeState::Asking
                | NodeState::Failed
                | NodeState::Cancelled
                | NodeState::Undoing
                | NodeState::Undone
                | NodeState::UndoFailed => false,
            };
            if !past && !self.is_gone(*need, activity.node) {
                let need = self.name(*need).to_owned();
                self.breach(format!("`{name}` began before `{need}` was done"));
            }
        }
    }

    /// Whether a gate opened before this node, or a person let it pass.
    fn is_guarded(&self, node: NodeId) -> bool {
        let is_gate = |id: NodeId| matches!(self.kind(id), NodeKind::Gate(_));
        let mut nodes = (0_u32..).map(NodeId).take(self.plan.nodes.len());
        nodes.any(|id| {
            let opened = self.machine.node_state(id) == NodeState::Done;
            is_gate(id)
                && self.graph.is_before(id, node)
                && (opened || self.gates_let_pass.contains(&id))
        })
    }

    fn ending_intended(&mut self, activity: Activity) {
        let at = self.outermost(activity.node);
        let in_ending = self.plan.endings.iter().any(|ending| ending.open == at);
        if !in_ending {
            let name = self.name(activity.node).to_owned();
            self.breach(format!("`{name}` began when the release was over"));
        }
    }

    fn ended(&mut self, activity: Activity, result: &Completion) {
        if !self.running.remove(&activity) {
            let name = self.name(activity.node).to_owned();
            self.breach(format!("something of `{name}` ended that did not run"));
        }
        match activity.part {
            Part::Forward => {
                self.forward.insert(activity.node, result.clone());
                if *result != Completion::Ok && !result.is_clean_failure() {
                    self.left_something.insert(activity.node);
                }
            }
            Part::Probe if *result == Completion::Ok => {
                self.forward.insert(activity.node, Completion::Ok);
            }
            Part::Undo(alternative) | Part::Verify(alternative) if *result == Completion::Ok => {
                let verified = matches!(activity.part, Part::Verify(_));
                let verify = Activity {
                    part: Part::Verify(alternative),
                    ..activity
                };
                if verified || self.machine.task(verify).is_none() {
                    self.unit_done(unit_of(self.plan, activity.node, alternative));
                }
            }
            Part::Undo(alternative) | Part::Verify(alternative) => {
                self.undo_failed(unit_of(self.plan, activity.node, alternative));
            }
            Part::Capture(_) | Part::Probe | Part::GateCheck(_) => {}
        }
    }

    fn undo_failed(&mut self, unit: Unit) {
        self.failed_undo.insert(unit.node, unit);
        let undos = undo_of(self.plan, unit.node);
        let of_unit = if unit.is_leave {
            undos.last()
        } else {
            undos.first()
        };
        if of_unit.is_some_and(|undo| undo.best_effort) {
            self.given_up.insert(unit);
        }
    }

    fn unit_done(&mut self, unit: Unit) {
        if !self.undone.insert(unit) {
            let name = self.name(unit.node).to_owned();
            self.breach(format!("`{name}` was undone twice"));
        }
    }

    fn completed(&self) -> BTreeSet<NodeId> {
        let ok = self.forward.iter().filter(|(_, it)| **it == Completion::Ok);
        let done = ok.map(|(node, _)| *node);
        // A person may have said so too.
        let said = (0_u32..).map(NodeId).take(self.plan.nodes.len());
        let said = said.filter(|node| {
            self.started.contains(node) && self.machine.node_state(*node) == NodeState::Done
        });
        done.chain(said).collect()
    }

    /// Steps of which every attempt failed and left nothing behind.
    fn clean(&self) -> BTreeSet<NodeId> {
        let failed = self.forward.iter().filter(|(node, result)| {
            let atomic = match self.kind(**node) {
                NodeKind::Step(step) => {
                    step.atomic && !matches!(step.way_back, WayBack::Irreversible { .. })
                }
                _not_a_step => false,
            };
            let left_something = self.left_something.contains(node);
            atomic && !left_something && result.is_clean_failure()
        });
        failed.map(|(node, _)| *node).collect()
    }

    fn owed(&self) -> Rc<Owed> {
        let mut known = self.owed.borrow_mut();
        let owed = known.get_or_insert_with(|| {
            let (completed, clean) = (self.completed(), self.clean());
            let owed = Owed::new(self.plan, &self.graph, &self.started, &completed, &clean);
            Rc::new(owed)
        });
        Rc::clone(owed)
    }

    /// A check of `on rollback`.
    fn verifies_the_way_back(&self, node: NodeId) -> bool {
        let of_rollback = |block: NodeId| {
            let mut endings = self.plan.endings.iter();
            endings.any(|ending| ending.open == block && ending.on == EndingKind::Rollback)
        };
        matches!(self.kind(node), NodeKind::Check(_)) && of_rollback(self.outermost(node))
    }

    fn outermost(&self, node: NodeId) -> NodeId {
        let mut at = node;
        while let Some(block) = self.plan.nodes[at.index()].block {
            at = block;
        }
        at
    }

    fn closed(&mut self, outcome: Outcome) {
        if !self.running.is_empty() {
            self.breach("the run was closed while something ran");
        }
        let states = (0_u32..).map(NodeId).take(self.plan.nodes.len());
        let states = states.map(|node| self.machine.node_state(node)).collect();
        let check_failed = self
            .machine
            .ending_failures()
            .iter()
            .any(|(node, _)| self.verifies_the_way_back(*node));
        self.settled.push(Settled {
            outcome,
            owed: self.owed(),
            undone: self.undone.clone(),
            given_up: self.given_up.clone(),
            states,
            completed: self.completed(),
            check_failed,
            may_stay: self.may_stay(),
            aside: self.nodes_aside(),
        });
    }
}
