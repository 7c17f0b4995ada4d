//! RB108: an undo that needs what a later step has destroyed for good.

use super::{How, NodeId, Rule, Step, Subject, Touch, WayBack, node_ids, undone_by};
use crate::plan::TouchKind;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB108,
    // What an undo needs is taken from what its step says that it touches.
    how: How::Conservative,
    wrong: r#"
step dump {
  $ ./dump.sh orders
  timeout 5m
  saves orders
  harmless "it only reads"
}
step change {
  $ ./change.sh orders
  timeout 5m
  touches orders
  rollback $ ./change_back.sh orders
}
step clear {
  $ ./clear.sh orders
  timeout 5m
  destroys orders
  harmless "nobody needs them"
}
"#,
    right: r#"
step dump {
  $ ./dump.sh orders
  timeout 5m
  saves orders
  harmless "it only reads"
}
step change {
  $ ./change.sh orders
  timeout 5m
  touches orders
  rollback $ ./change_back.sh orders
}
step clear {
  $ ./clear.sh orders
  timeout 5m
  destroys orders
  rollback $ ./load.sh orders
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let of_kind = |wanted: TouchKind| {
        node_ids(subject.plan).filter_map(move |id| {
            let step = subject.node(id).step()?;
            let mut touches = step.touches.iter();
            touches
                .any(|touch| touch.how == wanted)
                .then_some((id, step))
        })
    };
    let mut problems = Vec::new();
    for (gone_at, destroyer) in of_kind(TouchKind::Destroys) {
        if !stays(subject, gone_at, destroyer) {
            continue;
        }
        let needs = of_kind(TouchKind::Changes).find_map(|(id, step)| {
            let lost = shared(destroyer, step)?;
            let is_undone = undone_by(id, step).is_some();
            (is_undone && subject.graph.is_before(id, gone_at)).then_some((id, lost))
        });
        if let Some((id, lost)) = needs {
            problems.push(problem(subject, id, gone_at, &lost.resource));
        }
    }
    problems
}

/// Whether nothing takes a step back, or nothing does once a point of no return
/// behind which it stands was passed: it is finished instead.
fn stays(subject: &Subject<'_>, id: NodeId, step: &Step) -> bool {
    match &step.way_back {
        WayBack::Harmless(_) => true,
        WayBack::Block(open) => node_ids(subject.plan).any(|point| {
            let is_point = subject
                .node(point)
                .step()
                .is_some_and(|it| matches!(it.way_back, WayBack::Irreversible { .. }));
            is_point && subject.graph.is_before(*open, point) && !subject.graph.is_before(id, point)
        }),
        WayBack::Own(_) | WayBack::Irreversible { .. } | WayBack::Missing => false,
    }
}

fn shared<'s>(destroyer: &'s Step, step: &Step) -> Option<&'s Touch> {
    let same_place = destroyer.task.host == step.task.host;
    destroyer.touches.iter().find(|gone| {
        same_place
            && gone.how == TouchKind::Destroys
            && step.touches.iter().any(|it| it.resource == gone.resource)
    })
}

fn problem(subject: &Subject<'_>, step: NodeId, destroyer: NodeId, lost: &str) -> Problem {
    let (step, destroyer) = (subject.node(step), subject.node(destroyer));
    let (name, by) = (subject.statement(step), subject.statement(destroyer));
    let message = format!(
        "if the release fails behind `{by}`, `{lost}` is gone and nothing brings it back before `{name}`, which changed it, is undone"
    );
    Problem::new(Code::RB108, subject.span(destroyer), message)
        .label(format!("destroys `{lost}`, and has no undo"))
        .and(subject.span(step), format!("its undo needs `{lost}`"))
        .help(format!(
            "give `{by}` a `rollback` that brings `{lost}` back, or call it `irreversible`"
        ))
}
