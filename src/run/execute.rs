//! A run from its first preparations to its last words.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::machine::Machine;
use crate::machine::event::{Event, Outcome, Stamped};
use crate::plan::Plan;
use crate::run::activity::{self, Workshop};
use crate::run::clock::{Clock, wall_millis};
use crate::run::driver::{DriveError, Driver, Locking, Start};
use crate::run::http::Http;
use crate::run::journal::{self, FORMAT, Header, Journal, Recorded, plan_digest};
use crate::run::lock::{Holder, Lock, LockError};
use crate::run::mask::Masks;
use crate::run::people::{Manners, People};
use crate::run::process::Keepers;
use crate::run::remote::Connections;
use crate::run::replan::{Carried, carry_over};
use crate::run::state::{RunDirectory, StateDirectory, boot_id};
use crate::run::terminal::Terminal;
use crate::run::values::Secrets;
use crate::run::view::{Closing, View, next_behind_points_of_no_return};
use crate::run::{preflight, secrets, signals, sources, who};

/// How often a lock that is held is tried again.
const LOCK_EVERY: Duration = Duration::from_millis(200);

/// What a person wants run, and how.
#[derive(Debug)]
pub struct Order {
    pub plan: Plan,
    pub conduct: Conduct,
    /// The moment T, in milliseconds since 1970.
    pub start_at: Option<i64>,
}

/// How a run is conducted, new or resumed.
#[derive(Debug, Clone)]
pub struct Conduct {
    pub state: PathBuf,
    pub manners: Manners,
    /// How long what is ended may take to end by itself.
    pub grace: Duration,
    /// How long to wait for the target's lock.
    pub wait_for_lock: Duration,
    /// This program, which keeps the processes of steps.
    pub keeper: PathBuf,
}

/// A run that came to an end, for now at least.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    pub run: String,
    pub outcome: Outcome,
}

/// Why there was no run, or no end of it.
#[derive(Debug)]
pub enum ExecuteError {
    /// Something must be there first; a line each. Nothing was changed.
    Missing(Vec<String>),
    /// Another run has the target. Nothing was changed.
    Locked {
        lock: String,
        holder: Option<Holder>,
    },
    /// The run has ended and cannot go where it should; why.
    Over { run: String, why: String },
    /// The changed runbook cannot take this run over; why, a line each. Nothing
    /// was changed.
    Unfit { run: String, why: Vec<String> },
    /// Another interpreter drives this run.
    Driven { run: String },
    /// The state directory cannot be used. Nothing was changed.
    State(String),
    /// The run cannot be recorded any more, so it does not go on.
    Journal { run: String, why: String },
    /// A person left at once; it can be resumed.
    Left { run: String },
}

/// Runs a plan to its end.
///
/// # Errors
/// See [`ExecuteError`].
pub fn execute(order: Order, view: &mut dyn View) -> Result<Finished, ExecuteError> {
    runtime()?.block_on(begin(order, view))
}

fn runtime() -> Result<tokio::runtime::Runtime, ExecuteError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| ExecuteError::State(format!("cannot start: {error}")))
}

/// Takes back a release of which there is no record: `facts` are those of a run
/// in which all of it was done, recorded as the beginning of this one.
///
/// # Errors
/// See [`ExecuteError`].
pub fn take_back(
    order: Order,
    facts: Vec<Stamped>,
    reason: String,
    view: &mut dyn View,
) -> Result<Finished, ExecuteError> {
    runtime()?.block_on(async {
        let conduct = order.conduct.clone();
        let mut parts = prepare(order.plan, &conduct).await?;
        for fact in facts {
            parts
                .journal
                .append(&fact)
                .map_err(|error| ExecuteError::State(error.to_string()))?;
            parts.machine.apply(&fact);
            parts.facts.push(fact);
        }
        parts.clock = Clock::go_on(wall_millis(), parts.machine.now());
        let start = Start::GoOn {
            same_boot: true,
            rollback: Some(reason),
        };
        drive(parts, &conduct, view, start).await
    })
}

async fn begin(order: Order, view: &mut dyn View) -> Result<Finished, ExecuteError> {
    let Order {
        plan,
        conduct,
        start_at,
    } = order;
    let parts = prepare(plan, &conduct).await?;
    let start_at = start_at.map(|wall| parts.clock.at_wall(wall));
    drive(parts, &conduct, view, Start::Open { start_at }).await
}

