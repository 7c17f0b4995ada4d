//! The baseline: every metric that something is compared with, as it was
//! before the first change.

use crate::machine::Machine;
use crate::machine::event::{Observer, Reading, ReadingResult};
use crate::machine::measure::Readings;
use crate::plan::{MetricId, Millis, Plan};

/// So many errors in a row are tried again before the baseline counts as not
/// known.
const TRIES: u32 = 4;

#[derive(Debug, PartialEq)]
pub(super) struct Baseline {
    metrics: Vec<MetricId>,
    readings: Readings,
    tries: u32,
    /// When to ask; `None` once it is settled.
    next: Option<Millis>,
}

impl Baseline {
    pub fn new(plan: &Plan) -> Baseline {
        Baseline {
            metrics: plan.baseline_metrics(),
            readings: Readings::default(),
            tries: 0,
            next: None,
        }
    }

    pub fn open(&mut self, now: Millis) {
        if !self.metrics.is_empty() {
            self.next = Some(now);
        }
    }

    pub fn readings(&self) -> &Readings {
        &self.readings
    }

    pub fn sampled(&mut self, now: Millis, readings: &[Reading]) {
        if self.next.is_none() {
            return;
        }
        self.tries += 1;
        self.readings = Readings::new(readings);
        let failed = readings
            .iter()
            .any(|reading| matches!(reading.result, ReadingResult::Error(_)));
        self.next = (failed && self.tries < TRIES)
            .then(|| now.saturating_add(1_000 << self.tries.saturating_sub(1)));
    }
}

impl Machine {
    pub(super) fn baseline_wake(&self) -> Option<Millis> {
        let waits = self.wishes.is_sampling(Observer::Baseline);
        self.baseline.next.filter(|_| !waits)
    }

    /// Whether the release may begin; asks for the baseline until it may.
    pub(super) fn baseline_is_taken(&mut self) -> bool {
        let Some(next) = self.baseline.next else {
            return true;
        };
        if next <= self.now && !self.wishes.is_sampling(Observer::Baseline) {
            let metrics = self.baseline.metrics.clone();
            self.wishes.sample(Observer::Baseline, metrics);
        }
        false
    }
}
