//! The rules, one file each: what is wrong, why it matters, how it is decided,
//! and a wrong and a right example that are its tests. What a rule's code means
//! stands in the table of codes ([`crate::problem`]).
//!
//! A new rule is a file here, a line in [`RULES`] and an entry in the table.
//!
//! # Numbers without a rule
//!
//! What the language leaves no way to write, or no way to go wrong:
//!
//! | number | instead |
//! | --- | --- |
//! | 112, 113 | an undo has five minutes if it says nothing else, and holds no gate |
//! | 119 | secrets are fetched, tools looked for and parameters bound before the first change |
//! | 120 | a block's rollback covers all of it; what is outside is RB101 |
//! | 202, 206 | between two bounds, and without data, a person decides |
//! | 205 | units are types: RB940 |
//! | 211, 214 | of several series the worst counts; NaN is no data |
//! | 219 | baselines are taken before the first change |
//! | 315 | a run is resumed from its journal, with secrets fetched anew |
//! | 404, 405 | a runbook has one lock; RB217 tells of people who may keep it waiting |
//! | 410 | commands have no terminal: RB711, RB712 |
//! | 411 | no undo begins before everything has stopped |
//! | 509 | a window is looked at when its gate is reached |
//! | 611 | no message holds what a command printed; secrets in it are RB310 |
//! | 612 | modules come from the runbook's folder and with the program |
//! | 714 | RB967 |
//! | 801, 805, 807 | names have one form, `fmt --check` tells of the layout, a text says no version |
//!
//! What would rest on words that the language does not have: how long a credential
//! lives (510), how long a backup is kept (512), how much may go on at once (412),
//! who owns a runbook (806), which label a metric has for the old version (224).
//! And what another program says better: `shellcheck` (701, 706).

mod absent_value;
mod after_point_of_no_return;
mod comparisons;
mod cycle;
mod data;
mod destroys_unsaved;
mod drafts;
mod half_of_a_pair;
mod hold_too_short;
mod measures;
mod not_ended;
mod order;
mod pairs;
mod parallel_changes;
mod point_of_no_return_repeatable;
mod point_of_no_return_unguarded;
mod retry_not_repeatable;
mod round_bound_to_others;
mod scripts;
mod secrets;
mod shell;
mod sql;
mod step_without_limit;
mod step_without_way_back;
mod stuck_unheard;
mod style;
#[cfg(test)]
mod tests;
mod threshold_always_passes;
mod threshold_never_passes;
mod threshold_overlap;
mod time;
mod two_undos;
mod undo_is_the_step;
mod undo_needs_own_output;
mod undo_not_repeatable;
mod undo_puts_new_in;
mod undo_uses_unsure_value;
mod unsure_value;
mod values;
mod way_back;
mod worse_way_unknown;

use std::cell::OnceCell;
use std::collections::HashMap;

use crate::model::{Model, Task};
use crate::plan::graph::Graph;
use crate::plan::{BlockKind, Node, NodeId, Origin, Plan};
use crate::problem::{Code, Problem, Severity};
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::Ast;

