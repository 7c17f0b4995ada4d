//! What operators do to types and to values. The type of a result is decided
//! without values, so that everything is checked before anything runs.

use std::cmp::Ordering;

use rust_decimal::Decimal;

use crate::types::text::parse_version;
use crate::types::{Quantity, Type, Unit, Value};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Arithmetic {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Arithmetic::Add => ("added", "to"),
            Arithmetic::Subtract => ("subtracted", "from"),
            Arithmetic::Multiply => ("multiplied", "by"),
            Arithmetic::Divide => ("divided", "by"),
        }
    }
}

/// The type of `left op right`.
///
/// # Errors
/// Why they do not go together, in words.
pub fn arithmetic_type(op: Arithmetic, left: &Type, right: &Type) -> Result<Type, String> {
    let refuse = || {
        let (done, with) = op.words();
        Err(match op {
            Arithmetic::Add | Arithmetic::Subtract => {
                format!("{} cannot be {done} {with} {}", a(right), a(left))
            }
            Arithmetic::Multiply | Arithmetic::Divide => {
                format!("{} cannot be {done} {with} {}", a(left), a(right))
            }
        })
    };
    let (Some(left_unit), Some(right_unit)) = (left.unit(), right.unit()) else {
        return refuse();
    };
    match op {
        Arithmetic::Add | Arithmetic::Subtract => match (left_unit, right_unit) {
            (one, other) if one == other => Ok(sum_type(left, right)),
            // Relative: `baseline + 50%`.
            (_, Unit::Percent) if left_unit != Unit::Percent => Ok(widened(left)),
            _different => refuse(),
        },
        Arithmetic::Multiply => match (left_unit, right_unit) {
            (Unit::Number, Unit::Number) => Ok(sum_type(left, right)),
            (_, Unit::Number) => Ok(left.clone()),
            (Unit::Number, _) => Ok(right.clone()),
            (_, Unit::Percent) => Ok(left.clone()),
            _different => refuse(),
        },
        Arithmetic::Divide => match (left_unit, right_unit) {
            (one, other) if one == other => Ok(Type::Number),
            (_, Unit::Number) => Ok(left.clone()),
            _different => refuse(),
        },
    }
}

/// Whole numbers stay whole only with each other.
fn sum_type(left: &Type, right: &Type) -> Type {
    if left == right {
        left.clone()
    } else {
        widened(left)
    }
}

fn widened(ty: &Type) -> Type {
    match ty {
        Type::Int => Type::Number,
        _has_amounts => ty.clone(),
    }
}

/// `a duration`, for messages.
pub fn a(ty: &Type) -> String {
    match ty {
        Type::Int => "a whole number".to_owned(),
        Type::String => "text".to_owned(),
        Type::Bytes => "a size in bytes".to_owned(),
        Type::Url => "an address".to_owned(),
        Type::Choice(_) => "a choice".to_owned(),
        Type::List(_) => "a list".to_owned(),
        Type::Bool => "a yes or no".to_owned(),
        Type::Number
        | Type::Percent
        | Type::Duration
        | Type::Rate
        | Type::Count
        | Type::Version
        | Type::Host
        | Type::Path
        | Type::Time => format!("a {ty}"),
    }
}

/// `left op right` of values whose types go together.
///
/// # Errors
/// Division by zero, and amounts that are too large.
pub fn arithmetic(op: Arithmetic, left: Quantity, right: Quantity) -> Result<Quantity, String> {
    if op == Arithmetic::Divide && right.amount.is_zero() {
        return Err("division by zero".to_owned());
    }
    let relative = right.unit == Unit::Percent && left.unit != Unit::Percent;
    let amount = match op {
        Arithmetic::Add if relative => share(right.amount)
            .and_then(|share| left.amount.checked_mul(Decimal::ONE.checked_add(share)?)),
        Arithmetic::Subtract if relative => share(right.amount)
            .and_then(|share| left.amount.checked_mul(Decimal::ONE.checked_sub(share)?)),
        Arithmetic::Multiply if relative && left.unit != Unit::Number => {
            share(right.amount).and_then(|share| left.amount.checked_mul(share))
        }
        Arithmetic::Add => left.amount.checked_add(right.amount),
        Arithmetic::Subtract => left.amount.checked_sub(right.amount),
        Arithmetic::Multiply => left.amount.checked_mul(right.amount),
        Arithmetic::Divide => left.amount.checked_div(right.amount),
    };
    let unit = match op {
        Arithmetic::Divide if left.unit == right.unit => Unit::Number,
        Arithmetic::Multiply if left.unit == Unit::Number => right.unit,
        Arithmetic::Add | Arithmetic::Subtract | Arithmetic::Multiply | Arithmetic::Divide => {
            left.unit
        }
    };
    let amount = amount.ok_or("the result is too large")?;
    Ok(Quantity { amount, unit })
}

