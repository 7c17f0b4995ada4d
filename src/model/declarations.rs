//! The top of a file: parameters, secrets, roles, channels, messages.

use crate::model::commands::TaskKind;
use crate::model::expressions::Place;
use crate::model::names::{Kind, nearest, suggest};
use crate::model::resolve::{Resolver, Role};
use crate::model::templates::Makes;
use crate::model::{
    Binding, Channel, ChannelKind, Expr, HttpOptions, Message, Parameter, Secret, SecretFrom, Text,
    Variable,
};
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::Ast;
use crate::syntax::ast::{self, HttpOption, ItemKind, TemplateBody, TypeExpr, TypeExprKind};
use crate::types::Type;
use crate::types::text::example;

const TYPES: &[(&str, Type)] = &[
    ("string", Type::String),
    ("int", Type::Int),
    ("number", Type::Number),
    ("bool", Type::Bool),
    ("percent", Type::Percent),
    ("duration", Type::Duration),
    ("bytes", Type::Bytes),
    ("rate", Type::Rate),
    ("count", Type::Count),
    ("version", Type::Version),
    ("url", Type::Url),
    ("host", Type::Host),
    ("path", Type::Path),
    ("time", Type::Time),
];

/// Names of types in other languages.
const OTHER_TYPES: &[(&[&str], &str)] = &[
    (&["str", "text", "varchar", "char"], "string"),
    (&["integer", "long", "uint", "i64", "u64"], "int"),
    (&["float", "double", "decimal", "real", "numeric"], "number"),
    (&["boolean", "flag", "yesno"], "bool"),
    (&["date", "datetime", "timestamp", "instant"], "time"),
    (&["timespan", "interval", "seconds"], "duration"),
    (&["size", "memory"], "bytes"),
    (&["percentage", "ratio"], "percent"),
    (&["semver"], "version"),
    (&["uri", "link", "address"], "url"),
    (&["hostname", "server", "machine"], "host"),
    (&["file", "directory", "folder", "filename"], "path"),
];

