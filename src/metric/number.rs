//! Exact decimals from text. Digits beyond the 28th are rounded; nothing goes
//! through a float.

use rust_decimal::Decimal;

use crate::types::Unit;

/// Longer texts are no numbers; the longest float written out is shorter.
const LONGEST: usize = 400;
/// Places before the point that an amount may have.
const MOST_PLACES: i32 = 29;
/// So many of a text are shown to people.
const SHOWN: usize = 80;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Number {
    Amount(Decimal),
    /// It says that there is none: `NaN`, `+Inf`. Why, in words.
    None(String),
}

/// Reads a number, and behind it a unit of this kind; without one it is in the
/// base unit.
///
/// # Errors
/// What it is instead, in words that follow a verb: `` `x`, expected a number ``.
pub fn parse(text: &str, unit: Unit) -> Result<Number, String> {
    let text = text.trim();
    if is_none(text) {
        return Ok(Number::None(format!("the value is `{text}`")));
    }
    let wrong = || format!("{}, expected {}", shown(text), expected(unit));
    if text.len() > LONGEST {
        return Err(wrong());
    }
    let (written, suffix) = split(text).ok_or_else(wrong)?;
    let too_large = || format!("{}, which is too large", shown(text));
    let number = written.amount().ok_or_else(too_large)?;
    let suffix = suffix.trim_start();
    if suffix.is_empty() {
        return Ok(Number::Amount(number));
    }
    let (found, size) = unit_of(suffix).ok_or_else(wrong)?;
    if found != unit {
        let (found, wanted) = (a(found), a(unit));
        return Err(format!(
            "{}, {found} where {wanted} is expected",
            shown(text)
        ));
    }
    let amount = match found {
        Unit::Rate => number.checked_div(size),
        Unit::Number | Unit::Percent | Unit::Duration | Unit::Bytes => number.checked_mul(size),
    };
    Ok(Number::Amount(amount.ok_or_else(too_large)?.normalize()))
}

/// In backticks, made harmless and short.
pub fn shown(text: &str) -> String {
    let mut kept: String = text.chars().take(SHOWN).collect();
    if kept.len() < text.len() {
        kept.push('…');
    }
    format!(
        "`{}`",
        kept.escape_debug()
            .to_string()
            .replace("\\\"", "\"")
            .replace("\\'", "'")
    )
}

fn is_none(text: &str) -> bool {
    let bare = text.strip_prefix(['+', '-']).unwrap_or(text);
    ["nan", "inf", "infinity", "null"]
        .iter()
        .any(|word| bare.eq_ignore_ascii_case(word))
}

/// A number as it is written: digits before and behind the point, exponent.
struct Written<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
    exponent: i32,
}

/// The number at the beginning of a text, and what follows it.
fn split(text: &str) -> Option<(Written<'_>, &str)> {
    let negative = text.starts_with('-');
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, rest) = digits(rest);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => digits(rest),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (exponent, rest) = exponent(rest);
    let written = Written {
        negative,
        whole,
        fraction,
        exponent,
    };
    Some((written, rest))
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

/// `e-05`; what only looks like one is left to be read as a unit.
fn exponent(text: &str) -> (i32, &str) {
    let Some(rest) = text.strip_prefix(['e', 'E']) else {
        return (0, text);
    };
    let negative = rest.starts_with('-');
    let (digits, after) = digits(rest.strip_prefix(['+', '-']).unwrap_or(rest));
    if digits.is_empty() {
        return (0, text);
    }
    // Further than any number reaches is as far as any.
    let far = 10_000;
    let size = digits.parse::<i32>().map_or(far, |size| size.min(far));
    (if negative { -size } else { size }, after)
}

