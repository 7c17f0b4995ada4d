//! What runs.

use super::{Builder, Node, child};
use crate::problem::{Code, Problem};
use crate::syntax::Rule;
use crate::syntax::ast::{
    Attribute, AttributeKind, Block, Bracket, ChecklistCheck, ChecklistItem, Expr, ExprKind,
    GateItem, GateItemKind, Head, Moment, MomentSign, Statement, StatementKind, StepBody,
};
use crate::syntax::recover::Context;

/// A block, and the two ends of a bracket that may stand in it.
#[derive(Default)]
pub(super) struct BlockParts {
    pub body: Block,
    pub enter: Option<Bracket>,
    pub leave: Option<Bracket>,
}

impl<'t> Builder<'t> {
    pub(super) fn statement(&mut self, node: Node<'t>) -> Statement {
        let span = self.span(&node);
        let doc = self.doc_before(span);
        let head = self.head(&node);
        let kind = match node.as_rule() {
            Rule::phase => self.phase(&node),
            Rule::with => {
                let parts = self.block_of(&node);
                StatementKind::With {
                    name: self.first_name(&node),
                    call: self.call_of(&node),
                    enter: parts.enter,
                    leave: parts.leave,
                    body: parts.body,
                }
            }
            Rule::parallel => StatementKind::Parallel {
                name: child(&node, Rule::name).map(|name| self.name(&name)),
                body: self.plain_block_of(&node),
            },
            Rule::for_loop => self.for_loop(&node),
            Rule::step => StatementKind::Step {
                name: self.first_name(&node),
                body: self.step_body(&node),
            },
            Rule::check => StatementKind::Check {
                name: self.first_name(&node),
                body: self.step_body(&node),
            },
            Rule::gate => StatementKind::Gate {
                name: self.first_name(&node),
                items: self.gate_items(&node),
            },
            Rule::checklist => StatementKind::Checklist {
                name: self.first_name(&node),
                items: self.checklist_items(&node),
            },
            Rule::notify => {
                let names = child(&node, Rule::names).map(|names| self.names(names));
                StatementKind::Notify {
                    messages: names.unwrap_or_default(),
                }
            }
            Rule::postmortem => StatementKind::Postmortem {
                path: self.first_string(node),
            },
            _nothing_else => StatementKind::Bad,
        };
        Statement {
            kind,
            head,
            doc,
            span,
        }
    }

    /// What stands behind the name of a statement, and behind its template.
    fn head(&mut self, node: &Node<'t>) -> Head {
        let mut head = Head::default();
        let heads = node.clone().into_inner();
        let heads = heads.filter(|part| part.as_rule() == Rule::head);
        for part in heads.flat_map(Node::into_inner) {
            let span = self.span(&part);
            let doubled = match part.as_rule() {
                Rule::head_title => head.title.replace(self.first_string(part)).is_some(),
                Rule::head_after => {
                    let names = child(&part, Rule::names).map(|names| self.names(names));
                    head.after.replace(names.unwrap_or_default()).is_some()
                }
                Rule::head_when => match child(&part, Rule::expr) {
                    Some(when) => head.when.replace(self.expr(when)).is_some(),
                    None => false,
                },
                Rule::head_at => match child(&part, Rule::moment) {
                    Some(moment) => head.at.replace(self.moment(moment)).is_some(),
                    None => false,
                },
                _nothing_else => false,
            };
            if doubled {
                let problem = Problem::new(Code::RB941, span, "this stands here twice");
                self.problems.push(problem);
            }
        }
        head
    }

    fn moment(&mut self, node: Node<'t>) -> Moment {
        let span = self.span(&node);
        let sign = child(&node, Rule::moment_sign).map(|sign| {
            if sign.as_str() == "-" {
                MomentSign::Before
            } else {
                MomentSign::After
            }
        });
        let offset = child(&node, Rule::amount).map(|offset| self.expr(offset));
        Moment {
            offset: sign.zip(offset),
            span,
        }
    }

