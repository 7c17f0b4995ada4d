//! What people decide of steps that failed, and of those of which nobody knows
//! how they ended.

use crate::machine::event::{Activity, Answer, How, Part, Question};
use crate::machine::{Headline, Machine, NodeState};
use crate::plan::{NodeId, NodeKind};

impl Machine {
    /// Nobody knows how a forward part ended: the run lost its interpreter.
    pub(super) fn in_doubt(&mut self, node: NodeId) {
        let plan = self.plan.clone();
        match &plan.nodes[node.index()].kind {
            NodeKind::Step(step) if step.done_when.is_some() => self.wish(node, Part::Probe),
            NodeKind::Step(_) => self.doubt_remains(node),
            NodeKind::Check(_) | NodeKind::Postmortem { .. } => self.wish(node, Part::Forward),
            // Sent perhaps; sending it twice is worse than not at all.
            NodeKind::Notify { .. } => self.finish(node, NodeState::PassedOver),
            NodeKind::Enter(_) => self.doubt_remains(node),
            // It may be run again from any state, as every way back.
            NodeKind::Leave { .. } => self.wish(node, Part::Forward),
            NodeKind::Open(_) | NodeKind::Close { .. } | NodeKind::Gate(_) => {}
        }
    }

    pub(super) fn doubt_remains(&mut self, node: NodeId) {
        let repeatable = match &self.plan.nodes[node.index()].kind {
            NodeKind::Step(step) => step.repeatable,
            _a_bracket => false,
        };
        if repeatable {
            self.wish(node, Part::Forward);
        } else if self.ending_of[node.index()].is_some() {
            // The release is over: nobody is asked.
            let message = format!("nobody knows whether `{}` took effect", self.name(node));
            self.failed_in_ending(node, message);
        } else {
            self.set_state(node, NodeState::Asking);
            self.wishes.ask(Question::InDoubt { node });
        }
    }

    pub(super) fn answered(&mut self, question: Question, answer: &Answer, by: &str, how: &How) {
        if !self.wishes.is_asked(question) {
            return;
        }
        match question {
            Question::Confirm { gate, condition } => self.confirmed(gate, condition, answer, by),
            Question::Approve { gate, condition } => {
                self.approved((gate, condition), answer, by, how);
            }
            Question::GateFailed { gate } => self.gate_decided(gate, answer, by),
            Question::StepFailed { node } => self.failure_decided(node, answer, by),
            Question::InDoubt { node } => self.doubt_decided(node, answer, by),
            Question::UndoFailed { node } => self.undo_decided(node, answer),
            Question::Watch(watch) => self.watch_decided(watch, answer, by),
        }
    }

    fn failure_decided(&mut self, node: NodeId, answer: &Answer, by: &str) {
        let question = Question::StepFailed { node };
        match answer {
            Answer::Again => {
                self.forget_headline_of(node);
                self.begin_anew(node);
                let first = self.first_part(node);
                self.wish(node, first);
            }
            Answer::Continue | Answer::Yes | Answer::Done => {
                self.forget_headline_of(node);
                self.finish(node, NodeState::PassedOver);
            }
            Answer::Rollback | Answer::No { .. } => {
                self.set_state(node, NodeState::Failed);
                let headline = self.headline.clone();
                self.go_back(headline.unwrap_or_else(|| Headline::request(by, "after a failure")));
            }
            // The question stays open: it is asked again when the run is
            // resumed.
            Answer::Stop => {
                self.pause(&format!("stopped by {by}"));
                return;
            }
        }
        self.wishes.settle(question);
    }

    /// The failure was overcome: it is no longer why the run goes back.
    pub(super) fn forget_headline_of(&mut self, node: NodeId) {
        if self
            .headline
            .as_ref()
            .is_some_and(|headline| headline.node == Some(node))
        {
            self.headline = None;
        }
    }

    /// A value that others may need and that only this node's end would have
    /// told.
    fn lost_output(&self, node: NodeId) -> Option<String> {
        let activity = Activity {
            node,
            part: Part::Forward,
            attempt: 1,
        };
        let outputs = self.task(activity).map(|task| task.outputs.as_slice());
        outputs
            .into_iter()
            .flatten()
            .find(|output| output.default.is_none() && self.value(node, &output.name).is_none())
            .map(|output| output.name.clone())
    }

    fn doubt_decided(&mut self, node: NodeId, answer: &Answer, by: &str) {
        match answer {
            Answer::Done | Answer::Continue | Answer::Yes => {
                self.nodes[node.index()].completed = true;
                match self.lost_output(node) {
                    None => self.finish(node, NodeState::Done),
                    Some(lost) => {
                        self.set_state(node, NodeState::Done);
                        let name = self.name(node).to_owned();
                        let message =
                            format!("`{name}` took effect, and nobody knows its `{lost}`");
                        self.go_back(Headline::at(node, message));
                    }
                }
            }
            Answer::Again => self.wish(node, Part::Forward),
            Answer::Rollback | Answer::No { .. } => {
                self.set_state(node, NodeState::Cancelled);
                let name = self.name(node).to_owned();
                let message = format!("nobody knows whether `{name}` took effect");
                self.go_back(Headline::at(node, message));
            }
            Answer::Stop => {
                self.pause(&format!("stopped by {by}"));
                return;
            }
        }
        self.wishes.settle(Question::InDoubt { node });
    }

    /// There is nobody to ask: the run waits, and can be resumed. Only an undo
    /// that failed does not wait, since `on stuck` is for that.
    pub(super) fn unanswerable(&mut self, question: Question) {
        if !self.wishes.is_asked(question) {
            return;
        }
        match question {
            Question::UndoFailed { node } => self.undo_decided(node, &Answer::Stop),
            Question::Confirm { gate, .. }
            | Question::Approve { gate, .. }
            | Question::GateFailed { gate } => {
                let name = self.name(gate).to_owned();
                self.pause_for(Headline::at(
                    gate,
                    format!("`{name}` waits for a person, and nobody can be asked here"),
                ));
            }
            Question::StepFailed { node } | Question::InDoubt { node } => {
                let name = self.name(node).to_owned();
                self.pause_for(Headline::at(
                    node,
                    format!("`{name}` waits for a person's decision, and nobody can be asked here"),
                ));
            }
            Question::Watch(watch) => {
                let name = self.plan.watches[watch as usize].name.clone();
                self.pause(&format!(
                    "watch `{name}` asks for a person, and nobody can be asked here"
                ));
            }
        }
    }
}
