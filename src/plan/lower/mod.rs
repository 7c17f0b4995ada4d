//! The model with its parameters' values, laid out as a graph. After this
//! nothing is left to decide.
//!
//! | file | its part |
//! | --- | --- |
//! | `blocks` | statements to nodes and edges |
//! | `fleets` | hosts, and the rounds of loops |
//! | `tasks` | what a node runs |
//! | `values` | expressions to amounts, texts and bindings |
//! | `measures` | metrics, conditions, gates, watches |
//! | `open` | parameters that are given later |

mod blocks;
mod fleets;
mod measures;
pub mod open;
mod tasks;
mod values;

use std::cell::RefCell;
use std::collections::HashMap;

use crate::model::evaluate::Scope;
use crate::model::parameters::assume;
use crate::model::troubles::Failure;
use crate::model::{ChannelKind, Expr, Model, SecretFrom, StatementId};
use crate::plan::{
    Channel, Message, NodeId, Origin, Parameter, Plan, PlanFile, Secret, Trouble, TroubleFailure,
    TroubleMatch, digest_of,
};
use crate::problem::Problem;
use crate::source::{FileId, SourceMap, Span};
use crate::types::Value;

/// The plan of a run with these parameters' values, by index.
///
/// # Errors
/// Problems that only values bring: an amount that is negative, a name that two
/// loops make.
pub fn lower(
    model: &Model,
    values: Vec<Value>,
    sources: &SourceMap,
    file: FileId,
) -> (Plan, Vec<Problem>) {
    Lowering::new(model, values, sources, file, false).run()
}

/// A plan to check: with defaults and stand-ins for values, and `when`s that
/// depend on parameters left open.
pub fn lower_for_check(model: &Model, sources: &SourceMap, file: FileId) -> (Plan, Vec<Problem>) {
    Lowering::new(model, assume(model), sources, file, true).run()
}

/// What is known while a plan is made.
struct Lowering<'a> {
    model: &'a Model,
    sources: &'a SourceMap,
    file: FileId,
    for_check: bool,
    scope: Scope,
    /// Which parameters are given later, by index; empty: none.
    open: Vec<bool>,
    /// Loop variables whose values are stand-ins.
    assumed_loops: Vec<bool>,
    plan: Plan,
    problems: Vec<Problem>,
    /// The node that a step, check or gate became last: inside its loop, that
    /// of the same round.
    nodes: HashMap<StatementId, NodeId>,
    /// First and last node of each named statement; several where a loop is
    /// around it.
    ends: HashMap<String, Vec<(NodeId, NodeId)>>,
    names: HashMap<String, u32>,
    /// `[10%]` for each loop around, in order.
    suffix: String,
    /// The `when` of a block around that skips all inside.
    skip: crate::plan::Skip,
    /// What outputs are where they were not told, by step and name.
    defaults: HashMap<(StatementId, String), &'a Expr>,
    /// Edges to statements that had no node yet.
    pending_after: Vec<(NodeId, crate::model::After)>,
}

