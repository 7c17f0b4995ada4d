//! Rests: nothing new starts, what runs ends, and the run waits to be resumed.

use crate::machine::event::{Activity, Outcome, Part, Question};
use crate::machine::{Headline, Machine, Mode, NodeState};
use crate::plan::NodeId;

impl Machine {
    pub(super) fn pause(&mut self, message: &str) {
        self.pause_for(Headline {
            node: None,
            message: message.to_owned(),
        });
    }

    /// Starts nothing new; the run waits once what runs has ended.
    pub(super) fn pause_for(&mut self, headline: Headline) {
        if self.is_forward() {
            self.headline.get_or_insert(headline);
            self.mode = Mode::Pausing;
        }
    }

    pub(super) fn advance_pausing(&mut self) {
        if self.running.is_empty() {
            self.close(Outcome::Waiting);
        }
    }

    /// Another interpreter goes on with this run.
    pub(super) fn resumed(&mut self) {
        self.wishes.repeat();
        if self.is_waiting() {
            self.mode = Mode::Forward;
            self.outcome = None;
            self.forget_why_it_waits(&[NodeState::Asking]);
            self.wishes.unclose();
        }
        if self.is_forward() {
            self.restart_gates();
            self.restart_watches();
            self.restart_retries();
        }
    }

    /// Whether the run is paused, or about to be.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(
            self.mode,
            Mode::Pausing | Mode::Closing(Outcome::Waiting) | Mode::Closed(Outcome::Waiting)
        )
    }

    /// Only what went wrong at a node that is still in one of these states
    /// stays the headline; that somebody is waited for is none.
    pub(super) fn forget_why_it_waits(&mut self, still: &[NodeState]) {
        let headline = self.headline.take();
        self.headline = headline.filter(|headline| {
            headline.node.is_some_and(|node| {
                let state = self.node_state(node);
                let failed = state != NodeState::Asking || self.asks_after_failure(node);
                still.contains(&state) && failed
            })
        });
    }

    fn asks_after_failure(&self, node: NodeId) -> bool {
        let asked = |question| self.wishes.is_asked(question);
        asked(Question::StepFailed { node }) || asked(Question::GateFailed { gate: node })
    }

    /// The time in which nobody tried does not count, also where the attempt that
    /// was made last ended meanwhile.
    fn restart_retries(&mut self) {
        let sleepers: Vec<NodeId> = self.sleeping.keys().copied().collect();
        for node in sleepers {
            if self.node_state(node) == NodeState::Retrying {
                self.nodes[node.index()].first_attempt_at = None;
            }
        }
        let running: Vec<Activity> = self.running.keys().copied().collect();
        for activity in running {
            match activity.part {
                Part::Forward => {
                    let node = &mut self.nodes[activity.node.index()];
                    node.first_attempt_at = Some(self.now);
                }
                Part::GateCheck(condition) => self.gate_check_begins_anew(activity, condition),
                Part::Capture(_) | Part::Probe | Part::Undo(_) | Part::Verify(_) => {}
            }
        }
    }
}
