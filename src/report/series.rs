//! What was measured, metric by metric, and the limits it was held against.

use rust_decimal::Decimal;

use crate::machine::event::{Event, Observer, ReadingResult, Stamped};
use crate::machine::measure::amount;
use crate::plan::{Bound, Comparison, Condition, Gate, MetricId, Millis, Node, Plan, Test};
use crate::types::Unit;

/// One metric's measurements.
#[derive(Debug)]
pub struct Series {
    pub name: String,
    pub unit: Unit,
    pub points: Vec<Point>,
    pub limits: Vec<Limit>,
}

/// One measurement.
#[derive(Debug)]
pub struct Point {
    pub at: Millis,
    /// One value a series of the source; none: why not.
    pub values: Result<Vec<Decimal>, String>,
}

/// A line that a metric should stay on one side of.
#[derive(Debug, PartialEq, Eq)]
pub struct Limit {
    pub amount: Decimal,
    /// As the author wrote it.
    pub text: String,
}

impl Point {
    /// The values in words: `0.05%`, or why there are none.
    pub fn words(&self, unit: Unit) -> String {
        match &self.values {
            Ok(values) => {
                let values: Vec<String> = values.iter().map(|value| amount(*value, unit)).collect();
                values.join(", ")
            }
            Err(why) => why.clone(),
        }
    }
}

/// All that was measured, in the order of the plan's metrics. What was never
/// measured is left out.
pub fn series(plan: &Plan, facts: &[Stamped]) -> Vec<Series> {
    let mut all = Vec::new();
    for (index, metric) in (0..).zip(&plan.metrics) {
        let id = MetricId(index);
        let points = points(facts, id);
        if points.is_empty() {
            continue;
        }
        all.push(Series {
            name: metric.name.clone(),
            unit: metric.unit,
            limits: limits(plan, id, baseline(facts, id)),
            points,
        });
    }
    all
}

fn points(facts: &[Stamped], metric: MetricId) -> Vec<Point> {
    let mut points = Vec::new();
    for fact in facts {
        let Event::Sampled { readings, .. } = &fact.event else {
            continue;
        };
        let of_it = readings.iter().filter(|reading| reading.metric == metric);
        points.extend(of_it.map(|reading| Point {
            at: fact.at,
            values: match &reading.result {
                ReadingResult::Values(values) | ReadingResult::Partly { values, .. } => {
                    Ok(values.clone())
                }
                ReadingResult::NoData(why) => Err(format!("no data: {why}")),
                ReadingResult::Error(why) => Err(format!("error: {why}")),
            },
        }));
    }
    points
}

fn baseline(facts: &[Stamped], metric: MetricId) -> Option<Decimal> {
    facts.iter().find_map(|fact| match &fact.event {
        Event::Sampled {
            observer: Observer::Baseline,
            readings,
        } => readings.iter().find_map(|reading| match &reading.result {
            ReadingResult::Values(values) if reading.metric == metric => values.first().copied(),
            _no_value => None,
        }),
        _no_baseline => None,
    })
}

/// The limits of a metric in all gates and watches, none twice.
fn limits(plan: &Plan, metric: MetricId, baseline: Option<Decimal>) -> Vec<Limit> {
    let mut limits = Vec::new();
    let mut add = |condition: &Condition| {
        for comparison in condition.comparisons() {
            if comparison.metric == metric {
                for limit in limits_of(comparison, baseline) {
                    if !limits.contains(&limit) {
                        limits.push(limit);
                    }
                }
            }
        }
    };
    let gates = plan.nodes.iter().filter_map(Node::gate);
    gates.flat_map(Gate::measured).for_each(&mut add);
    for rule in plan.watches.iter().flat_map(|watch| &watch.rules) {
        add(&rule.condition);
    }
    limits
}

fn limits_of(comparison: &Comparison, baseline: Option<Decimal>) -> Vec<Limit> {
    let resolved = |bound: &Bound| {
        if bound.uses_baseline() {
            let scaled = baseline?.checked_mul(bound.factor)?;
            scaled.checked_add(bound.plus)
        } else {
            Some(bound.plus)
        }
    };
    let mut amounts: Vec<Option<Decimal>> = Vec::new();
    match &comparison.test {
        Test::Against(_, bound) => amounts.push(resolved(bound)),
        Test::Within { by, relative, of } => {
            let of = resolved(of);
            let by = of.and_then(|of| match relative {
                true => of.abs().checked_mul(*by),
                false => Some(*by),
            });
            if let (Some(of), Some(by)) = (of, by) {
                amounts.push(of.checked_sub(by));
                amounts.push(of.checked_add(by));
            }
        }
        Test::NotWorseThanBaseline => amounts.push(baseline),
    }
    if let Some((_, bound)) = &comparison.fail {
        amounts.push(resolved(bound));
    }
    amounts
        .into_iter()
        .flatten()
        .map(|amount| Limit {
            amount,
            text: comparison.text.clone(),
        })
        .collect()
}
