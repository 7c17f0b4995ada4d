//! RB216: nobody looks after the last change.

use super::{How, NodeKind, Rule, Subject, node_ids};
use crate::plan::WayBack;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB216,
    how: How::Exact,
    wrong: r#"
metric errors: percent = $ ./errors.sh
gate calm { hold errors < 1% for 5m every 15s }
step switch {
  $ ./switch_traffic.sh --to green
  timeout 1m
  rollback $ ./switch_traffic.sh --to blue
}
"#,
    right: r#"
metric errors: percent = $ ./errors.sh
step switch {
  $ ./switch_traffic.sh --to green
  timeout 1m
  rollback $ ./switch_traffic.sh --to blue
}
gate calm { hold errors < 1% for 5m every 15s }
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    // One that measures nothing has its own ways.
    if subject.plan.metrics.is_empty() {
        return Vec::new();
    }
    let last = node_ids(subject.plan)
        .filter(|id| match &subject.node(*id).kind {
            NodeKind::Step(step) => {
                matches!(step.way_back, WayBack::Own(_) | WayBack::Block(_))
                    && !subject.is_in_ending(*id)
            }
            _another => false,
        })
        .last();
    let Some(last) = last else {
        return Vec::new();
    };
    let looked_at = node_ids(subject.plan).any(|id| {
        let looks = matches!(
            subject.node(id).kind,
            NodeKind::Check(_) | NodeKind::Gate(_)
        );
        looks && subject.graph.is_before(last, id) && !subject.is_in_ending(id)
    });
    if looked_at {
        return Vec::new();
    }
    let node = subject.node(last);
    let name = subject.statement(node);
    vec![
        Problem::new(
            Code::RB216,
            subject.span(node),
            format!(
                "a release that breaks with `{name}` succeeds all the same: nothing looks behind it"
            ),
        )
        .label("the last change")
        .help("let a gate follow: `gate settled { hold … for 10m else rollback }`"),
    ]
}
