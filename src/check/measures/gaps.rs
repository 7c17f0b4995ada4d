//! RB209: a query that misses what happens between two looks.

use std::collections::BTreeMap;

use super::promql::{self, Expr};
use super::{GateCondition, How, MetricId, Rule, Subject, all_of, gates, queries};
use crate::plan::{Condition, Millis, WatchRule};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB209,
    how: How::Heuristic,
    wrong: r#"
source prom = prometheus "http://prometheus:9090"
metric errors: rate = prom `sum(rate(errors_total[1m]))`
gate calm { hold errors < 1/s for 30m every 5m }
"#,
    right: r#"
source prom = prometheus "http://prometheus:9090"
metric errors: rate = prom `sum(rate(errors_total[5m]))`
gate calm { hold errors < 1/s for 30m every 5m }
"#,
    check,
};

/// Two looks of a Prometheus that looks every 15 seconds, which is often.
const TWO_SCRAPES: u64 = 30;

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let looks = looks(subject);
    let mut problems = Vec::new();
    for query in queries(subject) {
        let Some(range) = promql::read(&query.text).ok().as_ref().and_then(shortest) else {
            continue;
        };
        let every = looks.get(&query.metric).copied().unwrap_or(0) / 1_000;
        let name = query.name;
        let message = if range < TWO_SCRAPES {
            format!(
                "`{name}` asks about {range} s, in which Prometheus may have looked once: then it gives nothing"
            )
        } else if range < every {
            format!(
                "`{name}` asks about {range} s and is looked at every {every} s: what happens in between is not seen"
            )
        } else {
            continue;
        };
        problems.push(
            Problem::new(Code::RB209, query.span, message)
                .label("the range is too short")
                .help("let the range be at least the time between two samples, and four times that of Prometheus itself"),
        );
    }
    problems
}

/// How rarely each metric is looked at, by the gate or watch that looks least.
fn looks(subject: &Subject<'_>) -> BTreeMap<MetricId, Millis> {
    let mut looks: BTreeMap<MetricId, Millis> = BTreeMap::new();
    let mut note = |condition: &Condition, every: Millis| {
        let mut found = Vec::new();
        all_of(condition, &mut found);
        for comparison in found {
            let known = looks.entry(comparison.metric).or_insert(every);
            *known = every.max(*known);
        }
    };
    for (_, _, gate) in gates(subject) {
        for condition in &gate.conditions {
            if let GateCondition::Hold {
                condition, every, ..
            } = condition
            {
                note(condition, *every);
            }
        }
    }
    for watch in &subject.plan.watches {
        for WatchRule { condition, .. } in &watch.rules {
            note(condition, watch.every);
        }
    }
    looks
}

/// The shortest range of a rate in it.
fn shortest(expr: &Expr) -> Option<u64> {
    let mut least = None;
    expr.walk(&mut Vec::new(), &mut |it, _| {
        if let Expr::Selector {
            range: Some(range), ..
        } = it
        {
            least = Some(least.map_or(*range, |least: u64| least.min(*range)));
        }
    });
    least
}
