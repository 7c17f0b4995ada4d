//! What a script cannot do. It is said when it is exported, at its place in the
//! source: a script never does something else in silence.

use super::names::is_reserved;
use super::pattern::Pattern;
use super::table::pauses;
use super::tasks::json_steps;
use crate::machine::measure::metrics_of;
use crate::plan::{
    Binding, ChannelKind, Condition, GateCondition, Node, NodeKind, Origin, OutputFrom, Plan,
    Provider, Retry, Run, Skip, Step, Task, Test, Undo, WayBack,
};
use crate::problem::{Code, Problem};
use crate::source::{FileId, Span};

/// Longer lists of growing pauses are not written down.
const MOST_PAUSES: usize = 100;

/// All that keeps a plan from being a script.
pub fn refusals(plan: &Plan) -> Vec<Problem> {
    let mut refusals = Refusals {
        plan,
        problems: Vec::new(),
    };
    refusals.declarations();
    for node in &plan.nodes {
        if !matches!(node.skip, Skip::Yes(_)) {
            refusals.node(node);
        }
    }
    refusals.problems
}

struct Refusals<'p> {
    plan: &'p Plan,
    problems: Vec<Problem>,
}

fn span(origin: Origin) -> Span {
    Span {
        file: FileId(origin.file),
        start: origin.start,
        end: origin.end,
    }
}

