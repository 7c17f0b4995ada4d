//! What stands around the work: values, watches, the way back, endings, troubles.

use super::flow::ended;
use super::{Part, Word, Words, Writer, code, plain, shell, strong};
use crate::export::outline::{is_item, return_name};
use crate::export::{in_order, words};
use crate::machine::undo_of;
use crate::plan::{
    Host, Metric, NodeId, NodeKind, Provider, SecretFrom, Trouble, TroubleFailure, WayBack,
};
use crate::shell::{is_plain, quote};
use crate::simulate::outlook::{Return, Way};

impl Writer<'_> {
    pub(super) fn head(&mut self) {
        let mut rows: Vec<(Words, Words)> = Vec::new();
        for file in &self.plan.files {
            let digest = file.digest.get(..12).unwrap_or(&file.digest);
            let mut words = code(file.path.clone());
            words.push(Word::Plain(format!(", SHA-256 {digest}…")));
            rows.push((plain("Written from"), words));
        }
        let directory = &self.plan.directory;
        if !matches!(directory.as_str(), "" | ".") {
            rows.push((plain("Commands run in"), code(directory.clone())));
        }
        if let Some(lock) = &self.plan.lock {
            rows.push((plain("One at a time"), code(lock.clone())));
        }
        for secret in &self.plan.secrets {
            let from = match &secret.from {
                SecretFrom::Env(name) => format!("the environment's {name}"),
                SecretFrom::File(path) => format!("the file {path}"),
                SecretFrom::Command(task) => words::task(self.plan, task).join(" "),
            };
            rows.push((plain(format!("Secret {}", secret.name)), plain(from)));
        }
        rows.extend(self.plan.hosts.iter().filter_map(reached));
        let tools = self.tools();
        if !tools.is_empty() {
            rows.push((plain("Needs"), code(tools.join(" "))));
        }
        self.parts.push(Part::Table(rows));
        let settings = shell::settings(self.plan);
        if !settings.is_empty() {
            let text = "The commands below read these values; set them first:";
            self.parts.push(Part::Text(plain(text)));
            self.parts.push(Part::Commands("sh", settings));
        }
        self.parts.push(Part::Picture);
    }

    /// What later measurements are compared with can be measured only before.
    pub(super) fn baseline(&mut self) {
        let metrics = self.plan.baseline_metrics();
        if metrics.is_empty() {
            return;
        }
        let mut head = strong("Before the first change");
        let text = " note what these are, measured as below: it is their baseline";
        head.push(Word::Plain(text.to_owned()));
        let lines = metrics.iter().map(|id| {
            let name = &self.plan.metrics[id.index()].name;
            format!("{name} =")
        });
        let lines: Vec<String> = lines.collect();
        let lines = Part::Commands("text", lines.join("\n"));
        self.parts.push(Part::Item(head, vec![lines]));
    }

    fn tools(&self) -> Vec<String> {
        let tasks = self.plan.tasks();
        let tools = tasks
            .iter()
            .flat_map(|(_, task)| task.needs.iter().cloned());
        let mut tools: Vec<String> = tools.collect();
        tools.sort();
        tools.dedup();
        tools
    }

    pub(super) fn watches(&mut self) {
        for watch in &self.plan.watches {
            let during = watch.during.iter();
            let during: Vec<&str> = during
                .map(|open| self.plan.nodes[open.index()].name.as_str())
                .collect();
            let head = format!("While it runs: watch {}", watch.name);
            self.parts.push(Part::Heading(2, head));
            let every = words::millis(watch.every);
            let text = format!("During {}, every {every}:", during.join(", "));
            self.parts.push(Part::Text(plain(text)));
            let rules = words::watch(watch).into_iter().map(plain);
            self.parts.push(Part::List(rules.collect()));
        }
    }

    /// How each metric is measured, for who looks by hand.
    pub(super) fn measures(&mut self) {
        if self.plan.metrics.is_empty() {
            return;
        }
        self.parts.push(Part::Heading(2, "What is measured".into()));
        let is_command = |it: &&Metric| matches!(it.provider, Provider::Command(_));
        let (run, asked): (Vec<&Metric>, Vec<&Metric>) =
            self.plan.metrics.iter().partition(is_command);
        let rows = asked.into_iter().map(|metric| {
            let (asked, where_from) = words::provider(self.plan, &metric.provider);
            let mut how = code(asked);
            if !where_from.is_empty() {
                how.push(Word::Plain(format!(" {where_from}")));
            }
            (code(metric.name.clone()), how)
        });
        let rows: Vec<(Words, Words)> = rows.collect();
        if !rows.is_empty() {
            self.parts.push(Part::Table(rows));
        }
        for metric in run {
            if let Provider::Command(task) = &metric.provider {
                let mut text = code(metric.name.clone());
                text.push(Word::Plain(" is what this prints:".to_owned()));
                let commands = self.commands(task);
                self.parts.extend([Part::Text(text), commands]);
            }
        }
    }

    /// The way back from the last point of the release, with its commands.
    pub(super) fn whole_way_back(&mut self) {
        let last = in_order(self.plan).into_iter().rev();
        let Some(way) = last.into_iter().find_map(|id| self.ways.remove(&id)) else {
            return;
        };
        self.parts
            .push(Part::Heading(2, "The whole way back".into()));
        let text = "What was not begun is left out. From the end of the release:";
        self.parts.push(Part::Text(plain(text)));
        let together = way.returns.iter().flatten();
        for (at, one) in together.enumerate() {
            self.one_return(at + 1, *one);
        }
        self.no_further(&way);
    }

    fn one_return(&mut self, number: usize, one: Return) {
        let head = strong(format!("{number}. {}", return_name(self.plan, one)));
        let below = match one {
            Return::Undo(node) => undo_of(self.plan, node)
                .into_iter()
                .flat_map(|undo| self.undo("Undo:", undo))
                .collect(),
            Return::Finish(node) => match &self.plan.nodes[node.index()].kind {
                NodeKind::Step(step) => {
                    let limits = words::limits(step.task.timeout, &step.retry);
                    self.task(&step.task, limits)
                }
                NodeKind::Open(_)
                | NodeKind::Close { .. }
                | NodeKind::Check(_)
                | NodeKind::Gate(_)
                | NodeKind::Notify { .. }
                | NodeKind::Postmortem { .. }
                | NodeKind::Enter(_)
                | NodeKind::Leave { .. } => Vec::new(),
            },
        };
        self.parts.push(Part::Item(head, below));
    }

    fn no_further(&mut self, way: &Way) {
        for point in &way.back_to {
            let node = &self.plan.nodes[point.index()];
            let NodeKind::Step(step) = &node.kind else {
                continue;
            };
            if let WayBack::Irreversible { why, then } = &step.way_back {
                let name = &node.name;
                let (why, then) = (ended(why), ended(then));
                let text = format!("No further back than {name}: {why} Then: {then}");
                self.parts.push(Part::Text(plain(text)));
            }
        }
    }

    /// The names of what is done on a way back, those of one moment together.
    pub(super) fn return_names(&self, way: &Way) -> Vec<String> {
        let names = way.returns.iter().map(|together| {
            let names = together.iter().map(|it| return_name(self.plan, *it));
            names.collect::<Vec<String>>().join(" and ")
        });
        names.collect()
    }

    pub(super) fn endings(&mut self) {
        for ending in &self.plan.endings {
            let head = format!("At the end, {}", words::ending(ending.on));
            self.parts.push(Part::Heading(2, head));
            for id in in_order(self.plan) {
                let node = &self.plan.nodes[id.index()];
                let is_in = self.plan.blocks_around(id).first() == Some(&ending.open);
                if is_in && is_item(node) {
                    let item = self.item(id, node);
                    self.parts.push(item);
                }
            }
        }
    }

    pub(super) fn troubles(&mut self) {
        if self.plan.troubles.is_empty() {
            return;
        }
        self.parts.push(Part::Heading(2, "Troubles".into()));
        for trouble in &self.plan.troubles {
            self.trouble(trouble);
        }
    }

    fn trouble(&mut self, trouble: &Trouble) {
        self.parts.push(Part::Heading(3, trouble.title.clone()));
        let symptoms = trouble.symptoms.iter().map(|it| plain(it.clone()));
        let matches = trouble
            .matches
            .iter()
            .map(|it| self.failure(it.within.as_slice(), &it.failure));
        self.parts
            .push(Part::List(symptoms.chain(matches).collect()));
        if let Some(task) = &trouble.diagnose {
            self.parts.push(Part::Text(plain("Look at this:")));
            let commands = self.commands(task);
            self.parts.push(commands);
        }
        if !trouble.tries.is_empty() {
            self.parts.push(Part::Text(plain("Try:")));
            let tries = trouble.tries.iter().map(|it| plain(it.clone()));
            self.parts.push(Part::Numbered(tries.collect()));
        }
    }

    fn failure(&self, within: &[NodeId], failure: &TroubleFailure) -> Words {
        let mut words = match failure {
            TroubleFailure::Any => plain("a failure"),
            TroubleFailure::TimeOut => plain("a time limit that is reached"),
            TroubleFailure::Message(pattern) => {
                let mut words = plain("a failure whose message matches ");
                words.extend(code(pattern.clone()));
                words
            }
        };
        if !within.is_empty() {
            let names = within
                .iter()
                .map(|id| self.plan.nodes[id.index()].name.as_str());
            let names: Vec<&str> = names.collect();
            words.push(Word::Plain(format!(" in {}", names.join(", "))));
        }
        words
    }
}

/// How a machine is reached, where its name does not say it.
fn reached(host: &Host) -> Option<(Words, Words)> {
    let word = |text: &str| match is_plain(text) {
        true => text.to_owned(),
        false => quote(text),
    };
    let user = host.user.iter().map(|it| format!(" -l {}", word(it)));
    let port = host.port.iter().map(|it| format!(" -p {it}"));
    let identity = host.identity.iter();
    let identity = identity.map(|it| format!(" -i {}", word(it)));
    let options = host.options.iter();
    let options = options.map(|it| format!(" -o {}", word(it)));
    let how: String = user.chain(port).chain(identity).chain(options).collect();
    let command = code(format!("ssh{how} {}", word(&host.name)));
    let about = plain(format!("Host {}", host.name));
    (!how.is_empty()).then_some((about, command))
}
