//! Thresholds over time: what a sample says, and what samples say together.
//!
//! | file | its part |
//! | --- | --- |
//! | `readings` | what was measured: one sample, the last few |
//! | `compare` | one comparison held against a sample |
//! | `worse` | `not worse than baseline` |
//! | `verdict` | `all` and `any` of comparisons: the truth tables |
//! | `looks` | samples taken in, the errors of a source borne with |
//! | `hold`, `until`, `watching` | conditions over time |
//! | `words` | amounts for people |
//!
//! What holds whatever samples come:
//! - Nothing passes for want of data. A pass rests on a value that was
//!   measured and compared.
//! - A worse value never does better than a good one.
//! - What is decided stays decided.
//! - Everything is decided by a bound that is known when it begins.

mod compare;
mod hold;
mod looks;
#[cfg(test)]
mod properties;
mod readings;
#[cfg(test)]
mod samples;
mod until;
mod verdict;
mod watching;
mod words;
mod worse;

pub use compare::Purpose;
pub use hold::HoldState;
pub use looks::ERROR_BUDGET;
pub use readings::{Readings, Recent};
pub use until::UntilState;
pub use verdict::{Judgement, Verdict, evaluate};
pub use watching::WatchState;
pub use words::amount;
pub use worse::{NEEDED, Worse, worse_way};

use crate::plan::{Bound, Comparison, Condition, MetricId, Test};

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
