//! One comparison held against a sample.
//!
//! It passes if its test is true. It fails if its `fail` bound is reached or,
//! without one, if its test is not true. Between the two it is inconclusive;
//! where both are true it fails.

use rust_decimal::Decimal;

use crate::machine::event::ReadingResult;
use crate::machine::measure::words::told;
use crate::machine::measure::worse::against_history;
use crate::machine::measure::{Readings, Recent, Verdict};
use crate::plan::{Bound, Comparison, MetricId, NoData, Series, Test};

/// What a condition is for. Only missing data and several series are read
/// differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// True is what is hoped for: the worst series is one that is not.
    Gate,
    /// True is what is feared: the worst series is one that is. `no data pass`
    /// does not leave anything out here, since what is missing fires nothing.
    Watch,
}

/// How one comparison stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding<'c> {
    pub standing: Standing,
    comparison: &'c Comparison,
    reason: Reason,
}

/// What decided a comparison.
#[derive(Debug, Clone, PartialEq)]
enum Reason {
    /// In the metric's base unit, and what it was before the first change.
    Value {
        value: Decimal,
        before: Option<Decimal>,
    },
    Missing(String),
}

impl Finding<'_> {
    /// In words: `` `error_rate < 0.1%`: 2.3% ``. Few samples are told of, so
    /// nobody writes them down before that.
    pub fn why(&self) -> String {
        let told = match &self.reason {
            Reason::Value { value, before } => &told(self.comparison, *value, *before),
            Reason::Missing(why) => why,
        };
        format!("`{}`: {told}", self.comparison.text)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Judged(Verdict),
    /// It has no data and says `no data pass`.
    LeftOut,
}

/// Why values could not be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gap {
    /// There is nothing there: the comparison's `no data` says what that means.
    NoData(String),
    /// Nobody knows; nothing may be made of it.
    Unknown(String),
}

/// What a comparison's values come to.
pub(super) struct Judged {
    pub verdict: Verdict,
    pub value: Decimal,
    /// Series that had no value, and why.
    pub gap: Option<Gap>,
}

/// Holds the latest of some samples against one comparison.
pub(super) fn find<'c>(
    comparison: &'c Comparison,
    purpose: Purpose,
    recent: &Recent,
    baseline: &Readings,
) -> Finding<'c> {
    let judged = enough_samples(comparison, recent)
        .and_then(|()| judge(comparison, purpose, recent, baseline));
    let (standing, reason) = match judged {
        Ok(judged) => standing_of(comparison, purpose, judged, baseline),
        Err(gap) => {
            let (standing, why) = standing_of_gap(comparison, purpose, gap);
            (standing, Reason::Missing(why))
        }
    };
    Finding {
        standing,
        comparison,
        reason,
    }
}

fn judge(
    comparison: &Comparison,
    purpose: Purpose,
    recent: &Recent,
    baseline: &Readings,
) -> Result<Judged, Gap> {
    let (values, gap) = measured(comparison, recent.latest())?;
    match comparison.test {
        Test::NotWorseThanBaseline => {
            let judged = against_history(comparison, purpose, recent, baseline)?;
            Ok(Judged { gap, ..judged })
        }
        Test::Against(..) | Test::Within { .. } => {
            let before = middle_baseline(comparison.metric, baseline);
            let verdicts = values
                .iter()
                .map(|value| (one(comparison, *value, before.as_ref()), *value));
            let decided = if wants_all(comparison.series, purpose) {
                verdicts.min_by_key(|(found, _)| rank(found))
            } else {
                verdicts.max_by_key(|(found, _)| rank(found))
            };
            let (verdict, value) = decided.ok_or_else(|| nothing_read("no series"))?;
            Ok(Judged {
                verdict: verdict?,
                value,
                gap,
            })
        }
    }
}

/// Whether one series that is not true is enough to make the whole not true.
pub(super) fn wants_all(series: Series, purpose: Purpose) -> bool {
    match (series, purpose) {
        (Series::All, Purpose::Gate | Purpose::Watch) | (Series::Worst, Purpose::Gate) => true,
        (Series::Any, Purpose::Gate | Purpose::Watch) | (Series::Worst, Purpose::Watch) => false,
    }
}