impl Written<'_> {
    /// `None`: too large.
    fn amount(&self) -> Option<Decimal> {
        let all = format!("{}{}", self.whole, self.fraction);
        let digits = all.trim_start_matches('0');
        if digits.is_empty() {
            return Some(Decimal::ZERO);
        }
        let zeros = i32::try_from(all.len() - digits.len()).ok()?;
        let whole = i32::try_from(self.whole.len()).ok()?;
        // Places before the point; negative: zeros behind it.
        let places = whole.checked_sub(zeros)?.checked_add(self.exponent)?;
        if places > MOST_PLACES {
            return None;
        }
        if places < -MOST_PLACES {
            return Some(Decimal::ZERO);
        }
        let amount: Decimal = with_point(digits, places)?.parse().ok()?;
        let amount = if self.negative { -amount } else { amount };
        Some(amount.normalize())
    }
}

/// The digits with the point after so many of them.
fn with_point(digits: &str, places: i32) -> Option<String> {
    if places <= 0 {
        let zeros = usize::try_from(-places).ok()?;
        return Some(format!("0.{}{digits}", "0".repeat(zeros)));
    }
    let places = usize::try_from(places).ok()?;
    Some(match digits.split_at_checked(places) {
        Some((whole, fraction)) if !fraction.is_empty() => format!("{whole}.{fraction}"),
        Some(_) | None => format!(
            "{digits}{}",
            "0".repeat(places.saturating_sub(digits.len()))
        ),
    })
}

/// A unit behind a number, with its size in the base unit; for a rate, so many
/// seconds.
fn unit_of(suffix: &str) -> Option<(Unit, Decimal)> {
    let whole = |size: i64| Decimal::new(size, 0);
    Some(match suffix {
        "%" => (Unit::Percent, Decimal::ONE),
        "us" | "µs" => (Unit::Duration, Decimal::new(1, 6)),
        "ms" => (Unit::Duration, Decimal::new(1, 3)),
        "s" => (Unit::Duration, Decimal::ONE),
        "m" => (Unit::Duration, whole(60)),
        "h" => (Unit::Duration, whole(3_600)),
        "d" => (Unit::Duration, whole(86_400)),
        "w" => (Unit::Duration, whole(604_800)),
        "B" => (Unit::Bytes, Decimal::ONE),
        "KB" | "kB" => (Unit::Bytes, whole(1_000)),
        "MB" => (Unit::Bytes, whole(1_000_000)),
        "GB" => (Unit::Bytes, whole(1_000_000_000)),
        "TB" => (Unit::Bytes, whole(1_000_000_000_000)),
        "KiB" => (Unit::Bytes, whole(1 << 10)),
        "MiB" => (Unit::Bytes, whole(1 << 20)),
        "GiB" => (Unit::Bytes, whole(1 << 30)),
        "TiB" => (Unit::Bytes, whole(1 << 40)),
        "/s" => (Unit::Rate, Decimal::ONE),
        "/m" => (Unit::Rate, whole(60)),
        "/h" => (Unit::Rate, whole(3_600)),
        _unknown => return None,
    })
}

fn expected(unit: Unit) -> &'static str {
    match unit {
        Unit::Number => "a number such as `12` or `0.5`",
        Unit::Percent => "a number such as `2.3` or `2.3%`",
        Unit::Duration => "seconds such as `0.12`, or `120ms`",
        Unit::Bytes => "bytes such as `4096`, or `4KiB`",
        Unit::Rate => "a number per second such as `800`, or `800/s`",
    }
}

