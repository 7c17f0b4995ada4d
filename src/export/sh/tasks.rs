//! A function for each task: its values, its command verbatim, what is expected
//! of it and what it gives.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::measures;
use super::names::{Names, Taken};
use super::pattern::{self, whether};
use super::text::{comment, comments_above, here, hundredths, quote, quoted};
use crate::machine;
use crate::plan::{
    Binding, BlockKind, Capture, ChannelKind, GateCondition, Message, Millis, Node, NodeId,
    NodeKind, OutputFrom, Plan, Retry, Run, RunValue, SecretFrom, Shell, Skip, StepElse, Task,
    Template, TemplatePart, Undo, ValueSource, WayBack,
};
use crate::source::SourceMap;

/// How long a message to one channel may take that does not say so itself.
const TELLING: Millis = 60_000;
/// How long the command of a secret may take that does not say so itself.
const FETCHING: Millis = 60_000;

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
            if !matches!(node.skip, Skip::Yes(_)) {
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
                let at = self.add(id, Part::Forward, &format!("notify_{own}"));
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
        let (Some(leave), Some(first)) =
            (super::leave_of(plan, enter), bracket.leave.attempts.first())
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

fn deliveries<'p>(
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

/// A piece of a script, with the outermost phase that it belongs to.
pub type Piece = (Option<NodeId>, String);

/// The functions of all tasks, each node's together, in their order.
pub fn functions(
    plan: &Plan,
    names: &Names,
    tasks: &TaskList<'_>,
    sources: &SourceMap,
) -> Vec<Piece> {
    let mut writer = Writer {
        plan,
        names,
        text: String::new(),
        atomic: false,
        once: false,
    };
    writer.environment();
    writer.secrets();
    writer.metrics();
    writer.hosts();
    let mut pieces = Vec::new();
    let mut last = None;
    for task in &tasks.all {
        if matches!(task.body, Body::SameAs(_)) {
            continue;
        }
        let node = &plan.nodes[task.node.index()];
        if last != Some(task.node) {
            let before = last.and_then(|node| phase_of(plan, node));
            if before != phase_of(plan, task.node) {
                pieces.push((before, std::mem::take(&mut writer.text)));
            }
            writer.text.push('\n');
            for line in comments_above(sources, node.origin) {
                writer.text.push_str(&comment(&line));
            }
            if let Some(title) = &node.title {
                writer.text.push_str(&comment(title));
            }
            writer.remarks(node);
        }
        last = Some(task.node);
        writer.atomic = matches!(&node.kind, NodeKind::Step(step) if step.atomic);
        let changes = matches!(node.kind, NodeKind::Step(_) | NodeKind::Enter(_));
        writer.once = changes && task.part == Part::Forward;
        writer.function(task);
    }
    let of = last.and_then(|node| phase_of(plan, node));
    pieces.push((of, writer.text));
    pieces
}

/// The outermost phase around a node.
fn phase_of(plan: &Plan, node: NodeId) -> Option<NodeId> {
    let mut around = plan.blocks_around(node).into_iter();
    around.find(|open| match &plan.nodes[open.index()].kind {
        NodeKind::Open(block) => block.kind == BlockKind::Phase,
        NodeKind::Close { .. }
        | NodeKind::Step(_)
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Enter(_)
        | NodeKind::Leave { .. } => false,
    })
}

/// The machines that tasks run on.
pub fn hosts(plan: &Plan) -> Vec<String> {
    let tasks = plan.tasks();
    let names = tasks.iter().filter_map(|(_, task)| task.host.clone());
    let names: std::collections::BTreeSet<String> = names.collect();
    names.into_iter().collect()
}

/// Writes the functions of tasks.
pub(super) struct Writer<'a> {
    plan: &'a Plan,
    names: &'a Names,
    text: String,
    /// Whether a failure of what is written leaves nothing behind.
    atomic: bool,
    /// Whether it changes something and may not simply be run again.
    once: bool,
}

