//! What ran, held against what was expected.

use super::script::{end_of, nodes_called, undo_of};
use crate::machine::event::{Event, Part};
use crate::machine::{Machine, NodeState};
use crate::plan::{NodeId, NodeKind, Plan};
use crate::problem::{Code, Problem};
use crate::simulate::Trace;
use crate::syntax::ast::{RanItem, RanPart};

/// What ran in a run, in the order of its beginning.
pub struct Ran<'t> {
    plan: &'t Plan,
    /// Each with the fact that says so.
    entries: Vec<(usize, What)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Forward(NodeId),
    Undo(NodeId),
    /// Runs nothing itself, and is over: a gate, a block.
    Over(NodeId),
}

impl<'t> Ran<'t> {
    pub fn of(trace: &'t Trace) -> Ran<'t> {
        let plan = trace.machine.plan();
        let mut machine = Machine::new(plan.clone());
        let mut entries: Vec<(usize, What)> = Vec::new();
        let runs_nothing: Vec<NodeId> = (0_u32..)
            .zip(&plan.nodes)
            .filter(|(_, node)| matches!(node.kind, NodeKind::Gate(_) | NodeKind::Close { .. }))
            .map(|(index, _)| NodeId(index))
            .collect();
        for (index, fact) in trace.events.iter().enumerate() {
            machine.apply(fact);
            if let Event::Intended { activity } = &fact.event {
                match activity.part {
                    Part::Forward => entries.push((index, What::Forward(activity.node))),
                    Part::Undo(_) => entries.push((index, What::Undo(activity.node))),
                    Part::Capture(_) | Part::Probe | Part::Verify(_) | Part::GateCheck(_) => {}
                }
            }
            for node in &runs_nothing {
                let over = What::Over(*node);
                let is_over = machine.node_state(*node) == NodeState::Done;
                if is_over && !entries.iter().any(|(_, known)| *known == over) {
                    entries.push((index, over));
                }
            }
        }
        Ran { plan, entries }
    }

    /// The first item that did not run behind the one before it.
    pub fn in_order(&self, items: &[RanItem]) -> Option<Problem> {
        let mut from = 0;
        let mut before: Option<String> = None;
        for item in items {
            let meant = match self.meant(item) {
                Ok(meant) => meant,
                Err(problem) => return Some(*problem),
            };
            let found = self
                .entries
                .iter()
                .position(|(_, what)| meant.contains(what));
            let behind = self.entries[from..]
                .iter()
                .position(|(_, what)| meant.contains(what));
            let written = written(item);
            match (found, behind) {
                (_, Some(behind)) => {
                    from += behind + 1;
                    before = Some(written);
                }
                (Some(_), None) => {
                    let before = before.unwrap_or_default();
                    let message = format!("`{written}` did not run after `{before}`");
                    return Some(self.problem(item, message));
                }
                (None, None) => {
                    let message = format!("`{written}` did not run");
                    return Some(self.problem(item, message));
                }
            }
        }
        None
    }

    /// The first item that ran all the same.
    pub fn none_of(&self, items: &[RanItem]) -> Option<Problem> {
        for item in items {
            let meant = match self.meant(item) {
                Ok(meant) => meant,
                Err(problem) => return Some(*problem),
            };
            if self.entries.iter().any(|(_, what)| meant.contains(what)) {
                let message = format!("`{}` ran", written(item));
                return Some(self.problem(item, message));
            }
        }
        None
    }

    fn problem(&self, item: &RanItem, message: String) -> Problem {
        Problem::new(Code::RB964, item.span, message).help(self.words())
    }

    /// All that ran, in words.
    pub fn words(&self) -> String {
        let mut words: Vec<String> = Vec::new();
        for (_, what) in &self.entries {
            let name = |node: &NodeId| self.plan.nodes[node.index()].name.clone();
            let word = match what {
                What::Forward(node) => name(node),
                What::Undo(node) => format!("rollback of {}", name(node)),
                What::Over(_) => continue,
            };
            if words.last() != Some(&word) {
                words.push(word);
            }
        }
        if words.is_empty() {
            "nothing ran".to_owned()
        } else {
            format!("what ran: {}", words.join(", "))
        }
    }

    fn meant(&self, item: &RanItem) -> Result<Vec<What>, Box<Problem>> {
        let nodes = nodes_called(self.plan, &item.node)?;
        let mut meant = Vec::new();
        for node in nodes {
            let wrong = |what: &str| {
                let message = format!("`{}` {what}", item.node.text);
                Box::new(Problem::new(Code::RB941, item.span, message))
            };
            match item.part {
                RanPart::Itself => meant.push(self.itself(node)),
                RanPart::Rollback => {
                    let undo = undo_of(self.plan, node);
                    let undo = undo.ok_or_else(|| wrong("has no rollback"))?;
                    meant.push(What::Undo(undo));
                }
                RanPart::Leave => {
                    let leave = end_of(self.plan, node);
                    let kind = &self.plan.nodes[leave.index()].kind;
                    if !matches!(kind, NodeKind::Leave { .. }) {
                        return Err(wrong("is no bracket: it has no `leave`"));
                    }
                    meant.extend([What::Forward(leave), What::Undo(node)]);
                }
            }
        }
        Ok(meant)
    }

    fn itself(&self, node: NodeId) -> What {
        match &self.plan.nodes[node.index()].kind {
            NodeKind::Gate(_) => What::Over(node),
            NodeKind::Open(_) => What::Over(end_of(self.plan, node)),
            NodeKind::Close { .. }
            | NodeKind::Step(_)
            | NodeKind::Check(_)
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. }
            | NodeKind::Enter(_)
            | NodeKind::Leave { .. } => What::Forward(node),
        }
    }
}

fn written(item: &RanItem) -> String {
    let name = &item.node.text;
    match item.part {
        RanPart::Itself => name.clone(),
        RanPart::Rollback => format!("rollback of {name}"),
        RanPart::Leave => format!("leave {name}"),
    }
}
