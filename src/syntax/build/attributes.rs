//! The lines of a step, check, bracket or rollback.

use super::{Builder, Node, child};
use crate::syntax::Rule;
use crate::syntax::ast::{
    Alternative, Attribute, AttributeKind, Command, Name, OutputFrom, Rollback, Touch,
};
use crate::syntax::recover::Context;

impl<'t> Builder<'t> {
    /// An `attributes` rule: the lines between braces.
    pub(super) fn attributes(&mut self, block: &Node<'t>) -> Vec<Attribute> {
        let lines = self.lines(
            block,
            Context::Attribute,
            &AttributeKind::Bad,
            Self::attribute,
        );
        let attributes = lines.into_iter();
        attributes
            .map(|(kind, span)| Attribute { kind, span })
            .collect()
    }

    fn attribute(&mut self, node: Node<'t>) -> AttributeKind {
        let amount = child(&node, Rule::amount);
        match node.as_rule() {
            Rule::commands => AttributeKind::Command(self.command(node)),
            Rule::timeout => AttributeKind::Timeout(self.amount(amount, &node)),
            Rule::within => {
                let limit = self.amount(amount, &node);
                let every = self.every_of(&node);
                let every = every.unwrap_or_else(|| limit.clone());
                AttributeKind::Within { limit, every }
            }
            Rule::retry => AttributeKind::Retry {
                times: self.amount(amount, &node),
                every: self.every_of(&node),
                backoff: child(&node, Rule::backoff)
                    .and_then(|backoff| child(&backoff, Rule::amount))
                    .map(|backoff| self.expr(backoff)),
            },
            Rule::expect_contains => AttributeKind::ExpectContains(self.first_string(node)),
            Rule::expect_matches => AttributeKind::ExpectMatches(self.first_string(node)),
            Rule::expect_exit => {
                let statuses = child(&node, Rule::amounts).map(|amounts| self.amounts(amounts));
                AttributeKind::ExpectExit(statuses.unwrap_or_default())
            }
            Rule::output => self.output(node),
            Rule::capture => AttributeKind::Capture {
                name: self.first_name(&node),
                command: self.command_of(&node),
            },
            Rule::env => AttributeKind::Env(self.env(node)),
            Rule::dir => {
                let path = child(&node, Rule::expr);
                AttributeKind::Dir(self.amount(path, &node))
            }
            Rule::shell => AttributeKind::Shell(self.first_name(&node)),
            Rule::touches => self.touches(node),
            Rule::needs => AttributeKind::Needs(self.tools(node)),
            Rule::done_when => AttributeKind::DoneWhen(self.command_of(&node)),
            Rule::rollback => AttributeKind::Rollback(self.rollback(node)),
            Rule::harmless => AttributeKind::Harmless(self.first_string(node)),
            Rule::irreversible => AttributeKind::Irreversible {
                why: child(&node, Rule::why).map(|why| self.first_string(why)),
                then: child(&node, Rule::then).map(|then| self.first_string(then)),
            },
            Rule::verify => AttributeKind::Verify(self.command_of(&node)),
            Rule::best_effort => AttributeKind::BestEffort,
            Rule::repeatable => AttributeKind::Repeatable,
            Rule::atomic => AttributeKind::Atomic,
            Rule::on_host => {
                let host = child(&node, Rule::expr);
                AttributeKind::On(self.amount(host, &node))
            }
            Rule::otherwise => AttributeKind::Else(self.first_name(&node)),
            Rule::http => self.http(node),
            _nothing_else => AttributeKind::Bad,
        }
    }

    fn command_of(&mut self, node: &Node<'t>) -> Command {
        match child(node, Rule::command) {
            Some(command) => self.command(command),
            None => Command {
                text: String::new(),
                lines: Vec::new(),
                span: self.span(node),
            },
        }
    }

    pub(super) fn http(&mut self, node: Node<'t>) -> AttributeKind {
        let url = child(&node, Rule::amount);
        let method = child(&node, Rule::method).map(|method| self.name(&method));
        AttributeKind::Http {
            method: method.unwrap_or(Name {
                text: String::new(),
                span: self.span(&node),
            }),
            url: self.amount(url, &node),
            options: self.options_of(&node),
        }
    }

    fn output(&mut self, node: Node<'t>) -> AttributeKind {
        let name = self.first_name(&node);
        let default = child(&node, Rule::expr).map(|default| self.expr(default));
        let from = node.into_inner().find_map(|part| match part.as_rule() {
            Rule::from_stdout => Some(OutputFrom::Stdout(self.first_string(part))),
            Rule::from_json => Some(OutputFrom::Json(self.first_string(part))),
            Rule::from_file => Some(OutputFrom::File(self.first_string(part))),
            _something_else => None,
        });
        match from {
            Some(from) => AttributeKind::Output {
                name,
                from,
                default,
            },
            None => AttributeKind::Bad,
        }
    }

    fn touches(&mut self, node: Node<'t>) -> AttributeKind {
        let word = child(&node, Rule::touch_word);
        let how = match word.as_ref().map(|word| word.as_str()) {
            Some("destroys") => Touch::Destroys,
            Some("saves") => Touch::Saves,
            Some(_) | None => Touch::Touches,
        };
        let resources = child(&node, Rule::names).map(|names| self.names(names));
        AttributeKind::Touches {
            how,
            resources: resources.unwrap_or_default(),
        }
    }

    fn tools(&self, node: Node<'t>) -> Vec<Name> {
        let tools = node
            .into_inner()
            .filter(|part| part.as_rule() == Rule::tool);
        tools.map(|tool| self.name(&tool)).collect()
    }

    pub(super) fn rollback(&mut self, node: Node<'t>) -> Rollback {
        let span = self.span(&node);
        let mut attributes = self.attributes_or_command(&node);
        if let Some(mark) = child(&node, Rule::best_effort) {
            attributes.push(Attribute {
                kind: AttributeKind::BestEffort,
                span: self.span(&mark),
            });
        }
        let alternatives: Vec<Node<'t>> = node
            .into_inner()
            .filter(|part| part.as_rule() == Rule::alternative)
            .collect();
        let alternatives = alternatives.into_iter().map(|alternative| Alternative {
            why: child(&alternative, Rule::string).map(|why| self.string(why)),
            attributes: self.attributes_or_command(&alternative),
            span: self.span(&alternative),
        });
        Rollback {
            attributes,
            alternatives: alternatives.collect(),
            span,
        }
    }
}
