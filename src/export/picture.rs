//! What a drawing of a plan shows, before any syntax: items in clusters, edges
//! forward and back. Joints that only say "all of these, then all of those" are
//! left out where they join nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::words;
use crate::plan::{
    Block, BlockKind, Enter, Gate, Node, NodeId, NodeKind, Plan, Skip, Step, Undo, Watch, WayBack,
};
use crate::problem::render::neutral;

/// Longer lines of a command are cut: a drawing is an overview.
const LONGEST_LINE: usize = 60;
/// Some that draw refuse texts that are much longer.
const LONGEST_TITLE: usize = 200;
/// More lines of a command than these are left out.
const MOST_LINES: usize = 3;

#[derive(Debug)]
pub(super) struct Picture {
    pub title: String,
    /// Outer ones first.
    pub clusters: Vec<Cluster>,
    pub items: Vec<Item>,
    pub edges: Vec<Edge>,
}

/// A block, drawn around its items.
#[derive(Debug)]
pub(super) struct Cluster {
    pub open: NodeId,
    /// Index in [`Picture::clusters`].
    pub parent: Option<usize>,
    pub label: Vec<String>,
    /// It runs when the outcome is known, behind all else.
    pub is_ending: bool,
}

#[derive(Debug)]
pub(super) struct Item {
    pub id: ItemId,
    /// Index in [`Picture::clusters`].
    pub cluster: Option<usize>,
    pub shape: Shape,
    /// Harmless text, one line each; none for a joint.
    pub label: Vec<String>,
    pub skipped: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ItemId {
    Node(NodeId),
    Watch(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// Changes something and can be undone.
    Step,
    PointOfNoReturn,
    Check,
    Gate,
    /// A bracket's `enter` or `leave`.
    Bracket,
    /// A notification or postmortem.
    Note,
    /// The rollback of a block, where the block begins.
    BlockUndo,
    Watch,
    /// Where branches part or meet.
    Joint,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    pub from: NodeId,
    pub to: NodeId,
    pub kind: EdgeKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EdgeKind {
    /// The second one starts when the first one is done.
    Forward,
    /// The second one is undone when the first one has been.
    Back,
}

impl Picture {
    pub fn of(plan: &Plan) -> Picture {
        let clusters = clusters(plan);
        let inside = |block: Option<NodeId>| {
            block.and_then(|open| clusters.iter().position(|cluster| cluster.open == open))
        };
        let edges = forward_edges(plan);
        let mut shown: BTreeSet<NodeId> = (0u32..).map(NodeId).take(plan.nodes.len()).collect();
        let forward = without_idle_joints(plan, edges, &mut shown);
        let mut items: Vec<Item> = shown
            .iter()
            .map(|id| {
                let node = &plan.nodes[id.index()];
                let own = clusters.iter().position(|cluster| cluster.open == *id);
                item(plan, *id, node, own.or(inside(around(plan, node))))
            })
            .collect();
        items.extend(
            plan.watches
                .iter()
                .enumerate()
                .map(|(at, w)| watch(plan, at, w)),
        );
        Picture {
            title: cut(&neutral::one_line(&plan.title), LONGEST_TITLE),
            items,
            edges: forward.into_iter().chain(back_edges(plan)).collect(),
            clusters,
        }
    }
}

/// The block a node is drawn in: a block's own end is drawn inside it.
fn around(plan: &Plan, node: &Node) -> Option<NodeId> {
    match &node.kind {
        NodeKind::Close { open } => drawn(plan, Some(*open)),
        NodeKind::Leave { enter } => drawn(plan, Some(*enter)),
        NodeKind::Open(_)
        | NodeKind::Step(_)
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Enter(_) => drawn(plan, node.block),
    }
}

/// The innermost block from here outwards that is drawn as a cluster.
fn drawn(plan: &Plan, mut block: Option<NodeId>) -> Option<NodeId> {
    while let Some(id) = block {
        let node = &plan.nodes[id.index()];
        if cluster_label(node).is_some() {
            return Some(id);
        }
        block = node.block;
    }
    None
}

fn clusters(plan: &Plan) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    for (id, node) in nodes(plan) {
        if let Some(label) = cluster_label(node) {
            let outer = drawn(plan, node.block);
            clusters.push(Cluster {
                open: id,
                parent: outer.and_then(|outer| clusters.iter().position(|c| c.open == outer)),
                label: harmless(label.into_iter().chain(words::skip(&node.skip))),
                is_ending: node
                    .opened()
                    .is_some_and(|block| block.kind == BlockKind::Ending),
            });
        }
    }
    clusters
}

fn nodes(plan: &Plan) -> impl Iterator<Item = (NodeId, &Node)> {
    (0u32..).map(NodeId).zip(&plan.nodes)
}

fn cluster_label(node: &Node) -> Option<Vec<String>> {
    match &node.kind {
        NodeKind::Open(block) => block_label(node, block),
        NodeKind::Enter(_) => Some(vec![format!("with {}", node.name)]),
        NodeKind::Close { .. }
        | NodeKind::Step(_)
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Leave { .. } => None,
    }
}

fn block_label(node: &Node, block: &Block) -> Option<Vec<String>> {
    if block.kind == BlockKind::File {
        return None;
    }
    let mut label = vec![words::block_name(block.kind, &node.name)];
    label.extend(node.title.clone());
    label.extend(words::rounds(block));
    label.extend(block.at.map(|at| format!("at {}", words::moment(at))));
    Some(label)
}

fn item(plan: &Plan, id: NodeId, node: &Node, cluster: Option<usize>) -> Item {
    let (shape, mut label) = shape_and_label(plan, node);
    if shape != Shape::Joint {
        label.extend(words::skip(&node.skip));
    }
    Item {
        id: ItemId::Node(id),
        cluster,
        shape,
        label: harmless(label),
        skipped: node.skip != Skip::No,
    }
}

fn shape_and_label(plan: &Plan, node: &Node) -> (Shape, Vec<String>) {
    match &node.kind {
        NodeKind::Open(block) => match &block.undo {
            Some(undo) => (Shape::BlockUndo, block_undo_label(plan, node, undo)),
            None => (Shape::Joint, Vec::new()),
        },
        NodeKind::Close { .. } => (Shape::Joint, Vec::new()),
        NodeKind::Step(step) => step_label(plan, node, step),
        NodeKind::Check(check) => {
            let mut label = vec![format!("check {}", node.name)];
            label.extend(commands(plan, &check.task));
            (Shape::Check, label)
        }
        NodeKind::Gate(gate) => (Shape::Gate, gate_label(plan, node, gate)),
        NodeKind::Notify { messages } => {
            let mut label = vec!["notify".to_owned()];
            label.extend(words::messages(plan, messages));
            (Shape::Note, label)
        }
        NodeKind::Postmortem { path } => {
            let path = words::template_text(plan, path);
            (Shape::Note, vec!["postmortem".to_owned(), path])
        }
        NodeKind::Enter(enter) => (Shape::Bracket, enter_label(plan, node, enter)),
        NodeKind::Leave { enter } => {
            let name = &plan.nodes[enter.index()].name;
            let mut label = vec![format!("leave {name}, on every path")];
            if let NodeKind::Enter(enter) = &plan.nodes[enter.index()].kind {
                label.extend(first_attempt(plan, &enter.leave));
            }
            (Shape::Bracket, label)
        }
    }
}

fn step_label(plan: &Plan, node: &Node, step: &Step) -> (Shape, Vec<String>) {
    let mut label = vec![format!("step {}", node.name)];
    label.extend(commands(plan, &step.task));
    match &step.way_back {
        WayBack::Own(undo) => {
            label.push("undo:".to_owned());
            label.extend(first_attempt(plan, undo));
            (Shape::Step, label)
        }
        WayBack::Block(open) => {
            let block = &plan.nodes[open.index()].name;
            label.push(format!("undone with {block}"));
            (Shape::Step, label)
        }
        WayBack::Harmless(why) => {
            label.push(format!("harmless: {why}"));
            (Shape::Step, label)
        }
        WayBack::Irreversible { why, .. } => {
            label.insert(0, "POINT OF NO RETURN".to_owned());
            label.push(why.clone());
            (Shape::PointOfNoReturn, label)
        }
        WayBack::Missing => {
            label.push("NO WAY BACK".to_owned());
            (Shape::PointOfNoReturn, label)
        }
    }
}

fn gate_label(plan: &Plan, node: &Node, gate: &Gate) -> Vec<String> {
    let word = if gate.checklist { "checklist" } else { "gate" };
    let mut label = vec![format!("{word} {}", node.name)];
    if gate.checklist {
        label.push(format!("{} items", gate.conditions.len()));
    } else {
        label.extend(words::gate(plan, gate));
    }
    label.push(words::gate_else(gate.otherwise).to_owned());
    label
}

fn block_undo_label(plan: &Plan, node: &Node, undo: &Undo) -> Vec<String> {
    let what = if node.block.is_none() {
        "everything".to_owned()
    } else {
        format!("all of {}", node.name)
    };
    let mut label = vec![format!("undo of {what}:")];
    label.extend(first_attempt(plan, undo));
    label
}

fn enter_label(plan: &Plan, node: &Node, enter: &Enter) -> Vec<String> {
    let mut label = vec![format!("enter {}", node.name)];
    label.extend(commands(plan, &enter.task));
    if let Some(undo) = &enter.undo {
        label.extend(block_undo_label(plan, node, undo));
    }
    label
}

fn first_attempt(plan: &Plan, undo: &Undo) -> Vec<String> {
    let mut label = undo
        .attempts
        .first()
        .map(|attempt| commands(plan, &attempt.task))
        .unwrap_or_default();
    if undo.attempts.len() > 1 {
        label.push(format!("else {} more", undo.attempts.len() - 1));
    }
    label
}

fn commands(plan: &Plan, task: &crate::plan::Task) -> Vec<String> {
    let mut lines = words::task(plan, task);
    if lines.len() > MOST_LINES {
        lines.truncate(MOST_LINES);
        lines.push("  …".to_owned());
    }
    lines
}

fn watch(plan: &Plan, at: usize, watch: &Watch) -> Item {
    let phases: Vec<&str> = watch
        .during
        .iter()
        .map(|open| plan.nodes[open.index()].name.as_str())
        .collect();
    let head = format!(
        "watch {} during {} every {}",
        watch.name,
        phases.join(", "),
        words::millis(watch.every)
    );
    Item {
        id: ItemId::Watch(at),
        cluster: None,
        shape: Shape::Watch,
        label: harmless(std::iter::once(head).chain(words::watch(watch))),
        skipped: false,
    }
}

/// Lines that are safe to show and not too long.
fn harmless(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    lines
        .into_iter()
        .map(|line| cut(&neutral::one_line(&line), LONGEST_LINE))
        .collect()
}

fn cut(text: &str, longest: usize) -> String {
    let mut letters = text.chars();
    let mut cut: String = letters.by_ref().take(longest).collect();
    if letters.next().is_some() {
        cut.push('…');
    }
    cut
}

type Links = BTreeMap<NodeId, BTreeSet<NodeId>>;

struct Graph {
    before: Links,
    behind: Links,
}

fn forward_edges(plan: &Plan) -> Graph {
    let mut graph = Graph {
        before: Links::new(),
        behind: Links::new(),
    };
    for (id, node) in nodes(plan) {
        for need in &node.needs {
            graph.before.entry(id).or_default().insert(*need);
            graph.behind.entry(*need).or_default().insert(id);
        }
    }
    graph
}

/// Takes joints out that stand between one and several: the edges through them
/// say the same.
fn without_idle_joints(plan: &Plan, mut graph: Graph, shown: &mut BTreeSet<NodeId>) -> Vec<Edge> {
    for (id, node) in nodes(plan) {
        if shape_and_label(plan, node).0 != Shape::Joint {
            continue;
        }
        let before = graph.before.get(&id).cloned().unwrap_or_default();
        let behind = graph.behind.get(&id).cloned().unwrap_or_default();
        if before.len() > 1 && behind.len() > 1 {
            continue;
        }
        shown.remove(&id);
        graph.before.remove(&id);
        graph.behind.remove(&id);
        for from in &before {
            if let Some(links) = graph.behind.get_mut(from) {
                links.remove(&id);
                links.extend(&behind);
            }
        }
        for to in &behind {
            if let Some(links) = graph.before.get_mut(to) {
                links.remove(&id);
                links.extend(&before);
            }
        }
    }
    let pairs = graph
        .behind
        .iter()
        .flat_map(|(from, links)| links.iter().map(|to| (*from, *to)));
    pairs
        .map(|(from, to)| Edge {
            from,
            to,
            kind: EdgeKind::Forward,
        })
        .collect()
}

/// From each thing that can be undone to what is undone after it: the nearest
/// ones before it. Nothing leads back over a point of no return.
fn back_edges(plan: &Plan) -> Vec<Edge> {
    let mut nearest: Vec<Option<BTreeSet<NodeId>>> = vec![None; plan.nodes.len()];
    let mut edges = Vec::new();
    for id in in_order(plan) {
        let node = &plan.nodes[id.index()];
        let mut found = BTreeSet::new();
        for need in &node.needs {
            match returns(&plan.nodes[need.index()]) {
                Returns::Undone => {
                    found.insert(*need);
                }
                Returns::Never => {}
                Returns::Through => {
                    found.extend(nearest[need.index()].iter().flatten());
                }
            }
        }
        if returns(node) == Returns::Undone {
            edges.extend(found.iter().map(|to| Edge {
                from: id,
                to: *to,
                kind: EdgeKind::Back,
            }));
        }
        nearest[id.index()] = Some(found);
    }
    edges
}

#[derive(PartialEq)]
enum Returns {
    Undone,
    /// A point of no return.
    Never,
    /// The way back leads through it.
    Through,
}

fn returns(node: &Node) -> Returns {
    match &node.kind {
        _ if node.skip.is_skipped() => Returns::Through,
        NodeKind::Step(step) => match &step.way_back {
            WayBack::Own(_) => Returns::Undone,
            WayBack::Irreversible { .. } => Returns::Never,
            WayBack::Block(_) | WayBack::Harmless(_) | WayBack::Missing => Returns::Through,
        },
        NodeKind::Open(block) if block.undo.is_some() => Returns::Undone,
        NodeKind::Enter(_) => Returns::Undone,
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Leave { .. } => Returns::Through,
    }
}

/// All nodes, each behind what it needs, else in the order of the text.
pub fn in_order(plan: &Plan) -> Vec<NodeId> {
    let mut missing: Vec<usize> = plan.nodes.iter().map(|node| node.needs.len()).collect();
    let mut behind = vec![Vec::new(); plan.nodes.len()];
    let mut ready = BTreeSet::new();
    for (id, node) in nodes(plan) {
        if node.needs.is_empty() {
            ready.insert(id);
        }
        for need in &node.needs {
            behind[need.index()].push(id);
        }
    }
    let mut order = Vec::with_capacity(plan.nodes.len());
    while let Some(id) = ready.pop_first() {
        order.push(id);
        for next in &behind[id.index()] {
            missing[next.index()] -= 1;
            if missing[next.index()] == 0 {
                ready.insert(*next);
            }
        }
    }
    order
}
