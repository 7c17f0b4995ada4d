//! Thresholds over time: what a sample says, and what samples say together.
//!
//! | file | its part |
//! | --- | --- |
//! | `verdict` | one sample held against a condition |
//! | `hold`, `until`, `watching` | samples over time |

mod hold;
mod until;
mod verdict;
mod watching;

use std::collections::BTreeMap;

use rust_decimal::Decimal;

pub use hold::HoldState;
pub use until::UntilState;
pub use verdict::{Verdict, evaluate};
pub use watching::WatchState;

use crate::machine::event::{Reading, ReadingResult};
use crate::plan::{Bound, Comparison, Condition, MetricId, Test};

/// Errors of a source in a row that are tried again before they count as no
/// data.
pub(super) const ERROR_BUDGET: u32 = 4;

/// What samples have come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    Undecided,
    Passed,
    /// Why, in words.
    Failed(String),
    /// Neither: a person decides. Why, in words.
    Inconclusive(String),
}

/// The latest readings, by metric.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readings(BTreeMap<MetricId, ReadingResult>);

impl Readings {
    pub fn new(readings: &[Reading]) -> Readings {
        let pairs = readings
            .iter()
            .map(|reading| (reading.metric, reading.result.clone()));
        Readings(pairs.collect())
    }

    pub fn get(&self, metric: MetricId) -> Option<&ReadingResult> {
        self.0.get(&metric)
    }

    /// The values of a metric, where it has some.
    pub fn values(&self, metric: MetricId) -> Option<&[Decimal]> {
        match self.get(metric)? {
            ReadingResult::Values(values) => Some(values),
            ReadingResult::NoData(_) | ReadingResult::Error(_) => None,
        }
    }

    /// The first error among them.
    pub fn error(&self) -> Option<&str> {
        self.0.values().find_map(|result| match result {
            ReadingResult::Error(why) => Some(why.as_str()),
            ReadingResult::Values(_) | ReadingResult::NoData(_) => None,
        })
    }

    fn has_values(&self) -> bool {
        self.0
            .values()
            .any(|result| matches!(result, ReadingResult::Values(_)))
    }
}

fn comparisons(condition: &Condition) -> Vec<&Comparison> {
    match condition {
        Condition::Compare(comparison) => vec![comparison],
        Condition::Any(parts) | Condition::All(parts) => {
            parts.iter().flat_map(comparisons).collect()
        }
    }
}

/// The metrics a condition needs measured, the ones that count samples
/// included.
pub fn metrics_of(condition: &Condition) -> Vec<MetricId> {
    let mut metrics: Vec<MetricId> = comparisons(condition)
        .into_iter()
        .flat_map(|comparison| [Some(comparison.metric), comparison.counted_by])
        .flatten()
        .collect();
    metrics.sort_unstable();
    metrics.dedup();
    metrics
}

/// The metrics whose baseline a condition is held against.
pub fn baseline_metrics(condition: &Condition) -> Vec<MetricId> {
    let uses = |bound: &Bound| bound.uses_baseline();
    comparisons(condition)
        .into_iter()
        .filter(|comparison| {
            let by_test = match &comparison.test {
                Test::Against(_, bound) | Test::Within { of: bound, .. } => uses(bound),
                Test::NotWorseThanBaseline => true,
            };
            by_test
                || comparison
                    .fail
                    .as_ref()
                    .is_some_and(|(_, bound)| uses(bound))
        })
        .map(|comparison| comparison.metric)
        .collect()
}
