//! Thresholds, conditions and watches.

use super::expressions::operator;
use super::{Builder, Node, child};
use crate::syntax::Rule;
use crate::syntax::ast::{
    Body, Comparison, ComparisonOption, Condition, ConditionKind, Expr, Operator, Test, Thresholds,
    Watch, WatchAction, WatchRule, WatchRuleKind,
};
use crate::syntax::recover::Context;

impl<'t> Builder<'t> {
    pub(super) fn thresholds(&mut self, node: Node<'t>) -> Thresholds {
        let name = self.first_name(&node);
        let description = self.description(&node);
        let lines = match self.call_of(&node) {
            Some(call) => Body::Made(call),
            None => Body::Written(self.conditions_of(&node)),
        };
        Thresholds {
            name,
            description,
            lines,
        }
    }

    fn conditions(&mut self, block: Node<'t>) -> Vec<Condition> {
        let mut conditions = Vec::new();
        for line in block.clone().into_inner() {
            match line.as_rule() {
                Rule::condition => conditions.push(self.condition(line)),
                Rule::bad_line => {
                    let span = self.span(&line);
                    self.not_understood(&line, Context::Condition);
                    conditions.push(Condition {
                        kind: ConditionKind::Bad,
                        span,
                    });
                }
                Rule::missing_close => self.unclosed(&block),
                _a_comment => {}
            }
        }
        conditions
    }

    pub(super) fn condition_of(&mut self, node: &Node<'t>) -> Condition {
        match child(node, Rule::condition) {
            Some(condition) => self.condition(condition),
            None => Condition {
                kind: ConditionKind::Bad,
                span: self.span(node),
            },
        }
    }

    fn condition(&mut self, node: Node<'t>) -> Condition {
        let span = self.span(&node);
        let kind = match node.into_inner().next() {
            Some(inner) => match inner.as_rule() {
                Rule::comparison => ConditionKind::Compare(Box::new(self.comparison(inner))),
                Rule::named_condition => ConditionKind::Named(self.first_name(&inner)),
                Rule::any_of => ConditionKind::Any(self.conditions_of(&inner)),
                Rule::all_of => ConditionKind::All(self.conditions_of(&inner)),
                _nothing_else => ConditionKind::Bad,
            },
            None => ConditionKind::Bad,
        };
        Condition { kind, span }
    }

    pub(super) fn conditions_of(&mut self, node: &Node<'t>) -> Vec<Condition> {
        match child(node, Rule::conditions) {
            Some(conditions) => self.conditions(conditions),
            None => Vec::new(),
        }
    }

    fn comparison(&mut self, node: Node<'t>) -> Comparison {
        let metric = self.first_name(&node);
        let mut test = Test::Bad;
        let mut fail = None;
        let mut options = Vec::new();
        for part in node.into_inner() {
            let amount = child(&part, Rule::amount);
            match part.as_rule() {
                Rule::test_against => {
                    let (operator, bound) = self.bound(&part);
                    test = Test::Against(operator, bound);
                }
                Rule::test_within => {
                    let mut amounts = part
                        .clone()
                        .into_inner()
                        .filter(|inner| inner.as_rule() == Rule::amount);
                    let (by, of) = (amounts.next(), amounts.next());
                    test = Test::Within {
                        by: self.amount(by, &part),
                        of: self.amount(of, &part),
                    };
                }
                Rule::test_baseline => test = Test::NotWorseThanBaseline,
                Rule::fail_bound => fail = Some(self.bound(&part)),
                Rule::min_samples => {
                    options.push(ComparisonOption::MinSamples(self.amount(amount, &part)));
                }
                Rule::no_data => options.push(ComparisonOption::NoData(self.first_name(&part))),
                Rule::series => options.push(ComparisonOption::Series(self.first_name(&part))),
                _the_metric => {}
            }
        }
        Comparison {
            metric,
            test,
            fail,
            options,
        }
    }

    fn bound(&mut self, node: &Node<'t>) -> (Operator, Expr) {
        let sign = child(node, Rule::operator);
        let sign = sign.map_or(Operator::Equal, |sign| operator(sign.as_str()));
        let amount = child(node, Rule::amount);
        (sign, self.amount(amount, node))
    }

    pub(super) fn watch(&mut self, node: Node<'t>) -> Watch {
        let name = self.first_name(&node);
        let during = child(&node, Rule::watched).map(|names| self.names(names));
        let every = self.every_of(&node);
        let mut rules = Vec::new();
        if let Some(block) = child(&node, Rule::watch_block) {
            for line in block.clone().into_inner() {
                let span = self.span(&line);
                let kind = match line.as_rule() {
                    Rule::comment => continue,
                    Rule::missing_close => {
                        self.unclosed(&block);
                        continue;
                    }
                    Rule::bad_line => {
                        self.not_understood(&line, Context::Watch);
                        WatchRuleKind::Bad
                    }
                    Rule::on_request => WatchRuleKind::OnRequest {
                        reason: self.first_string(line),
                    },
                    _when => self.when_rule(line),
                };
                rules.push(WatchRule { kind, span });
            }
        }
        Watch {
            name,
            during: during.unwrap_or_default(),
            every,
            rules,
        }
    }

    fn when_rule(&mut self, node: Node<'t>) -> WatchRuleKind {
        let asks = child(&node, Rule::watch_action).is_some_and(|action| action.as_str() == "ask");
        let action = if asks {
            WatchAction::Ask
        } else {
            WatchAction::Rollback
        };
        WatchRuleKind::When {
            action,
            condition: self.condition_of(&node),
            lasting: child(&node, Rule::amount).map(|lasting| self.expr(lasting)),
        }
    }
}
