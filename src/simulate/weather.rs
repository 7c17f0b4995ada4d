//! Measurements for a simulated run: values that let its gates open and its
//! watches rest, and values that do not.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::machine::event::{Reading, ReadingResult};
use crate::machine::measure::{Purpose, Readings, Recent, Verdict, evaluate};
use crate::plan::{Bound, Comparison, Condition, Gate, MetricId, Node, Plan, Test, WatchRule};

/// For each metric a value at which all is well, as far as there is one.
#[derive(Debug, Clone)]
pub struct Weather {
    fair: BTreeMap<MetricId, Decimal>,
    candidates: BTreeMap<MetricId, Vec<Decimal>>,
}

impl Weather {
    pub fn of(plan: &Plan) -> Weather {
        let hoped = conditions(plan);
        let feared: Vec<&Comparison> = plan
            .watches
            .iter()
            .flat_map(|watch| &watch.rules)
            .flat_map(|rule| rule.condition.comparisons())
            .collect();
        let metrics = (0..plan.metrics.len()).filter_map(|at| u32::try_from(at).ok().map(MetricId));
        let mut fair = BTreeMap::new();
        let mut candidates = BTreeMap::new();
        for metric in metrics {
            let of_metric = |comparison: &&&Comparison| comparison.metric == metric;
            let hoped: Vec<&Comparison> = hoped.iter().filter(of_metric).copied().collect();
            let feared: Vec<&Comparison> = feared.iter().filter(of_metric).copied().collect();
            let tried = values_to_try(hoped.iter().chain(&feared).copied());
            let good = tried.iter().copied().find(|value| {
                let passes = |it: &&Comparison| verdict(it, *value, *value) == Verdict::Pass;
                hoped.iter().all(passes) && !feared.iter().any(passes)
            });
            fair.insert(metric, good.unwrap_or(MANY));
            candidates.insert(metric, tried);
        }
        Weather { fair, candidates }
    }

    /// All is well.
    pub fn fair(&self, metrics: &[MetricId]) -> Vec<Reading> {
        let readings = metrics.iter().map(|metric| Reading {
            metric: *metric,
            result: ReadingResult::Values(vec![self.value(*metric)]),
        });
        readings.collect()
    }

    /// What is hoped for is not so; `None` where no value does that.
    pub fn failing(&self, gate: &Gate, metrics: &[MetricId]) -> Option<Vec<Reading>> {
        let comparisons: Vec<&Comparison> =
            gate.measured().flat_map(Condition::comparisons).collect();
        self.readings(&comparisons, metrics, Verdict::Fail)
    }

    /// What is feared is so.
    pub fn firing(&self, rule: &WatchRule, metrics: &[MetricId]) -> Option<Vec<Reading>> {
        self.readings(&rule.condition.comparisons(), metrics, Verdict::Pass)
    }

    /// Readings by which as many of these comparisons as can come to a verdict.
    fn readings(
        &self,
        comparisons: &[&Comparison],
        metrics: &[MetricId],
        wanted: Verdict,
    ) -> Option<Vec<Reading>> {
        let mut readings = self.fair(metrics);
        let mut found = false;
        for comparison in comparisons {
            let fair = self.value(comparison.metric);
            let tried = self.candidates.get(&comparison.metric)?;
            let value = tried
                .iter()
                .find(|value| verdict(comparison, **value, fair) == wanted);
            let reading = readings
                .iter_mut()
                .find(|reading| reading.metric == comparison.metric);
            if let (Some(value), Some(reading)) = (value, reading) {
                reading.result = ReadingResult::Values(vec![*value]);
                found = true;
            }
        }
        found.then_some(readings)
    }

    fn value(&self, metric: MetricId) -> Decimal {
        self.fair.get(&metric).copied().unwrap_or(MANY)
    }
}

/// The source answers that there is nothing, or does not answer.
pub fn nothing(metrics: &[MetricId], error: bool) -> Vec<Reading> {
    let result = if error {
        ReadingResult::Error("injected".to_owned())
    } else {
        ReadingResult::NoData("injected".to_owned())
    };
    let readings = metrics.iter().map(|metric| Reading {
        metric: *metric,
        result: result.clone(),
    });
    readings.collect()
}

/// Enough samples for whoever counts them.
const MANY: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// Every comparison of a plan's gates.
fn conditions(plan: &Plan) -> Vec<&Comparison> {
    let gates = plan.nodes.iter().filter_map(Node::gate);
    gates
        .flat_map(Gate::measured)
        .flat_map(Condition::comparisons)
        .collect()
}

/// How a comparison judges a value, with this baseline.
fn verdict(comparison: &Comparison, value: Decimal, baseline: Decimal) -> Verdict {
    let reading = |value: Decimal| Reading {
        metric: comparison.metric,
        result: ReadingResult::Values(vec![value]),
    };
    let counted = comparison.counted_by.map(|metric| Reading {
        metric,
        result: ReadingResult::Values(vec![MANY]),
    });
    let sample: Vec<Reading> = [reading(value)].into_iter().chain(counted).collect();
    let condition = Condition::Compare(Box::new(comparison.clone()));
    let recent = Recent::from(Readings::new(&sample));
    let baseline = Readings::new(&[reading(baseline)]);
    evaluate(&condition, Purpose::Gate, &recent, &baseline).verdict
}

/// Values on both sides of every bound.
fn values_to_try<'c>(comparisons: impl Iterator<Item = &'c Comparison>) -> Vec<Decimal> {
    let near = Decimal::new(1, 6);
    let mut values = vec![Decimal::ONE, Decimal::ZERO, Decimal::ONE_HUNDRED];
    for comparison in comparisons {
        let of_test = match &comparison.test {
            Test::Against(_, bound) | Test::Within { of: bound, .. } => Some(*bound),
            Test::NotWorseThanBaseline => None,
        };
        let of_fail = comparison.fail.map(|(_, bound)| bound);
        for Bound { plus, .. } in of_test.into_iter().chain(of_fail) {
            values.extend([plus, plus - near, plus + near]);
        }
    }
    values.extend([MANY, -MANY]);
    values
}
