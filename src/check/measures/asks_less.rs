//! RB215: a gate behind a further step asks less than the one before.

use std::collections::BTreeMap;

use super::{How, MetricId, NodeId, NodeKind, Rule, Subject, asked, gates, node_ids, wanted};
use crate::plan::{Comparison, WayBack};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB215,
    how: How::Exact,
    wrong: r#"
metric errors: percent = $ ./errors.sh
step canary {
  $ ./traffic.sh 5
  timeout 1m
  rollback $ ./traffic.sh 0
}
gate first { hold errors < 0.1% for 5m every 15s }
step more {
  $ ./traffic.sh 50
  timeout 1m
  rollback $ ./traffic.sh 5
}
gate second { hold errors < 1% for 5m every 15s }
"#,
    right: r#"
metric errors: percent = $ ./errors.sh
step canary {
  $ ./traffic.sh 5
  timeout 1m
  rollback $ ./traffic.sh 0
}
gate first { hold errors < 1% for 5m every 15s }
step more {
  $ ./traffic.sh 50
  timeout 1m
  rollback $ ./traffic.sh 5
}
gate second { hold errors < 0.1% for 5m every 15s }
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    // By metric and direction, the last gate that asked for it.
    let mut before: BTreeMap<(MetricId, bool), (NodeId, rust_decimal::Decimal, &Comparison)> =
        BTreeMap::new();
    let changes = Changes::of(subject);
    let mut problems = Vec::new();
    for (id, node, gate) in gates(subject) {
        for comparison in wanted(gate) {
            let Some((metric, less, bound)) = asked(comparison) else {
                continue;
            };
            let earlier = before.insert((metric, less), (id, bound, comparison));
            let Some((first, strict, said)) = earlier.filter(|(first, ..)| *first != id) else {
                continue;
            };
            let asks_less = if less { strict < bound } else { bound < strict };
            // Before the first change there is nothing to compare with.
            let more = changes.between(first, id) && changes.before(first);
            if asks_less && more && subject.graph.is_before(first, id) {
                let (name, other) = (subject.statement(node), subject.node(first));
                let other_name = subject.statement(other);
                let (now, then) = (&comparison.text, &said.text);
                let message = format!(
                    "`{name}` lets pass what `{other_name}` would have stopped: `{now}` behind `{then}`"
                );
                problems.push(
                    Problem::new(Code::RB215, subject.span(node), message)
                        .label("asks less, with more changed")
                        .and(subject.span(other), "asked more")
                        .help("ask for the same in both: `thresholds NAME { … }` gives it a name"),
                );
            }
        }
    }
    problems
}

fn changes(subject: &Subject<'_>, id: NodeId) -> bool {
    match &subject.node(id).kind {
        NodeKind::Step(step) => !matches!(step.way_back, WayBack::Harmless(_)),
        NodeKind::Enter(_) => true,
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Leave { .. } => false,
    }
}

/// How many nodes before each one change something.
pub struct Changes(Vec<u32>);

impl Changes {
    pub fn of(subject: &Subject<'_>) -> Changes {
        let mut count = 0;
        let mut before = vec![0];
        for id in node_ids(subject.plan) {
            count += u32::from(changes(subject, id));
            before.push(count);
        }
        Changes(before)
    }

    /// Whether one stands between two nodes in the text.
    pub fn between(&self, first: NodeId, second: NodeId) -> bool {
        self.0[first.index()] != self.0[second.index()]
    }

    fn before(&self, node: NodeId) -> bool {
        self.0[node.index()] > 0
    }
}
