//! What is changed in a simulated world: of each step and bracket nothing, a
//! part or all.

use std::collections::{BTreeMap, BTreeSet};

use super::stores::{Stores, Thing, things};
use crate::machine::event::{Activity, Part};
use crate::plan::{NodeId, NodeKind, Plan};

/// How much of a change is in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Effect {
    #[default]
    None,
    Partial,
    Full,
}

impl Effect {
    pub const ALL: [Effect; 3] = [Effect::None, Effect::Partial, Effect::Full];
}

/// The changes that are in place. What is not there has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    of: BTreeMap<NodeId, Effect>,
    /// Steps that were run over what an attempt had left, and do not say that
    /// they may be.
    pub run_over: Vec<NodeId>,
    /// By whose undo each change was taken back.
    taken_back_by: BTreeMap<NodeId, NodeId>,
    /// Steps whose change was taken back by two undos.
    undone_over: Vec<NodeId>,
    stores: Stores,
}

/// What an activity changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Nothing,
    /// Puts this one's change in place.
    Makes(NodeId),
    /// Takes the changes of these back.
    Unmakes(Vec<NodeId>),
}

impl Effects {
    /// Before the run.
    pub fn before(plan: &Plan) -> Effects {
        Effects {
            stores: Stores::before(plan),
            ..Effects::default()
        }
    }

    pub fn of(&self, node: NodeId) -> Effect {
        self.of.get(&node).copied().unwrap_or_default()
    }

    fn set(&mut self, node: NodeId, effect: Effect) {
        self.of.insert(node, effect);
    }

    /// An activity came so far: `Full` is all of what it is for.
    pub fn apply(&mut self, plan: &Plan, activity: Activity, done: Effect) {
        let target = target(plan, activity);
        let is_changed = |node: NodeId| self.of.get(&node).is_some_and(|it| *it != Effect::None);
        self.stores.apply(plan, &target, done, is_changed);
        match target {
            Target::Nothing => {}
            Target::Makes(node) => {
                let before = self.of(node);
                if before != Effect::None && !may_run_over(plan, node) {
                    self.run_over.push(node);
                }
                self.set(node, before.max(done));
                self.taken_back_by.remove(&node);
            }
            Target::Unmakes(nodes) => {
                for node in nodes {
                    let left = match (self.of(node), done) {
                        (Effect::None, _) | (_, Effect::Full) => Effect::None,
                        (before, Effect::None) => before,
                        (_, Effect::Partial) => Effect::Partial,
                    };
                    self.set(node, left);
                    if let NodeKind::Step(_) = &plan.nodes[node.index()].kind {
                        self.taken_back(node, activity.node, done);
                    }
                }
            }
        }
    }
}

impl Effects {
    /// What lies in the things that are touched.
    pub fn stores(&self) -> &Stores {
        &self.stores
    }

    /// Steps whose change was taken back by two undos.
    pub fn undone_over(&self) -> &[NodeId] {
        &self.undone_over
    }

    fn taken_back(&mut self, node: NodeId, by: NodeId, done: Effect) {
        if let Some(before) = self.taken_back_by.get(&node)
            && *before != by
        {
            self.undone_over.push(node);
        } else if done == Effect::Full && self.of.contains_key(&node) {
            self.taken_back_by.insert(node, by);
        }
    }
}

fn may_run_over(plan: &Plan, node: NodeId) -> bool {
    match &plan.nodes[node.index()].kind {
        NodeKind::Step(step) => step.repeatable,
        _a_bracket => false,
    }
}

/// What an activity changes.
pub fn target(plan: &Plan, activity: Activity) -> Target {
    let node = activity.node;
    match (activity.part, &plan.nodes[node.index()].kind) {
        (Part::Forward, NodeKind::Step(_) | NodeKind::Enter(_)) => Target::Makes(node),
        (Part::Forward, NodeKind::Leave { enter }) => Target::Unmakes(vec![*enter]),
        (Part::Undo(_), NodeKind::Step(_)) => Target::Unmakes(vec![node]),
        (Part::Undo(_), NodeKind::Open(_)) => Target::Unmakes(covered_by(plan, node)),
        (Part::Undo(alternative), NodeKind::Enter(enter)) => {
            let of_block = enter.undo.as_ref().map_or(0, |undo| undo.attempts.len());
            if (alternative as usize) < of_block {
                Target::Unmakes(covered_by(plan, node))
            } else {
                Target::Unmakes(vec![node])
            }
        }
        _looks_only => Target::Nothing,
    }
}

/// The things that an activity has its hands on.
pub fn things_of(plan: &Plan, activity: Activity) -> BTreeSet<Thing> {
    let nodes = match target(plan, activity) {
        Target::Nothing => Vec::new(),
        Target::Makes(node) => vec![node],
        Target::Unmakes(nodes) => nodes,
    };
    let touched = nodes.into_iter().flat_map(|node| things(plan, node));
    touched.map(|(thing, _)| thing).collect()
}

/// The steps that a block's rollback undoes: all inside it, and not in a block
/// with a rollback of its own.
pub fn covered_by(plan: &Plan, block: NodeId) -> Vec<NodeId> {
    let covered = (0_u32..)
        .zip(&plan.nodes)
        .filter(|(_, node)| matches!(node.kind, NodeKind::Step(_)))
        .filter(|(_, node)| innermost_undone_block(plan, node.block) == Some(block));
    covered.map(|(index, _)| NodeId(index)).collect()
}

fn innermost_undone_block(plan: &Plan, from: Option<NodeId>) -> Option<NodeId> {
    let mut at = from;
    while let Some(block) = at {
        let node = &plan.nodes[block.index()];
        let undo = match &node.kind {
            NodeKind::Open(open) => open.undo.as_ref(),
            NodeKind::Enter(enter) => enter.undo.as_ref(),
            _not_a_block => None,
        };
        if undo.is_some() {
            return at;
        }
        at = node.block;
    }
    None
}