fn share(percent: Decimal) -> Option<Decimal> {
    percent.checked_div(Decimal::ONE_HUNDRED)
}

/// Whether values of these types can be compared at all.
pub fn comparable(left: &Type, right: &Type) -> bool {
    match (left.unit(), right.unit()) {
        (Some(one), Some(other)) => one == other,
        (None, None) => {
            left == right
                || *left == Type::String && is_text(right)
                || *right == Type::String && is_text(left)
        }
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn is_text(ty: &Type) -> bool {
    match ty {
        Type::String
        | Type::Version
        | Type::Url
        | Type::Host
        | Type::Path
        | Type::Time
        | Type::Choice(_) => true,
        Type::Int
        | Type::Number
        | Type::Bool
        | Type::Percent
        | Type::Duration
        | Type::Bytes
        | Type::Rate
        | Type::Count
        | Type::List(_) => false,
    }
}

/// The order of two values; versions in the order of semver. `None`: they have
/// no order (lists, yes and no).
pub fn order(left: &Value, right: &Value, is_version: bool) -> Option<Ordering> {
    match (left, right) {
        (Value::Quantity(left), Value::Quantity(right)) => Some(left.amount.cmp(&right.amount)),
        (Value::Text(left), Value::Text(right)) if is_version => {
            let (left, right) = (parse_version(left)?, parse_version(right)?);
            Some(left.cmp_precedence(&right))
        }
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        (Value::Bool(left), Value::Bool(right)) => (left == right).then_some(Ordering::Equal),
        (Value::List(left), Value::List(right)) => (left == right).then_some(Ordering::Equal),
        _different_kinds => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::text::read_quantity;

    fn calculate(left: &str, op: Arithmetic, right: &str) -> String {
        let read = |text: &str| read_quantity(text).expect(text);
        match arithmetic(op, read(left), read(right)) {
            Ok(quantity) => quantity.to_string(),
            Err(why) => why,
        }
    }

    #[test]
    fn percent_added_to_percent_is_points_and_to_anything_else_relative() {
        assert_eq!(calculate("1%", Arithmetic::Add, "50%"), "51%");
        assert_eq!(calculate("200ms", Arithmetic::Add, "50%"), "300ms");
        assert_eq!(calculate("10", Arithmetic::Subtract, "20%"), "8");
        assert_eq!(calculate("30", Arithmetic::Multiply, "1m"), "30m");
        assert_eq!(calculate("1m", Arithmetic::Divide, "4"), "15s");
        assert_eq!(calculate("1m", Arithmetic::Divide, "1s"), "60");
        assert_eq!(calculate("1m", Arithmetic::Divide, "0"), "division by zero");
    }

    #[test]
    fn kinds_that_do_not_fit_are_refused_in_words() {
        let refused = arithmetic_type(Arithmetic::Add, &Type::Percent, &Type::Duration);
        assert_eq!(
            refused,
            Err("a duration cannot be added to a percent".to_owned())
        );
        let refused = arithmetic_type(Arithmetic::Multiply, &Type::Duration, &Type::Duration);
        assert!(refused.is_err());
    }

    #[test]
    fn versions_have_the_order_of_semver() {
        let text = |text: &str| Value::Text(text.to_owned());
        let older = order(&text("1.9.0"), &text("v1.10.0"), true);
        assert_eq!(older, Some(Ordering::Less));
    }
}
