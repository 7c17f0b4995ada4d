//! Every single failure of the deployment example.

use std::sync::Arc;

use runbook::plan::Plan;

use super::{a_few_faults, broken_promises, faults_of, plan_of};
use crate::chance;

/// Half an hour of looking at measurements says no more of the way back than
/// three minutes do, and takes ten times as long to go through.
const SHORTER: [(&str, &str); 2] = [
    (
        "for 30 * minute every minute",
        "for 3 * minute every minute",
    ),
    ("at T + 30 * minute", "at T + 3 * minute"),
];

fn plan_of_the_example(given: &[(&str, &str)]) -> Arc<Plan> {
    let path = "examples/deployment/deploy.runbook";
    let mut text = std::fs::read_to_string(path).expect("the example");
    for (long, short) in SHORTER {
        assert!(text.contains(long), "it has changed: shorten it anew");
        text = text.replace(long, short);
    }
    plan_of(path, &text, given).unwrap_or_else(|why| panic!("{why}"))
}

#[test]
fn every_failure_with_maintenance() {
    let plan = plan_of_the_example(&[
        ("version", "1.4.0"),
        ("previous", "1.3.2"),
        ("needs_maintenance", "true"),
    ]);
    let (runs, broken) = broken_promises(&plan, &faults_of(&plan), true);
    assert!(broken.is_empty(), "{broken}");
    assert!(runs > 1_000, "only {runs} runs");
}

/// The same without its bracket; a long run tries all of them again.
#[test]
fn some_failures_without_maintenance() {
    let plan = plan_of_the_example(&[("version", "1.4.0"), ("previous", "1.3.2")]);
    let faults = if chance::is_long() {
        faults_of(&plan)
    } else {
        a_few_faults(&plan)
    };
    let (_, broken) = broken_promises(&plan, &faults, true);
    assert!(broken.is_empty(), "{broken}");
}
