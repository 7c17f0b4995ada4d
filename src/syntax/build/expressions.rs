//! Expressions, with the precedence of their operators.

use super::{Builder, Node};
use crate::problem::{Code, Problem};
use crate::syntax::Rule;
use crate::syntax::ast::{BinaryOperator, Expr, ExprKind, Operator, Path};
use crate::types::text::{UNITS, read_quantity};

impl<'t> Builder<'t> {
    /// An `expr`, `inner_expr` or `amount` rule.
    pub(super) fn expr(&mut self, node: Node<'t>) -> Expr {
        let mut inner = node
            .into_inner()
            .filter(|child| child.as_rule() != Rule::comment);
        let Some(first) = inner.next() else {
            return Expr {
                kind: ExprKind::Bad,
                span: crate::source::Span::new(self.file, 0, 0),
            };
        };
        let mut operands = vec![self.operand(first)];
        let mut operators: Vec<BinaryOperator> = Vec::new();
        while let (Some(operator), Some(operand)) = (inner.next(), inner.next()) {
            let operator = binary_operator(&operator);
            while operators
                .last()
                .is_some_and(|last| precedence(*last) >= precedence(operator))
            {
                fold(&mut operands, &mut operators);
            }
            operators.push(operator);
            let operand = self.operand(operand);
            operands.push(operand);
        }
        while !operators.is_empty() {
            fold(&mut operands, &mut operators);
        }
        operands.swap_remove(0)
    }

    fn operand(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(&node);
        let mut prefixes = Vec::new();
        let mut value = None;
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::not | Rule::minus => prefixes.push((child.as_rule(), self.span(&child))),
                _a_value => value = Some(self.primary(child)),
            }
        }
        let mut expr = value.unwrap_or(Expr {
            kind: ExprKind::Bad,
            span,
        });
        for (applied, at) in prefixes.into_iter().rev() {
            let span = at.to(expr.span);
            let inner = Box::new(expr);
            let kind = if applied == Rule::not {
                ExprKind::Not(inner)
            } else {
                ExprKind::Negate(inner)
            };
            expr = Expr { kind, span };
        }
        expr
    }

    fn primary(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(&node);
        let kind = match node.as_rule() {
            Rule::string => ExprKind::Text(self.string(node)),
            Rule::boolean => ExprKind::Bool(node.as_str() == "true"),
            Rule::quantity => self.quantity(&node),
            Rule::path => ExprKind::Path(self.path(node)),
            Rule::list => {
                let items = node
                    .into_inner()
                    .filter(|child| child.as_rule() == Rule::inner_expr);
                let items: Vec<Node<'t>> = items.collect();
                ExprKind::List(items.into_iter().map(|item| self.expr(item)).collect())
            }
            Rule::group => {
                let inner = node
                    .into_inner()
                    .find(|child| child.as_rule() == Rule::inner_expr);
                match inner {
                    Some(inner) => return self.expr(inner),
                    None => ExprKind::Bad,
                }
            }
            _not_a_value => ExprKind::Bad,
        };
        Expr { kind, span }
    }

    pub(super) fn path(&mut self, node: Node<'t>) -> Path {
        let span = self.span(&node);
        Path {
            names: self.names(node),
            span,
        }
    }

    fn quantity(&mut self, node: &Node<'t>) -> ExprKind {
        let written = node.as_str();
        if let Some(quantity) = read_quantity(written) {
            return ExprKind::Quantity(quantity.amount, quantity.unit);
        }
        let digits = written
            .find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_')
            .unwrap_or(written.len());
        let unit = &written[digits..];
        let known = UNITS.iter().any(|(name, _, _)| *name == unit);
        let message = if unit.is_empty() || known {
            format!("`{written}` is too large")
        } else if unit.contains(|c: char| c.is_ascii_digit()) {
            format!("expected a compound such as `1h30m`, found `{written}`")
        } else {
            format!("expected an amount such as `30s`, `0.1%` or `512MiB`, found `{written}`")
        };
        let names: Vec<&str> = UNITS.iter().map(|(name, _, _)| *name).collect();
        let problem = Problem::new(Code::RB900, self.span(node), message)
            .help(format!("units are {}", names.join(" ")));
        self.problems.push(problem);
        ExprKind::Bad
    }
}

/// Applies the last operator to the last two operands.
fn fold(operands: &mut Vec<Expr>, operators: &mut Vec<BinaryOperator>) {
    if let (Some(operator), Some(right), Some(left)) =
        (operators.pop(), operands.pop(), operands.pop())
    {
        let span = left.span.to(right.span);
        let kind = ExprKind::Binary(Box::new(left), operator, Box::new(right));
        operands.push(Expr { kind, span });
    }
}

/// How tightly an operator binds.
fn precedence(operator: BinaryOperator) -> u8 {
    match operator {
        BinaryOperator::Or => 1,
        BinaryOperator::And => 2,
        BinaryOperator::Compare(_) => 3,
        BinaryOperator::Add | BinaryOperator::Subtract => 4,
        BinaryOperator::Multiply | BinaryOperator::Divide => 5,
    }
}

fn binary_operator(node: &Node) -> BinaryOperator {
    match node.as_str() {
        "or" => BinaryOperator::Or,
        "and" => BinaryOperator::And,
        "+" => BinaryOperator::Add,
        "-" => BinaryOperator::Subtract,
        "*" => BinaryOperator::Multiply,
        "/" => BinaryOperator::Divide,
        comparison => BinaryOperator::Compare(operator(comparison)),
    }
}

pub(super) fn operator(text: &str) -> Operator {
    match text {
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::Greater,
        ">=" => Operator::GreaterOrEqual,
        "!=" => Operator::NotEqual,
        _equal => Operator::Equal,
    }
}
