//! The way back: what was started is undone, in the reverse order of the
//! graph.
//!
//! What has an undo to run is a *unit* of a node: a step's own undo, a block's
//! rollback (on the node that opens it), a bracket's `leave` (on its `enter`),
//! and the completion of a point of no return that was cut off, or of a
//! repeatable step behind one that nothing undoes by itself. A node is
//! settled when its units are through and everything that came after it is
//! settled; nodes that never started settle at once. An undo that failed is
//! never settled, so all that its step came after stays as it is: its undo,
//! tried again, may need it.

use std::collections::{BTreeMap, BTreeSet};

use crate::machine::event::Answer;
use crate::machine::event::{Activity, Completion, Outcome, Part, Question};
use crate::machine::rounds::Aside;
#[cfg(test)]
use crate::machine::sabotage::{self, Sabotage};
use crate::machine::tasks::undo_of;
use crate::machine::{Headline, Machine, Mode, NodeState, Summary, node_id};
use crate::plan::{Millis, NodeId, NodeKind, Round, RoundId, Skip, Step, WayBack};

#[derive(Debug, PartialEq)]
pub(super) struct Unwind {
    /// Whether the order of the way back has been worked out.
    begun: bool,
    /// How many of a node's successors are not settled.
    unsettled: Vec<usize>,
    units: BTreeMap<NodeId, Units>,
    /// Whether anything of the release had been changed when it turned back.
    changed: bool,
    /// Undos that are through, each by its node and its first alternative.
    through: BTreeSet<(NodeId, u32)>,
    /// Rounds that failed and were tolerated.
    pub(super) aside: BTreeMap<RoundId, Aside>,
    /// Nodes of such rounds whose undo failed in all its tries.
    pub(super) stuck: BTreeSet<NodeId>,
    /// The round with which its loop had more failures than it tolerates, if
    /// the loop has a rule of its own for that.
    pub(super) breached: Option<RoundId>,
    /// Whether a person wants more undone than that rule says.
    whole: bool,
    pub(super) summary: Summary,
}

/// The undos of one node, one after another.
#[derive(Debug, PartialEq)]
struct Units {
    queue: Vec<Unit>,
    /// The one that runs, by index.
    at: usize,
    /// Which alternative of the node's undos, counted over all of them.
    alternative: u32,
    /// When the first attempt of this alternative began.
    began: Option<Millis>,
    /// How many attempts of this alternative were made before this try.
    before: u32,
    failed: bool,
    running: bool,
    /// Whether all of them are through.
    done: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    /// Runs the alternatives from the first to before the last, in order.
    Undo {
        first: u32,
        end: u32,
        best_effort: bool,
    },
    /// Runs the forward part again.
    Finish,
}

impl Unwind {
    pub fn new(nodes: usize) -> Unwind {
        Unwind {
            begun: false,
            unsettled: vec![0; nodes],
            units: BTreeMap::new(),
            changed: false,
            through: BTreeSet::new(),
            aside: BTreeMap::new(),
            stuck: BTreeSet::new(),
            breached: None,
            whole: false,
            summary: Summary::default(),
        }
    }

    pub fn is_undoing(&self, node: NodeId) -> bool {
        self.units.get(&node).is_some_and(|units| units.running)
    }

    /// The undos of a node are over.
    pub fn forget(&mut self, node: NodeId) {
        self.units.remove(&node);
    }

    pub fn attempt_began(&self, node: NodeId) -> Option<Millis> {
        self.units.get(&node).and_then(|units| units.began)
    }

    pub fn attempts_before(&self, activity: Activity) -> u32 {
        self.units
            .get(&activity.node)
            .map_or(0, |units| units.before)
    }
}

impl Machine {
    /// What the way back came to, so far.
    pub fn summary(&self) -> &Summary {
        &self.unwind.summary
    }

    /// Whether the rollback of a whole block worked.
    pub fn block_is_undone(&self, open: NodeId) -> bool {
        self.unwind.through.contains(&(open, 0))
    }

    /// Turns the run back. The first reason stays the headline.
    pub(super) fn go_back(&mut self, headline: Headline) {
        if self.is_waiting() {
            self.forget_why_it_waits(&[NodeState::Asking, NodeState::Failed]);
            self.wishes.unclose();
        } else if !self.is_forward() {
            return;
        }
        self.headline.get_or_insert(headline);
        self.outcome = None;
        self.mode = Mode::Stopping;
        self.halt_forward();
    }

