//! One sample held against a condition.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::machine::measure::Readings;
use crate::plan::{Bound, Comparison, Condition, NoData, Relation, Series, Test};

/// What one sample says. In this order `All` takes the least and `Any` the
/// greatest, so that missing data never makes a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    Fail,
    NoData,
    Inconclusive,
    Pass,
}

/// Holds readings against a condition; gives the verdict and, in words, what
/// decided it.
pub fn evaluate(condition: &Condition, now: &Readings, baseline: &Readings) -> (Verdict, String) {
    match condition {
        Condition::Compare(comparison) => compare(comparison, now, baseline),
        Condition::All(parts) => pick(parts, now, baseline, Ordering::Less),
        Condition::Any(parts) => pick(parts, now, baseline, Ordering::Greater),
    }
}

/// The first part that is worst (or best) of all.
fn pick(
    parts: &[Condition],
    now: &Readings,
    baseline: &Readings,
    better: Ordering,
) -> (Verdict, String) {
    parts
        .iter()
        .map(|part| evaluate(part, now, baseline))
        .reduce(|best, next| {
            if next.0.cmp(&best.0) == better {
                next
            } else {
                best
            }
        })
        .unwrap_or((Verdict::NoData, "there is nothing to compare".to_owned()))
}

fn compare(comparison: &Comparison, now: &Readings, baseline: &Readings) -> (Verdict, String) {
    let text = &comparison.text;
    let Some(values) = now.values(comparison.metric) else {
        return (no_data(comparison), format!("`{text}`: no data"));
    };
    if too_few_samples(comparison, now) {
        return (no_data(comparison), format!("`{text}`: too few samples"));
    }
    let before = baseline.values(comparison.metric).and_then(middle);
    let verdicts = values
        .iter()
        .map(|value| (one(comparison, *value, before), *value));
    let decided = match comparison.series {
        Series::Worst | Series::All => verdicts.min_by_key(|(verdict, _)| *verdict),
        Series::Any => verdicts.max_by_key(|(verdict, _)| *verdict),
    };
    match decided {
        Some((Verdict::NoData, _)) | None => {
            (no_data(comparison), format!("`{text}`: no baseline"))
        }
        Some((verdict, value)) => (verdict, format!("`{text}`: {}", value.normalize())),
    }
}

fn no_data(comparison: &Comparison) -> Verdict {
    match comparison.no_data {
        NoData::Hold => Verdict::NoData,
        NoData::Pass => Verdict::Pass,
        NoData::Fail => Verdict::Fail,
    }
}

fn too_few_samples(comparison: &Comparison, now: &Readings) -> bool {
    let (Some(least), Some(of)) = (comparison.min_samples, comparison.counted_by) else {
        return false;
    };
    now.values(of)
        .and_then(|counts| counts.iter().min().copied())
        .is_none_or(|count| count < least)
}

/// One value against the test, and where it does not pass, against `fail`.
fn one(comparison: &Comparison, value: Decimal, baseline: Option<Decimal>) -> Verdict {
    let passes = match &comparison.test {
        Test::Against(relation, bound) => {
            resolve(bound, baseline).map(|bound| holds(*relation, value, bound))
        }
        Test::Within { by, relative, of } => resolve(of, baseline).and_then(|of| {
            let room = if *relative {
                of.abs().checked_mul(*by)?
            } else {
                *by
            };
            Some(value.checked_sub(of)?.abs() <= room)
        }),
        Test::NotWorseThanBaseline => baseline.map(|baseline| value <= baseline),
    };
    let fails = match &comparison.fail {
        None => passes.map(|passes| !passes),
        Some((relation, bound)) => {
            resolve(bound, baseline).map(|bound| holds(*relation, value, bound))
        }
    };
    match (passes, fails) {
        (_, Some(true)) => Verdict::Fail,
        (Some(true), Some(false)) => Verdict::Pass,
        (Some(false), Some(false)) => Verdict::Inconclusive,
        (None, _) | (_, None) => Verdict::NoData,
    }
}

fn resolve(bound: &Bound, baseline: Option<Decimal>) -> Option<Decimal> {
    if bound.uses_baseline() {
        baseline?.checked_mul(bound.factor)?.checked_add(bound.plus)
    } else {
        Some(bound.plus)
    }
}

fn holds(relation: Relation, value: Decimal, bound: Decimal) -> bool {
    match relation {
        Relation::Less => value < bound,
        Relation::LessOrEqual => value <= bound,
        Relation::Greater => value > bound,
        Relation::GreaterOrEqual => value >= bound,
        Relation::Equal => value == bound,
        Relation::NotEqual => value != bound,
    }
}

/// The median, the lower one of an even number: the baseline of several
/// series.
fn middle(values: &[Decimal]) -> Option<Decimal> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().saturating_sub(1) / 2).copied()
}
