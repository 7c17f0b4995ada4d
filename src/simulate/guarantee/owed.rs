//! What a way back owes: the undos to run, and the points of no return to
//! finish.

use std::collections::BTreeSet;

use crate::plan::graph::Graph;
use crate::plan::{NodeId, NodeKind, Plan, Skip, Step, WayBack};

/// One undo: a step's or a block's, or a bracket's `leave`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit {
    pub node: NodeId,
    pub is_leave: bool,
}

/// The undo that an attempt belongs to.
pub fn unit_of(plan: &Plan, node: NodeId, alternative: u32) -> Unit {
    let is_leave = match &plan.nodes[node.index()].kind {
        NodeKind::Enter(enter) => {
            let of_block = enter.undo.as_ref().map_or(0, |undo| undo.attempts.len());
            alternative as usize >= of_block
        }
        _not_a_bracket => false,
    };
    Unit { node, is_leave }
}

#[derive(Debug, Clone, Default)]
pub struct Owed {
    pub units: BTreeSet<Unit>,
    /// Points of no return that were cut off, and repeatable steps behind one
    /// that nothing undoes by itself.
    pub unfinished: BTreeSet<NodeId>,
    /// Points of no return that were started, or taken as done.
    pub points: BTreeSet<NodeId>,
    /// Changing steps whose change stays: at or before one of those, or behind
    /// it with no undo of their own.
    pub behind: BTreeSet<NodeId>,
    /// Changing steps that were started, each with the undo that covers it.
    pub covered: Vec<(NodeId, Unit)>,
}

impl Owed {
    pub fn new(
        plan: &Plan,
        graph: &Graph,
        started: &BTreeSet<NodeId>,
        completed: &BTreeSet<NodeId>,
        clean: &BTreeSet<NodeId>,
    ) -> Owed {
        let mut owed = Owed::default();
        let nodes = (0..).map(NodeId).zip(&plan.nodes);
        let taken = nodes.filter(|(_, node)| {
            let point = |step: &Step| matches!(step.way_back, WayBack::Irreversible { .. });
            matches!(node.skip, Skip::TakenAsDone(_)) && node.step().is_some_and(point)
        });
        owed.points.extend(taken.map(|(id, _)| id));
        for node in started {
            if let NodeKind::Step(step) = &plan.nodes[node.index()].kind
                && matches!(step.way_back, WayBack::Irreversible { .. })
            {
                owed.points.insert(*node);
                owed.behind.insert(*node);
                if !completed.contains(node) {
                    owed.unfinished.insert(*node);
                }
            }
        }
        let points = owed.points.clone();
        let is_behind = |node: NodeId| {
            let mut points = points.iter();
            points.any(|point| graph.is_before(node, *point))
        };
        for node in started {
            match &plan.nodes[node.index()].kind {
                NodeKind::Step(step) if !clean.contains(node) => {
                    let by = match &step.way_back {
                        WayBack::Own(_) => *node,
                        WayBack::Block(open) => *open,
                        WayBack::Harmless(_) | WayBack::Irreversible { .. } | WayBack::Missing => {
                            continue;
                        }
                    };
                    let is_lost = is_behind(by) && !is_behind(*node);
                    if is_lost && step.repeatable {
                        owed.behind.insert(*node);
                        if !completed.contains(node) {
                            owed.unfinished.insert(*node);
                        }
                    } else if is_behind(*node) {
                        owed.behind.insert(*node);
                    } else {
                        owed.cover(*node, by, false);
                    }
                }
                NodeKind::Enter(_) if !is_left(plan, *node, completed) => {
                    owed.cover(*node, *node, true);
                }
                _nothing_to_undo => {}
            }
        }
        owed
    }

    fn cover(&mut self, node: NodeId, by: NodeId, is_leave: bool) {
        let unit = Unit { node: by, is_leave };
        self.units.insert(unit);
        self.covered.push((node, unit));
    }
}

/// Whether a bracket's `leave` has run forward to its end.
fn is_left(plan: &Plan, bracket: NodeId, completed: &BTreeSet<NodeId>) -> bool {
    completed.iter().any(|node| {
        matches!(&plan.nodes[node.index()].kind, NodeKind::Leave { enter } if *enter == bracket)
    })
}