    /// A person wants the run to go back. One that is over goes back too, as
    /// far as it can: from its end, or from the undo it is stuck at.
    pub(super) fn rollback_requested(&mut self, headline: Headline) {
        match self.mode {
            Mode::Ending(Outcome::Succeeded)
            | Mode::Closing(Outcome::Succeeded)
            | Mode::Closed(Outcome::Succeeded) => {
                self.mode = Mode::Forward;
                self.headline = None;
                self.wishes.unclose();
                self.go_back(headline);
            }
            // There is nothing more to take back: its endings are cut short.
            Mode::Ending(_) => self.end_all(),
            Mode::Closed(Outcome::RollbackIncomplete) => {
                self.outcome = None;
                self.reset_endings();
                if self.unwind.breached.take().is_some() {
                    self.unwind_the_rest();
                } else {
                    self.unwind_further();
                }
            }
            Mode::Forward
            | Mode::Pausing
            | Mode::Closing(Outcome::Waiting)
            | Mode::Closed(Outcome::Waiting) => self.go_back(headline),
            // It goes back already: all of it, whatever the rule of a loop says.
            Mode::Stopping => self.unwind.breached = None,
            Mode::Unwinding => self.unwind.whole = true,
            Mode::Unopened
            | Mode::Closing(_)
            | Mode::Closed(Outcome::Stopped | Outcome::RolledBack | Outcome::Frozen) => {}
        }
    }

    /// The cause was mended, perhaps: what failed is tried again, and what was
    /// kept for it follows.
    fn unwind_further(&mut self) {
        self.mode = Mode::Unwinding;
        let plan = self.plan.clone();
        let summary = &mut self.unwind.summary;
        let failed = std::mem::take(&mut summary.undo_failed);
        let for_good = |node: &NodeId| match &plan.nodes[node.index()].kind {
            NodeKind::Step(step) => step.way_back == WayBack::Missing,
            _undoable => false,
        };
        summary.kept.retain(for_good);
        for node in failed {
            if let Some(units) = self.unwind.units.get_mut(&node) {
                units.failed = false;
            }
            self.start_unit(node);
        }
    }

    /// A loop's rule left things as they are; now everything is undone.
    fn unwind_the_rest(&mut self) {
        self.mode = Mode::Unwinding;
        self.unwind.begun = false;
        let undone = std::mem::take(&mut self.unwind.summary.undone);
        let passed_over = std::mem::take(&mut self.unwind.summary.passed_over);
        self.unwind.summary = Summary {
            undone,
            passed_over,
            ..Summary::default()
        };
    }

    /// No undo starts before everything that ran has ended.
    pub(super) fn advance_stopping(&mut self) {
        let waits = !self.running.is_empty();
        #[cfg(test)]
        let waits = waits && !sabotage::is(Sabotage::UndoBesideRunning);
        if !waits {
            // Those of a success may have begun.
            self.reset_endings();
            self.mode = Mode::Unwinding;
        }
    }

    pub(super) fn advance_unwinding(&mut self) {
        if !self.unwind.begun {
            self.begin_unwinding();
        }
        self.retry_sleeping_undos();
        let waits = self.running.is_empty()
            && self.sleeping.is_empty()
            && self.wishes.is_quiet()
            && !self.unwind.units.values().any(|units| units.running);
        if !waits {
            return;
        }
        let goes_further = self.unwind.whole && self.unwind.summary.undo_failed.is_empty();
        if goes_further && self.unwind.breached.take().is_some() {
            self.unwind_the_rest();
            self.advance_unwinding();
        } else {
            self.finish_unwinding();
        }
    }

    fn begin_unwinding(&mut self) {
        self.unwind.begun = true;
        self.unwind.units.clear();
        let barrier = self.barrier();
        let stays = self.staying();
        for index in 0..self.plan.nodes.len() {
            self.find_units(node_id(index), &barrier, &stays);
        }
        self.unwind.unsettled = self.successors.iter().map(Vec::len).collect();
        #[cfg(test)]
        if sabotage::is(Sabotage::UndoInStartOrder) {
            let needs = self.plan.nodes.iter().map(|node| node.needs.len());
            self.unwind.unsettled = needs.collect();
        }
        let ends: Vec<NodeId> = (0..self.plan.nodes.len())
            .filter(|index| self.unwind.unsettled[*index] == 0)
            .map(node_id)
            .collect();
        self.reach(ends);
    }

