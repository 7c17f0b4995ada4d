//! What a script cannot do. It is said when it is exported, at its place in the
//! source: a script never does something else in silence.

use super::functions::json_steps;
use super::names::{is_special, is_taken};
use super::pattern::{whether, whether_in_words, words};
use super::table::pauses;
use super::windows::window_table;
use crate::machine::measure::metrics_of;
use crate::plan::lower::open::OpenPlan;
use crate::plan::{
    Binding, ChannelKind, Condition, GateCondition, HttpRequest, Node, NodeKind, Origin,
    OutputFrom, Plan, Provider, Retry, Run, SecretFrom, Step, Task, Template, TroubleFailure, Undo,
    WayBack,
};
use crate::problem::{Code, Problem};
use crate::source::{FileId, Span};

/// Longer lists of growing pauses are not written down.
const MOST_PAUSES: usize = 10_000;

/// What helps where nothing else does.
const ELSEWHERE: &str = "run it with `runbook exec`, or leave it out of what is exported";

/// All that keeps a plan from being a script.
pub fn refusals(open: &OpenPlan) -> Vec<Problem> {
    let mut refusals = Refusals {
        open,
        plan: &open.plan,
        problems: Vec::new(),
    };
    refusals.declarations();
    for node in &open.plan.nodes {
        if !node.skip.is_skipped() {
            refusals.node(node);
        }
    }
    refusals.problems
}

struct Refusals<'p> {
    open: &'p OpenPlan,
    plan: &'p Plan,
    problems: Vec<Problem>,
}

/// Where some shells have a variable of that name.
const OTHER_NAME: &str =
    "give the variable another name, or set it in the command itself: `$ IFS=, command`";

fn setting(name: &str) -> String {
    format!("set the variable `{name}`, which some shells keep for themselves")
}

fn found_otherwise(pattern: &str) -> String {
    format!("find `{pattern}`, which not every shell's tools find alike")
}

fn span(origin: Origin) -> Span {
    Span {
        file: FileId(origin.file),
        start: origin.start,
        end: origin.end,
    }
}

impl Refusals<'_> {
    fn add(&mut self, origin: Origin, what: &str, help: &str) {
        self.add_at(span(origin), what, help);
    }

    fn add_at(&mut self, place: Span, what: &str, help: &str) {
        let message = format!("a shell script cannot do this: {what}");
        self.problems
            .push(Problem::new(Code::RB967, place, message).help(help));
    }

    fn declarations(&mut self) {
        let open = self.open;
        for (secret, place) in open.plan.secrets.iter().zip(&open.secrets) {
            let name = &secret.name;
            match &secret.from {
                SecretFrom::Env(variable) => {
                    if is_taken(variable) || !is_variable(variable) {
                        let what =
                            format!("read the secret `{name}` from the variable `{variable}`");
                        self.add_at(*place, &what, "take a variable of another name");
                    }
                }
                SecretFrom::File(_) => {}
                SecretFrom::Command(task) => match task.run {
                    Run::Script { .. } => {}
                    Run::Http(_) => {
                        let what = format!("fetch the secret `{name}` by a request");
                        self.add_at(*place, &what, "fetch it by a command: `from $ curl …`");
                    }
                },
            }
        }
        self.troubles();
        let plan = self.plan;
        for watch in &plan.watches {
            for rule in &watch.rules {
                self.measured(watch.origin, &rule.condition);
            }
        }
        for (binding, place) in open.plan.environment.iter().zip(&open.environment) {
            if is_special(&binding.name) {
                self.add_at(*place, &setting(&binding.name), OTHER_NAME);
            }
        }
    }

    fn troubles(&mut self) {
        let open = self.open;
        for (trouble, place) in open.plan.troubles.iter().zip(&open.troubles) {
            for one in &trouble.matches {
                if let TroubleFailure::Message(pattern) = &one.failure
                    && whether_in_words(pattern).is_none()
                {
                    let help = "look for less: fixed words, such as `status 7$`";
                    self.add_at(*place, &found_otherwise(pattern), help);
                }
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
            let what = format!("more than {MOST_PAUSES} pauses that grow");
            self.add(origin, &what, "try it fewer times, or without `backoff`");
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
            } => self.add(
                node.origin,
                "check the signatures of approvals",
                "let a role approve that is not `signed by`, or run it with `runbook exec`, which checks signatures",
            ),
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
                    self.add(node.origin, &what, ELSEWHERE);
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
                let help = "write it as `\\\\0` where a program understands that, or run it with `runbook exec`";
                self.add(origin, "run a command with a zero byte", help);
            }
            Run::Script { .. } => {}
            Run::Http(request) => self.request(origin, request),
        }
        for Binding { name, .. } in &task.bindings {
            if is_special(name) {
                self.add(origin, &setting(name), OTHER_NAME);
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
            let what = found_otherwise(pattern);
            let help = "look for less: fixed words around one group, such as `version: (\\S+)`; or cut it out in the command, with `sed` or `awk`";
            self.add(origin, &what, help);
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
        let help = "name the way to one value, such as `$.items[0].id`; or cut it out in the command, with `jq`";
        self.add(origin, &what, help);
    }

    fn request(&mut self, origin: Origin, request: &HttpRequest) {
        let is_method = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if request.method.is_empty() || !request.method.chars().all(is_method) {
            let what = format!("send a request of the method `{}`", request.method);
            self.add(origin, &what, ELSEWHERE);
        }
        self.headers(origin, &request.headers);
    }

    fn headers(&mut self, origin: Origin, headers: &[(String, Template)]) {
        let is_name = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        for (name, _) in headers {
            if name.is_empty() || !name.chars().all(is_name) {
                self.add(origin, &format!("send the header `{name}`"), ELSEWHERE);
            }
        }
    }
}

fn is_variable(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(fits) && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty()
}
