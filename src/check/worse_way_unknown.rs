//! RB226: a comparison with the baseline that does not say which way is worse.

use super::comparisons::comparisons;
use super::{How, Rule, Subject};
use crate::machine::measure::worse_way;
use crate::plan::{Comparison, Relation, Test};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB226,
    how: How::Exact,
    wrong: r#"
metric errors: percent = $ ./errors.sh
gate calm { hold errors not worse than baseline for 5m every 15s }
"#,
    right: r#"
metric errors: percent = $ ./errors.sh
gate calm { hold errors not worse than baseline fail > 5% for 5m every 15s }
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let found = comparisons(subject);
    let lost = found.iter().filter(|place| is_lost(place.comparison));
    lost.map(|place| {
        let text = &place.comparison.text;
        let message = format!("`{text}`: whether more of it is worse or less is not said");
        Problem::new(Code::RB226, place.span, message)
            .label("is measured here")
            .help("`fail > …` says that more is worse, `fail < …` that less is")
    })
    .collect()
}

fn is_lost(comparison: &Comparison) -> bool {
    let fail: Option<Relation> = comparison.fail.map(|(relation, _)| relation);
    matches!(comparison.test, Test::NotWorseThanBaseline)
        && worse_way(comparison.unit, fail).is_none()
}
