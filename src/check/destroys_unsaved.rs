//! RB123: data is destroyed that nothing saved before.

use super::values::{Doubt, doubt_of_work};
use super::{How, Rule, Subject, node_ids};
use crate::plan::{NodeId, NodeKind, Touch, TouchKind, WayBack};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB123,
    // Who saves may be let pass where it fails: that is the first of two failures.
    how: How::Conservative,
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
            let lost = &lost.resource;
            let doubts =
                savers_of(subject, lost).map(|saver| (saver, doubt_of_work(subject, saver, id)));
            let doubts: Vec<(NodeId, Option<Doubt>)> = doubts.collect();
            if doubts.iter().all(|(_, doubt)| doubt.is_some()) {
                problems.push(problem(subject, id, lost, doubts.first()));
            }
        }
    }
    problems
}

fn problem(
    subject: &Subject<'_>,
    loser: NodeId,
    lost: &str,
    saver: Option<&(NodeId, Option<Doubt>)>,
) -> Problem {
    let node = subject.node(loser);
    let name = subject.statement(node);
    let unsaved = "nothing saved it before".to_owned();
    let (why, label) = match saver {
        Some((saver, Some(doubt))) => {
            let saver = subject.node(*saver);
            let (why, label) = words(subject.statement(saver), doubt);
            (why, Some((subject.span(saver), label)))
        }
        Some((_, None)) | None => (unsaved, None),
    };
    let message = format!("if `{name}` is undone, `{lost}` is gone: {why}");
    let mut problem = Problem::new(Code::RB123, subject.span(node), message)
        .label(format!("destroys `{lost}`"))
        .help(format!("let a step that surely ran before it say `saves {lost}`, or declare `{name}` as `irreversible \"why\" then \"what next\"`"));
    if let Some((span, label)) = label {
        problem = problem.and(span, label);
    }
    problem
}

/// Why a saver does not count, for the message and at its place.
fn words(saver: &str, doubt: &Doubt) -> (String, String) {
    match doubt {
        Doubt::NotBefore => (
            format!("`{saver}`, which saves it, does not surely come before"),
            "not surely done by then".to_owned(),
        ),
        Doubt::Skipped(condition) => (
            format!("`{saver}`, which saves it, may be skipped"),
            format!("skipped unless `{condition}`"),
        ),
        Doubt::Tolerated => (
            format!("`{saver}`, which saves it, stands in a round that may fail"),
            "its round may fail while the others go on".to_owned(),
        ),
        Doubt::PassedOver | Doubt::InPlace => (
            format!("`{saver}`, which saves it, may fail and the run goes on"),
            "its failure is passed over".to_owned(),
        ),
    }
}

/// The steps that save it. What a bracket saves is gone when it is left, and what
/// was destroyed inside may be undone after that.
fn savers_of<'s>(subject: &'s Subject<'_>, resource: &'s str) -> impl Iterator<Item = NodeId> + 's {
    node_ids(subject.plan).filter(move |id| {
        matches!(subject.node(*id).kind, NodeKind::Step(_))
            && of_kind(subject, *id, TouchKind::Saves).any(|touch| touch.resource == resource)
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
