//! `hold T for D every D tolerate N`.
//!
//! The condition is looked at every so often until it has been seen true for
//! so long. Only the time between two passing samples counts, and of a stretch
//! that nobody looked at no more than twice `every` (or half a minute).
//!
//! - A failing sample beyond the tolerated ones fails it. The time around a
//!   tolerated one does not count.
//! - Samples without data and inconclusive ones count neither for nor against
//!   it: the time around them does not count.
//! - The time that does not count may come to as much as the hold lasts, and
//!   sixteen times `every` more. As soon as that cannot be kept, it fails if
//!   the last sample failed, and is otherwise for a person to decide. So it is
//!   decided by the first sample after `2 * D + 16 * every`.
//!
//! A hold of no time passes with its first passing sample.

use crate::machine::event::Reading;
use crate::machine::measure::looks::{Look, Looks};
use crate::machine::measure::{Progress, Readings, Verdict};
use crate::plan::{Condition, MetricId, Millis};
use crate::types::text::elapsed;

/// A stretch without a look counts for at least so long, since sources take
/// their time.
const SLOW_ANSWER: Millis = 30_000;

/// A condition that must stay true for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct HoldState {
    looks: Looks,
    lasting: Millis,
    tolerate: u32,
    /// By when it must be decided.
    deadline: Millis,
    next: Option<Millis>,
    /// The time that counts so far.
    held: Millis,
    /// The last sample, where it passed.
    passed_at: Option<Millis>,
    failures: u32,
    decided: Option<Progress>,
}

