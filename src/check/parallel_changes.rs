//! RB402: branches that change one resource at the same time.

use super::{How, Rule, Subject, node_ids};
use crate::plan::{NodeId, NodeKind, Touch};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB402,
    how: How::Conservative,
    wrong: r#"
parallel {
  step schema {
    $ ./migrate.sh
    timeout 1m
    touches database
    rollback $ ./migrate_back.sh
  }
  step data {
    $ ./load.sh
    timeout 1m
    touches database
    rollback $ ./unload.sh
  }
}
"#,
    right: r#"
parallel {
  step schema {
    $ ./migrate.sh
    timeout 1m
    touches database
    rollback $ ./migrate_back.sh
  }
  step data after schema {
    $ ./load.sh
    timeout 1m
    touches database
    rollback $ ./unload.sh
  }
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let touching: Vec<(NodeId, (Where<'_>, &[Touch]))> = node_ids(subject.plan)
        .map(|id| (id, touches(subject, id)))
        .filter(|(_, (_, touches))| !touches.is_empty())
        .collect();
    let mut problems = Vec::new();
    for (at, (one, (here, touched))) in touching.iter().enumerate() {
        for (other, (there, also)) in &touching[at + 1..] {
            let shared = touched
                .iter()
                .find(|touch| also.iter().any(|it| it.resource == touch.resource));
            if let Some(shared) = shared
                && here == there
                && subject.graph.may_overlap(*one, *other)
            {
                problems.push(problem(subject, *one, *other, &shared.resource));
            }
        }
    }
    problems
}

fn problem(subject: &Subject<'_>, one: NodeId, other: NodeId, resource: &str) -> Problem {
    let (one, other) = (subject.node(one), subject.node(other));
    let (first, second) = (subject.statement(one), subject.statement(other));
    let message = format!(
        "`{first}` and `{second}` may change `{resource}` at the same time, so neither way back can be trusted"
    );
    Problem::new(Code::RB402, subject.span(other), message)
        .label(format!("touches `{resource}`"))
        .and(subject.span(one), format!("touches `{resource}` too"))
        .help(format!(
            "say `after {first}`, or take them out of `parallel`"
        ))
}

/// Each machine has what it is called by of its own. `None` is this one.
type Where<'p> = Option<&'p str>;

fn touches<'s>(subject: &Subject<'s>, id: NodeId) -> (Where<'s>, &'s [Touch]) {
    match &subject.node(id).kind {
        NodeKind::Step(step) => (step.task.host.as_deref(), &step.touches),
        NodeKind::Enter(enter) => (enter.task.host.as_deref(), &enter.touches),
        // It ends what its `enter` began.
        NodeKind::Leave { enter } => touches(subject, *enter),
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. } => (None, &[]),
    }
}
