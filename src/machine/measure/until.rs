//! `until T within D every D`.
//!
//! The condition is looked at every so often until it is true, for the last
//! time when its time is over. If that last sample fails it has failed; if it
//! has no data or is inconclusive, a person decides. A last sample that comes
//! in late and passes is a pass: it is true now.

use crate::machine::event::Reading;
use crate::machine::measure::looks::{Look, Looks};
use crate::machine::measure::{Progress, Readings, Verdict};
use crate::plan::{Condition, MetricId, Millis};

/// A condition that must become true within a time.
#[derive(Debug, Clone, PartialEq)]
pub struct UntilState {
    looks: Looks,
    deadline: Millis,
    next: Option<Millis>,
    decided: Option<Progress>,
}

impl UntilState {
    pub fn new(condition: Condition, within: Millis, every: Millis, now: Millis) -> UntilState {
        UntilState {
            looks: Looks::new(condition, every),
            deadline: now.saturating_add(within),
            next: Some(now),
            decided: None,
        }
    }

    /// When to look again; `None` once it is decided.
    pub fn next_sample_at(&self) -> Option<Millis> {
        self.next
    }

    /// What to look at.
    pub fn metrics(&self) -> Vec<MetricId> {
        self.looks.metrics()
    }

    /// The first sample at or after this moment decides it.
    pub fn deadline(&self) -> Millis {
        self.deadline
    }

    /// `` last `queue < 5`: 12 ``
    pub fn status(&self) -> String {
        format!("last {}", self.looks.last())
    }

    /// What it is and how far it is, for people.
    pub fn describe(&self) -> String {
        format!("a condition ({})", self.status())
    }

    /// Takes in a sample. Once it is decided, more of them change nothing.
    pub fn sampled(&mut self, now: Millis, readings: &[Reading], baseline: &Readings) -> Progress {
        if let Some(decided) = &self.decided {
            return decided.clone();
        }
        let verdict = match self.looks.take(Readings::new(readings), baseline) {
            Look::TryAgain => Verdict::NoData,
            Look::Judged(verdict) => verdict,
        };
        let why = || self.looks.last().to_owned();
        let progress = match verdict {
            Verdict::Pass => Progress::Passed,
            Verdict::Fail | Verdict::NoData | Verdict::Inconclusive if now < self.deadline => {
                let next = now.saturating_add(self.looks.pause());
                self.next = Some(next.min(self.deadline));
                return Progress::Undecided;
            }
            Verdict::Fail => Progress::Failed(why()),
            Verdict::NoData | Verdict::Inconclusive => Progress::Inconclusive(why()),
        };
        self.next = None;
        self.decided = Some(progress.clone());
        progress
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::measure::samples::{below, error, no_data, value};

    fn until() -> UntilState {
        UntilState::new(below(0, "1", Some("2")), 100, 30, 0)
    }

    #[test]
    fn it_passes_as_soon_as_it_is_true() {
        let mut until = until();
        let none = Readings::default();
        assert_eq!(until.sampled(0, &value("5"), &none), Progress::Undecided);
        assert_eq!(until.next_sample_at(), Some(30));
        assert_eq!(until.sampled(30, &value("0"), &none), Progress::Passed);
        assert_eq!(until.next_sample_at(), None);
        assert_eq!(until.sampled(60, &value("5"), &none), Progress::Passed);
    }

    #[test]
    fn the_last_look_is_at_the_end_and_decides() {
        let none = Readings::default();
        for (sample, wanted) in [
            (value("0"), Progress::Passed),
            (value("5"), Progress::Failed("`m0 < 1`: 5%".to_owned())),
            (
                value("1.5"),
                Progress::Inconclusive("`m0 < 1`: 1.5%".to_owned()),
            ),
            (
                no_data(),
                Progress::Inconclusive("`m0 < 1`: no data (no series)".to_owned()),
            ),
            (
                error(),
                Progress::Inconclusive("connection refused (error 1 of 4 in a row)".to_owned()),
            ),
        ] {
            let mut until = until();
            assert_eq!(until.sampled(80, &value("5"), &none), Progress::Undecided);
            assert_eq!(until.next_sample_at(), Some(100));
            assert_eq!(until.sampled(100, &sample, &none), wanted);
        }
    }

    #[test]
    fn no_time_means_one_look() {
        let mut until = UntilState::new(below(0, "1", None), 0, 0, 5);
        assert_eq!(until.next_sample_at(), Some(5));
        let progress = until.sampled(5, &value("5"), &Readings::default());
        assert!(matches!(progress, Progress::Failed(_)), "{progress:?}");
    }
}
