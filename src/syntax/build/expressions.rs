//! Expressions, with the precedence of their operators.

use super::{Builder, Node};
use crate::problem::{Code, Problem};
use crate::syntax::ast::{BinaryOperator, Expr, ExprKind, Operator, Path};
use crate::syntax::limits::MAX_OPERATORS;
use crate::syntax::recover::suggest;
use crate::syntax::{Rule, units};
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
        let mut count = 0;
        while let (Some(operator), Some(operand)) = (inner.next(), inner.next()) {
            count += 1;
            if count > MAX_OPERATORS {
                return self.too_many_operators(&operator);
            }
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

    /// What is deeper than this could exhaust the stack of who walks the tree.
    fn too_many_operators(&mut self, node: &Node<'t>) -> Expr {
        let span = self.span(node);
        let message = format!("an expression has at most {MAX_OPERATORS} operators");
        let problem = Problem::new(Code::RB902, span, message)
            .help("calculate it in a command, or give it as a parameter");
        self.problems.push(problem);
        Expr {
            kind: ExprKind::Bad,
            span,
        }
    }

    fn operand(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(&node);
        let mut prefixes = Vec::new();
        let mut value = None;
        for child in node.into_inner() {
            match child.as_rule() {
                Rule::not | Rule::minus if prefixes.len() == MAX_OPERATORS => {
                    return self.too_many_operators(&child);
                }
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
        let span = self.span(node);
        let message = if unit.is_empty() || known {
            format!("`{written}` is too large")
        } else if is_compound(unit) {
            format!("expected a compound such as `1h30m`, found `{written}`")
        } else {
            let before = &self.text[..span.range().start];
            let wanted = units::wanted_behind(line_before(before));
            let wanted = wanted.unwrap_or("an amount such as `30s`, `0.1%` or `512MiB`");
            format!("expected {wanted}, found `{written}`")
        };
        let problem = Problem::new(Code::RB900, span, message);
        let problem = match units::meant(unit).filter(|_| !known) {
            Some(meant) => {
                let meant = format!("{}{meant}", &written[..digits]);
                suggest(problem, span, &meant)
            }
            None if unit.is_empty() || known => problem,
            None => {
                let names: Vec<&str> = UNITS.iter().map(|(name, _, _)| *name).collect();
                problem.help(format!("units are {}", names.join(" ")))
            }
        };
        self.problems.push(problem);
        ExprKind::Bad
    }
}

/// Whether a number with a unit goes on with another number.
fn is_compound(unit: &str) -> bool {
    let digits = unit.find(|sign: char| sign.is_ascii_digit());
    digits.is_some_and(|digits| UNITS.iter().any(|(name, _, _)| *name == &unit[..digits]))
}

/// What stands on a line before its end.
fn line_before(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or_default()
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
