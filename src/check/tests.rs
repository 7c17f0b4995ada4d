//! Every rule's examples: the wrong one is found by this rule and no other
//! error, the right one is clean.

use std::path::Path;

use super::RULES;
use crate::analysis::analyse_bytes;
use crate::problem::render::short;
use crate::problem::{Problem, any_errors};

fn problems(body: &str) -> (Vec<Problem>, String) {
    let text = format!("runbook \"example\"\n{body}");
    let analysis = analyse_bytes(Path::new("example.runbook"), text.as_bytes());
    let shown = analysis
        .problems
        .iter()
        .map(|problem| short(problem, &analysis.sources) + "\n")
        .collect();
    (analysis.problems, shown)
}

#[test]
fn wrong_examples_are_found() {
    for rule in RULES {
        let (found, shown) = problems(rule.wrong);
        let mine = found.iter().any(|problem| problem.code == rule.code);
        assert!(mine, "{} is not found, but: {shown}", rule.code);
        let others = found
            .iter()
            .find(|problem| problem.is_error() && problem.code != rule.code);
        assert!(
            others.is_none(),
            "{}: something else is wrong: {shown}",
            rule.code
        );
    }
}

#[test]
fn right_examples_are_clean() {
    for rule in RULES {
        let (found, shown) = problems(rule.right);
        assert!(!any_errors(&found), "{}: {shown}", rule.code);
        let mine = found.iter().any(|problem| problem.code == rule.code);
        assert!(!mine, "{}: {shown}", rule.code);
    }
}

#[test]
fn rules_stand_in_the_order_of_their_codes() {
    let codes: Vec<&str> = RULES.iter().map(|rule| rule.code.name()).collect();
    assert!(codes.is_sorted(), "{codes:?}");
}
