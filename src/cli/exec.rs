use std::path::PathBuf;
use std::time::Duration;

use rust_decimal::prelude::ToPrimitive;

use crate::cli::runbook::Runbook;
use crate::cli::{beginning, checks, plan, status, terminal};
use crate::machine::event::Outcome;
use crate::plan::{LONGEST_DAYS, Plan};
use crate::run::execute::{Conduct, ExecuteError, Finished, Order, execute};
use crate::run::people::{Manners, OnDoubt};
use crate::run::replay::replay;
use crate::run::state;
use crate::run::terminal::Terminal;
use crate::run::view::{Lines, Live, Records, View};
use crate::simulate::outlook::dry_run;
use crate::types::Unit;
use crate::types::text::read_quantity;

/// Carry out a runbook
///
/// Checks it first. Each step is recorded before it starts, so a run that is
/// interrupted can be resumed or rolled back.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  runbook exec deploy.runbook --set version=1.2.3\n  runbook exec deploy.runbook --params values.toml --start-at 2026-12-01T14:00:00Z\n  runbook exec deploy.runbook --only api_answers queue_is_short\n  runbook exec deploy.runbook --from migrate --known backup.id=77"
)]
pub struct Exec {
    #[command(flatten)]
    runbook: Runbook,

    /// The moment T of `at T-30m`; without it, T is when the phase `at T` begins
    #[arg(long, value_name = "TIME", value_parser = moment)]
    start_at: Option<jiff::Timestamp>,

    /// Begin here: what comes before is taken as done, and this run does not undo it
    #[arg(long, value_name = "STEP")]
    from: Option<String>,

    /// With --from: what a step that is taken as done noted or gave
    #[arg(long, value_name = "STEP.NAME=VALUE", requires = "from")]
    known: Vec<String>,

    /// Print what would run and the ways back, and run nothing
    #[arg(long)]
    only_plan: bool,

    /// Go through the whole run with every command taken as done, and run nothing
    #[arg(long, conflicts_with = "only_plan")]
    dry_run: bool,

    /// Run these checks and nothing else, those of gates too; all, where none is named
    #[arg(
        long,
        value_name = "CHECK",
        num_args = 0..,
        conflicts_with_all = ["only_plan", "dry_run", "start_at", "from"]
    )]
    only: Option<Vec<String>>,

    #[command(flatten)]
    manner: Manner,
}

/// How a run is conducted.
#[derive(Debug, Clone, clap::Args)]
pub struct Manner {
    /// Answer yes to every `confirm`, and to approvals you may give
    #[arg(long)]
    pub yes: bool,

    /// What to do with a step of which nobody knows whether it took effect
    #[arg(long, value_name = "WHAT", default_value = "ask")]
    pub on_doubt: OnDoubtChoice,

    /// Without a terminal, wait for answers from `runbook approve` and `runbook answer` instead of stopping
    #[arg(long)]
    pub await_answers: bool,

    /// Wait so long for another run of the same target
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "0s")]
    pub wait: Duration,

    /// Time between asking a process to end and ending it
    #[arg(long, value_name = "DURATION", value_parser = duration, default_value = "10s")]
    pub grace: Duration,

    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,

    /// Also show measurements and the output of what went well
    #[arg(long, short)]
    pub verbose: bool,
}

/// What to do with a step in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OnDoubtChoice {
    /// Ask a person
    Ask,
    /// Take it as done
    Done,
    /// Run it again
    Again,
    /// Go back
    Rollback,
    /// Stand still, to be resumed
    Stop,
}

impl OnDoubtChoice {
    fn answer(self) -> Option<OnDoubt> {
        match self {
            OnDoubtChoice::Ask => None,
            OnDoubtChoice::Done => Some(OnDoubt::Done),
            OnDoubtChoice::Again => Some(OnDoubt::Again),
            OnDoubtChoice::Rollback => Some(OnDoubt::Rollback),
            OnDoubtChoice::Stop => Some(OnDoubt::Stop),
        }
    }
}

/// A moment with its time zone, as RFC 3339 has it.
fn moment(text: &str) -> Result<jiff::Timestamp, String> {
    text.parse()
        .map_err(|_| "expected a moment such as `2026-12-01T14:00:00Z`".to_owned())
}

/// A duration as it is written in runbooks.
fn duration(text: &str) -> Result<Duration, String> {
    let expected = || format!("expected a duration such as `30s`, found `{text}`");
    let quantity = read_quantity(text).ok_or_else(expected)?;
    if quantity.unit != Unit::Duration || quantity.amount.is_sign_negative() {
        return Err(expected());
    }
    quantity
        .amount
        .to_f64()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|duration| *duration <= Duration::from_secs(LONGEST_DAYS * 86_400))
        .ok_or_else(|| format!("a duration is at most {LONGEST_DAYS} days, this is `{text}`"))
}

