//! What people say of a run from elsewhere: messages in its inbox.

use crate::machine::NodeState;
use crate::machine::event::{Answer, Event, How, Question};
use crate::run::inbox;
use crate::run::signature::{self, Statement};

use super::{DriveError, Driver};

impl Driver<'_> {
    pub(super) fn read_inbox(&mut self) -> Result<(), DriveError> {
        let received = inbox::collect(&self.run);
        for warning in received.warnings {
            self.view.note(&warning);
        }
        for (message, place) in received.messages {
            if self.is_early(&message) {
                continue;
            }
            let current = self.people.current();
            let event = match self.meant(message) {
                Ok(event) => event,
                Err(why) => {
                    self.view.note(&why);
                    inbox::put_aside(&place);
                    continue;
                }
            };
            self.record(event)?;
            self.journal.settle().map_err(DriveError::Journal)?;
            inbox::remove(&place);
            self.people.forget_settled(&self.machine);
            if current != self.people.current() {
                self.prompt();
            }
        }
        Ok(())
    }

    /// Whether it is about a gate that has not begun: it waits there for its question.
    fn is_early(&self, message: &inbox::Message) -> bool {
        match message {
            inbox::Message::Answer {
                question: Question::Approve { gate, .. },
                ..
            } => self.machine.node_state(*gate) == NodeState::Waiting,
            inbox::Message::Answer { .. }
            | inbox::Message::Rollback { .. }
            | inbox::Message::Pause { .. } => false,
        }
    }

    /// The last interpreter may have died between putting a message on record
    /// and taking it out of the inbox. Nothing else is recorded in between.
    pub(super) fn take_out_what_is_on_record(&mut self) {
        let Some(last) = self.facts.last().map(|fact| fact.event.clone()) else {
            return;
        };
        let received = inbox::collect(&self.run);
        for warning in received.warnings {
            self.view.note(&warning);
        }
        for (message, place) in received.messages {
            if self.meant(message).is_ok_and(|event| event == last) {
                return inbox::remove(&place);
            }
        }
    }

    /// What a message means; an approval that does not count means nothing, and
    /// why is said.
    fn meant(&mut self, message: inbox::Message) -> Result<Event, String> {
        match message {
            inbox::Message::Answer {
                question,
                answer,
                by,
                signature,
            } => {
                let how = self.how(question, &answer, &by, signature)?;
                Ok(Event::Answered {
                    question,
                    answer,
                    by,
                    how,
                })
            }
            inbox::Message::Rollback { by, .. } if self.has_gone_back() => Err(format!(
                "{by} asks to roll back: that is done, and what follows goes on"
            )),
            inbox::Message::Rollback { by, reason } => Ok(Event::RollbackRequested { by, reason }),
            inbox::Message::Pause { by } => Ok(Event::PauseRequested { by }),
        }
    }

    /// How an answer was given that came from elsewhere: a signature is one
    /// only when it was verified here.
    fn how(
        &self,
        question: Question,
        answer: &Answer,
        by: &str,
        signature: Option<String>,
    ) -> Result<How, String> {
        let plan = self.machine.plan();
        let signers = signature::signers(plan, question, &self.workshop.directory);
        match (signers, signature, question) {
            (Some(signers), Some(signature), Question::Approve { gate, condition }) => {
                let gate = (gate, condition);
                let run = self.run.id();
                let statement = Statement::new(run, plan, &self.facts, gate, answer, by);
                let place = self.run.path().join("approvals");
                statement
                    .verify(&signature, &signers, &place)
                    .map_err(|why| format!("the signature of `{by}` does not count: {why}"))?;
                Ok(How::Signature)
            }
            (Some(_), None, _) if *answer == Answer::Yes => Err(format!(
                "the approval of `{by}` does not count: it is not signed"
            )),
            (_, _, _) => Ok(How::Command),
        }
    }
}
