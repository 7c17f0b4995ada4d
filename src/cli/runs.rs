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
        let state = match recorded.outcome() {
            Some(Outcome::Waiting) if is_driven(run) => "running",
            Some(outcome) => outcome.name(),
            None if is_driven(run) => "running",
            None if !recorded.was_opened() => "never began",
            None => "interrupted",
        };
        let started = jiff::Timestamp::from_millisecond(recorded.wall)
            .map(|at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string())
            .unwrap_or_default();
        let (id, title) = (run.id(), &recorded.plan.title);
        let starter = &recorded.header.starter;
        if self.json {
            let line = json!({
                "run": id, "state": state, "started": started,
                "starter": starter, "title": title,
            });
            return format!("{line}\n");
        }
        format!("{id}  {state:<19}  {started}  {starter}  {title}\n")
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
