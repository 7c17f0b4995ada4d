//! Machines: `hosts`, and how many of them are worked on at a time.

use super::{Builder, Node, child};
use crate::syntax::Rule;
use crate::syntax::ast::{Batching, Expr, Hosts, ItemKind, Via, ViaOption};
use crate::syntax::recover::Context;

impl<'t> Builder<'t> {
    pub(super) fn hosts(&mut self, node: &Node<'t>) -> ItemKind {
        let Some(list) = child(node, Rule::expr) else {
            return ItemKind::Bad;
        };
        ItemKind::Hosts(Hosts {
            name: self.first_name(node),
            list: self.expr(list),
            via: child(node, Rule::via).map(|via| self.via(&via)),
        })
    }

    fn via(&mut self, node: &Node<'t>) -> Via {
        let block = child(node, Rule::via_block);
        Via {
            by: self.first_name(node),
            options: block.map_or_else(Vec::new, |block| self.via_options(&block)),
        }
    }

    fn via_options(&mut self, block: &Node<'t>) -> Vec<ViaOption> {
        let bad = Some(ViaOption::Bad);
        let lines = self.lines(block, Context::Via, &bad, |this, line| {
            match line.as_rule() {
                Rule::via_user => this.one_amount(&line).map(ViaOption::User),
                Rule::via_port => this.one_amount(&line).map(ViaOption::Port),
                Rule::via_identity => this.one_amount(&line).map(ViaOption::Identity),
                _options => {
                    let strings = line.into_inner().filter(|it| it.as_rule() == Rule::string);
                    let texts = strings.map(|it| this.string(it)).collect();
                    Some(ViaOption::Options(texts))
                }
            }
        });
        lines.into_iter().filter_map(|(option, _)| option).collect()
    }

    fn one_amount(&mut self, node: &Node<'t>) -> Option<Expr> {
        child(node, Rule::amount).map(|amount| self.expr(amount))
    }

    pub(super) fn batching(&mut self, node: &Node<'t>) -> Batching {
        let mut batching = Batching::default();
        for part in node.clone().into_inner() {
            match part.as_rule() {
                Rule::at_a_time => batching.at_a_time.extend(self.one_amount(&part)),
                Rule::tolerate => batching.tolerate.extend(self.one_amount(&part)),
                Rule::on_breach => batching.breach.push(self.first_name(&part)),
                _another_part => {}
            }
        }
        batching
    }
}
