//! Conditions and samples for the tests of this room. Metrics are percentages
//! named by their number: `m0`, `m1`.

use rust_decimal::Decimal;

use crate::machine::event::{Reading, ReadingResult};
use crate::machine::measure::Readings;
use crate::plan::{Bound, Comparison, Condition, MetricId, NoData, Relation, Series, Test};
use crate::types::Unit;

pub fn number(text: &str) -> Decimal {
    text.parse().expect(text)
}

pub fn fixed(text: &str) -> Bound {
    Bound::fixed(number(text))
}

/// `mN < limit`, and `fail > worst` where there is one.
pub fn below(metric: u32, limit: &str, worst: Option<&str>) -> Condition {
    Condition::Compare(Box::new(comparison(
        metric,
        Test::Against(Relation::Less, fixed(limit)),
        worst.map(|worst| (Relation::Greater, fixed(worst))),
        &format!("m{metric} < {limit}"),
    )))
}

pub fn comparison(
    metric: u32,
    test: Test,
    fail: Option<(Relation, Bound)>,
    text: &str,
) -> Comparison {
    Comparison {
        metric: MetricId(metric),
        unit: Unit::Percent,
        test,
        fail,
        min_samples: None,
        counted_by: None,
        no_data: NoData::Hold,
        series: Series::Worst,
        text: text.to_owned(),
    }
}

pub fn no_data_pass(condition: Condition) -> Condition {
    match condition {
        Condition::Compare(mut comparison) => {
            comparison.no_data = NoData::Pass;
            Condition::Compare(comparison)
        }
        Condition::Any(parts) => Condition::Any(parts.into_iter().map(no_data_pass).collect()),
        Condition::All(parts) => Condition::All(parts.into_iter().map(no_data_pass).collect()),
    }
}

pub fn values(values: &[&str]) -> ReadingResult {
    ReadingResult::Values(values.iter().map(|text| number(text)).collect())
}

/// One value a metric; `None`: no data.
pub fn readings(values: &[Option<&str>]) -> Vec<Reading> {
    values
        .iter()
        .zip(0..)
        .map(|(value, metric)| Reading {
            metric: MetricId(metric),
            result: match value {
                Some(text) => ReadingResult::Values(vec![number(text)]),
                None => ReadingResult::NoData("no series".to_owned()),
            },
        })
        .collect()
}

pub fn sample(values: &[Option<&str>]) -> Readings {
    Readings::new(&readings(values))
}

/// A sample of metric 0 alone.
pub fn reading(result: ReadingResult) -> Vec<Reading> {
    let metric = MetricId(0);
    vec![Reading { metric, result }]
}

pub fn value(text: &str) -> Vec<Reading> {
    reading(values(&[text]))
}

pub fn no_data() -> Vec<Reading> {
    reading(ReadingResult::NoData("no series".to_owned()))
}

pub fn error() -> Vec<Reading> {
    reading(ReadingResult::Error("connection refused".to_owned()))
}
