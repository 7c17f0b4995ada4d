//! Rules on ways back that read more than one step, or the text of an undo.

pub(super) mod beside_point_of_no_return;
pub(super) mod block_out_of_order;
pub(super) mod every_round_may_fail;
pub(super) mod failed_round_stays;
pub(super) mod needs_destroyed;
pub(super) mod no_pause;
pub(super) mod not_what_was_before;
pub(super) mod nothing_to_undo;
pub(super) mod only_looks;
pub(super) mod passed_over;
pub(super) mod shares_not_taken_back;
pub(super) mod unverified;

use super::scripts::{Command, Part, Role, of_commands};
use super::{How, Rule, Subject, node_ids, place};
use crate::plan::{Node, NodeId, NodeKind, Step, Touch, WayBack};

/// The node whose undo takes a step back.
fn undone_by(id: NodeId, step: &Step) -> Option<NodeId> {
    match &step.way_back {
        WayBack::Own(_) => Some(id),
        WayBack::Block(open) => Some(*open),
        WayBack::Harmless(_) | WayBack::Irreversible { .. } | WayBack::Missing => None,
    }
}

/// Whether a block is around a node.
fn is_inside(subject: &Subject<'_>, node: NodeId, block: NodeId) -> bool {
    let mut at = subject.node(node).block;
    while let Some(open) = at {
        if open == block {
            return true;
        }
        at = subject.node(open).block;
    }
    false
}
