//! `not worse than baseline`.
//!
//! The last five samples are held against the reading from before the first
//! change:
//! - It passes if their middle one is not worse than the baseline.
//! - It fails if all five are worse; with a `fail` bound, if their middle one
//!   reaches that.
//! - Otherwise it is inconclusive.
//!
//! So two odd readings decide nothing, and a metric that only wobbles about
//! its baseline is seldom called worse. With fewer than five samples that have
//! data there is no data. Of several series the worst of each sample counts,
//! and the worst of the baseline (`series any`: the best of both).
//!
//! Which way is worse? The `fail` bound says it: `fail > …` means that more is
//! worse. Without one, more of a duration is worse; for every other type
//! nothing says it (an error rate and a conversion rate are both percentages),
//! and nothing passes: [`worse_way`] tells the checks which lines those are.

use rust_decimal::Decimal;

use crate::machine::event::ReadingResult;
use crate::machine::measure::compare::{
    Gap, Judged, Purpose, baseline_values, measured, middle, resolve, wants_all,
};
use crate::machine::measure::{Readings, Recent, Verdict};
use crate::plan::{Comparison, NoData, Relation};
use crate::types::Unit;

/// So many samples in a row with data are wanted.
pub const NEEDED: usize = 5;

/// The direction in which a metric gets worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worse {
    More,
    Less,
}

/// Which way is worse, where something says it.
pub fn worse_way(unit: Unit, fail: Option<Relation>) -> Option<Worse> {
    match fail {
        Some(Relation::Greater | Relation::GreaterOrEqual) => Some(Worse::More),
        Some(Relation::Less | Relation::LessOrEqual) => Some(Worse::Less),
        Some(Relation::Equal | Relation::NotEqual) => None,
        None => match unit {
            Unit::Duration => Some(Worse::More),
            Unit::Number | Unit::Percent | Unit::Bytes | Unit::Rate => None,
        },
    }
}

impl Worse {
    fn is_worse(self, value: Decimal, than: Decimal) -> bool {
        match self {
            Worse::More => value > than,
            Worse::Less => value < than,
        }
    }

    /// The worst of some values, or the best of them.
    fn extreme(self, values: &[Decimal], worst: bool) -> Option<Decimal> {
        match (self, worst) {
            (Worse::More, true) | (Worse::Less, false) => values.iter().max().copied(),
            (Worse::More, false) | (Worse::Less, true) => values.iter().min().copied(),
        }
    }
}

/// Holds the last samples against the baseline.
pub(super) fn against_history(
    comparison: &Comparison,
    purpose: Purpose,
    recent: &Recent,
    baseline: &Readings,
) -> Result<Judged, Gap> {
    let relation = comparison.fail.as_ref().map(|(relation, _)| *relation);
    let way = worse_way(comparison.unit, relation)
        .ok_or_else(|| Gap::Unknown("nothing says which way is worse".to_owned()))?;
    let strict = wants_all(comparison.series, purpose);
    let reduce = |values: &[Decimal]| way.extreme(values, strict);
    let before = reduce(baseline_values(comparison.metric, baseline)?)
        .ok_or_else(super::compare::no_baseline)?;
    let history = history(comparison, purpose, recent);
    let history: Vec<Decimal> = history.into_iter().filter_map(reduce).collect();
    if history.len() < NEEDED {
        let why = format!("no data ({} of {NEEDED} readings)", history.len());
        return Err(Gap::NoData(why));
    }
    let value = middle(&history).unwrap_or(before);
    let fails = match &comparison.fail {
        None => history.iter().all(|value| way.is_worse(*value, before)),
        Some((relation, bound)) => relation.holds(value, resolve(bound, Ok(&before))?),
    };
    let verdict = match (way.is_worse(value, before), fails) {
        (_, true) => Verdict::Fail,
        (false, false) => Verdict::Pass,
        (true, false) => Verdict::Inconclusive,
    };
    Ok(Judged {
        verdict,
        value,
        gap: None,
    })
}

