//! The top of a file.

use super::{Builder, Node, child, is_name};
use crate::problem::{Code, Problem};
use crate::syntax::Rule;
use crate::syntax::ast::{
    Body, Channel, ChannelKind, Date, Ending, EndingKind, EnvVariable, HttpOption, ItemKind,
    Measure, Message, Metric, Name, Param, Query, Role, Secret, SecretFrom, Source, Text, TypeExpr,
    TypeExprKind, Weekday, Window, WindowRule, WindowSpan,
};
use crate::syntax::recover::Context;

impl<'t> Builder<'t> {
    pub(super) fn item(&mut self, node: Node<'t>) -> ItemKind {
        match node.as_rule() {
            Rule::runbook => ItemKind::Runbook {
                title: self.first_string(node),
            },
            Rule::param => self.param(node),
            Rule::secret => self.secret(node),
            Rule::role => self.role(node),
            Rule::hosts => self.hosts(&node),
            Rule::lock => ItemKind::Lock {
                name: self.first_string(node),
            },
            Rule::env_item => match node.into_inner().next() {
                Some(env) => ItemKind::Env(self.env(env)),
                None => ItemKind::Bad,
            },
            Rule::window_decl => self.window(node),
            Rule::source => self.source(node),
            Rule::metric => self.metric(node),
            Rule::thresholds => ItemKind::Thresholds(self.thresholds(node)),
            Rule::channel => self.channel(node),
            Rule::message => self.message(node),
            Rule::defaults => {
                let attributes = child(&node, Rule::attributes);
                let attributes = attributes.map(|inner| self.attributes(&inner));
                ItemKind::Defaults(attributes.unwrap_or_default())
            }
            Rule::watch => ItemKind::Watch(self.watch(node)),
            Rule::ending => self.ending(node),
            Rule::rollback_item => match node.into_inner().next() {
                Some(rollback) => ItemKind::Rollback(self.rollback(rollback)),
                None => ItemKind::Bad,
            },
            Rule::use_item => self.use_item(node),
            Rule::action
            | Rule::check_template
            | Rule::strategy
            | Rule::bracket
            | Rule::metric_template
            | Rule::thresholds_template
            | Rule::message_template => self.template(node),
            Rule::test_decl => self.test(node),
            Rule::trouble => self.trouble(node),
            Rule::bad_item => {
                self.not_understood(&node, Context::Item);
                ItemKind::Bad
            }
            _a_statement => ItemKind::Statement(self.statement(node)),
        }
    }

    pub(super) fn first_string(&mut self, node: Node<'t>) -> Text {
        let span = self.span(&node);
        match child(&node, Rule::string) {
            Some(string) => self.string(string),
            None => Text {
                parts: Vec::new(),
                span,
            },
        }
    }

    pub(super) fn first_name(&mut self, node: &Node<'t>) -> Name {
        match child(node, Rule::name) {
            Some(name) => self.name(&name),
            None => Name {
                text: String::new(),
                span: self.span(node),
            },
        }
    }

    fn param(&mut self, node: Node<'t>) -> ItemKind {
        let name = self.first_name(&node);
        let ty = self.first_type(&node);
        let default = child(&node, Rule::expr).map(|expr| self.expr(expr));
        let description = self.description(&node);
        ItemKind::Param(Param {
            name,
            ty,
            default,
            description,
        })
    }

    pub(super) fn description(&mut self, node: &Node<'t>) -> Option<Text> {
        child(node, Rule::description).map(|description| self.first_string(description))
    }

    pub(super) fn first_type(&mut self, node: &Node<'t>) -> TypeExpr {
        match child(node, Rule::type_expr) {
            Some(ty) => self.type_expr(ty),
            None => TypeExpr {
                kind: TypeExprKind::Bad,
                span: self.span(node),
            },
        }
    }

    pub(super) fn type_expr(&mut self, node: Node<'t>) -> TypeExpr {
        let span = self.span(&node);
        let kind = match node.into_inner().next() {
            Some(inner) => match inner.as_rule() {
                Rule::type_name => TypeExprKind::Named(inner.as_str().to_owned()),
                Rule::type_choice => {
                    let choices: Vec<Node<'t>> = inner.into_inner().collect();
                    let choices = choices.into_iter().map(|choice| self.string(choice));
                    TypeExprKind::Choice(choices.collect())
                }
                Rule::type_list => {
                    let item = self.first_type(&inner);
                    TypeExprKind::List(Box::new(item))
                }
                _nothing_else => TypeExprKind::Bad,
            },
            None => TypeExprKind::Bad,
        };
        TypeExpr { kind, span }
    }

