//! What a script cannot do. It is said when it is exported, at its place in the
//! source: a script never does something else in silence.

use super::functions::json_steps;
use super::names::is_reserved;
use super::pattern::{whether, words};
use super::table::pauses;
use super::windows::window_table;
use crate::machine::measure::metrics_of;
use crate::plan::{
    Binding, ChannelKind, Condition, GateCondition, HttpRequest, Node, NodeKind, Origin,
    OutputFrom, Plan, Provider, Retry, Run, SecretFrom, Skip, Step, Task, Template, Undo, WayBack,
};
use crate::problem::{Code, Problem};
use crate::source::{FileId, Span};

/// Longer lists of growing pauses are not written down.
const MOST_PAUSES: usize = 10_000;

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
            let name = &secret.name;
            match &secret.from {
                SecretFrom::Env(variable) => {
                    if is_reserved(variable) || !is_variable(variable) {
                        self.add_general(&format!(
                            "read the secret `{name}` from the variable `{variable}`"
                        ));
                    }
                }
                SecretFrom::File(_) => {}
                SecretFrom::Command(task) => match task.run {
                    Run::Script { .. } => {}
                    Run::Http(_) => {
                        self.add_general(&format!("fetch the secret `{name}` by a request"));
                    }
                },
            }
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
            NodeKind::Open(block) => {
                self.undos(block.undo.as_ref());
            }
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
            && pauses((*times).min(20_000), *every, *backoff).len() > MOST_PAUSES
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
                    ChannelKind::Slack { .. } => {}
                    ChannelKind::Webhook { headers, .. } => self.headers(node.origin, headers),
                }
            }
        }
    }

    fn condition(&mut self, node: &Node, condition: &GateCondition) {
        match condition {
            GateCondition::Approve {
                signed_by: Some(_), ..
            } => self.add(node.origin, "check the signatures of approvals"),
            GateCondition::Approve {
                signed_by: None, ..
            } => {}
            GateCondition::Check { check, .. } => {
                self.task(node.origin, &check.task);
                self.retry(node.origin, &check.retry);
            }
            GateCondition::Confirm { .. } | GateCondition::Wait(_) => {}
            GateCondition::Window(window) => {
                if window_table(window).is_none() {
                    let what = format!("understand the window `{}`", window.name);
                    self.add(node.origin, &what);
                }
            }
            GateCondition::Hold { condition, .. } | GateCondition::Until { condition, .. } => {
                self.measured(node.origin, condition);
            }
            GateCondition::Rehearsed { .. } => {}
        }
    }

    fn measured(&mut self, origin: Origin, condition: &Condition) {
        let plan = self.plan;
        for metric in metrics_of(condition) {
            let metric = &plan.metrics[metric.index()];
            match &metric.provider {
                Provider::Command(task) => self.task(origin, task),
                Provider::Prometheus { headers, .. } => self.headers(origin, headers),
                Provider::Json { request, at } => {
                    self.request(origin, request);
                    if let Some(path) = at
                        && json_steps(path).is_none()
                    {
                        self.json_path(origin, path);
                    }
                }
            }
        }
    }

    fn task(&mut self, origin: Origin, task: &Task) {
        match &task.run {
            Run::Script { text, .. } if text.contains('\0') => {
                self.add(origin, "run a command with a zero byte");
            }
            Run::Script { .. } => {}
            Run::Http(request) => self.request(origin, request),
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
        let unlike = patterns.filter(|pattern| words(pattern).is_none());
        let expected = task.expect.stdout_matches.iter();
        let unlike = unlike.chain(expected.filter(|pattern| whether(pattern).is_none()));
        for pattern in unlike {
            let what = format!("find `{pattern}`, which not every shell's tools find alike");
            self.add(origin, &what);
        }
        for output in &task.outputs {
            // One that may find several values gives none.
            if let OutputFrom::Json(path) = &output.from
                && json_steps(path).is_none_or(|steps| steps.contains("\n*"))
            {
                self.json_path(origin, path);
            }
        }
    }

    fn json_path(&mut self, origin: Origin, path: &str) {
        let what = format!("follow the JSON path `{path}`, which is more than names and numbers");
        self.add(origin, &what);
    }

    fn request(&mut self, origin: Origin, request: &HttpRequest) {
        let is_method = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if request.method.is_empty() || !request.method.chars().all(is_method) {
            let what = format!("send a request of the method `{}`", request.method);
            self.add(origin, &what);
        }
        self.headers(origin, &request.headers);
    }

    fn headers(&mut self, origin: Origin, headers: &[(String, Template)]) {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        for (name, _) in headers {
            if name.is_empty() || !name.chars().all(is_name) {
                self.add(origin, &format!("send the header `{name}`"));
            }
        }
    }
}

fn is_variable(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(fits) && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty()
}
