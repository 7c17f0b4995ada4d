use serde_json::json;

use crate::cli::resume::{find, state};
use crate::cli::{status, terminal};
use crate::run::journal::{Recorded, read};
use crate::run::state::RunDirectory;

/// Check that the record of a run is whole and was not changed
///
/// Each record of a journal carries a hash of itself and of all before it. The
/// last one, noted elsewhere, proves later that nothing was changed or cut off.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  runbook verify kex7\n  runbook verify         (all runs)")]
pub struct Verify {
    /// The run, or the beginning or end of its id; without it all are checked
    run: Option<String>,

    /// The hash that the last record had when it was noted
    #[arg(long, value_name = "HASH", requires = "run")]
    hash: Option<String>,

    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub fn run(&self) -> u8 {
        let runs = match &self.run {
            Some(run) => find(run).map(|run| vec![run]),
            None => state().map(|state| state.runs()),
        };
        let runs = match runs {
            Ok(runs) => runs,
            Err(status) => return status,
        };
        let mut all_whole = true;
        for run in runs {
            all_whole &= self.verify(&run);
        }
        if all_whole {
            status::OK
        } else {
            status::PROBLEMS
        }
    }

    /// Whether the record of this run is whole; says so.
    fn verify(&self, run: &RunDirectory) -> bool {
        let recorded = read(run).map_err(|error| error.to_string());
        let recorded = recorded.and_then(|recorded| self.has_noted_hash(recorded));
        match recorded {
            Ok(recorded) => {
                self.say_whole(run, &recorded);
                true
            }
            Err(why) => {
                if self.json {
                    let line = json!({ "run": run.id(), "whole": false, "why": why });
                    terminal::print(&format!("{line}\n"));
                } else {
                    terminal::error(&why);
                }
                false
            }
        }
    }

    fn has_noted_hash(&self, recorded: Recorded) -> Result<Recorded, String> {
        match &self.hash {
            Some(noted) if !recorded.had_hash(noted) => Err(format!(
                "no record of this run has the hash `{noted}`: it was written anew, or cut off before that record"
            )),
            Some(_) | None => Ok(recorded),
        }
    }

    fn say_whole(&self, run: &RunDirectory, recorded: &Recorded) {
        let (id, records, hash) = (run.id(), recorded.records(), recorded.last_hash());
        let torn = recorded.repaired.as_deref();
        if self.json {
            let line = json!({
                "run": id, "whole": true, "records": records, "hash": hash, "torn": torn,
            });
            terminal::print(&format!("{line}\n"));
            return;
        }
        terminal::print(&format!(
            "{id}  whole, {records} records, the last is {hash}\n"
        ));
        if let Some(torn) = torn {
            terminal::say(torn);
        }
    }
}