fn a(unit: Unit) -> &'static str {
    match unit {
        Unit::Number => "a plain number",
        Unit::Percent => "a percentage",
        Unit::Duration => "a duration",
        Unit::Bytes => "a size",
        Unit::Rate => "a rate",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amount(text: &str, unit: Unit) -> String {
        match parse(text, unit) {
            Ok(Number::Amount(amount)) => amount.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn numbers_are_exact() {
        for (text, wanted) in [
            ("0", "0"),
            ("-0", "0"),
            ("-0.0", "0"),
            ("007", "7"),
            ("+1.50", "1.5"),
            (".5", "0.5"),
            ("-.5", "-0.5"),
            ("5.", "5"),
            ("0.1000000001", "0.1000000001"),
            ("1e-05", "0.00001"),
            ("1E5", "100000"),
            ("1.5e+3", "1500"),
            ("123.456e-2", "1.23456"),
            ("1.2345678901234567e-15", "0.0000000000000012345678901235"),
            ("0.30000000000000004", "0.30000000000000004"),
            (
                "0.1234567890123456789012345678901234567890",
                "0.1234567890123456789012345679",
            ),
            (
                "12345678901234567890123456789",
                "12345678901234567890123456789",
            ),
            ("1e28", "10000000000000000000000000000"),
            ("1e-300", "0"),
            ("0e99999999999999999999", "0"),
            ("1e-99999999999999999999", "0"),
            ("9.99999999999999999999999999999", "10"),
        ] {
            assert_eq!(amount(text, Unit::Number), wanted, "{text}");
        }
    }

    #[test]
    fn units_are_read_in_the_base_unit() {
        for (text, unit, wanted) in [
            ("2.3%", Unit::Percent, "2.3"),
            ("2.3 %", Unit::Percent, "2.3"),
            ("120ms", Unit::Duration, "0.12"),
            ("2m", Unit::Duration, "120"),
            ("1e3us", Unit::Duration, "0.001"),
            ("512MiB", Unit::Bytes, "536870912"),
            ("1.5TB", Unit::Bytes, "1500000000000"),
            ("60/m", Unit::Rate, "1"),
            ("800/s", Unit::Rate, "800"),
        ] {
            assert_eq!(amount(text, unit), wanted, "{text}");
        }
    }

    #[test]
    fn what_says_that_there_is_none_is_none() {
        for text in [
            "NaN", "nan", "-nan", "+Inf", "-Inf", "inf", "Infinity", "null",
        ] {
            let none = Number::None(format!("the value is `{text}`"));
            assert_eq!(parse(text, Unit::Number), Ok(none));
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let long = "1".repeat(LONGEST + 1);
        for text in [
            "", " ", "-", "+", ".", "e5", "-e5", "--1", "1-", "1.2.3", "1,5", "1_000", "0x10",
            "1 2", "１", "٣", "1e", "1e+", "1ee5", "ok", "nano", "12%%", "12xs", "$1", &long,
        ] {
            let refused = parse(text, Unit::Percent);
            assert!(refused.is_err(), "{text}: {refused:?}");
        }
        for (text, unit) in [
            ("1e29", Unit::Number),
            ("1e99999999999999999999", Unit::Number),
            ("79228162514264337593543950336", Unit::Number),
            ("1e28TiB", Unit::Bytes),
        ] {
            let refused = parse(text, unit).expect_err(text);
            assert_eq!(refused, format!("`{text}`, which is too large"));
        }
        let other = parse("5%", Unit::Number).expect_err("a percentage");
        assert_eq!(other, "`5%`, a percentage where a plain number is expected");
    }

    #[test]
    fn what_is_shown_is_short_and_harmless() {
        assert_eq!(shown("a\u{1b}[31m\"b\"\n"), "`a\\u{1b}[31m\"b\"\\n`");
        assert_eq!(shown(&"x".repeat(1_000)).chars().count(), SHOWN + 3);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn decimals_are_read_as_they_are_written(mantissa in any::<i64>(), scale in 0..20u32) {
            let decimal = Decimal::new(mantissa, scale);
            prop_assert_eq!(amount(&decimal.to_string(), Unit::Number), decimal.normalize().to_string());
        }

        /// A float's shortest text means the same number with an exponent and
        /// without one.
        #[test]
        fn floats_are_read_the_same_in_both_notations(float in -1e15..1e15f64, tiny in any::<bool>()) {
            let float = if tiny { float * 1e-18 } else { float };
            prop_assert_eq!(amount(&format!("{float:e}"), Unit::Number), amount(&format!("{float}"), Unit::Number));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}") {
            for unit in [Unit::Number, Unit::Percent, Unit::Duration, Unit::Bytes, Unit::Rate] {
                let _read_or_refused = parse(&text, unit);
            }
        }
    }
}
