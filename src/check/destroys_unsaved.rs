//! RB123: data is destroyed that nothing saved before.

use super::{How, Rule, Subject, node_ids};
use crate::plan::{NodeId, NodeKind, Skip, Touch, TouchKind, WayBack};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB123,
    how: How::Exact,
    wrong: r#"
step truncate {
  $ ./truncate.sh audit
  timeout 1m
  destroys audit
  rollback $ ./restore.sh audit
}
"#,
    right: r#"
step dump {
  $ ./dump.sh audit
  timeout 1m
  saves audit
  harmless "it only reads"
}
step truncate {
  $ ./truncate.sh audit
  timeout 1m
  destroys audit
  rollback $ ./restore.sh audit
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for id in node_ids(subject.plan) {
        let node = subject.node(id);
        if let NodeKind::Step(step) = &node.kind
            && matches!(step.way_back, WayBack::Irreversible { .. })
        {
            continue;
        }
        for lost in of_kind(subject, id, TouchKind::Destroys) {
            if !is_saved_before(subject, id, &lost.resource) {
                let (name, lost) = (subject.statement(node), &lost.resource);
                let message =
                    format!("if `{name}` is undone, `{lost}` is gone: nothing saved it before");
                problems.push(
                    Problem::new(Code::RB123, subject.span(node), message)
                        .label(format!("destroys `{lost}`"))
                        .help(format!("let a step before it say `saves {lost}`, or declare `{name}` as `irreversible \"why\" then \"what next\"`")),
                );
            }
        }
    }
    problems
}

/// Whether a step that surely ran before saved it.
fn is_saved_before(subject: &Subject<'_>, loser: NodeId, resource: &str) -> bool {
    let skip = &subject.node(loser).skip;
    node_ids(subject.plan).any(|id| {
        let saver = &subject.node(id).skip;
        of_kind(subject, id, TouchKind::Saves).any(|touch| touch.resource == resource)
            && subject.graph.is_before(id, loser)
            && (*saver == Skip::No || saver == skip)
    })
}

fn of_kind<'s>(
    subject: &'s Subject<'_>,
    id: NodeId,
    kind: TouchKind,
) -> impl Iterator<Item = &'s Touch> {
    let touches = match &subject.node(id).kind {
        NodeKind::Step(step) => step.touches.as_slice(),
        NodeKind::Enter(enter) => enter.touches.as_slice(),
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Leave { .. } => &[],
    };
    touches.iter().filter(move |touch| touch.how == kind)
}