fn rank(found: &Result<Verdict, Gap>) -> Verdict {
    match found {
        Ok(verdict) => *verdict,
        Err(Gap::NoData(_) | Gap::Unknown(_)) => Verdict::NoData,
    }
}

fn nothing_read(why: &str) -> Gap {
    Gap::NoData(format!("no data ({why})"))
}

/// The values of the comparison's metric, and what was missing beside them.
pub(super) fn measured<'s>(
    comparison: &Comparison,
    sample: Option<&'s Readings>,
) -> Result<(&'s [Decimal], Option<Gap>), Gap> {
    match sample.and_then(|sample| sample.get(comparison.metric)) {
        None => Err(Gap::Unknown("not measured".to_owned())),
        Some(ReadingResult::Error(why)) => Err(Gap::Unknown(format!("not measured ({why})"))),
        Some(ReadingResult::NoData(why)) => Err(nothing_read(why)),
        Some(ReadingResult::Values(values)) => Ok((values, None)),
        Some(ReadingResult::Partly { values, why }) => Ok((values, Some(nothing_read(why)))),
    }
}

/// With several counts the smallest must be enough.
fn enough_samples(comparison: &Comparison, recent: &Recent) -> Result<(), Gap> {
    let Some(least) = comparison.min_samples else {
        return Ok(());
    };
    let counts = comparison
        .counted_by
        .zip(recent.latest())
        .and_then(|(of, sample)| sample.get(of));
    let unknown = |why: &str| Gap::Unknown(format!("the number of samples is not known ({why})"));
    let counts = match counts {
        None => return Err(unknown("nothing counts them")),
        Some(ReadingResult::Error(why)) => return Err(unknown(why)),
        Some(ReadingResult::NoData(_)) => &[],
        Some(ReadingResult::Partly { .. }) => &[],
        Some(ReadingResult::Values(values)) => values.as_slice(),
    };
    let count = counts.iter().min().copied().unwrap_or_default();
    if count < least {
        let (count, least) = (count.normalize(), least.normalize());
        let why = format!("too few samples ({count} of {least})");
        return Err(Gap::NoData(why));
    }
    Ok(())
}

fn standing_of_gap(comparison: &Comparison, purpose: Purpose, gap: Gap) -> (Standing, String) {
    match gap {
        Gap::Unknown(why) => (Standing::Judged(Verdict::NoData), why),
        Gap::NoData(why) => {
            let standing = match (comparison.no_data, purpose) {
                (NoData::Hold, Purpose::Gate | Purpose::Watch) | (NoData::Pass, Purpose::Watch) => {
                    Standing::Judged(Verdict::NoData)
                }
                (NoData::Fail, Purpose::Gate | Purpose::Watch) => Standing::Judged(Verdict::Fail),
                (NoData::Pass, Purpose::Gate) => Standing::LeftOut,
            };
            (standing, why)
        }
    }
}

/// Joins the series that had a value with those that had none.
fn standing_of(
    comparison: &Comparison,
    purpose: Purpose,
    judged: Judged,
    baseline: &Readings,
) -> (Standing, Reason) {
    let Judged {
        verdict,
        value,
        gap,
    } = judged;
    if let Some(gap) = gap
        && let (Standing::Judged(missing), why) = standing_of_gap(comparison, purpose, gap)
        && (missing < verdict) == wants_all(comparison.series, purpose)
        && missing != verdict
    {
        return (Standing::Judged(missing), Reason::Missing(why));
    }
    let before = middle_baseline(comparison.metric, baseline).ok();
    (Standing::Judged(verdict), Reason::Value { value, before })
}

/// One value against the test, and against `fail`.
fn one(
    comparison: &Comparison,
    value: Decimal,
    baseline: Result<&Decimal, &Gap>,
) -> Result<Verdict, Gap> {
    let passes = passes(&comparison.test, value, baseline);
    let fails = match &comparison.fail {
        None => passes.clone().map(|passes| !passes),
        Some((relation, bound)) => {
            resolve(bound, baseline).map(|bound| relation.holds(value, bound))
        }
    };
    match (passes, fails) {
        (_, Ok(true)) => Ok(Verdict::Fail),
        (Ok(true), Ok(false)) => Ok(Verdict::Pass),
        (Ok(false), Ok(false)) => Ok(Verdict::Inconclusive),
        (Err(gap), _) | (_, Err(gap)) => Err(gap),
    }
}

