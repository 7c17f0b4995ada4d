//! Types, values and units: what parameters, metrics and expressions hold.
//! Amounts are exact decimals, so `0.1%` is the same number wherever it stands.

pub mod arithmetic;
pub mod text;
pub mod window;

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What a quantity measures. Its base unit is the one commands see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A plain number.
    Number,
    /// Percentage points: `0.1%` is 0.1.
    Percent,
    /// Seconds: `5m` is 300.
    Duration,
    /// Bytes: `1KiB` is 1024.
    Bytes,
    /// Per second: `60/m` is 1.
    Rate,
}

/// A number with what it measures, in the base unit of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Quantity {
    pub amount: Decimal,
    pub unit: Unit,
}

/// The type of a parameter, metric or expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Type {
    String,
    /// A whole number.
    Int,
    Number,
    Bool,
    Percent,
    Duration,
    Bytes,
    Rate,
    /// A number of things: whole where it is written, any amount where it is
    /// measured.
    Count,
    /// Compared in the order of semantic versioning.
    Version,
    Url,
    Host,
    Path,
    /// A moment.
    Time,
    Choice(Vec<String>),
    List(Box<Type>),
}

/// A value of any [`Type`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Value {
    Bool(bool),
    Quantity(Quantity),
    /// `string`, `version`, `url`, `host`, `path`, `time` and choices.
    Text(String),
    List(Vec<Value>),
}

impl Type {
    /// The unit of the type's amounts; `None` for types without amounts.
    pub fn unit(&self) -> Option<Unit> {
        match self {
            Type::Int | Type::Number | Type::Count => Some(Unit::Number),
            Type::Percent => Some(Unit::Percent),
            Type::Duration => Some(Unit::Duration),
            Type::Bytes => Some(Unit::Bytes),
            Type::Rate => Some(Unit::Rate),
            Type::String
            | Type::Bool
            | Type::Version
            | Type::Url
            | Type::Host
            | Type::Path
            | Type::Time
            | Type::Choice(_)
            | Type::List(_) => None,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::String => f.write_str("string"),
            Type::Int => f.write_str("int"),
            Type::Number => f.write_str("number"),
            Type::Bool => f.write_str("bool"),
            Type::Percent => f.write_str("percent"),
            Type::Duration => f.write_str("duration"),
            Type::Bytes => f.write_str("bytes"),
            Type::Rate => f.write_str("rate"),
            Type::Count => f.write_str("count"),
            Type::Version => f.write_str("version"),
            Type::Url => f.write_str("url"),
            Type::Host => f.write_str("host"),
            Type::Path => f.write_str("path"),
            Type::Time => f.write_str("time"),
            Type::Choice(choices) => {
                for (at, choice) in choices.iter().enumerate() {
                    let bar = if at == 0 { "" } else { " | " };
                    write!(f, "{bar}\"{choice}\"")?;
                }
                Ok(())
            }
            Type::List(item) => write!(f, "list<{item}>"),
        }
    }
}
