//! What lies in the things that steps say they touch: what was destroyed, what
//! was saved before, and whose undo no longer has what it would take back.

use std::collections::{BTreeMap, BTreeSet};

use super::Effect;
use super::effects::Target;
use crate::plan::{NodeId, NodeKind, Plan, Skip, Touch, TouchKind};

/// A resource where it lies: each machine has what it is called by of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Thing {
    host: Option<String>,
    pub resource: String,
}

/// A thing that somebody destroyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    pub thing: Thing,
    pub by: NodeId,
    /// Whether something had saved it by then.
    pub saved: bool,
}

/// The state of all things.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stores {
    /// What is saved, and by whom. Where a copy lies makes no difference.
    saved: BTreeSet<(String, NodeId)>,
    /// What is destroyed and not brought back.
    lost: Vec<Loss>,
    /// Whose change was made in something that was destroyed later, and by whom.
    without_ground: BTreeMap<NodeId, BTreeSet<(Thing, NodeId)>>,
}

impl Stores {
    /// Before the run: what is taken as done has saved what it saves.
    pub(super) fn before(plan: &Plan) -> Stores {
        let mut stores = Stores::default();
        let nodes = (0..).map(NodeId).zip(&plan.nodes);
        for (id, _) in nodes.filter(|(_, it)| matches!(it.skip, Skip::TakenAsDone(_))) {
            let saves = things(plan, id).filter(|(_, how)| *how == TouchKind::Saves);
            stores
                .saved
                .extend(saves.map(|(thing, _)| (thing.resource, id)));
        }
        stores
    }

    /// What is destroyed and was not brought back.
    pub fn lost(&self) -> &[Loss] {
        &self.lost
    }

    /// What an undo of this node's change would need, and who destroyed it.
    pub fn missing_to(&self, node: NodeId) -> impl Iterator<Item = &(Thing, NodeId)> {
        self.without_ground.get(&node).into_iter().flatten()
    }

    /// A change came so far; `changed` are those that are in place.
    pub(super) fn apply(
        &mut self,
        plan: &Plan,
        target: &Target,
        done: Effect,
        changed: impl Fn(NodeId) -> bool,
    ) {
        if done == Effect::None {
            return;
        }
        match target {
            Target::Nothing => {}
            Target::Makes(node) => self.made(plan, *node, done, changed),
            Target::Unmakes(nodes) => self.unmade(plan, nodes, done),
        }
    }

    fn made(&mut self, plan: &Plan, node: NodeId, done: Effect, changed: impl Fn(NodeId) -> bool) {
        for (thing, how) in things(plan, node) {
            match how {
                TouchKind::Changes => {}
                TouchKind::Saves if done == Effect::Full => {
                    self.saved.insert((thing.resource, node));
                }
                TouchKind::Saves => {}
                TouchKind::Destroys => self.destroyed(plan, thing, node, &changed),
            }
        }
    }

    fn destroyed(
        &mut self,
        plan: &Plan,
        thing: Thing,
        by: NodeId,
        changed: &impl Fn(NodeId) -> bool,
    ) {
        let known = |loss: &Loss| loss.by == by && loss.thing == thing;
        if !self.lost.iter().any(known) {
            let saved = self.is_saved(&thing.resource);
            self.lost.push(Loss {
                thing: thing.clone(),
                by,
                saved,
            });
        }
        let nodes = (0_u32..).map(NodeId).take(plan.nodes.len());
        for node in nodes.filter(|node| *node != by && changed(*node)) {
            let is_step = matches!(plan.nodes[node.index()].kind, NodeKind::Step(_));
            let is_in_it = |(it, how): (Thing, TouchKind)| it == thing && how == TouchKind::Changes;
            if is_step && things(plan, node).any(is_in_it) {
                let ground = self.without_ground.entry(node).or_default();
                ground.insert((thing.clone(), by));
            }
        }
    }

    fn unmade(&mut self, plan: &Plan, nodes: &[NodeId], done: Effect) {
        if done == Effect::Full {
            let brought_back = |loss: &Loss, saved: &BTreeSet<(String, NodeId)>| {
                let mut copies = saved.iter();
                nodes.contains(&loss.by) && copies.any(|(it, _)| *it == loss.thing.resource)
            };
            let saved = &self.saved;
            self.lost.retain(|loss| !brought_back(loss, saved));
            let lost = &self.lost;
            let still = |(thing, by): &(Thing, NodeId)| {
                lost.iter()
                    .any(|loss| loss.by == *by && loss.thing == *thing)
            };
            for ground in self.without_ground.values_mut() {
                ground.retain(|it| still(it));
            }
        }
        // A copy that is being taken away is no copy.
        for node in nodes {
            let saves = |(_, how): &(Thing, TouchKind)| *how == TouchKind::Saves;
            for (thing, _) in things(plan, *node).filter(saves) {
                self.saved.remove(&(thing.resource, *node));
            }
        }
    }

    fn is_saved(&self, resource: &str) -> bool {
        self.saved.iter().any(|(it, _)| it == resource)
    }
}

/// The things that a step or a bracket says it touches, and how.
pub fn things(plan: &Plan, node: NodeId) -> impl Iterator<Item = (Thing, TouchKind)> {
    let (host, touches): (_, &[Touch]) = match &plan.nodes[node.index()].kind {
        NodeKind::Step(step) => (&step.task.host, &step.touches),
        NodeKind::Enter(enter) => (&enter.task.host, &enter.touches),
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Leave { .. } => (&None, &[]),
    };
    touches.iter().map(move |touch| {
        let thing = Thing {
            host: host.clone(),
            resource: touch.resource.clone(),
        };
        (thing, touch.how)
    })
}
