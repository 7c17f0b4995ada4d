//! Every single failure of a plan, held against the promise.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::plan::Plan;
use crate::simulate::faults::{Fault, Story, every_failure, single_faults};
use crate::simulate::guarantee::breaches;

/// What came of them.
#[derive(Debug, Default)]
pub struct Failures {
    /// How many runs there were.
    pub runs: usize,
    /// How the promise was broken, a line each; the first few.
    pub breaches: Vec<String>,
    /// How many more.
    pub more: usize,
}

/// So many broken promises are enough to see what is wrong.
const MOST_BREACHES: usize = 20;

impl Failures {
    pub fn of(plans: &[Arc<Plan>]) -> Failures {
        let mut failures = Failures::default();
        for plan in plans {
            let mut found = Vec::new();
            let faults = single_faults(plan);
            failures.runs += every_failure(plan, &faults, true, |story, trace, world| {
                for breach in breaches(plan, trace, world) {
                    found.push(format!("{}: {breach}", words(plan, story)));
                }
                ControlFlow::Continue(())
            });
            for breach in found {
                if failures.breaches.len() < MOST_BREACHES {
                    failures.breaches.push(breach);
                } else {
                    failures.more += 1;
                }
            }
        }
        failures
    }

    pub fn good(&self) -> bool {
        self.breaches.is_empty()
    }
}

fn words(plan: &Plan, story: &Story) -> String {
    let name = |node: crate::plan::NodeId| plan.nodes[node.index()].name.as_str();
    let first = match story.fault {
        Fault::Nothing => "nothing goes wrong".to_owned(),
        Fault::At {
            node, part, how, ..
        } => format!("`{}` ({part:?}): {how:?}", name(node)),
        Fault::Between { applied, what } => format!("after {applied} facts: {what:?}"),
        Fault::Gate { node, how, .. } => format!("gate `{}`: {how:?}", name(node)),
        Fault::Watch { watch, .. } => {
            let watch = plan.watches.get(watch as usize);
            let watch = watch.map_or("", |watch| watch.name.as_str());
            format!("watch `{watch}` fires")
        }
        Fault::Rounds { open, count, .. } => {
            format!("{count} rounds of `{}` fail", name(open))
        }
        Fault::Afterwards => "a rollback after the end".to_owned(),
        Fault::Slow { node } => format!("`{}` is slow", name(node)),
    };
    match story.undo_fault {
        Some(undo) => format!(
            "{first}; then the undo of `{}`: {:?}",
            name(undo.node),
            undo.how
        ),
        None => first,
    }
}
