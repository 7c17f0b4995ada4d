//! RB501: a changing step that may run for ever.

use super::drafts::add_lines;
use super::{How, Rule, Subject};
use crate::plan::NodeKind;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB501,
    how: How::Exact,
    wrong: r#"
step migrate {
  $ ./migrate.sh
  rollback $ ./migrate_back.sh
}
"#,
    right: r#"
step migrate {
  $ ./migrate.sh
  timeout 10m
  rollback $ ./migrate_back.sh
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let endless = subject.plan.nodes.iter().filter(|node| match &node.kind {
        NodeKind::Step(step) => step.task.timeout.is_none(),
        NodeKind::Enter(enter) => enter.task.timeout.is_none(),
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Leave { .. } => false,
    });
    endless
        .map(|node| {
            let step = subject.statement(node);
            Problem::new(
                Code::RB501,
                subject.span(node),
                format!("should `{step}` hang, nothing ends it, and no way back begins"),
            )
            .label("has no `timeout`")
            .help("add `timeout 10m` to it, or for the whole file `defaults { timeout 10m }`")
            .draft(
                "end it after 10 minutes",
                add_lines(subject, node, "timeout 10m"),
            )
        })
        .collect()
}
