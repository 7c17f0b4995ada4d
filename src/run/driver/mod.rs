//! The loop that carries a run: what the machine wishes is done, what happens
//! is recorded, and what is recorded the machine is told. In this order, so
//! that the journal never knows less than the world.

mod asking;
mod messages;
mod taking_up;

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::machine::Machine;
use crate::machine::command::{Command, EndWhy};
use crate::machine::event::{
    Activity, Completion, Event, Observer, Outcome, Part, Reading, ReadingResult, Stamped,
};
use crate::plan::{GateCondition, Millis, NodeId, NodeKind};
use crate::report;
use crate::run::activity::{End, EndRequest, Job, Leash, Workshop, carry_out};
use crate::run::clock::{Clock, wall_millis};
use crate::run::http::Http;
use crate::run::journal::{Journal, JournalError};
use crate::run::lock::{Holder, Lock};
use crate::run::mask::Masks;
use crate::run::people::People;
use crate::run::process;
use crate::run::sampling;
use crate::run::signals::Signal;
use crate::run::state::{RunDirectory, StateDirectory};
use crate::run::terminal::Terminal;
use crate::run::values::{Secrets, Values};
use crate::run::view::View;
use crate::types::window;

/// How often messages of other processes are looked for.
const INBOX_EVERY: Duration = Duration::from_millis(200);
/// After how many milliseconds a window is looked at again at the latest: the clock
/// on the wall may have been set.
const WINDOW_EVERY: Millis = 3_600_000;
/// How often a view is told that time passes.
const BEAT_EVERY: Duration = Duration::from_millis(250);

/// Why a run could not be driven to its end.
#[derive(Debug)]
pub enum DriveError {
    /// The journal cannot be written: nothing more may happen.
    Journal(JournalError),
    /// A person wants to leave at once.
    Left,
}

/// Everything a run in progress is made of.
pub struct Driver<'r> {
    pub machine: Machine,
    pub journal: Journal,
    pub clock: Clock,
    pub run: RunDirectory,
    pub workshop: Workshop,
    pub secrets: Secrets,
    pub masks: Masks,
    pub starter: String,
    pub people: People,
    /// Where a person can be asked.
    pub terminal: Option<Terminal>,
    pub view: &'r mut dyn View,
    /// How long what is ended may take to end by itself.
    pub grace: Duration,
    pub lock: Locking,
    /// All that is recorded, for the run's own report.
    pub facts: Vec<Stamped>,
}

/// How the driving begins.
#[derive(Debug)]
pub enum Start {
    /// A new run; the moment T on its clock, where it was given one.
    Open { start_at: Option<i64> },
    /// A run of another interpreter.
    GoOn {
        /// Whether the machine has been up since.
        same_boot: bool,
        /// Why it is to go back; `None`: it goes on.
        rollback: Option<String>,
    },
}

/// The lock of the target.
#[derive(Debug)]
pub enum Locking {
    /// There is none.
    None,
    Held(Lock),
    /// A step of this run, of an interpreter that is gone, still holds it.
    HeldByStep {
        state: StateDirectory,
        holder: Holder,
    },
}

/// Something that happened outside the machine.
#[derive(Debug)]
enum News {
    Ended(Activity, End),
    /// Of one that the last interpreter was about to start.
    NeverBegan(Activity),
    Sampled(Observer, Vec<Reading>),
}

/// An activity that is about to start.
struct Due {
    activity: Activity,
    job: Job,
    ends: mpsc::UnboundedReceiver<EndRequest>,
}

/// What keeps the loop going, besides the driver itself.
struct Loop {
    news: mpsc::UnboundedReceiver<News>,
    sender: mpsc::UnboundedSender<News>,
    leashes: HashMap<Activity, (Leash, Option<EndWhy>)>,
    /// Intended, and started as soon as that is sure to be on the disk.
    due: Vec<Due>,
    samples: u64,
    interrupts: u32,
}

impl Loop {
    fn start_due(&mut self, http: &Http) {
        for due in self.due.drain(..) {
            let (sender, http) = (self.sender.clone(), http.clone());
            tokio::spawn(async move {
                let end = carry_out(due.job, &http, due.ends).await;
                // The run may be over: then nobody listens.
                let _ = sender.send(News::Ended(due.activity, end));
            });
        }
    }
}

