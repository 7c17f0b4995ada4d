//! Expressions to values, once the parameters have theirs.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::model::{Expr, ExprKind, TextPart, Variable};
use crate::plan::{Bound, Relation};
use crate::source::Span;
use crate::types::arithmetic::{Arithmetic, arithmetic, order};
use crate::types::{Quantity, Type, Unit, Value};
use rust_decimal::Decimal;

/// The values that names have while a plan is made.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// By index in the model.
    pub parameters: Vec<Value>,
    /// By number; `None` outside the loop.
    pub loops: Vec<Option<Value>>,
    /// The parameters whose values were used.
    pub used: RefCell<BTreeSet<usize>>,
}

/// Why an expression has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub span: Span,
    /// `None`: the problem has been reported already.
    pub message: Option<String>,
}

impl Scope {
    fn fault<T>(span: Span, message: impl Into<String>) -> Result<T, Fault> {
        Err(Fault {
            span,
            message: Some(message.into()),
        })
    }

    /// The value of an expression that is known when the run starts.
    ///
    /// # Errors
    /// A hole, or an amount that cannot be calculated.
    pub fn value(&self, expr: &Expr) -> Result<Value, Fault> {
        match &expr.kind {
            ExprKind::Value(value) => Ok(value.clone()),
            ExprKind::Variable(variable) => self.variable(variable, expr.span),
            ExprKind::Text(parts) => self.text(parts).map(Value::Text),
            ExprKind::List(items) => {
                let items = items.iter().map(|item| self.value(item));
                Ok(Value::List(items.collect::<Result<_, _>>()?))
            }
            ExprKind::Arithmetic(left, op, right) => {
                let (left, right) = (self.quantity(left)?, self.quantity(right)?);
                match arithmetic(*op, left, right) {
                    Ok(quantity) => Ok(Value::Quantity(quantity)),
                    Err(message) => Scope::fault(expr.span, message),
                }
            }
            ExprKind::Compare(left, relation, right) => {
                self.compare(left, *relation, right).map(Value::Bool)
            }
            ExprKind::And(left, right) => Ok(Value::Bool(self.truth(left)? && self.truth(right)?)),
            ExprKind::Or(left, right) => Ok(Value::Bool(self.truth(left)? || self.truth(right)?)),
            ExprKind::Not(inner) => Ok(Value::Bool(!self.truth(inner)?)),
            ExprKind::Negate(inner) => {
                let quantity = self.quantity(inner)?;
                Ok(Value::quantity(-quantity.amount, quantity.unit))
            }
            ExprKind::Hole => Err(Fault {
                span: expr.span,
                message: None,
            }),
        }
    }

    fn variable(&self, variable: &Variable, span: Span) -> Result<Value, Fault> {
        let value = match variable {
            Variable::Parameter(index) => {
                self.used.borrow_mut().insert(*index);
                self.parameters.get(*index).cloned()
            }
            Variable::Loop(number) => self.loops.get(*number).cloned().flatten(),
            Variable::Secret(_)
            | Variable::Capture { .. }
            | Variable::Output { .. }
            | Variable::Run(_)
            | Variable::Baseline
            | Variable::Given(_)
            | Variable::Unbound => None,
        };
        match value {
            Some(value) => Ok(value),
            None => Scope::fault(span, "its value is not known when the run starts"),
        }
    }

    /// Text as people read it.
    ///
    /// # Errors
    /// Those of its interpolations.
    pub fn text(&self, parts: &[TextPart]) -> Result<String, Fault> {
        let mut text = String::new();
        for part in parts {
            match part {
                TextPart::Literal(literal) => text.push_str(literal),
                TextPart::Value(expr) => text.push_str(&self.value(expr)?.to_string()),
            }
        }
        Ok(text)
    }

    pub fn truth(&self, expr: &Expr) -> Result<bool, Fault> {
        match self.value(expr)? {
            Value::Bool(value) => Ok(value),
            Value::Quantity(_) | Value::Text(_) | Value::List(_) => {
                Scope::fault(expr.span, "expected `true` or `false`")
            }
        }
    }

    pub fn quantity(&self, expr: &Expr) -> Result<Quantity, Fault> {
        match self.value(expr)? {
            Value::Quantity(quantity) => Ok(quantity),
            Value::Bool(_) | Value::Text(_) | Value::List(_) => {
                Scope::fault(expr.span, "expected an amount")
            }
        }
    }

    fn compare(&self, left: &Expr, relation: Relation, right: &Expr) -> Result<bool, Fault> {
        let is_version = [left, right]
            .iter()
            .any(|side| side.ty == Some(Type::Version));
        let (one, other) = (self.value(left)?, self.value(right)?);
        let order = order(&one, &other, is_version);
        Ok(match relation {
            Relation::Equal => order == Some(Ordering::Equal),
            Relation::NotEqual => order != Some(Ordering::Equal),
            Relation::Less => order == Some(Ordering::Less),
            Relation::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Relation::Greater => order == Some(Ordering::Greater),
            Relation::GreaterOrEqual => {
                matches!(order, Some(Ordering::Greater | Ordering::Equal))
            }
        })
    }

