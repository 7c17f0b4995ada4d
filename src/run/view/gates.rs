//! Gates that are waited at, for views that tell how far they are.

use std::collections::BTreeMap;

use crate::machine::{Machine, NodeState};
use crate::plan::{Millis, NodeId, NodeKind};

/// The gates that are waited at, each with when this was first seen.
#[derive(Debug, Default)]
pub(super) struct Gates(BTreeMap<NodeId, Millis>);

impl Gates {
    /// Takes in what the last fact changed.
    pub fn keep(&mut self, now: Millis, machine: &Machine) {
        for (id, node) in (0..).map(NodeId).zip(&machine.plan().nodes) {
            if !matches!(node.kind, NodeKind::Gate(_)) {
                continue;
            }
            let state = machine.node_state(id);
            if matches!(state, NodeState::Running | NodeState::Asking) {
                self.0.entry(id).or_insert(now);
            } else {
                self.0.remove(&id);
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (NodeId, Millis)> {
        self.0.iter().map(|(gate, since)| (*gate, *since))
    }
}