    fn secret(&mut self, node: Node<'t>) -> ItemKind {
        let name = self.first_name(&node);
        let from = node.into_inner().find_map(|part| match part.as_rule() {
            Rule::secret_env => Some(SecretFrom::Env(self.first_string(part))),
            Rule::secret_file => Some(SecretFrom::File(self.first_string(part))),
            Rule::command => Some(SecretFrom::Command(self.command(part))),
            _the_name => None,
        });
        match from {
            Some(from) => ItemKind::Secret(Secret { name, from }),
            None => ItemKind::Bad,
        }
    }

    fn role(&mut self, node: Node<'t>) -> ItemKind {
        let name = self.first_name(&node);
        let signed_by = child(&node, Rule::string).map(|string| self.string(string));
        match child(&node, Rule::expr) {
            Some(members) => ItemKind::Role(Role {
                name,
                members: self.expr(members),
                signed_by,
            }),
            None => ItemKind::Bad,
        }
    }

    pub(super) fn env(&mut self, node: Node<'t>) -> EnvVariable {
        let name = child(&node, Rule::env_name).map(|name| self.name(&name));
        let value = child(&node, Rule::expr).map(|value| self.expr(value));
        EnvVariable {
            name: name.unwrap_or(Name {
                text: String::new(),
                span: self.span(&node),
            }),
            value,
        }
    }

    fn source(&mut self, node: Node<'t>) -> ItemKind {
        let mut names = node.clone().into_inner().filter(is_name);
        let (Some(name), Some(kind), Some(url)) =
            (names.next(), names.next(), child(&node, Rule::amount))
        else {
            return ItemKind::Bad;
        };
        ItemKind::Source(Source {
            name: self.name(&name),
            kind: self.name(&kind),
            url: self.expr(url),
            options: self.options_of(&node),
        })
    }

    pub(super) fn options_of(&mut self, node: &Node<'t>) -> Vec<HttpOption> {
        let Some(options) = child(node, Rule::http_options) else {
            return Vec::new();
        };
        let bad = Some(HttpOption::Bad);
        let lines = self.lines(&options, Context::Request, &bad, Self::http_option);
        lines.into_iter().filter_map(|(option, _)| option).collect()
    }

    fn http_option(&mut self, option: Node<'t>) -> Option<HttpOption> {
        match option.as_rule() {
            Rule::header => {
                let name = self.first_string(option.clone());
                child(&option, Rule::expr).map(|value| HttpOption::Header {
                    name,
                    value: self.expr(value),
                })
            }
            Rule::option_timeout => {
                child(&option, Rule::amount).map(|limit| HttpOption::Timeout(self.expr(limit)))
            }
            Rule::body => child(&option, Rule::expr).map(|body| HttpOption::Body(self.expr(body))),
            _expect_status => child(&option, Rule::amounts)
                .map(|statuses| HttpOption::ExpectStatus(self.amounts(statuses))),
        }
    }

    pub(super) fn amounts(&mut self, node: Node<'t>) -> Vec<crate::syntax::ast::Expr> {
        let amounts: Vec<Node<'t>> = node.into_inner().collect();
        amounts
            .into_iter()
            .filter(|amount| amount.as_rule() == Rule::amount)
            .map(|amount| self.expr(amount))
            .collect()
    }

    fn metric(&mut self, node: Node<'t>) -> ItemKind {
        let name = self.first_name(&node);
        let body = match self.call_of(&node) {
            Some(call) => Body::Made(call),
            None => Body::Written(self.measure(&node)),
        };
        ItemKind::Metric(Metric { name, body })
    }

    pub(super) fn measure(&mut self, node: &Node<'t>) -> Measure {
        Measure {
            ty: self.first_type(node),
            query: match child(node, Rule::query) {
                Some(query) => self.query(query),
                None => Query::Bad,
            },
            of: child(node, Rule::counted_by).map(|of| self.first_name(&of)),
        }
    }

    fn query(&mut self, node: Node<'t>) -> Query {
        let Some(inner) = node.into_inner().next() else {
            return Query::Bad;
        };
        match inner.as_rule() {
            Rule::command => Query::Command(self.command(inner)),
            Rule::source_query => Query::Source {
                source: self.first_name(&inner),
                query: self.first_string(inner),
            },
            Rule::http_query => match child(&inner, Rule::amount) {
                Some(url) => Query::Http {
                    url: self.expr(url),
                    at: child(&inner, Rule::string).map(|at| self.string(at)),
                    options: self.options_of(&inner),
                },
                None => Query::Bad,
            },
            _nothing_else => Query::Bad,
        }
    }

