//! One rule of a `watch`: fires when its condition has been true at every look
//! for a while.
//!
//! Missing data, errors and inconclusive samples are breaks: the time begins
//! anew, and they never fire it. It fires once.

use crate::machine::event::Reading;
use crate::machine::measure::{Purpose, Readings, Recent, Verdict, evaluate};
use crate::plan::{Condition, Millis};

#[derive(Debug, Clone, PartialEq)]
pub struct WatchState {
    condition: Condition,
    lasting: Millis,
    recent: Recent,
    /// Since when it has been true.
    since: Option<Millis>,
    fired: bool,
}

impl WatchState {
    pub fn new(condition: Condition, lasting: Millis) -> WatchState {
        WatchState {
            condition,
            lasting,
            recent: Recent::default(),
            since: None,
            fired: false,
        }
    }

    /// Since when the condition has been true without a break.
    pub fn true_since(&self) -> Option<Millis> {
        self.since
    }

    /// Why it fires, if this sample makes it.
    pub fn sampled(
        &mut self,
        now: Millis,
        readings: &[Reading],
        baseline: &Readings,
    ) -> Option<String> {
        self.recent = self.recent.with(Readings::new(readings));
        let judgement = evaluate(&self.condition, Purpose::Watch, &self.recent, baseline);
        if judgement.verdict != Verdict::Pass {
            self.since = None;
            return None;
        }
        let since = *self.since.get_or_insert(now);
        let fires = !self.fired && now.saturating_sub(since) >= self.lasting;
        self.fired |= fires;
        fires.then_some(judgement.why())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::measure::samples::{
        below, error, no_data, no_data_pass, reading, value, values,
    };

    /// At which of these samples, one a second, it fires.
    fn fires(condition: Condition, lasting: Millis, samples: &[Vec<Reading>]) -> Vec<usize> {
        let mut watch = WatchState::new(condition, lasting);
        let none = Readings::default();
        (0..)
            .zip(samples)
            .filter(|(at, sample)| watch.sampled(*at * 1_000, sample, &none).is_some())
            .map(|(at, _)| usize::try_from(at).expect("small"))
            .collect()
    }

    #[test]
    fn it_fires_once_when_true_for_long_enough() {
        let (yes, no) = (value("0"), value("5"));
        let low = || below(0, "1", None);
        let both = [
            yes.clone(),
            no.clone(),
            yes.clone(),
            yes.clone(),
            yes.clone(),
            yes.clone(),
        ];
        assert_eq!(fires(low(), 2_000, &both), [4]);
        assert_eq!(fires(low(), 0, &[no.clone(), yes.clone(), yes]), [1]);
        assert_eq!(fires(low(), 0, &vec![no; 5]), [0usize; 0]);
    }

    #[test]
    fn what_is_not_known_breaks_it() {
        let yes = || value("0");
        for unknown in [no_data(), error(), value("1.5"), Vec::new()] {
            let samples = [yes(), yes(), unknown.clone(), yes(), yes(), yes()];
            let low = below(0, "1", Some("2"));
            assert_eq!(fires(low.clone(), 2_000, &samples), [5], "{unknown:?}");
            assert!(fires(low.clone(), 0, &vec![unknown.clone(); 9]).is_empty());
            assert!(fires(no_data_pass(low), 0, &vec![unknown; 9]).is_empty());
        }
    }

    #[test]
    fn one_series_is_enough() {
        let one_of_three = reading(values(&["5", "0.5", "5"]));
        assert_eq!(fires(below(0, "1", None), 0, &[one_of_three]), [0]);
    }
}
