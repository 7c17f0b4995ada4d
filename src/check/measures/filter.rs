//! RB212: a comparison inside a query, which empties its answer.

use super::promql::{self, Expr};
use super::{How, Rule, Subject, queries};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB212,
    how: How::Exact,
    wrong: r#"
source prom = prometheus "http://prometheus:9090"
metric errors: rate = prom `sum(rate(errors_total[5m])) > 5`
gate calm { hold errors < 10/s for 5m every 15s }
"#,
    right: r#"
source prom = prometheus "http://prometheus:9090"
metric errors: rate = prom `sum(rate(errors_total[5m]))`
gate calm { hold errors < 10/s for 5m every 15s }
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for query in queries(subject) {
        let Ok(expr) = promql::read(&query.text) else {
            continue;
        };
        if let Some(operator) = filters(&expr) {
            let name = query.name;
            problems.push(
                Problem::new(
                    Code::RB212,
                    query.span,
                    format!("where `{operator}` is not so, the query of `{name}` gives nothing, and the gate waits for data"),
                )
                .label("a filter, not a question")
                .help(format!("compare in the gate; or write `{operator} bool`, which gives 0 or 1")),
            );
        }
    }
    problems
}

/// The comparison that decides whether there is an answer.
fn filters(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Binary {
            operator,
            is_bool,
            left,
            right,
        } => {
            let compares = matches!(operator.as_str(), "==" | "!=" | ">" | "<" | ">=" | "<=");
            if compares && !is_bool {
                return Some(operator);
            }
            match operator.as_str() {
                // The other side may stand in.
                "or" => None,
                // Its right side only says which of the left there are.
                "and" | "unless" => filters(left),
                _arithmetic => filters(left).or_else(|| filters(right)),
            }
        }
        Expr::Call { name, arguments } => match name.as_str() {
            // They have an answer for nothing.
            "count" | "absent" | "absent_over_time" | "scalar" | "count_over_time" => None,
            _another => arguments.iter().find_map(filters),
        },
        Expr::Subquery { inner, .. } => filters(inner),
        Expr::Number | Expr::Text | Expr::Selector { .. } => None,
    }
}
