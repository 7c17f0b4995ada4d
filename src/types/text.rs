//! Values as text: as commands see them, as people write them, and back.

use std::fmt;

use rust_decimal::Decimal;

use crate::types::{Quantity, Type, Unit, Value};

/// Every unit that can be written behind a number, with what it measures and
/// its size in the base unit.
pub const UNITS: &[(&str, Unit, Decimal)] = &[
    ("us", Unit::Duration, Decimal::from_parts(1, 0, 0, false, 6)),
    ("ms", Unit::Duration, Decimal::from_parts(1, 0, 0, false, 3)),
    ("s", Unit::Duration, Decimal::ONE),
    ("m", Unit::Duration, whole(60)),
    ("h", Unit::Duration, whole(3_600)),
    ("d", Unit::Duration, whole(86_400)),
    ("w", Unit::Duration, whole(604_800)),
    ("%", Unit::Percent, Decimal::ONE),
    ("B", Unit::Bytes, Decimal::ONE),
    ("KB", Unit::Bytes, whole(1_000)),
    ("MB", Unit::Bytes, whole(1_000_000)),
    ("GB", Unit::Bytes, whole(1_000_000_000)),
    (
        "TB",
        Unit::Bytes,
        Decimal::from_parts(3_567_587_328, 232, 0, false, 0),
    ),
    ("KiB", Unit::Bytes, whole(1 << 10)),
    ("MiB", Unit::Bytes, whole(1 << 20)),
    ("GiB", Unit::Bytes, whole(1 << 30)),
    ("TiB", Unit::Bytes, Decimal::from_parts(0, 256, 0, false, 0)),
    ("/s", Unit::Rate, Decimal::ONE),
    // A rate per minute or hour divides; see `unit_amount`.
    ("/m", Unit::Rate, whole(60)),
    ("/h", Unit::Rate, whole(3_600)),
];

const fn whole(amount: u32) -> Decimal {
    Decimal::from_parts(amount, 0, 0, false, 0)
}

/// A number with a unit, in the base unit; `None` where the unit is unknown or
/// the amount too large.
pub fn quantity(number: Decimal, unit: &str) -> Option<Quantity> {
    let (_, kind, size) = UNITS.iter().find(|(name, _, _)| *name == unit)?;
    let amount = match kind {
        Unit::Rate => number.checked_div(*size)?,
        Unit::Number | Unit::Percent | Unit::Duration | Unit::Bytes => number.checked_mul(*size)?,
    };
    Some(Quantity {
        amount,
        unit: *kind,
    })
}

/// Reads `5m`, `1h30m`, `0.1%`, `800/s`, `-3`; a compound has units of one kind,
/// each smaller than the one before.
pub fn read_quantity(text: &str) -> Option<Quantity> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut total: Option<Quantity> = None;
    let mut last_size: Option<Decimal> = None;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_')
            .unwrap_or(rest.len());
        let number = read_number(&rest[..digits])?;
        rest = &rest[digits..];
        let end = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        let (unit, after) = rest.split_at(end);
        rest = after;
        let part = if unit.is_empty() {
            Quantity {
                amount: number,
                unit: Unit::Number,
            }
        } else {
            quantity(number, unit)?
        };
        let size = quantity(Decimal::ONE, unit).map(|one| one.amount);
        total = Some(match total {
            None => part,
            Some(sum)
                if sum.unit == part.unit
                    && matches!(part.unit, Unit::Duration | Unit::Bytes)
                    && size < last_size =>
            {
                Quantity {
                    amount: sum.amount.checked_add(part.amount)?,
                    unit: sum.unit,
                }
            }
            Some(_) => return None,
        });
        last_size = size;
    }
    let total = total?;
    let amount = if negative {
        -total.amount
    } else {
        total.amount
    };
    Some(Quantity { amount, ..total })
}

/// A decimal number in digits, `_` between them allowed.
pub fn read_number(text: &str) -> Option<Decimal> {
    let starts_well = text.starts_with(|c: char| c.is_ascii_digit());
    let ends_well = text.ends_with(|c: char| c.is_ascii_digit());
    if !starts_well || !ends_well || text.matches('.').count() > 1 {
        return None;
    }
    Decimal::from_str_exact(&text.replace('_', "")).ok()
}

impl Value {
    pub fn quantity(amount: Decimal, unit: Unit) -> Value {
        Value::Quantity(Quantity { amount, unit })
    }

    /// As commands see it: a plain number in the base unit, list items on
    /// lines of their own.
    pub fn shell_text(&self) -> String {
        match self {
            Value::Bool(value) => value.to_string(),
            Value::Quantity(quantity) => quantity.amount.normalize().to_string(),
            Value::Text(text) => text.clone(),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(Value::shell_text).collect();
                items.join("\n")
            }
        }
    }
}

