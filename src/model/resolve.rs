//! The order in which a file is resolved: first every name is declared, then
//! each declaration is resolved, then what runs.

use std::collections::{HashMap, HashSet};

use crate::model::names::{Kind, Names};
use crate::model::templates::TemplateId;
use crate::model::{Block, Condition, Expr, Model, StatementId, Variable};
use crate::modules::{ModuleId, Program};
use crate::plan::Window;
use crate::problem::{Code, Problem};
use crate::source::{SourceMap, Span};
use crate::syntax::Ast;
use crate::syntax::ast::{self, Attribute, AttributeKind, ItemKind, Statement, StatementKind};
use crate::types::Type;

/// Resolves a runbook with its modules. Total: whatever the trees, there is a
/// model, and problems for what is wrong in it.
pub fn resolve(program: &Program, sources: &SourceMap) -> (Model, Vec<Problem>) {
    let ast = &program.root().ast;
    let mut resolver = Resolver {
        program,
        sources,
        module: ModuleId::ROOT,
        outer: Vec::new(),
        calls: Vec::new(),
        expanding: Vec::new(),
        prefix: String::new(),
        reading_by_itself: false,
        names: Names::default(),
        problems: Vec::new(),
        model: Model::default(),
        roles: Vec::new(),
        windows: Vec::new(),
        source_urls: Vec::new(),
        thresholds: Vec::new(),
        metric_types: Vec::new(),
        metric_counts: Vec::new(),
        defaults: Vec::new(),
        used_variables: HashSet::new(),
        later: HashMap::new(),
        next_statement: 0,
    };
    resolver.declare_items(ast);
    resolver.resolve_declarations(ast);
    resolver.resolve_body(ast);
    resolver.check_templates();
    resolver.tests();
    resolver.troubles();
    (resolver.model, resolver.problems)
}

/// A role: who, and how their word is proved.
#[derive(Debug, Clone)]
pub struct Role {
    pub members: Expr,
    pub signed_by: Option<String>,
}

/// What is known while a file is being resolved.
#[derive(Debug)]
pub struct Resolver<'a> {
    pub program: &'a Program,
    pub sources: &'a SourceMap,
    /// Whose text is being resolved.
    pub module: ModuleId,
    pub names: Names,
    /// The names around the templates that are being written out, the file's
    /// own first.
    pub outer: Vec<Names>,
    /// The calls of those templates.
    pub calls: Vec<Span>,
    pub expanding: Vec<TemplateId>,
    /// `rollout.`: what the names of statements in a strategy begin with.
    pub prefix: String,
    /// The outermost template is read without a call.
    pub reading_by_itself: bool,
    pub problems: Vec<Problem>,
    pub model: Model,
    pub roles: Vec<Role>,
    pub windows: Vec<Option<Window>>,
    pub source_urls: Vec<(Expr, crate::model::HttpOptions)>,
    pub thresholds: Vec<Option<Condition>>,
    pub metric_types: Vec<Type>,
    /// The metric that counts each metric's samples.
    pub metric_counts: Vec<Option<usize>>,
    pub defaults: Vec<Attribute>,
    pub used_variables: HashSet<String>,
    /// Parameters that are declared farther down, and where.
    pub later: HashMap<String, Span>,
    /// Statements get their ids in the order of the text, twice the same.
    pub next_statement: usize,
}

