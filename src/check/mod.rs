//! The rules, one file each: what is wrong, why it matters, how it is decided,
//! and a wrong and a right example that are its tests. What a rule's code means
//! stands in the table of codes ([`crate::problem`]).
//!
//! A new rule is a file here, a line in [`RULES`] and an entry in the table.

mod absent_value;
mod after_point_of_no_return;
mod comparisons;
mod cycle;
mod destroys_unsaved;
mod drafts;
mod half_of_a_pair;
mod hold_too_short;
mod not_ended;
mod pairs;
mod parallel_changes;
mod point_of_no_return_repeatable;
mod point_of_no_return_unguarded;
mod retry_not_repeatable;
mod round_bound_to_others;
mod step_without_limit;
mod step_without_way_back;
mod stuck_unheard;
#[cfg(test)]
mod tests;
mod threshold_always_passes;
mod threshold_never_passes;
mod threshold_overlap;
mod two_undos;
mod undo_is_the_step;
mod undo_needs_own_output;
mod undo_not_repeatable;
mod undo_puts_new_in;
mod undo_uses_unsure_value;
mod unsure_value;
mod values;
mod worse_way_unknown;

use crate::model::Model;
use crate::plan::graph::Graph;
use crate::plan::{Node, NodeId, Origin, Plan};
use crate::problem::{Code, Problem};
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::Ast;

/// Every rule, in the order of their codes.
pub static RULES: &[&Rule] = &[
    &step_without_way_back::RULE,
    &undo_not_repeatable::RULE,
    &undo_needs_own_output::RULE,
    &undo_uses_unsure_value::RULE,
    &point_of_no_return_repeatable::RULE,
    &after_point_of_no_return::RULE,
    &stuck_unheard::RULE,
    &undo_is_the_step::RULE,
    &destroys_unsaved::RULE,
    &point_of_no_return_unguarded::RULE,
    &not_ended::RULE,
    &half_of_a_pair::RULE,
    &two_undos::RULE,
    &round_bound_to_others::RULE,
    &undo_puts_new_in::RULE,
    &threshold_overlap::RULE,
    &threshold_never_passes::RULE,
    &threshold_always_passes::RULE,
    &hold_too_short::RULE,
    &worse_way_unknown::RULE,
    &unsure_value::RULE,
    &absent_value::RULE,
    &cycle::RULE,
    &parallel_changes::RULE,
    &step_without_limit::RULE,
    &retry_not_repeatable::RULE,
];

/// One thing that `check` looks for.
#[derive(Debug)]
pub struct Rule {
    pub code: Code,
    pub how: How,
    /// Statements that break the rule: the body of a runbook, complete but for
    /// its first line. Nothing else is wrong in it.
    pub wrong: &'static str,
    /// The nearest that keeps it.
    pub right: &'static str,
    pub check: fn(&Subject<'_>) -> Vec<Problem>,
}

/// How sure a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It finds all there is, and nothing else.
    Exact,
    /// It misses nothing, and may refuse what would be good.
    Conservative,
    /// It reads shell text or names, and may be wrong both ways.
    Heuristic,
}

/// What the rules look at.
#[derive(Debug)]
pub struct Subject<'a> {
    pub sources: &'a SourceMap,
    pub ast: &'a Ast,
    pub model: &'a Model,
    pub plan: &'a Plan,
    pub graph: Graph,
}

impl<'a> Subject<'a> {
    pub fn new(
        sources: &'a SourceMap,
        ast: &'a Ast,
        model: &'a Model,
        plan: &'a Plan,
    ) -> Subject<'a> {
        let graph = Graph::new(plan);
        Subject {
            sources,
            ast,
            model,
            plan,
            graph,
        }
    }

    pub fn node(&self, id: NodeId) -> &'a Node {
        &self.plan.nodes[id.index()]
    }

    /// The name its author gave a node's statement: a loop makes it several
    /// nodes, each with its own.
    pub fn statement<'n>(&self, node: &'n Node) -> &'n str {
        node.name
            .split(['[', '#'])
            .next()
            .unwrap_or(node.name.as_str())
    }

    /// Where a node stands in the text.
    pub fn span(&self, node: &Node) -> Span {
        place(node.origin)
    }
}

/// The place in the text that a part of a plan comes from.
pub fn place(origin: Origin) -> Span {
    Span {
        file: FileId(origin.file),
        start: origin.start,
        end: origin.end,
    }
}

/// Every node of a plan.
fn node_ids(plan: &Plan) -> impl Iterator<Item = NodeId> + use<> {
    let count = u32::try_from(plan.nodes.len()).unwrap_or(u32::MAX);
    (0..count).map(NodeId)
}

/// What all rules find.
pub fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut found: Vec<Problem> = Vec::new();
    for rule in RULES {
        for problem in (rule.check)(subject) {
            // A loop makes one statement several nodes: it is said once.
            if !found.contains(&problem) {
                found.push(problem);
            }
        }
    }
    found
}