/// As people write it: `10%`, `5m`, `512MiB`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(value) => write!(f, "{value}"),
            Value::Quantity(quantity) => write!(f, "{quantity}"),
            Value::Text(text) => f.write_str(text),
            Value::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}{item}")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let amount = self.amount.normalize();
        match self.unit {
            Unit::Number => write!(f, "{amount}"),
            Unit::Percent => write!(f, "{amount}%"),
            Unit::Rate => write!(f, "{amount}/s"),
            // Not in weeks: who says `30d` does not think of `4w2d`.
            Unit::Duration => write_compound(f, amount, &["d", "h", "m", "s", "ms", "us"], "s"),
            Unit::Bytes => write_bytes(f, amount),
        }
    }
}

/// `1h30m`: whole amounts of each unit; what is left stands in the base unit.
fn write_compound(
    f: &mut fmt::Formatter<'_>,
    amount: Decimal,
    units: &[&str],
    base: &str,
) -> fmt::Result {
    if amount.is_zero() {
        return write!(f, "0{base}");
    }
    let mut left = amount.abs();
    let mut parts = String::new();
    for unit in units {
        let Some(one) = quantity(Decimal::ONE, unit) else {
            continue;
        };
        let Some(count) = left.checked_div(one.amount).map(|count| count.trunc()) else {
            continue;
        };
        if !count.is_zero() {
            parts.push_str(&format!("{count}{unit}"));
            left -= count * one.amount;
        }
    }
    if !left.is_zero() {
        // Finer than the finest unit: one number in the base unit says it all.
        return write!(f, "{amount}{base}");
    }
    let sign = if amount.is_sign_negative() { "-" } else { "" };
    write!(f, "{sign}{parts}")
}

fn write_bytes(f: &mut fmt::Formatter<'_>, amount: Decimal) -> fmt::Result {
    let units = ["TiB", "TB", "GiB", "GB", "MiB", "MB", "KiB", "KB"];
    let fits = units.into_iter().find_map(|unit| {
        let one = quantity(Decimal::ONE, unit)?.amount;
        let count = amount.checked_div(one)?;
        (!amount.is_zero() && count.fract().is_zero()).then_some((count, unit))
    });
    match fits {
        Some((count, unit)) => write!(f, "{}{unit}", count.normalize()),
        None => write!(f, "{amount}B"),
    }
}

/// How long something took, as people say it: `250ms`, `1.5s`, `3m 20s`.
pub fn elapsed(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis}ms"),
        1_000..120_000 if millis.is_multiple_of(1_000) => format!("{}s", millis / 1_000),
        1_000..120_000 => format!(
            "{:.1}s",
            Decimal::new(i64::try_from(millis / 100).unwrap_or(0), 1)
        ),
        120_000..7_200_000 if millis.is_multiple_of(60_000) => format!("{}m", millis / 60_000),
        120_000..7_200_000 => format!("{}m {}s", millis / 60_000, millis % 60_000 / 1_000),
        _hours => format!("{}h {}m", millis / 3_600_000, millis % 3_600_000 / 60_000),
    }
}

