//! A plan as a picture for terminals: its blocks as a tree, in the order of the
//! text.

use std::fmt::Write;

use super::picture::{Cluster, Item, ItemId, Picture, Shape};
use crate::plan::{NodeId, NodeKind, Plan};

/// The plan as lines of text. Signs say what it is, words all the rest.
pub fn tree(plan: &Plan) -> String {
    let picture = Picture::of(plan);
    let mut out = format!("{}\n", picture.title);
    branch(plan, &picture, None, "", &mut out);
    out.push_str("\n■ changes  ◇ gate  ○ looks  ▣ bracket  ✉ tells  ◉ watches\n↩ its way back  ⊘ point of no return\n");
    out
}

enum Child<'p> {
    Item(&'p Item),
    Cluster(usize, &'p Cluster),
}

fn branch(plan: &Plan, picture: &Picture, cluster: Option<usize>, indent: &str, out: &mut String) {
    let children = children(picture, cluster);
    for (at, child) in children.iter().enumerate() {
        let is_last = at + 1 == children.len();
        let (corner, further) = if is_last {
            ("└─ ", "   ")
        } else {
            ("├─ ", "│  ")
        };
        match child {
            Child::Item(item) => {
                // Writing to a string cannot fail.
                let _ = writeln!(out, "{indent}{corner}{}", line(plan, item));
            }
            Child::Cluster(inner, cluster) => {
                let label = cluster.label.join("  ");
                let after = after(plan, cluster.open);
                let _ = writeln!(out, "{indent}{corner}{label}{after}");
                branch(
                    plan,
                    picture,
                    Some(*inner),
                    &format!("{indent}{further}"),
                    out,
                );
            }
        }
    }
}

fn children(picture: &Picture, cluster: Option<usize>) -> Vec<Child<'_>> {
    let items = picture.items.iter();
    let items = items.filter(|item| item.cluster == cluster && item.shape != Shape::Joint);
    let clusters = picture.clusters.iter().enumerate();
    let clusters = clusters.filter(|(_, inner)| inner.parent == cluster);
    let mut children: Vec<Child> = items
        .map(Child::Item)
        .chain(clusters.map(|(at, inner)| Child::Cluster(at, inner)))
        .collect();
    children.sort_by_key(|child| match child {
        Child::Item(item) => match item.id {
            ItemId::Node(node) => (0, node.index()),
            ItemId::Watch(at) => (1, at),
        },
        Child::Cluster(_, inner) => (0, inner.open.index()),
    });
    children
}

fn line(plan: &Plan, item: &Item) -> String {
    let sign = match item.shape {
        Shape::Step => "■",
        Shape::PointOfNoReturn => "⊘",
        Shape::Check => "○",
        Shape::Gate => "◇",
        Shape::Bracket => "▣",
        Shape::Note => "✉",
        Shape::BlockUndo => "↩",
        Shape::Watch => "◉",
        Shape::Joint => "·",
    };
    let mut words = Vec::new();
    for line in &item.label {
        let line = line.trim();
        match line {
            "undo:" => words.push("↩".to_owned()),
            "POINT OF NO RETURN" => {}
            line => words.push(line.to_owned()),
        }
    }
    let after = match item.id {
        ItemId::Node(node) => after(plan, node),
        ItemId::Watch(_) => String::new(),
    };
    format!("{sign} {}{after}", words.join("  "))
}

/// What it waits for, where that is not simply what stands before it.
fn after(plan: &Plan, node: NodeId) -> String {
    let needs = &plan.nodes[node.index()].needs;
    let names: Vec<&str> = needs.iter().map(|need| name(plan, *need)).collect();
    let is_plain = needs.iter().all(|need| is_before(plan, *need, node));
    if is_plain {
        String::new()
    } else {
        format!("  (after {})", names.join(", "))
    }
}

/// Whether a node stands right before another one, opens its block, or stands in
/// the bracket that it leaves.
fn is_before(plan: &Plan, need: NodeId, node: NodeId) -> bool {
    let around = match &plan.nodes[node.index()].kind {
        NodeKind::Leave { enter } => Some(*enter),
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Step(_)
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Enter(_) => plan.nodes[node.index()].block,
    };
    if around == Some(need) {
        return true;
    }
    let before = (0u32..).map(NodeId).take(node.index());
    let mut siblings = before.filter(|id| plan.nodes[id.index()].block == around);
    match &plan.nodes[node.index()].kind {
        // All that ends the bracket.
        NodeKind::Leave { .. } => siblings.any(|sibling| sibling == need),
        _one_of_a_row => siblings.filter(|id| Some(*id) != around).last() == Some(need),
    }
}

fn name(plan: &Plan, node: NodeId) -> &str {
    match &plan.nodes[node.index()].kind {
        NodeKind::Close { open } => &plan.nodes[open.index()].name,
        NodeKind::Open(_)
        | NodeKind::Step(_)
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Enter(_)
        | NodeKind::Leave { .. } => &plan.nodes[node.index()].name,
    }
}
