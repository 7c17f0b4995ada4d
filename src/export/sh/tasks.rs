//! What a script may run: the commands and requests of the plan, with their names
//! in the script and what follows each.

use std::collections::BTreeMap;

use super::names::{Names, Taken};
use crate::machine;
use crate::plan::{
    Capture, ChannelKind, GateCondition, Message, Millis, Node, NodeId, NodeKind, Plan, Retry,
    Task, Template, Undo, WayBack,
};

/// How long a message to one channel may take that does not say so itself.
const TELLING: Millis = 60_000;

/// Which part of a node a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Capture,
    Probe,
    Forward,
    Undo,
    Verify,
    GateCheck,
}

impl Part {
    pub fn word(self) -> &'static str {
        match self {
            Part::Capture => "capture",
            Part::Probe => "probe",
            Part::Forward => "forward",
            Part::Undo => "undo",
            Part::Verify => "verify",
            Part::GateCheck => "check",
        }
    }
}

/// What a task's function does.
#[derive(Debug, Clone, Copy)]
pub enum Body<'p> {
    Task(&'p Task),
    Capture(&'p Capture),
    Messages(&'p [u32]),
    Postmortem(&'p Template),
    /// That of another task.
    SameAs(usize),
}

/// One task of a script.
#[derive(Debug)]
pub struct ShellTask<'p> {
    /// Of its function.
    pub name: String,
    pub node: NodeId,
    pub part: Part,
    pub body: Body<'p>,
    pub retry: Retry,
    pub limit: Option<Millis>,
    /// What it is called in messages.
    pub label: String,
    /// What an alternative's author says of it.
    pub why: Option<String>,
    /// By index: what follows it in its chain of captures, tells whether it
    /// worked, is tried when it failed, or is told by it.
    pub then: Option<usize>,
    pub verify: Option<usize>,
    pub verifies: Option<usize>,
    pub otherwise: Option<usize>,
    pub best_effort: bool,
    /// Of a gate's check: its condition.
    pub condition: Option<usize>,
    /// Among those of this part of its node, counted from 0.
    pub number: u32,
}

impl ShellTask<'_> {
    /// As the machine calls it.
    pub fn machine_part(&self) -> machine::event::Part {
        match self.part {
            Part::Capture => machine::event::Part::Capture(self.number),
            Part::Probe => machine::event::Part::Probe,
            Part::Forward => machine::event::Part::Forward,
            Part::Undo => machine::event::Part::Undo(self.number),
            Part::Verify => machine::event::Part::Verify(self.number),
            Part::GateCheck => machine::event::Part::GateCheck(self.number),
        }
    }
}

/// All tasks of a script, in the order of the text.
#[derive(Debug, Default)]
pub struct TaskList<'p> {
    pub all: Vec<ShellTask<'p>>,
    /// Of each node that has some, by index.
    by_node: BTreeMap<NodeId, Vec<usize>>,
    taken: Taken,
}

impl<'p> TaskList<'p> {
    pub fn of(plan: &'p Plan, names: &Names) -> TaskList<'p> {
        let mut list = TaskList::default();
        for id in super::ids(plan) {
            let node = &plan.nodes[id.index()];
            if !node.skip.is_skipped() {
                list.node(plan, names, id, node);
            }
        }
        list
    }

    /// All tasks of a node.
    pub fn all_of(&self, node: NodeId) -> impl Iterator<Item = &ShellTask<'p>> {
        let indices = self.by_node.get(&node).into_iter().flatten();
        indices.map(|at| &self.all[*at])
    }

