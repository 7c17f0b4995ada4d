//! `all` and `any` of comparisons.
//!
//! Four verdicts, from the least to the greatest: fail, no data, inconclusive,
//! pass. `all` is its least part and `any` its greatest:
//!
//! | `all` | fail | no data | inconclusive | pass |
//! | --- | --- | --- | --- | --- |
//! | **fail** | fail | fail | fail | fail |
//! | **no data** | fail | no data | no data | no data |
//! | **inconclusive** | fail | no data | inconclusive | inconclusive |
//! | **pass** | fail | no data | inconclusive | pass |
//!
//! | `any` | fail | no data | inconclusive | pass |
//! | --- | --- | --- | --- | --- |
//! | **fail** | fail | no data | inconclusive | pass |
//! | **no data** | no data | no data | inconclusive | pass |
//! | **inconclusive** | inconclusive | inconclusive | inconclusive | pass |
//! | **pass** | pass | pass | pass | pass |
//!
//! A comparison that has no data and says `no data pass` is left out, as if it
//! were not written: beside others it neither helps nor harms. A block with
//! nothing left is left out too, and a condition with nothing left has no
//! data. So nothing ever passes for want of data.

use std::cmp::Ordering;

use crate::machine::measure::compare::{Finding, Purpose, Standing, find};
use crate::machine::measure::{Readings, Recent};
use crate::plan::Condition;

/// What one sample says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    Fail,
    NoData,
    Inconclusive,
    Pass,
}

/// A verdict, and what decided it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement<'c> {
    pub verdict: Verdict,
    decided: Option<Finding<'c>>,
}

impl Judgement<'_> {
    /// `` `error_rate < 0.1%`: 2.3% ``
    pub fn why(&self) -> String {
        match &self.decided {
            Some(finding) => finding.why(),
            None => "there is nothing to compare".to_owned(),
        }
    }
}

/// Holds the latest of some samples against a condition.
pub fn evaluate<'c>(
    condition: &'c Condition,
    purpose: Purpose,
    recent: &Recent,
    baseline: &Readings,
) -> Judgement<'c> {
    let decided = judge(condition, purpose, recent, baseline);
    let verdict = match decided.as_ref().map(|it| it.standing) {
        Some(Standing::Judged(verdict)) => verdict,
        Some(Standing::LeftOut) | None => Verdict::NoData,
    };
    Judgement { verdict, decided }
}

/// The comparison that decides; none where there is nothing to compare.
fn judge<'c>(
    condition: &'c Condition,
    purpose: Purpose,
    recent: &Recent,
    baseline: &Readings,
) -> Option<Finding<'c>> {
    let (parts, better) = match condition {
        Condition::Compare(comparison) => {
            return Some(find(comparison, purpose, recent, baseline));
        }
        Condition::All(parts) => (parts, Ordering::Less),
        Condition::Any(parts) => (parts, Ordering::Greater),
    };
    parts
        .iter()
        .filter_map(|part| judge(part, purpose, recent, baseline))
        .reduce(|best, next| {
            if takes_over(&next.standing, &best.standing, better) {
                next
            } else {
                best
            }
        })
}

