//! Rounds of a loop that failed while the others go on. Such a round is set
//! aside: what runs in it is ended, what it did is undone, and then what comes
//! after it goes on without it. When more rounds fail than the loop tolerates,
//! the run turns back, as far as the loop's rule says.

use crate::machine::command::EndWhy;
use crate::machine::event::{Activity, Completion, Part};
use crate::machine::forward::is_past;
#[cfg(test)]
use crate::machine::sabotage::{self, Sabotage};
use crate::machine::{Headline, Machine, Mode, NodeState};
use crate::plan::{Breach, NodeId, Round, RoundId};

/// A round that was set aside.
#[derive(Debug, PartialEq)]
pub(super) struct Aside {
    pub stage: Stage,
    /// The failure that did it.
    pub why: Headline,
}

/// How far a round that was set aside has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// What runs in it is being ended.
    Ending,
    Undoing,
    /// It is undone, and the others go on without it.
    Through,
}

impl Machine {
    /// The rounds that failed and were tolerated, each with what went wrong.
    pub fn rounds_aside(&self) -> impl Iterator<Item = (RoundId, Stage, &Headline)> {
        let aside = self.unwind.aside.iter();
        aside.map(|(id, aside)| (*id, aside.stage, &aside.why))
    }

    /// The same for people: what each was for, and why it failed.
    pub fn failed_rounds(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rounds_aside().filter_map(|(id, _, why)| {
            let round = self.plan.round(id)?;
            Some((round.item.as_str(), why.message.as_str()))
        })
    }

    /// The round with which more failed than its loop tolerates, where the
    /// loop has a rule of its own for that.
    pub fn breached(&self) -> Option<RoundId> {
        self.unwind.breached
    }

    /// Something failed, and nothing passes that over: its round is set aside
    /// if that is tolerated, else the run turns back.
    pub(super) fn fail(&mut self, node: NodeId, message: String) {
        let headline = Headline::at(node, message);
        if self.is_forward() || self.is_waiting() {
            for id in self.plan.rounds_around(node) {
                if self.unwind.aside.contains_key(&id) {
                    return;
                }
                if self.is_tolerated(id) {
                    self.set_aside(id, headline);
                    return;
                }
                if self.rule_of(id) != Breach::All {
                    self.unwind.breached = Some(id);
                    break;
                }
            }
        }
        self.go_back(headline);
    }

    fn is_tolerated(&self, id: RoundId) -> bool {
        let Some(rounds) = self.plan.rounds_of(id.open) else {
            return false;
        };
        let failed = self.unwind.aside.keys();
        let failed = failed.filter(|other| other.open == id.open).count();
        #[cfg(test)]
        if sabotage::is(Sabotage::TooManyTolerated) {
            return true;
        }
        failed < rounds.tolerate as usize && self.stands_alone(id)
    }

    /// Whether a round can be undone without the others.
    fn stands_alone(&self, id: RoundId) -> bool {
        let round = self.plan.round(id);
        round.is_some_and(|round| self.plan.bound_to_others(round).is_none())
    }

    /// What is undone when a round fails that is not tolerated.
    fn rule_of(&self, id: RoundId) -> Breach {
        self.plan.breach_of(id.open)
    }

    fn set_aside(&mut self, id: RoundId, why: Headline) {
        let Some(round) = self.plan.round(id).cloned() else {
            return;
        };
        // What was set aside inside of it is part of it now.
        self.unwind
            .aside
            .retain(|other, aside| aside.stage == Stage::Through || !round.contains(other.open));
        let stage = Stage::Ending;
        self.unwind.aside.insert(id, Aside { stage, why });
        self.halt_round(&round);
    }

    /// Ends what runs in a round, and drops what was still to come in it. An
    /// undo that runs goes on to its end.
    fn halt_round(&mut self, round: &Round) {
        self.wishes.drop_nodes(|node| round.contains(node));
        self.ready.retain(|node| !round.contains(*node));
        self.sleeping.retain(|node, _| !round.contains(*node));
        self.gates.retain(|node, _| !round.contains(*node));
        let at = |headline: &Headline| headline.node.is_some_and(|node| round.contains(node));
        self.headline = self.headline.take().filter(|headline| !at(headline));
        let running = self.running.keys().filter(|it| round.contains(it.node));
        let running: Vec<Activity> = running.copied().collect();
        for activity in running.iter().filter(|it| !it.part.is_of_undo()) {
            self.end(*activity, EndWhy::Cancelled);
        }
        for node in round.nodes() {
            let runs = running.iter().any(|activity| activity.node == node);
            if self.is_pending(node) && !runs {
                self.set_state(node, NodeState::Cancelled);
            }
        }
    }

    /// Whether a node was begun and is still to end.
    fn is_pending(&self, node: NodeId) -> bool {
        match self.node_state(node) {
            NodeState::Scheduled | NodeState::Running | NodeState::Retrying | NodeState::Asking => {
                true
            }
            NodeState::Waiting
            | NodeState::Done
            | NodeState::Skipped
            | NodeState::AlreadyDone
            | NodeState::Failed
            | NodeState::PassedOver
            | NodeState::Cancelled
            | NodeState::Undoing
            | NodeState::Undone
            | NodeState::UndoFailed => false,
        }
    }

    /// The outermost round around a node that was set aside.
    fn aside_around(&self, node: NodeId) -> Option<(RoundId, Stage)> {
        if self.unwind.aside.is_empty() {
            return None;
        }
        let around = self.plan.rounds_around(node).into_iter().rev();
        let mut aside = around.filter_map(|id| Some((id, self.unwind.aside.get(&id)?.stage)));
        aside.next()
    }

