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

    /// The ending that a node belongs to; `None` for the release itself.
    pub fn ending_of(&self, id: NodeId) -> Option<&Ending> {
        let outermost = *self.blocks_around(id).first()?;
        self.endings.iter().find(|ending| ending.open == outermost)
    }
}
