//! Every comparison of a plan with a fixed number, and what is true of it
//! whatever is measured.

use super::{Subject, place};
use crate::model::{self, Model, StatementKind};
use crate::plan::{Bound, Comparison, Condition, Gate, Relation, Test, WatchRule};
use crate::source::Span;
use crate::types::Unit;
use rust_decimal::Decimal;

/// A comparison and where it is written.
pub struct Place<'s> {
    pub comparison: &'s Comparison,
    pub span: Span,
}

/// The comparisons of all gates and watches.
pub fn comparisons<'s>(subject: &'s Subject<'_>) -> Vec<Place<'s>> {
    let mut found = Vec::new();
    for node in &subject.plan.nodes {
        for condition in node.gate().into_iter().flat_map(Gate::measured) {
            collect(condition, subject.span(node), &mut found);
        }
    }
    for watch in &subject.plan.watches {
        for WatchRule { condition, .. } in &watch.rules {
            collect(condition, place(watch.origin), &mut found);
        }
    }
    let written = written(subject.model);
    for place in &mut found {
        let same = |it: &&&model::Comparison| it.text == place.comparison.text;
        // One that stands in the gate itself is meant before one of the same
        // words elsewhere.
        let is_inside = |it: &&&model::Comparison| {
            let (around, span) = (place.span, it.span);
            around.file == span.file && around.start <= span.start && span.end <= around.end
        };
        let here = written.iter().filter(same).find(is_inside);
        if let Some(comparison) = here.or_else(|| written.iter().find(same)) {
            place.span = comparison.span;
        }
    }
    found
}

/// The comparisons as they are written, in gates and watches.
fn written(model: &Model) -> Vec<&model::Comparison> {
    let mut found = Vec::new();
    for statement in model.body.all() {
        if let StatementKind::Gate(gate) = &statement.kind {
            of_gate(gate, &mut found);
        }
    }
    let rules = model.watches.iter().flat_map(|watch| &watch.rules);
    for rule in rules {
        of_condition(&rule.condition, &mut found);
    }
    found
}

fn of_gate<'m>(gate: &'m model::Gate, found: &mut Vec<&'m model::Comparison>) {
    for condition in &gate.conditions {
        if let model::GateCondition::Hold { condition, .. }
        | model::GateCondition::Until { condition, .. } = condition
        {
            of_condition(condition, found);
        }
    }
}

fn of_condition<'m>(condition: &'m model::Condition, found: &mut Vec<&'m model::Comparison>) {
    match condition {
        model::Condition::Compare(comparison) => found.push(comparison),
        model::Condition::Any(inner) | model::Condition::All(inner) => {
            inner.iter().for_each(|it| of_condition(it, found));
        }
        model::Condition::Hole => {}
    }
}

fn collect<'s>(condition: &'s Condition, span: Span, found: &mut Vec<Place<'s>>) {
    let comparisons = condition.comparisons().into_iter();
    found.extend(comparisons.map(|comparison| Place { comparison, span }));
}

/// What a comparison passes with: a relation to a fixed number.
pub fn passes_with(comparison: &Comparison) -> Option<(Relation, Decimal)> {
    match comparison.test {
        Test::Against(relation, bound) => fixed(bound).map(|bound| (relation, bound)),
        Test::Within { .. } | Test::NotWorseThanBaseline => None,
    }
}

/// What it fails with, where the author said it apart.
pub fn fails_with(comparison: &Comparison) -> Option<(Relation, Decimal)> {
    let (relation, bound) = comparison.fail?;
    fixed(bound).map(|bound| (relation, bound))
}

fn fixed(bound: Bound) -> Option<Decimal> {
    (!bound.uses_baseline()).then_some(bound.plus)
}

/// Whether nothing measured in this unit is below zero.
pub fn is_never_negative(unit: Unit) -> bool {
    match unit {
        Unit::Percent | Unit::Duration | Unit::Bytes | Unit::Rate => true,
        Unit::Number => false,
    }
}
