//! The promise of the way back, held against every single failure of many
//! runbooks: small ones, the example, and ones made up at random. All are
//! text, so that the parser, the model, the checks, the plan and the machine
//! are held to it together.

mod example;
mod exhaustive;
mod random;
mod rules;
mod small;
mod taken_up;
mod things;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use runbook::analysis::analyse_bytes;
use runbook::machine::event::{Event, Outcome};
use runbook::model::parameters::Given;
use runbook::plan::Plan;
use runbook::problem::Problem;
use runbook::problem::render::short;
use runbook::simulate::Trace;
use runbook::simulate::faults::{
    Chosen, Fault, FaultyWorld, Story, every_failure, sample, single_faults,
};
use runbook::simulate::guarantee::breaches;
use runbook::source::SourceMap;

use crate::chance;

/// The plan of a runbook that passes the checks; else what they say.
pub fn plan_of(path: &str, text: &str, given: &[(&str, &str)]) -> Result<Arc<Plan>, String> {
    let analysis = analyse_bytes(Path::new(path), text.as_bytes());
    let checked = analysis
        .clean()
        .map_err(|analysis| told(&analysis.problems, &analysis.sources))?;
    let given: BTreeMap<String, Given> = given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Given::Text((*value).to_owned())))
        .collect();
    match checked.plan(&given) {
        Ok(plan) => Ok(Arc::new(plan.into_plan())),
        Err(problems) => Err(told(&problems, &checked.sources)),
    }
}

fn told(problems: &[Problem], sources: &SourceMap) -> String {
    let errors = problems.iter().filter(|problem| problem.is_error());
    let lines: Vec<String> = errors.map(|problem| short(problem, sources)).collect();
    lines.join("\n")
}

/// The plan of a small runbook.
fn plan(body: &str) -> Arc<Plan> {
    let text = format!("runbook \"case\"\n{body}");
    plan_of("case.runbook", &text, &[]).unwrap_or_else(|why| panic!("{why}\n{text}"))
}

/// Every single thing that can go wrong, or as many as there is time for.
fn faults_of(plan: &Arc<Plan>) -> Vec<Fault> {
    let seed = chance::seed();
    let chosen = Chosen::of(plan, seed);
    if !chosen.is_all() {
        let (tried, of) = (chosen.faults.len(), chosen.of);
        chance::say(&format!("{tried} of {of} failures, seed {seed}"));
    }
    chosen.faults
}

/// Some single failures, where trying them all would tell little more.
pub fn a_few_faults(plan: &Arc<Plan>) -> Vec<Fault> {
    sample(&single_faults(plan), chance::seed(), 20)
}

/// How this run breaks the promise.
fn broken_by(plan: &Arc<Plan>, story: &Story, trace: &Trace, world: &FaultyWorld) -> Vec<String> {
    let mut found = breaches(plan, trace, world);
    if story.fault == Fault::Nothing && trace.outcome != Some(Outcome::Succeeded) {
        found.push(format!(
            "all goes well, and it ends {:?}: {:?}",
            trace.outcome,
            trace.machine.headline()
        ));
    }
    found
}

/// How the first runs that break the promise do so; empty where none does.
pub fn broken_promises(plan: &Arc<Plan>, faults: &[Fault], second: bool) -> (usize, String) {
    const SHOWN: usize = 2;
    let mut broken = String::new();
    let mut shown = 0;
    let runs = every_failure(plan, faults, second, |story, trace, world| {
        let found = broken_by(plan, story, trace, world);
        if !found.is_empty() {
            shown += 1;
            tell_of(&mut broken, plan, story, trace, &found);
        }
        if shown < SHOWN {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    (runs, broken)
}

fn tell_of(out: &mut String, plan: &Plan, story: &Story, trace: &Trace, found: &[String]) {
    let _ = writeln!(out, "{story:?}\n  ended {:?}", trace.outcome);
    for breach in found.iter().take(4) {
        let _ = writeln!(out, "  BROKEN: {breach}");
    }
    let facts = trace.events.len();
    let from = facts.saturating_sub(70);
    for fact in &trace.events[from..] {
        if let Event::Tick | Event::Sampled { .. } = fact.event {
            continue;
        }
        let _ = writeln!(out, "    {:>6} {:?}", fact.at, fact.event);
    }
    for (index, node) in plan.nodes.iter().enumerate() {
        let _ = writeln!(
            out,
            "    node {index}: {} needs {:?}",
            node.name, node.needs
        );
    }
}

/// A rule refuses this runbook, since it would not keep the promise.
fn refuses(code: &str, body: &str) {
    let text = format!("runbook \"case\"\n{body}");
    match plan_of("case.runbook", &text, &[]) {
        Ok(_) => panic!("{code} should refuse this:\n{text}"),
        Err(why) => assert!(
            why.contains(code),
            "{code} should refuse this:\n{text}\n{why}"
        ),
    }
}

/// Every single failure of this runbook, and an undo that fails after it,
/// keeps the promise.
fn keeps(body: &str) {
    let plan = plan(body);
    let (runs, broken) = broken_promises(&plan, &faults_of(&plan), true);
    assert!(broken.is_empty(), "{body}\n{broken}");
    assert!(runs > 10, "only {runs} runs");
}
