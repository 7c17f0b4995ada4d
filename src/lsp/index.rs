//! What files declare, and where, read from their trees: what hover tells,
//! completion offers, and tokens are coloured by.

use std::collections::HashMap;

use crate::source::Span;
use crate::syntax::Ast;
use crate::syntax::ast::{
    Attribute, AttributeKind, Block, Body, Item, ItemKind, ModulePath, Name, ParameterKind,
    Statement, StatementKind, StepBody, TemplateBody, TemplateDefinition, TestLineKind, Text,
    TypeExpr,
};

/// What a declared name is the name of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Parameter,
    Secret,
    Role,
    Hosts,
    Window,
    Source,
    Metric,
    Thresholds,
    Channel,
    Message,
    Watch,
    Environment,
    Module,
    Phase,
    Step,
    Check,
    Gate,
    Checklist,
    With,
    Parallel,
    Capture,
    Output,
    Loop,
    Action,
    CheckTemplate,
    Strategy,
    BracketTemplate,
    MetricTemplate,
    ThresholdsTemplate,
    MessageTemplate,
    /// A parameter of a template
    Argument,
}

impl Kind {
    /// `a parameter`, for people.
    pub fn words(self) -> &'static str {
        match self {
            Kind::Parameter => "a parameter",
            Kind::Secret => "a secret",
            Kind::Role => "a role",
            Kind::Hosts => "hosts",
            Kind::Window => "a window",
            Kind::Source => "a source of measurements",
            Kind::Metric => "a metric",
            Kind::Thresholds => "thresholds",
            Kind::Channel => "a channel",
            Kind::Message => "a message",
            Kind::Watch => "a watch",
            Kind::Environment => "a variable of the environment",
            Kind::Module => "a module",
            Kind::Phase => "a phase",
            Kind::Step => "a step",
            Kind::Check => "a check",
            Kind::Gate => "a gate",
            Kind::Checklist => "a checklist",
            Kind::With => "a bracket",
            Kind::Parallel => "a parallel block",
            Kind::Capture => "what was captured before a change",
            Kind::Output => "what a step gave",
            Kind::Loop => "a loop's variable",
            Kind::Action => "an action",
            Kind::CheckTemplate => "a check to call",
            Kind::Strategy => "a strategy",
            Kind::BracketTemplate => "a bracket to call",
            Kind::MetricTemplate => "a metric to call",
            Kind::ThresholdsTemplate => "thresholds to call",
            Kind::MessageTemplate => "a message to call",
            Kind::Argument => "a parameter of a template",
        }
    }

    /// Whether commands see it as a variable.
    pub fn is_variable(self) -> bool {
        matches!(
            self,
            Kind::Parameter
                | Kind::Secret
                | Kind::Environment
                | Kind::Capture
                | Kind::Output
                | Kind::Loop
                | Kind::Argument
        )
    }

    pub fn is_template(self) -> bool {
        matches!(
            self,
            Kind::Action
                | Kind::CheckTemplate
                | Kind::Strategy
                | Kind::BracketTemplate
                | Kind::MetricTemplate
                | Kind::ThresholdsTemplate
                | Kind::MessageTemplate
        )
    }

    /// `SymbolKind` of the protocol.
    pub fn symbol(self) -> u8 {
        match self {
            Kind::Module => 2,
            Kind::Phase | Kind::With | Kind::Parallel => 3,
            Kind::Step | Kind::Check => 6,
            Kind::Source | Kind::Channel | Kind::Hosts | Kind::Role => 8,
            Kind::Action
            | Kind::CheckTemplate
            | Kind::Strategy
            | Kind::BracketTemplate
            | Kind::MetricTemplate
            | Kind::ThresholdsTemplate
            | Kind::MessageTemplate => 12,
            Kind::Thresholds | Kind::Window => 11,
            Kind::Gate | Kind::Checklist | Kind::Watch | Kind::Message => 24,
            Kind::Parameter
            | Kind::Secret
            | Kind::Metric
            | Kind::Environment
            | Kind::Capture
            | Kind::Output
            | Kind::Loop
            | Kind::Argument => 13,
        }
    }

    /// `CompletionItemKind` of the protocol.
    pub fn completion(self) -> u8 {
        match self {
            Kind::Module => 9,
            _template if self.is_template() => 3,
            Kind::Gate | Kind::Checklist | Kind::Watch | Kind::Message => 23,
            Kind::Argument => 5,
            _other if self.is_variable() => 6,
            _other => 18,
        }
    }
}

