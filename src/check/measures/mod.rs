//! Rules on gates, and on what they measure.

pub(super) mod asks_less;
pub(super) mod closes_first;
pub(super) mod counter;
pub(super) mod equality;
pub(super) mod filter;
pub(super) mod gaps;
pub(super) mod no_end_for_people;
pub(super) mod no_look_after;
pub(super) mod promql;
pub(super) mod silence_is_yes;
pub(super) mod starter_approves;
pub(super) mod twice_in_a_row;
pub(super) mod unreadable;

use super::comparisons::passes_with;
use super::{How, Rule, Subject, node_ids};
use crate::model::{ExprKind, TextPart};
use crate::plan::{
    Comparison, Condition, Gate, GateCondition, MetricId, Node, NodeId, NodeKind, Relation,
};
use crate::source::Span;
use crate::types::Value;

/// The gates of a plan.
fn gates<'s>(subject: &Subject<'s>) -> Vec<(NodeId, &'s Node, &'s Gate)> {
    node_ids(subject.plan)
        .filter_map(|id| {
            let node = subject.node(id);
            node.gate().map(|gate| (id, node, gate))
        })
        .collect()
}

/// Whether a gate waits for people.
fn asks_people(gate: &Gate) -> bool {
    gate.conditions.iter().any(|it| match it {
        GateCondition::Approve { .. } | GateCondition::Confirm { .. } => true,
        GateCondition::Window(_)
        | GateCondition::Wait(_)
        | GateCondition::Hold { .. }
        | GateCondition::Until { .. }
        | GateCondition::Check { .. }
        | GateCondition::Rehearsed { .. } => false,
    })
}

/// What a gate wants of metrics, all of it.
fn wanted(gate: &Gate) -> Vec<&Comparison> {
    let mut found = Vec::new();
    for condition in gate.measured() {
        all_of(condition, &mut found);
    }
    found
}

fn all_of<'c>(condition: &'c Condition, found: &mut Vec<&'c Comparison>) {
    match condition {
        Condition::Compare(comparison) => found.push(comparison),
        Condition::All(parts) => parts.iter().for_each(|part| all_of(part, found)),
        // Of these one is enough.
        Condition::Any(_) => {}
    }
}

/// What a comparison with a fixed number asks: the metric, whether less is
/// better, and the number.
fn asked(comparison: &Comparison) -> Option<(MetricId, bool, rust_decimal::Decimal)> {
    let (relation, bound) = passes_with(comparison)?;
    let less = match relation {
        Relation::Less | Relation::LessOrEqual => true,
        Relation::Greater | Relation::GreaterOrEqual => false,
        Relation::Equal | Relation::NotEqual => return None,
    };
    Some((comparison.metric, less, bound))
}

/// A query to Prometheus.
struct Query<'s> {
    metric: MetricId,
    /// What is filled in when the run starts stands as `x`.
    text: String,
    /// Whether all of it is known.
    known: bool,
    span: Span,
    name: &'s str,
}

/// The queries to Prometheus that a runbook declares.
fn queries<'s>(subject: &'s Subject<'_>) -> Vec<Query<'s>> {
    let mut found = Vec::new();
    for (at, metric) in subject.model.metrics.iter().enumerate() {
        if let crate::model::Query::Prometheus { query, place, .. } = &metric.query {
            let (mut text, mut known) = (String::new(), true);
            write_known(query, &mut text, &mut known);
            found.push(Query {
                metric: MetricId(u32::try_from(at).unwrap_or(u32::MAX)),
                text,
                known,
                span: *place,
                name: &metric.name,
            });
        }
    }
    found
}

/// Writes what is known of a text; a template's arguments are.
fn write_known(parts: &[TextPart], text: &mut String, known: &mut bool) {
    for part in parts {
        match part {
            TextPart::Literal(literal) => text.push_str(literal),
            TextPart::Value(expr) => match &expr.kind {
                ExprKind::Value(Value::Text(value)) => text.push_str(value),
                ExprKind::Text(inner) => write_known(inner, text, known),
                _filled_in_later => {
                    text.push('x');
                    *known = false;
                }
            },
        }
    }
}
