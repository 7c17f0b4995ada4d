//! The example with one thing taken away: the checks notice, or the promise is
//! kept without it.

use std::collections::BTreeSet;

use crate::machine_guarantee::{broken_promises, plan_of};
use runbook::machine::undo_of;
use runbook::plan::{NodeId, NodeKind, Plan};

const PATH: &str = "examples/deployment/deploy.runbook";

const GIVEN: [(&str, &str); 3] = [
    ("version", "1.4.0"),
    ("previous", "1.3.2"),
    ("needs_maintenance", "true"),
];

/// What the author wrote at this place.
fn written(text: &str, (start, end): (u32, u32)) -> &str {
    &text[start as usize..end as usize]
}

/// The places of all undos: of steps, blocks and brackets.
fn undos(plan: &Plan) -> BTreeSet<(u32, u32)> {
    let nodes = (0_u32..).map(NodeId).take(plan.nodes.len());
    nodes
        .flat_map(|node| undo_of(plan, node))
        .map(|undo| (undo.origin.start, undo.origin.end))
        .collect()
}

fn gates(plan: &Plan) -> BTreeSet<(u32, u32)> {
    let gates = plan
        .nodes
        .iter()
        .filter(|node| matches!(node.kind, NodeKind::Gate(_)));
    gates
        .map(|gate| (gate.origin.start, gate.origin.end))
        .collect()
}

/// The text without this part of it.
fn without(text: &str, (start, end): (u32, u32)) -> String {
    let mut text = text.to_owned();
    text.replace_range(start as usize..end as usize, "");
    text
}

fn example() -> (String, Plan) {
    let text = std::fs::read_to_string(PATH).expect("the example");
    let plan = plan_of(PATH, &text, &GIVEN).unwrap_or_else(|why| panic!("{why}"));
    let plan = Plan::clone(&plan);
    (text, plan)
}

#[test]
fn every_rollback_and_every_leave_is_missed() {
    let (text, plan) = example();
    let mut kinds = BTreeSet::new();
    for place in undos(&plan) {
        let cut = written(&text, place);
        kinds.extend(cut.split_whitespace().next().map(str::to_owned));
        let told = plan_of(PATH, &without(&text, place), &GIVEN).err();
        assert!(told.is_some(), "nobody misses\n{cut}");
    }
    for kind in ["rollback", "leave"] {
        assert!(
            kinds.contains(kind),
            "the example has no `{kind}`: {kinds:?}"
        );
    }
}

#[test]
fn every_capture_is_missed() {
    let (text, _) = example();
    let captures: Vec<&str> = text
        .lines()
        .filter(|line| line.trim_start().starts_with("capture "))
        .collect();
    assert!(!captures.is_empty(), "the example has no captures");
    for capture in captures {
        let told = plan_of(PATH, &text.replace(capture, ""), &GIVEN).err();
        assert!(told.is_some(), "nobody misses\n{capture}");
    }
}

/// Gates guard what cannot be undone; where everything can be, a release
/// without them is careless, and still goes back.
#[test]
fn a_gate_is_missed_or_the_way_back_does_without() {
    let (text, plan) = example();
    let places = gates(&plan);
    assert!(places.len() > 3, "the example has gates");
    for place in places {
        let rest = without(&text, place);
        let Ok(plan) = plan_of(PATH, &rest, &GIVEN) else {
            continue;
        };
        let faults = crate::machine_guarantee::a_few_faults(&plan);
        let (_, broken) = broken_promises(&plan, &faults, false);
        assert!(broken.is_empty(), "{broken}");
    }
}
