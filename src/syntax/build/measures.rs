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

    fn conditions(&mut self, block: &Node<'t>) -> Vec<Condition> {
        let bad = ConditionKind::Bad;
        let lines = self.lines(block, Context::Condition, &bad, |this, line| {
            this.condition(line).kind
        });
        let conditions = lines.into_iter();
        conditions
            .map(|(kind, span)| Condition { kind, span })
            .collect()
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
            Some(conditions) => self.conditions(&conditions),
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
        let block = child(&node, Rule::watch_block);
        let rules = block.map(|block| {
            let bad = WatchRuleKind::Bad;
            self.lines(&block, Context::Watch, &bad, |this, line| {
                match line.as_rule() {
                    Rule::on_request => WatchRuleKind::OnRequest {
                        reason: this.first_string(line),
                    },
                    _when => this.when_rule(line),
                }
            })
        });
        let rules = rules.into_iter().flatten();
        Watch {
            name,
            during: during.unwrap_or_default(),
            every,
            rules: rules.map(|(kind, span)| WatchRule { kind, span }).collect(),
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
