//! Runs that begin in the middle.

use runbook::plan::graph::Graph;
use runbook::plan::{Known, NodeId, Plan, Skip, begin_at};

/// What must be known to begin at a node, all of it made up, and the plan of that
/// run; none where it cannot begin there, or nothing comes before.
pub fn begun_at(plan: &Plan, name: &str) -> Option<(Vec<Known>, Plan)> {
    let ids = || (0..).map(NodeId).zip(&plan.nodes);
    let (at, _) = ids().find(|(_, node)| node.name == name)?;
    let graph = Graph::new(plan);
    let before = ids().filter(|(id, node)| node.skip == Skip::No && graph.is_before(*id, at));
    let known = before.flat_map(|(_, node)| {
        let gives = node.gives().into_iter();
        gives.map(|value| Known {
            step: node.name.clone(),
            name: value.to_owned(),
            value: format!("known-of-{}", node.base_name()),
        })
    });
    let known: Vec<Known> = known.collect();
    let begun = begin_at(plan, name, &known).ok()?;
    begun.beginning()?;
    Some((known, begun))
}