    fn channel(&mut self, node: Node<'t>) -> ItemKind {
        let name = self.first_name(&node);
        let kind = node.into_inner().find_map(|part| match part.as_rule() {
            Rule::command => Some(ChannelKind::Command(self.command(part))),
            Rule::slack => child(&part, Rule::amount).map(|url| ChannelKind::Slack {
                url: self.expr(url),
            }),
            Rule::webhook => child(&part, Rule::amount).map(|url| ChannelKind::Webhook {
                url: self.expr(url),
                options: self.options_of(&part),
            }),
            _the_name => None,
        });
        ItemKind::Channel(Channel {
            name,
            kind: kind.unwrap_or(ChannelKind::Bad),
        })
    }

    fn message(&mut self, node: Node<'t>) -> ItemKind {
        let name = self.first_name(&node);
        let channels = child(&node, Rule::names).map(|names| self.names(names));
        ItemKind::Message(Message {
            name,
            channels: channels.unwrap_or_default(),
            text: match self.call_of(&node) {
                Some(call) => Body::Made(call),
                None => Body::Written(self.first_string(node)),
            },
        })
    }

    fn ending(&mut self, node: Node<'t>) -> ItemKind {
        let on = match child(&node, Rule::ending_kind) {
            None => EndingKind::Always,
            Some(kind) => match kind.as_str() {
                "success" => EndingKind::Success,
                "rollback" => EndingKind::Rollback,
                "stuck" => EndingKind::Stuck,
                _failure => EndingKind::Failure,
            },
        };
        let body = self.block_of(&node).body;
        ItemKind::Ending(Ending { on, body })
    }

    fn window(&mut self, node: Node<'t>) -> ItemKind {
        let name = self.first_name(&node);
        let Some(block) = child(&node, Rule::window_block) else {
            return ItemKind::Bad;
        };
        let bad = WindowRule::Bad;
        let rules = self.lines(&block, Context::Window, &bad, |this, rule| {
            match rule.as_rule() {
                Rule::allow => WindowRule::Allow(this.window_span(rule)),
                _deny => WindowRule::Deny(this.window_span(rule)),
            }
        });
        let rules = rules.into_iter().map(|(rule, _)| rule).collect();
        ItemKind::Window(Window { name, rules })
    }

    fn window_span(&mut self, node: Node<'t>) -> WindowSpan {
        let mut span = WindowSpan {
            days: Vec::new(),
            dates: Vec::new(),
            hours: None,
            zone: None,
            reason: None,
            span: self.span(&node),
        };
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::days => {
                    for range in part.into_inner() {
                        let days: Vec<Weekday> = range
                            .into_inner()
                            .map(|day| weekday(day.as_str()))
                            .collect();
                        if let (Some(first), Some(last)) = (days.first(), days.last()) {
                            span.days.push((*first, *last));
                        }
                    }
                }
                Rule::dates => {
                    for range in part.into_inner() {
                        let ends: Vec<Node<'t>> = range.into_inner().collect();
                        let ends: Vec<Option<Date>> =
                            ends.iter().map(|date| self.date(date)).collect();
                        if let (Some(Some(first)), Some(Some(last))) = (ends.first(), ends.last()) {
                            span.dates.push((*first, *last));
                        }
                    }
                }
                Rule::hours => {
                    let times: Vec<Node<'t>> = part.into_inner().collect();
                    let times: Vec<Option<u16>> =
                        times.iter().map(|time| self.time(time)).collect();
                    if let [Some(from), Some(to)] = times[..] {
                        span.hours = Some((from, to));
                    }
                }
                Rule::zone => span.zone = Some(self.first_string(part)),
                Rule::reason => span.reason = Some(self.first_string(part)),
                _nothing_else => {}
            }
        }
        span
    }

    fn date(&mut self, node: &Node<'t>) -> Option<Date> {
        let written = node.as_str();
        match written.parse::<jiff::civil::Date>() {
            Ok(date) => Some(Date {
                year: date.year(),
                month: date.month(),
                day: date.day(),
            }),
            Err(_) => {
                let message = format!("there is no day `{written}`");
                let problem = Problem::new(Code::RB900, self.span(node), message)
                    .help("days are written `2026-12-20`");
                self.problems.push(problem);
                None
            }
        }
    }

    /// Minutes since midnight.
    fn time(&mut self, node: &Node<'t>) -> Option<u16> {
        let written = node.as_str();
        let parts = written.split_once(':');
        let parsed = parts.and_then(|(hours, minutes)| {
            let (hours, minutes) = (hours.parse::<u16>().ok()?, minutes.parse::<u16>().ok()?);
            let good = minutes < 60 && (hours < 24 || hours == 24 && minutes == 0);
            good.then_some(hours * 60 + minutes)
        });
        if parsed.is_none() {
            let message = format!("there is no time `{written}`");
            let problem = Problem::new(Code::RB900, self.span(node), message)
                .help("times go from `00:00` to `24:00`");
            self.problems.push(problem);
        }
        parsed
    }
}

fn weekday(text: &str) -> Weekday {
    match text {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        _sun => Weekday::Sunday,
    }
}
