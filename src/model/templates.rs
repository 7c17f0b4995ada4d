//! Templates written out. A template is resolved again at each call, in names of
//! its own: it sees its parameters, its module, and of the file around it what
//! it stands in; the caller sees nothing of it but the outputs.

use crate::model::arguments::{Bound, GivenAction, Wants};
use crate::model::brackets::Ends;
use crate::model::expressions::Place;
use crate::model::names::{Names, nearest, suggest};
use crate::model::resolve::Resolver;
use crate::model::{Block, Expansion, Expr, ExprKind, StatementId, Variable};
use crate::modules::{ModuleId, STANDARD};
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::ast::{
    self, Attribute, AttributeKind, Call, ItemKind, StatementKind, StepBody, TemplateBody,
    TemplateDefinition,
};

/// No release needs more statements made from templates; a limit keeps a few
/// templates that call one another from growing beyond any machine.
const MOST_STATEMENTS: usize = 10_000;

/// A template by its module and its place among the items there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateId {
    pub module: ModuleId,
    item: usize,
}

/// What a template makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Makes {
    Step,
    Check,
    Phase,
    Bracket,
    Metric,
    Thresholds,
    Message,
}

impl Makes {
    pub fn of(body: &TemplateBody) -> Makes {
        match body {
            TemplateBody::Action(_) => Makes::Step,
            TemplateBody::Check(_) => Makes::Check,
            TemplateBody::Strategy(_) => Makes::Phase,
            TemplateBody::Bracket { .. } => Makes::Bracket,
            TemplateBody::Metric(_) => Makes::Metric,
            TemplateBody::Thresholds(_) => Makes::Thresholds,
            TemplateBody::Message(_) => Makes::Message,
        }
    }

    /// What such a template is called.
    pub fn template(self) -> &'static str {
        match self {
            Makes::Step => "an action",
            Makes::Check => "a check",
            Makes::Phase => "a strategy",
            Makes::Bracket => "a bracket",
            Makes::Metric => "a template for metrics",
            Makes::Thresholds => "a template for thresholds",
            Makes::Message => "a template for messages",
        }
    }

    /// How what it makes is written.
    fn use_of(self, written: &str) -> String {
        match self {
            Makes::Step => format!("step NAME = {written}(…)"),
            Makes::Check => format!("check NAME = {written}(…)"),
            Makes::Phase => format!("phase NAME = {written}(…)"),
            Makes::Bracket => format!("with NAME = {written}(…) {{ … }}"),
            Makes::Metric => format!("metric NAME = {written}(…)"),
            Makes::Thresholds => format!("thresholds NAME = {written}(…)"),
            Makes::Message => format!("message NAME to CHANNEL = {written}(…)"),
        }
    }
}

/// A template and what it gets.
pub struct Called {
    pub template: TemplateId,
    bound: Vec<(String, Bound)>,
    call: Span,
}

impl<'a> Resolver<'a> {
    pub fn definition(&self, id: TemplateId) -> Option<(&'a TemplateDefinition, Span)> {
        let program = self.program;
        let item = program.module(id.module).ast.items.get(id.item)?;
        match &item.kind {
            ItemKind::Template(template) => Some((template, item.span)),
            _something_else => None,
        }
    }

    /// A template of a module by its name.
    fn template_of(&self, module: ModuleId, name: &str) -> Option<TemplateId> {
        let mut items = self.program.module(module).ast.items.iter();
        let item = items.position(|item| match &item.kind {
            ItemKind::Template(template) => template.name.text == name,
            _something_else => false,
        })?;
        Some(TemplateId { module, item })
    }