fn passes(test: &Test, value: Decimal, baseline: Result<&Decimal, &Gap>) -> Result<bool, Gap> {
    match test {
        Test::Against(relation, bound) => {
            resolve(bound, baseline).map(|bound| relation.holds(value, bound))
        }
        Test::Within { by, relative, of } => {
            let of = resolve(of, baseline)?;
            within(value, of, *by, *relative).ok_or_else(too_large)
        }
        // Compared over several samples, in `worse`.
        Test::NotWorseThanBaseline => Err(Gap::Unknown("needs several samples".to_owned())),
    }
}

fn within(value: Decimal, of: Decimal, by: Decimal, relative: bool) -> Option<bool> {
    let room = if relative {
        of.abs().checked_mul(by)?
    } else {
        by
    };
    Some(value.checked_sub(of)?.abs() <= room)
}

fn too_large() -> Gap {
    Gap::Unknown("the numbers are too large to compare".to_owned())
}

/// The number a bound stands for.
pub(super) fn resolve(bound: &Bound, baseline: Result<&Decimal, &Gap>) -> Result<Decimal, Gap> {
    if !bound.uses_baseline() {
        return Ok(bound.plus);
    }
    let baseline = baseline.map_err(Clone::clone)?;
    baseline
        .checked_mul(bound.factor)
        .and_then(|share| share.checked_add(bound.plus))
        .ok_or_else(too_large)
}

/// The values of a metric before the first change.
pub(super) fn baseline_values(metric: MetricId, baseline: &Readings) -> Result<&[Decimal], Gap> {
    match baseline.get(metric) {
        None => Err(no_baseline()),
        Some(ReadingResult::Error(why) | ReadingResult::NoData(why)) => {
            Err(Gap::NoData(format!("there is no baseline ({why})")))
        }
        Some(ReadingResult::Values(values) | ReadingResult::Partly { values, .. }) => Ok(values),
    }
}

/// The baseline of several series is the middle one, the lower one of two.
fn middle_baseline(metric: MetricId, baseline: &Readings) -> Result<Decimal, Gap> {
    let values = baseline_values(metric, baseline)?;
    middle(values).ok_or_else(no_baseline)
}

pub(super) fn no_baseline() -> Gap {
    Gap::NoData("there is no baseline".to_owned())
}