impl Manner {
    /// The conduct of a run, from the arguments and the environment.
    pub fn conduct(&self) -> Result<Conduct, u8> {
        let keeper = std::env::current_exe().map_err(|error| {
            terminal::error(&format!(
                "where this program is cannot be found out: {error}"
            ));
            status::PROBLEMS
        })?;
        Ok(Conduct {
            state: state_directory()?,
            manners: Manners {
                terminal: !self.json && Terminal::open().is_some(),
                yes: self.yes,
                on_doubt: self.on_doubt.answer(),
                wait: self.await_answers,
            },
            grace: self.grace,
            wait_for_lock: self.wait,
            keeper,
        })
    }

    pub fn view(&self) -> Box<dyn View> {
        if self.json {
            return Box::new(Records::new(std::io::stdout()));
        }
        match terminal::drawable_width() {
            Some(width) => Box::new(Live::new(anstream::stdout(), width, self.verbose)),
            None => Box::new(Lines::new(anstream::stdout(), self.verbose)),
        }
    }
}

/// Where runs are kept.
pub fn state_directory() -> Result<PathBuf, u8> {
    let found = state::state_directory(|name| std::env::var_os(name));
    found.map_err(|error| {
        terminal::error(&error);
        status::PROBLEMS
    })
}

impl Exec {
    pub fn run(&self) -> u8 {
        if let Some(names) = &self.only {
            return checks::run(&self.runbook, names, &self.manner);
        }
        let (checked, plan) = match self.runbook.plan(!self.manner.json) {
            Ok(found) => found,
            Err(status) => return status,
        };
        let plan = match &self.from {
            None => plan.into_plan(),
            Some(step) => match beginning::begin_at(&plan, step, &self.known) {
                Ok(plan) => plan,
                Err(status) => return status,
            },
        };
        if self.only_plan {
            plan::print(&plan);
            return status::OK;
        }
        terminal::show_findings(&checked);
        if self.dry_run {
            return self.dry_run(&plan);
        }
        if let Err(status) = beginning::confirm(&plan, &self.manner) {
            return status;
        }
        let conduct = match self.manner.conduct() {
            Ok(conduct) => conduct,
            Err(status) => return status,
        };
        let order = Order {
            plan,
            conduct,
            start_at: self.start_at.map(|at| at.as_millisecond()),
        };
        let mut view = self.manner.view();
        ended(execute(order, view.as_mut()))
    }
}

impl Exec {
    /// The same machine and the same view, in a world where all goes well.
    fn dry_run(&self, plan: &Plan) -> u8 {
        let trace = dry_run(plan);
        let mut view = self.manner.view();
        replay(&trace.machine, &trace.events, "a dry run", view.as_mut());
        terminal::say("a dry run: nothing was run, asked or measured");
        trace.outcome.map_or(status::BUG, Outcome::exit_status)
    }
}

/// The exit status of a run; what kept it from an end is shown.
pub fn ended(result: Result<Finished, ExecuteError>) -> u8 {
    match result {
        Ok(finished) => finished.outcome.exit_status(),
        Err(ExecuteError::Missing(lines)) => {
            for line in lines {
                terminal::error(&line);
            }
            terminal::say("nothing was changed");
            status::PROBLEMS
        }
        Err(ExecuteError::Locked { lock, holder }) => {
            let who = holder.map_or("another run".to_owned(), |holder| holder.in_words());
            terminal::error(&format!("`{lock}` is locked by {who}"));
            terminal::say("nothing was changed; `--wait 10m` waits for it");
            status::LOCKED
        }
        Err(ExecuteError::Over { run, why }) => {
            terminal::error(&format!("run {run} {why}"));
            status::PROBLEMS
        }
        Err(ExecuteError::Unfit { run, why }) => {
            let id = &run;
            terminal::error(&format!("run {id} cannot go on by the changed runbook"));
            for line in why {
                terminal::say(&format!("  {line}"));
            }
            terminal::say(&format!(
                "nothing was changed; `runbook resume {id}` goes on as it was recorded"
            ));
            status::PROBLEMS
        }
        Err(ExecuteError::Driven { run }) => {
            terminal::error(&format!("run {run} is being driven by another process"));
            terminal::say(&format!(
                "`runbook runs {run}` tells how far it is, `runbook rollback {run}` turns it back"
            ));
            status::LOCKED
        }
        Err(ExecuteError::State(why)) => {
            terminal::error(&why);
            terminal::say("nothing was changed");
            status::PROBLEMS
        }
        Err(ExecuteError::Journal { run, why }) => {
            terminal::error(&format!("the run cannot be recorded any more: {why}"));
            terminal::say(&format!(
                "it stands still; make room, then `runbook resume {run}` or `runbook rollback {run}`"
            ));
            status::RESUMABLE
        }
        Err(ExecuteError::Left { run }) => {
            terminal::say(&format!(
                "left at once; what was started goes on by itself\n`runbook resume {run}` goes on, `runbook rollback {run}` goes back"
            ));
            status::RESUMABLE
        }
    }
}
