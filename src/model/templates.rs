//! Templates written out. A template is resolved again at each call, in names of
//! its own: it sees its parameters, its module, and of the file around it what
//! it stands in; the caller sees nothing of it but the outputs.

use crate::model::expressions::Place;
use crate::model::names::{Kind, Names, nearest, suggest};
use crate::model::resolve::Resolver;
use crate::model::{Block, Condition, Expansion, Expr, ExprKind, StatementId, Variable};
use crate::modules::{ModuleId, STANDARD};
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::ast::{
    self, ArgumentValue, Attribute, AttributeKind, Call, ItemKind, ParameterKind, StatementKind,
    StepBody, TemplateBody, TemplateDefinition, TemplateParameter, TypeExprKind,
};
use crate::types::Type;

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
}

impl Makes {
    fn of(body: &TemplateBody) -> Makes {
        match body {
            TemplateBody::Action(_) => Makes::Step,
            TemplateBody::Check(_) => Makes::Check,
            TemplateBody::Strategy(_) => Makes::Phase,
        }
    }

    /// What such a template is called.
    fn template(self) -> &'static str {
        match self {
            Makes::Step => "an action",
            Makes::Check => "a check",
            Makes::Phase => "a strategy",
        }
    }

    /// The keyword of what it makes.
    fn keyword(self) -> &'static str {
        match self {
            Makes::Step => "step",
            Makes::Check => "check",
            Makes::Phase => "phase",
        }
    }
}

/// An action with some of its parameters given: what a parameter of the kind
/// `action(…)` gets.
#[derive(Debug, Clone)]
pub struct GivenAction {
    /// `None`: while a template is read by itself, any action.
    template: Option<TemplateId>,
    bound: Vec<(String, Bound)>,
}

/// What a template's parameter gets.
#[derive(Debug, Clone)]
enum Bound {
    Value(Expr),
    /// Thresholds, a metric, …, by its place among those of its kind.
    Named(Kind, usize),
    Action(GivenAction),
    /// It was wrong, and that has been said.
    Hole,
}

/// What a parameter wants.
enum Wants {
    Value(Type),
    Named(Kind),
    Action(Vec<(ast::Name, Option<Type>)>),
    /// Its type is wrong, and that has been said.
    Unknown,
}