impl Writer<'_> {
    pub(super) fn line(&mut self, line: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "  {line}");
    }

    /// Variables that every command gets. What not every command uses need not
    /// be known to all.
    fn environment(&mut self) {
        self.text
            .push_str("# The variables of every command.\nrb_environment() {\n");
        let plan = self.plan;
        for binding in &plan.environment {
            self.binding(binding);
        }
        self.line("rb_why=''");
        self.text.push_str("}\n");
    }

    fn secrets(&mut self) {
        let plan = self.plan;
        if plan.secrets.is_empty() {
            return;
        }
        let mut table = String::new();
        for secret in &plan.secrets {
            let name = &secret.name;
            let from = match &secret.from {
                SecretFrom::Env(variable) => format!("env {variable}"),
                SecretFrom::File(path) => format!("file {}", quote(path)),
                SecretFrom::Command(task) => {
                    let _ = writeln!(self.text, "\nsecret_{name}() {{");
                    self.task(task);
                    self.text.push_str("}\n");
                    let limit = hundredths(task.timeout.unwrap_or(FETCHING));
                    format!("command secret_{name} {limit}")
                }
            };
            let _ = writeln!(table, "  secret {name} {from}");
        }
        self.text += &format!("\n# Fetched before the first change.\nrb_secrets() {{\n{table}}}\n");
    }

    fn metrics(&mut self) {
        let plan = self.plan;
        for id in measures::metrics(plan) {
            let metric = &plan.metrics[id.index()];
            let _ = writeln!(self.text, "\nmetric_{}() {{", metric.name);
            self.metric(&metric.provider);
            self.text.push_str("}\n");
        }
    }

    /// How the machines are reached that tasks run on: the first of several
    /// values counts for ssh, so the author's stand first.
    fn hosts(&mut self) {
        for (number, name) in (1..).zip(hosts(self.plan)) {
            let host = self.plan.host(&name);
            let mut words: Vec<String> = vec![quote(&host.name)];
            let own = host.options.iter().map(String::as_str);
            let usual = [
                "ConnectTimeout=10",
                "ServerAliveInterval=15",
                "ServerAliveCountMax=3",
                "ForwardAgent=no",
            ];
            for option in own.chain(usual) {
                words.push(format!("-o {}", quote(option)));
            }
            if let Some(identity) = &host.identity {
                words.push("-o IdentitiesOnly=yes".to_owned());
                let from_here = !identity.starts_with(['~', '/']);
                let place = if from_here { "\"$rb_home\"/" } else { "" };
                words.push(format!("-i {place}{}", quoted(identity)));
            }
            if let Some(user) = &host.user {
                words.push(format!("-l {}", quote(user)));
            }
            if let Some(port) = host.port {
                words.push(format!("-p {port}"));
            }
            self.text += &format!("\nhost_{number}() {{\n  rb_ssh {}\n}}\n", words.join(" "));
        }
    }

    fn remarks(&mut self, node: &Node) {
        let NodeKind::Step(step) = &node.kind else {
            return;
        };
        match &step.way_back {
            WayBack::Harmless(why) => self.text += &comment(&format!("Nothing to undo: {why}")),
            WayBack::Irreversible { why, then } => {
                self.text += &comment(&format!("POINT OF NO RETURN: {why}"));
                self.text += &comment(&format!("then {then}"));
            }
            WayBack::Block(open) => {
                let block = self.names.node(*open);
                self.text += &comment(&format!("Undone with all of {block}."));
            }
            WayBack::Own(_) | WayBack::Missing => {}
        }
        match step.otherwise {
            StepElse::Rollback => {}
            StepElse::Continue => self.text += &comment("A failure is passed over."),
            StepElse::Stop => self.text += &comment("A failure stops the run."),
            StepElse::Ask => self.text += &comment("A failure is put to a person."),
        }
    }

    fn function(&mut self, task: &ShellTask<'_>) {
        if let Some(why) = &task.why {
            self.text.push_str(&comment(why));
        }
        let _ = writeln!(self.text, "{}() {{", task.name);
        match task.body {
            Body::Task(run) => self.task(run),
            Body::Capture(capture) => {
                self.task(&capture.task);
                self.line(&format!("rb_capture {}", capture.name));
            }
            Body::Messages(messages) => self.messages(messages),
            Body::Postmortem(path) => {
                self.fill(path, false);
                self.line("rb_postmortem \"$rb_filled\"");
            }
            Body::SameAs(_) => {}
        }
        self.text.push_str("}\n");
    }

    pub(super) fn task(&mut self, task: &Task) {
        if let Some(host) = &task.host {
            let number = hosts(self.plan).iter().position(|it| it == host);
            let number = number.unwrap_or_default() + 1;
            let often = if self.once { "once" } else { "again" };
            self.line(&format!("rb_on host_{number} {} {often}", quote(host)));
        }
        for binding in &task.bindings {
            self.binding(binding);
        }
        if let Some(directory) = &task.directory {
            self.directory(directory);
        }
        if task.expect.exit != [0] {
            let statuses: Vec<String> = task.expect.exit.iter().map(u8::to_string).collect();
            self.line(&format!("rb_exits='{}'", statuses.join(" ")));
        }
        match &task.run {
            Run::Script { text, shell } => {
                let command = match shell {
                    Shell::Sh => "rb_sh",
                    Shell::Bash => "rb_bash",
                };
                self.text.push_str(&here(command, text));
            }
            Run::Http(request) => {
                self.request(request);
                self.line(if self.atomic {
                    "rb_send atomic"
                } else {
                    "rb_send plain"
                });
            }
        }
        for wanted in &task.expect.stdout_contains {
            self.line(&format!("rb_contains {}", quote(wanted)));
        }
        for pattern in &task.expect.stdout_matches {
            let words = whether(pattern).unwrap_or_default();
            self.line(&format!(
                "rb_matches {} {}",
                quoted(pattern),
                quoted(&words)
            ));
        }
        for output in &task.outputs {
            let from = match &output.from {
                OutputFrom::Stdout(pattern) => pattern_words(pattern),
                OutputFrom::File(path) => format!("file {}", quote(path)),
                OutputFrom::Json(path) => {
                    let steps = json_steps(path).unwrap_or_default();
                    format!("json {} {}", quoted(path), quoted(&steps))
                }
            };
            let default = output.default.as_ref();
            let default = default.map(|it| format!(" default {}", quoted(it)));
            let default = default.unwrap_or_default();
            self.line(&format!("rb_output {} {from}{default}", output.name));
        }
    }

    fn directory(&mut self, directory: &Template) {
        match directory.known() {
            Some(known) => self.line(&format!("rb_in {}", quote(&known))),
            None => {
                self.fill(directory, false);
                self.line("rb_in \"$rb_filled\"");
            }
        }
    }

    fn binding(&mut self, binding: &Binding) {
        let name = &binding.name;
        match &binding.value {
            ValueSource::Known(text) => self.line(&format!("rb_let {name} {}", quote(text))),
            ValueSource::Capture { node, name: of } => {
                let given = self.given(*node, of, "captured", None);
                self.line(&format!("rb_take {name} {given}"));
            }
            ValueSource::Output {
                node,
                name: of,
                default,
            } => {
                let given = self.given(*node, of, "given", default.as_deref());
                self.line(&format!("rb_take {name} {given}"));
            }
            ValueSource::Secret(secret) => self.line(&format!("rb_secret {name} {secret}")),
            ValueSource::Run(value) => {
                self.line(&format!("rb_run_value {}", run_value(*value)));
                self.line(&format!("rb_let {name} \"$rb_got\""));
            }
            ValueSource::Template(template) => {
                self.fill(template, false);
                self.line(&format!("rb_let {name} \"$rb_filled\""));
            }
        }
    }

    /// A value of another task: its variable, whose it is, and what to take
    /// where it is missing.
    fn given(&self, node: NodeId, name: &str, how: &str, default: Option<&str>) -> String {
        let variable = self.names.value(node, name);
        let of = quote(&self.plan.nodes[node.index()].name);
        let default = default.map(|it| format!(" {}", quoted(it)));
        format!("{variable} {of} {how}{}", default.unwrap_or_default())
    }

    /// Puts a text together in `$rb_filled`.
    pub(super) fn fill(&mut self, template: &Template, in_words: bool) {
        self.line(if in_words {
            "rb_fill words"
        } else {
            "rb_fill plain"
        });
        self.fill_parts(template);
    }

    fn fill_parts(&mut self, template: &Template) {
        for part in &template.0 {
            match part {
                TemplatePart::Text(text) => self.line(&format!("rb_fill_text {}", quoted(text))),
                TemplatePart::Value(value) => self.fill_value(value),
            }
        }
    }

    pub(super) fn fill_value(&mut self, value: &ValueSource) {
        match value {
            ValueSource::Known(text) => self.line(&format!("rb_fill_text {}", quoted(text))),
            ValueSource::Capture { node, name } => {
                let given = self.given(*node, name, "captured", None);
                self.line(&format!("rb_fill_value {given}"));
            }
            ValueSource::Output {
                node,
                name,
                default,
            } => {
                let given = self.given(*node, name, "given", default.as_deref());
                self.line(&format!("rb_fill_value {given}"));
            }
            ValueSource::Secret(secret) => self.line(&format!("rb_fill_secret {secret}")),
            ValueSource::Run(value) => {
                self.line(&format!("rb_fill_run_value {}", run_value(*value)));
            }
            ValueSource::Template(template) => self.fill_parts(template),
        }
    }

    fn messages(&mut self, messages: &[u32]) {
        let plan = self.plan;
        self.line("rb_undelivered=''");
        for (message, channel) in deliveries(plan, messages) {
            let channel = &plan.channels[channel as usize];
            self.line(&format!("# {} to {}", message.name, channel.name));
            match &channel.kind {
                ChannelKind::Command(task) => {
                    self.fill(&message.text, true);
                    self.line("rb_let message \"$rb_filled\"");
                    self.task_with_message(task);
                }
                ChannelKind::Slack { url } => {
                    self.fill(&message.text, true);
                    self.line("rb_message=$rb_filled");
                    self.post(url, &[], None, "rb_slack_body");
                }
                ChannelKind::Webhook {
                    url,
                    headers,
                    timeout,
                } => {
                    self.fill(&message.text, true);
                    self.line("rb_message=$rb_filled");
                    self.post(url, headers, *timeout, "rb_webhook_body");
                }
            }
            self.line(&format!("rb_delivered {}", channel.name));
        }
        self.line("rb_all_delivered");
    }

    /// The message wins over a variable of the same name.
    fn task_with_message(&mut self, task: &Task) {
        let own = task.bindings.iter().filter(|it| it.name != "message");
        let task = Task {
            bindings: own.cloned().collect(),
            ..task.clone()
        };
        self.task(&task);
    }
}