    fn for_loop(&mut self, node: &Node<'t>) -> StatementKind {
        let list = match child(node, Rule::expr) {
            Some(list) => self.expr(list),
            None => Expr {
                kind: ExprKind::Bad,
                span: self.span(node),
            },
        };
        StatementKind::For {
            variable: self.first_name(node),
            list,
            batching: self.batching(node),
            body: self.plain_block_of(node),
        }
    }

    fn phase(&mut self, node: &Node<'t>) -> StatementKind {
        let name = self.first_name(node);
        match self.call_of(node) {
            Some(call) => StatementKind::PhaseFrom { name, call },
            None => StatementKind::Phase {
                name,
                body: self.plain_block_of(node),
            },
        }
    }

    /// A block in which `enter` and `leave` have no place.
    pub(super) fn plain_block_of(&mut self, node: &Node<'t>) -> Block {
        let parts = self.block_of(node);
        let ends = [(parts.enter, "enter"), (parts.leave, "leave")];
        for (bracket, word) in ends {
            if let Some(bracket) = bracket {
                let message = format!("`{word}` can only stand in a `with` block");
                let problem = Problem::new(Code::RB941, bracket.span, message)
                    .help("write `with NAME { enter … leave … statements }`");
                self.problems.push(problem);
            }
        }
        parts.body
    }

    pub(super) fn block_of(&mut self, node: &Node<'t>) -> BlockParts {
        let mut parts = BlockParts::default();
        let Some(block) = child(node, Rule::block) else {
            return parts;
        };
        parts.body.span = self.span(&block);
        for line in block.clone().into_inner() {
            match line.as_rule() {
                Rule::comment => {}
                Rule::enter => {
                    let bracket = self.bracket(line);
                    self.only_one(&mut parts.enter, bracket, "enter");
                }
                Rule::leave => {
                    let bracket = self.bracket(line);
                    self.only_one(&mut parts.leave, bracket, "leave");
                }
                Rule::rollback_line => {
                    if let Some(rollback) = line.into_inner().next() {
                        let rollback = self.rollback(rollback);
                        parts.body.rollbacks.push(rollback);
                    }
                }
                Rule::bad_line => {
                    let span = self.span(&line);
                    self.not_understood(&line, Context::Block);
                    parts.body.statements.push(Statement {
                        kind: StatementKind::Bad,
                        head: Head::default(),
                        doc: None,
                        span,
                    });
                }
                Rule::missing_close => self.unclosed(&block),
                _a_statement => {
                    let statement = self.statement(line);
                    parts.body.statements.push(statement);
                }
            }
        }
        parts
    }

    fn only_one(&mut self, place: &mut Option<Bracket>, bracket: Bracket, word: &str) {
        if let Some(first) = place {
            let message = format!("a bracket has one `{word}`");
            let problem =
                Problem::new(Code::RB941, bracket.span, message).and(first.span, "the first one");
            self.problems.push(problem);
        } else {
            *place = Some(bracket);
        }
    }

    fn bracket(&mut self, node: Node<'t>) -> Bracket {
        let span = self.span(&node);
        Bracket {
            attributes: self.attributes_or_command(&node),
            span,
        }
    }

    /// `{ attributes }`, or one command that stands for them.
    pub(super) fn attributes_or_command(&mut self, node: &Node<'t>) -> Vec<Attribute> {
        let mut attributes = Vec::new();
        for part in node.clone().into_inner() {
            match part.as_rule() {
                Rule::attributes => attributes.extend(self.attributes(&part)),
                Rule::command => {
                    let span = self.span(&part);
                    let kind = AttributeKind::Command(self.command(part));
                    attributes.push(Attribute { kind, span });
                }
                Rule::http => {
                    let span = self.span(&part);
                    let kind = self.http(part);
                    attributes.push(Attribute { kind, span });
                }
                _something_else => {}
            }
        }
        attributes
    }