/// Kinds of names that a parameter can want, by the word for it.
const NAMED: &[(&str, Kind)] = &[
    ("thresholds", Kind::Thresholds),
    ("metric", Kind::Metric),
    ("source", Kind::Source),
    ("role", Kind::Role),
    ("window", Kind::Window),
    ("message", Kind::Message),
];

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
    fn callee(&self, path: &ast::Path) -> Option<GivenAction> {
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

    fn unknown_callee(&mut self, path: &ast::Path, makes: Makes) {
        let what = makes.template().trim_start_matches("an ");
        let what = what.trim_start_matches("a ");
        let problem = match &path.names[..] {
            [module, name] => match self.program.module(self.module).uses.get(&module.text) {
                Some(used) => {
                    let near = nearest(&name.text, self.template_names(used.module));
                    let message = format!("module `{}` has no {what} `{}`", module.text, name.text);
                    suggest(
                        Problem::new(Code::RB920, name.span, message),
                        name.span,
                        near,
                    )
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
            return problem.help(format!("add a line `use std.{}`", module.text));
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
                .help(format!("write `{} NAME = {written}(…)`", found.keyword()));
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

    /// Reads the arguments of a call in the caller's names.
    fn arguments(
        &mut self,
        call: &Call,
        definition: &TemplateDefinition,
        template: TemplateId,
        bound: &mut Vec<(String, Bound)>,
    ) {
        // What an action was given already is not the caller's to give.
        let given: Vec<String> = bound.iter().map(|(name, _)| name.clone()).collect();
        let open: Vec<&TemplateParameter> = definition
            .parameters
            .iter()
            .filter(|parameter| !given.contains(&parameter.name.text))
            .collect();
        let mut named: Option<Span> = None;
        for (index, argument) in call.arguments.iter().enumerate() {
            let span = argument.value.span();
            let parameter = match &argument.name {
                Some(name) => {
                    named = named.or(Some(name.span));
                    let parameter = open.iter().find(|it| it.name.text == name.text);
                    if parameter.is_none() {
                        self.unknown_parameter(name, &open, definition);
                    }
                    parameter
                }
                None => {
                    if let Some(first) = named {
                        let message = "an argument without a name stands behind one with a name";
                        let problem = Problem::new(Code::RB924, span, message)
                            .and(first, "named here")
                            .help("give it its name, too");
                        self.report(problem);
                        continue;
                    }
                    if open.get(index).is_none() {
                        self.too_many(span, open.len(), definition);
                    }
                    open.get(index)
                }
            };
            let Some(parameter) = parameter else { continue };
            if bound.iter().any(|(name, _)| *name == parameter.name.text) {
                let message = format!("`{}` is given twice", parameter.name.text);
                self.report(Problem::new(Code::RB924, span, message));
                continue;
            }
            let value = self.argument(&argument.value, parameter, template);
            bound.push((parameter.name.text.clone(), value));
        }
    }

    fn unknown_parameter(
        &mut self,
        name: &ast::Name,
        open: &[&TemplateParameter],
        definition: &TemplateDefinition,
    ) {
        let names = || open.iter().map(|parameter| parameter.name.text.as_str());
        let message = format!(
            "`{}` has no parameter `{}`",
            definition.name.text, name.text
        );
        let problem = Problem::new(Code::RB924, name.span, message);
        let near = nearest(&name.text, names());
        let problem = match near {
            Some(_) => suggest(problem, name.span, near),
            None => {
                let listed: Vec<String> = names().map(|name| format!("`{name}`")).collect();
                problem.help(if listed.is_empty() {
                    "it has none".to_owned()
                } else {
                    format!("it has {}", listed.join(", "))
                })
            }
        };
        self.report(problem);
    }

    fn too_many(&mut self, span: Span, most: usize, definition: &TemplateDefinition) {
        let message = format!("`{}` takes {most} arguments", definition.name.text);
        let problem = Problem::new(Code::RB924, span, message)
            .label("this one is too many")
            .and(definition.name.span, "declared here");
        self.report(problem);
    }

    fn missing_arguments(
        &mut self,
        call: &Call,
        definition: &TemplateDefinition,
        bound: &mut Vec<(String, Bound)>,
    ) {
        for parameter in &definition.parameters {
            let name = &parameter.name;
            let given = bound.iter().any(|(of, _)| *of == name.text);
            if given || parameter.default.is_some() {
                continue;
            }
            let message = format!(
                "`{}` is not given its `{}`",
                definition.name.text, name.text
            );
            let problem = Problem::new(Code::RB924, call.span, message)
                .and(parameter.span, "declared here, without a default")
                .help(format!("add `{}: …`", name.text));
            self.report(problem);
            bound.push((name.text.clone(), Bound::Hole));
        }
    }

    /// What a parameter wants. Its type is the business of the template's
    /// module.
    fn wants(&mut self, parameter: &TemplateParameter) -> Wants {
        match &parameter.kind {
            ParameterKind::Action(parameters) => {
                let parameters = parameters
                    .iter()
                    .map(|(name, ty)| (name.clone(), self.ty(ty)));
                Wants::Action(parameters.collect())
            }
            ParameterKind::Value(ty) => {
                if let TypeExprKind::Named(word) = &ty.kind
                    && let Some((_, kind)) = NAMED.iter().find(|(of, _)| of == word)
                {
                    return Wants::Named(*kind);
                }
                self.ty(ty).map_or(Wants::Unknown, Wants::Value)
            }
        }
    }

    fn argument(
        &mut self,
        value: &ArgumentValue,
        parameter: &TemplateParameter,
        template: TemplateId,
    ) -> Bound {
        let wants = self.wants(parameter);
        match (wants, value) {
            (Wants::Value(ty), ArgumentValue::Expr(expr)) => {
                Bound::Value(self.typed(expr, &ty, Place::Private))
            }
            (Wants::Named(kind), ArgumentValue::Expr(expr)) => match &expr.kind {
                ast::ExprKind::Path(path) if path.names.len() == 1 => {
                    match self.find(&path.names[0], &[kind]) {
                        Some(index) => Bound::Named(kind, index),
                        None => Bound::Hole,
                    }
                }
                _no_name => {
                    let message = format!("expected the name of {}", kind.words());
                    let problem = Problem::new(Code::RB940, expr.span, message)
                        .and(parameter.span, "wanted here");
                    self.report(problem);
                    Bound::Hole
                }
            },
            (Wants::Action(wanted), value) => {
                self.action_argument(value, parameter, &wanted, template)
            }
            (Wants::Value(_) | Wants::Named(_), ArgumentValue::Call(call)) => {
                let message = format!("`{}` is no action", parameter.name.text);
                let problem = Problem::new(Code::RB940, call.span, message)
                    .and(parameter.span, "this is what is wanted");
                self.report(problem);
                Bound::Hole
            }
            (Wants::Unknown, _) => Bound::Hole,
        }
    }

    fn action_argument(
        &mut self,
        value: &ArgumentValue,
        parameter: &TemplateParameter,
        wanted: &[(ast::Name, Option<Type>)],
        _of: TemplateId,
    ) -> Bound {
        let (path, call) = match value {
            ArgumentValue::Call(call) => (&call.path, Some(call)),
            ArgumentValue::Expr(expr) => match &expr.kind {
                ast::ExprKind::Path(path) => (path, None),
                _no_name => {
                    let problem = Problem::new(Code::RB940, expr.span, "expected an action")
                        .and(parameter.span, "wanted here")
                        .help("write its name, or a call that gives some of its parameters");
                    self.report(problem);
                    return Bound::Hole;
                }
            },
        };
        let Some(mut given) = self.callee(path) else {
            self.unknown_callee(path, Makes::Step);
            return Bound::Hole;
        };
        let Some(template) = given.template else {
            return Bound::Action(given);
        };
        let Some((definition, _)) = self.definition(template) else {
            return Bound::Hole;
        };
        if Makes::of(&definition.body) != Makes::Step {
            let message = format!(
                "`{}` is {}, not an action",
                definition.name.text,
                Makes::of(&definition.body).template()
            );
            let problem = Problem::new(Code::RB940, path.span, message);
            self.report(problem.and(definition.name.span, "declared here"));
            return Bound::Hole;
        }
        if let Some(call) = call {
            self.arguments(call, definition, template, &mut given.bound);
        }
        let good = self.takes(path.span, definition, wanted, &given, parameter);
        if good {
            Bound::Action(given)
        } else {
            Bound::Hole
        }
    }

    /// Whether an action takes what it will be given, and needs nothing else.
    fn takes(
        &mut self,
        span: Span,
        definition: &TemplateDefinition,
        wanted: &[(ast::Name, Option<Type>)],
        given: &GivenAction,
        parameter: &TemplateParameter,
    ) -> bool {
        let action = &definition.name.text;
        let has = |name: &str| given.bound.iter().any(|(of, _)| of == name);
        for (name, ty) in wanted {
            let of = definition
                .parameters
                .iter()
                .find(|it| it.name.text == name.text && !has(&name.text));
            let message = match of {
                None => format!(
                    "`{action}` does not take the `{}` it will be given",
                    name.text
                ),
                Some(of) => match (self.wants(of), ty) {
                    (Wants::Value(takes), Some(ty)) if takes != *ty => format!(
                        "`{action}` takes a {takes} as its `{}`, and will be given a {ty}",
                        name.text
                    ),
                    (Wants::Named(_) | Wants::Action(_), _) => {
                        format!("`{action}` takes no value as its `{}`", name.text)
                    }
                    (Wants::Value(_) | Wants::Unknown, _) => continue,
                },
            };
            let problem = Problem::new(Code::RB924, span, message)
                .and(parameter.span, "wanted here")
                .and(definition.name.span, "declared here");
            self.report(problem);
            return false;
        }
        for of in &definition.parameters {
            let name = &of.name.text;
            let comes = wanted.iter().any(|(wanted, _)| wanted.text == *name);
            if !comes && !has(name) && of.default.is_none() {
                let message = format!("nothing gives `{action}` its `{name}`");
                let problem = Problem::new(Code::RB924, span, message)
                    .and(of.span, "declared here, without a default")
                    .help(format!("give it here: `{action}({name}: …)`"));
                self.report(problem);
                return false;
            }
        }
        true
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

    fn bind_parameters(
        &mut self,
        definition: &TemplateDefinition,
        mut bound: Vec<(String, Bound)>,
        template: TemplateId,
    ) {
        for parameter in &definition.parameters {
            let name = &parameter.name;
            let given = bound.iter().position(|(of, _)| *of == name.text);
            let value = match (given, &parameter.default) {
                (Some(index), _) => bound.swap_remove(index).1,
                (None, Some(default)) => {
                    let default = ArgumentValue::Expr(default.clone());
                    self.argument(&default, parameter, template)
                }
                (None, None) => Bound::Hole,
            };
            self.bind_parameter(parameter, value);
        }
    }

    fn bind_parameter(&mut self, parameter: &TemplateParameter, value: Bound) {
        let name = &parameter.name;
        match (value, self.wants(parameter)) {
            (Bound::Value(value), wants) => {
                let ty = value.ty.clone().or(match wants {
                    Wants::Value(ty) => Some(ty),
                    Wants::Named(_) | Wants::Action(_) | Wants::Unknown => None,
                });
                let ty = ty.unwrap_or(Type::String);
                self.names.declare_argument(name, value, ty);
            }
            (Bound::Named(kind, index), _) => {
                let doubled = self.names.declare(name, kind, index);
                doubled.into_iter().for_each(|problem| self.report(problem));
            }
            (Bound::Action(action), _) => self.names.declare_action(name, action),
            (Bound::Hole, Wants::Value(ty)) => {
                let hole = Expr::hole(parameter.span);
                self.names.declare_argument(name, hole, ty);
            }
            (Bound::Hole, Wants::Action(_)) => {
                let any = GivenAction {
                    template: None,
                    bound: Vec::new(),
                };
                self.names.declare_action(name, any);
            }
            (Bound::Hole, Wants::Named(kind)) => {
                let index = self.stand_in(kind);
                let doubled = self.names.declare(name, kind, index);
                doubled.into_iter().for_each(|problem| self.report(problem));
            }
            (Bound::Hole, Wants::Unknown) => {
                let hole = Expr::hole(parameter.span);
                self.names.declare_argument(name, hole, Type::String);
            }
        }
    }

    /// The place of something of a kind that a template can be read with.
    fn stand_in(&mut self, kind: Kind) -> usize {
        match kind {
            Kind::Thresholds => {
                self.thresholds.push(Some(Condition::Hole));
                self.thresholds.len() - 1
            }
            Kind::Role
            | Kind::Hosts
            | Kind::Window
            | Kind::Source
            | Kind::Metric
            | Kind::Channel
            | Kind::Message
            | Kind::Phase
            | Kind::Statement => usize::MAX,
        }
    }

    /// The lines of an action or check.
    pub fn step_template(&self, id: TemplateId) -> Option<&'a StepBody> {
        match &self.definition(id)?.0.body {
            TemplateBody::Action(body) | TemplateBody::Check(body) => Some(body),
            TemplateBody::Strategy(_) => None,
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
        // What a metric measures is known only when there is one.
        let mut parameters = definition.parameters.iter();
        let needs_metric = parameters.any(|parameter| match &parameter.kind {
            ParameterKind::Value(ty) => {
                matches!(&ty.kind, TypeExprKind::Named(word) if word != "thresholds" && NAMED.iter().any(|(of, _)| of == word))
            }
            ParameterKind::Action(_) => false,
        });
        let bound: Vec<(String, Bound)> = bound.collect();
        if needs_metric {
            return;
        }
        let called = Called {
            template,
            bound,
            call: definition.name.span,
        };
        let kept = self.model.clone();
        let next = self.next_statement;
        let thresholds = self.thresholds.len();
        self.reading_by_itself = true;
        self.inside(called, |this| match &definition.body {
            TemplateBody::Action(body) => {
                this.declare_captures(StatementId(next), &body.attributes);
                drop(this.step(&definition.name, body));
            }
            TemplateBody::Check(body) => drop(this.check(definition.name.span, body)),
            TemplateBody::Strategy(_) => drop(this.strategy_block(template)),
        });
        self.reading_by_itself = false;
        self.thresholds.truncate(thresholds);
        self.next_statement = next;
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