/// All that a new run needs before its first fact.
async fn prepare(mut plan: Plan, conduct: &Conduct) -> Result<Parts, ExecuteError> {
    // Whoever resumes it may be somewhere else.
    let directory = absolute(Path::new(&plan.directory))?;
    plan.directory = directory.to_string_lossy().into_owned();
    let starter = who::user();
    refuse_what_is_missing(&plan)?;
    let http = Http::default();
    if let Some(why) = preflight::unreachable(&plan, &http) {
        return Err(ExecuteError::Missing(vec![why]));
    }
    let state = StateDirectory::open(&conduct.state).map_err(ExecuteError::State)?;
    let plan = Arc::new(plan);
    let machine = Machine::new(plan.clone());
    let secrets = secrets::fetch_all(&plan, &machine, "", &starter)
        .await
        .map_err(ExecuteError::Missing)?;
    let run = state.create_run().map_err(ExecuteError::State)?;
    let holder = holder(&plan, &run, &starter);
    let lock = match take_lock(&state, holder, conduct.wait_for_lock).await {
        Ok(lock) => lock,
        Err(error) => {
            run.abandon();
            return Err(error);
        }
    };
    let owner = own(&run)?;
    let header = Header {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        run: run.id().to_owned(),
        starter: starter.clone(),
        host: who::host(),
        boot: boot_id(),
        plan_digest: plan_digest(&plan),
    };
    let journal = Journal::create(&run, header, &plan)
        .map_err(|error| ExecuteError::State(error.to_string()))?;
    sources::keep(&run, &plan);
    Ok(Parts {
        machine,
        facts: Vec::new(),
        journal,
        clock: Clock::start(),
        run,
        secrets,
        lock,
        _owner: owner,
        starter,
        http,
    })
}

/// Which way a run goes that is taken up again.
#[derive(Debug)]
pub enum Way {
    On,
    /// On, by this plan of the changed runbook.
    OnBy(Box<Plan>),
    /// Back, for this reason.
    Back(String),
}

/// Takes up a run whose interpreter is gone or that waits.
///
/// # Errors
/// See [`ExecuteError`].
pub fn resume(
    run: RunDirectory,
    conduct: &Conduct,
    way: Way,
    view: &mut dyn View,
) -> Result<Finished, ExecuteError> {
    runtime()?.block_on(go_on(run, conduct, way, view))
}

async fn go_on(
    run: RunDirectory,
    conduct: &Conduct,
    way: Way,
    view: &mut dyn View,
) -> Result<Finished, ExecuteError> {
    let owner = own(&run)?;
    let recorded = journal::read(&run).map_err(|error| ExecuteError::State(error.to_string()))?;
    let (rollback, new_plan) = match way {
        Way::On => (None, None),
        Way::OnBy(plan) => (None, Some(Arc::new(*plan))),
        Way::Back(reason) => (Some(reason), None),
    };
    refuse_what_is_over(&run, &recorded, rollback.is_some())?;
    let state = run
        .state()
        .ok_or_else(|| ExecuteError::State("the run is in no state directory".to_owned()))?;
    let mut machine = recorded.machine();
    let mut facts = recorded.facts.clone();
    if let Some(plan) = &new_plan {
        refuse_what_is_missing(plan)?;
        let carried = carry_over(&machine, &facts, plan.clone()).map_err(|why| {
            let run = run.id().to_owned();
            ExecuteError::Unfit { run, why }
        })?;
        set_aside_what_is_left_out(&run, &recorded, &carried);
        facts.retain(|fact| carried.keeps(fact));
        machine = carried.machine;
    }
    let plan = machine.plan().clone();
    refuse_a_lost_directory(&plan)?;
    let starter = recorded.header.starter.clone();
    let secrets = secrets::fetch_all(&plan, &machine, run.id(), &starter)
        .await
        .map_err(ExecuteError::Missing)?;
    let http = Http::default();
    let lock = take_lock_again(&state, holder(&plan, &run, &starter), conduct).await?;
    let mut journal =
        Journal::go_on(&run, &recorded).map_err(|error| ExecuteError::State(error.to_string()))?;
    if new_plan.is_some() {
        journal
            .replan(&plan, &who::user())
            .map_err(|error| ExecuteError::State(error.to_string()))?;
        sources::keep(&run, &plan);
    }
    if let Some(repaired) = &recorded.repaired {
        view.note(repaired);
    }
    let same_boot = recorded.header.boot == boot_id();
    let parts = Parts {
        clock: Clock::go_on(recorded.wall, machine.now()),
        machine,
        facts,
        journal,
        run,
        secrets,
        lock,
        _owner: owner,
        starter,
        http,
    };
    let start = Start::GoOn {
        same_boot,
        rollback,
    };
    drive(parts, conduct, view, start).await
}

