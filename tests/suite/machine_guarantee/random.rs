//! Runbooks of chance.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use proptest::test_runner::TestCaseError;
use runbook::analysis::{Analysis, analyse_bytes};
use runbook::check::{How, RULES};
use runbook::model::parameters::{Given, bind};
use runbook::plan::{Plan, lower};
use runbook::simulate::faults::{every_failure, single_faults};

use super::{broken_by, broken_promises, faults_of};
use crate::chance;
use crate::generate::beginnings::begun_at;
use crate::generate::sketches_with;

/// How many loops of a hundred go over other machines.
const HOSTS: u32 = 30;

/// What the checks say of a text.
enum Judged {
    /// It does not get as far as the rules.
    Malformed,
    Accepted(Box<Analysis>),
    /// The codes of the rules that refuse it.
    Refused(Vec<&'static str>, Box<Analysis>),
}

fn judge(text: &str) -> Judged {
    let analysis = analyse_bytes("case.runbook".as_ref(), text.as_bytes());
    let mut refusing: Vec<&'static str> = Vec::new();
    for problem in analysis.problems.iter().filter(|it| it.is_error()) {
        let Some(rule) = RULES.iter().find(|rule| rule.code == problem.code) else {
            return Judged::Malformed;
        };
        if !refusing.contains(&rule.code.name()) {
            refusing.push(rule.code.name());
        }
    }
    if refusing.is_empty() {
        Judged::Accepted(Box::new(analysis))
    } else {
        Judged::Refused(refusing, Box::new(analysis))
    }
}

/// The plans of a text for each value of its parameter; none where it cannot
/// be laid out. The rules are not asked.
fn plans(analysis: &Analysis) -> Vec<Arc<Plan>> {
    let plan = |value: &str| {
        let given = BTreeMap::from([("flag".to_owned(), Given::Text(value.to_owned()))]);
        let values = bind(&analysis.model, &given).expect("a parameter with a value");
        let (plan, problems) =
            lower::lower(&analysis.model, values, &analysis.sources, analysis.file);
        problems.is_empty().then(|| Arc::new(plan))
    };
    let mut plans: Vec<Arc<Plan>> = ["true", "false"].into_iter().filter_map(plan).collect();
    plans.dedup();
    plans
}

#[test]
fn what_passes_the_checks_keeps_the_promise() {
    let tally = RefCell::new([0_usize; 4]);
    let result = chance::runner(60).run(&sketches_with(HOSTS), |sketch| {
        let text = sketch.to_string();
        let mut tally = tally.borrow_mut();
        match judge(&text) {
            Judged::Malformed => tally[0] += 1,
            Judged::Refused(..) => tally[1] += 1,
            Judged::Accepted(analysis) => {
                tally[2] += 1;
                let plans = plans(&analysis);
                assert!(!plans.is_empty(), "a text that passes has plans:\n{text}");
                for plan in plans {
                    let (runs, broken) =
                        broken_promises(&plan, &faults_of(&plan), chance::is_long());
                    tally[3] += runs;
                    if !broken.is_empty() {
                        return Err(TestCaseError::fail(format!("{text}\n{broken}")));
                    }
                }
            }
        }
        Ok(())
    });
    let [malformed, refused, accepted, runs] = *tally.borrow();
    chance::say(&format!(
        "{malformed} malformed, {refused} refused, {accepted} accepted: {runs} runs"
    ));
    if let Err(failure) = result {
        panic!("{failure}");
    }
    assert!(accepted * 4 > refused, "the cases are hardly ever accepted");
    assert!(malformed < accepted, "the cases are often malformed");
}

/// Whatever is taken as done: what a run itself changes has its way back.
#[test]
fn a_run_that_begins_in_the_middle_keeps_the_promise() {
    let tally = RefCell::new([0_usize; 2]);
    let result = chance::runner(40).run(&sketches_with(HOSTS), |sketch| {
        let text = sketch.to_string();
        let Judged::Accepted(analysis) = judge(&text) else {
            return Ok(());
        };
        for plan in plans(&analysis) {
            let names = plan.nodes.iter().map(|node| node.name.as_str());
            let begun = names.filter_map(|name| begun_at(&plan, name));
            let every = if chance::is_long() { 1 } else { 7 };
            for (_, plan) in begun.step_by(every) {
                let plan = Arc::new(plan);
                let (runs, broken) = broken_promises(&plan, &faults_of(&plan), false);
                let mut tally = tally.borrow_mut();
                tally[0] += 1;
                tally[1] += runs;
                if !broken.is_empty() {
                    return Err(TestCaseError::fail(format!("{text}\n{broken}")));
                }
            }
        }
        Ok(())
    });
    let [plans, runs] = *tally.borrow();
    chance::say(&format!("{plans} beginnings: {runs} runs"));
    if let Err(failure) = result {
        panic!("{failure}");
    }
    assert!(runs > plans, "nothing fails in them");
}

/// Whether some single failure of this plan breaks the promise.
fn is_broken(plan: &Arc<Plan>) -> bool {
    let mut found = false;
    every_failure(plan, &single_faults(plan), false, |story, trace, world| {
        found = !broken_by(plan, story, trace, world).is_empty();
        if found {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    found
}

/// Of the runbooks that one rule alone refuses: how many, and how many of them
/// would break the promise.
#[derive(Debug, Default, Clone, Copy)]
struct Refusals {
    all: usize,
    right: usize,
}

#[test]
fn what_the_rules_refuse_breaks_the_promise() {
    let tally: RefCell<BTreeMap<&str, Refusals>> = RefCell::new(BTreeMap::new());
    let result = chance::runner(120).run(&sketches_with(HOSTS), |sketch| {
        let text = sketch.to_string();
        let Judged::Refused(codes, analysis) = judge(&text) else {
            return Ok(());
        };
        let [code] = codes[..] else {
            return Ok(());
        };
        let plans = plans(&analysis);
        if plans.is_empty() {
            return Ok(());
        }
        let broken = plans.iter().any(is_broken);
        let mut tally = tally.borrow_mut();
        let refusals = tally.entry(code).or_default();
        refusals.all += 1;
        refusals.right += usize::from(broken);
        let rule = RULES.iter().find(|rule| rule.code.name() == code);
        // A `when` may keep the run from ever coming to what is wrong.
        let reachable = !text.contains(" when ");
        match rule.map(|rule| rule.how) {
            Some(How::Exact) if !broken && reachable => Err(TestCaseError::fail(format!(
                "{code} is said to be exact, and refuses what keeps the promise:\n{text}"
            ))),
            _how => Ok(()),
        }
    });
    chance::say(&format!("{:#?}", tally.borrow()));
    if let Err(failure) = result {
        panic!("{failure}");
    }
}
