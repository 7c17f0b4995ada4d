//! `until T within D every D`.

use crate::machine::event::Reading;
use crate::machine::measure::{Progress, Readings, Verdict, evaluate, metrics_of};
use crate::plan::{Condition, MetricId, Millis};

/// A condition that must become true within a time.
#[derive(Debug, Clone)]
pub struct UntilState {
    condition: Condition,
    every: Millis,
    deadline: Millis,
    next: Option<Millis>,
    last: String,
}

impl UntilState {
    pub fn new(condition: Condition, within: Millis, every: Millis, now: Millis) -> UntilState {
        UntilState {
            condition,
            every: every.max(1),
            deadline: now.saturating_add(within),
            next: Some(now),
            last: "no sample yet".to_owned(),
        }
    }

    pub fn next_sample_at(&self) -> Option<Millis> {
        self.next
    }

    pub fn metrics(&self) -> Vec<MetricId> {
        metrics_of(&self.condition)
    }

    /// How far it is, for people.
    pub fn describe(&self) -> String {
        format!("a condition (last sample: {})", self.last)
    }

    pub fn sampled(&mut self, now: Millis, readings: &[Reading], baseline: &Readings) -> Progress {
        let readings = Readings::new(readings);
        let (verdict, why) = match readings.error() {
            Some(error) => (Verdict::NoData, error.to_owned()),
            None => evaluate(&self.condition, &readings, baseline),
        };
        self.last = why;
        if verdict == Verdict::Pass && readings.has_values() {
            self.next = None;
            return Progress::Passed;
        }
        if now >= self.deadline {
            self.next = None;
            return match verdict {
                Verdict::Fail => Progress::Failed(self.last.clone()),
                Verdict::NoData | Verdict::Inconclusive | Verdict::Pass => {
                    Progress::Inconclusive(self.last.clone())
                }
            };
        }
        self.next = Some(now.saturating_add(self.every).min(self.deadline));
        Progress::Undecided
    }
}
