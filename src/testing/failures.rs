//! Every single failure of a plan, held against the promise.

use std::ops::ControlFlow;
use std::sync::Arc;

use crate::plan::Plan;
use crate::simulate::faults::{ALL_FAILURES_UP_TO, Chosen, Fault, Story, every_failure};
use crate::simulate::guarantee::breaches;

/// What came of them.
#[derive(Debug, Default)]
pub struct Failures {
    /// How many runs there were.
    pub runs: usize,
    /// How many failures were tried alone.
    pub single: usize,
    /// How many runs had an undo that failed, too.
    pub pairs: usize,
    /// Plans that were too large to try all their failures.
    pub sampled: Vec<Sampled>,
    /// How the promise was broken, a line each; the first few.
    pub breaches: Vec<String>,
    /// How many more.
    pub more: usize,
}

/// What was tried of a large plan.
#[derive(Debug)]
pub struct Sampled {
    pub nodes: usize,
    pub tried: usize,
    pub of: usize,
    /// Tried again with the same number, they are the same.
    pub seed: u64,
}

impl Sampled {
    /// None where all failures of the plan were chosen.
    pub fn of(plan: &Plan, chosen: &Chosen, seed: u64) -> Option<Sampled> {
        let sampled = Sampled {
            nodes: plan.nodes.len(),
            tried: chosen.faults.len(),
            of: chosen.of,
            seed,
        };
        (!chosen.is_all()).then_some(sampled)
    }

    pub fn words(&self) -> String {
        format!(
            "{} of {} failures, chosen by `--seed {}`: this plan has {} nodes, and all are tried of up to {ALL_FAILURES_UP_TO}",
            self.tried, self.of, self.seed, self.nodes
        )
    }
}

/// So many broken promises are enough to see what is wrong.
const MOST_BREACHES: usize = 20;

impl Failures {
    pub fn of(plans: &[Arc<Plan>], seed: u64) -> Failures {
        let mut failures = Failures::default();
        for plan in plans {
            failures.try_all(plan, seed);
        }
        failures
    }

    fn try_all(&mut self, plan: &Arc<Plan>, seed: u64) {
        let chosen = Chosen::of(plan, seed);
        self.single += chosen.faults.len();
        self.sampled.extend(Sampled::of(plan, &chosen, seed));
        let runs = every_failure(plan, &chosen.faults, true, |story, trace, world| {
            self.pairs += usize::from(story.undo_fault.is_some());
            for breach in breaches(plan, trace, world) {
                if self.breaches.len() < MOST_BREACHES {
                    self.breaches
                        .push(format!("{}: {breach}", words(plan, story)));
                } else {
                    self.more += 1;
                }
            }
            ControlFlow::Continue(())
        });
        self.runs += runs;
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
