//! What must hold whatever samples come.

use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::machine::event::{Reading, ReadingResult};
use crate::machine::measure::samples::{below, comparison, fixed, no_data_pass};
use crate::machine::measure::{
    HoldState, Progress, Purpose, Readings, Recent, UntilState, Verdict, WatchState, evaluate,
};
use crate::plan::{Bound, Condition, MetricId, Millis, Relation, Test};

const METRICS: u32 = 3;

/// Conditions for which a greater value is worse.
fn conditions() -> impl Strategy<Value = Condition> {
    let limit = 0..20i64;
    let plain = (
        0..METRICS,
        limit.clone(),
        proptest::option::of(limit),
        any::<bool>(),
    )
        .prop_map(|(metric, limit, band, excused)| {
            let worst = band.map(|band| (limit + band).to_string());
            let condition = below(metric, &limit.to_string(), worst.as_deref());
            if excused {
                no_data_pass(condition)
            } else {
                condition
            }
        });
    let over_baseline = (0..METRICS).prop_map(|metric| {
        let bound = Bound {
            factor: Decimal::ONE,
            plus: Decimal::ONE,
        };
        let test = Test::Against(Relation::LessOrEqual, bound);
        Condition::Compare(Box::new(comparison(metric, test, None, "over baseline")))
    });
    let not_worse = (0..METRICS).prop_map(|metric| {
        let fail = Some((Relation::Greater, fixed("15")));
        let test = Test::NotWorseThanBaseline;
        Condition::Compare(Box::new(comparison(metric, test, fail, "not worse")))
    });
    let leaf = prop_oneof![4 => plain, 1 => over_baseline, 1 => not_worse];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let parts = proptest::collection::vec(inner, 0..4);
        prop_oneof![
            parts.clone().prop_map(Condition::All),
            parts.prop_map(Condition::Any)
        ]
    })
}

fn result() -> impl Strategy<Value = ReadingResult> {
    let values = || proptest::collection::vec((0..30i64).prop_map(Decimal::from), 1..4);
    prop_oneof![
        6 => values().prop_map(ReadingResult::Values),
        1 => values().prop_map(|values| ReadingResult::Partly { values, why: "NaN".to_owned() }),
        1 => Just(ReadingResult::NoData("no series".to_owned())),
        1 => Just(ReadingResult::Error("refused".to_owned())),
    ]
}

fn sample() -> impl Strategy<Value = Vec<Reading>> {
    proptest::collection::vec(result(), METRICS as usize).prop_map(|results| {
        let metrics = (0..METRICS).map(MetricId);
        metrics
            .zip(results)
            .map(|(metric, result)| Reading { metric, result })
            .collect()
    })
}

fn samples() -> impl Strategy<Value = Vec<Vec<Reading>>> {
    proptest::collection::vec(sample(), 1..60)
}

fn without_values(sample: &[Reading]) -> Vec<Reading> {
    let strip = |reading: &Reading| Reading {
        metric: reading.metric,
        result: match &reading.result {
            ReadingResult::Values(_) | ReadingResult::Partly { .. } => {
                ReadingResult::NoData("stripped".to_owned())
            }
            ReadingResult::NoData(_) | ReadingResult::Error(_) => reading.result.clone(),
        },
    };
    sample.iter().map(strip).collect()
}

/// The same sample with every value so much greater.
fn worsened(sample: &[Reading], by: i64) -> Vec<Reading> {
    let add = |values: &[Decimal]| values.iter().map(|v| *v + Decimal::from(by)).collect();
    let worsen = |reading: &Reading| Reading {
        metric: reading.metric,
        result: match &reading.result {
            ReadingResult::Values(values) => ReadingResult::Values(add(values)),
            ReadingResult::Partly { values, why } => ReadingResult::Partly {
                values: add(values),
                why: why.clone(),
            },
            ReadingResult::NoData(_) | ReadingResult::Error(_) => reading.result.clone(),
        },
    };
    sample.iter().map(worsen).collect()
}

fn recent(samples: &[Vec<Reading>]) -> Recent {
    samples.iter().fold(Recent::default(), |recent, sample| {
        recent.with(Readings::new(sample))
    })
}

fn hold(condition: &Condition, lasting: Millis, tolerate: u32) -> HoldState {
    HoldState::new(condition.clone(), lasting, 1_000, tolerate, 0)
}

