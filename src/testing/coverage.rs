//! The ways back that no test went.

use std::collections::{BTreeMap, BTreeSet};

use crate::machine::event::{Event, Part};
use crate::plan::{NodeKind, Plan, Undo, WayBack, base_name};
use crate::simulate::Trace;

/// One way of undoing something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// The statement, without its rounds in loops.
    pub of: String,
    /// Counted from zero: alternatives follow the first way.
    pub alternative: u32,
    /// What the author says of an alternative.
    pub why: Option<String>,
}

impl Way {
    /// `rollback of migrate, "last resort"`.
    pub fn words(&self) -> String {
        match (&self.why, self.alternative) {
            (Some(why), _) => format!("rollback of {}, \"{why}\"", self.of),
            (None, 0) => format!("rollback of {}", self.of),
            (None, way) => format!("rollback of {}, way {}", self.of, way + 1),
        }
    }
}

/// What there is, and what was seen.
#[derive(Debug, Default)]
pub struct Coverage {
    /// In the order of the first plan that has them.
    ways: Vec<Way>,
    seen: BTreeSet<(String, u32)>,
}

impl Coverage {
    /// Adds the ways back of a plan.
    pub fn expect(&mut self, plan: &Plan) {
        for node in &plan.nodes {
            let of = node.base_name();
            match &node.kind {
                NodeKind::Step(step) => {
                    if let WayBack::Own(undo) = &step.way_back {
                        self.add(of, undo, 0);
                    }
                }
                NodeKind::Open(block) => {
                    if let Some(undo) = &block.undo {
                        self.add(of, undo, 0);
                    }
                }
                NodeKind::Enter(enter) => {
                    let of_block = enter.undo.as_ref();
                    of_block.into_iter().for_each(|undo| self.add(of, undo, 0));
                    let first = of_block.map_or(0, |undo| undo.attempts.len());
                    self.add(of, &enter.leave, first);
                }
                NodeKind::Close { .. }
                | NodeKind::Check(_)
                | NodeKind::Gate(_)
                | NodeKind::Notify { .. }
                | NodeKind::Postmortem { .. }
                | NodeKind::Leave { .. } => {}
            }
        }
    }

    fn add(&mut self, of: &str, undo: &Undo, first: usize) {
        for (index, attempt) in undo.attempts.iter().enumerate() {
            let way = Way {
                of: of.to_owned(),
                alternative: u32::try_from(first + index).unwrap_or(u32::MAX),
                why: attempt.why.clone(),
            };
            if !self.ways.contains(&way) {
                self.ways.push(way);
            }
        }
    }

    /// Notes the ways back that a run went.
    pub fn hear(&mut self, trace: &Trace) {
        let plan = trace.machine.plan();
        // A bracket's `leave` is run at its end, too.
        let mut leaves: BTreeMap<usize, u32> = BTreeMap::new();
        for node in &plan.nodes {
            if let NodeKind::Leave { enter } = &node.kind
                && let NodeKind::Enter(bracket) = &plan.nodes[enter.index()].kind
            {
                let first = bracket.undo.as_ref().map_or(0, |undo| undo.attempts.len());
                leaves.insert(enter.index(), u32::try_from(first).unwrap_or(u32::MAX));
            }
        }
        for fact in &trace.events {
            let Event::Intended { activity } = &fact.event else {
                continue;
            };
            let node = &plan.nodes[activity.node.index()];
            let seen = match (activity.part, &node.kind) {
                (Part::Undo(way), NodeKind::Leave { enter }) => leaves
                    .get(&enter.index())
                    .map(|first| (plan.nodes[enter.index()].name.as_str(), first + way)),
                (Part::Undo(way), _) => Some((node.name.as_str(), way)),
                (Part::Forward, NodeKind::Leave { enter }) => leaves
                    .get(&enter.index())
                    .map(|first| (plan.nodes[enter.index()].name.as_str(), *first)),
                (
                    Part::Forward
                    | Part::Capture(_)
                    | Part::Probe
                    | Part::Verify(_)
                    | Part::GateCheck(_),
                    _,
                ) => None,
            };
            self.seen
                .extend(seen.map(|(name, way)| (base_name(name).to_owned(), way)));
        }
    }

    /// How many ways back there are.
    pub fn ways(&self) -> usize {
        self.ways.len()
    }

    pub fn untried(&self) -> Vec<Way> {
        let untried = self
            .ways
            .iter()
            .filter(|way| !self.seen.contains(&(way.of.clone(), way.alternative)));
        untried.cloned().collect()
    }
}