/// A name that is declared.
#[derive(Debug)]
pub struct Declared {
    pub name: String,
    pub kind: Kind,
    /// The name.
    pub at: Span,
    /// All that is declared.
    pub whole: Span,
    /// `##` lines above it.
    pub doc: Option<String>,
    /// Its type, as written.
    pub ty: Option<Span>,
    /// What its author says of it in quotes.
    pub about: Option<String>,
    /// Where it counts, if not everywhere.
    pub scope: Option<Span>,
    /// The step of an output.
    pub of: Option<String>,
}

impl Declared {
    /// By the name that commands see.
    pub fn shell_name(&self) -> String {
        match (&self.of, self.kind) {
            (Some(step), Kind::Output) => format!("{step}_{}", self.name),
            (Some(_) | None, _) => self.name.clone(),
        }
    }

    pub fn counts_at(&self, at: Span) -> bool {
        self.scope.is_none_or(|scope| {
            scope.file == at.file && scope.start <= at.start && at.start <= scope.end
        })
    }
}

/// All that files declare.
#[derive(Debug, Default)]
pub struct Index {
    pub all: Vec<Declared>,
    by_place: HashMap<Span, usize>,
}

impl Index {
    pub fn new<'a>(files: impl Iterator<Item = &'a Ast>) -> Index {
        let mut index = Index::default();
        for ast in files {
            ast.items.iter().for_each(|item| index.item(item));
        }
        let places = index.all.iter().enumerate();
        index.by_place = places.map(|(at, it)| (it.at, at)).collect();
        index
    }

    /// What is declared at a place.
    pub fn at(&self, declared: Span) -> Option<&Declared> {
        self.by_place
            .get(&declared)
            .and_then(|at| self.all.get(*at))
    }

    fn add(&mut self, kind: Kind, name: &Name, whole: Span) -> &mut Declared {
        self.all.push(Declared {
            name: name.text.clone(),
            kind,
            at: name.span,
            whole,
            doc: None,
            ty: None,
            about: None,
            scope: None,
            of: None,
        });
        let last = self.all.len() - 1;
        &mut self.all[last]
    }

    fn item(&mut self, item: &Item) {
        let span = item.span;
        let declared = match &item.kind {
            ItemKind::Param(it) => {
                let declared = self.add(Kind::Parameter, &it.name, span);
                declared.ty = Some(it.ty.span);
                declared.about = said(it.description.as_ref());
                declared
            }
            ItemKind::Secret(it) => self.add(Kind::Secret, &it.name, span),
            ItemKind::Role(it) => self.add(Kind::Role, &it.name, span),
            ItemKind::Hosts(it) => self.add(Kind::Hosts, &it.name, span),
            ItemKind::Window(it) => self.add(Kind::Window, &it.name, span),
            ItemKind::Source(it) => self.add(Kind::Source, &it.name, span),
            ItemKind::Metric(it) => {
                let declared = self.add(Kind::Metric, &it.name, span);
                declared.ty = match &it.body {
                    Body::Written(measure) => Some(measure.ty.span),
                    Body::Made(_) => None,
                };
                declared
            }
            ItemKind::Thresholds(it) => {
                let declared = self.add(Kind::Thresholds, &it.name, span);
                declared.about = said(it.description.as_ref());
                declared
            }
            ItemKind::Channel(it) => self.add(Kind::Channel, &it.name, span),
            ItemKind::Message(it) => self.add(Kind::Message, &it.name, span),
            ItemKind::Watch(it) => self.add(Kind::Watch, &it.name, span),
            ItemKind::Env(it) => self.add(Kind::Environment, &it.name, span),
            ItemKind::Use(used) => match (&used.alias, &used.module) {
                (Some(alias), _) => self.add(Kind::Module, alias, span),
                (None, ModulePath::Standard(path)) => match path.names.last() {
                    Some(name) => self.add(Kind::Module, name, span),
                    None => return,
                },
                (None, ModulePath::File(text)) => {
                    let name = Name {
                        text: stem(text),
                        span: text.span,
                    };
                    self.add(Kind::Module, &name, span)
                }
            },
            ItemKind::Template(template) => return self.template(template, item),
            ItemKind::Statement(statement) => return self.statement(statement),
            ItemKind::Ending(ending) => return self.block(&ending.body),
            ItemKind::Defaults(attributes) => return self.attributes(None, attributes),
            ItemKind::Test(test) => {
                for line in &test.lines {
                    if let TestLineKind::Statement(statement) = &line.kind {
                        self.statement(statement);
                    }
                }
                return;
            }
            ItemKind::Runbook { .. }
            | ItemKind::Lock { .. }
            | ItemKind::Rollback(_)
            | ItemKind::Trouble(_)
            | ItemKind::Bad => return,
        };
        declared.doc.clone_from(&item.doc);
    }

    fn template(&mut self, template: &TemplateDefinition, item: &Item) {
        let kind = match &template.body {
            TemplateBody::Action(_) => Kind::Action,
            TemplateBody::Check(_) => Kind::CheckTemplate,
            TemplateBody::Strategy(_) => Kind::Strategy,
            TemplateBody::Bracket { .. } => Kind::BracketTemplate,
            TemplateBody::Metric(_) => Kind::MetricTemplate,
            TemplateBody::Thresholds(_) => Kind::ThresholdsTemplate,
            TemplateBody::Message(_) => Kind::MessageTemplate,
        };
        let declared = self.add(kind, &template.name, item.span);
        declared.doc.clone_from(&item.doc);
        for parameter in &template.parameters {
            let declared = self.add(Kind::Argument, &parameter.name, parameter.span);
            declared.about = said(parameter.description.as_ref());
            declared.ty = match &parameter.kind {
                ParameterKind::Value(TypeExpr { span, .. }) => Some(*span),
                ParameterKind::Action(_) => None,
            };
            declared.scope = Some(item.span);
        }
        let first = self.all.len();
        match &template.body {
            TemplateBody::Action(body) | TemplateBody::Check(body) => {
                self.attributes(Some(&template.name), &body.attributes);
            }
            TemplateBody::Strategy(block) => self.block(block),
            TemplateBody::Bracket { enter, leave, .. } => {
                for end in [enter, leave].into_iter().flatten() {
                    self.attributes(None, &end.attributes);
                }
            }
            TemplateBody::Metric(_) | TemplateBody::Thresholds(_) | TemplateBody::Message(_) => {}
        }
        // What is in a template is seen nowhere else.
        for declared in &mut self.all[first..] {
            declared.scope = declared.scope.or(Some(item.span));
        }
    }

    fn statement(&mut self, statement: &Statement) {
        let span = statement.span;
        let (kind, name) = match &statement.kind {
            StatementKind::Phase { name, body } => {
                self.block(body);
                (Kind::Phase, name)
            }
            StatementKind::PhaseFrom { name, .. } => (Kind::Phase, name),
            StatementKind::Step { name, body } => {
                self.body(name, body);
                (Kind::Step, name)
            }
            StatementKind::Check { name, body } => {
                self.body(name, body);
                (Kind::Check, name)
            }
            StatementKind::Gate { name, .. } => (Kind::Gate, name),
            StatementKind::Checklist { name, .. } => (Kind::Checklist, name),
            StatementKind::With { name, body, .. } => {
                self.block(body);
                (Kind::With, name)
            }
            StatementKind::Parallel { name, body } => {
                self.block(body);
                match name {
                    Some(name) => (Kind::Parallel, name),
                    None => return,
                }
            }
            StatementKind::For { variable, body, .. } => {
                let declared = self.add(Kind::Loop, variable, span);
                declared.scope = Some(span);
                self.block(body);
                return;
            }
            StatementKind::Notify { .. }
            | StatementKind::Postmortem { .. }
            | StatementKind::Bad => return,
        };
        let declared = self.add(kind, name, span);
        declared.doc.clone_from(&statement.doc);
        declared.about = said(statement.head.title.as_ref());
    }

    fn block(&mut self, block: &Block) {
        block.statements.iter().for_each(|it| self.statement(it));
    }

    fn body(&mut self, name: &Name, body: &StepBody) {
        self.attributes(Some(name), &body.attributes);
    }

    fn attributes(&mut self, step: Option<&Name>, attributes: &[Attribute]) {
        for attribute in attributes {
            match &attribute.kind {
                AttributeKind::Capture { name, .. } => {
                    self.add(Kind::Capture, name, attribute.span);
                }
                AttributeKind::Output { name, .. } => {
                    let declared = self.add(Kind::Output, name, attribute.span);
                    declared.of = step.map(|step| step.text.clone());
                }
                AttributeKind::Env(variable) => {
                    self.add(Kind::Environment, &variable.name, attribute.span);
                }
                _declares_nothing => {}
            }
        }
    }
}

fn said(text: Option<&Text>) -> Option<String> {
    text.and_then(Text::plain)
}

fn stem(text: &Text) -> String {
    let path = text.plain().unwrap_or_default();
    let path = std::path::Path::new(&path);
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    stem.unwrap_or_default().to_owned()
}
