//! The order of the way back: the graph's, reversed.

use super::Audit;
use super::owed::{Owed, Unit, unit_of};
use crate::machine::event::{Activity, Part};
use crate::plan::{NodeId, NodeKind};

impl Audit<'_> {
    /// Something begins on the way back.
    pub(super) fn return_intended(&mut self, activity: Activity) {
        let name = self.name(activity.node).to_owned();
        let owed = self.owed();
        let cut_off = self.running.iter().find(|running| match running.part {
            Part::Undo(_) | Part::Verify(_) => false,
            Part::Forward => !owed.unfinished.contains(&running.node),
            Part::Capture(_) | Part::Probe | Part::GateCheck(_) => true,
        });
        if let Some(still) = cut_off {
            let still = self.name(still.node).to_owned();
            self.breach(format!("`{name}` is undone while `{still}` still runs"));
        }
        match activity.part {
            Part::Undo(alternative) => {
                let unit = unit_of(self.plan, activity.node, alternative);
                self.undo_intended(unit, &owed);
            }
            Part::Verify(_) => {}
            Part::Forward if owed.unfinished.contains(&activity.node) => {
                self.nothing_comes_after(activity.node, None, &owed);
            }
            Part::Forward | Part::Capture(_) | Part::Probe | Part::GateCheck(_) => {
                self.breach(format!("`{name}` was started on the way back"));
            }
        }
    }

    pub(super) fn is_point(&self, node: NodeId) -> bool {
        match self.kind(node) {
            NodeKind::Step(step) => {
                matches!(step.way_back, crate::plan::WayBack::Irreversible { .. })
            }
            _not_a_step => false,
        }
    }

    pub(super) fn undo_intended(&mut self, unit: Unit, owed: &Owed) {
        let name = self.name(unit.node).to_owned();
        if !owed.units.contains(&unit) {
            self.breach(format!(
                "`{name}` is undone, though nothing of it was started or it is behind a point of no return"
            ));
        }
        if self.undone.contains(&unit) {
            self.breach(format!("`{name}` is undone again"));
        }
        self.nothing_comes_after(unit.node, Some(unit), owed);
    }

    /// Whatever came after a node is undone or finished before it is its turn.
    fn nothing_comes_after(&mut self, node: NodeId, unit: Option<Unit>, owed: &Owed) {
        let passed_over = self.machine.summary().passed_over.clone();
        let is_through = |other: &Unit| {
            self.undone.contains(other)
                || passed_over.contains(&other.node)
                || self.given_up.contains(other)
        };
        let may_stay = self.may_stay();
        let stays = |other: &Unit| {
            let mut covered = owed.covered.iter().filter(|(_, by)| by == other);
            covered.all(|(node, _)| may_stay.contains(node))
        };
        let before_leave = |other: &Unit| {
            unit.is_some_and(|unit| unit.is_leave) && other.node == node && !other.is_leave
        };
        let mut early: Vec<NodeId> = owed
            .units
            .iter()
            .filter(|other| !is_through(other) && Some(**other) != unit)
            .filter(|other| self.graph.is_before(node, other.node) || before_leave(other))
            .filter(|other| !stays(other))
            .map(|other| other.node)
            .collect();
        let is_settled = |other: &Unit| is_through(other) || stays(other);
        early.extend(self.covered_later(unit, owed, &is_settled));
        let unfinished = owed.unfinished.iter();
        let unfinished =
            unfinished.filter(|point| !passed_over.contains(point) && !may_stay.contains(point));
        early.extend(unfinished.filter(|point| self.graph.is_before(node, **point)));
        for other in early {
            let (name, other) = (self.name(node).to_owned(), self.name(other).to_owned());
            self.breach(format!("`{name}` has its turn before `{other}`"));
        }
    }

    /// Steps that came after one that a unit undoes, and that another unit, not
    /// yet settled, undoes: a block's stands elsewhere than its steps.
    fn covered_later(
        &self,
        unit: Option<Unit>,
        owed: &Owed,
        is_settled: &dyn Fn(&Unit) -> bool,
    ) -> Vec<NodeId> {
        let mine = owed.covered.iter().filter(|(_, by)| Some(*by) == unit);
        let mine: Vec<NodeId> = mine.map(|(step, _)| *step).collect();
        owed.covered
            .iter()
            .filter(|(_, by)| Some(*by) != unit)
            .filter(|(step, _)| mine.iter().any(|it| self.graph.is_before(*it, *step)))
            .filter(|(_, by)| owed.units.contains(by) && !is_settled(by))
            .map(|(step, _)| *step)
            .collect()
    }
}
