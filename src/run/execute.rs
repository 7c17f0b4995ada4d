//! A run from its first preparations to its last words.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::machine::Machine;
use crate::machine::event::{Event, Outcome};
use crate::plan::Plan;
use crate::run::activity::Workshop;
use crate::run::clock::{Clock, wall_millis};
use crate::run::driver::{DriveError, Driver};
use crate::run::http::Http;
use crate::run::journal::{FORMAT, Header, Journal, plan_digest};
use crate::run::lock::{Holder, Lock, LockError};
use crate::run::mask::Masks;
use crate::run::people::{Manners, People};
use crate::run::state::{RunDirectory, StateDirectory, boot_id};
use crate::run::terminal::Terminal;
use crate::run::values::Secrets;
use crate::run::view::{Closing, View};
use crate::run::{preflight, secrets, signals, who};

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

async fn begin(order: Order, view: &mut dyn View) -> Result<Finished, ExecuteError> {
    let Order {
        plan,
        conduct,
        start_at,
    } = order;
    let starter = who::user();
    #[expect(clippy::disallowed_methods, reason = "tools are found on the PATH")]
    let path = std::env::var_os("PATH");
    let missing = preflight::missing(&plan, path.as_deref());
    if !missing.is_empty() {
        return Err(ExecuteError::Missing(missing));
    }
    let state = StateDirectory::open(&conduct.state).map_err(ExecuteError::State)?;
    let plan = Arc::new(plan);
    let machine = Machine::new(plan.clone());
    let secrets = secrets::fetch_all(&plan, &machine, "", &starter)
        .await
        .map_err(ExecuteError::Missing)?;
    let run = state.create_run().map_err(ExecuteError::State)?;
    let lock = match take_lock(&state, &plan, &run, &starter, conduct.wait_for_lock).await {
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
    let parts = Parts {
        machine,
        journal,
        clock: Clock::start(),
        run,
        secrets,
        lock,
        _owner: owner,
        starter: starter.clone(),
    };
    let clock = parts.clock;
    drive(parts, &conduct, view, async move |driver| {
        let start_at = start_at.map(|wall| clock.from_wall(wall));
        driver.record(Event::Opened { starter, start_at })
    })
    .await
}

/// What is different between a new run and one that goes on.
struct Parts {
    machine: Machine,
    journal: Journal,
    clock: Clock,
    run: RunDirectory,
    secrets: Secrets,
    lock: Option<Lock>,
    /// Held as long as this interpreter drives the run.
    _owner: File,
    starter: String,
}

async fn drive(
    parts: Parts,
    conduct: &Conduct,
    view: &mut dyn View,
    first: impl AsyncFnOnce(&mut Driver<'_>) -> Result<(), DriveError>,
) -> Result<Finished, ExecuteError> {
    let id = parts.run.id().to_owned();
    let workshop = workshop(&parts, conduct)?;
    let masks = Masks::new(parts.secrets.values().map(str::as_bytes))
        .map_err(|error| ExecuteError::Missing(vec![error]))?;
    let signals = signals::listen()
        .map_err(|error| ExecuteError::State(format!("cannot listen for signals: {error}")))?;
    let held = parts.lock.as_ref().and_then(|lock| lock.share().ok());
    let mut driver = Driver {
        machine: parts.machine,
        journal: parts.journal,
        clock: parts.clock,
        run: parts.run,
        workshop,
        secrets: parts.secrets,
        masks,
        people: People::new(conduct.manners, &parts.starter),
        terminal: Terminal::open().filter(|_| conduct.manners.terminal),
        starter: parts.starter,
        view,
        grace: conduct.grace,
        held,
        facts: Vec::new(),
    };
    let typed = match &driver.terminal {
        Some(terminal) => terminal.lines(),
        None => tokio::sync::mpsc::unbounded_channel().1,
    };
    driver.view.opening(&id, driver.machine.plan());
    let result = match first(&mut driver).await {
        Ok(()) => driver.drive(signals, typed).await,
        Err(error) => Err(error),
    };
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
    let directory = PathBuf::from(&parts.machine.plan().directory);
    Ok(Workshop {
        keeper: conduct.keeper.clone(),
        activities: parts.run.activities(),
        directory: absolute(&directory)?,
        secrets: parts
            .secrets
            .values()
            .map(|value| Zeroizing::new(value.as_bytes().to_vec()))
            .collect(),
        http: Http::new().map_err(|error| ExecuteError::Missing(vec![error]))?,
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
        Err(error) => Err(ExecuteError::State(error.to_string())),
    }
}

async fn take_lock(
    state: &StateDirectory,
    plan: &Plan,
    run: &RunDirectory,
    starter: &str,
    patience: Duration,
) -> Result<Option<Lock>, ExecuteError> {
    let Some(name) = &plan.lock else {
        return Ok(None);
    };
    let holder = Holder {
        lock: name.clone(),
        run: run.id().to_owned(),
        starter: starter.to_owned(),
        host: who::host(),
        pid: std::process::id(),
        since: wall_millis(),
    };
    let mut left = patience;
    loop {
        match Lock::try_lock(state, &holder) {
            Ok(lock) => return Ok(Some(lock)),
            Err(LockError::Busy(_)) if !left.is_zero() => {
                let pause = LOCK_EVERY.min(left);
                tokio::time::sleep(pause).await;
                left -= pause;
            }
            Err(LockError::Busy(holder)) => {
                return Err(ExecuteError::Locked {
                    lock: name.clone(),
                    holder,
                });
            }
            Err(LockError::Io(error)) => return Err(ExecuteError::State(error.to_string())),
        }
    }
}