/// Makes room for the records of what looks anew: its first look has the name of
/// the one before. A record that cannot be moved is said when it is in the way.
fn set_aside_what_is_left_out(run: &RunDirectory, recorded: &Recorded, carried: &Carried) {
    let left_out = recorded.facts.iter().filter(|fact| !carried.keeps(fact));
    for fact in left_out {
        if let Event::Intended { activity } = &fact.event {
            let place = activity::place(&run.activities(), &recorded.plan, *activity);
            let mut aside = place.clone().into_os_string();
            aside.push(format!("-of-plan-{}", recorded.replanned.len() + 1));
            let _ = std::fs::rename(place, aside);
        }
    }
}

fn refuse_what_is_missing(plan: &Plan) -> Result<(), ExecuteError> {
    let path = std::env::var_os("PATH");
    let missing = preflight::missing(plan, path.as_deref());
    if missing.is_empty() {
        Ok(())
    } else {
        Err(ExecuteError::Missing(missing))
    }
}

/// Where commands run must be there: else the next would fail, and its undo with it.
fn refuse_a_lost_directory(plan: &Plan) -> Result<(), ExecuteError> {
    let place = &plan.directory;
    if place.is_empty() || std::path::Path::new(place).is_dir() {
        return Ok(());
    }
    Err(ExecuteError::Missing(vec![format!(
        "`{place}`, where the commands of this run work, is not there: put it back, and do this again"
    )]))
}

fn refuse_what_is_over(
    run: &RunDirectory,
    recorded: &Recorded,
    back: bool,
) -> Result<(), ExecuteError> {
    let run = run.id().to_owned();
    let over = |why: &str| {
        Err(ExecuteError::Over {
            run: run.clone(),
            why: why.to_owned(),
        })
    };
    if !recorded.was_opened() {
        return over("ended before it began: nothing was changed, so start it again");
    }
    match (recorded.outcome(), back) {
        (None | Some(Outcome::Waiting), _)
        | (Some(Outcome::Succeeded | Outcome::RollbackIncomplete), true) => Ok(()),
        (Some(Outcome::Succeeded), false) => over(&format!(
            "has succeeded; `runbook rollback {run}` takes it back"
        )),
        (Some(Outcome::RollbackIncomplete), false) => over(&format!(
            "is on its way back; `runbook rollback {run}` goes on with that"
        )),
        (Some(Outcome::Stopped), _) => over("was stopped before anything was changed"),
        (Some(Outcome::RolledBack), _) => over("has been rolled back"),
        (Some(Outcome::Frozen), _) => over(&format!(
            "is past a point of no return, and nothing leads back; next: {}",
            next_behind_points_of_no_return(&recorded.machine())
        )),
    }
}

/// The lock for a run that goes on: a step of its own may still have it.
async fn take_lock_again(
    state: &StateDirectory,
    holder: Option<Holder>,
    conduct: &Conduct,
) -> Result<Locking, ExecuteError> {
    let ours = holder.clone();
    match (take_lock(state, holder, Duration::ZERO).await, ours) {
        (
            Err(ExecuteError::Locked {
                holder: Some(by), ..
            }),
            Some(ours),
        ) if by.run == ours.run => Ok(Locking::HeldByStep {
            state: state.clone(),
            holder: ours,
        }),
        (Err(ExecuteError::Locked { .. }), ours) => {
            take_lock(state, ours, conduct.wait_for_lock).await
        }
        (result, _) => result,
    }
}

/// What is different between a new run and one that goes on.
struct Parts {
    machine: Machine,
    facts: Vec<Stamped>,
    journal: Journal,
    clock: Clock,
    run: RunDirectory,
    secrets: Secrets,
    lock: Locking,
    /// Held as long as this interpreter drives the run.
    _owner: File,
    starter: String,
    http: Http,
}

