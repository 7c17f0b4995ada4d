//! `hold T for D every D tolerate N`.

use crate::machine::event::Reading;
use crate::machine::measure::{ERROR_BUDGET, Progress, Readings, Verdict, evaluate, metrics_of};
use crate::plan::{Condition, MetricId, Millis};

/// A condition that must stay true for a while.
///
/// A failing sample beyond the tolerated ones fails it. Samples without data
/// and inconclusive ones neither count for nor against it; if it is still
/// undecided after twice its duration, a person decides.
#[derive(Debug, Clone)]
pub struct HoldState {
    condition: Condition,
    lasting: Millis,
    every: Millis,
    tolerate: u32,
    /// When it must be decided.
    deadline: Millis,
    next: Option<Millis>,
    /// Since when it has been true.
    good_since: Option<Millis>,
    failures: u32,
    errors: u32,
    last: String,
}

impl HoldState {
    pub fn new(
        condition: Condition,
        lasting: Millis,
        every: Millis,
        tolerate: u32,
        now: Millis,
    ) -> HoldState {
        let every = every.max(1);
        let slack = lasting.saturating_add(every.saturating_mul(4));
        HoldState {
            condition,
            lasting,
            every,
            tolerate,
            deadline: now.saturating_add(lasting).saturating_add(slack),
            next: Some(now),
            good_since: None,
            failures: 0,
            errors: 0,
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
        format!("a hold (last sample: {})", self.last)
    }

    pub fn good_since(&self) -> Option<Millis> {
        self.good_since
    }

    pub fn lasting(&self) -> Millis {
        self.lasting
    }

    pub fn sampled(&mut self, now: Millis, readings: &[Reading], baseline: &Readings) -> Progress {
        let readings = Readings::new(readings);
        if let Some(error) = readings.error()
            && self.errors + 1 < ERROR_BUDGET
        {
            self.errors += 1;
            self.last = error.to_owned();
            let factor = 1u64 << self.errors.min(2);
            return self.again(now, self.every.saturating_mul(factor));
        }
        if readings.error().is_none() {
            self.errors = 0;
        }
        let (verdict, why) = evaluate(&self.condition, &readings, baseline);
        self.last.clone_from(&why);
        match verdict {
            Verdict::Fail => {
                self.failures += 1;
                if self.failures > self.tolerate {
                    self.next = None;
                    return Progress::Failed(why);
                }
            }
            Verdict::Pass => {
                let since = *self.good_since.get_or_insert(now);
                if now.saturating_sub(since) >= self.lasting && readings.has_values() {
                    self.next = None;
                    return Progress::Passed;
                }
            }
            Verdict::NoData | Verdict::Inconclusive => self.good_since = None,
        }
        self.again(now, self.every)
    }

    fn again(&mut self, now: Millis, pause: Millis) -> Progress {
        if now >= self.deadline {
            self.next = None;
            return Progress::Inconclusive(self.last.clone());
        }
        let full = self
            .good_since
            .map(|since| since.saturating_add(self.lasting));
        let next = now.saturating_add(pause);
        // The sample that completes the time is taken when it is complete.
        self.next = Some(match full {
            Some(full) if full > now => next.min(full),
            Some(_) | None => next,
        });
        Progress::Undecided
    }
}
