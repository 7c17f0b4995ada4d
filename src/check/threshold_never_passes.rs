//! RB203: a comparison that nothing measured can pass.

use rust_decimal::Decimal;

use super::comparisons::{comparisons, is_never_negative, passes_with};
use super::{How, Rule, Subject};
use crate::plan::{Comparison, Relation};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB203,
    how: How::Exact,
    wrong: r#"
metric errors: percent = $ ./errors.sh
gate calm { hold errors < 0% for 5m every 15s }
"#,
    right: r#"
metric errors: percent = $ ./errors.sh
gate calm { hold errors < 1% for 5m every 15s }
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let found = comparisons(subject);
    let idle = found.iter().filter(|place| never_passes(place.comparison));
    idle.map(|place| {
        let text = &place.comparison.text;
        let message = format!("`{text}` passes with nothing that can be measured");
        Problem::new(Code::RB203, place.span, message)
            .label("is measured here")
            .help("a percentage, a duration, an amount of bytes and a rate are never below zero")
    })
    .collect()
}

fn never_passes(comparison: &Comparison) -> bool {
    let Some((relation, bound)) = passes_with(comparison) else {
        return false;
    };
    if !is_never_negative(comparison.unit) {
        return false;
    }
    match relation {
        Relation::Less => bound <= Decimal::ZERO,
        Relation::LessOrEqual | Relation::Equal => bound < Decimal::ZERO,
        Relation::Greater | Relation::GreaterOrEqual | Relation::NotEqual => false,
    }
}
