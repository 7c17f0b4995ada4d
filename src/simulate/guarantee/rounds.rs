//! Rounds that fail while the others go on, and what stays when more of them
//! fail than their loop tolerates. Which those are is worked out from the facts.

use std::collections::BTreeSet;

use super::owed::{Owed, Unit, unit_of};
use super::{Audit, Settled};
use crate::machine::event::{Activity, Completion, Event, Part, Stamped};
use crate::machine::{Mode, NodeState};
use crate::plan::{Breach, NodeId, NodeKind, RoundId};
use crate::simulate::faults::{Closing, Effect};

impl Audit<'_> {
    pub(super) fn is_aside(&self, node: NodeId) -> bool {
        let around = self.plan.rounds_around(node);
        around.iter().any(|id| self.aside.contains(id))
    }

    pub(super) fn nodes_aside(&self) -> BTreeSet<NodeId> {
        let nodes = (0_u32..).map(NodeId).take(self.plan.nodes.len());
        nodes.filter(|node| self.is_aside(*node)).collect()
    }

    /// Which rounds have failed by now. The machine says so; whether it may is
    /// looked at here.
    pub(super) fn rounds_after(&mut self, fact: &Stamped, before: Mode) {
        let now: BTreeSet<RoundId> = self.machine.rounds_aside().map(|(id, ..)| id).collect();
        let new: Vec<RoundId> = now.difference(&self.aside).copied().collect();
        for id in &new {
            self.is_rightly_aside(*id, fact, before);
        }
        // One inside of another that failed is part of it.
        self.aside.extend(now);
        if let Some(id) = self.machine.breached() {
            self.breached = Some(id);
        } else if self.machine.mode() == Mode::Unwinding {
            self.breached = None;
        }
    }

    fn is_rightly_aside(&mut self, id: RoundId, fact: &Stamped, before: Mode) {
        let plan = self.plan.clone();
        let (Some(rounds), Some(round)) = (plan.rounds_of(id.open), plan.round(id)) else {
            self.breach("a round was set aside that is none");
            return;
        };
        let item = &round.item;
        let failed = self.aside.iter().filter(|other| other.open == id.open);
        if failed.count() >= rounds.tolerate as usize {
            self.breach(format!(
                "round `{item}` was set aside beyond what is tolerated"
            ));
        }
        let mut nodes = round.nodes();
        // What had begun may be on its way back already.
        let failed = |node: NodeId| match self.forward.get(&node) {
            Some(Completion::Failed(_) | Completion::TimedOut) => true,
            Some(Completion::Ok | Completion::Cancelled | Completion::InDoubt) | None => {
                self.machine.node_state(node) == NodeState::Failed
            }
        };
        if !nodes.any(failed) {
            self.breach(format!(
                "round `{item}` was set aside, and nothing of it failed"
            ));
        }
        if let Event::RollbackRequested { .. } | Event::Resumed { .. } = fact.event {
            self.breach(format!("round `{item}` was set aside by {:?}", fact.event));
        }
        if matches!(before, Mode::Stopping | Mode::Unwinding | Mode::Ending(_)) {
            self.breach(format!("round `{item}` was set aside on the way back"));
        }
    }

    /// Whether a node that is not done is out of the way of another: its round
    /// was set aside, and is undone.
    pub(super) fn is_gone(&self, need: NodeId, of: NodeId) -> bool {
        let around = self.plan.rounds_around(need);
        let mut aside = around.iter().filter(|id| self.aside.contains(id));
        aside.any(|id| {
            let round = self.plan.round(*id);
            round.is_some_and(|round| {
                let owed = self.owed();
                let mut owed = owed.units.iter();
                !round.contains(of)
                    && !self.running.iter().any(|it| round.contains(it.node))
                    && owed.all(|unit| !round.contains(unit.node) || self.is_through(unit))
            })
        })
    }

    fn is_through(&self, unit: &Unit) -> bool {
        self.undone.contains(unit) || self.given_up.contains(unit)
    }

    /// An undo begins while the run goes on.
    pub(super) fn round_undo_intended(&mut self, activity: Activity) {
        let name = self.name(activity.node).to_owned();
        let around = self.plan.rounds_around(activity.node).into_iter().rev();
        let mut aside = around.filter(|id| self.aside.contains(id));
        let round = aside.next().and_then(|id| self.plan.round(id).cloned());
        let Some(round) = round else {
            self.breach(format!("the undo of `{name}` began on the way forward"));
            return;
        };
        let mut running = self.running.iter();
        if let Some(still) = running.find(|it| round.contains(it.node) && !it.part.is_of_undo()) {
            let still = self.name(still.node).to_owned();
            self.breach(format!("`{name}` is undone while `{still}` still runs"));
        }
        if let Part::Undo(alternative) = activity.part {
            let unit = unit_of(self.plan, activity.node, alternative);
            let mut owed = Owed::clone(&self.owed());
            owed.units.retain(|unit| round.contains(unit.node));
            owed.unfinished.retain(|node| round.contains(*node));
            self.undo_intended(unit, &owed);
        }
    }

    /// A run that succeeded has undone what it set aside, but for what a `best
    /// effort` or a person let pass.
    pub(super) fn rounds_aside_are_undone(&mut self, settled: &Settled, closing: &Closing) {
        for (node, unit) in &settled.owed.covered {
            let effect = closing.effects.of(*node);
            let is_said = closing.summary.passed_over.contains(&unit.node);
            if settled.aside.contains(node) && effect != Effect::None && !is_said {
                let name = self.name(*node).to_owned();
                self.breach(format!(
                    "`{name}` is in a round that failed, and stays {effect:?}"
                ));
            }
        }
        for unit in &settled.owed.units {
            let is_done = settled.undone.contains(unit);
            let said = &closing.summary;
            if is_done
                && !said.undone.contains(&unit.node)
                && !said.passed_over.contains(&unit.node)
            {
                let name = self.name(unit.node).to_owned();
                self.breach(format!("it is not said that `{name}` was undone"));
            }
        }
    }

    /// Steps that stay as they are because of the rule of the loop that had
    /// more failures than it tolerates.
    pub(super) fn may_stay(&self) -> BTreeSet<NodeId> {
        let Some(breached) = self.breached else {
            return BTreeSet::new();
        };
        let plan = self.plan.clone();
        let Some(rounds) = plan.rounds_of(breached.open) else {
            return BTreeSet::new();
        };
        let batch = rounds.rounds.get(breached.index).map(|round| round.batch);
        let completed = self.completed();
        let is_step = |node: &NodeId| matches!(self.kind(*node), NodeKind::Step(_));
        let nodes = (0_u32..).map(NodeId).take(plan.nodes.len());
        nodes
            .filter(is_step)
            .filter(|node| !self.is_aside(*node))
            .filter(|node| {
                let mut all = rounds.rounds.iter();
                let Some(round) = all.find(|round| round.contains(*node)) else {
                    return rounds.breach != Breach::All;
                };
                match rounds.breach {
                    Breach::All => false,
                    Breach::None => true,
                    Breach::Batch => Some(round.batch) != batch,
                    // One whose steps all worked may have come to its end.
                    Breach::Failed => round.nodes().filter(is_step).all(|node| {
                        completed.contains(&node)
                            || matches!(
                                self.machine.node_state(node),
                                NodeState::PassedOver | NodeState::Skipped | NodeState::AlreadyDone
                            )
                    }),
                }
            })
            .collect()
    }
}
