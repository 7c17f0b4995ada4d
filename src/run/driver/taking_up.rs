//! How a run begins, or is taken up where another interpreter left it.

use tokio::sync::mpsc;

use crate::machine::Mode;
use crate::machine::event::{Activity, Completion, Event, Outcome};
use crate::plan::Millis;
use crate::run::activity::{End, Recovered};
use crate::run::lock::{Lock, LockError};
use crate::run::process;

use super::{DriveError, Driver, Locking, Loop, News, Start};

impl Driver<'_> {
    pub(super) fn begin(&mut self, turn: &mut Loop, start: Start) -> Result<(), DriveError> {
        match start {
            Start::Open { start_at } => {
                let starter = self.starter.clone();
                self.record(Event::Opened { starter, start_at })
            }
            Start::GoOn {
                same_boot,
                rollback,
            } => {
                self.take_out_what_is_on_record();
                let by = crate::run::who::user();
                match rollback {
                    Some(reason) if !self.has_gone_back() => {
                        // Before anything follows from what ended meanwhile.
                        self.record(Event::RollbackRequested { by, reason })?;
                        self.recover(turn, same_boot)
                    }
                    Some(_) | None => {
                        self.recover(turn, same_boot)?;
                        self.record(Event::Resumed { by })?;
                        // What people said meanwhile, before they are asked.
                        self.read_inbox()
                    }
                }
            }
        }
    }

    /// Whether all that can be undone is: what is left of the run are its endings,
    /// and who wants it to go back wants them to be as they are.
    pub(super) fn has_gone_back(&self) -> bool {
        match self.machine.mode() {
            Mode::Ending(outcome) => outcome != Outcome::Succeeded,
            Mode::Unopened
            | Mode::Forward
            | Mode::Pausing
            | Mode::Stopping
            | Mode::Unwinding
            | Mode::Closing(_)
            | Mode::Closed(_) => false,
        }
    }

    /// Learns what became of everything that ran when the last interpreter was
    /// gone.
    fn recover(&mut self, turn: &mut Loop, same_boot: bool) -> Result<(), DriveError> {
        let running: Vec<Activity> = self.machine.running().map(|(it, _)| it).collect();
        let mut never_began = Vec::new();
        for activity in running {
            match self.workshop.find(self.values(), activity, same_boot) {
                Recovered::NeverBegan => never_began.push(activity),
                Recovered::Running(adopted) => {
                    let (leash, ends) = mpsc::unbounded_channel();
                    turn.leashes.insert(activity, (leash, None));
                    let sender = turn.sender.clone();
                    tokio::spawn(async move {
                        let news = match adopted.end(ends).await {
                            Some(end) => News::Ended(activity, end),
                            None => News::NeverBegan(activity),
                        };
                        let _ = sender.send(news);
                    });
                }
                Recovered::Ended(end) => self.record_past_end(activity, end)?,
            }
        }
        for activity in never_began {
            self.begin_after_all(turn, activity)?;
        }
        Ok(())
    }

    /// The same of one that ended while nobody drove the run: when it did.
    fn record_past_end(&mut self, activity: Activity, end: End) -> Result<(), DriveError> {
        let place = self.workshop.place(self.machine.plan(), activity);
        let event = self.end_of(activity, end);
        let now = self.clock.now();
        let at = process::ended_at(&place).map(|wall| self.clock.at_wall(wall));
        let at = at.and_then(|at| Millis::try_from(at).ok());
        self.record_at(at.map_or(now, |at| at.min(now)), event)
    }

    /// Its intent is on record and nothing came of it yet: its time begins now.
    pub(super) fn begin_after_all(
        &mut self,
        turn: &mut Loop,
        activity: Activity,
    ) -> Result<(), DriveError> {
        if self.machine.is_unwanted(activity) {
            self.record_end(activity, (Completion::Cancelled, Vec::new()))
        } else {
            self.start(turn, activity)
        }
    }

    /// Takes the lock over from a step of this run once that has ended.
    pub(super) fn take_lock_when_free(&mut self) -> Result<(), DriveError> {
        let Locking::HeldByStep { state, holder } = &self.lock else {
            return Ok(());
        };
        match Lock::try_lock(state, holder) {
            Ok(lock) => {
                self.lock = Locking::Held(lock);
                Ok(())
            }
            Err(LockError::Busy(Some(other))) if other.run != holder.run => {
                let by = format!("the lock, which {} has taken", other.in_words());
                self.lock = Locking::None;
                self.record(Event::PauseRequested { by })
            }
            Err(LockError::Busy(_) | LockError::Io(_)) => Ok(()),
        }
    }
}
