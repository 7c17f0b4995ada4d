//! What stands between a mistake and a point of no return.

use crate::plan::graph::Graph;
use crate::plan::{GateElse, NodeId, NodeKind, Plan};

impl Plan {
    /// The gates before a node that keep it from being done while they stay shut,
    /// in the order of the text; whether they are skipped is not asked.
    pub fn guards(&self, graph: &Graph, node: NodeId) -> Vec<NodeId> {
        let ids = (0..).map(NodeId).zip(&self.nodes);
        let guards = ids.filter(|(id, gate)| {
            matches!(&gate.kind, NodeKind::Gate(kind) if kind.otherwise != GateElse::Continue)
                && graph.is_before(*id, node)
                && !self.is_tolerated(*id, node)
        });
        guards.map(|(id, _)| id).collect()
    }

    /// Whether a round that may fail while the others go on holds one node and not
    /// the other, which comes after it.
    pub fn is_tolerated(&self, from: NodeId, user: NodeId) -> bool {
        self.rounds_around(from).into_iter().any(|id| {
            let tolerates = self.rounds_of(id.open).is_some_and(|it| it.tolerate > 0);
            let round = self.round(id);
            tolerates && round.is_some_and(|round| !round.contains(user))
        })
    }
}
