//! RB507: many attempts with the same pause between them.

use super::{Code, How, Node, NodeKind, Problem, Retry, Rule, Subject};
use rust_decimal::Decimal;

/// Fewer are no burden.
const MANY: u32 = 3;

pub static RULE: Rule = Rule {
    code: Code::RB507,
    how: How::Exact,
    wrong: r#"
step warm_up {
  $ ./warm_up.sh
  timeout 1m
  repeatable
  retry 5 every 10s
  harmless "it only fills a cache"
}
"#,
    right: r#"
step warm_up {
  $ ./warm_up.sh
  timeout 1m
  repeatable
  retry 5 every 10s backoff 2
  harmless "it only fills a cache"
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let same = subject.plan.nodes.iter().filter(|node| {
        matches!(retry(node), Some(Retry::Times { times, backoff, .. }) if *times >= MANY && *backoff == Decimal::ONE)
    });
    same.map(|node| {
        let name = subject.statement(node);
        Problem::new(
            Code::RB507,
            subject.span(node),
            format!("`{name}` is tried again and again with the same pause"),
        )
        .label("what is overloaded has no time to recover")
        .help("let the pauses grow: `retry 5 every 10s backoff 2`")
    })
    .collect()
}

fn retry(node: &Node) -> Option<&Retry> {
    match &node.kind {
        NodeKind::Step(step) => Some(&step.retry),
        NodeKind::Enter(enter) => Some(&enter.retry),
        NodeKind::Check(check) => Some(&check.retry),
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Leave { .. } => None,
    }
}