    pub fn of_node(&self, node: NodeId, part: Part) -> impl Iterator<Item = &ShellTask<'p>> {
        self.all_of(node).filter(move |task| task.part == part)
    }

    /// The first undo of a block, a step, or a bracket's `leave`.
    pub fn undo_of(&self, undo: &Undo) -> Option<&ShellTask<'p>> {
        let first = &undo.attempts.first()?.task;
        let is_it =
            |body: &Body<'_>| matches!(body, Body::Task(task) if std::ptr::eq(*task, first));
        self.all
            .iter()
            .find(|task| task.part == Part::Undo && is_it(&task.body))
    }

    fn node(&mut self, plan: &'p Plan, names: &Names, id: NodeId, node: &'p Node) {
        let own = names.node(id);
        let called = format!("`{}`", node.name);
        match &node.kind {
            NodeKind::Step(step) => {
                let limit = step.task.timeout;
                for (number, capture) in (0..).zip(&step.captures) {
                    let at = self.add(
                        id,
                        Part::Capture,
                        &format!("capture_{own}_{}", capture.name),
                    );
                    let task = &mut self.all[at];
                    task.body = Body::Capture(capture);
                    task.number = number;
                    task.limit = capture.task.timeout.or(limit);
                    task.label = format!("a capture of {called}");
                    task.then = Some(at + 1);
                }
                if let Some(probe) = &step.done_when {
                    let at = self.add(id, Part::Probe, &format!("probe_{own}"));
                    let task = &mut self.all[at];
                    task.body = Body::Task(probe);
                    task.limit = probe.timeout.or(limit);
                    task.label = format!("the `done when` probe of {called}");
                }
                self.forward(id, &format!("step_{own}"), &step.task, &step.retry, called);
                if let WayBack::Own(undo) = &step.way_back {
                    self.undo(id, own, &node.name, undo, 0);
                }
            }
            NodeKind::Check(check) => {
                self.forward(
                    id,
                    &format!("check_{own}"),
                    &check.task,
                    &check.retry,
                    called,
                );
            }
            NodeKind::Enter(enter) => {
                self.forward(
                    id,
                    &format!("enter_{own}"),
                    &enter.task,
                    &enter.retry,
                    called,
                );
                let mut alternative = 0;
                if let Some(undo) = &enter.undo {
                    self.undo(id, own, &node.name, undo, 0);
                    alternative = undo.attempts.len();
                }
                self.undo(
                    id,
                    &format!("{own}_leave"),
                    &node.name,
                    &enter.leave,
                    alternative,
                );
                self.leave(plan, names, id);
            }
            NodeKind::Open(block) => {
                if let Some(undo) = &block.undo {
                    self.undo(id, own, &node.name, undo, 0);
                }
            }
            NodeKind::Gate(gate) => {
                for (index, condition) in gate.conditions.iter().enumerate() {
                    if let GateCondition::Check { check, .. } = condition {
                        let name = format!("check_{own}_{}", index + 1);
                        let label = format!("a check of {called}");
                        let at = self.forward(id, &name, &check.task, &check.retry, label);
                        self.all[at].part = Part::GateCheck;
                        self.all[at].condition = Some(index);
                        self.all[at].number = u32::try_from(index).unwrap_or(u32::MAX);
                    }
                }
            }
            NodeKind::Notify { messages } => {
                let at = self.add(id, Part::Forward, own);
                let limits = deliveries(plan, messages).map(|(_, channel)| {
                    match &plan.channels[channel as usize].kind {
                        ChannelKind::Slack { .. } => TELLING,
                        ChannelKind::Webhook { timeout, .. } => timeout.unwrap_or(TELLING),
                        ChannelKind::Command(task) => task.timeout.unwrap_or(TELLING),
                    }
                });
                let limit = limits.fold(0, Millis::saturating_add);
                let task = &mut self.all[at];
                task.body = Body::Messages(messages);
                task.limit = Some(limit);
                task.label = called;
            }
            // A bracket's `leave` stands with its `enter`.
            NodeKind::Leave { .. } | NodeKind::Close { .. } => {}
            NodeKind::Postmortem { path } => {
                let at = self.add(id, Part::Forward, own);
                let task = &mut self.all[at];
                task.body = Body::Postmortem(path);
                task.limit = Some(TELLING);
                task.label = called;
            }
        }
    }

    /// A bracket left at its end: the first way of its `leave`, run forward.
    fn leave(&mut self, plan: &'p Plan, names: &Names, enter: NodeId) {
        let NodeKind::Enter(bracket) = &plan.nodes[enter.index()].kind else {
            return;
        };
        let (Some(leave), Some(first)) = (plan.close_of(enter), bracket.leave.attempts.first())
        else {
            return;
        };
        let is_first = |task: &ShellTask<'_>| {
            task.part == Part::Undo
                && matches!(task.body, Body::Task(it) if std::ptr::eq(it, &raw const first.task))
        };
        let same = self.all.iter().position(is_first);
        let called = format!("`{}`", plan.nodes[leave.index()].name);
        let name = names.node(leave).to_owned();
        let at = self.forward(leave, &name, &first.task, &first.retry, called);
        if let Some(same) = same {
            self.all[at].body = Body::SameAs(same);
        }
    }

    fn forward(
        &mut self,
        node: NodeId,
        name: &str,
        run: &'p Task,
        retry: &Retry,
        label: String,
    ) -> usize {
        let at = self.add(node, Part::Forward, name);
        let task = &mut self.all[at];
        task.body = Body::Task(run);
        task.limit = run.timeout;
        task.retry = retry.clone();
        task.label = label;
        at
    }

    fn undo(&mut self, node: NodeId, own: &str, called: &str, undo: &'p Undo, before: usize) {
        let mut previous: Option<usize> = None;
        for (number, attempt) in undo.attempts.iter().enumerate() {
            let name = match number {
                0 => format!("undo_{own}"),
                _ => format!("undo_{own}_else_{number}"),
            };
            let at = self.add(node, Part::Undo, &name);
            let task = &mut self.all[at];
            task.body = Body::Task(&attempt.task);
            task.limit = attempt.task.timeout;
            task.retry = attempt.retry.clone();
            task.why = attempt.why.clone();
            let count = u32::try_from(before + number).unwrap_or(u32::MAX);
            task.number = count;
            task.best_effort = undo.best_effort;
            task.label = match before + number {
                0 => format!("the undo of `{called}`"),
                alternative => format!("alternative {alternative} to the undo of `{called}`"),
            };
            if let Some(previous) = previous {
                self.all[previous].otherwise = Some(at);
            }
            previous = Some(at);
            if let Some(verify) = &attempt.verify {
                let verifier = self.add(node, Part::Verify, &format!("verify_{name}"));
                self.all[at].verify = Some(verifier);
                let task = &mut self.all[verifier];
                task.body = Body::Task(verify);
                task.limit = verify.timeout.or(attempt.task.timeout);
                task.label = format!("the verification of the undo of `{called}`");
                task.verifies = Some(at);
                task.number = count;
            }
        }
    }

    fn add(&mut self, node: NodeId, part: Part, name: &str) -> usize {
        self.all.push(ShellTask {
            name: self.taken.take(name),
            node,
            part,
            body: Body::Messages(&[]),
            retry: Retry::Never,
            limit: None,
            label: String::new(),
            why: None,
            then: None,
            verify: None,
            verifies: None,
            otherwise: None,
            best_effort: false,
            condition: None,
            number: 0,
        });
        let at = self.all.len() - 1;
        self.by_node.entry(node).or_default().push(at);
        at
    }
}

pub(super) fn deliveries<'p>(
    plan: &'p Plan,
    messages: &'p [u32],
) -> impl Iterator<Item = (&'p Message, u32)> + 'p {
    let messages = messages.iter().map(|at| &plan.messages[*at as usize]);
    messages.flat_map(|message| {
        message
            .channels
            .iter()
            .map(move |channel| (message, *channel))
    })
}
