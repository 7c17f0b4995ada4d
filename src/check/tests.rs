//! Every rule's examples: the wrong one is found by this rule and no other
//! error, the right one is clean.

use std::path::Path;

use super::RULES;
use crate::analysis::analyse_bytes;
use crate::problem::render::short;
use crate::problem::{Problem, any_errors};

fn problems(body: &str) -> (Vec<Problem>, String) {
    let text = format!("runbook \"example\"\n{body}");
    let mut analysis = analyse_bytes(Path::new("example.runbook"), text.as_bytes());
    analysis.problems.append(&mut analysis.of_policies);
    let shown = analysis
        .problems
        .iter()
        .map(|problem| short(problem, &analysis.sources) + "\n")
        .collect();
    (analysis.problems, shown)
}

#[test]
fn wrong_examples_are_found() {
    let mut faults = String::new();
    for rule in RULES {
        let (found, shown) = problems(rule.wrong);
        let (mine, others): (Vec<&Problem>, Vec<&Problem>) =
            found.iter().partition(|problem| problem.code == rule.code);
        if mine.is_empty() {
            faults += &format!("{} is not found, but: {shown}\n", rule.code);
        }
        if others.iter().any(|problem| problem.is_error()) {
            faults += &format!("{}: something else is wrong: {shown}\n", rule.code);
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn right_examples_are_clean() {
    let mut faults = String::new();
    for rule in RULES {
        let (found, shown) = problems(rule.right);
        let mine = found.iter().any(|problem| problem.code == rule.code);
        if mine || any_errors(&found) {
            faults += &format!("{}: {shown}\n", rule.code);
        }
    }
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn rules_stand_in_the_order_of_their_codes() {
    let codes: Vec<&str> = RULES.iter().map(|rule| rule.code.name()).collect();
    assert!(codes.is_sorted(), "{codes:?}");
}
