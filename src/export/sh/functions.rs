//! A function for each task: its values, its command verbatim, what is expected
//! of it and what it gives.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::ids;
use super::measures;
use super::names::Names;
use super::pattern::{self, whether};
use super::tasks::{Body, Part, ShellTask, TaskList, deliveries};
use super::text::{comment, here, hundredths, quote, quoted, remarks};
use crate::export::comments::Comments;
use crate::export::words;
use crate::machine::undo_of;
use crate::plan::{
    Binding, BlockKind, ChannelKind, GateCondition, Millis, Node, NodeId, NodeKind, Origin,
    OutputFrom, Plan, Run, SecretFrom, Shell, StepElse, Task, Template, TemplatePart, Undo,
    ValueSource, WayBack,
};

/// How long the command of a secret may take that does not say so itself.
const FETCHING: Millis = 60_000;

/// A piece of a script, with the outermost phase that it belongs to.
pub type Piece = (Option<NodeId>, String);

/// The functions of all tasks, each node's together, in their order.
pub fn functions(
    plan: &Plan,
    names: &Names,
    tasks: &TaskList<'_>,
    comments: Comments<'_>,
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
    let mut begun = BTreeSet::new();
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
            for origin in origins(plan, task.node) {
                // Of a loop it stands there once.
                if begun.insert((origin.file, origin.start)) || origin == node.origin {
                    writer.text += &remarks(&comments.above(origin));
                }
            }
            writer.text += &remarks(&comments.in_statement(plan, task.node));
            let is_phase = phase_of(plan, task.node) == Some(task.node);
            if let Some(title) = node.title.as_ref().filter(|_| !is_phase) {
                writer.text.push_str(&comment(title));
            }
            writer.remarks(node);
        }
        last = Some(task.node);
        writer.atomic = matches!(&node.kind, NodeKind::Step(step) if step.atomic);
        let changes = matches!(node.kind, NodeKind::Step(_) | NodeKind::Enter(_));
        writer.once = changes && task.part == Part::Forward;
        let mut undos = undo_of(plan, task.node).into_iter();
        let of_task = |undo: &&Undo| tasks.undo_of(undo).is_some_and(|it| it.name == task.name);
        if let Some(undo) = undos.find(of_task) {
            writer.text += &remarks(&comments.of_undo(undo.origin));
        }
        writer.function(task);
    }
    let of = last.and_then(|node| phase_of(plan, node));
    pieces.push((of, std::mem::take(&mut writer.text)));
    writer.questions();
    if !writer.text.is_empty() {
        pieces.push((None, writer.text));
    }
    pieces
}

/// Where a node and what it stands in are written, the outermost first.
fn origins(plan: &Plan, node: NodeId) -> Vec<Origin> {
    let around = plan.blocks_around(node).into_iter().filter(|it| it.0 != 0);
    let mut origins: Vec<Origin> = around
        .chain([node])
        .map(|id| plan.nodes[id.index()].origin)
        .collect();
    origins.dedup();
    origins
}

/// What a check in a gate is about.
fn title_in_gate(plan: &Plan, task: &ShellTask<'_>) -> Option<String> {
    let NodeKind::Gate(gate) = &plan.nodes[task.node.index()].kind else {
        return None;
    };
    match gate.conditions.get(task.condition?)? {
        GateCondition::Check { title, .. } => Some(words::template_text(plan, title)),
        _runs_nothing => None,
    }
}

/// What is asked at a gate, where values of steps stand in it, and the functions that
/// put it together.
fn asked<'p>(plan: &'p Plan, names: &Names, id: NodeId) -> Vec<(String, &'p Template)> {
    let NodeKind::Gate(gate) = &plan.nodes[id.index()].kind else {
        return Vec::new();
    };
    let conditions = (0..).zip(&gate.conditions);
    let asked = conditions.filter_map(|(index, condition)| match condition {
        GateCondition::Confirm { text } if text.reads_steps() => {
            Some((question(&names.condition(id, index)), text))
        }
        _of_no_step => None,
    });
    asked.collect()
}

/// The function that puts a question together.
pub fn question(condition: &str) -> String {
    format!("asks_{condition}")
}

/// The outermost phase around a node.
fn phase_of(plan: &Plan, node: NodeId) -> Option<NodeId> {
    let mut around = plan.blocks_around(node).into_iter();
    around.find(|open| {
        let block = plan.nodes[open.index()].opened();
        block.is_some_and(|it| it.kind == BlockKind::Phase)
    })
}

/// The machines that tasks run on.
pub fn hosts(plan: &Plan) -> Vec<String> {
    let tasks = plan.tasks();
    let names = tasks.iter().filter_map(|(_, task)| task.host.clone());
    let names: BTreeSet<String> = names.collect();
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
        if let NodeKind::Open(_) = &node.kind {
            self.text += &comment(&format!("Undoes all of {}.", node.name));
        }
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
                let block = &self.plan.nodes[open.index()].name;
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
        if let Some(title) = title_in_gate(self.plan, task) {
            self.text.push_str(&comment(&title));
        }
        // A command stands there as it is written, a request does not.
        if let Body::Task(run) = task.body
            && matches!(run.run, Run::Http(_))
        {
            let request = words::task(self.plan, run).concat();
            self.text.push_str(&comment(&request));
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
                self.line(&format!("rb_run_value {}", value.name()));
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
                self.line(&format!("rb_fill_run_value {}", value.name()));
            }
            ValueSource::Template(template) => self.fill_parts(template),
        }
    }

    /// What people are asked, where values of steps stand in it.
    fn questions(&mut self) {
        let plan = self.plan;
        for id in ids(plan) {
            for (name, text) in asked(plan, self.names, id) {
                let _ = writeln!(self.text, "\n{name}() {{");
                self.fill(text, true);
                self.text.push_str("}\n");
            }
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