    pub(super) fn step_body(&mut self, node: &Node<'t>) -> StepBody {
        match child(node, Rule::from_template) {
            Some(template) => StepBody {
                call: child(&template, Rule::call).map(|call| self.call(call)),
                attributes: self.attributes_or_command(&template),
            },
            None => StepBody {
                call: None,
                attributes: self.attributes_or_command(node),
            },
        }
    }

    fn gate_items(&mut self, node: &Node<'t>) -> Vec<GateItem> {
        let Some(block) = child(node, Rule::gate_block) else {
            return Vec::new();
        };
        let lines = self.lines(&block, Context::Gate, &GateItemKind::Bad, Self::gate_item);
        let items = lines.into_iter();
        items.map(|(kind, span)| GateItem { kind, span }).collect()
    }

    fn gate_item(&mut self, node: Node<'t>) -> GateItemKind {
        let amount = child(&node, Rule::amount);
        match node.as_rule() {
            Rule::approve => {
                let count =
                    child(&node, Rule::approve_count).and_then(|count| child(&count, Rule::amount));
                GateItemKind::Approve {
                    role: self.first_name(&node),
                    count: count.map(|count| self.expr(count)),
                    or_starter: child(&node, Rule::or_starter).is_some(),
                }
            }
            Rule::confirm => GateItemKind::Confirm(self.first_string(node)),
            Rule::gate_window => GateItemKind::Window(self.first_name(&node)),
            Rule::wait => GateItemKind::Wait(self.amount(amount, &node)),
            Rule::hold => GateItemKind::Hold {
                condition: self.condition_of(&node),
                lasting: self.amount(amount, &node),
                every: self.every_of(&node),
                tolerate: child(&node, Rule::tolerate)
                    .and_then(|tolerate| child(&tolerate, Rule::amount))
                    .map(|tolerate| self.expr(tolerate)),
            },
            Rule::until => GateItemKind::Until {
                condition: self.condition_of(&node),
                within: self.amount(amount, &node),
                every: self.every_of(&node),
            },
            Rule::titled_check => GateItemKind::Check(self.titled_check(node)),
            Rule::rehearsed => {
                let mut amounts = node
                    .clone()
                    .into_inner()
                    .filter(|part| part.as_rule() == Rule::amount);
                let (on, within) = (amounts.next(), amounts.next());
                GateItemKind::Rehearsed {
                    on: self.amount(on, &node),
                    within: self.amount(within, &node),
                }
            }
            Rule::timeout => GateItemKind::Timeout(self.amount(amount, &node)),
            Rule::otherwise => GateItemKind::Else(self.first_name(&node)),
            _nothing_else => GateItemKind::Bad,
        }
    }

    /// An amount that the grammar says is there.
    pub(super) fn amount(&mut self, amount: Option<Node<'t>>, around: &Node<'t>) -> Expr {
        match amount {
            Some(amount) => self.expr(amount),
            None => Expr {
                kind: ExprKind::Bad,
                span: self.span(around),
            },
        }
    }

    pub(super) fn every_of(&mut self, node: &Node<'t>) -> Option<Expr> {
        let every = child(node, Rule::every)?;
        let amount = child(&every, Rule::amount);
        Some(self.amount(amount, &every))
    }

    fn titled_check(&mut self, node: Node<'t>) -> ChecklistCheck {
        let span = self.span(&node);
        let body = self.step_body(&node);
        ChecklistCheck {
            title: self.first_string(node),
            body,
            span,
        }
    }

    fn checklist_items(&mut self, node: &Node<'t>) -> Vec<ChecklistItem> {
        let Some(block) = child(node, Rule::checklist_block) else {
            return Vec::new();
        };
        let bad = ChecklistItem::Bad;
        let lines = self.lines(&block, Context::Checklist, &bad, |this, line| {
            match line.as_rule() {
                Rule::confirm => ChecklistItem::Confirm(this.first_string(line)),
                _a_check => ChecklistItem::Check(this.titled_check(line)),
            }
        });
        lines.into_iter().map(|(item, _)| item).collect()
    }
}