/// The median, the lower one of an even number.
pub(super) fn middle(values: &[Decimal]) -> Option<Decimal> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::event::Reading;
    use crate::machine::measure::samples::{
        comparison, error, fixed, no_data, number, reading, sample, value, values,
    };
    use crate::plan::Relation;

    fn bound(factor: &str, plus: &str) -> Bound {
        Bound {
            factor: number(factor),
            plus: number(plus),
        }
    }

    fn found(comparison: &Comparison, purpose: Purpose, now: &[Reading]) -> (Standing, String) {
        let recent = Recent::from(Readings::new(now));
        let baseline = Readings::new(&value("200"));
        let finding = find(comparison, purpose, &recent, &baseline);
        (finding.standing, finding.why())
    }

    fn verdict(test: Test, fail: Option<(Relation, Bound)>, now: &str) -> Verdict {
        match found(&comparison(0, test, fail, "it"), Purpose::Gate, &value(now)) {
            (Standing::Judged(verdict), _) => verdict,
            (Standing::LeftOut, why) => panic!("left out: {why}"),
        }
    }

    #[test]
    fn every_relation_at_its_bound_and_beside_it() {
        use Relation::*;
        // Below, at and above the bound.
        let truths = [
            (Less, [true, false, false]),
            (LessOrEqual, [true, true, false]),
            (Greater, [false, false, true]),
            (GreaterOrEqual, [false, true, true]),
            (Equal, [false, true, false]),
            (NotEqual, [true, false, true]),
        ];
        for (relation, truth) in truths {
            for (now, passes) in ["0.0999", "0.1", "0.1001"].into_iter().zip(truth) {
                let wanted = if passes { Verdict::Pass } else { Verdict::Fail };
                let test = Test::Against(relation, fixed("0.1"));
                assert_eq!(verdict(test, None, now), wanted, "{now} {relation:?} 0.1");
            }
        }
    }

    #[test]
    fn between_the_test_and_fail_it_is_inconclusive() {
        let test = || Test::Against(Relation::Less, fixed("0.1"));
        let fail = Some((Relation::Greater, fixed("1")));
        for (now, wanted) in [
            ("0.09", Verdict::Pass),
            ("0.1", Verdict::Inconclusive),
            ("1", Verdict::Inconclusive),
            ("1.0000000001", Verdict::Fail),
        ] {
            assert_eq!(verdict(test(), fail, now), wanted, "{now}");
        }
        // Where the author made them overlap, the failure wins.
        let overlap = Some((Relation::Greater, fixed("0.05")));
        assert_eq!(verdict(test(), overlap, "0.07"), Verdict::Fail);
    }

    #[test]
    fn bounds_may_rest_on_the_baseline() {
        let half_more = || Test::Against(Relation::Less, bound("1.5", "0"));
        assert_eq!(verdict(half_more(), None, "299.9"), Verdict::Pass);
        assert_eq!(verdict(half_more(), None, "300"), Verdict::Fail);
        let near = |by: &str, relative| Test::Within {
            by: number(by),
            relative,
            of: bound("1", "0"),
        };
        for (now, wanted) in [
            ("160", Verdict::Pass),
            ("159.9", Verdict::Fail),
            ("240", Verdict::Pass),
            ("240.1", Verdict::Fail),
        ] {
            assert_eq!(verdict(near("0.2", true), None, now), wanted, "{now}");
            assert_eq!(verdict(near("40", false), None, now), wanted, "{now}");
        }
    }

    #[test]
    fn without_a_baseline_there_is_no_data_but_a_certain_failure_counts() {
        let test = Test::Against(Relation::Less, bound("1.5", "0"));
        let fail = Some((Relation::Greater, fixed("1")));
        let it = comparison(0, test, fail, "it");
        for before in [
            Readings::default(),
            sample(&[None]),
            Readings::new(&error()),
        ] {
            for (now, wanted) in [("0.5", Verdict::NoData), ("2", Verdict::Fail)] {
                let recent = Recent::from(Readings::new(&value(now)));
                let finding = find(&it, Purpose::Gate, &recent, &before);
                assert_eq!(finding.standing, Standing::Judged(wanted), "{now}");
            }
        }
    }

    #[test]
    fn numbers_too_large_to_compare_are_unknown_whatever_no_data_says() {
        let max = Decimal::MAX.to_string();
        for no_data in [NoData::Hold, NoData::Pass, NoData::Fail] {
            let tests = [
                Test::Against(Relation::Less, bound(&max, "0")),
                Test::Within {
                    by: Decimal::MAX,
                    relative: true,
                    of: bound("1", "0"),
                },
                Test::Within {
                    by: Decimal::MAX,
                    relative: false,
                    of: fixed(&format!("-{max}")),
                },
            ];
            for test in tests {
                let mut it = comparison(0, test, None, "it");
                it.no_data = no_data;
                let (standing, why) = found(&it, Purpose::Gate, &value(&max));
                assert_eq!(standing, Standing::Judged(Verdict::NoData));
                assert_eq!(why, "`it`: the numbers are too large to compare");
            }
        }
    }

    #[test]
    fn missing_data_is_what_the_author_says_and_errors_are_nothing() {
        let out = Standing::LeftOut;
        let judged = Standing::Judged;
        for (option, gate, watch) in [
            (
                NoData::Hold,
                judged(Verdict::NoData),
                judged(Verdict::NoData),
            ),
            (NoData::Pass, out, judged(Verdict::NoData)),
            (NoData::Fail, judged(Verdict::Fail), judged(Verdict::Fail)),
        ] {
            let test = Test::Against(Relation::Less, fixed("1"));
            let mut it = comparison(0, test, None, "it");
            it.no_data = option;
            assert_eq!(found(&it, Purpose::Gate, &no_data()).0, gate);
            assert_eq!(found(&it, Purpose::Watch, &no_data()).0, watch);
            for purpose in [Purpose::Gate, Purpose::Watch] {
                let unknown = judged(Verdict::NoData);
                assert_eq!(found(&it, purpose, &error()).0, unknown);
                assert_eq!(found(&it, purpose, &[]).0, unknown);
            }
        }
    }

    #[test]
    fn several_series() {
        use {Purpose::*, Series::*};
        let bad_and_good = reading(values(&["0.5", "5"]));
        // Is one of two enough to be true?
        for (series, purpose, wanted) in [
            (Worst, Gate, Verdict::Fail),
            (All, Gate, Verdict::Fail),
            (Any, Gate, Verdict::Pass),
            (Worst, Watch, Verdict::Pass),
            (All, Watch, Verdict::Fail),
            (Any, Watch, Verdict::Pass),
        ] {
            let test = Test::Against(Relation::Less, fixed("1"));
            let mut it = comparison(0, test, None, "it");
            it.series = series;
            let (standing, why) = found(&it, purpose, &bad_and_good);
            assert_eq!(standing, Standing::Judged(wanted), "{series:?} {purpose:?}");
            let decider = if wanted == Verdict::Pass {
                "0.5%"
            } else {
                "5%"
            };
            assert_eq!(why, format!("`it`: {decider}"));
        }
    }

    #[test]
    fn series_without_a_value_stand_beside_those_with_one() {
        use {Purpose::*, Series::*};
        let hold = NoData::Hold;
        for (series, purpose, option, now, wanted) in [
            (Worst, Gate, hold, "0.5", Verdict::NoData),
            (Worst, Gate, hold, "5", Verdict::Fail),
            (Worst, Gate, NoData::Pass, "0.5", Verdict::Pass),
            (Worst, Gate, NoData::Fail, "0.5", Verdict::Fail),
            (Any, Gate, hold, "0.5", Verdict::Pass),
            (Any, Gate, hold, "5", Verdict::NoData),
            (Worst, Watch, hold, "0.5", Verdict::Pass),
            (Worst, Watch, hold, "5", Verdict::NoData),
            (All, Watch, NoData::Pass, "0.5", Verdict::NoData),
        ] {
            let test = Test::Against(Relation::Less, fixed("1"));
            let mut it = comparison(0, test, None, "it");
            (it.series, it.no_data) = (series, option);
            let partly = reading(ReadingResult::Partly {
                values: vec![number(now)],
                why: "1 of 2 series is NaN".to_owned(),
            });
            let (standing, _) = found(&it, purpose, &partly);
            let case = format!("{series:?} {purpose:?} {option:?} {now}");
            assert_eq!(standing, Standing::Judged(wanted), "{case}");
        }
    }

    #[test]
    fn too_few_samples_are_no_data() {
        let test = Test::Against(Relation::Less, fixed("1"));
        let mut it = comparison(0, test, None, "it");
        it.min_samples = Some(number("100"));
        it.counted_by = Some(MetricId(1));
        fn standing<'c>(it: &'c Comparison, count: Option<&str>) -> Finding<'c> {
            let recent = Recent::from(sample(&[Some("0.5"), count]));
            find(it, Purpose::Gate, &recent, &Readings::default())
        }
        let judged = Standing::Judged;
        let few = standing(&it, Some("99"));
        assert_eq!(few.standing, judged(Verdict::NoData));
        assert_eq!(few.why(), "`it`: too few samples (99 of 100)");
        assert_eq!(standing(&it, None).standing, judged(Verdict::NoData));
        assert_eq!(standing(&it, Some("100")).standing, judged(Verdict::Pass));
        it.counted_by = None;
        assert_eq!(standing(&it, Some("100")).standing, judged(Verdict::NoData));
    }

    #[test]
    fn too_few_samples_fail_nothing_either() {
        let test = Test::Against(Relation::Less, fixed("1"));
        let mut it = comparison(0, test, None, "it");
        it.min_samples = Some(number("100"));
        it.counted_by = Some(MetricId(1));
        let recent = Recent::from(sample(&[Some("50"), Some("2")]));
        let finding = find(&it, Purpose::Gate, &recent, &Readings::default());
        assert_eq!(finding.standing, Standing::Judged(Verdict::NoData));
    }
}
