//! Which blocks a node stands in.

use crate::plan::{Ending, NodeId, NodeKind, Plan};

impl Plan {
    /// The blocks around a node, the outermost first; a block's own two nodes
    /// stand inside it.
    pub fn blocks_around(&self, id: NodeId) -> Vec<NodeId> {
        let node = &self.nodes[id.index()];
        let mut at = match &node.kind {
            NodeKind::Open(_) | NodeKind::Enter(_) => Some(id),
            NodeKind::Close { open } => Some(*open),
            NodeKind::Leave { enter } => Some(*enter),
            NodeKind::Step(_)
            | NodeKind::Check(_)
            | NodeKind::Gate(_)
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. } => node.block,
        };
        let mut blocks = Vec::new();
        while let Some(block) = at {
            blocks.push(block);
            at = self.nodes[block.index()].block;
        }
        blocks.reverse();
        blocks
    }

    /// Where a block ends: its `Close`, or the `Leave` of a bracket.
    pub fn close_of(&self, open: NodeId) -> Option<NodeId> {
        let mut nodes = (0_u32..).zip(&self.nodes);
        let close = nodes.find(|(_, node)| match &node.kind {
            NodeKind::Close { open: of } => *of == open,
            NodeKind::Leave { enter } => *enter == open,
            NodeKind::Open(_)
            | NodeKind::Step(_)
            | NodeKind::Check(_)
            | NodeKind::Gate(_)
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. }
            | NodeKind::Enter(_) => false,
        });
        close.map(|(at, _)| NodeId(at))
    }

    /// The ending that a node belongs to; `None` for the release itself.
    pub fn ending_of(&self, id: NodeId) -> Option<&Ending> {
        let outermost = *self.blocks_around(id).first()?;
        self.endings.iter().find(|ending| ending.open == outermost)
    }
}
