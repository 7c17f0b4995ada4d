//! RB210: a query that Prometheus cannot read.

use super::{How, Rule, Subject, promql, queries};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB210,
    how: How::Exact,
    wrong: r#"
source prom = prometheus "http://prometheus:9090"
metric errors: rate = prom `sum(rate(errors_total[5m])`
gate calm { hold errors < 1/s for 5m every 15s }
"#,
    right: r#"
source prom = prometheus "http://prometheus:9090"
metric errors: rate = prom `sum(rate(errors_total[5m]))`
gate calm { hold errors < 1/s for 5m every 15s }
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let known = queries(subject).into_iter().filter(|it| it.known);
    let unread = known.filter_map(|query| {
        let why = promql::read(&query.text).err()?;
        let name = query.name;
        Some(
            Problem::new(
                Code::RB210,
                query.span,
                format!("Prometheus cannot read the query of `{name}`: {why}"),
            )
            .label("here")
            .help("try it in the web page of Prometheus"),
        )
    });
    unread.collect()
}