/// How a pattern is found, as its author wrote it, and its parts for awk.
fn pattern_words(pattern: &str) -> String {
    let (how, words) = pattern::words(pattern).unwrap_or(("stdout", Vec::new()));
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    format!("{how} {} {}", quoted(pattern), words.join(" "))
}

/// The steps of a JSON path that has only names, numbers and `*`, a line each.
pub fn json_steps(path: &str) -> Option<String> {
    let mut rest = path.trim().strip_prefix('$')?;
    let mut steps = String::new();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (inside, after) = inner.split_once(']')?;
            rest = after;
            if inside == "*" {
                steps += "\n*";
                continue;
            }
            let quote = |c: char| {
                let name = inside.strip_prefix(c)?.strip_suffix(c)?;
                (!name.contains(['\'', '"', '\\', '\n'])).then_some(name)
            };
            if let Some(name) = quote('\'').or_else(|| quote('"')) {
                steps += &format!("\n.{name}");
            } else if !inside.is_empty() && inside.chars().all(|c| c.is_ascii_digit()) {
                steps += &format!("\n[{inside}");
            } else {
                return None;
            }
            continue;
        }
        let named = rest.strip_prefix('.')?;
        if let Some(after) = named.strip_prefix('*') {
            steps += "\n*";
            rest = after;
            continue;
        }
        let end = named.find(['.', '[']).unwrap_or(named.len());
        let (name, after) = named.split_at(end);
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if name.is_empty() || !name.chars().all(is_word) {
            return None;
        }
        steps += &format!("\n.{name}");
        rest = after;
    }
    Some(steps)
}

fn run_value(value: RunValue) -> &'static str {
    match value {
        RunValue::Id => "id",
        RunValue::Reason => "reason",
        RunValue::Elapsed => "elapsed",
        RunValue::Outcome => "outcome",
        RunValue::Starter => "starter",
    }
}
