use crate::cli::runbook::Runbook;
use crate::cli::{status, terminal};
use crate::export::outline::{Emphasis, WaysBack, outline, points};
use crate::plan::Plan;
use crate::simulate::outlook::ways_back;

/// Print what will run, in which order, and the way back at each point
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  runbook plan deploy.runbook --set version=1.2.3")]
pub struct PlanCommand {
    #[command(flatten)]
    runbook: Runbook,

    /// Print the plan as JSON
    #[arg(long)]
    json: bool,
}

impl PlanCommand {
    pub fn run(&self) -> u8 {
        let (_, plan) = match self.runbook.plan(true) {
            Ok(found) => found,
            Err(status) => return status,
        };
        if self.json {
            return match serde_json::to_string_pretty(&*plan) {
                Ok(text) => {
                    terminal::print(&(text + "\n"));
                    status::OK
                }
                Err(error) => {
                    terminal::error(&format!("the plan cannot be written as JSON: {error}"));
                    status::BUG
                }
            };
        }
        print(&plan);
        status::OK
    }
}

/// Prints the outline of a plan.
pub fn print(plan: &Plan) {
    let points = points(plan);
    let ways: WaysBack = points
        .nodes
        .iter()
        .copied()
        .zip(ways_back(plan, &points.nodes))
        .collect();
    terminal::print(&outline(plan, &ways, Emphasis(terminal::shows_colours())));
}