/// The samples that have data: where series are missing, only if those that
/// are there may speak for them.
fn history<'r>(
    comparison: &Comparison,
    purpose: Purpose,
    recent: &'r Recent,
) -> Vec<&'r [Decimal]> {
    let strict = wants_all(comparison.series, purpose);
    let leaves_out = comparison.no_data == NoData::Pass && purpose == Purpose::Gate;
    recent
        .iter()
        .filter(|sample| match sample.get(comparison.metric) {
            Some(ReadingResult::Partly { .. }) => !strict || leaves_out,
            Some(ReadingResult::Values(_) | ReadingResult::NoData(_) | ReadingResult::Error(_))
            | None => true,
        })
        .filter_map(|sample| measured(comparison, Some(sample)).ok())
        .map(|(values, _)| values)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::measure::compare::{Standing, find};
    use crate::machine::measure::samples::{comparison, fixed, no_data, reading, value, values};
    use crate::plan::{Bound, Test};

    fn latency() -> Comparison {
        let mut latency = comparison(0, Test::NotWorseThanBaseline, None, "p95");
        latency.unit = Unit::Duration;
        latency
    }

    fn history(samples: &[&str]) -> Recent {
        samples.iter().fold(Recent::default(), |recent, sample| {
            recent.with(match *sample {
                "-" => Readings::new(&no_data()),
                text => Readings::new(&value(text)),
            })
        })
    }

    fn standing(comparison: &Comparison, samples: &[&str], before: &str) -> Standing {
        let baseline = Readings::new(&value(before));
        find(comparison, Purpose::Gate, &history(samples), &baseline).standing
    }

    #[test]
    fn five_samples_decide() {
        for (samples, wanted) in [
            (&["0.2", "0.2", "0.2", "0.2"][..], Verdict::NoData),
            (&["0.2", "0.2", "0.2", "0.2", "0.2"], Verdict::Pass),
            (&["0.9", "0.9", "0.2", "0.1", "0.2"], Verdict::Pass),
            (&["0.3", "0.3", "0.3", "0.1", "0.2"], Verdict::Inconclusive),
            (&["0.3", "0.3", "0.3", "0.3", "0.3"], Verdict::Fail),
            // Older ones are forgotten.
            (
                &["9", "9", "0.2", "0.2", "0.2", "0.2", "0.2"],
                Verdict::Pass,
            ),
            // A gap wants five new ones.
            (&["0.2", "0.2", "0.2", "0.2", "-"], Verdict::NoData),
            (&["0.2", "0.2", "0.2", "-", "0.2", "0.2"], Verdict::NoData),
            (&["-", "0.2", "0.2", "0.2", "0.2", "0.2"], Verdict::Pass),
        ] {
            let found = standing(&latency(), samples, "0.2");
            assert_eq!(found, Standing::Judged(wanted), "{samples:?}");
        }
    }

    #[test]
    fn the_fail_bound_says_how_bad_is_too_bad_and_which_way() {
        let mut share = comparison(0, Test::NotWorseThanBaseline, None, "conversion");
        let samples = ["2.5", "2.5", "2.5", "2.5", "2.5"];
        let unknown = standing(&share, &samples, "3");
        assert_eq!(unknown, Standing::Judged(Verdict::NoData));
        let half = Bound {
            factor: "0.5".parse().expect("a number"),
            plus: Decimal::ZERO,
        };
        share.fail = Some((Relation::Less, half));
        for (now, wanted) in [
            ("3", Verdict::Pass),
            ("9", Verdict::Pass),
            ("2.5", Verdict::Inconclusive),
            ("1.4", Verdict::Fail),
        ] {
            let found = standing(&share, &[now; 5], "3");
            assert_eq!(found, Standing::Judged(wanted), "{now}");
        }
        share.fail = Some((Relation::Greater, fixed("5")));
        let found = standing(&share, &["2"; 5], "3");
        assert_eq!(found, Standing::Judged(Verdict::Pass));
    }

    #[test]
    fn the_worst_series_is_held_against_the_worst_before() {
        let baseline = Readings::new(&reading(values(&["0.1", "0.4"])));
        for (now, wanted) in [
            (["0.3", "0.4"], Verdict::Pass),
            (["0.1", "0.5"], Verdict::Fail),
        ] {
            let sample = || Readings::new(&reading(values(&now)));
            let recent = (0..NEEDED).fold(Recent::default(), |recent, _| recent.with(sample()));
            let latency = latency();
            let finding = find(&latency, Purpose::Gate, &recent, &baseline);
            assert_eq!(finding.standing, Standing::Judged(wanted), "{now:?}");
        }
    }

    #[test]
    fn without_a_baseline_nothing_passes() {
        let latency = latency();
        let finding = find(
            &latency,
            Purpose::Gate,
            &history(&["0.1"; 5]),
            &Readings::default(),
        );
        assert_eq!(finding.standing, Standing::Judged(Verdict::NoData));
        assert_eq!(finding.why(), "`p95`: there is no baseline");
    }
}
