//! RB201: a value that would pass and fail at once.

use rust_decimal::Decimal;

use super::comparisons::{comparisons, fails_with, passes_with};
use super::{How, Rule, Subject};
use crate::plan::Comparison;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB201,
    how: How::Exact,
    wrong: r#"
metric errors: percent = $ ./errors.sh
gate calm { hold errors < 2% fail > 1% for 5m every 15s }
"#,
    right: r#"
metric errors: percent = $ ./errors.sh
gate calm { hold errors < 1% fail > 2% for 5m every 15s }
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let found = comparisons(subject);
    let torn = found.iter().filter(|place| is_torn(place.comparison));
    torn.map(|place| {
        let text = &place.comparison.text;
        let message = format!("`{text}` passes and fails with one and the same value");
        Problem::new(Code::RB201, place.span, message)
            .label("is measured here")
            .help("let it fail only where it does not pass: `error_rate < 1% fail > 2%`")
    })
    .collect()
}

/// Both are intervals with one end each, so it is enough to try the ends, what
/// lies between them and what lies beyond.
fn is_torn(comparison: &Comparison) -> bool {
    let (Some((pass, good)), Some((fail, bad))) = (passes_with(comparison), fails_with(comparison))
    else {
        return false;
    };
    let (low, high) = (good.min(bad), good.max(bad));
    let tried = [
        low - Decimal::ONE,
        low,
        (low + high) / Decimal::TWO,
        high,
        high + Decimal::ONE,
    ];
    tried
        .iter()
        .any(|value| pass.holds(*value, good) && fail.holds(*value, bad))
}
