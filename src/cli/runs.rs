use serde_json::json;

use crate::cli::resume::{find, is_driven, state};
use crate::cli::{status, terminal};
use crate::machine::Machine;
use crate::machine::event::Outcome;
use crate::run::journal::{Recorded, read};
use crate::run::replay::replay;
use crate::run::state::RunDirectory;
use crate::run::view::{Lines, Records, View};

/// List runs, or show what happened in one
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  runbook runs\n  runbook runs kex7 --verbose")]
pub struct Runs {
    /// The run, or the beginning or end of its id; without it all are listed
    run: Option<String>,

    /// Print one JSON object a line
    #[arg(long)]
    json: bool,

    /// Also show measurements
    #[arg(long, short)]
    verbose: bool,
}

impl Runs {
    pub fn run(&self) -> u8 {
        let result = match &self.run {
            Some(run) => find(run).and_then(|run| self.show(&run)),
            None => self.list(),
        };
        match result {
            Ok(()) => status::OK,
            Err(status) => status,
        }
    }

    fn list(&self) -> Result<(), u8> {
        let runs = state()?.runs();
        if runs.is_empty() && !self.json {
            terminal::say("no runs yet");
        }
        for run in runs {
            match read(&run) {
                Ok(recorded) => terminal::print(&self.line(&run, &recorded)),
                Err(error) => terminal::error(&error.to_string()),
            }
        }
        Ok(())
    }

    fn line(&self, run: &RunDirectory, recorded: &Recorded) -> String {
        if !self.json {
            return line(run, recorded) + "\n";
        }
        let line = json!({
            "run": run.id(), "state": state_of(run, recorded), "started": started(recorded),
            "starter": recorded.header.starter, "title": recorded.plan.title,
        });
        format!("{line}\n")
    }

    fn show(&self, run: &RunDirectory) -> Result<(), u8> {
        let recorded = read(run).map_err(|error| {
            terminal::error(&error.to_string());
            status::PROBLEMS
        })?;
        let machine = Machine::new(recorded.plan);
        let mut view: Box<dyn View> = if self.json {
            Box::new(Records::new(std::io::stdout()))
        } else {
            Box::new(Lines::new(anstream::stdout(), self.verbose))
        };
        replay(&machine, &recorded.facts, run.id(), view.as_mut());
        Ok(())
    }
}

/// A run in a list: its id, its state, when it began, who began it, and its title.
pub fn line(run: &RunDirectory, recorded: &Recorded) -> String {
    let (state, started) = (state_of(run, recorded), started(recorded));
    let (starter, title) = (&recorded.header.starter, &recorded.plan.title);
    format!("{}  {state:<19}  {started}  {starter}  {title}", run.id())
}

fn state_of(run: &RunDirectory, recorded: &Recorded) -> &'static str {
    match recorded.outcome() {
        Some(Outcome::Waiting) if is_driven(run) => "running",
        Some(outcome) => outcome.name(),
        None if is_driven(run) => "running",
        None if !recorded.was_opened() => "never began",
        None => "interrupted",
    }
}

fn started(recorded: &Recorded) -> String {
    jiff::Timestamp::from_millisecond(recorded.wall)
        .map(|at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
        .unwrap_or_default()
}
