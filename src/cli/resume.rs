use std::path::Path;

use crate::cli::emergency::Emergency;
use crate::cli::exec::{Manner, ended, state_directory};
use crate::cli::runbook::plan_with;
use crate::cli::runs::line;
use crate::cli::values::Values;
use crate::cli::{beginning, status, terminal};
use crate::model::parameters::Given;
use crate::plan::Plan;
use crate::run::execute::{Way, resume};
use crate::run::inbox::{self, Message};
use crate::run::journal::{is_open, read};
use crate::run::state::{RunDirectory, StateDirectory};
use crate::run::{sources, who};

/// Go on with a run that waits or lost its interpreter
///
/// What ran then is looked for first: a step that is still running is waited
/// for, and one of which nobody knows how it ended is asked about.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  runbook resume            (the last run that can be resumed)\n  runbook resume kex7"
)]
pub struct Resume {
    /// The run, or the beginning or end of its id; the last that can be resumed
    run: Option<String>,

    /// Go back instead of on
    #[arg(long)]
    rollback: bool,

    /// Go on by the runbook as it is now; what has begun must not have changed
    #[arg(long, conflicts_with = "rollback")]
    replan: bool,

    #[command(flatten)]
    manner: Manner,
}

/// Take back what a run has changed
///
/// A run that is going on is told to go back; one that waits, lost its
/// interpreter or has succeeded is taken up and goes back.
///
/// For an emergency without a record of the run, give the runbook instead of a
/// run: all that it changes is taken as done and undone, the last change first.
/// Each undo is asked about, unless `--yes` answers for all.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  runbook rollback kex7 --reason \"data corruption\"\n  runbook rollback deploy.runbook --set version=1.2.3 --known backup.id=77"
)]
pub struct Rollback {
    /// The run, or the beginning or end of its id; or a runbook
    run: Option<String>,

    /// Why; it stands in messages and the record
    #[arg(long, default_value = "asked for by hand")]
    reason: String,

    /// For a runbook: what a step noted or gave, which its undo needs
    #[arg(long, value_name = "STEP.NAME=VALUE")]
    known: Vec<String>,

    #[command(flatten)]
    values: Values,

    #[command(flatten)]
    manner: Manner,
}

impl Resume {
    pub fn run(&self) -> u8 {
        let run = match &self.run {
            Some(run) => find(run),
            None => last_resumable(),
        };
        let run = match run {
            Ok(run) => run,
            Err(status) => return status,
        };
        if self.rollback {
            return go_on(run, &self.manner, Way::Back("asked for by hand".to_owned()));
        }
        if !self.replan {
            return go_on(run, &self.manner, Way::On);
        }
        match replanned(&run) {
            Ok(plan) => go_on(run, &self.manner, Way::OnBy(Box::new(plan))),
            Err(status) => status,
        }
    }
}

/// The plan of a run's runbook as it is now, with the values that the run has.
/// Problems are shown; the error is the exit status.
fn replanned(run: &RunDirectory) -> Result<Plan, u8> {
    let recorded = read(run).map_err(|error| {
        terminal::error(&error.to_string());
        status::PROBLEMS
    })?;
    let Some(file) = sources::runbook(run) else {
        terminal::error("where the runbook of this run is was not recorded");
        return Err(status::PROBLEMS);
    };
    let parameters = recorded.plan.parameters.iter();
    let values = parameters
        .map(|it| (it.name.clone(), Given::Typed(it.value.clone())))
        .collect();
    let plan = plan_with(&file, &values)?;
    beginning::begin_as_before(&plan, &recorded.plan)
}

impl Rollback {
    pub fn run(&self) -> u8 {
        let Some(run) = &self.run else {
            return which();
        };
        let file = Path::new(run);
        if file.is_file() || file.extension().is_some_and(|it| it == "runbook") {
            let emergency = Emergency {
                file,
                values: &self.values,
                known: &self.known,
                reason: &self.reason,
                manner: &self.manner,
            };
            return emergency.run();
        }
        if !self.known.is_empty() || self.values.are_given() {
            terminal::error("values are for a runbook: a run has its own, which its record knows");
            return status::USAGE;
        }
        let run = match find(run) {
            Ok(run) => run,
            Err(status) => return status,
        };
        if is_driven(&run) {
            let message = Message::Rollback {
                by: who::user(),
                reason: self.reason.clone(),
            };
            return match inbox::post(&run, &message) {
                Ok(()) => {
                    terminal::say(&format!("run {} is told to go back", run.id()));
                    status::OK
                }
                Err(error) => {
                    terminal::error(&format!("run {} cannot be told: {error}", run.id()));
                    status::PROBLEMS
                }
            };
        }
        go_on(run, &self.manner, Way::Back(self.reason.clone()))
    }
}

/// Which run is to go back is for a person to say, who sees the last ones.
fn which() -> u8 {
    let runs = match state() {
        Ok(state) => state.runs(),
        Err(status) => return status,
    };
    terminal::error(
        "which run is to go back? `runbook rollback RUN` with one of these, or a runbook where there is no record",
    );
    let recorded = runs.iter().filter_map(|run| Some((run, read(run).ok()?)));
    let releases = recorded.filter(|(_, recorded)| !recorded.plan.only_looks);
    for (run, recorded) in releases.take(MOST_SHOWN) {
        terminal::say(&format!("  {}", line(run, &recorded)));
    }
    status::USAGE
}

/// Of the runs to choose from so many are shown, the last ones.
const MOST_SHOWN: usize = 5;

fn go_on(run: RunDirectory, manner: &Manner, way: Way) -> u8 {
    let conduct = match manner.conduct() {
        Ok(conduct) => conduct,
        Err(status) => return status,
    };
    let what_it_does = match &way {
        Way::On => {
            "the run goes on as it was recorded (`--replan` goes on by the runbook as it is now)"
        }
        Way::OnBy(_) => "the run goes on by the runbook as it is now",
        Way::Back(_) => "the run goes back as it was recorded",
    };
    for change in sources::changes(&run) {
        terminal::say(&format!(
            "`{}` was changed since this run began; {what_it_does}:\n{}",
            change.path, change.difference
        ));
    }
    let mut view = manner.view();
    ended(resume(run, &conduct, way, view.as_mut()))
}

/// The state directory; the error is the exit status.
pub fn state() -> Result<StateDirectory, u8> {
    StateDirectory::open(&state_directory()?).map_err(|why| {
        terminal::error(&why);
        status::PROBLEMS
    })
}

/// A run by part of its id; the error is the exit status.
pub fn find(part: &str) -> Result<RunDirectory, u8> {
    state()?.find(part).map_err(|why| {
        terminal::error(&why);
        status::USAGE
    })
}

/// Whether an interpreter drives it right now.
pub fn is_driven(run: &RunDirectory) -> bool {
    matches!(run.own(), Ok(None))
}

/// Whether it is a diagnosis: a release that waits is not forgotten over it.
fn only_looks(run: &RunDirectory) -> bool {
    read(run).is_ok_and(|recorded| recorded.plan.only_looks)
}

fn last_resumable() -> Result<RunDirectory, u8> {
    let found = state()?
        .runs()
        .into_iter()
        .find(|run| is_open(run) && !only_looks(run) && !is_driven(run));
    found.ok_or_else(|| {
        terminal::error("there is no run to resume: `runbook runs` lists them");
        status::USAGE
    })
}