    pub(super) fn is_aside(&self, node: NodeId) -> bool {
        self.aside_around(node).is_some()
    }

    /// The nodes among which undos have their order: the whole plan's, or those
    /// of a round that is undone by itself. `None`: no undo follows another
    /// now, since there is still something to end first.
    pub(super) fn undoing_among(&self, node: NodeId) -> Option<(NodeId, NodeId)> {
        match self.mode {
            Mode::Unwinding => Some((NodeId(0), NodeId(u32::MAX))),
            Mode::Forward | Mode::Pausing | Mode::Closing(_) | Mode::Closed(_) => {
                let (id, stage) = self.aside_around(node)?;
                let round = self.plan.round(id)?;
                (stage == Stage::Undoing).then_some((round.first, round.end))
            }
            Mode::Unopened | Mode::Stopping | Mode::Ending(_) => None,
        }
    }

    /// An undo ended that nothing follows now.
    pub(super) fn undo_ended_alone(&mut self, activity: Activity, result: &Completion) {
        let verify = match activity.part {
            Part::Undo(alternative) => Some(Activity {
                part: Part::Verify(alternative),
                ..activity
            }),
            Part::Capture(_)
            | Part::Probe
            | Part::Forward
            | Part::Verify(_)
            | Part::GateCheck(_) => None,
        };
        let is_verified = verify.is_none_or(|verify| self.task(verify).is_none());
        if *result == Completion::Ok && is_verified {
            self.undo_is_through(activity.node);
        }
    }

    /// Lets the rounds that were set aside come to their end.
    pub(super) fn advance_rounds(&mut self) {
        let mut aside: Vec<RoundId> = self.unwind.aside.keys().copied().collect();
        aside.retain(|id| self.unwind.aside[id].stage != Stage::Through);
        for id in aside {
            let Some(round) = self.plan.round(id).cloned() else {
                continue;
            };
            let runs = self.running.keys().any(|it| round.contains(it.node));
            if self.stage(id) == Some(Stage::Ending) && !runs {
                self.set_stage(id, Stage::Undoing);
                #[cfg(test)]
                if sabotage::is(Sabotage::RoundStaysChanged) {
                    continue;
                }
                self.begin_undoing_round(&round);
            }
            if self.stage(id) == Some(Stage::Undoing) && self.is_quiet_within(&round) {
                self.set_stage(id, Stage::Through);
                self.leave_round(&round);
            }
        }
    }

    fn stage(&self, id: RoundId) -> Option<Stage> {
        self.unwind.aside.get(&id).map(|aside| aside.stage)
    }

    fn set_stage(&mut self, id: RoundId, stage: Stage) {
        if let Some(aside) = self.unwind.aside.get_mut(&id) {
            aside.stage = stage;
        }
    }

    fn is_quiet_within(&self, round: &Round) -> bool {
        let inside = |node: &NodeId| round.contains(*node);
        !self.running.keys().any(|activity| inside(&activity.node))
            && !self.sleeping.keys().any(inside)
            && !self.wishes.is_about(|node| round.contains(node))
            && !round.nodes().any(|node| self.unwind.is_undoing(node))
    }

    /// What comes after a round goes on without it.
    fn leave_round(&mut self, round: &Round) {
        for node in round.nodes() {
            self.unwind.forget(node);
            self.free(node, |next| !round.contains(next));
        }
    }

    /// The undo of a node in a round that was set aside cannot be had: the run
    /// turns back.
    pub(super) fn stuck_in_round(&mut self, node: NodeId) {
        self.unwind.stuck.insert(node);
        let why = self.aside_around(node);
        let why = why.and_then(|(id, _)| self.unwind.aside.get(&id));
        let why = why.map(|aside| aside.why.clone());
        let rounds = self.plan.rounds_around(node);
        let mut ruled = rounds.into_iter();
        self.unwind.breached = ruled.find(|id| self.rule_of(*id) != Breach::All);
        let name = self.name(node).to_owned();
        let message = format!("the undo of `{name}` failed");
        self.go_back(why.unwrap_or(Headline::at(node, message)));
    }

    /// Which nodes stay as they are because the rule of a loop says so.
    pub(super) fn staying(&self) -> Vec<bool> {
        let nodes = self.plan.nodes.len();
        let Some(breached) = self.unwind.breached else {
            return vec![false; nodes];
        };
        let rule = self.rule_of(breached);
        let mut stays = vec![rule != Breach::All; nodes];
        let mut undo = |round: &Round| {
            for node in round.nodes() {
                stays[node.index()] = false;
            }
        };
        for id in self.unwind.aside.keys() {
            self.plan.round(*id).into_iter().for_each(&mut undo);
        }
        let rounds = self.plan.rounds_of(breached.open);
        let rounds = rounds.map_or(&[][..], |rounds| &rounds.rounds);
        let batch = rounds.get(breached.index).map(|round| round.batch);
        for round in rounds {
            let is_undone = match rule {
                Breach::All | Breach::None => false,
                Breach::Batch => Some(round.batch) == batch,
                Breach::Failed => !self.is_complete(round),
            };
            if is_undone {
                undo(round);
            }
        }
        stays
    }

    /// Whether a round came to its end.
    fn is_complete(&self, round: &Round) -> bool {
        round.nodes().all(|node| is_past(self.node_state(node)))
    }
}