/// Every rule, in the order of their codes.
pub static RULES: &[&Rule] = &[
    &step_without_way_back::RULE,
    &way_back::nothing_to_undo::RULE,
    &undo_not_repeatable::RULE,
    &undo_needs_own_output::RULE,
    &undo_uses_unsure_value::RULE,
    &way_back::needs_destroyed::RULE,
    &point_of_no_return_repeatable::RULE,
    &way_back::beside_point_of_no_return::RULE,
    &after_point_of_no_return::RULE,
    &stuck_unheard::RULE,
    &way_back::shares_not_taken_back::RULE,
    &sql::undo_loses_data::RULE,
    &undo_is_the_step::RULE,
    &way_back::only_looks::RULE,
    &way_back::unverified::RULE,
    &way_back::block_out_of_order::RULE,
    &destroys_unsaved::RULE,
    &way_back::no_pause::RULE,
    &point_of_no_return_unguarded::RULE,
    &not_ended::RULE,
    &half_of_a_pair::RULE,
    &two_undos::RULE,
    &way_back::not_what_was_before::RULE,
    &round_bound_to_others::RULE,
    &way_back::passed_over::RULE,
    &undo_puts_new_in::RULE,
    &way_back::failed_round_stays::RULE,
    &way_back::every_round_may_fail::RULE,
    &threshold_overlap::RULE,
    &threshold_never_passes::RULE,
    &threshold_always_passes::RULE,
    &hold_too_short::RULE,
    &measures::closes_first::RULE,
    &measures::gaps::RULE,
    &measures::unreadable::RULE,
    &measures::filter::RULE,
    &measures::counter::RULE,
    &measures::asks_less::RULE,
    &measures::no_look_after::RULE,
    &measures::no_end_for_people::RULE,
    &measures::silence_is_yes::RULE,
    &measures::equality::RULE,
    &shell::look_that_changes::RULE,
    &measures::starter_approves::RULE,
    &measures::twice_in_a_row::RULE,
    &worse_way_unknown::RULE,
    &unsure_value::RULE,
    &absent_value::RULE,
    &data::unused::RULE,
    &data::written_by_both::RULE,
    &shell::value_of_hidden_failure::RULE,
    &data::always_the_same::RULE,
    &data::never_runs::RULE,
    &cycle::RULE,
    &parallel_changes::RULE,
    &order::beside_change::RULE,
    &order::one_at_a_time::RULE,
    &order::implied::RULE,
    &data::made_later::RULE,
    &step_without_limit::RULE,
    &time::longer_than_window::RULE,
    &time::no_time_to_go_back::RULE,
    &time::gate_ends_first::RULE,
    &retry_not_repeatable::RULE,
    &time::same_pause::RULE,
    &time::skipped_hour::RULE,
    &shell::fixed_sleep::RULE,
    &secrets::credential::RULE,
    &secrets::secret_printed::RULE,
    &secrets::download_to_shell::RULE,
    &secrets::tls_off::RULE,
    &secrets::mutable_tag::RULE,
    &secrets::token_in_clear::RULE,
    &secrets::predictable_file::RULE,
    &secrets::sudo_asks::RULE,
    &secrets::production_unapproved::RULE,
    &secrets::password_like::RULE,
    &shell::pipe_hides_failure::RULE,
    &shell::failure_swallowed::RULE,
    &shell::left_in_background::RULE,
    &shell::removes_by_empty_name::RULE,
    &shell::users_own_context::RULE,
    &shell::returns_early::RULE,
    &shell::destroys_unsaid::RULE,
    &shell::reads_input::RULE,
    &shell::asks_a_question::RULE,
    &shell::here_document_in_substitution::RULE,
    &shell::tool_not_needed::RULE,
    &sql::ddl_destroys::RULE,
    &sql::ddl_locks::RULE,
    &sql::contract_too_early::RULE,
    &sql::migration_down::RULE,
    &shell::status_lost::RULE,
    &style::step_untitled::RULE,
    &style::phase_untitled::RULE,
    &style::long_script::RULE,
    &style::repeated_bound::RULE,
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
    /// Every task of the model that runs commands.
    pub parts: Vec<scripts::Part<'a>>,
    /// Every task of the model that sends a request.
    pub requests: Vec<&'a Task>,
    branches: OnceCell<bool>,
    by_place: OnceCell<HashMap<Span, Vec<NodeId>>>,
    spoken: OnceCell<pairs::Spoken<'a>>,
}

impl<'a> Subject<'a> {
    pub fn new(
        sources: &'a SourceMap,
        ast: &'a Ast,
        model: &'a Model,
        plan: &'a Plan,
    ) -> Subject<'a> {
        let graph = Graph::new(plan);
        let (parts, requests) = scripts::parts(model);
        Subject {
            sources,
            ast,
            model,
            plan,
            graph,
            parts,
            requests,
            branches: OnceCell::new(),
            by_place: OnceCell::new(),
            spoken: OnceCell::new(),
        }
    }

    /// Whether anything may run beside anything else.
    pub fn has_branches(&self) -> bool {
        *self.branches.get_or_init(|| {
            let mut needed = vec![false; self.plan.nodes.len()];
            let mut needs = self.plan.nodes.iter().flat_map(|node| &node.needs);
            needs.any(|need| std::mem::replace(&mut needed[need.index()], true))
        })
    }

    /// The nodes of the statement at a place.
    pub fn nodes_at(&self, place: Span) -> &[NodeId] {
        let by_place = self.by_place.get_or_init(|| {
            let mut nodes: HashMap<Span, Vec<NodeId>> = HashMap::new();
            for id in node_ids(self.plan) {
                nodes.entry(self.span(self.node(id))).or_default().push(id);
            }
            nodes
        });
        by_place.get(&place).map_or(&[], Vec::as_slice)
    }

    /// What its scripts begin and end.
    fn spoken(&self) -> &pairs::Spoken<'a> {
        self.spoken.get_or_init(|| pairs::Spoken::new(self.plan))
    }

    /// Whether a node runs only when the outcome is known.
    pub fn is_in_ending(&self, id: NodeId) -> bool {
        let mut at = id;
        while let Some(open) = self.node(at).block {
            at = open;
        }
        let block = self.node(at).opened();
        block.is_some_and(|it| it.kind == BlockKind::Ending)
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
    found_by(RULES.iter().copied(), subject)
}

/// What keeps a plan from running: the rest was told of the runbook.
pub fn errors(subject: &Subject<'_>) -> Vec<Problem> {
    let errors = |rule: &&Rule| rule.code.entry().severity == Severity::Error;
    found_by(RULES.iter().copied().filter(errors), subject)
}

fn found_by<'r>(rules: impl Iterator<Item = &'r Rule>, subject: &Subject<'_>) -> Vec<Problem> {
    let mut found: Vec<Problem> = Vec::new();
    // By code and place, what was found there.
    let mut known: HashMap<(Code, Option<Span>), Vec<usize>> = HashMap::new();
    for rule in rules {
        for problem in (rule.check)(subject) {
            let there = known.entry((problem.code, problem.span)).or_default();
            // A loop makes one statement several nodes: it is said once.
            if !there.iter().any(|at| found[*at] == problem) {
                there.push(found.len());
                found.push(problem);
            }
        }
    }
    found
}
