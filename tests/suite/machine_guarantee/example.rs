//! Every single failure of the deployment example.

use super::{broken_promises, plan_of};

/// Half an hour of looking at measurements says no more of the way back than
/// three minutes do, and takes ten times as long to go through.
const SHORTER: [(&str, &str); 2] = [
    (
        "for 30 * minute every minute",
        "for 3 * minute every minute",
    ),
    ("at T + 30 * minute", "at T + 3 * minute"),
];

fn every_failure_of_the_example(given: &[(&str, &str)]) {
    let path = "examples/deployment/deploy.runbook";
    let mut text = std::fs::read_to_string(path).expect("the example");
    for (long, short) in SHORTER {
        assert!(text.contains(long), "it has changed: shorten it anew");
        text = text.replace(long, short);
    }
    let plan = plan_of(path, &text, given).unwrap_or_else(|why| panic!("{why}"));
    let (runs, broken) = broken_promises(&plan, true);
    assert!(broken.is_empty(), "{broken}");
    assert!(runs > 1_000, "only {runs} runs");
}

#[test]
fn with_maintenance() {
    every_failure_of_the_example(&[
        ("version", "1.4.0"),
        ("previous", "1.3.2"),
        ("needs_maintenance", "true"),
    ]);
}

#[test]
fn without_maintenance() {
    every_failure_of_the_example(&[("version", "1.4.0"), ("previous", "1.3.2")]);
}
