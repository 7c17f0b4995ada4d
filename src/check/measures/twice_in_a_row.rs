//! RB223: two gates in a row that ask differently about one metric.

use std::collections::BTreeMap;

use super::asks_less::Changes;
use super::{How, MetricId, NodeId, Rule, Subject, asked, gates, wanted};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB223,
    how: How::Exact,
    wrong: r#"
metric errors: percent = $ ./errors.sh
step deploy {
  $ ./deploy.sh new
  timeout 10m
  rollback $ ./deploy.sh old
}
gate first { hold errors < 0.1% for 5m every 15s }
gate second { hold errors < 1% for 5m every 15s }
"#,
    right: r#"
metric errors: percent = $ ./errors.sh
step deploy {
  $ ./deploy.sh new
  timeout 10m
  rollback $ ./deploy.sh old
}
gate first { hold errors < 0.1% for 5m every 15s }
gate second { hold errors < 0.1% for 30m every 1m }
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut before: BTreeMap<(MetricId, bool), (NodeId, rust_decimal::Decimal)> = BTreeMap::new();
    let changes = Changes::of(subject);
    let mut problems = Vec::new();
    for (id, node, gate) in gates(subject) {
        for comparison in wanted(gate) {
            let Some((metric, less, bound)) = asked(comparison) else {
                continue;
            };
            let earlier = before.insert((metric, less), (id, bound));
            let Some((first, other)) = earlier.filter(|(first, _)| *first != id) else {
                continue;
            };
            let same_state = !changes.between(first, id);
            if other != bound && same_state && subject.graph.is_before(first, id) {
                let (name, earlier) = (subject.statement(node), subject.node(first));
                let other = subject.statement(earlier);
                let message = format!(
                    "`{other}` and `{name}` ask differently about the same thing, and nothing is changed between them"
                );
                problems.push(
                    Problem::new(Code::RB223, subject.span(node), message)
                        .label(format!("asks `{}`", comparison.text))
                        .and(subject.span(earlier), "asks for another bound")
                        .help("make them one gate, or let both have the same bound"),
                );
            }
        }
    }
    problems
}
