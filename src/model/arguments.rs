//! What templates are given: the arguments of a call, and the parameters that
//! they meet.

use crate::model::expressions::Place;
use crate::model::names::{Kind, nearest, suggest};
use crate::model::resolve::Resolver;
use crate::model::templates::{Makes, TemplateId};
use crate::model::{Condition, Expr, ExprKind, HttpOptions, Variable};
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::ast::{
    self, ArgumentValue, Call, ParameterKind, TemplateDefinition, TemplateParameter, TypeExprKind,
};
use crate::types::Type;

/// An action with some of its parameters given: what a parameter of the kind
/// `action(…)` gets.
#[derive(Debug, Clone)]
pub struct GivenAction {
    /// `None`: while a template is read by itself, any action.
    pub template: Option<TemplateId>,
    pub bound: Vec<(String, Bound)>,
}

/// What a template's parameter gets.
#[derive(Debug, Clone)]
pub enum Bound {
    Value(Expr),
    /// Thresholds, a metric, …, by its place among those of its kind.
    Named(Kind, usize),
    Action(GivenAction),
    /// It was wrong, and that has been said.
    Hole,
}

/// What a parameter wants.
pub enum Wants {
    Value(Type),
    Named(Kind),
    Action(Vec<(ast::Name, Option<Type>)>),
    /// Its type is wrong, and that has been said.
    Unknown,
}

/// The place of what is not there, while a template is read by itself.
pub const STAND_IN: usize = usize::MAX;

/// Kinds of names that a parameter can want, by the word for it.
const NAMED: &[(&str, Kind)] = &[
    ("thresholds", Kind::Thresholds),
    ("metric", Kind::Metric),
    ("source", Kind::Source),
    ("role", Kind::Role),
    ("window", Kind::Window),
    ("message", Kind::Message),
];

impl Resolver<'_> {
    /// Reads the arguments of a call in the caller's names.
    pub fn arguments(
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
                    match parameter {
                        Some(parameter) => self.note_use(name.span, parameter.name.span),
                        None => self.unknown_parameter(name, &open, definition),
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

    pub fn missing_arguments(
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
            // One slip is one problem: the argument has another name.
            let is_misspelt = call.arguments.iter().any(|argument| {
                let given = argument.name.as_ref().map(|it| it.text.as_str());
                let nearest =
                    given.and_then(|given| nearest(given, [name.text.as_str()].into_iter()));
                nearest.is_some() && given != Some(name.text.as_str())
            });
            if is_misspelt {
                bound.push((name.text.clone(), Bound::Hole));
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
    pub fn wants(&mut self, parameter: &TemplateParameter) -> Wants {
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
        self.note_callee(path, given.template);
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

    pub fn bind_parameters(
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
            (Bound::Named(kind, index), _) => self.bind_named(name, kind, index),
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
                self.bind_named(name, kind, index);
            }
            (Bound::Hole, Wants::Unknown) => {
                let hole = Expr::hole(parameter.span);
                self.names.declare_argument(name, hole, Type::String);
            }
        }
    }

    fn bind_named(&mut self, name: &ast::Name, kind: Kind, index: usize) {
        let doubled = self.names.declare(name, kind, index);
        doubled.into_iter().for_each(|problem| self.report(problem));
        if kind == Kind::Source
            && let Some((url, _)) = self.source_urls.get(index)
        {
            let url = url.clone();
            self.names.declare_part(name, "url", url, Type::Url);
        }
    }

    /// The place of something of a kind that a template can be read with.
    fn stand_in(&mut self, kind: Kind) -> usize {
        match kind {
            Kind::Thresholds => {
                self.thresholds.push(Some(Condition::Hole));
                self.thresholds.len() - 1
            }
            Kind::Source => {
                let url = Expr {
                    kind: ExprKind::Variable(Variable::Unbound),
                    ty: Some(Type::Url),
                    span: Span::default(),
                };
                self.source_urls.push((url, HttpOptions::default()));
                self.source_urls.len() - 1
            }
            Kind::Role
            | Kind::Hosts
            | Kind::Window
            | Kind::Metric
            | Kind::Channel
            | Kind::Message
            | Kind::Phase
            | Kind::Statement => STAND_IN,
        }
    }
}
