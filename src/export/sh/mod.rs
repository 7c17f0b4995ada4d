//! A plan as a POSIX shell script that does what `runbook exec` does, for
//! machines without `runbook`.
//!
//! A script has four parts: what it is, what each task runs, the plan as a
//! table, and the runtime, whose pieces are the files in `runtime/`, verbatim.
//! The runtime is the machine written again in shell: facts in, wishes out.
//!
//! | file | its part |
//! | --- | --- |
//! | `refuse` | what a script cannot do: a problem at its place |
//! | `names` | names that a shell takes, each once |
//! | `text` | quotes, here-documents, comments, durations |
//! | `measures` | metrics, conditions and watches as data |
//! | `pattern` | regular expressions as every awk knows them |
//! | `tasks` | what a script may run, with names and what follows |
//! | `functions` | a function for each task |
//! | `requests` | what a task sends over HTTP |
//! | `windows` | windows and time zones as data |
//! | `table` | the plan as data |
//! | `troubles` | what failures look like, as data |
//! | `head` | what the script says of itself |
//! | `split` | a file for each phase, and one that reads them |
//! | `parameters` | what `--set` of a script may give |
//! | `runtime` | which pieces of the runtime a plan needs |

mod functions;
mod head;
mod measures;
mod names;
mod parameters;
mod pattern;
mod refuse;
mod requests;
mod runtime;
mod split;
mod table;
mod tasks;
mod text;
mod troubles;
mod windows;

use crate::export::comments::Comments;
use crate::machine::event::Part;
use crate::plan::lower::open::OpenPlan;
use crate::plan::{Node, NodeId, NodeKind, Plan, digest_of};
use crate::problem::Problem;

use names::Names;
use tasks::TaskList;

/// The script of a plan that leaves some parameters open, to be kept in a file of
/// that name.
///
/// # Errors
/// What a script cannot do, each at its place in the source.
pub fn script(
    open: &OpenPlan,
    comments: Comments<'_>,
    file: Option<&str>,
) -> Result<String, Vec<Problem>> {
    let parts = parts(open, comments)?;
    let functions = under_headings(&open.plan, &parts.functions);
    let usual = head::script_name(&open.plan);
    let file = file.unwrap_or(&usual);
    Ok(parts.script(&functions, open, file, &[]))
}

/// The files of a script that is cut into one for each phase, by their names:
/// the driver, which reads the others, is the first.
///
/// # Errors
/// What a script cannot do, each at its place in the source.
pub fn split(
    open: &OpenPlan,
    comments: Comments<'_>,
) -> Result<Vec<(String, String)>, Vec<Problem>> {
    let parts = parts(open, comments)?;
    Ok(split::files(&parts, open))
}

/// What a script is put together from.
struct Parts<'c> {
    comments: Comments<'c>,
    digest: String,
    parameters: String,
    functions: Vec<functions::Piece>,
    table: String,
}

impl Parts<'_> {
    /// In one file, or with others that hold what its phases do.
    fn script(&self, functions: &str, open: &OpenPlan, file: &str, others: &[String]) -> String {
        let parts = [
            head::head(open, self.comments, &self.digest, file, others),
            self.parameters.clone(),
            heading("What it does"),
            functions.to_owned(),
            heading("In which order"),
            self.table.clone(),
            heading("How: the same in every script"),
            runtime::runtime(open),
            heading("Start"),
            runtime::START.to_owned(),
        ];
        parts.concat()
    }
}

fn parts<'c>(open: &OpenPlan, comments: Comments<'c>) -> Result<Parts<'c>, Vec<Problem>> {
    let plan = &open.plan;
    let problems = refuse::refusals(open);
    if !problems.is_empty() {
        return Err(problems);
    }
    let names = Names::of(plan);
    let tasks = TaskList::of(plan, &names);
    let functions = functions::functions(plan, &names, &tasks, comments);
    let table = table::table(plan, &names, &tasks, comments) + &troubles::troubles(plan, &names);
    let parameters = parameters::parameters(&open.parameters);
    let texts: Vec<&str> = functions.iter().map(|it| it.1.as_str()).collect();
    let digest: String = digest_of(&(texts.concat() + &table + &parameters))
        .chars()
        .take(16)
        .collect();
    Ok(Parts {
        comments,
        digest,
        parameters,
        functions,
        table,
    })
}

/// What the tasks in a script's journal are: by their names, the node and the
/// part of it.
pub fn activities(plan: &Plan) -> Vec<(String, NodeId, Part)> {
    let tasks = TaskList::of(plan, &Names::of(plan));
    let tasks = tasks.all.iter();
    tasks
        .map(|task| (task.name.clone(), task.node, task.machine_part()))
        .collect()
}

/// What the gates' conditions in a script's journal are, likewise.
pub fn conditions(plan: &Plan) -> Vec<(String, NodeId, u32)> {
    let names = Names::of(plan);
    let mut conditions = Vec::new();
    for id in ids(plan) {
        if let NodeKind::Gate(gate) = &plan.nodes[id.index()].kind {
            for index in 0..u32::try_from(gate.conditions.len()).unwrap_or(0) {
                conditions.push((names.condition(id, index), id, index));
            }
        }
    }
    conditions
}

/// What the nodes in a script's journal are, in the order of the plan.
pub fn nodes(plan: &Plan) -> Vec<String> {
    let names = Names::of(plan);
    ids(plan).map(|id| names.node(id).to_owned()).collect()
}

/// What the observers of measurements in a script's journal are, besides the
/// baseline and the gates' conditions.
pub fn watches(plan: &Plan) -> Vec<String> {
    let numbers = (1..).zip(&plan.watches);
    numbers
        .map(|(number, _)| measures::watch_name(number))
        .collect()
}

/// What a script does, with a line where a phase begins.
fn under_headings(plan: &Plan, pieces: &[functions::Piece]) -> String {
    let mut text = String::new();
    let mut last = None;
    for (phase, piece) in pieces {
        if *phase != last {
            let title = match phase {
                Some(open) => format!("phase {}", titled(&plan.nodes[open.index()])),
                None => "in no phase".to_owned(),
            };
            text += &format!("\n{}", text::comment(&format!("--- {title} ---")));
        }
        last = *phase;
        text += piece;
    }
    text
}

/// A node's name, and its title, if it has one.
fn titled(node: &Node) -> String {
    match &node.title {
        Some(title) => format!("{}: {title}", node.name),
        None => node.name.clone(),
    }
}

fn heading(title: &str) -> String {
    let line = "=".repeat(72_usize.saturating_sub(title.chars().count()));
    format!("\n# === {title} {line}\n\n")
}

/// The ending that each node stands in, by the index of its opening node.
fn endings(plan: &Plan) -> Vec<Option<NodeId>> {
    (0..plan.nodes.len())
        .map(|index| {
            let mut at = index;
            if let NodeKind::Close { open } = &plan.nodes[at].kind {
                at = open.index();
            }
            while let Some(block) = plan.nodes[at].block {
                at = block.index();
            }
            let endings = plan.endings.iter().map(|ending| ending.open);
            endings.into_iter().find(|open| open.index() == at)
        })
        .collect()
}

/// Indices of nodes as they are named everywhere else.
fn ids(plan: &Plan) -> impl Iterator<Item = NodeId> {
    (0..plan.nodes.len()).map(|index| NodeId(u32::try_from(index).unwrap_or(u32::MAX)))
}