    fn template_names(&self, module: ModuleId) -> impl Iterator<Item = &'a str> {
        let program = self.program;
        let items = program.module(module).ast.items.iter();
        items.filter_map(|item| match &item.kind {
            ItemKind::Template(template) => Some(template.name.text.as_str()),
            _something_else => None,
        })
    }

    /// What a path names, as far as it names anything.
    pub fn callee(&self, path: &ast::Path) -> Option<GivenAction> {
        let template = match &path.names[..] {
            [name] => {
                if let Some(given) = self.names.action(&name.text) {
                    return Some(given.clone());
                }
                self.template_of(self.module, &name.text)?
            }
            [module, name] => {
                let used = self.program.module(self.module).uses.get(&module.text)?;
                self.template_of(used.module, &name.text)?
            }
            _too_long => return None,
        };
        Some(GivenAction {
            template: Some(template),
            bound: Vec::new(),
        })
    }

    pub fn unknown_callee(&mut self, path: &ast::Path, makes: Makes) {
        let what = makes.template().trim_start_matches("an ");
        let what = what.trim_start_matches("a ");
        let problem = match &path.names[..] {
            [module, name] => match self.program.module(self.module).uses.get(&module.text) {
                Some(used) => {
                    let near = nearest(&name.text, self.template_names(used.module));
                    let message = format!("module `{}` has no {what} `{}`", module.text, name.text);
                    let problem = Problem::new(Code::RB920, name.span, message);
                    let names: Vec<String> = self
                        .template_names(used.module)
                        .map(|name| format!("`{name}`"))
                        .collect();
                    match near {
                        None if !names.is_empty() => {
                            problem.help(format!("it has {}", names.join(", ")))
                        }
                        near => suggest(problem, name.span, near),
                    }
                }
                None => self.unknown_module(module),
            },
            [name] => {
                let names: Vec<&str> = self
                    .template_names(self.module)
                    .chain(self.names.action_names())
                    .collect();
                let near = nearest(&name.text, names.into_iter());
                let message = format!("no {what} is called `{}`", name.text);
                suggest(
                    Problem::new(Code::RB920, name.span, message),
                    name.span,
                    near,
                )
            }
            _too_long => {
                let message = format!("`{}` names nothing", self.written(path.span));
                Problem::new(Code::RB920, path.span, message)
                    .help("a template is `name`, or `module.name` behind a `use`")
            }
        };
        self.report(problem);
    }

    fn unknown_module(&self, module: &ast::Name) -> Problem {
        let message = format!("no module is called `{}` here", module.text);
        let problem = Problem::new(Code::RB920, module.span, message);
        if STANDARD.iter().any(|known| known.name == module.text) {
            let edits = self.add_use(&format!("std.{}", module.text));
            return problem
                .help(format!("add a line `use std.{}`", module.text))
                .fix(format!("use `std.{}`", module.text), edits, false);
        }
        let uses = &self.program.module(self.module).uses;
        let near = nearest(&module.text, uses.keys().map(String::as_str));
        if near.is_some() {
            return suggest(problem, module.span, near);
        }
        let standard = nearest(&module.text, STANDARD.iter().map(|known| known.name));
        match standard {
            Some(near) => problem.help(format!(
                "did you mean `{near}`, with a line `use std.{near}`?"
            )),
            None => problem.help(format!(
                "add a line `use std.{0}` or `use \"./{0}.runbook\"`",
                module.text
            )),
        }
    }

    /// The template of a call and what its parameters get; `None` where that
    /// is wrong, and has been said.
    pub fn called(&mut self, call: &Call, makes: Makes) -> Option<Called> {
        let Some(given) = self.callee(&call.path) else {
            self.unknown_callee(&call.path, makes);
            return None;
        };
        self.note_callee(&call.path, given.template);
        // While a template is read by itself, what its actions do is not known.
        let template = given.template?;
        let (definition, _) = self.definition(template)?;
        let found = Makes::of(&definition.body);
        if found != makes {
            let written = self.written(call.path.span);
            let message = format!(
                "`{written}` is {}, not {}",
                found.template(),
                makes.template()
            );
            let problem = Problem::new(Code::RB941, call.path.span, message)
                .and(definition.name.span, "declared here")
                .help(format!("write `{}`", found.use_of(&written)));
            self.report(problem);
            return None;
        }
        if let Some(first) = self.expanding.iter().position(|open| *open == template) {
            self.circle(first, call.span);
            return None;
        }
        let mut bound = given.bound;
        self.arguments(call, definition, template, &mut bound);
        self.missing_arguments(call, definition, &mut bound);
        Some(Called {
            template,
            bound,
            call: call.span,
        })
    }

    fn circle(&mut self, first: usize, span: Span) {
        let open = self.expanding[first..].iter();
        let mut way: Vec<String> = open
            .filter_map(|id| self.definition(*id))
            .map(|(definition, _)| format!("`{}`", definition.name.text))
            .collect();
        way.extend(way.first().cloned());
        let message = format!(
            "templates call one another in a circle: {}",
            way.join(" → ")
        );
        let problem = Problem::new(Code::RB923, span, message).label("this closes the circle");
        self.report(problem);
    }

    /// Does something in the names of a template.
    pub fn inside<T>(&mut self, called: Called, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let (definition, span) = self.definition(called.template)?;
        // A module's templates see the same whoever reads it.
        let is_runbook = self.model.title.is_some();
        let names = if called.template.module == ModuleId::ROOT && is_runbook {
            self.root_names().inherited()
        } else {
            Names::default()
        };
        self.model.expansions.push(Expansion {
            template: span,
            call: called.call,
        });
        let outer = std::mem::replace(&mut self.names, names);
        self.outer.push(outer);
        let module = std::mem::replace(&mut self.module, called.template.module);
        self.calls.push(called.call);
        self.expanding.push(called.template);
        self.bind_parameters(definition, called.bound, called.template);
        let done = work(self);
        self.expanding.pop();
        self.calls.pop();
        self.module = module;
        if let Some(outer) = self.outer.pop() {
            self.names = outer;
        }
        Some(done)
    }

    /// The names of the file itself, whatever template is being written out.
    fn root_names(&self) -> &Names {
        self.outer.first().unwrap_or(&self.names)
    }

    /// The lines of an action or check.
    pub fn step_template(&self, id: TemplateId) -> Option<&'a StepBody> {
        match &self.definition(id)?.0.body {
            TemplateBody::Action(body) | TemplateBody::Check(body) => Some(body),
            TemplateBody::Strategy(_)
            | TemplateBody::Bracket { .. }
            | TemplateBody::Metric(_)
            | TemplateBody::Thresholds(_)
            | TemplateBody::Message(_) => None,
        }
    }

    /// Both ends of a bracket, as a template has them.
    pub fn template_ends(&self, id: TemplateId) -> Option<Ends<'a>> {
        let (definition, _) = self.definition(id)?;
        match &definition.body {
            TemplateBody::Bracket {
                enter,
                leave,
                has_hole,
            } => Some(Ends {
                name: &definition.name,
                enter: enter.as_ref(),
                leave: leave.as_ref(),
                has_hole: *has_hole,
            }),
            TemplateBody::Action(_)
            | TemplateBody::Check(_)
            | TemplateBody::Strategy(_)
            | TemplateBody::Metric(_)
            | TemplateBody::Thresholds(_)
            | TemplateBody::Message(_) => None,
        }
    }

    /// The outputs that a call gives its step, without a word about mistakes.
    pub fn outputs_of_call(&self, call: &Call) -> Vec<&'a ast::Name> {
        let mut outputs = Vec::new();
        let given = self.callee(&call.path).and_then(|given| given.template);
        let mut next = given;
        let mut seen = Vec::new();
        while let Some(id) = next.filter(|id| !seen.contains(id)) {
            seen.push(id);
            let Some(body) = self.step_template(id) else {
                break;
            };
            outputs.extend(body.attributes.iter().filter_map(output_of));
            // Only what stands in the same module can be followed by its name.
            next = body.call.as_ref().and_then(|inner| {
                let inner = &inner.path.names;
                match &inner[..] {
                    [name] => self.template_of(id.module, &name.text),
                    [module, name] => {
                        let used = self.program.module(id.module).uses.get(&module.text)?;
                        self.template_of(used.module, &name.text)
                    }
                    _too_long => None,
                }
            });
        }
        outputs
    }

    /// The statements of a strategy, each called `PHASE.its_name`.
    pub fn strategy(&mut self, name: &ast::Name, call: &Call) -> Block {
        let ids = self.statements_of_call(call);
        let first = self.next_statement;
        let block = self.called(call, Makes::Phase).and_then(|called| {
            let template = called.template;
            if ids.is_none() {
                let message = format!("this makes more than {MOST_STATEMENTS} statements");
                self.report(Problem::new(Code::RB902, call.span, message));
                return None;
            }
            let outer = self.prefix.clone();
            self.prefix += &format!("{}.", name.text);
            let block = self.inside(called, |this| this.strategy_block(template));
            self.prefix = outer;
            block
        });
        self.next_statement = first + ids.unwrap_or(0);
        block.unwrap_or_default()
    }

    fn strategy_block(&mut self, id: TemplateId) -> Block {
        let Some((definition, _)) = self.definition(id) else {
            return Block::default();
        };
        let TemplateBody::Strategy(body) = &definition.body else {
            return Block::default();
        };
        let first = self.next_statement;
        self.declare_block(body);
        self.next_statement = first;
        self.block(body)
    }

    /// How many steps, checks and gates a strategy makes; `None`: too many.
    /// Both passes count them in the same way.
    pub fn statements_of_call(&self, call: &Call) -> Option<usize> {
        let mut count = Count {
            ids: 0,
            left: MOST_STATEMENTS.saturating_sub(self.next_statement),
            open: self.expanding.clone(),
        };
        self.count_call(self.module, call, &mut count)?;
        Some(count.ids)
    }

    fn count_call(&self, module: ModuleId, call: &Call, count: &mut Count) -> Option<()> {
        // A strategy that makes nothing costs something, too.
        count.left = count.left.checked_sub(1)?;
        let template = match &call.path.names[..] {
            [name] => self.template_of(module, &name.text),
            [alias, name] => {
                let used = self.program.module(module).uses.get(&alias.text);
                used.and_then(|used| self.template_of(used.module, &name.text))
            }
            _too_long => None,
        };
        let Some(id) = template.filter(|id| !count.open.contains(id)) else {
            return Some(());
        };
        let Some((definition, _)) = self.definition(id) else {
            return Some(());
        };
        if let TemplateBody::Strategy(block) = &definition.body {
            count.open.push(id);
            self.count_block(id.module, block, count)?;
            count.open.pop();
        }
        Some(())
    }

    fn count_block(&self, module: ModuleId, block: &ast::Block, count: &mut Count) -> Option<()> {
        for statement in &block.statements {
            match &statement.kind {
                StatementKind::Phase { body, .. }
                | StatementKind::Parallel { body, .. }
                | StatementKind::For { body, .. }
                | StatementKind::With { body, .. } => {
                    self.count_block(module, body, count)?;
                }
                StatementKind::PhaseFrom { call, .. } => {
                    self.count_call(module, call, count)?;
                }
                StatementKind::Step { .. }
                | StatementKind::Check { .. }
                | StatementKind::Gate { .. }
                | StatementKind::Checklist { .. } => {
                    count.ids += 1;
                    count.left = count.left.checked_sub(1)?;
                }
                StatementKind::Notify { .. }
                | StatementKind::Postmortem { .. }
                | StatementKind::Bad => {}
            }
        }
        Some(())
    }

    /// Reads each template of the file by itself, so that one that nobody calls
    /// is not wrong without anybody knowing.
    pub fn check_templates(&mut self) {
        let program = self.program;
        let items = &program.root().ast.items;
        let mut seen: Vec<&ast::Name> = Vec::new();
        // What is large is not looked at again.
        let (body, expansions) = (
            std::mem::take(&mut self.model.body),
            std::mem::take(&mut self.model.expansions),
        );
        let uses = std::mem::take(&mut self.model.uses);
        for (item, written) in items.iter().enumerate() {
            let ItemKind::Template(definition) = &written.kind else {
                continue;
            };
            let name = &definition.name;
            if let Some(first) = seen.iter().find(|first| first.text == name.text) {
                let message = format!("`{}` is declared twice", name.text);
                let problem = Problem::new(Code::RB921, name.span, message)
                    .label("declared again here")
                    .and(first.span, "first declared here");
                self.report(problem);
            }
            seen.push(name);
            let template = TemplateId {
                module: ModuleId::ROOT,
                item,
            };
            self.check_template(template, definition);
        }
        self.model.body = body;
        self.model.expansions = expansions;
        self.model.uses.extend(uses);
    }

    fn check_template(&mut self, template: TemplateId, definition: &TemplateDefinition) {
        let bound = definition.parameters.iter().map(|parameter| {
            let value = match self.wants(parameter) {
                Wants::Value(ty) => Bound::Value(Expr {
                    kind: ExprKind::Variable(Variable::Unbound),
                    ty: Some(ty),
                    span: parameter.span,
                }),
                Wants::Named(_) | Wants::Action(_) | Wants::Unknown => Bound::Hole,
            };
            (parameter.name.text.clone(), value)
        });
        let bound: Vec<(String, Bound)> = bound.collect();
        let called = Called {
            template,
            bound,
            call: definition.name.span,
        };
        // A template that is written out often notes the same each time.
        let known = std::mem::take(&mut self.model.uses);
        let mut kept = self.model.clone();
        let next = self.next_statement;
        let (thresholds, sources) = (self.thresholds.len(), self.source_urls.len());
        self.reading_by_itself = true;
        self.inside(called, |this| match &definition.body {
            TemplateBody::Action(body) => {
                this.declare_captures(StatementId(next), &body.attributes);
                drop(this.step(&definition.name, body));
            }
            TemplateBody::Check(body) => drop(this.check(definition.name.span, body)),
            TemplateBody::Strategy(_) => drop(this.strategy_block(template)),
            TemplateBody::Bracket { .. } => {
                let ends = this.template_ends(template);
                drop(ends.map(|ends| this.ends(&ends)));
            }
            TemplateBody::Metric(measure) => drop(this.measure(measure)),
            TemplateBody::Thresholds(lines) => drop(this.all_of(&definition.name, lines)),
            TemplateBody::Message(text) => drop(this.text(text, Place::Shown)),
        });
        self.reading_by_itself = false;
        self.thresholds.truncate(thresholds);
        self.source_urls.truncate(sources);
        self.next_statement = next;
        let mut noted = std::mem::take(&mut self.model.uses);
        noted.sort();
        noted.dedup();
        kept.uses = known;
        kept.uses.append(&mut noted);
        self.model = kept;
    }
}

/// What is known while statements are counted.
struct Count {
    ids: usize,
    /// How much more there may be.
    left: usize,
    /// The strategies around.
    open: Vec<TemplateId>,
}

fn output_of(attribute: &Attribute) -> Option<&ast::Name> {
    match &attribute.kind {
        AttributeKind::Output { name, .. } => Some(name),
        _something_else => None,
    }
}