impl Driver<'_> {
    /// Begins the run, or goes on with it, and drives it to its end.
    ///
    /// `signals` and `typed` bring what people want; closed channels mean that
    /// nobody is there.
    ///
    /// # Errors
    /// The journal failed, or a person left at once. The run can be resumed.
    pub async fn drive(
        &mut self,
        start: Start,
        mut signals: mpsc::UnboundedReceiver<Signal>,
        mut typed: mpsc::UnboundedReceiver<String>,
    ) -> Result<Outcome, DriveError> {
        let (sender, news) = mpsc::unbounded_channel();
        let mut turn = Loop {
            news,
            sender,
            leashes: HashMap::new(),
            due: Vec::new(),
            samples: sampling::begun_before(&self.workshop),
            interrupts: 0,
        };
        self.begin(&mut turn, start)?;
        let mut inbox = tokio::time::interval(INBOX_EVERY);
        let mut beat = tokio::time::interval(BEAT_EVERY);
        loop {
            self.obey(&mut turn)?;
            self.journal.settle().map_err(DriveError::Journal)?;
            turn.start_due(&self.workshop.http);
            if let Some(outcome) = self.machine.outcome() {
                return Ok(outcome);
            }
            let wake = self.wake();
            tokio::select! {
                Some(news) = turn.news.recv() => self.heard(&mut turn, news)?,
                () = sleep_until(wake) => self.tick()?,
                Some(signal) = signals.recv() => self.signalled(&mut turn, signal)?,
                Some(line) = typed.recv() => self.typed(&mut turn, &line)?,
                _ = inbox.tick() => {
                    self.take_lock_when_free()?;
                    self.read_inbox()?;
                }
                _ = beat.tick() => self.view.beat(self.clock.now(), &self.machine),
            }
        }
    }

    /// Records a fact, then lets the machine and the view know.
    pub fn record(&mut self, event: Event) -> Result<(), DriveError> {
        self.record_at(self.clock.now(), event)
    }

    fn record_at(&mut self, at: Millis, event: Event) -> Result<(), DriveError> {
        let event = self.masked(event);
        let fact = Stamped {
            at: at.max(self.machine.now()),
            event,
        };
        self.journal.append(&fact).map_err(DriveError::Journal)?;
        self.machine.apply(&fact);
        let output = match &fact.event {
            Event::Intended { activity } | Event::Ended { activity, .. } => {
                Some(self.workshop.place(self.machine.plan(), *activity))
            }
            _about_no_activity => None,
        };
        self.view.fact(&fact, &self.machine, output.as_deref());
        self.facts.push(fact);
        Ok(())
    }

    /// Records how an activity ended, with what its keeper has to say.
    fn record_end(&mut self, activity: Activity, end: End) -> Result<(), DriveError> {
        let event = self.end_of(activity, end);
        self.record(event)
    }

    fn end_of(&self, activity: Activity, end: End) -> Event {
        let (result, values) = end;
        let place = self.workshop.place(self.machine.plan(), activity);
        Event::Ended {
            activity,
            result,
            values,
            remarks: process::remarks(&place),
        }
    }

    /// No secret enters the journal: what failed tells why in words that may
    /// quote an answer, and a step may print one as its output.
    fn masked(&self, event: Event) -> Event {
        match event {
            Event::Ended {
                activity,
                result,
                values,
                remarks,
            } => Event::Ended {
                activity,
                remarks,
                result: match result {
                    Completion::Failed(mut failure) => {
                        failure.message = self.masks.text(&failure.message);
                        Completion::Failed(failure)
                    }
                    other => other,
                },
                values: values
                    .into_iter()
                    .map(|(name, value)| (name, self.masks.text(&value)))
                    .collect(),
            },
            Event::Sampled { observer, readings } => Event::Sampled {
                observer,
                readings: readings
                    .into_iter()
                    .map(|reading| self.masked_reading(reading))
                    .collect(),
            },
            other => other,
        }
    }

    /// A source that refuses may repeat what it was asked with.
    fn masked_reading(&self, reading: Reading) -> Reading {
        let masked = |why: String| self.masks.text(&why);
        let result = match reading.result {
            ReadingResult::Values(values) => ReadingResult::Values(values),
            ReadingResult::Partly { values, why } => ReadingResult::Partly {
                values,
                why: masked(why),
            },
            ReadingResult::NoData(why) => ReadingResult::NoData(masked(why)),
            ReadingResult::Error(why) => ReadingResult::Error(masked(why)),
        };
        Reading { result, ..reading }
    }

    fn values(&self) -> Values<'_> {
        Values {
            machine: &self.machine,
            secrets: &self.secrets,
            run_id: self.run.id(),
            starter: &self.starter,
        }
    }

    /// Carries out all that the machine wishes.
    fn obey(&mut self, turn: &mut Loop) -> Result<(), DriveError> {
        while let Some(command) = self.machine.next_command() {
            self.carry_out(turn, command)?;
        }
        Ok(())
    }

    fn carry_out(&mut self, turn: &mut Loop, command: Command) -> Result<(), DriveError> {
        match command {
            Command::Start(activity) => self.start(turn, activity),
            Command::End { activity, why } => self.end(turn, activity, why),
            Command::Sample { observer, metrics } => {
                turn.samples += 1;
                let probes = sampling::prepare(
                    &self.workshop,
                    self.values(),
                    observer,
                    &metrics,
                    turn.samples,
                );
                let (sender, http) = (turn.sender.clone(), self.workshop.http.clone());
                tokio::spawn(async move {
                    let readings = sampling::take(&http, probes).await;
                    // The run may be over: then nobody listens.
                    let _ = sender.send(News::Sampled(observer, readings));
                });
                Ok(())
            }
            Command::LookAtWindow { gate, condition } => self.look_at_window(gate, condition),
            Command::LookForRehearsal { gate, condition } => {
                let found = self.rehearsed(gate, condition);
                self.record(Event::RehearsalSeen {
                    gate,
                    condition,
                    found,
                })
            }
            Command::Ask(question) => self.ask(question),
            Command::Withdraw(question) => {
                self.people.withdraw(question);
                Ok(())
            }
            Command::Close(outcome) => self.record(Event::Closed { outcome }),
        }
    }

    fn start(&mut self, turn: &mut Loop, activity: Activity) -> Result<(), DriveError> {
        if let Part::Undo(_) = activity.part {
            self.journal.make_room();
        }
        self.record(Event::Intended { activity })?;
        self.launch(turn, activity);
        Ok(())
    }

    /// Prepares what is intended; it starts when that is on record.
    fn launch(&mut self, turn: &mut Loop, activity: Activity) {
        let held = match &self.lock {
            Locking::Held(lock) => lock.share().ok(),
            Locking::None | Locking::HeldByStep { .. } => None,
        };
        let postmortem = || report::postmortem(&self.machine, &self.facts, self.run.id());
        let job = self
            .workshop
            .prepare(self.values(), activity, held, &postmortem);
        let (leash, ends) = mpsc::unbounded_channel();
        turn.leashes.insert(activity, (leash, None));
        turn.due.push(Due {
            activity,
            job,
            ends,
        });
    }

    fn end(&mut self, turn: &mut Loop, activity: Activity, why: EndWhy) -> Result<(), DriveError> {
        let request = if turn.interrupts > 1 {
            EndRequest::Now
        } else {
            EndRequest::After(self.grace)
        };
        match turn.leashes.get_mut(&activity) {
            Some((leash, reason)) => {
                *reason = Some(why);
                // It may just have ended: that news is on its way.
                let _ = leash.send(request);
                Ok(())
            }
            // Not started by this interpreter and gone: nothing can be ended.
            None => self.record_end(activity, (Completion::InDoubt, Vec::new())),
        }
    }

    fn heard(&mut self, turn: &mut Loop, news: News) -> Result<(), DriveError> {
        match news {
            News::Ended(activity, (result, values)) => {
                let why = turn.leashes.remove(&activity).and_then(|(_, why)| why);
                let result = match (result, why) {
                    (Completion::Cancelled, Some(EndWhy::TimedOut)) => Completion::TimedOut,
                    (result, _) => result,
                };
                self.record_end(activity, (result, values))
            }
            News::NeverBegan(activity) => match turn.leashes.remove(&activity) {
                Some((_, Some(_asked_to_end))) => {
                    self.record_end(activity, (Completion::Cancelled, Vec::new()))
                }
                Some((_, None)) | None => {
                    self.launch(turn, activity);
                    Ok(())
                }
            },
            News::Sampled(observer, readings) => self.record(Event::Sampled { observer, readings }),
        }
    }

    fn wake(&self) -> Instant {
        let far = Duration::from_secs(3_600);
        let until = self
            .machine
            .next_wake()
            .map_or(far, |wake| self.clock.until(wake));
        let now = Instant::now();
        now + until.min(far)
    }

    fn tick(&mut self) -> Result<(), DriveError> {
        let due = self
            .machine
            .next_wake()
            .is_some_and(|wake| wake <= self.clock.now());
        if due {
            self.record(Event::Tick)?;
        }
        Ok(())
    }

    fn look_at_window(&mut self, gate: NodeId, condition: u32) -> Result<(), DriveError> {
        let plan = self.machine.plan().clone();
        let NodeKind::Gate(it) = &plan.nodes[gate.index()].kind else {
            return Ok(());
        };
        let Some(GateCondition::Window(window)) = it.conditions.get(condition as usize) else {
            return Ok(());
        };
        let state = window::state(window, wall_millis());
        let until = state
            .changes_at
            .map(|wall| self.clock.at_wall(wall))
            .and_then(|at| Millis::try_from(at).ok())
            .map(|at| at.min(self.clock.now().saturating_add(WINDOW_EVERY)));
        self.record(Event::WindowSeen {
            gate,
            condition,
            open: state.open,
            until,
            reason: state.reason,
        })
    }

    /// Whether this very text was rehearsed where the gate wants it.
    fn rehearsed(&self, gate: NodeId, condition: u32) -> bool {
        let plan = self.machine.plan();
        let NodeKind::Gate(it) = &plan.nodes[gate.index()].kind else {
            return false;
        };
        match it.conditions.get(condition as usize) {
            Some(GateCondition::Rehearsed { on, within }) => {
                crate::run::rehearsal::found(&self.run, plan, on, *within)
            }
            _no_rehearsal => false,
        }
    }
}
