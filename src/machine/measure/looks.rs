//! Samples taken in, the errors of a source borne with.
//!
//! A source that fails says nothing about the release. The first four errors
//! in a row are tried again, with pauses that grow from `every` to four times
//! that; only then does the metric count as having no data, with all that the
//! author says about it. A sample that decides in spite of an error (a failing
//! metric beside one that was not measured) counts at once.

use crate::machine::measure::{Purpose, Readings, Recent, Verdict, evaluate, metrics_of};
use crate::plan::{Condition, MetricId, Millis};

/// Errors of a source in a row that are tried again before they count as no
/// data.
pub const ERROR_BUDGET: u32 = 4;
/// Pauses after errors grow up to so many times `every`.
const LONGEST_PAUSE: u64 = 4;
/// Time for the errors borne with (at most 11 times `every`) and for the
/// samples that `not worse than baseline` collects first.
const SLACK: u64 = 16;

/// What a gate's condition has seen so far.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Looks {
    condition: Condition,
    every: Millis,
    recent: Recent,
    errors: u32,
    last: String,
}

/// What one sample came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Look {
    Judged(Verdict),
    /// Its source failed and is tried again.
    TryAgain,
}

impl Looks {
    pub fn new(condition: Condition, every: Millis) -> Looks {
        Looks {
            condition,
            every: every.max(1),
            recent: Recent::default(),
            errors: 0,
            last: "no sample yet".to_owned(),
        }
    }

    pub fn metrics(&self) -> Vec<MetricId> {
        metrics_of(&self.condition)
    }

    pub fn every(&self) -> Millis {
        self.every
    }

    /// How long undecided samples are put up with, besides the time that the
    /// condition itself is given.
    pub fn slack(&self) -> Millis {
        self.every.saturating_mul(SLACK)
    }

    /// What the last sample said.
    pub fn last(&self) -> &str {
        &self.last
    }

    pub fn take(&mut self, sample: Readings, baseline: &Readings) -> Look {
        self.errors = match sample.error() {
            Some(_) => self.errors.saturating_add(1),
            None => 0,
        };
        let error = sample.error().map(str::to_owned);
        let borne = error.filter(|_| self.errors <= ERROR_BUDGET);
        let sample = match borne {
            Some(_) => sample,
            None => sample.errors_as_no_data(),
        };
        let recent = self.recent.with(sample);
        let judgement = evaluate(&self.condition, Purpose::Gate, &recent, baseline);
        let verdict = judgement.verdict;
        let decides = matches!(verdict, Verdict::Pass | Verdict::Fail);
        if let Some(error) = borne.filter(|_| !decides) {
            self.last = format!("{error} (error {} of {ERROR_BUDGET} in a row)", self.errors);
            return Look::TryAgain;
        }
        self.last = judgement.why();
        self.recent = recent;
        Look::Judged(verdict)
    }

    /// How long to wait for the next sample.
    pub fn pause(&self) -> Millis {
        let doubled = self.errors.saturating_sub(1).min(2);
        let factor = (1u64 << doubled).min(LONGEST_PAUSE);
        self.every.saturating_mul(factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::event::ReadingResult;
    use crate::machine::measure::samples::{below, error, no_data_pass, readings, value};

    fn verdicts(looks: &mut Looks, samples: &[Vec<crate::machine::event::Reading>]) -> Vec<String> {
        samples
            .iter()
            .map(
                |sample| match looks.take(Readings::new(sample), &Readings::default()) {
                    Look::Judged(verdict) => format!("{verdict:?} {}", looks.pause()),
                    Look::TryAgain => format!("again {}", looks.pause()),
                },
            )
            .collect()
    }

    #[test]
    fn four_errors_are_borne_with_and_the_fifth_is_no_data() {
        let mut looks = Looks::new(below(0, "1", None), 10);
        let samples = [error(), error(), error(), error(), error(), value("0")];
        let wanted = [
            "again 10",
            "again 20",
            "again 40",
            "again 40",
            "NoData 40",
            "Pass 10",
        ];
        assert_eq!(verdicts(&mut looks, &samples), wanted);
        // Good samples between them begin the count anew.
        let samples = [error(), value("0"), error(), error(), error(), error()];
        let wanted = [
            "again 10", "Pass 10", "again 10", "again 20", "again 40", "again 40",
        ];
        assert_eq!(verdicts(&mut looks, &samples), wanted);
    }

    #[test]
    fn what_an_error_cannot_change_counts_at_once() {
        let mut broken = readings(&[Some("5"), None]);
        broken[1].result = ReadingResult::Error("connection refused".to_owned());
        let both = || vec![below(0, "1", None), below(1, "1", None)];
        let mut all = Looks::new(Condition::All(both()), 10);
        assert_eq!(verdicts(&mut all, &[broken.clone()]), ["Fail 10"]);
        let mut any = Looks::new(Condition::Any(both()), 10);
        assert_eq!(verdicts(&mut any, &[broken]), ["again 10"]);
    }

    #[test]
    fn an_error_is_never_left_out_before_it_counts_as_no_data() {
        let mut looks = Looks::new(no_data_pass(below(0, "1", None)), 10);
        let wanted = ["again 10", "again 20", "again 40", "again 40", "NoData 40"];
        assert_eq!(verdicts(&mut looks, &vec![error(); 5]), wanted);
    }
}
