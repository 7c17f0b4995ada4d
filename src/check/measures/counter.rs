//! RB213: a counter compared as if it were a measurement.

use super::promql::{self, Expr};
use super::{How, Rule, Subject, queries};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB213,
    how: How::Heuristic,
    wrong: r#"
source prom = prometheus "http://prometheus:9090"
metric errors: count = prom `sum(errors_total)`
gate calm { hold errors < 5 for 5m every 15s }
"#,
    right: r#"
source prom = prometheus "http://prometheus:9090"
metric errors: count = prom `sum(increase(errors_total[5m]))`
gate calm { hold errors < 5 for 5m every 15s }
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for query in queries(subject) {
        let Ok(expr) = promql::read(&query.text) else {
            continue;
        };
        let mut found: Option<String> = None;
        expr.walk(&mut Vec::new(), &mut |it, around| {
            if let Expr::Selector { name, range: None } = it
                && is_counter(name)
                && !around.iter().any(|it| is_difference(it))
            {
                found.get_or_insert_with(|| name.clone());
            }
        });
        if let Some(counter) = found {
            let name = query.name;
            problems.push(
                Problem::new(
                    Code::RB213,
                    query.span,
                    format!("`{counter}` counts from the start of its process on: `{name}` grows with time, and falls when something starts anew"),
                )
                .label("a counter, by its name")
                .help(format!("ask how fast it grows: `rate({counter}[5m])`, or by how much: `increase({counter}[5m])`")),
            );
        }
    }
    problems
}

fn is_counter(name: &str) -> bool {
    ["_total", "_bucket"].iter().any(|end| name.ends_with(end))
}

/// Whether what is asked of counters is how they differ, or which there are.
fn is_difference(expr: &Expr) -> bool {
    match expr {
        Expr::Call { name, .. } => matches!(
            name.as_str(),
            "count" | "absent" | "count_values" | "timestamp" | "group"
        ),
        // `x_total - x_total offset 5m`
        Expr::Binary { operator, .. } => operator == "-" || operator == "/",
        // `rate(x[5m:1m])`
        Expr::Subquery { .. } => true,
        Expr::Number | Expr::Text | Expr::Selector { .. } => false,
    }
}