    /// Undoes one round by itself, while others go on.
    pub(super) fn begin_undoing_round(&mut self, round: &Round) {
        let nowhere = vec![false; self.plan.nodes.len()];
        for node in round.nodes() {
            self.unwind.units.remove(&node);
            self.find_units(node, &nowhere, &nowhere);
            let after = self.successors[node.index()].iter();
            let inside = after.filter(|next| round.contains(**next)).count();
            self.unwind.unsettled[node.index()] = inside;
        }
        let ends = round.nodes();
        let ends = ends.filter(|node| self.unwind.unsettled[node.index()] == 0);
        let ends: Vec<NodeId> = ends.collect();
        self.reach(ends);
    }

    /// What is never undone: points of no return that were started, or taken as
    /// done, and all they came after.
    fn barrier(&mut self) -> Vec<bool> {
        let mut behind = vec![false; self.plan.nodes.len()];
        #[cfg(test)]
        if sabotage::is(Sabotage::BarrierIgnored) {
            return behind;
        }
        let mut todo: Vec<NodeId> = Vec::new();
        for (index, node) in self.plan.nodes.iter().enumerate() {
            if let NodeKind::Step(step) = &node.kind
                && matches!(step.way_back, WayBack::Irreversible { .. })
                && (self.nodes[index].started || matches!(node.skip, Skip::TakenAsDone(_)))
            {
                self.unwind.summary.points_of_no_return.push(node_id(index));
                todo.push(node_id(index));
            }
        }
        while let Some(node) = todo.pop() {
            if !std::mem::replace(&mut behind[node.index()], true) {
                todo.extend(&self.plan.nodes[node.index()].needs);
            }
        }
        behind
    }