    /// A bound of a comparison, `baseline` kept as what it is a multiple of.
    ///
    /// # Errors
    /// Amounts that cannot be calculated, and what is not a multiple of the
    /// baseline and something more.
    pub fn bound(&self, expr: &Expr, unit: Unit) -> Result<Bound, Fault> {
        match &expr.kind {
            ExprKind::Variable(Variable::Baseline) => Ok(Bound {
                factor: Decimal::ONE,
                plus: Decimal::ZERO,
            }),
            ExprKind::Arithmetic(left, op, right) if uses_baseline(expr) => {
                let bound = self.bound_of(left, *op, right, unit);
                bound.unwrap_or_else(|| {
                    Scope::fault(
                        expr.span,
                        "a bound is a multiple of `baseline` and something more: `baseline * 2`, `baseline + 50%`",
                    )
                })
            }
            _without_baseline => Ok(Bound::fixed(self.quantity(expr)?.amount)),
        }
    }

    fn bound_of(
        &self,
        left: &Expr,
        op: Arithmetic,
        right: &Expr,
        unit: Unit,
    ) -> Option<Result<Bound, Fault>> {
        if uses_baseline(right) {
            // `2 * baseline`: the other way round.
            return (op == Arithmetic::Multiply && !uses_baseline(left))
                .then(|| self.bound_of(right, op, left, unit))?;
        }
        let bound = match self.bound(left, unit) {
            Ok(bound) => bound,
            Err(fault) => return Some(Err(fault)),
        };
        let right = match self.quantity(right) {
            Ok(right) => right,
            Err(fault) => return Some(Err(fault)),
        };
        let relative = right.unit == Unit::Percent && unit != Unit::Percent;
        let share = right.amount.checked_div(Decimal::ONE_HUNDRED)?;
        let scale = |factor: Decimal| {
            Some(Bound {
                factor: bound.factor.checked_mul(factor)?,
                plus: bound.plus.checked_mul(factor)?,
            })
        };
        let shift = |by: Decimal| {
            Some(Bound {
                factor: bound.factor,
                plus: bound.plus.checked_add(by)?,
            })
        };
        let result = match op {
            Arithmetic::Add if relative => scale(Decimal::ONE.checked_add(share)?),
            Arithmetic::Subtract if relative => scale(Decimal::ONE.checked_sub(share)?),
            Arithmetic::Multiply if relative => scale(share),
            Arithmetic::Add if right.unit == unit => shift(right.amount),
            Arithmetic::Subtract if right.unit == unit => shift(-right.amount),
            Arithmetic::Multiply if right.unit == Unit::Number => scale(right.amount),
            Arithmetic::Divide if right.unit == Unit::Number && !right.amount.is_zero() => {
                scale(Decimal::ONE.checked_div(right.amount)?)
            }
            Arithmetic::Add | Arithmetic::Subtract | Arithmetic::Multiply | Arithmetic::Divide => {
                None
            }
        };
        result.map(Ok)
    }
}

fn uses_baseline(expr: &Expr) -> bool {
    any_variable(expr, &|variable| *variable == Variable::Baseline)
}

/// Whether the value of an expression can differ from run to run.
pub fn depends_on_parameters(expr: &Expr, loops: &dyn Fn(usize) -> bool) -> bool {
    any_variable(expr, &|variable| match variable {
        Variable::Parameter(_) => true,
        Variable::Loop(number) => loops(*number),
        Variable::Secret(_)
        | Variable::Capture { .. }
        | Variable::Output { .. }
        | Variable::Run(_)
        | Variable::Baseline
        | Variable::Given(_)
        | Variable::Unbound => false,
    })
}

/// Whether one of an expression's variables is like this.
pub fn any_variable(expr: &Expr, fits: &dyn Fn(&Variable) -> bool) -> bool {
    let mut variables = Vec::new();
    variables_of(expr, &mut variables);
    variables.into_iter().any(fits)
}

/// Every variable in an expression.
pub fn variables_of<'e>(expr: &'e Expr, found: &mut Vec<&'e Variable>) {
    match &expr.kind {
        ExprKind::Variable(variable) => found.push(variable),
        ExprKind::Text(parts) => {
            for part in parts {
                if let TextPart::Value(value) = part {
                    variables_of(value, found);
                }
            }
        }
        ExprKind::Arithmetic(left, _, right)
        | ExprKind::Compare(left, _, right)
        | ExprKind::And(left, right)
        | ExprKind::Or(left, right) => {
            variables_of(left, found);
            variables_of(right, found);
        }
        ExprKind::Not(inner) | ExprKind::Negate(inner) => variables_of(inner, found),
        ExprKind::List(items) => items.iter().for_each(|item| variables_of(item, found)),
        ExprKind::Value(_) | ExprKind::Hole => {}
    }
}