impl Refusals<'_> {
    fn add(&mut self, origin: Origin, what: &str) {
        let message = format!("a shell script cannot do this: {what}");
        let problem = Problem::new(Code::RB967, span(origin), message)
            .help("run it with `runbook exec`, or leave it out of what is exported");
        self.problems.push(problem);
    }

    /// Of something that has no place in the plan.
    fn add_general(&mut self, what: &str) {
        let message = format!("a shell script cannot do this: {what}");
        let problem = Problem::general(Code::RB967, message)
            .help("run it with `runbook exec`, or leave it out of what is exported");
        self.problems.push(problem);
    }

    fn declarations(&mut self) {
        for secret in &self.plan.secrets {
            self.add_general(&format!("fetch the secret `{}`", secret.name));
        }
        let plan = self.plan;
        for watch in &plan.watches {
            for rule in &watch.rules {
                self.measured(watch.origin, &rule.condition);
            }
        }
        for binding in &self.plan.environment {
            if is_reserved(&binding.name) {
                let name = &binding.name;
                self.add_general(&format!(
                    "set the variable `{name}`, which some shells keep for themselves"
                ));
            }
        }
    }

    fn node(&mut self, node: &Node) {
        match &node.kind {
            NodeKind::Step(step) => self.step(node, step),
            NodeKind::Check(check) => {
                self.task(node.origin, &check.task);
                self.retry(node.origin, &check.retry);
            }
            NodeKind::Gate(gate) => {
                for condition in &gate.conditions {
                    self.condition(node, condition);
                }
            }
            NodeKind::Enter(enter) => {
                self.task(node.origin, &enter.task);
                self.retry(node.origin, &enter.retry);
                self.undo(&enter.leave);
                self.undos(enter.undo.as_ref());
            }
            NodeKind::Open(block) => self.undos(block.undo.as_ref()),
            NodeKind::Notify { messages } => self.messages(node, messages),
            NodeKind::Postmortem { .. } | NodeKind::Close { .. } | NodeKind::Leave { .. } => {}
        }
    }

    fn step(&mut self, node: &Node, step: &Step) {
        for capture in &step.captures {
            self.task(node.origin, &capture.task);
        }
        if let Some(probe) = &step.done_when {
            self.task(node.origin, probe);
        }
        self.task(node.origin, &step.task);
        self.retry(node.origin, &step.retry);
        match &step.way_back {
            WayBack::Own(undo) => self.undo(undo),
            WayBack::Block(_)
            | WayBack::Harmless(_)
            | WayBack::Irreversible { .. }
            | WayBack::Missing => {}
        }
    }

    fn undos(&mut self, undo: Option<&Undo>) {
        if let Some(undo) = undo {
            self.undo(undo);
        }
    }

    fn undo(&mut self, undo: &Undo) {
        for attempt in &undo.attempts {
            self.task(undo.origin, &attempt.task);
            self.retry(undo.origin, &attempt.retry);
            if let Some(verify) = &attempt.verify {
                self.task(undo.origin, verify);
            }
        }
    }

    fn retry(&mut self, origin: Origin, retry: &Retry) {
        if let Retry::Times {
            times,
            every,
            backoff,
        } = retry
            && *backoff != rust_decimal::Decimal::ONE
            && pauses((*times).min(1_000), *every, *backoff).len() > MOST_PAUSES
        {
            self.add(origin, &format!("more than {MOST_PAUSES} pauses that grow"));
        }
    }

    fn messages(&mut self, node: &Node, messages: &[u32]) {
        let plan = self.plan;
        for message in messages {
            for channel in &plan.messages[*message as usize].channels {
                let channel = &plan.channels[*channel as usize];
                match &channel.kind {
                    ChannelKind::Command(task) => self.task(node.origin, task),
                    ChannelKind::Slack { .. } | ChannelKind::Webhook { .. } => {
                        let what = format!("send a message over HTTP (channel `{}`)", channel.name);
                        self.add(node.origin, &what);
                    }
                }
            }
        }
    }

    fn condition(&mut self, node: &Node, condition: &GateCondition) {
        match condition {
            GateCondition::Approve {
                signed_by: Some(_), ..
            } => self.add(node.origin, "check the signatures of approvals"),
            GateCondition::Approve { count, .. } if *count > 1 => {
                self.add(node.origin, "take the approvals of several people");
            }
            GateCondition::Approve { members, .. } => {
                if members
                    .iter()
                    .any(|member| member.contains(char::is_whitespace))
                {
                    self.add(node.origin, "know an approver whose name has blanks");
                }
            }
            GateCondition::Check { check, .. } => {
                self.task(node.origin, &check.task);
                self.retry(node.origin, &check.retry);
            }
            GateCondition::Confirm { .. } | GateCondition::Wait(_) => {}
            GateCondition::Window(_) => self.add(node.origin, "wait for a window"),
            GateCondition::Hold { condition, .. } | GateCondition::Until { condition, .. } => {
                self.measured(node.origin, condition);
            }
            GateCondition::Rehearsed { .. } => {
                self.add(node.origin, "know whether this was rehearsed");
            }
        }
    }

    fn measured(&mut self, origin: Origin, condition: &Condition) {
        let plan = self.plan;
        for metric in metrics_of(condition) {
            let metric = &plan.metrics[metric.index()];
            match &metric.provider {
                Provider::Command(task) => self.task(origin, task),
                Provider::Prometheus { .. } | Provider::Json { .. } => {
                    let what = format!("measure over HTTP (metric `{}`)", metric.name);
                    self.add(origin, &what);
                }
            }
        }
        if compares_with_history(condition) {
            self.add(origin, "tell what is `not worse than baseline`");
        }
    }

    fn task(&mut self, origin: Origin, task: &Task) {
        match &task.run {
            Run::Script { text, .. } if text.contains('\0') => {
                self.add(origin, "run a command with a zero byte");
            }
            Run::Script { .. } => {}
            Run::Http(_) => self.add(origin, "send a request over HTTP"),
        }
        if task.host.is_some() {
            self.add(origin, "run a command on another host");
        }
        for Binding { name, .. } in &task.bindings {
            if is_reserved(name) {
                let what =
                    format!("set the variable `{name}`, which some shells keep for themselves");
                self.add(origin, &what);
            }
        }
        let outputs = task.outputs.iter();
        let patterns = outputs.filter_map(|output| match &output.from {
            OutputFrom::Stdout(pattern) => Some(pattern),
            OutputFrom::Json(_) | OutputFrom::File(_) => None,
        });
        for pattern in patterns.chain(&task.expect.stdout_matches) {
            if Pattern::of(pattern).is_none() {
                let what = format!("find `{pattern}`, which not every shell's tools find alike");
                self.add(origin, &what);
            }
        }
        for output in &task.outputs {
            if let OutputFrom::Json(path) = &output.from
                && json_steps(path).is_none()
            {
                let what =
                    format!("follow the JSON path `{path}`, which is more than names and numbers");
                self.add(origin, &what);
            }
        }
    }
}

fn compares_with_history(condition: &Condition) -> bool {
    match condition {
        Condition::Compare(comparison) => comparison.test == Test::NotWorseThanBaseline,
        Condition::Any(parts) | Condition::All(parts) => parts.iter().any(compares_with_history),
    }
}
