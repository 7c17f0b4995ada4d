//! RB130: a state that is begun and not ended on every path.

use super::pairs::{Pair, script};
use super::{How, Rule, Subject, node_ids};
use crate::machine::undo_of;
use crate::plan::{EndingKind, NodeId, NodeKind, Skip, Step, WayBack};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB130,
    how: How::Heuristic,
    wrong: r#"
step set_noout {
  $ ceph osd set noout
  timeout 1m
  harmless "it is unset at the end"
}
step upgrade {
  $ ./upgrade_osds.sh new
  timeout 5m
  rollback $ ./upgrade_osds.sh old
}
step unset_noout {
  $ ceph osd unset noout
  timeout 1m
  harmless "as it was before"
}
"#,
    right: r#"
with noout {
  enter $ ceph osd set noout
  leave $ ceph osd unset noout
  step upgrade {
    $ ./upgrade_osds.sh new
    timeout 5m
    rollback $ ./upgrade_osds.sh old
  }
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let steps = node_ids(subject.plan).filter_map(|id| match &subject.node(id).kind {
        NodeKind::Step(step) => Some((id, step.as_ref())),
        _no_step => None,
    });
    steps
        .filter_map(|(id, step)| {
            let (pair, paths) = not_ended(subject, id, step)?;
            Some(problem(subject, id, pair, paths))
        })
        .collect()
}

/// On which paths nothing ends what a step begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Success,
    Failure,
    Both,
}

/// Whether this rule speaks of a step.
pub fn speaks_of(subject: &Subject<'_>, id: NodeId) -> bool {
    match &subject.node(id).kind {
        NodeKind::Step(step) => not_ended(subject, id, step).is_some(),
        _no_step => false,
    }
}

fn not_ended(subject: &Subject<'_>, id: NodeId, step: &Step) -> Option<(&'static Pair, Missing)> {
    // Declared to be for good.
    if let WayBack::Irreversible { .. } = step.way_back {
        return None;
    }
    let (pair, begun) = subject.spoken().begun_by(id)?;
    let later = ended_later(subject, id, pair, begun);
    let success = !later.is_empty() || ends_in(subject, EndingKind::Success, pair, begun);
    let always = ends_in(subject, EndingKind::Always, pair, begun);
    let failure = is_undone(subject, id, step, pair, begun, &later)
        || ends_in(subject, EndingKind::Failure, pair, begun);
    let missing = match (success || always, failure || always) {
        (true, true) => return None,
        (true, false) => Missing::Failure,
        (false, true) => Missing::Success,
        (false, false) => Missing::Both,
    };
    // Who never ends it may mean it to stay.
    (pair.is_passing || missing == Missing::Failure).then_some((pair, missing))
}

/// What surely comes later when all goes well, and ends it.
fn ended_later(subject: &Subject<'_>, begin: NodeId, pair: &Pair, begun: &str) -> Vec<NodeId> {
    let skip = &subject.node(begin).skip;
    let ended = subject.spoken().ended_by(pair, begun);
    ended
        .filter(|id| subject.graph.is_before(begin, *id))
        .filter(|id| {
            let other = &subject.node(*id).skip;
            *other == Skip::No || other == skip
        })
        .collect()
}

/// Whether the step's undo ends it, and is run whatever fails until it is ended.
fn is_undone(
    subject: &Subject<'_>,
    id: NodeId,
    step: &Step,
    pair: &Pair,
    begun: &str,
    later: &[NodeId],
) -> bool {
    let undone = match &step.way_back {
        WayBack::Own(_) => id,
        WayBack::Block(open) => *open,
        WayBack::Harmless(_) | WayBack::Irreversible { .. } | WayBack::Missing => return false,
    };
    let undos = undo_of(subject.plan, undone);
    let mut attempts = undos.into_iter().flat_map(|undo| &undo.attempts);
    attempts.any(|attempt| pair.is_ended_in(script(&attempt.task), begun))
        && !has_point_between(subject, id, later)
}

/// Whether a point of no return stands between: behind it the undo is not run.
fn has_point_between(subject: &Subject<'_>, begin: NodeId, later: &[NodeId]) -> bool {
    node_ids(subject.plan).any(|point| {
        let is_point = match &subject.node(point).kind {
            NodeKind::Step(step) => matches!(step.way_back, WayBack::Irreversible { .. }),
            _no_step => false,
        };
        is_point
            && subject.graph.is_before(begin, point)
            && !later.iter().any(|end| subject.graph.is_before(*end, point))
    })
}

/// Whether an ending of this kind ends it.
fn ends_in(subject: &Subject<'_>, on: EndingKind, pair: &Pair, begun: &str) -> bool {
    let endings = subject.plan.endings.iter();
    let opens: Vec<NodeId> = endings
        .filter(|ending| ending.on == on)
        .map(|ending| ending.open)
        .collect();
    let is_inside = |id: NodeId| subject.node(id).block.is_some_and(|it| opens.contains(&it));
    !opens.is_empty() && subject.spoken().ended_by(pair, begun).any(is_inside)
}

fn problem(subject: &Subject<'_>, id: NodeId, pair: &Pair, missing: Missing) -> Problem {
    let node = subject.node(id);
    let name = subject.statement(node);
    let (begin, end) = (pair.begin.join(" "), pair.end_words());
    let when = match missing {
        Missing::Success => "when the release succeeds",
        Missing::Failure => "when the release fails",
        Missing::Both => "",
    };
    let message = format!("`{name}` begins a `{begin}`, and nothing ends it with `{end}` {when}");
    Problem::new(Code::RB130, subject.span(node), message.trim_end())
        .label("begins it")
        .help("a bracket ends it on every path: `with NAME { enter $ … leave $ … }`; what is to stay says `irreversible \"why\" then \"…\"`")
}