/// Whether the next part decides instead of the best so far. What is left out
/// gives way to everything; the first of equals stays.
fn takes_over(next: &Standing, best: &Standing, better: Ordering) -> bool {
    match (next, best) {
        (Standing::Judged(next), Standing::Judged(best)) => next.cmp(best) == better,
        (Standing::Judged(_), Standing::LeftOut) => true,
        (Standing::LeftOut, Standing::Judged(_) | Standing::LeftOut) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::measure::samples::{below, no_data_pass, sample};

    const FAIL: Standing = Standing::Judged(Verdict::Fail);
    const NO_DATA: Standing = Standing::Judged(Verdict::NoData);
    const UNSURE: Standing = Standing::Judged(Verdict::Inconclusive);
    const PASS: Standing = Standing::Judged(Verdict::Pass);
    const OUT: Standing = Standing::LeftOut;
    const STANDINGS: [Standing; 5] = [FAIL, NO_DATA, UNSURE, PASS, OUT];

    /// Parts that stand as wanted in this sample: metric 0 reads 1, metric 1
    /// has no data.
    fn part(standing: Standing) -> Condition {
        match standing {
            Standing::Judged(Verdict::Pass) => below(0, "2", None),
            Standing::Judged(Verdict::Inconclusive) => below(0, "1", Some("1")),
            Standing::Judged(Verdict::Fail) => below(0, "1", None),
            Standing::Judged(Verdict::NoData) => below(1, "2", None),
            Standing::LeftOut => no_data_pass(below(1, "2", None)),
        }
    }

    fn of(condition: &Condition) -> Standing {
        let recent = Recent::from(sample(&[Some("1"), None]));
        let none = Readings::default();
        judge(condition, Purpose::Gate, &recent, &none).map_or(OUT, |it| it.standing)
    }

    #[test]
    fn parts_stand_as_the_tables_want_them() {
        for standing in STANDINGS {
            assert_eq!(of(&part(standing)), standing);
        }
    }

    #[test]
    fn the_tables_are_true() {
        #[rustfmt::skip]
        let all = [
            [FAIL, FAIL,    FAIL,    FAIL,    FAIL],
            [FAIL, NO_DATA, NO_DATA, NO_DATA, NO_DATA],
            [FAIL, NO_DATA, UNSURE,  UNSURE,  UNSURE],
            [FAIL, NO_DATA, UNSURE,  PASS,    PASS],
            [FAIL, NO_DATA, UNSURE,  PASS,    OUT],
        ];
        #[rustfmt::skip]
        let any = [
            [FAIL,    NO_DATA, UNSURE, PASS, FAIL],
            [NO_DATA, NO_DATA, UNSURE, PASS, NO_DATA],
            [UNSURE,  UNSURE,  UNSURE, PASS, UNSURE],
            [PASS,    PASS,    PASS,   PASS, PASS],
            [FAIL,    NO_DATA, UNSURE, PASS, OUT],
        ];
        for (row, left) in STANDINGS.into_iter().enumerate() {
            for (column, right) in STANDINGS.into_iter().enumerate() {
                let parts = || vec![part(left), part(right)];
                assert_eq!(
                    of(&Condition::All(parts())),
                    all[row][column],
                    "all {left:?} {right:?}"
                );
                assert_eq!(
                    of(&Condition::Any(parts())),
                    any[row][column],
                    "any {left:?} {right:?}"
                );
            }
        }
    }

    /// Every block of up to three parts: the order of parts does not matter,
    /// and nothing without a true comparison passes.
    #[test]
    fn blocks_do_not_depend_on_order_and_never_pass_without_a_true_part() {
        for a in STANDINGS {
            for b in STANDINGS {
                for c in STANDINGS {
                    for block in [Condition::All, Condition::Any] {
                        let forward = of(&block(vec![part(a), part(b), part(c)]));
                        let backward = of(&block(vec![part(c), part(b), part(a)]));
                        let nested = of(&block(vec![block(vec![part(a), part(b)]), part(c)]));
                        assert_eq!(forward, backward);
                        assert_eq!(forward, nested);
                        let has_true = [a, b, c].contains(&PASS);
                        assert!(forward != PASS || has_true, "{a:?} {b:?} {c:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_left_is_no_data() {
        let nothing = Recent::from(sample(&[None, None]));
        for condition in [
            Condition::All(vec![]),
            Condition::Any(vec![]),
            part(OUT),
            Condition::Any(vec![part(OUT), Condition::All(vec![part(OUT)])]),
        ] {
            let judgement = evaluate(&condition, Purpose::Gate, &nothing, &Readings::default());
            assert_eq!(judgement.verdict, Verdict::NoData, "{condition:?}");
        }
    }

    #[test]
    fn the_reason_names_what_decided() {
        let recent = Recent::from(sample(&[Some("2.3"), Some("0.5")]));
        let condition = Condition::All(vec![below(1, "1", None), below(0, "0.1", None)]);
        let judgement = evaluate(&condition, Purpose::Gate, &recent, &Readings::default());
        assert_eq!(judgement.verdict, Verdict::Fail);
        assert_eq!(judgement.why(), "`m0 < 0.1`: 2.3%");
    }
}
