//! The way back at a point of an outline, in one or two lines.

use super::Outline;
use crate::plan::{Node, NodeId, NodeKind, Plan, WayBack};
use crate::simulate::outlook::Return;

/// A way back of more parts than this is told by the one before it.
const WRITTEN_OUT: usize = 6;
/// With more changing steps than this, the way back is shown only at the end of
/// each phase.
const MANY: usize = 200;

/// The points of a plan at which its way back is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Points {
    pub nodes: Vec<NodeId>,
    /// Whether that is each point at which it changes.
    pub all: bool,
}

/// Where the way back changes: at each thing that can be undone.
pub fn points(plan: &Plan) -> Points {
    let order = super::in_order(plan);
    let changing = |id: &NodeId| changes(&plan.nodes[id.index()]) && plan.ending_of(*id).is_none();
    let nodes: Vec<NodeId> = order.into_iter().filter(changing).collect();
    if nodes.len() <= MANY {
        return Points { nodes, all: true };
    }
    let mut last_of_block = std::collections::BTreeMap::new();
    for node in nodes {
        last_of_block.insert(plan.blocks_around(node).get(1).copied(), node);
    }
    let mut nodes: Vec<NodeId> = last_of_block.into_values().collect();
    nodes.truncate(MANY);
    Points { nodes, all: false }
}

fn changes(node: &Node) -> bool {
    if node.skip.is_skipped() {
        return false;
    }
    match &node.kind {
        NodeKind::Step(step) => !matches!(step.way_back, WayBack::Harmless(_)),
        NodeKind::Enter(_) | NodeKind::Leave { .. } => true,
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. } => false,
    }
}

impl Outline<'_> {
    /// The way back from a node, if it is known.
    pub(super) fn way_back(&mut self, id: NodeId, depth: usize) {
        let Some(way) = self.ways_back.get(&id) else {
            return;
        };
        let mut text = if way.returns.is_empty() {
            "way back from here: nothing to undo".to_owned()
        } else {
            format!(
                "way back from here: {}",
                self.way_in_words(id, &way.returns)
            )
        };
        if let Some(limit) = way.at_most(self.plan).filter(|limit| *limit > 0) {
            text += &format!("  (at most {})", crate::export::words::millis(limit));
        }
        for point in way.back_to.iter().filter(|point| **point != id) {
            let name = &self.plan.nodes[point.index()].name;
            text += &format!("  (no further: {name} is a point of no return)");
        }
        let text = crate::problem::render::neutral::one_line(&text).into_owned();
        let text = self.emphasis.faint(&text);
        self.styled(depth, &text);
    }

    fn way_in_words(&self, id: NodeId, way: &[Vec<Return>]) -> String {
        let parts = |way: &[Vec<Return>]| -> String {
            let parts: Vec<String> = way
                .iter()
                .enumerate()
                .map(|(at, together)| format!("{}. {}", at + 1, self.together(together)))
                .collect();
            parts.join("  ")
        };
        if way.len() <= WRITTEN_OUT {
            return parts(way);
        }
        match self.same_rest(id, way) {
            Some((new, number)) => format!("{}  then as from {number}", parts(&way[..new])),
            None => parts(way),
        }
    }

    /// The point before this one that has the longest end of this way back:
    /// how many parts come before that end, and the point's number.
    fn same_rest(&self, id: NodeId, way: &[Vec<Return>]) -> Option<(usize, usize)> {
        let own = self.numbers[id.index()]?;
        let earlier = self.ways_back.iter().filter_map(|(node, other)| {
            let number = self.numbers[node.index()].filter(|number| *number < own)?;
            let new = way.len().checked_sub(other.returns.len())?;
            let same = way[new..] == other.returns[..];
            (same && (1..WRITTEN_OUT).contains(&new)).then_some((new, number))
        });
        earlier.min()
    }

    fn together(&self, together: &[Return]) -> String {
        let names: Vec<String> = together
            .iter()
            .map(|it| return_name(self.plan, *it))
            .collect();
        names.join(" and ")
    }
}

/// `migrate`, `all of deploy`, `leave maintenance`, `finish drop`.
pub fn return_name(plan: &Plan, it: Return) -> String {
    match it {
        Return::Finish(node) => format!("finish {}", plan.nodes[node.index()].name),
        Return::Undo(id) => {
            let node = &plan.nodes[id.index()];
            match &node.kind {
                NodeKind::Enter(_) => format!("leave {}", node.name),
                NodeKind::Open(_) if node.block.is_none() => "everything".to_owned(),
                NodeKind::Open(_) => format!("all of {}", node.name),
                NodeKind::Close { .. }
                | NodeKind::Step(_)
                | NodeKind::Check(_)
                | NodeKind::Gate(_)
                | NodeKind::Notify { .. }
                | NodeKind::Postmortem { .. }
                | NodeKind::Leave { .. } => node.name.clone(),
            }
        }
    }
}
