//! The way back from one point, with all that is run on it.

use super::{Emphasis, Outline, WaysBack, numbers};
use crate::export::words;
use crate::plan::{NodeId, NodeKind, Plan, Undo, WayBack};
use crate::simulate::outlook::{Return, Way};

/// What is done, one after another, when the run turns back while this node
/// runs: the commands, how long they may take, and what stays as it is.
pub fn way_back_from(plan: &Plan, from: NodeId, way: &Way, emphasis: Emphasis) -> String {
    let nothing = WaysBack::new();
    let mut outline = Outline {
        plan,
        ways_back: &nothing,
        emphasis,
        numbers: numbers(plan),
        text: String::new(),
    };
    outline.whole_way(from, way);
    outline.text
}

impl Outline<'_> {
    fn whole_way(&mut self, from: NodeId, way: &Way) {
        let name = &self.plan.nodes[from.index()].name;
        let head = match (way.returns.is_empty(), way.at_most(self.plan)) {
            (true, _) => format!("way back from {name}: nothing to undo"),
            (false, Some(limit)) => {
                format!("way back from {name}, at most {}", words::millis(limit))
            }
            (false, None) => format!("way back from {name}"),
        };
        let head = crate::problem::render::neutral::one_line(&head).into_owned();
        let head = self.emphasis.bold(&head);
        self.styled(0, &head);
        for (at, together) in way.returns.iter().enumerate() {
            for one in together {
                self.one_return(at + 1, *one);
            }
        }
        self.no_further(way);
        self.what_stays(way);
        self.round_alone(from);
    }

    /// That a failure here does not yet turn the run back, where a loop around
    /// it tolerates some.
    fn round_alone(&mut self, from: NodeId) {
        let around = self.plan.rounds_around(from).into_iter().rev();
        for id in around {
            let (Some(rounds), Some(round)) = (self.plan.rounds_of(id.open), self.plan.round(id))
            else {
                continue;
            };
            if rounds.tolerate == 0 {
                continue;
            }
            let name = &self.plan.nodes[id.open.index()].name;
            let text = format!(
                "a failure here first takes back round {} of {name} alone, and the others go on: {} of {} may fail so",
                round.item,
                rounds.tolerate,
                rounds.rounds.len()
            );
            self.line(0, &text);
        }
    }

    fn one_return(&mut self, number: usize, one: Return) {
        let name = super::return_name(self.plan, one);
        let name = crate::problem::render::neutral::one_line(&name).into_owned();
        let name = self.emphasis.bold(&name);
        self.styled(0, &format!("{number:>4}  {name}"));
        match one {
            Return::Undo(node) => {
                for undo in crate::machine::undo_of(self.plan, node) {
                    self.undo_with_limits(undo);
                }
            }
            Return::Finish(node) => {
                if let NodeKind::Step(step) = &self.plan.nodes[node.index()].kind {
                    self.task(super::BELOW, "", &step.task);
                    let limits = words::limits(step.task.timeout, &step.retry);
                    self.remarks(super::BELOW, &limits);
                }
            }
        }
    }

    fn undo_with_limits(&mut self, undo: &Undo) {
        self.undo("", undo, super::BELOW);
        let first = undo.attempts.first();
        let limits = first.map(|it| words::limits(it.task.timeout, &it.retry));
        self.remarks(super::BELOW, &limits.unwrap_or_default());
    }

    fn no_further(&mut self, way: &Way) {
        for point in &way.back_to {
            let node = &self.plan.nodes[point.index()];
            let NodeKind::Step(step) = &node.kind else {
                continue;
            };
            if let WayBack::Irreversible { why, then } = &step.way_back {
                self.line(0, &format!("no further back than {}: {why}", node.name));
                self.line(1, &format!("then {then}"));
            }
        }
    }

    fn what_stays(&mut self, way: &Way) {
        if way.stays.is_empty() {
            return;
        }
        self.line(0, "what stays as it is");
        for id in &way.stays {
            let node = &self.plan.nodes[id.index()];
            let NodeKind::Step(step) = &node.kind else {
                self.line(1, &node.name);
                continue;
            };
            let why = match &step.way_back {
                WayBack::Harmless(why) | WayBack::Irreversible { why, .. } => why.as_str(),
                WayBack::Own(_) | WayBack::Block(_) | WayBack::Missing => {
                    "a point of no return came after it"
                }
            };
            self.line(1, &format!("{}: {why}", node.name));
        }
    }
}