/// A moment of milliseconds since 1970 for people: `2026-11-24 14:05:09 UTC`.
pub fn moment(wall: i64) -> String {
    jiff::Timestamp::from_millisecond(wall)
        .map(|at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
        .unwrap_or_default()
}

/// Reads a value of a type from text, as given with `--set` or typed at a
/// prompt.
///
/// # Errors
/// What was expected, in words.
pub fn read_value(text: &str, ty: &Type) -> Result<Value, String> {
    match ty {
        Type::Bool => match text {
            "true" | "yes" => Ok(Value::Bool(true)),
            "false" | "no" => Ok(Value::Bool(false)),
            _other => Err(format!("expected `true` or `false`, found `{text}`")),
        },
        Type::Int | Type::Number | Type::Count => {
            let wrong = || format!("expected a number, found `{text}`");
            let quantity = read_quantity(text).ok_or_else(wrong)?;
            fit(Value::Quantity(quantity), ty)
        }
        Type::Percent | Type::Duration | Type::Bytes | Type::Rate => {
            let wrong = || format!("expected {}, found `{text}`", example(ty));
            let quantity = read_quantity(text).ok_or_else(wrong)?;
            fit(Value::Quantity(quantity), ty)
        }
        Type::List(item) => {
            let items = text
                .split([',', '\n'])
                .map(str::trim)
                .filter(|piece| !piece.is_empty())
                .map(|piece| read_value(piece, item));
            Ok(Value::List(items.collect::<Result<_, _>>()?))
        }
        Type::String
        | Type::Version
        | Type::Url
        | Type::Host
        | Type::Path
        | Type::Time
        | Type::Choice(_) => fit(Value::Text(text.to_owned()), ty),
    }
}

/// Checks that a value is of a type.
///
/// # Errors
/// What was expected, in words.
pub fn fit(value: Value, ty: &Type) -> Result<Value, String> {
    let wrong = |value: &Value| format!("expected {}, found `{value}`", example(ty));
    match (&value, ty) {
        (Value::Bool(_), Type::Bool) | (Value::Text(_), Type::String) => Ok(value),
        (Value::Quantity(quantity), Type::Int) if quantity.unit == Unit::Number => {
            if quantity.amount.fract().is_zero() {
                Ok(value)
            } else {
                Err(format!("expected a whole number, found `{value}`"))
            }
        }
        (Value::Quantity(quantity), _) if ty.unit() == Some(quantity.unit) => Ok(value),
        (Value::Text(text), Type::Choice(choices)) if choices.contains(text) => Ok(value),
        (Value::Text(text), Type::Version) if is_version(text) => Ok(value),
        (Value::Text(text), Type::Url) if is_url(text) => Ok(value),
        (Value::Text(text), Type::Host) if is_host(text) => Ok(value),
        (Value::Text(text), Type::Path) if !text.is_empty() && !text.contains('\0') => Ok(value),
        (Value::Text(text), Type::Time) if text.parse::<jiff::Timestamp>().is_ok() => Ok(value),
        (Value::List(items), Type::List(item)) => {
            let items = items.iter().map(|value| fit(value.clone(), item));
            Ok(Value::List(items.collect::<Result<_, _>>()?))
        }
        (Value::Bool(_) | Value::Quantity(_) | Value::Text(_) | Value::List(_), _) => {
            Err(wrong(&value))
        }
    }
}

/// `a duration such as `30s``: a type in words.
pub fn example(ty: &Type) -> String {
    match ty {
        Type::String => "text in quotes".to_owned(),
        Type::Int => "a whole number such as `3`".to_owned(),
        Type::Number | Type::Count => "a number such as `3`".to_owned(),
        Type::Bool => "`true` or `false`".to_owned(),
        Type::Percent => "a percentage such as `0.1%`".to_owned(),
        Type::Duration => "a duration such as `30s`".to_owned(),
        Type::Bytes => "a size such as `512MiB`".to_owned(),
        Type::Rate => "a rate such as `800/s`".to_owned(),
        Type::Version => "a version such as `1.2.3`".to_owned(),
        Type::Url => "an address such as `https://example.org/`".to_owned(),
        Type::Host => "a host name such as `web1.internal`".to_owned(),
        Type::Path => "a path such as `scripts/run.sh`".to_owned(),
        Type::Time => "a time such as `2026-12-20T09:00:00Z`".to_owned(),
        Type::Choice(choices) => {
            let choices: Vec<String> = choices.iter().map(|one| format!("`{one}`")).collect();
            format!("one of {}", choices.join(", "))
        }
        Type::List(item) => format!("a list of {item}"),
    }
}

/// Versions follow semver; a leading `v` is allowed and kept.
pub fn is_version(text: &str) -> bool {
    parse_version(text).is_some()
}

pub(crate) fn parse_version(text: &str) -> Option<semver::Version> {
    semver::Version::parse(text.strip_prefix('v').unwrap_or(text)).ok()
}

fn is_url(text: &str) -> bool {
    let rest = text
        .strip_prefix("http://")
        .or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

fn is_host(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elapsed_time_is_brief() {
        let written: Vec<String> = [5, 1_500, 90_000, 300_000, 330_000, 3_900_000, 7_500_000]
            .into_iter()
            .map(elapsed)
            .collect();
        assert_eq!(
            written,
            ["5ms", "1.5s", "90s", "5m", "5m 30s", "65m", "2h 5m"]
        );
    }

    #[test]
    fn quantities_are_read_in_their_base_unit() {
        let cases = [
            ("90s", "1m30s", "90"),
            ("1h30m", "1h30m", "5400"),
            ("30d", "30d", "2592000"),
            ("2w", "14d", "1209600"),
            ("36h", "1d12h", "129600"),
            ("0.1%", "0.1%", "0.1"),
            ("512MiB", "512MiB", "536870912"),
            ("1TB", "1TB", "1000000000000"),
            ("2TiB", "2TiB", "2199023255552"),
            ("60/m", "1/s", "1"),
            ("250ms", "250ms", "0.25"),
            ("-5m", "-5m", "-300"),
            ("1_000", "1000", "1000"),
        ];
        for (written, shown, shell) in cases {
            let value = Value::Quantity(read_quantity(written).expect(written));
            assert_eq!(value.to_string(), shown, "{written}");
            assert_eq!(value.shell_text(), shell, "{written}");
            let again = read_quantity(shown).map(Value::Quantity);
            assert_eq!(again, Some(value), "{written}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused() {
        for text in [
            "",
            "5x",
            "m",
            "1m1h",
            "1%1%",
            "1.2.3",
            "5 m",
            "1h30",
            ".5s",
            "5.s",
            "99999999999999999999999999999w",
        ] {
            assert_eq!(read_quantity(text), None, "{text}");
        }
    }

    #[test]
    fn values_fit_their_types() {
        assert!(read_value("1.2.3", &Type::Version).is_ok());
        assert!(read_value("1.2", &Type::Version).is_err());
        assert!(read_value("2.5", &Type::Int).is_err());
        assert!(read_value("5m", &Type::Percent).is_err());
        let list = read_value("a, b", &Type::List(Box::new(Type::String)));
        assert_eq!(list.map(|list| list.to_string()), Ok("a, b".to_owned()));
    }
}