async fn drive(
    parts: Parts,
    conduct: &Conduct,
    view: &mut dyn View,
    start: Start,
) -> Result<Finished, ExecuteError> {
    let id = parts.run.id().to_owned();
    let workshop = workshop(&parts, conduct)?;
    let masks = Masks::new(parts.secrets.values().map(str::as_bytes))
        .map_err(|error| ExecuteError::Missing(vec![error]))?;
    let signals = signals::listen()
        .map_err(|error| ExecuteError::State(format!("cannot listen for signals: {error}")))?;
    let mut driver = Driver {
        machine: parts.machine,
        journal: parts.journal,
        clock: parts.clock,
        run: parts.run,
        workshop,
        secrets: parts.secrets,
        masks,
        people: People::new(conduct.manners, &id, &parts.starter),
        terminal: Terminal::open().filter(|_| conduct.manners.terminal),
        starter: parts.starter,
        view,
        grace: conduct.grace,
        lock: parts.lock,
        facts: parts.facts,
    };
    let typed = match &driver.terminal {
        Some(terminal) => terminal.lines(),
        None => tokio::sync::mpsc::unbounded_channel().1,
    };
    driver.view.opening(&id, &driver.machine);
    let result = driver.drive(start, signals, typed).await;
    match result {
        Ok(outcome) => {
            let closing = Closing {
                machine: &driver.machine,
                run_id: &id,
                program: "runbook",
            };
            driver.view.closing(&closing);
            Ok(Finished { run: id, outcome })
        }
        Err(DriveError::Journal(error)) => Err(ExecuteError::Journal {
            run: id,
            why: error.to_string(),
        }),
        Err(DriveError::Left) => Err(ExecuteError::Left { run: id }),
    }
}

fn workshop(parts: &Parts, conduct: &Conduct) -> Result<Workshop, ExecuteError> {
    let plan = parts.machine.plan();
    let directory = absolute(Path::new(&plan.directory))?;
    Ok(Workshop {
        connections: Connections::of(plan, &directory),
        grace: conduct.grace,
        keepers: Keepers::new(conduct.keeper.clone(), parts.run.path().to_owned()),
        activities: parts.run.activities(),
        directory,
        secrets: parts
            .secrets
            .values()
            .map(|value| Zeroizing::new(value.as_bytes().to_vec()))
            .collect(),
        http: parts.http.clone(),
    })
}

fn absolute(directory: &Path) -> Result<PathBuf, ExecuteError> {
    std::path::absolute(directory).map_err(|error| {
        let directory = directory.display();
        ExecuteError::State(format!(
            "where `{directory}` is cannot be found out: {error}"
        ))
    })
}

fn own(run: &RunDirectory) -> Result<File, ExecuteError> {
    match run.own() {
        Ok(Some(owner)) => Ok(owner),
        Ok(None) => Err(ExecuteError::Driven {
            run: run.id().to_owned(),
        }),
        Err(error) => Err(ExecuteError::State(format!(
            "run {} cannot be taken up, for its record in `{}` cannot be written: {error}",
            run.id(),
            run.path().display()
        ))),
    }
}

/// Who this run is, for the lock of its target; `None`: it has none.
fn holder(plan: &Plan, run: &RunDirectory, starter: &str) -> Option<Holder> {
    plan.lock.as_ref().map(|lock| Holder {
        lock: lock.clone(),
        run: run.id().to_owned(),
        starter: starter.to_owned(),
        host: who::host(),
        pid: std::process::id(),
        since: wall_millis(),
    })
}

async fn take_lock(
    state: &StateDirectory,
    holder: Option<Holder>,
    patience: Duration,
) -> Result<Locking, ExecuteError> {
    let Some(holder) = holder else {
        return Ok(Locking::None);
    };
    let mut left = patience;
    loop {
        match Lock::try_lock(state, &holder) {
            Ok(lock) => return Ok(Locking::Held(lock)),
            Err(LockError::Busy(_)) if !left.is_zero() => {
                let pause = LOCK_EVERY.min(left);
                tokio::time::sleep(pause).await;
                left -= pause;
            }
            Err(LockError::Busy(other)) => {
                return Err(ExecuteError::Locked {
                    lock: holder.lock,
                    holder: other,
                });
            }
            Err(LockError::Io(error)) => {
                return Err(ExecuteError::State(format!(
                    "the lock `{}` cannot be taken in `{}`: {error}",
                    holder.lock,
                    state.locks().display()
                )));
            }
        }
    }
}
