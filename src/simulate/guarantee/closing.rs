//! The resting states: what is in place when a run is closed, and what is said
//! about it.

use std::collections::BTreeSet;

use super::owed::Unit;
use super::{Audit, Settled};
use crate::machine::event::Outcome;
use crate::machine::{NodeState, Summary};
use crate::plan::{NodeId, NodeKind, WayBack};
use crate::simulate::faults::{Closing, Effect, FaultyWorld, Loss};

impl Audit<'_> {
    pub(super) fn closings(&mut self, world: &FaultyWorld) {
        for why in world.helpless() {
            self.breach(why.clone());
        }
        for node in &world.effects().run_over {
            let name = self.name(*node).to_owned();
            self.breach(format!(
                "`{name}` is not repeatable, and was run over what it had left"
            ));
        }
        for node in world.effects().undone_over() {
            let name = self.name(*node).to_owned();
            self.breach(format!("two undos took back `{name}`"));
        }
        let settled = std::mem::take(&mut self.settled);
        for (settled, closing) in settled.iter().zip(world.closings()) {
            match settled.outcome {
                Outcome::Waiting => {}
                Outcome::Succeeded => self.all_is_in_place(settled, closing),
                Outcome::Stopped
                | Outcome::RolledBack
                | Outcome::RollbackIncomplete
                | Outcome::Frozen => self.all_is_taken_back(settled, closing),
            }
        }
    }

    fn all_is_in_place(&mut self, settled: &Settled, closing: &Closing) {
        let undone = settled.undone.iter().map(|unit| unit.node);
        if let Some(undone) = undone
            .into_iter()
            .find(|node| !settled.aside.contains(node))
        {
            let name = self.name(undone).to_owned();
            self.breach(format!("it succeeded, and `{name}` was undone"));
        }
        self.rounds_aside_are_undone(settled, closing);
        for loss in closing.effects.stores().lost() {
            if settled.aside.contains(&loss.by) && !loss.saved {
                self.lost_for_good(loss);
            }
        }
        for (index, node) in (0_u32..).zip(&self.plan.clone().nodes) {
            let id = NodeId(index);
            let effect = closing.effects.of(id);
            if settled.aside.contains(&id) {
                continue;
            }
            let fits = match (&node.kind, settled.states[id.index()]) {
                (NodeKind::Step(_), NodeState::Done) => effect == Effect::Full,
                (NodeKind::Step(_), NodeState::Skipped) => effect == Effect::None,
                (NodeKind::Step(_), NodeState::PassedOver | NodeState::AlreadyDone) => true,
                (NodeKind::Step(_), _) => self.is_in_ending(id),
                (NodeKind::Enter(_), _) => effect == Effect::None,
                _changes_nothing => true,
            };
            if !fits {
                let state = settled.states[id.index()];
                self.breach(format!(
                    "it succeeded, and `{}` is {state:?} with its change {effect:?}",
                    node.name
                ));
            }
        }
    }

    fn is_in_ending(&self, node: NodeId) -> bool {
        let mut at = node;
        while let Some(block) = self.plan.nodes[at.index()].block {
            at = block;
        }
        self.plan.endings.iter().any(|ending| ending.open == at)
    }

    fn all_is_taken_back(&mut self, settled: &Settled, closing: &Closing) {
        let summary = &closing.summary;
        self.listed_rightly(settled, summary);
        let listed: BTreeSet<NodeId> = [&summary.kept, &summary.undo_failed, &summary.passed_over]
            .into_iter()
            .flatten()
            .copied()
            .collect();
        for (node, unit) in &settled.owed.covered {
            let effect = closing.effects.of(*node);
            if effect != Effect::None && summary.left.contains(node) {
                if !settled.may_stay.contains(node) {
                    let name = self.name(*node).to_owned();
                    self.breach(format!("`{name}` stays, and no loop's rule says so"));
                }
                continue;
            }
            if effect != Effect::None && !listed.contains(&unit.node) {
                let name = self.name(*node).to_owned();
                self.breach(format!(
                    "`{name}` stays {effect:?}, and it is not said that it does"
                ));
            }
        }
        self.nothing_is_lost(settled, closing);
        self.nothing_else_is_in_place(settled, closing);
        self.behind_is_as_it_was(settled, closing);
        let expected = expected_outcome(settled, summary);
        if settled.outcome != expected {
            self.breach(format!(
                "the outcome is {}, and it should be {}",
                settled.outcome.name(),
                expected.name()
            ));
        }
    }

    /// What was destroyed is there again, but for what a point of no return
    /// says is gone, and for what the summary says is left.
    fn nothing_is_lost(&mut self, settled: &Settled, closing: &Closing) {
        let summary = &closing.summary;
        let points = settled.owed.points.iter();
        let points: Vec<NodeId> = points.copied().collect();
        for loss in closing.effects.stores().lost() {
            let is_behind =
                |point: &NodeId| *point == loss.by || self.graph.is_before(loss.by, *point);
            let covered = settled.owed.covered.iter();
            let mut unit = covered.filter(|(node, _)| *node == loss.by);
            let listed = [&summary.kept, &summary.undo_failed, &summary.passed_over];
            let is_listed = unit
                .any(|(_, unit)| listed.iter().any(|list| list.contains(&unit.node)))
                || listed.iter().any(|list| list.contains(&loss.by));
            let stays = settled.may_stay.contains(&loss.by);
            let is_undone = closing.effects.of(loss.by) == Effect::None;
            if (is_undone || !loss.saved) && !is_listed && !stays && !points.iter().any(is_behind) {
                self.lost_for_good(loss);
            }
        }
    }

    fn lost_for_good(&mut self, loss: &Loss) {
        let name = self.name(loss.by).to_owned();
        let thing = &loss.thing.resource;
        self.breach(format!(
            "`{name}` destroyed `{thing}`, and nothing had saved it"
        ));
    }

    /// The summary says of each undo that was owed what came of it.
    fn listed_rightly(&mut self, settled: &Settled, summary: &Summary) {
        let stays = |unit: &&Unit| {
            let mut covered = settled.owed.covered.iter().filter(|(_, by)| by == *unit);
            !covered.all(|(node, _)| summary.left.contains(node))
        };
        for unit in settled.owed.units.iter().filter(stays) {
            let is_done = settled.undone.contains(unit);
            let said = [&summary.kept, &summary.undo_failed, &summary.passed_over];
            let is_left = said.iter().any(|list| list.contains(&unit.node));
            let other = Unit {
                is_leave: !unit.is_leave,
                ..*unit
            };
            // A bracket's block may be undone and its `leave` fail, or the
            // other way round, in a round that was taken back before.
            let shares = settled.owed.units.contains(&other) || settled.given_up.contains(&other);
            if is_done == is_left && !shares {
                let name = self.name(unit.node).to_owned();
                self.breach(format!(
                    "`{name}` is undone: {is_done}; said to be left: {is_left}"
                ));
            }
            if is_done && !is_left && !shares && !summary.undone.contains(&unit.node) {
                let name = self.name(unit.node).to_owned();
                self.breach(format!("it is not said that `{name}` was undone"));
            }
        }
        let nodes: BTreeSet<NodeId> = settled.owed.units.iter().map(|unit| unit.node).collect();
        let mut said = summary.undone.iter().chain(&summary.kept);
        if let Some(extra) = said.find(|node| {
            !nodes.contains(node)
                && !settled.owed.unfinished.contains(node)
                && !settled.undone.iter().any(|unit| unit.node == **node)
        }) {
            let name = self.name(*extra).to_owned();
            self.breach(format!(
                "`{name}` is said to be undone or kept, and was not"
            ));
        }
        for kept in &summary.kept {
            let mut failed = summary.undo_failed.iter();
            if !failed.any(|failed| self.graph.is_before(*kept, *failed)) {
                let name = self.name(*kept).to_owned();
                self.breach(format!(
                    "`{name}` is kept, and no undo that failed may need it"
                ));
            }
        }
    }

    /// Only what was started has changed anything.
    fn nothing_else_is_in_place(&mut self, settled: &Settled, closing: &Closing) {
        for (index, node) in (0_u32..).zip(&self.plan.clone().nodes) {
            let id = NodeId(index);
            let harmless = match &node.kind {
                NodeKind::Step(step) => matches!(step.way_back, WayBack::Harmless(_)),
                _not_a_step => false,
            };
            let known = harmless
                || settled.owed.behind.contains(&id)
                || settled.owed.covered.iter().any(|(node, _)| *node == id);
            let effect = closing.effects.of(id);
            if effect != Effect::None && !known {
                self.breach(format!("`{}` is {effect:?}, and nobody owns it", node.name));
            }
        }
    }

    /// What is at or before a point of no return stays; the point itself is
    /// finished, unless that failed, or a person or a loop's rule let it be.
    fn behind_is_as_it_was(&mut self, settled: &Settled, closing: &Closing) {
        let behind = settled.owed.behind.iter();
        for node in behind.filter(|node| !settled.aside.contains(node)) {
            let effect = closing.effects.of(*node);
            let done = settled.completed.contains(node);
            let is_point =
                settled.owed.points.contains(node) || settled.owed.unfinished.contains(node);
            let said = &closing.summary;
            let said = [&said.undo_failed, &said.kept, &said.passed_over, &said.left];
            let is_said = said.iter().any(|list| list.contains(node));
            if effect != Effect::Full && (done || (is_point && !is_said)) {
                let name = self.name(*node).to_owned();
                self.breach(format!(
                    "`{name}` is at or before a point of no return, and is {effect:?}"
                ));
            }
        }
    }
}

fn expected_outcome(settled: &Settled, summary: &Summary) -> Outcome {
    let is_left =
        !summary.kept.is_empty() || !summary.undo_failed.is_empty() || !summary.left.is_empty();
    let changed = !settled.owed.units.is_empty() || !settled.undone.is_empty();
    if is_left {
        Outcome::RollbackIncomplete
    } else if !settled.owed.points.is_empty() {
        Outcome::Frozen
    } else if !changed {
        Outcome::Stopped
    } else if settled.check_failed {
        Outcome::RollbackIncomplete
    } else {
        Outcome::RolledBack
    }
}
