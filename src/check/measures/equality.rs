//! RB220: a measured number is compared for being equal.

use super::{How, Rule, Subject};
use crate::check::comparisons::{comparisons, passes_with};
use crate::plan::Relation;
use crate::problem::{Code, Problem};
use crate::types::Unit;
use rust_decimal::Decimal;

pub static RULE: Rule = Rule {
    code: Code::RB220,
    how: How::Exact,
    wrong: r#"
metric latency: duration = $ ./latency.sh
gate calm { hold latency == 200ms for 5m every 15s }
"#,
    right: r#"
metric latency: duration = $ ./latency.sh
gate calm { hold latency <= 200ms for 5m every 15s }
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for place in comparisons(subject) {
        let Some((Relation::Equal | Relation::NotEqual, bound)) = passes_with(place.comparison)
        else {
            continue;
        };
        // Nothing at all, all of it and whole things can be met exactly.
        let exact = bound.is_zero()
            || match place.comparison.unit {
                Unit::Percent => bound == Decimal::ONE_HUNDRED,
                Unit::Number => bound.fract().is_zero(),
                Unit::Duration | Unit::Bytes | Unit::Rate => false,
            };
        if !exact {
            let text = &place.comparison.text;
            problems.push(
                Problem::new(
                    Code::RB220,
                    place.span,
                    format!("`{text}`: what is measured is hardly ever exactly that"),
                )
                .label("is measured here")
                .help("compare with `<=` or `>=`, or say how near: `within 5% of …`"),
            );
        }
    }
    problems
}
