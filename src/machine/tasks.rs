//! What an activity runs, and how often: looked up in the plan.

use crate::machine::Machine;
use crate::machine::event::{Activity, Part};
use crate::plan::{
    Channel, ChannelKind, Check, GateCondition, Millis, NodeId, NodeKind, Plan, Retry, Task, Undo,
};

static NEVER: Retry = Retry::Never;

/// How long a message to one channel may take that does not say so itself, and
/// a postmortem.
const TELLING: Millis = 60_000;

impl Machine {
    /// The task of an activity; `None` for notifications and postmortems,
    /// which run no task of their own.
    pub fn task(&self, activity: Activity) -> Option<&Task> {
        task_of(&self.plan, activity)
    }

    /// How long an activity may take. What a step or an undo looks at before
    /// or after may take as long as itself.
    pub(super) fn time_limit(&self, activity: Activity) -> Option<Millis> {
        let of = |part: Part| self.task(Activity { part, ..activity })?.timeout;
        let whole = match activity.part {
            Part::Capture(_) | Part::Probe => of(Part::Forward),
            Part::Verify(alternative) => of(Part::Undo(alternative)),
            Part::Forward => self.telling_limit(activity.node),
            Part::Undo(_) | Part::GateCheck(_) => None,
        };
        of(activity.part).or(whole)
    }

    /// Which of its limits a late activity has come to: that of all its attempts,
    /// or else its own.
    pub(super) fn limit_reached(&self, activity: Activity) -> Option<Millis> {
        let whole = match self.retry(activity) {
            Retry::Within { limit, .. } => {
                let since = self.first_attempt_at(activity).unwrap_or(self.now);
                (since.saturating_add(*limit) <= self.now).then_some(*limit)
            }
            Retry::Never | Retry::Times { .. } => None,
        };
        whole.or_else(|| self.time_limit(activity))
    }

    /// Telling people never holds up a run for long.
    fn telling_limit(&self, node: NodeId) -> Option<Millis> {
        match &self.plan.nodes[node.index()].kind {
            NodeKind::Notify { messages } => {
                let messages = messages.iter().map(|at| &self.plan.messages[*at as usize]);
                let channels = messages.flat_map(|message| &message.channels);
                let limits = channels.map(|at| channel_limit(&self.plan.channels[*at as usize]));
                Some(limits.fold(0, Millis::saturating_add))
            }
            NodeKind::Postmortem { .. } => Some(TELLING),
            NodeKind::Open(_)
            | NodeKind::Close { .. }
            | NodeKind::Step(_)
            | NodeKind::Check(_)
            | NodeKind::Gate(_)
            | NodeKind::Enter(_)
            | NodeKind::Leave { .. } => None,
        }
    }

    /// When a failed attempt of this activity is made again.
    pub(super) fn retry(&self, activity: Activity) -> &Retry {
        retry_of(&self.plan, activity).unwrap_or(&NEVER)
    }
}

fn channel_limit(channel: &Channel) -> Millis {
    let own = match &channel.kind {
        ChannelKind::Slack { .. } => None,
        ChannelKind::Webhook { timeout, .. } => *timeout,
        ChannelKind::Command(task) => task.timeout,
    };
    own.unwrap_or(TELLING)
}

/// The undo that an activity with [`Part::Undo`] on this node belongs to.
///
/// A bracket may carry two: its block's `rollback`, whose alternatives are
/// numbered first, and its `leave`.
pub fn undo_of(plan: &Plan, node: NodeId) -> Vec<&Undo> {
    match &plan.nodes[node.index()].kind {
        NodeKind::Open(block) => block.undo.iter().collect(),
        NodeKind::Enter(enter) => enter.undo.iter().chain([&enter.leave]).collect(),
        NodeKind::Step(step) => match &step.way_back {
            crate::plan::WayBack::Own(undo) => vec![undo],
            crate::plan::WayBack::Block(_)
            | crate::plan::WayBack::Harmless(_)
            | crate::plan::WayBack::Irreversible { .. }
            | crate::plan::WayBack::Missing => Vec::new(),
        },
        NodeKind::Close { .. }
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Leave { .. } => Vec::new(),
    }
}

fn undo_attempt(plan: &Plan, node: NodeId, alternative: u32) -> Option<&crate::plan::UndoAttempt> {
    undo_of(plan, node)
        .into_iter()
        .flat_map(|undo| &undo.attempts)
        .nth(alternative as usize)
}

fn gate_check(plan: &Plan, node: NodeId, condition: u32) -> Option<&Check> {
    let NodeKind::Gate(gate) = &plan.nodes[node.index()].kind else {
        return None;
    };
    match gate.conditions.get(condition as usize)? {
        GateCondition::Check { check, .. } => Some(check),
        GateCondition::Approve { .. }
        | GateCondition::Confirm { .. }
        | GateCondition::Window(_)
        | GateCondition::Wait(_)
        | GateCondition::Hold { .. }
        | GateCondition::Until { .. }
        | GateCondition::Rehearsed { .. } => None,
    }
}

/// The task and retry of a node's forward part.
fn forward(plan: &Plan, node: NodeId) -> Option<(&Task, &Retry)> {
    match &plan.nodes[node.index()].kind {
        NodeKind::Step(step) => Some((&step.task, &step.retry)),
        NodeKind::Check(check) => Some((&check.task, &check.retry)),
        NodeKind::Enter(enter) => Some((&enter.task, &enter.retry)),
        NodeKind::Leave { enter } => {
            let NodeKind::Enter(enter) = &plan.nodes[enter.index()].kind else {
                return None;
            };
            let leave = enter.leave.attempts.first()?;
            Some((&leave.task, &leave.retry))
        }
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. } => None,
    }
}

/// What an activity of a plan runs.
pub fn task_of(plan: &Plan, activity: Activity) -> Option<&Task> {
    let node = activity.node;
    match activity.part {
        Part::Forward => forward(plan, node).map(|(task, _)| task),
        Part::Undo(alternative) => undo_attempt(plan, node, alternative).map(|undo| &undo.task),
        Part::Verify(alternative) => {
            undo_attempt(plan, node, alternative).and_then(|undo| undo.verify.as_ref())
        }
        Part::GateCheck(condition) => gate_check(plan, node, condition).map(|check| &check.task),
        Part::Capture(index) => match &plan.nodes[node.index()].kind {
            NodeKind::Step(step) => step.captures.get(index as usize).map(|it| &it.task),
            _not_a_step => None,
        },
        Part::Probe => match &plan.nodes[node.index()].kind {
            NodeKind::Step(step) => step.done_when.as_ref(),
            _not_a_step => None,
        },
    }
}

fn retry_of(plan: &Plan, activity: Activity) -> Option<&Retry> {
    let node = activity.node;
    match activity.part {
        Part::Forward => forward(plan, node).map(|(_, retry)| retry),
        Part::Undo(alternative) => undo_attempt(plan, node, alternative).map(|undo| &undo.retry),
        Part::GateCheck(condition) => gate_check(plan, node, condition).map(|check| &check.retry),
        Part::Capture(_) | Part::Probe | Part::Verify(_) => None,
    }
}
