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

use crate::plan::{Condition, MetricId};

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

/// The metrics a condition needs measured, the ones that count samples
/// included.
pub fn metrics_of(condition: &Condition) -> Vec<MetricId> {
    let mut metrics: Vec<MetricId> = condition
        .comparisons()
        .into_iter()
        .flat_map(|comparison| [Some(comparison.metric), comparison.counted_by])
        .flatten()
        .collect();
    metrics.sort_unstable();
    metrics.dedup();
    metrics
}
