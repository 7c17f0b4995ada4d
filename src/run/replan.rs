//! Going on with a runbook that was changed while its run waited.
//!
//! What has begun is done as it was recorded, so it must be in the new plan just
//! as it was; what has not begun may be anything. Gates and checks that have not
//! let the run pass only look: they may be changed, and look anew. Then the facts
//! of the run so far are a run of the new plan, and all that holds for runs of a
//! checked plan holds for what comes of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::machine::event::{Event, Observer, Stamped};
use crate::machine::{Machine, Mode, NodeState};
use crate::plan::{Node, NodeId, NodeKind, Origin, Plan, Undo, Watch, WayBack};

/// What the new plan makes of the facts so far.
#[derive(Debug)]
pub struct Carried {
    pub machine: Machine,
    /// Gates and checks that look anew: what was recorded of them is left out.
    anew: BTreeSet<NodeId>,
}

impl Carried {
    /// Whether a fact still counts.
    pub fn keeps(&self, fact: &Stamped) -> bool {
        node_of(&fact.event).is_none_or(|node| !self.anew.contains(&node))
    }
}

/// Takes a run over to a new plan.
///
/// # Errors
/// Why the rest of the run does not allow it, a sentence each.
pub fn carry_over(
    was: &Machine,
    facts: &[Stamped],
    plan: Arc<Plan>,
) -> Result<Carried, Vec<String>> {
    if was.plan().only_looks {
        return Err(vec![
            "it only looks, and would become the runbook itself: `runbook exec` begins that"
                .to_owned(),
        ]);
    }
    match was.mode() {
        Mode::Forward | Mode::Pausing | Mode::Closed(crate::machine::event::Outcome::Waiting) => {}
        Mode::Unopened
        | Mode::Stopping
        | Mode::Unwinding
        | Mode::Ending(_)
        | Mode::Closing(_)
        | Mode::Closed(_) => {
            return Err(vec![
                "the run does not go forward any more: its way back stays as it was recorded"
                    .to_owned(),
            ]);
        }
    }
    let mut refused = differences(was.plan(), &plan);
    let mut anew = BTreeSet::new();
    for (index, node) in was.plan().nodes.iter().enumerate() {
        let id = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
        let is = plan.nodes.get(index);
        if !has_begun(was.node_state(id)) || is.is_some_and(|is| same(was.plan(), node, &plan, is))
        {
            continue;
        }
        if only_looks(node) && !has_passed(was.node_state(id)) {
            anew.insert(id);
        } else {
            refused.push(begun_and_different(node, &plan));
        }
    }
    if !refused.is_empty() {
        return Err(refused);
    }
    let mut carried = Carried {
        machine: Machine::new(plan),
        anew,
    };
    for fact in facts {
        if carried.keeps(fact) {
            carried.machine.apply(fact);
        }
    }
    let nodes = (0..).map(NodeId).take(was.plan().nodes.len());
    let mut begun = nodes.filter(|id| has_begun(was.node_state(*id)) && !carried.anew.contains(id));
    match begun.find(|id| !carried.machine.knows_the_same_of(was, *id)) {
        Some(id) => Err(vec![format!(
            "`{}` would not stand where it stands now",
            was.plan().nodes[id.index()].name
        )]),
        None => Ok(carried),
    }
}

fn begun_and_different(node: &Node, plan: &Plan) -> String {
    let name = &node.name;
    if plan.nodes.iter().any(|other| other.name == *name) {
        format!("`{name}` has begun, and it or what stands before it is not what it was")
    } else {
        format!("`{name}` has begun, and is not in the runbook any more")
    }
}

fn has_begun(state: NodeState) -> bool {
    match state {
        NodeState::Waiting | NodeState::Scheduled => false,
        NodeState::Running
        | NodeState::Retrying
        | NodeState::Asking
        | NodeState::Done
        | NodeState::Skipped
        | NodeState::AlreadyDone
        | NodeState::Failed
        | NodeState::PassedOver
        | NodeState::Cancelled
        | NodeState::Undoing
        | NodeState::Undone
        | NodeState::UndoFailed => true,
    }
}

/// Whether something behind the node may have begun because of it.
fn has_passed(state: NodeState) -> bool {
    match state {
        NodeState::Running | NodeState::Retrying | NodeState::Asking | NodeState::Failed => false,
        NodeState::Waiting
        | NodeState::Scheduled
        | NodeState::Done
        | NodeState::Skipped
        | NodeState::AlreadyDone
        | NodeState::PassedOver
        | NodeState::Cancelled
        | NodeState::Undoing
        | NodeState::Undone
        | NodeState::UndoFailed => true,
    }
}

