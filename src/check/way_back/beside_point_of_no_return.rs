//! RB110: a step that may run beside a point of no return.

use super::{How, NodeId, Rule, Subject, WayBack, node_ids, undone_by};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB110,
    how: How::Exact,
    wrong: r#"
gate sure { confirm "Tell everybody?" }
parallel {
  step tell {
    $ ./send_mail.sh --once
    timeout 10m
    repeatable
    irreversible "the mail is out" then "go on with the release"
  }
  step warm_up {
    $ ./warm_up.sh
    timeout 10m
    rollback $ ./cool_down.sh
  }
}
"#,
    right: r#"
gate sure { confirm "Tell everybody?" }
step warm_up {
  $ ./warm_up.sh
  timeout 10m
  rollback $ ./cool_down.sh
}
step tell {
  $ ./send_mail.sh --once
  timeout 10m
  repeatable
  irreversible "the mail is out" then "go on with the release"
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let is_point = |id: &NodeId| {
        subject
            .node(*id)
            .step()
            .is_some_and(|it| matches!(it.way_back, WayBack::Irreversible { .. }))
    };
    let points: Vec<NodeId> = node_ids(subject.plan).filter(is_point).collect();
    let mut problems = Vec::new();
    if points.is_empty() || !subject.has_branches() {
        return problems;
    }
    for point in points {
        let beside = node_ids(subject.plan).find(|id| {
            let undone = subject
                .node(*id)
                .step()
                .and_then(|step| undone_by(*id, step));
            undone.is_some() && !subject.is_in_ending(*id) && subject.graph.may_overlap(point, *id)
        });
        if let Some(beside) = beside {
            let (point, beside) = (subject.node(point), subject.node(beside));
            let (name, other) = (subject.statement(point), subject.statement(beside));
            let message = format!(
                "when `{name}` is passed, `{other}` may be done, half done or not begun, and what to do next must fit all three"
            );
            problems.push(
                Problem::new(Code::RB110, subject.span(point), message)
                    .label("a point of no return")
                    .and(subject.span(beside), "may run at the same time")
                    .help(format!("put `{other}` before it, or behind it")),
            );
        }
    }
    problems
}