    /// Works out what of a node is to be undone.
    fn find_units(&mut self, id: NodeId, barrier: &[bool], stays: &[bool]) {
        let plan = self.plan.clone();
        let index = id.index();
        let run = &self.nodes[index];
        if !run.started || self.ending_of[index].is_some() {
            return;
        }
        #[cfg(test)]
        if sabotage::is(Sabotage::RegisteredOnSuccess) && !run.completed {
            return;
        }
        match &plan.nodes[index].kind {
            NodeKind::Step(step) => self.find_undo_of(id, step, barrier, stays[index]),
            NodeKind::Enter(enter) => {
                #[cfg(test)]
                if sabotage::is(Sabotage::BracketStaysOpen) {
                    return;
                }
                if !self.is_left(id) {
                    self.add_undo(id, usize::from(enter.undo.is_some()));
                }
            }
            NodeKind::Open(_)
            | NodeKind::Close { .. }
            | NodeKind::Check(_)
            | NodeKind::Gate(_)
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. }
            | NodeKind::Leave { .. } => {}
        }
    }

    fn find_undo_of(&mut self, id: NodeId, step: &Step, barrier: &[bool], stays: bool) {
        let run = &self.nodes[id.index()];
        let completed = run.completed;
        let left_nothing = run.clean_failure && !completed;
        match &step.way_back {
            WayBack::Harmless(_) if self.mode == Mode::Unwinding => {
                self.unwind.summary.harmless.push(id);
            }
            // Said when the run itself goes back.
            WayBack::Harmless(_) => {}
            WayBack::Irreversible { .. } => {
                self.unwind.changed = true;
                if !completed {
                    self.add_unit(id, Unit::Finish);
                }
            }
            _undoable if left_nothing => {}
            WayBack::Own(_) if self.unwind.through.contains(&(id, 0)) => {}
            WayBack::Block(open) if self.unwind.through.contains(&(*open, 0)) => {}
            _undoable if barrier[id.index()] => {
                self.unwind.changed = true;
                self.unwind.summary.behind_barrier.push(id);
            }
            WayBack::Own(_) | WayBack::Block(_) if stays => {
                self.unwind.changed = true;
                self.unwind.summary.left.push(id);
            }
            WayBack::Own(_) => self.add_undo(id, 0),
            WayBack::Block(open) => {
                if !barrier[open.index()] {
                    self.add_undo(*open, 0);
                } else if step.repeatable && !completed {
                    // No undo leads back to the point only: it is finished, as
                    // the point itself.
                    self.add_unit(id, Unit::Finish);
                } else {
                    self.unwind.changed = true;
                    self.unwind.summary.behind_barrier.push(id);
                }
            }
            WayBack::Missing => {
                self.unwind.changed = true;
                self.unwind.summary.kept.push(id);
            }
        }
    }

    /// Whether a bracket's `leave` has run forward to its end.
    fn is_left(&self, enter: NodeId) -> bool {
        self.plan
            .nodes
            .iter()
            .zip(&self.nodes)
            .any(|(node, run)| match &node.kind {
                NodeKind::Leave { enter: of } => *of == enter && run.completed,
                _other => false,
            })
    }

    /// Queues one of a node's undos, by its index, once.
    fn add_undo(&mut self, node: NodeId, index: usize) {
        let plan = self.plan.clone();
        let undos = undo_of(&plan, node);
        let count = |undo: &&crate::plan::Undo| undo.attempts.len();
        let first: usize = undos[..index].iter().map(count).sum();
        let Some(undo) = undos.get(index) else {
            return;
        };
        let number = |alternative: usize| u32::try_from(alternative).unwrap_or(u32::MAX);
        if self.unwind.through.contains(&(node, number(first))) {
            return;
        }
        let unit = Unit::Undo {
            first: number(first),
            end: number(first + undo.attempts.len()),
            best_effort: undo.best_effort,
        };
        self.add_unit(node, unit);
    }

    fn add_unit(&mut self, node: NodeId, unit: Unit) {
        self.unwind.changed = true;
        #[cfg(test)]
        if sabotage::is(Sabotage::PointNotFinished) && unit == Unit::Finish {
            return;
        }
        let units = self.unwind.units.entry(node).or_insert_with(|| Units {
            queue: Vec::new(),
            at: 0,
            alternative: 0,
            began: None,
            before: 0,
            failed: false,
            running: false,
            done: false,
        });
        if !units.queue.contains(&unit) {
            units.queue.push(unit);
            // A bracket's block is undone before the bracket is left.
            units.queue.sort_by_key(|unit| match unit {
                Unit::Undo { first, .. } => *first,
                Unit::Finish => 0,
            });
        }
    }

    /// These nodes have only settled nodes behind them: their turn has come.
    fn reach(&mut self, nodes: Vec<NodeId>) {
        let mut todo = nodes;
        while let Some(node) = todo.pop() {
            if self.unwind.units.contains_key(&node) {
                self.start_unit(node);
            } else {
                todo.extend(self.settle(node));
            }
        }
    }

    /// Marks a node settled; gives the nodes whose turn has come by it.
    fn settle(&mut self, node: NodeId) -> Vec<NodeId> {
        let plan = self.plan.clone();
        let mut reached = Vec::new();
        let needs = &plan.nodes[node.index()].needs;
        #[cfg(test)]
        let needs = if sabotage::is(Sabotage::UndoInStartOrder) {
            &self.successors[node.index()]
        } else {
            needs
        };
        let Some((first, end)) = self.undoing_among(node) else {
            return reached;
        };
        for need in needs.iter().filter(|need| (first..end).contains(*need)) {
            let unsettled = &mut self.unwind.unsettled[need.index()];
            *unsettled = unsettled.saturating_sub(1);
            if *unsettled == 0 {
                reached.push(*need);
            }
        }
        reached
    }

    fn start_unit(&mut self, node: NodeId) {
        if self.mode == Mode::Unwinding && self.unwind.stuck.remove(&node) {
            self.give_up_undo(node);
            return;
        }
        let Some(units) = self.unwind.units.get_mut(&node) else {
            return;
        };
        units.running = true;
        units.began = None;
        match units.queue[units.at] {
            Unit::Undo { first, .. } => {
                units.alternative = first;
                self.start_alternative(node);
            }
            Unit::Finish => {
                self.begin_anew(node);
                self.wish(node, Part::Forward);
            }
        }
    }

    fn start_alternative(&mut self, node: NodeId) {
        let Some(units) = self.unwind.units.get_mut(&node) else {
            return;
        };
        let part = Part::Undo(units.alternative);
        units.began = None;
        units.before = self.nodes[node.index()].next_attempt(part) - 1;
        self.wish(node, part);
    }

    pub(super) fn undo_intended(&mut self, activity: Activity) {
        let now = self.now;
        if let Some(units) = self.unwind.units.get_mut(&activity.node) {
            units.began.get_or_insert(now);
        }
    }

    pub(super) fn undo_ended(&mut self, activity: Activity, alternative: u32, result: &Completion) {
        let node = activity.node;
        if self.undoing_among(node).is_none() {
            self.undo_ended_alone(activity, result);
            return;
        }
        #[cfg(test)]
        if sabotage::is(Sabotage::CutUndoNotRepeated) && *result == Completion::InDoubt {
            self.unit_done(node);
            return;
        }
        match result {
            Completion::Ok => {
                let verify = Activity {
                    part: Part::Verify(alternative),
                    ..activity
                };
                if self.task(verify).is_some() {
                    self.wish(node, Part::Verify(alternative));
                } else {
                    self.unit_done(node);
                }
            }
            // An undo may be run again from any state.
            Completion::InDoubt => self.start_alternative(node),
            Completion::Failed(_) | Completion::TimedOut | Completion::Cancelled => {
                self.alternative_failed(activity);
            }
        }
    }

    pub(super) fn verify_ended(
        &mut self,
        activity: Activity,
        alternative: u32,
        result: &Completion,
    ) {
        let node = activity.node;
        if self.undoing_among(node).is_none() {
            self.undo_ended_alone(activity, result);
            return;
        }
        match result {
            Completion::Ok => self.unit_done(node),
            Completion::InDoubt => self.wish(node, Part::Verify(alternative)),
            Completion::Failed(_) | Completion::TimedOut | Completion::Cancelled => {
                let attempts = self.nodes[node.index()].next_attempt(Part::Undo(alternative));
                self.alternative_failed(Activity {
                    node,
                    part: Part::Undo(alternative),
                    attempt: attempts - 1,
                });
            }
        }
    }

    /// An attempt of an alternative failed: again, the next one, or give up.
    fn alternative_failed(&mut self, activity: Activity) {
        let node = activity.node;
        if let Some(pause) = self.pause_before_retry(activity) {
            let until = self.now.saturating_add(pause);
            self.sleeping.insert(node, until);
            return;
        }
        let Some(units) = self.unwind.units.get_mut(&node) else {
            return;
        };
        let Unit::Undo {
            end, best_effort, ..
        } = units.queue[units.at]
        else {
            return;
        };
        if units.alternative + 1 < end {
            units.alternative += 1;
            self.start_alternative(node);
        } else if best_effort {
            self.pass_over(node);
        } else {
            self.unit_failed(node);
        }
    }

    fn retry_sleeping_undos(&mut self) {
        let now = self.now;
        let due: Vec<NodeId> = self
            .sleeping
            .iter()
            .filter(|(_, until)| **until <= now)
            .map(|(node, _)| *node)
            .collect();
        for node in due {
            self.sleeping.remove(&node);
            self.retry_undo(node);
        }
    }

    pub(super) fn retry_undo(&mut self, node: NodeId) {
        let Some(units) = self.unwind.units.get(&node) else {
            return;
        };
        let part = match units.queue[units.at] {
            Unit::Undo { .. } => Part::Undo(units.alternative),
            Unit::Finish => Part::Forward,
        };
        self.wish(node, part);
    }

    /// All tries of an undo failed: a person decides, should there be one.
    fn unit_failed(&mut self, node: NodeId) {
        self.set_state(node, NodeState::UndoFailed);
        if let Some(units) = self.unwind.units.get_mut(&node) {
            units.failed = true;
        }
        self.wishes.ask(Question::UndoFailed { node });
    }

    pub(super) fn undo_decided(&mut self, node: NodeId, answer: &Answer) {
        self.wishes.settle(Question::UndoFailed { node });
        let Some(units) = self.unwind.units.get_mut(&node) else {
            return;
        };
        units.failed = false;
        match answer {
            Answer::Again => self.start_unit(node),
            Answer::Continue | Answer::Done | Answer::Yes => self.pass_over(node),
            Answer::Stop | Answer::Rollback | Answer::No { .. } if self.mode != Mode::Unwinding => {
                units.running = false;
                self.stuck_in_round(node);
            }
            Answer::Stop | Answer::Rollback | Answer::No { .. } => {
                self.give_up_undo(node);
                #[cfg(test)]
                if sabotage::is(Sabotage::FailedUndoHoldsNothing) {
                    let reached = self.settle(node);
                    self.reach(reached);
                }
            }
        }
    }

    fn give_up_undo(&mut self, node: NodeId) {
        self.set_state(node, NodeState::UndoFailed);
        if let Some(units) = self.unwind.units.get_mut(&node) {
            units.running = false;
            units.failed = true;
        }
        self.unwind.summary.undo_failed.push(node);
    }

    fn pass_over(&mut self, node: NodeId) {
        // Said at once: what follows at this node may be another way back's.
        if !self.unwind.summary.passed_over.contains(&node) {
            self.unwind.summary.passed_over.push(node);
        }
        self.unit_done(node);
    }

    /// One undo of a node is through: its next, or the nodes before it.
    fn unit_done(&mut self, node: NodeId) {
        let Some(units) = self.unwind.units.get_mut(&node) else {
            return;
        };
        if let Unit::Undo { first, .. } = units.queue[units.at] {
            self.unwind.through.insert((node, first));
        }
        if units.at + 1 < units.queue.len() {
            units.at += 1;
            self.start_unit(node);
            return;
        }
        units.running = false;
        units.done = true;
        let finished = units.queue.contains(&Unit::Finish);
        let summary = &mut self.unwind.summary;
        if summary.passed_over.contains(&node) {
            self.set_state(node, NodeState::UndoFailed);
        } else if finished {
            self.set_state(node, NodeState::Done);
        } else {
            summary.undone.push(node);
            self.set_state(node, NodeState::Undone);
        }
        let reached = self.settle(node);
        self.reach(reached);
    }

    /// The undo that a node is at worked, and nothing follows it now.
    pub(super) fn undo_is_through(&mut self, node: NodeId) {
        let Some(units) = self.unwind.units.get(&node) else {
            return;
        };
        let is_last = units.at + 1 == units.queue.len();
        if let Unit::Undo { first, .. } = units.queue[units.at] {
            self.unwind.through.insert((node, first));
        }
        if is_last {
            self.unwind.summary.undone.push(node);
            self.set_state(node, NodeState::Undone);
        }
    }

    /// Whether this node's forward part is being run to finish what was cut off
    /// at or behind a point of no return.
    pub(super) fn finishing(&self, node: NodeId) -> bool {
        self.mode == Mode::Unwinding
            && self
                .unwind
                .units
                .get(&node)
                .is_some_and(|units| units.running && units.queue[units.at] == Unit::Finish)
    }

    pub(super) fn finish_forward_ended(&mut self, activity: Activity, result: &Completion) {
        let node = activity.node;
        match result {
            Completion::Ok => self.unit_done(node),
            Completion::InDoubt => self.wish(node, Part::Forward),
            Completion::Failed(_) | Completion::TimedOut | Completion::Cancelled => {
                match self.pause_before_retry(activity) {
                    Some(pause) => {
                        let until = self.now.saturating_add(pause);
                        self.sleeping.insert(node, until);
                    }
                    None => self.unit_failed(node),
                }
            }
        }
    }

    fn finish_unwinding(&mut self) {
        let kept: Vec<NodeId> = self
            .unwind
            .units
            .iter()
            .filter(|(_, units)| !units.failed && !units.done)
            .map(|(node, _)| *node)
            .collect();
        self.unwind.summary.kept.extend(kept);
        let summary = &self.unwind.summary;
        let is_left = !summary.kept.is_empty() || !summary.left.is_empty();
        let outcome = if !summary.undo_failed.is_empty() || is_left {
            Outcome::RollbackIncomplete
        } else if !summary.points_of_no_return.is_empty() {
            Outcome::Frozen
        } else if self.unwind.changed {
            Outcome::RolledBack
        } else {
            Outcome::Stopped
        };
        self.begin_endings(outcome);
    }
}
