//! The whole way back of a runbook without a run.

use std::collections::BTreeMap;
use std::path::Path;

use crate::cli::beginning::read_known;
use crate::cli::exec::{Manner, ended};
use crate::cli::runbook::plan;
use crate::cli::values::Values;
use crate::cli::{status, terminal};
use crate::plan::{Known, NodeId, NodeKind, Plan};
use crate::problem::render::neutral::one_line;
use crate::run::execute::{Order, take_back};
use crate::run::terminal::Terminal;
use crate::run::who;
use crate::shell::word;
use crate::simulate::emergency::{as_if_done, lacking_values, leave, only_changes, way};

/// What is taken back, and how.
#[derive(Debug)]
pub struct Emergency<'a> {
    pub file: &'a Path,
    pub values: &'a Values,
    pub known: &'a [String],
    pub reason: &'a str,
    pub manner: &'a Manner,
}

impl Emergency<'_> {
    pub fn run(&self) -> u8 {
        match self.prepare() {
            Ok((order, known)) => {
                let facts = as_if_done(&order.plan, &who::user(), &known);
                let mut view = self.manner.view();
                ended(take_back(
                    order,
                    facts,
                    self.reason.to_owned(),
                    view.as_mut(),
                ))
            }
            Err(status) => status,
        }
    }

    fn prepare(&self) -> Result<(Order, Vec<Known>), u8> {
        let (_, runnable) = plan(self.file, self.values, !self.manner.json)?;
        let mut plan = only_changes(&runnable);
        let known = self.known(&plan)?;
        let conduct = self.manner.conduct()?;
        let way = way(&plan);
        if way.is_empty() {
            terminal::error("there is nothing to take back in this runbook");
            return Err(status::PROBLEMS);
        }
        let lacking = lacking_values(&plan, &way, &known);
        for (node, values) in &lacking {
            terminal::error(&lacks(&plan, *node, values));
        }
        if !self.manner.yes {
            confirm(&mut plan, &way, &lacking)?;
        } else if !lacking.is_empty() {
            terminal::say("nothing was changed; without `--yes` an undo can be left out");
            return Err(status::PROBLEMS);
        }
        let order = Order {
            plan,
            conduct,
            start_at: None,
        };
        Ok((order, known))
    }

    fn known(&self, plan: &Plan) -> Result<Vec<Known>, u8> {
        let known = read_known(self.known)?;
        let wrong = |it: &Known| match plan.nodes.iter().find(|node| node.name == it.step) {
            None => Some(format!("there is no step `{}`", it.step)),
            Some(node) => it.why_not_of(node),
        };
        let wrong = known.iter().find_map(|it| Some((&it.step, wrong(it)?)));
        if let Some((step, why)) = wrong {
            terminal::error(&format!("`--known {step}.…`: {why}"));
            return Err(status::USAGE);
        }
        Ok(known)
    }
}

/// Asks about each undo, in order, before the first of them runs.
fn confirm(
    plan: &mut Plan,
    way: &[NodeId],
    lacking: &BTreeMap<NodeId, Vec<String>>,
) -> Result<(), u8> {
    let Some(mut terminal) = Terminal::open() else {
        terminal::error("each undo is to be confirmed, and nobody can be asked here");
        terminal::say("nothing was changed; `--yes` confirms all of them:");
        for node in way {
            terminal::say(&format!("  {}", described(plan, *node)));
        }
        return Err(status::PROBLEMS);
    };
    for node in way {
        loop {
            terminal.prompt(&format!(
                "? undo {}\n  [y]es, [n]o, leave it as it is, [s]top here: ",
                described(plan, *node)
            ));
            let answer = terminal.read_line().unwrap_or_else(|| "stop".to_owned());
            match answer.trim().to_lowercase().as_str() {
                "y" | "yes" if lacking.contains_key(node) => {
                    terminal.prompt("  it needs values that are not known: stop here and give them, or leave it as it is\n");
                }
                "y" | "yes" => break,
                "n" | "no" => {
                    if leave(plan, *node, &format!("{} left it as it is", who::user())) {
                        break;
                    }
                    terminal.prompt("  it undoes several steps at once, and cannot be left out\n");
                }
                "s" | "stop" => {
                    terminal::say("nothing was changed");
                    return Err(status::PROBLEMS);
                }
                _unclear => {}
            }
        }
    }
    Ok(())
}

/// Why an undo cannot run, and what to type.
fn lacks(plan: &Plan, node: NodeId, values: &[String]) -> String {
    let named: Vec<String> = values.iter().map(|it| format!("`{it}`")).collect();
    let options = values.iter().map(|it| word(&format!("{it}=VALUE")));
    let options: Vec<String> = options.map(|it| format!("--known {it}")).collect();
    format!(
        "the undo of `{}` needs {}, of which there is no record: give it with `{}`",
        plan.nodes[node.index()].name,
        named.join(" and "),
        options.join(" ")
    )
}

/// An undo by the name of what it undoes, with its first line.
fn described(plan: &Plan, node: NodeId) -> String {
    let it = &plan.nodes[node.index()];
    let title = it.title.as_ref().map(|title| format!(" ({title})"));
    let of = match &it.kind {
        NodeKind::Open(_) => "all of ",
        _a_node_of_its_own => "",
    };
    let text = format!("{of}`{}`{}", it.name, title.unwrap_or_default());
    one_line(&text).into_owned()
}
