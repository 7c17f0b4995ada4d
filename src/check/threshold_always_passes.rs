//! RB204: a comparison that everything measured passes.

use rust_decimal::Decimal;

use super::comparisons::{comparisons, is_never_negative, passes_with};
use super::{How, Rule, Subject};
use crate::plan::{Comparison, Relation};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB204,
    how: How::Exact,
    wrong: r#"
metric errors: percent = $ ./errors.sh
gate calm { hold errors >= 0% for 5m every 15s }
"#,
    right: r#"
metric errors: percent = $ ./errors.sh
gate calm { hold errors <= 0.5% for 5m every 15s }
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let found = comparisons(subject);
    let idle = found.iter().filter(|place| always_passes(place.comparison));
    idle.map(|place| {
        let text = &place.comparison.text;
        let message = format!("`{text}` passes whatever is measured");
        Problem::new(Code::RB204, place.span, message)
            .label("is measured here")
            .help("a percentage, a duration, an amount of bytes and a rate are never below zero: which way round was meant?")
    })
    .collect()
}

fn always_passes(comparison: &Comparison) -> bool {
    let Some((relation, bound)) = passes_with(comparison) else {
        return false;
    };
    if !is_never_negative(comparison.unit) {
        return false;
    }
    match relation {
        Relation::GreaterOrEqual => bound <= Decimal::ZERO,
        Relation::Greater | Relation::NotEqual => bound < Decimal::ZERO,
        Relation::Less | Relation::LessOrEqual | Relation::Equal => false,
    }
}
