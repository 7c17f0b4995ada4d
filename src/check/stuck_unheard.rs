//! RB114: nobody is told when a way back fails.

use super::{How, Rule, Subject};
use crate::plan::{EndingKind, NodeKind, WayBack};
use crate::problem::{Code, Problem};
use crate::syntax::ast::ItemKind;

pub static RULE: Rule = Rule {
    code: Code::RB114,
    how: How::Exact,
    wrong: r#"
channel ops = $ ./notify.sh "$message"
message done to ops "It is done"
step green {
  $ ./deploy.sh green
  timeout 10m
  rollback $ ./deploy.sh blue
}
on success { notify done }
"#,
    right: r#"
channel ops = $ ./notify.sh "$message"
message done to ops "It is done"
message stuck to ops "The way back failed: {run.reason}"
step green {
  $ ./deploy.sh green
  timeout 10m
  rollback $ ./deploy.sh blue
}
on success { notify done }
on stuck { notify stuck }
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let plan = subject.plan;
    // Without a channel there is nobody to tell but whoever runs it, and they
    // are told anyway.
    let undoes = plan.nodes.iter().any(|node| {
        matches!(&node.kind, NodeKind::Step(step)
            if !matches!(step.way_back, WayBack::Harmless(_) | WayBack::Missing))
    });
    let tells = plan.endings.iter().any(|ending| match ending.on {
        EndingKind::Stuck | EndingKind::Failure | EndingKind::Always => true,
        EndingKind::Success | EndingKind::Rollback => false,
    });
    if plan.channels.is_empty() || !undoes || tells {
        return Vec::new();
    }
    let runbook = subject
        .ast
        .items
        .iter()
        .find(|item| matches!(item.kind, ItemKind::Runbook { .. }));
    runbook
        .map(|item| {
            Problem::new(
                Code::RB114,
                item.span,
                "nobody is told when a way back fails in all its tries",
            )
            .label("has messages, and no `on stuck`")
            .help("add `on stuck { notify … }` with whom to call")
        })
        .into_iter()
        .collect()
}
