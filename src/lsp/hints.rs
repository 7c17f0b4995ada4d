//! What the plan knows and the text does not say, at its place in the text: when
//! a step is undone, and what guards a point of no return.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::documents::Document;
use crate::plan::graph::Graph;
use crate::plan::{GateElse, Node, NodeId, NodeKind, Plan, WayBack};
use crate::source::{FileId, Span};

pub fn hints(document: &Document, start: usize, end: usize) -> Value {
    let plan = &document.analysis.plan;
    let graph = Graph::new(plan);
    if graph.has_cycle() {
        return json!([]);
    }
    let undone = order_of_undoing(plan);
    let count = undone.len();
    let mut told: BTreeMap<usize, (String, String)> = BTreeMap::new();
    for (order, id) in undone.into_iter().enumerate() {
        let node = &plan.nodes[id.index()];
        if let Some(place) = name_of(document, node) {
            let label = format!("undone {} of {count}", order + 1);
            let why = "when everything that this runbook changes is taken back";
            // Of the rounds of a loop the one that is undone first is told.
            told.entry(place).or_insert((label, why.to_owned()));
        }
    }
    for (id, node) in nodes(plan) {
        let NodeKind::Step(step) = &node.kind else {
            continue;
        };
        if !matches!(step.way_back, WayBack::Irreversible { .. }) {
            continue;
        }
        let Some(place) = name_of(document, node) else {
            continue;
        };
        let gates = guards(plan, &graph, id);
        let (label, why) = match gates.last() {
            Some(gate) => (
                format!("point of no return, guarded by {gate}"),
                format!("before it: {}", gates.join(", ")),
            ),
            None => (
                "point of no return, unguarded".to_owned(),
                "no gate stands before it".to_owned(),
            ),
        };
        told.insert(place, (label, why));
    }
    let here = told
        .into_iter()
        .filter(|(at, _)| start <= *at && *at <= end);
    here.map(|(at, (label, why))| {
        json!({
            "position": document.encoding.position(document.file(), at),
            "label": label,
            "tooltip": why,
            "paddingLeft": true,
        })
    })
    .collect()
}

fn nodes(plan: &Plan) -> impl Iterator<Item = (NodeId, &Node)> {
    (0..).map(NodeId).zip(&plan.nodes)
}

/// What has a way back of its own, in the order in which all would be undone:
/// the order of the graph reversed, and where that leaves it open the text's.
fn order_of_undoing(plan: &Plan) -> Vec<NodeId> {
    let mut left: Vec<usize> = plan.nodes.iter().map(|node| node.needs.len()).collect();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); plan.nodes.len()];
    for (at, node) in plan.nodes.iter().enumerate() {
        for need in &node.needs {
            needed_by[need.index()].push(at);
        }
    }
    let ready = left.iter().enumerate().filter(|(_, left)| **left == 0);
    let mut ready: std::collections::BTreeSet<usize> = ready.map(|(at, _)| at).collect();
    let mut order = Vec::new();
    while let Some(at) = ready.pop_first() {
        order.push(at);
        for next in &needed_by[at] {
            left[*next] -= 1;
            if left[*next] == 0 {
                ready.insert(*next);
            }
        }
    }
    let undone = order.into_iter().rev();
    let undone = undone.filter(|at| has_undo(&plan.nodes[*at].kind));
    undone
        .filter_map(|at| u32::try_from(at).ok().map(NodeId))
        .collect()
}

fn has_undo(kind: &NodeKind) -> bool {
    match kind {
        NodeKind::Step(step) => matches!(step.way_back, WayBack::Own(_)),
        NodeKind::Open(block) => block.undo.is_some(),
        NodeKind::Enter(enter) => enter.undo.is_some(),
        NodeKind::Close { .. }
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Leave { .. } => false,
    }
}

/// The gates that surely come before a node and keep it from running, by name.
fn guards(plan: &Plan, graph: &Graph, point: NodeId) -> Vec<String> {
    let gates = nodes(plan).filter(|(id, node)| {
        let stops = match &node.kind {
            NodeKind::Gate(gate) => gate.otherwise != GateElse::Continue,
            _no_gate => false,
        };
        stops && graph.is_before(*id, point)
    });
    gates.map(|(_, node)| node.name.clone()).collect()
}

/// Where the name of a node's statement ends in the document; the end of its
/// keyword where it has none.
fn name_of(document: &Document, node: &Node) -> Option<usize> {
    let origin = node.origin;
    let whole = Span {
        file: FileId(origin.file),
        start: origin.start,
        end: origin.end,
    };
    if whole.file != document.analysis.file {
        return None;
    }
    let text = document.file().slice(whole);
    let line = text.lines().next()?;
    let head = line.split([' ', '\t']).take(2).collect::<Vec<_>>();
    let is_block = matches!(node.kind, NodeKind::Open(_));
    let named = !is_block || head.first() == Some(&"phase");
    let length = match (named, &head[..]) {
        (true, [keyword, name]) => keyword.len() + 1 + name.trim_end_matches('{').len(),
        (_, [keyword, ..]) => keyword.len(),
        (_, []) => return None,
    };
    Some(whole.range().start + length)
}
