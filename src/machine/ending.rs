//! Endings: what runs when the outcome is known. Whatever happens in them, the
//! release is over; only a rollback whose verification fails is no longer a
//! good one.

use std::collections::VecDeque;

use crate::machine::event::Outcome;
use crate::machine::forward::is_past;
use crate::machine::state::NodeRun;
use crate::machine::{Machine, Mode, NodeState, node_id};
use crate::plan::{EndingKind, NodeId, NodeKind};

#[derive(Debug, Default, PartialEq)]
pub(super) struct Endings {
    /// Still to come, by index in the plan; the first one runs.
    queue: VecDeque<usize>,
    /// Begun already.
    seen: Vec<usize>,
    /// What went wrong in them.
    failures: Vec<(NodeId, String)>,
}

impl Machine {
    /// What went wrong in the endings.
    pub fn ending_failures(&self) -> &[(NodeId, String)] {
        &self.endings.failures
    }

    pub(super) fn finish_release(&mut self) {
        self.begin_endings(Outcome::Succeeded);
    }

    pub(super) fn begin_endings(&mut self, outcome: Outcome) {
        self.wishes.drop_forward();
        self.ready.clear();
        self.sleeping.clear();
        self.mode = Mode::Ending(outcome);
        self.queue_endings(outcome);
        self.begin_next_ending();
    }

    fn queue_endings(&mut self, outcome: Outcome) {
        for (index, ending) in self.plan.endings.iter().enumerate() {
            if outcome.runs(ending.on) && !self.endings.seen.contains(&index) {
                self.endings.seen.push(index);
                self.endings.queue.push_back(index);
            }
        }
    }

    /// As if no ending had run yet.
    pub(super) fn reset_endings(&mut self) {
        self.endings = Endings::default();
        let plan = self.plan.clone();
        for (index, node) in plan.nodes.iter().enumerate() {
            if self.ending_of[index].is_some() {
                let attempts = std::mem::take(&mut self.nodes[index].attempts);
                self.nodes[index] = NodeRun::new(node.needs.len());
                // Attempts are counted over the whole run.
                self.nodes[index].attempts = attempts;
                self.begin_anew(node_id(index));
            }
        }
    }

    fn begin_next_ending(&mut self) {
        if let Some(ending) = self.endings.queue.front() {
            self.ready.insert(self.plan.endings[*ending].open);
        }
    }

    pub(super) fn advance_ending(&mut self, outcome: Outcome) {
        loop {
            self.start_ready();
            let Some(ending) = self.endings.queue.front().copied() else {
                self.close(outcome);
                return;
            };
            if !self.ending_is_done(ending) {
                return;
            }
            self.endings.queue.pop_front();
            self.begin_next_ending();
        }
    }

    fn ending_is_done(&self, ending: usize) -> bool {
        self.ending_of
            .iter()
            .zip(&self.nodes)
            .filter(|(of, _)| **of == Some(ending))
            .all(|(_, run)| is_past(run.state))
    }

    /// A statement of an ending failed: the next one still runs.
    pub(super) fn failed_in_ending(&mut self, node: NodeId, message: String) {
        self.endings.failures.push((node, message));
        let verifies = matches!(self.plan.nodes[node.index()].kind, NodeKind::Check(_))
            && self.ending_of[node.index()]
                .is_some_and(|ending| self.plan.endings[ending].on == EndingKind::Rollback);
        if verifies && self.mode == Mode::Ending(Outcome::RolledBack) {
            self.mode = Mode::Ending(Outcome::RollbackIncomplete);
            self.queue_endings(Outcome::RollbackIncomplete);
        }
        self.finish(node, NodeState::PassedOver);
    }
}
