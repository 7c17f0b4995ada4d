//! RB808: a bound that stands in several places.

use std::collections::BTreeMap;

use super::{How, Rule, Subject};
use crate::model::{Comparison, Condition, GateCondition, StatementKind};
use crate::problem::{Code, Problem};
use crate::source::Span;

/// So often is a repetition.
const OFTEN: usize = 3;

pub static RULE: Rule = Rule {
    code: Code::RB808,
    how: How::Exact,
    wrong: r#"
metric errors: percent = $ ./errors.sh
gate first { hold errors < 1% for 5m every 15s }
gate second { hold errors < 1% for 10m every 15s }
gate third { hold errors < 1% for 30m every 15s }
"#,
    right: r#"
metric errors: percent = $ ./errors.sh
thresholds healthy { errors < 1% }
gate first { hold healthy for 5m every 15s }
gate second { hold healthy for 10m every 15s }
gate third { hold healthy for 30m every 15s }
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut places: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    for statement in subject.model.body.all() {
        let StatementKind::Gate(gate) = &statement.kind else {
            continue;
        };
        for condition in &gate.conditions {
            if let GateCondition::Hold { condition, .. } | GateCondition::Until { condition, .. } =
                condition
            {
                each(condition, &mut |comparison| {
                    let known = places.entry(comparison.text.as_str()).or_default();
                    // A named one stands in one place, whoever uses it.
                    if !known.contains(&comparison.span) {
                        known.push(comparison.span);
                    }
                });
            }
        }
    }
    let often = places.into_iter().filter(|(_, spans)| spans.len() >= OFTEN);
    often
        .map(|(text, spans)| {
            let count = spans.len();
            let message =
                format!("`{text}` stands in {count} places, and is soon changed in some of them");
            let problem = Problem::new(Code::RB808, spans[0], message)
                .label("the first")
                .help(format!("give it a name: `thresholds healthy {{ {text} }}`"));
            spans[1..]
                .iter()
                .fold(problem, |problem, span| problem.and(*span, "again"))
        })
        .collect()
}

fn each<'m>(condition: &'m Condition, see: &mut dyn FnMut(&'m Comparison)) {
    match condition {
        Condition::Compare(comparison) => see(comparison),
        Condition::Any(parts) | Condition::All(parts) => {
            for part in parts {
                each(part, see);
            }
        }
        Condition::Hole => {}
    }
}
