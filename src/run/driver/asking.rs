//! People at the terminal: what they are asked, what they type, and what their keys and
//! the system ask of the run.

use crate::machine::event::{Answer, Event, Question};
use crate::run::activity::EndRequest;
use crate::run::people::{Decision, Typed};
use crate::run::signals::Signal;

use super::{DriveError, Driver, Loop};

impl Driver<'_> {
    pub(super) fn ask(&mut self, question: Question) -> Result<(), DriveError> {
        let was_asking = self.people.is_asking();
        match self.people.ask(question, &self.machine) {
            // Somebody may have answered before it was asked.
            Some(event @ Event::Unanswerable { .. }) => {
                self.read_inbox()?;
                if self.is_asked(question) {
                    self.record(event)?;
                }
            }
            Some(event) => {
                self.record(event)?;
                self.ask_others(question)?;
            }
            None if !was_asking => self.prompt(),
            None => {}
        }
        Ok(())
    }

    fn is_asked(&self, question: Question) -> bool {
        self.machine.questions().any(|asked| asked == question)
    }

    /// One approval of several was given: the others are still to come.
    fn ask_others(&mut self, question: Question) -> Result<(), DriveError> {
        match question {
            Question::Approve { .. } if self.is_asked(question) => self.ask(question),
            Question::Approve { .. }
            | Question::Confirm { .. }
            | Question::GateFailed { .. }
            | Question::StepFailed { .. }
            | Question::InDoubt { .. }
            | Question::UndoFailed { .. }
            | Question::Watch(_) => Ok(()),
        }
    }

    pub(super) fn prompt(&mut self) {
        match self.people.prompt(&self.machine) {
            Some(prompt) => self.show_prompt(&prompt),
            None => self.view.answered(),
        }
    }

    fn show_prompt(&mut self, text: &str) {
        self.view.asking();
        if let Some(terminal) = &mut self.terminal {
            terminal.prompt(text);
        }
    }

    pub(super) fn typed(&mut self, turn: &mut Loop, line: &str) -> Result<(), DriveError> {
        match self.people.typed(line, &self.machine) {
            Typed::Answer(event) => {
                let agreed = match &event {
                    Event::Answered {
                        question,
                        answer: Answer::Yes,
                        ..
                    } => Some(*question),
                    _no_agreement => None,
                };
                self.record(event)?;
                if let Some(question) = agreed {
                    self.ask_others(question)?;
                }
                self.prompt();
            }
            Typed::Decided(decision) => self.decided(turn, decision)?,
            Typed::More(text) => self.show_prompt(&text),
            Typed::Nothing => {}
        }
        Ok(())
    }

    pub(super) fn signalled(&mut self, turn: &mut Loop, signal: Signal) -> Result<(), DriveError> {
        let by = self.starter.clone();
        match signal {
            Signal::HangUp => {
                self.view.note("the terminal is gone: the run pauses");
                self.record(Event::PauseRequested { by })
            }
            Signal::Interrupt | Signal::Terminate => {
                turn.interrupts += 1;
                match turn.interrupts {
                    1 if signal == Signal::Interrupt && self.people.at_terminal() => {
                        self.people.interrupt();
                        self.prompt();
                        Ok(())
                    }
                    1 => self.go_back(signal.reason()),
                    2 => {
                        self.people.forget_interruption();
                        self.view.note("what runs is ended without grace");
                        for (leash, why) in turn.leashes.values() {
                            if why.is_some() {
                                let _ = leash.send(EndRequest::Now);
                            }
                        }
                        self.go_back(signal.reason())
                    }
                    _third => Err(DriveError::Left),
                }
            }
        }
    }

    fn go_back(&mut self, reason: &str) -> Result<(), DriveError> {
        let by = self.starter.clone();
        self.record(Event::RollbackRequested {
            by,
            reason: reason.to_owned(),
        })
    }

    /// What an interruption at the terminal means.
    fn decided(&mut self, turn: &mut Loop, decision: Decision) -> Result<(), DriveError> {
        match decision {
            Decision::Rollback => self.go_back(Signal::Interrupt.reason())?,
            Decision::Pause => {
                let by = self.starter.clone();
                self.record(Event::PauseRequested { by })?;
            }
            Decision::GoOn => {
                turn.interrupts = 0;
                self.prompt();
                return Ok(());
            }
        }
        self.people.forget_settled(&self.machine);
        if !self.people.is_asking() {
            self.view.answered();
        }
        Ok(())
    }
}
