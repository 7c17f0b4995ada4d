//! What was measured: one sample, and the last few.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::machine::event::{Reading, ReadingResult};
use crate::machine::measure::worse::NEEDED;
use crate::plan::MetricId;

/// One sample: a reading of each metric.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readings(BTreeMap<MetricId, ReadingResult>);

impl Readings {
    /// Of two readings of one metric the last counts.
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
            ReadingResult::Values(values) | ReadingResult::Partly { values, .. } => {
                (!values.is_empty()).then_some(values)
            }
            ReadingResult::NoData(_) | ReadingResult::Error(_) => None,
        }
    }

    /// The first error among them.
    pub fn error(&self) -> Option<&str> {
        self.0.values().find_map(|result| match result {
            ReadingResult::Error(why) => Some(why.as_str()),
            ReadingResult::Values(_) | ReadingResult::Partly { .. } | ReadingResult::NoData(_) => {
                None
            }
        })
    }

    /// The same sample after the source has failed too often: it has no data.
    pub(super) fn errors_as_no_data(self) -> Readings {
        let given_up = |result| match result {
            ReadingResult::Error(why) => ReadingResult::NoData(why),
            ReadingResult::Values(_) | ReadingResult::Partly { .. } | ReadingResult::NoData(_) => {
                result
            }
        };
        let pairs = self.0.into_iter();
        Readings(
            pairs
                .map(|(metric, result)| (metric, given_up(result)))
                .collect(),
        )
    }
}

/// The last few samples, the latest last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recent(VecDeque<Arc<Readings>>);

impl Recent {
    /// These and one more, the oldest forgotten.
    pub fn with(&self, sample: Readings) -> Recent {
        let kept = self.0.len().saturating_sub(NEEDED - 1);
        let mut samples: VecDeque<Arc<Readings>> = self.0.iter().skip(kept).cloned().collect();
        samples.push_back(Arc::new(sample));
        Recent(samples)
    }

    pub fn latest(&self) -> Option<&Readings> {
        self.0.back().map(Arc::as_ref)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Readings> {
        self.0.iter().map(Arc::as_ref)
    }
}

impl From<Readings> for Recent {
    fn from(sample: Readings) -> Recent {
        Recent::default().with(sample)
    }
}