/// All that a hold says to samples at fixed moments.
fn progress(mut hold: HoldState, samples: &[Vec<Reading>], baseline: &Readings) -> Vec<Progress> {
    (0..)
        .zip(samples)
        .map(|(at, sample)| hold.sampled(at * 1_000, sample, baseline))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_worse_value_never_does_better(
        condition in conditions(), samples in samples(), baseline in sample(), by in 0..10i64,
    ) {
        let baseline = Readings::new(&baseline);
        let worse: Vec<_> = samples.iter().map(|sample| worsened(sample, by)).collect();
        for purpose in [Purpose::Gate, Purpose::Watch] {
            let good = evaluate(&condition, purpose, &recent(&samples), &baseline);
            let bad = evaluate(&condition, purpose, &recent(&worse), &baseline);
            prop_assert!(bad.verdict <= good.verdict, "{bad:?} {good:?}");
        }
    }

    #[test]
    fn nothing_passes_for_want_of_data(
        condition in conditions(), samples in samples(), baseline in sample(), lasting in 0..9_000u64,
    ) {
        let baseline = Readings::new(&baseline);
        let empty: Vec<_> = samples.iter().map(|sample| without_values(sample)).collect();
        for purpose in [Purpose::Gate, Purpose::Watch] {
            let judgement = evaluate(&condition, purpose, &recent(&empty), &baseline);
            prop_assert_ne!(judgement.verdict, Verdict::Pass);
        }
        let held = progress(hold(&condition, lasting, 99), &empty, &baseline);
        prop_assert!(!held.contains(&Progress::Passed));
        let mut until = UntilState::new(condition.clone(), lasting, 1_000, 0);
        let mut watch = WatchState::new(condition, 0);
        for (at, sample) in (0..).zip(&empty) {
            prop_assert_ne!(until.sampled(at * 1_000, sample, &baseline), Progress::Passed);
            prop_assert_eq!(watch.sampled(at * 1_000, sample, &baseline), None);
        }
    }

    /// A metric that has no data (rather than a value) never turns what did
    /// not pass into a pass, unless the author leaves it out.
    #[test]
    fn losing_data_never_makes_a_pass(
        metric in 0..METRICS, limit in 0..20i64, samples in samples(), lost in 0..METRICS,
        any in any::<bool>(),
    ) {
        let limit = limit.to_string();
        let parts = vec![below(metric, &limit, None), below(lost, &limit, None)];
        let condition = if any { Condition::Any(parts) } else { Condition::All(parts) };
        let with = recent(&samples);
        let mut last = samples[samples.len() - 1].clone();
        last[lost as usize].result = ReadingResult::NoData("lost".to_owned());
        let without = Recent::from(Readings::new(&last));
        let none = Readings::default();
        let before = evaluate(&condition, Purpose::Gate, &with, &none).verdict;
        let after = evaluate(&condition, Purpose::Gate, &without, &none).verdict;
        prop_assert!(after != Verdict::Pass || before == Verdict::Pass);
    }

    #[test]
    fn a_worse_run_of_samples_never_holds_better(
        condition in conditions(), samples in samples(), baseline in sample(),
        by in 0..10i64, lasting in 0..9_000u64, tolerate in 0..4u32,
    ) {
        let baseline = Readings::new(&baseline);
        let worse: Vec<_> = samples.iter().map(|sample| worsened(sample, by)).collect();
        let good = progress(hold(&condition, lasting, tolerate), &samples, &baseline);
        let bad = progress(hold(&condition, lasting, tolerate), &worse, &baseline);
        for (good, bad) in good.iter().zip(&bad) {
            prop_assert!(*bad != Progress::Passed || *good == Progress::Passed, "{good:?} {bad:?}");
        }
    }

    #[test]
    fn what_is_decided_stays_decided_and_equal_runs_are_equal(
        condition in conditions(), samples in samples(), baseline in sample(),
        lasting in 0..9_000u64, tolerate in 0..4u32,
    ) {
        let baseline = Readings::new(&baseline);
        let once = progress(hold(&condition, lasting, tolerate), &samples, &baseline);
        let twice = progress(hold(&condition, lasting, tolerate), &samples, &baseline);
        prop_assert_eq!(&once, &twice);
        for pair in once.windows(2) {
            prop_assert!(pair[0] == Progress::Undecided || pair[0] == pair[1]);
        }
    }

    #[test]
    fn everything_is_decided_by_its_bound(
        condition in conditions(), samples in samples(), baseline in sample(),
        lasting in 0..100_000u64, every in 0..5_000u64, tolerate in 0..100_000u32, late in 0..3_000u64,
    ) {
        let baseline = Readings::new(&baseline);
        let mut endless = samples.iter().cycle();
        let mut hold = HoldState::new(condition.clone(), lasting, every, tolerate, 5);
        let mut until = UntilState::new(condition, lasting, every.max(100), 5);
        // A pause after errors is at most four times `every`.
        let longest = every.max(1) * 4 + late;
        let bound = 5 + 2 * lasting + 16 * every.max(1) + longest;
        prop_assert_eq!(hold.deadline(), bound - longest);
        let mut looks = 0;
        while let Some(at) = hold.next_sample_at() {
            prop_assert!(at + late <= bound);
            hold.sampled(at + late, endless.next().expect("endless"), &baseline);
            looks += 1;
            if every < 10 && looks > 1_000 {
                break;
            }
        }
        while let Some(at) = until.next_sample_at() {
            prop_assert!(at <= until.deadline());
            until.sampled(at + late, endless.next().expect("endless"), &baseline);
        }
    }
}