fn only_looks(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Gate(_) | NodeKind::Check(_) => true,
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Step(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Enter(_)
        | NodeKind::Leave { .. } => false,
    }
}

/// What a run has from its beginning to its end.
fn differences(was: &Plan, is: &Plan) -> Vec<String> {
    let mut differences = Vec::new();
    let mut all_there = |all: bool, what: &str| {
        if !all {
            differences.push(format!("{what} are not what they were"));
        }
    };
    all_there(contains(&is.parameters, &was.parameters), "its parameters");
    all_there(contains(&is.secrets, &was.secrets), "its secrets");
    all_there(contains(&is.hosts, &was.hosts), "its hosts");
    all_there(
        is.environment == was.environment,
        "the variables of all its commands",
    );
    // Facts know metrics by their place in the list.
    all_there(is.metrics.starts_with(&was.metrics), "its metrics");
    let watches = |plan: &Plan| plan.watches.iter().map(settled_watch).collect::<Vec<_>>();
    all_there(watches(is) == watches(was), "its watches");
    if is.lock != was.lock {
        differences.push("its `lock` is another one".to_owned());
    }
    if is.directory != was.directory {
        differences.push(format!("it is not in `{}` any more", was.directory));
    }
    differences
}

fn contains<T: PartialEq>(all: &[T], some: &[T]) -> bool {
    some.iter().all(|one| all.contains(one))
}

/// Whether two nodes are the same, wherever they stand in the text.
fn same(was_in: &Plan, was: &Node, is_in: &Plan, is: &Node) -> bool {
    settled(was) == settled(is) && messages(was_in, was) == messages(is_in, is)
}

/// What a notification sends, and where.
fn messages<'p>(plan: &'p Plan, node: &Node) -> Vec<impl PartialEq + use<'p>> {
    let NodeKind::Notify { messages } = &node.kind else {
        return Vec::new();
    };
    let messages = messages
        .iter()
        .filter_map(|it| plan.messages.get(*it as usize));
    messages
        .map(|message| {
            let channels = message.channels.iter();
            let channels: Vec<_> = channels
                .filter_map(|it| plan.channels.get(*it as usize))
                .collect();
            (&message.name, &message.text, channels)
        })
        .collect()
}

const NOWHERE: Origin = Origin {
    file: 0,
    line: 0,
    start: 0,
    end: 0,
};

/// A node without its place in the text.
fn settled(node: &Node) -> Node {
    let mut node = Node {
        origin: NOWHERE,
        ..node.clone()
    };
    let undos: [Option<&mut Undo>; 2] = match &mut node.kind {
        NodeKind::Open(block) => [block.undo.as_mut(), None],
        NodeKind::Enter(enter) => [Some(&mut enter.leave), enter.undo.as_mut()],
        NodeKind::Step(step) => match &mut step.way_back {
            WayBack::Own(undo) => [Some(undo), None],
            WayBack::Block(_)
            | WayBack::Harmless(_)
            | WayBack::Irreversible { .. }
            | WayBack::Missing => [None, None],
        },
        // What it sends is compared itself.
        NodeKind::Notify { messages } => {
            messages.clear();
            [None, None]
        }
        NodeKind::Close { .. }
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Postmortem { .. }
        | NodeKind::Leave { .. } => [None, None],
    };
    for undo in undos.into_iter().flatten() {
        undo.origin = NOWHERE;
    }
    node
}

fn settled_watch(watch: &Watch) -> Watch {
    Watch {
        origin: NOWHERE,
        ..watch.clone()
    }
}

/// The node that a fact is about, where it is about one.
fn node_of(event: &Event) -> Option<NodeId> {
    match event {
        Event::Intended { activity } | Event::Ended { activity, .. } => Some(activity.node),
        Event::Sampled { observer, .. } => match observer {
            Observer::Gate { gate, .. } => Some(*gate),
            Observer::Baseline | Observer::Watch(_) => None,
        },
        Event::WindowSeen { gate, .. } | Event::RehearsalSeen { gate, .. } => Some(*gate),
        Event::Answered { question, .. } | Event::Unanswerable { question } => question.node(),
        Event::Opened { .. }
        | Event::Tick
        | Event::RollbackRequested { .. }
        | Event::PauseRequested { .. }
        | Event::Resumed { .. }
        | Event::Closed { .. } => None,
    }
}