impl Resolver<'_> {
    pub fn resolve_declarations(&mut self, ast: &Ast) {
        // Parameters first: everything else may use them.
        for item in &ast.items {
            if let ItemKind::Param(param) = &item.kind {
                self.later.insert(param.name.text.clone(), param.name.span);
            }
        }
        for item in &ast.items {
            if let ItemKind::Param(param) = &item.kind {
                self.parameter(param);
                self.later.remove(&param.name.text);
            }
        }
        // Loops and steps are over them.
        for item in &ast.items {
            if let ItemKind::Hosts(hosts) = &item.kind {
                self.hosts(hosts);
            }
        }
        for item in &ast.items {
            if let ItemKind::Defaults(attributes) = &item.kind {
                self.defaults.extend(attributes.iter().cloned());
            }
        }
        for item in &ast.items {
            if let ItemKind::Secret(secret) = &item.kind {
                self.secret(secret);
            }
        }
        for item in &ast.items {
            self.declaration(&item.kind, item.span);
        }
    }

    fn declaration(&mut self, kind: &ItemKind, span: Span) {
        match kind {
            ItemKind::Runbook { title } => {
                if self.model.title.is_some() {
                    let problem = Problem::new(Code::RB941, span, "a file is one runbook")
                        .label("a second `runbook` line")
                        .help("put the second one into a file of its own");
                    self.report(problem);
                }
                let title = self.text(title, Place::Shown);
                self.model.title = Some(title);
            }
            ItemKind::Lock { name } => {
                if self.model.lock.is_some() {
                    self.report(Problem::new(Code::RB941, span, "a runbook has one lock"));
                }
                let name = self.structure_text(name);
                self.model.lock = Some(name);
            }
            ItemKind::Env(variable) => {
                if let Some(binding) = self.env_variable(variable) {
                    self.model.environment.push(binding);
                }
            }
            ItemKind::Role(role) => self.role(role),
            ItemKind::Window(window) => {
                let window = self.window(window, span);
                self.windows.push(window);
            }
            ItemKind::Source(source) => self.source(source),
            ItemKind::Metric(metric) => self.metric(metric),
            ItemKind::Thresholds(thresholds) => self.thresholds(thresholds),
            ItemKind::Channel(channel) => self.channel(channel),
            ItemKind::Message(message) => self.message(message),
            ItemKind::Param(_)
            | ItemKind::Secret(_)
            | ItemKind::Hosts(_)
            | ItemKind::Defaults(_)
            | ItemKind::Statement(_)
            | ItemKind::Rollback(_)
            | ItemKind::Watch(_)
            | ItemKind::Ending(_)
            | ItemKind::Use(_)
            | ItemKind::Template(_)
            | ItemKind::Test(_)
            | ItemKind::Trouble(_)
            | ItemKind::Bad => {}
        }
    }

    /// Text filled in when the run starts.
    pub fn structure_text(&mut self, text: &ast::Text) -> crate::model::Text {
        self.text(text, Place::Structure)
    }

    pub fn ty(&mut self, ty: &TypeExpr) -> Option<Type> {
        match &ty.kind {
            TypeExprKind::Named(name) => {
                if let Some((_, ty)) = TYPES.iter().find(|(of, _)| of == name) {
                    return Some(ty.clone());
                }
                let other = OTHER_TYPES
                    .iter()
                    .find(|(others, _)| others.contains(&name.as_str()));
                let near = nearest(name, TYPES.iter().map(|(of, _)| *of));
                let near = other.map(|(_, ours)| *ours).or(near);
                let problem =
                    Problem::new(Code::RB920, ty.span, format!("there is no type `{name}`"));
                let problem = if name == "list" {
                    problem.help("say what it is a list of: `list<string>`")
                } else {
                    suggest(problem, ty.span, near)
                };
                self.report(problem);
                None
            }
            TypeExprKind::Choice(choices) => {
                let choices = choices.iter().map(|choice| self.plain_text(choice));
                Some(Type::Choice(choices.collect()))
            }
            TypeExprKind::List(item) => self.ty(item).map(|item| Type::List(Box::new(item))),
            TypeExprKind::Bad => None,
        }
    }

    fn parameter(&mut self, param: &ast::Param) {
        let ty = self.ty(&param.ty);
        let default = param.default.as_ref().map(|default| match &ty {
            Some(ty) => self.typed(default, ty, Place::Structure),
            None => Expr::hole(default.span),
        });
        let description = param
            .description
            .as_ref()
            .map(|description| self.plain_text(description));
        let index = self.model.parameters.len();
        let ty = ty.unwrap_or(Type::String);
        self.declare_variable(&param.name, Variable::Parameter(index), ty.clone());
        self.model.parameters.push(Parameter {
            name: param.name.text.clone(),
            ty,
            default,
            description,
            span: param.name.span,
        });
    }

    fn secret(&mut self, secret: &ast::Secret) {
        let from = match &secret.from {
            ast::SecretFrom::Env(name) => SecretFrom::Env(self.plain_text(name)),
            ast::SecretFrom::File(path) => SecretFrom::File(self.plain_text(path)),
            ast::SecretFrom::Command(command) => {
                SecretFrom::Command(Box::new(self.command_task(command, TaskKind::Secret)))
            }
        };
        let index = self.model.secrets.len();
        self.declare_variable(&secret.name, Variable::Secret(index), Type::String);
        self.model.secrets.push(Secret {
            span: secret.name.span,
            name: secret.name.text.clone(),
            from,
        });
    }

    pub fn env_variable(&mut self, variable: &ast::EnvVariable) -> Option<Binding> {
        let value = self.expr(variable.value.as_ref()?, Place::Private);
        Some(Binding {
            name: variable.name.text.clone(),
            value,
        })
    }

    fn role(&mut self, role: &ast::Role) {
        let people = Type::List(Box::new(Type::String));
        let members = self.typed(&role.members, &people, Place::Structure);
        let signed_by = role.signed_by.as_ref().map(|path| self.plain_text(path));
        self.roles.push(Role { members, signed_by });
    }

    fn source(&mut self, source: &ast::Source) {
        if source.kind.text != "prometheus" {
            let near = nearest(&source.kind.text, ["prometheus"].into_iter());
            let problem = Problem::new(
                Code::RB920,
                source.kind.span,
                format!("there is no source of kind `{}`", source.kind.text),
            )
            .help("sources are `prometheus`; a metric can also be `http` or a `$` command");
            self.report(suggest(problem, source.kind.span, near));
        }
        let url = self.typed(&source.url, &Type::Url, Place::Private);
        let options = self.http_options(&source.options);
        self.source_urls.push((url, options));
    }

    pub fn http_options(&mut self, options: &[HttpOption]) -> HttpOptions {
        let mut resolved = HttpOptions::default();
        for option in options {
            match option {
                HttpOption::Header { name, value } => {
                    let header = self.plain_text(name);
                    let value = self.expr(value, Place::Private);
                    resolved.headers.push((header, value));
                }
                HttpOption::Timeout(limit) => {
                    resolved.timeout = Some(self.typed(limit, &Type::Duration, Place::Structure));
                }
                HttpOption::Body(body) => resolved.body = Some(self.expr(body, Place::Private)),
                HttpOption::ExpectStatus(statuses) => {
                    for status in statuses {
                        let status: Option<u16> =
                            self.small_number(status, 100, 599, "an HTTP status");
                        resolved.expect_status.extend(status);
                    }
                }
                HttpOption::Bad => {}
            }
        }
        resolved
    }

    fn channel(&mut self, channel: &ast::Channel) {
        let kind = match &channel.kind {
            ast::ChannelKind::Slack { url } => ChannelKind::Slack {
                url: self.typed(url, &Type::Url, Place::Private),
            },
            ast::ChannelKind::Webhook { url, options } => ChannelKind::Webhook {
                url: self.typed(url, &Type::Url, Place::Private),
                options: Box::new(self.http_options(options)),
            },
            ast::ChannelKind::Command(command) => {
                ChannelKind::Command(Box::new(self.command_task(command, TaskKind::Channel)))
            }
            ast::ChannelKind::Bad => ChannelKind::Hole,
        };
        self.model.channels.push(Channel {
            name: channel.name.text.clone(),
            kind,
        });
    }

    fn message(&mut self, message: &ast::Message) {
        let mut channels = Vec::new();
        for name in &message.channels {
            channels.extend(self.find(name, &[Kind::Channel]));
        }
        let text = match &message.text {
            ast::Body::Written(text) => self.text(text, Place::Shown),
            ast::Body::Made(call) => self.made_text(call).unwrap_or_default(),
        };
        self.model.messages.push(Message {
            name: message.name.text.clone(),
            channels,
            text,
        });
    }

    fn made_text(&mut self, call: &ast::Call) -> Option<Text> {
        let called = self.called(call, Makes::Message)?;
        let (definition, _) = self.definition(called.template)?;
        let TemplateBody::Message(text) = &definition.body else {
            return None;
        };
        self.inside(called, |this| this.text(text, Place::Shown))
    }

    /// The place of a declared name among those of its kind; reports one that
    /// is not declared.
    pub fn find(&mut self, name: &ast::Name, kinds: &[Kind]) -> Option<usize> {
        match self.names.find(name, kinds) {
            Ok(declared) => {
                let (declared, index) = (declared.span, declared.index);
                self.note_use(name.span, declared);
                Some(index)
            }
            Err(problem) => {
                self.report(*problem);
                None
            }
        }
    }

    /// A whole number written down, within bounds.
    pub fn small_number<N: TryFrom<u32>>(
        &mut self,
        expr: &ast::Expr,
        least: u32,
        most: u32,
        what: &str,
    ) -> Option<N> {
        use rust_decimal::prelude::ToPrimitive;
        let number = match &expr.kind {
            ast::ExprKind::Quantity(amount, crate::types::Unit::Number) => amount.to_u32(),
            ast::ExprKind::Bad => return None,
            _something_else => None,
        };
        let number = number.filter(|number| (least..=most).contains(number));
        let fits = number.and_then(|number| N::try_from(number).ok());
        if fits.is_none() {
            let written = self.written(expr.span);
            let message = format!("expected {what} from {least} to {most}, found `{written}`");
            self.report(Problem::new(Code::RB940, expr.span, message));
        }
        fits
    }

    /// An address in words, for messages about what is missing.
    pub fn wanted(ty: &Type) -> String {
        example(ty)
    }
}
