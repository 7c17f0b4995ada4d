use crate::cli::runbook::Runbook;
use crate::cli::{status, terminal};
use crate::export::in_order;
use crate::export::json;
use crate::export::outline::{Emphasis, WaysBack, outline, points, way_back_from};
use crate::export::words;
use crate::plan::{NodeId, NodeKind, Plan};
use crate::problem::nearest;
use crate::simulate::outlook::ways_back;

/// Print what will run, in which order, and the way back at each point
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook plan deploy.runbook --set version=1.2.3\n  runbook plan deploy.runbook --set version=1.2.3 --at migrate"
)]
pub struct PlanCommand {
    #[command(flatten)]
    runbook: Runbook,

    /// Print the way back from this step, with all that is run on it
    #[arg(long, value_name = "STEP", conflicts_with = "json")]
    at: Option<String>,

    /// Print the plan and the ways back as JSON
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
            return match json::json(&plan) {
                Ok(text) => {
                    terminal::print(&text);
                    status::OK
                }
                Err(error) => {
                    terminal::error(&format!("the plan cannot be written as JSON: {error}"));
                    status::BUG
                }
            };
        }
        match &self.at {
            Some(name) => way_back_at(&plan, name),
            None => {
                print(&plan);
                status::OK
            }
        }
    }
}

/// Prints the way back from the node that a person means.
fn way_back_at(plan: &Plan, name: &str) -> u8 {
    let nodes = match named(plan, name) {
        Ok(nodes) => nodes,
        Err(why) => {
            terminal::error(&why);
            return status::USAGE;
        }
    };
    let emphasis = Emphasis(terminal::shows_colours());
    let ways = ways_back(plan, &nodes);
    let texts: Vec<String> = nodes
        .iter()
        .zip(&ways)
        .map(|(node, way)| way_back_from(plan, *node, way, emphasis))
        .collect();
    terminal::print(&texts.join("\n"));
    status::OK
}

/// The nodes of this name, or those that a loop made of a statement of it.
///
/// # Errors
/// Nothing that runs is called so; in words, with the nearest name.
fn named(plan: &Plan, name: &str) -> Result<Vec<NodeId>, String> {
    let is_point = |id: &NodeId| {
        let node = &plan.nodes[id.index()];
        let is_block = matches!(node.kind, NodeKind::Open(_) | NodeKind::Close { .. });
        !is_block && plan.ending_of(*id).is_none()
    };
    let is_skipped = |id: &NodeId| plan.nodes[id.index()].skip.is_skipped();
    let points = in_order(plan).into_iter().filter(is_point);
    let (skipped, nodes): (Vec<NodeId>, Vec<NodeId>) = points.partition(is_skipped);
    let called = |id: &NodeId| plan.nodes[id.index()].name.as_str();
    let statement = |id: &NodeId| called(id).split('[').next().unwrap_or_default();
    let with_name = |nodes: &[NodeId]| -> Vec<NodeId> {
        let nodes = || nodes.iter().copied();
        let exact: Vec<NodeId> = nodes().filter(|id| called(id) == name).collect();
        match exact.is_empty() {
            true => nodes().filter(|id| statement(id) == name).collect(),
            false => exact,
        }
    };
    let found = with_name(&nodes);
    if !found.is_empty() {
        return Ok(found);
    }
    if let Some(id) = with_name(&skipped).first() {
        let skip = words::skip(&plan.nodes[id.index()].skip).unwrap_or_default();
        return Err(format!(
            "`{name}` does not run with these values: {skip}; `--set` gives others"
        ));
    }
    let hint = match nearest(name, nodes.iter().map(statement)) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => "; `runbook plan` without `--at` lists what does".to_owned(),
    };
    Err(format!("nothing that runs is called `{name}`{hint}"))
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