impl<'a> Lowering<'a> {
    fn new(
        model: &'a Model,
        values: Vec<Value>,
        sources: &'a SourceMap,
        file: FileId,
        for_check: bool,
    ) -> Lowering<'a> {
        let scope = Scope {
            parameters: values,
            loops: vec![None; model.loop_variables],
            used: RefCell::default(),
        };
        Lowering {
            model,
            sources,
            file,
            for_check,
            scope,
            open: Vec::new(),
            assumed_loops: vec![false; model.loop_variables],
            plan: empty_plan(sources, file),
            problems: Vec::new(),
            nodes: HashMap::new(),
            ends: HashMap::new(),
            names: HashMap::new(),
            suffix: String::new(),
            skip: crate::plan::Skip::No,
            defaults: values::defaults(model),
            pending_after: Vec::new(),
        }
    }

    fn run(mut self) -> (Plan, Vec<Problem>) {
        self.lay_out();
        (self.plan, self.problems)
    }

    fn lay_out(&mut self) {
        let model = self.model;
        let parameters = model.parameters.iter().zip(&self.scope.parameters);
        self.plan.parameters = parameters
            .map(|(parameter, value)| Parameter {
                name: parameter.name.clone(),
                value: value.clone(),
            })
            .collect();
        self.plan.title = match &model.title {
            Some(title) => self.structure_text(title),
            None => String::new(),
        };
        self.plan.lock = model.lock.as_ref().map(|lock| self.structure_text(lock));
        self.hosts();
        self.declarations();
        self.file_block();
        self.endings();
        self.watches();
        self.late_values();
        self.troubles();
    }

    fn declarations(&mut self) {
        let model = self.model;
        for metric in &model.metrics {
            let metric = self.metric(metric);
            self.plan.metrics.push(metric);
        }
        for channel in &model.channels {
            let kind = match &channel.kind {
                ChannelKind::Slack { url } => crate::plan::ChannelKind::Slack {
                    url: self.template(url),
                },
                ChannelKind::Webhook { url, options } => crate::plan::ChannelKind::Webhook {
                    url: self.template(url),
                    headers: self.headers(options),
                    timeout: self.optional_millis(options.timeout.as_ref()),
                },
                ChannelKind::Command(task) => {
                    crate::plan::ChannelKind::Command(Box::new(self.task(task)))
                }
                ChannelKind::Hole => continue,
            };
            let name = channel.name.clone();
            self.plan.channels.push(Channel { name, kind });
        }
    }

    /// What may use outputs, and so is lowered when every step has its node.
    fn late_values(&mut self) {
        let model = self.model;
        for secret in &model.secrets {
            let from = match &secret.from {
                SecretFrom::Env(name) => crate::plan::SecretFrom::Env(name.clone()),
                SecretFrom::File(path) => crate::plan::SecretFrom::File(path.clone()),
                SecretFrom::Command(task) => {
                    crate::plan::SecretFrom::Command(Box::new(self.task(task)))
                }
            };
            let name = secret.name.clone();
            self.plan.secrets.push(Secret { name, from });
        }
        for binding in &model.environment {
            let binding = self.binding(binding);
            self.plan.environment.push(binding);
        }
        for message in &model.messages {
            let text = self.text_template(&message.text);
            let channels = message.channels.iter();
            self.plan.messages.push(Message {
                name: message.name.clone(),
                channels: channels
                    .filter_map(|channel| u32::try_from(*channel).ok())
                    .collect(),
                text,
            });
        }
    }

    fn troubles(&mut self) {
        let model = self.model;
        for trouble in &model.troubles {
            let matches = trouble.matches.iter().map(|it| TroubleMatch {
                failure: match &it.failure {
                    Failure::Any => TroubleFailure::Any,
                    Failure::TimeOut => TroubleFailure::TimeOut,
                    Failure::Message(pattern) => TroubleFailure::Message(pattern.clone()),
                },
                within: self.nodes_of(&it.within),
            });
            let matches = matches.collect();
            let texts = |this: &mut Self, texts: &[crate::model::Text]| {
                texts.iter().map(|text| this.structure_text(text)).collect()
            };
            let lowered = Trouble {
                title: trouble.title.clone(),
                symptoms: texts(self, &trouble.symptoms),
                matches,
                diagnose: trouble.diagnose.as_ref().map(|task| self.task(task)),
                tries: texts(self, &trouble.tries),
            };
            self.plan.troubles.push(lowered);
        }
    }

    /// The nodes of statements, all rounds of loops among them.
    fn nodes_of(&self, statements: &[crate::model::After]) -> Vec<NodeId> {
        let nodes = (0_u32..).zip(&self.plan.nodes);
        let named = nodes.filter(|(_, node)| {
            statements.iter().any(|statement| {
                let rest = node.name.strip_prefix(&statement.name);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
            })
        });
        named.map(|(index, _)| NodeId(index)).collect()
    }

    fn origin(&self, span: Span) -> Origin {
        let line = self.sources.file(span.file).line_of(span.range().start);
        Origin {
            file: span.file.0,
            line: u32::try_from(line + 1).unwrap_or(u32::MAX),
            start: span.start,
            end: span.end,
        }
    }
}

fn empty_plan(sources: &SourceMap, file: FileId) -> Plan {
    let source = sources.file(file);
    let files = sources.files().map(|(_, source)| PlanFile {
        path: source.path.display().to_string(),
        digest: digest_of(&source.text),
    });
    let directory = source
        .path
        .parent()
        .map(|parent| parent.display().to_string());
    Plan {
        title: String::new(),
        files: files.collect(),
        directory: directory
            .filter(|directory| !directory.is_empty())
            .unwrap_or_else(|| ".".to_owned()),
        parameters: Vec::new(),
        secrets: Vec::new(),
        hosts: Vec::new(),
        environment: Vec::new(),
        lock: None,
        nodes: Vec::new(),
        metrics: Vec::new(),
        messages: Vec::new(),
        channels: Vec::new(),
        watches: Vec::new(),
        endings: Vec::new(),
        troubles: Vec::new(),
        only_looks: false,
    }
}