impl Resolver<'_> {
    /// Adds a problem. One in a template is said once, with the calls that led
    /// to it.
    pub fn report(&mut self, mut problem: Problem) {
        if self.calls.is_empty() {
            self.problems.push(problem);
            return;
        }
        let same = |other: &Problem| {
            (other.code, other.span, &other.message)
                == (problem.code, problem.span, &problem.message)
        };
        if self.problems.iter().any(same) {
            return;
        }
        if self.module != ModuleId::ROOT {
            // What mends a module is offered where the module is checked.
            problem.fix = None;
            problem.drafts.clear();
        }
        let calls = self.calls.iter().skip(usize::from(self.reading_by_itself));
        for call in calls.rev() {
            problem = problem.and(*call, "called here");
        }
        self.problems.push(problem);
    }

    /// Does something in the names of the file itself, whatever template is
    /// being written out.
    pub fn as_root<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        if self.outer.is_empty() {
            return work(self);
        }
        let module = std::mem::replace(&mut self.module, ModuleId::ROOT);
        let root = std::mem::take(&mut self.outer[0]);
        let inner = std::mem::replace(&mut self.names, root);
        let done = work(self);
        self.outer[0] = std::mem::replace(&mut self.names, inner);
        self.module = module;
        done
    }

    /// The text as the user wrote it, on one line.
    pub fn written(&self, span: Span) -> String {
        let text = self.sources.slice(span);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn declare(&mut self, name: &ast::Name, kind: Kind, index: usize) {
        if let Some(problem) = self.names.declare(name, kind, index) {
            self.report(problem);
        }
    }

    pub fn declare_variable(&mut self, name: &ast::Name, variable: Variable, ty: Type) {
        let problem = self
            .names
            .declare_variable(&name.text, name.span, variable, ty);
        if let Some(problem) = problem {
            self.report(problem);
        }
    }

    /// Declares every name of the file, so that order of writing does not
    /// matter for what can be named.
    fn declare_items(&mut self, ast: &Ast) {
        let mut fleets = 0;
        let (mut roles, mut windows, mut sources, mut metrics) = (0, 0, 0, 0);
        let (mut thresholds, mut channels, mut messages) = (0, 0, 0);
        let next = |count: &mut usize| {
            *count += 1;
            *count - 1
        };
        for item in &ast.items {
            match &item.kind {
                ItemKind::Role(it) => self.declare(&it.name, Kind::Role, next(&mut roles)),
                ItemKind::Hosts(it) => self.declare(&it.name, Kind::Hosts, next(&mut fleets)),
                ItemKind::Window(it) => self.declare(&it.name, Kind::Window, next(&mut windows)),
                ItemKind::Source(it) => self.declare(&it.name, Kind::Source, next(&mut sources)),
                ItemKind::Metric(it) => self.declare(&it.name, Kind::Metric, next(&mut metrics)),
                ItemKind::Thresholds(it) => {
                    self.declare(&it.name, Kind::Thresholds, next(&mut thresholds));
                }
                ItemKind::Channel(it) => self.declare(&it.name, Kind::Channel, next(&mut channels)),
                ItemKind::Message(it) => self.declare(&it.name, Kind::Message, next(&mut messages)),
                ItemKind::Env(it) => self.names.declare_environment(&it.name),
                ItemKind::Statement(statement) => self.declare_statement(statement),
                ItemKind::Ending(ending) => self.declare_block(&ending.body),
                ItemKind::Watch(it) => self.declare(&it.name, Kind::Statement, usize::MAX),
                ItemKind::Use(_)
                | ItemKind::Template(_)
                | ItemKind::Test(_)
                | ItemKind::Trouble(_)
                | ItemKind::Runbook { .. }
                | ItemKind::Param(_)
                | ItemKind::Secret(_)
                | ItemKind::Lock { .. }
                | ItemKind::Defaults(_)
                | ItemKind::Rollback(_)
                | ItemKind::Bad => {}
            }
        }
        self.next_statement = 0;
    }

    pub fn declare_block(&mut self, block: &ast::Block) {
        for statement in &block.statements {
            self.declare_statement(statement);
        }
    }

    /// The next statement's id; ids are given in one order in both passes.
    pub fn take_id(&mut self) -> StatementId {
        self.next_statement += 1;
        StatementId(self.next_statement - 1)
    }

    fn declare_statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Phase { name, body } => {
                self.declare(name, Kind::Phase, 0);
                self.declare_block(body);
            }
            StatementKind::PhaseFrom { name, call } => {
                self.declare(name, Kind::Phase, 0);
                // Its statements get their names when it is written out.
                self.next_statement += self.statements_of_call(call).unwrap_or(0);
            }
            StatementKind::Parallel { name, body } => {
                if let Some(name) = name {
                    self.declare(name, Kind::Statement, 0);
                }
                self.declare_block(body);
            }
            StatementKind::For { body, .. } => self.declare_block(body),
            StatementKind::With { name, body, .. } => {
                self.declare(name, Kind::Statement, 0);
                self.declare_block(body);
            }
            StatementKind::Step { name, body } | StatementKind::Check { name, body } => {
                let id = self.take_id();
                self.name_statement(id, name);
                self.declare(name, Kind::Statement, id.0);
                self.declare_values(name, id, &body.attributes);
                let of_template = body.call.as_ref().map(|call| self.outputs_of_call(call));
                for output in of_template.into_iter().flatten() {
                    self.declare_output(name, id, output);
                }
            }
            StatementKind::Gate { name, .. } | StatementKind::Checklist { name, .. } => {
                let id = self.take_id();
                self.name_statement(id, name);
                self.declare(name, Kind::Statement, id.0);
            }
            StatementKind::Notify { .. }
            | StatementKind::Postmortem { .. }
            | StatementKind::Bad => {}
        }
    }

    /// Notes what a statement is called in a run.
    fn name_statement(&mut self, id: StatementId, name: &ast::Name) {
        let named = (format!("{}{}", self.prefix, name.text), name.span);
        let all = &mut self.model.named;
        if all.len() <= id.0 {
            all.resize(id.0 + 1, (String::new(), name.span));
        }
        all[id.0] = named;
    }

    fn declare_output(&mut self, step: &ast::Name, id: StatementId, output: &ast::Name) {
        if let Some(problem) = self.names.declare_output(step, id, output) {
            self.report(problem);
        }
    }

    pub fn declare_values(&mut self, step: &ast::Name, id: StatementId, attributes: &[Attribute]) {
        for attribute in attributes {
            match &attribute.kind {
                AttributeKind::Capture { name, .. } => {
                    let variable = Variable::Capture {
                        step: id,
                        name: name.text.clone(),
                    };
                    self.declare_variable(name, variable, Type::String);
                }
                AttributeKind::Output { name, .. } => {
                    self.declare_output(step, id, name);
                }
                _declares_nothing => {}
            }
        }
    }

    fn resolve_body(&mut self, ast: &Ast) {
        self.next_statement = 0;
        let mut body = Block::default();
        let mut endings = Vec::new();
        for item in &ast.items {
            match &item.kind {
                ItemKind::Statement(statement) => {
                    let statement = self.statement(statement);
                    body.statements.push(statement);
                }
                ItemKind::Ending(ending) => {
                    let resolved = self.ending(ending, item.span);
                    endings.push(resolved);
                }
                ItemKind::Rollback(rollback) => {
                    let undo = self.undo(rollback);
                    self.only_one_rollback(body.rollback.is_some(), rollback.span);
                    body.rollback = Some(undo);
                }
                ItemKind::Watch(watch) => {
                    let watch = self.watch(watch, item.span);
                    self.model.watches.push(watch);
                }
                _a_declaration => {}
            }
        }
        self.model.body = body;
        self.model.endings = endings;
    }

    pub fn only_one_rollback(&mut self, has_one: bool, span: Span) {
        if has_one {
            let problem = Problem::new(Code::RB941, span, "a block has one `rollback`")
                .label("a second one")
                .help("write alternatives as `else \"why\" { … }` of the first");
            self.report(problem);
        }
    }
}
