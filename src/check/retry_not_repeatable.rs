//! RB505: a changing step that is tried again though it may not be repeated.

use super::drafts::add_lines;
use super::{How, Rule, Subject};
use crate::plan::{NodeKind, Retry};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB505,
    how: How::Exact,
    wrong: r#"
step order {
  $ ./create_order.sh
  timeout 1m
  retry 3 every 5s
  rollback $ ./cancel_order.sh
}
"#,
    right: r#"
step order {
  $ ./create_order.sh --unless-there
  timeout 1m
  repeatable
  retry 3 every 5s
  rollback $ ./cancel_order.sh
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let retried = subject.plan.nodes.iter().filter(|node| {
        matches!(
            &node.kind,
            NodeKind::Step(step) if step.retry != Retry::Never && !step.repeatable && !step.atomic
        )
    });
    retried
        .map(|node| {
            let step = subject.statement(node);
            let message = format!("`{step}` is tried again after a failure, and what the failed attempt left may be done twice");
            Problem::new(Code::RB505, subject.span(node), message)
                .label("`retry`, and neither `repeatable` nor `atomic`")
                .help("write its commands so that they may run again whatever an unfinished attempt left, and add `repeatable`")
                .draft("say that it may be repeated", add_lines(subject, node, "repeatable"))
        })
        .collect()
}