impl HoldState {
    pub fn new(
        condition: Condition,
        lasting: Millis,
        every: Millis,
        tolerate: u32,
        now: Millis,
    ) -> HoldState {
        let looks = Looks::new(condition, every);
        let deadline = now
            .saturating_add(lasting.saturating_mul(2))
            .saturating_add(looks.slack());
        HoldState {
            looks,
            lasting,
            tolerate,
            deadline,
            next: Some(now),
            held: 0,
            passed_at: None,
            failures: 0,
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

    /// The first sample after this moment decides it, whatever it says.
    pub fn deadline(&self) -> Millis {
        self.deadline
    }

    /// How long it has been seen true.
    pub fn held(&self) -> Millis {
        self.held.min(self.lasting)
    }

    /// How long it is to be seen true.
    pub fn lasting(&self) -> Millis {
        self.lasting
    }

    /// `` held 3m 20s of 5m, last `error_rate < 0.1%`: 0.05% ``
    pub fn status(&self) -> String {
        let (held, lasting) = (elapsed(self.held()), elapsed(self.lasting));
        format!("held {held} of {lasting}, last {}", self.looks.last())
    }

    /// What it is and how far it is, for people.
    pub fn describe(&self) -> String {
        format!("a hold ({})", self.status())
    }

    /// Takes in a sample. Once it is decided, more of them change nothing.
    pub fn sampled(&mut self, now: Millis, readings: &[Reading], baseline: &Readings) -> Progress {
        if let Some(decided) = &self.decided {
            return decided.clone();
        }
        let progress = match self.looks.take(Readings::new(readings), baseline) {
            Look::TryAgain => self.wait_or_give_up(now, None),
            Look::Judged(verdict) => match verdict {
                Verdict::Pass => self.passed(now),
                Verdict::Fail => self.failed(now),
                Verdict::NoData | Verdict::Inconclusive => {
                    self.passed_at = None;
                    self.wait_or_give_up(now, None)
                }
            },
        };
        self.settle(now, &progress);
        progress
    }

    fn passed(&mut self, now: Millis) -> Progress {
        self.held = self.held.saturating_add(self.stretch(now));
        self.passed_at = Some(now);
        if self.held >= self.lasting {
            return Progress::Passed;
        }
        self.wait_or_give_up(now, None)
    }

    fn failed(&mut self, now: Millis) -> Progress {
        self.passed_at = None;
        self.failures = self.failures.saturating_add(1);
        let why = self.looks.last();
        let why = match self.tolerate {
            0 => why.to_owned(),
            tolerate => format!(
                "{why} (failing samples: {}, tolerated: {tolerate})",
                self.failures
            ),
        };
        if self.failures > self.tolerate {
            return Progress::Failed(why);
        }
        self.wait_or_give_up(now, Some(why))
    }

    /// What would count if a sample passed now.
    fn stretch(&self, now: Millis) -> Millis {
        let longest = self.looks.every().saturating_mul(2).max(SLOW_ANSWER);
        let since = |passed: Millis| now.saturating_sub(passed).min(longest);
        self.passed_at.map_or(0, since)
    }

    fn missing(&self, now: Millis) -> Millis {
        let seen = self.held.saturating_add(self.stretch(now));
        self.lasting.saturating_sub(seen)
    }

    fn wait_or_give_up(&self, now: Millis, failing: Option<String>) -> Progress {
        if now.saturating_add(self.missing(now)) <= self.deadline && now < Millis::MAX {
            return Progress::Undecided;
        }
        match failing {
            Some(why) => Progress::Failed(why),
            None => Progress::Inconclusive(self.status()),
        }
    }

    fn settle(&mut self, now: Millis, progress: &Progress) {
        self.next = match progress {
            Progress::Undecided => {
                let pause = self.looks.pause();
                // The sample that completes the time is taken when it is
                // complete.
                let pause = match self.passed_at {
                    Some(_) => pause.min(self.missing(now).max(1)),
                    None => pause,
                };
                Some(now.saturating_add(pause))
            }
            Progress::Passed | Progress::Failed(_) | Progress::Inconclusive(_) => {
                self.decided = Some(progress.clone());
                None
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::measure::samples::{below, error, no_data, no_data_pass, value};

    const MINUTE: Millis = 60_000;

    /// `p` passes, `f` fails, `i` is inconclusive, `n` has no data, `e` is an
    /// error of the source.
    fn reading(letter: char) -> Vec<Reading> {
        match letter {
            'p' => value("0.5"),
            'f' => value("5"),
            'i' => value("1.5"),
            'n' => no_data(),
            _error => error(),
        }
    }

    /// Looks whenever it wants to; the last letter repeats. Gives the outcome
    /// and when it came.
    fn run(mut hold: HoldState, script: &str) -> (Progress, Millis) {
        let last = script.chars().last().expect("a script");
        let mut letters = script.chars().chain(std::iter::repeat(last));
        loop {
            let now = hold.next_sample_at().expect("undecided");
            let sample = reading(letters.next().expect("endless"));
            match hold.sampled(now, &sample, &Readings::default()) {
                Progress::Undecided => {}
                decided => return (decided, now),
            }
        }
    }

    /// Five minutes, every minute.
    fn hold(tolerate: u32) -> HoldState {
        HoldState::new(below(0, "1", Some("2")), 5 * MINUTE, MINUTE, tolerate, 0)
    }

    fn passes_after(script: &str, tolerate: u32, minutes: u64) {
        let wanted = (Progress::Passed, minutes * MINUTE);
        assert_eq!(run(hold(tolerate), script), wanted, "{script}");
    }

    #[test]
    fn only_time_between_passing_samples_counts() {
        passes_after("p", 0, 5);
        passes_after("ppfp", 1, 7);
        passes_after("ppnp", 0, 7);
        passes_after("ppip", 0, 7);
        passes_after("np", 0, 6);
        // An error that is borne with breaks nothing.
        passes_after("ppep", 0, 5);
        passes_after("pfpfpp", 2, 9);
    }

    #[test]
    fn one_failing_sample_too_many_fails_it() {
        let (progress, at) = run(hold(0), "ppf");
        assert_eq!(progress, Progress::Failed("`m0 < 1`: 5%".to_owned()));
        assert_eq!(at, 2 * MINUTE);
        let (progress, at) = run(hold(2), "pfpfpf");
        let why = "`m0 < 1`: 5% (failing samples: 3, tolerated: 2)";
        assert_eq!(progress, Progress::Failed(why.to_owned()));
        assert_eq!(at, 5 * MINUTE);
    }

    #[test]
    fn what_stays_undecided_goes_to_a_person_as_soon_as_it_is_hopeless() {
        for script in ["n", "i", "ppppn", "pnpn"] {
            let (progress, at) = run(hold(0), script);
            assert!(
                matches!(progress, Progress::Inconclusive(_)),
                "{script}: {progress:?}"
            );
            assert!(at <= 27 * MINUTE, "{script}: {at}");
        }
        let (progress, at) = run(hold(0), "n");
        let why = "held 0ms of 5m, last `m0 < 1`: no data (no series)";
        assert_eq!(progress, Progress::Inconclusive(why.to_owned()));
        assert_eq!(at, 22 * MINUTE);
        let (progress, _) = run(hold(0), "e");
        assert!(
            matches!(progress, Progress::Inconclusive(_)),
            "{progress:?}"
        );
        // What only ever fails is no matter of opinion, however much is tolerated.
        let (progress, _) = run(hold(1_000), "f");
        assert!(matches!(progress, Progress::Failed(_)), "{progress:?}");
    }

    #[test]
    fn a_hold_of_no_time_passes_with_its_first_passing_sample() {
        let none = || HoldState::new(below(0, "1", None), 0, 0, 0, 7);
        assert_eq!(run(none(), "p"), (Progress::Passed, 7));
        assert!(matches!(run(none(), "n").0, Progress::Inconclusive(_)));
        assert!(matches!(run(none(), "f").0, Progress::Failed(_)));
    }

    #[test]
    fn a_short_hold_looks_when_it_is_complete() {
        let short = HoldState::new(below(0, "1", None), 2_500, 1_000, 0, 0);
        assert_eq!(run(short, "p"), (Progress::Passed, 2_500));
    }

    #[test]
    fn a_stretch_nobody_looked_at_hardly_counts() {
        let mut hold = hold(0);
        let none = Readings::default();
        assert_eq!(hold.sampled(0, &value("0"), &none), Progress::Undecided);
        // Asleep for an hour: two good looks are not five good minutes.
        let progress = hold.sampled(60 * MINUTE, &value("0"), &none);
        assert!(
            matches!(progress, Progress::Inconclusive(_)),
            "{progress:?}"
        );
        assert_eq!(hold.held(), 2 * MINUTE);
    }

    #[test]
    fn it_never_passes_for_want_of_data() {
        let condition = no_data_pass(below(0, "1", None));
        let hold = HoldState::new(condition, MINUTE, MINUTE, 9, 0);
        let (progress, _) = run(hold, "n");
        assert!(
            matches!(progress, Progress::Inconclusive(_)),
            "{progress:?}"
        );
    }

    #[test]
    fn decided_stays_decided() {
        let mut hold = hold(0);
        let none = Readings::default();
        let failed = hold.sampled(0, &value("5"), &none);
        assert!(matches!(failed, Progress::Failed(_)));
        for at in 1..20 {
            assert_eq!(hold.sampled(at * MINUTE, &value("0"), &none), failed);
            assert_eq!(hold.next_sample_at(), None);
        }
    }

    #[test]
    fn times_at_the_end_of_time_do_no_harm() {
        let forever = HoldState::new(below(0, "1", None), u64::MAX, u64::MAX, 0, u64::MAX - 1);
        let (progress, _) = run(forever, "p");
        assert!(
            matches!(progress, Progress::Inconclusive(_)),
            "{progress:?}"
        );
    }

    #[test]
    fn the_status_says_how_far_it_is() {
        let mut hold = hold(0);
        assert_eq!(hold.status(), "held 0ms of 5m, last no sample yet");
        hold.sampled(0, &value("0.05"), &Readings::default());
        hold.sampled(MINUTE, &value("0.05"), &Readings::default());
        assert_eq!(hold.status(), "held 60s of 5m, last `m0 < 1`: 0.05%");
    }
}
