//! Amounts for people: short, and never so rounded that they say something
//! else.

use rust_decimal::Decimal;

use crate::machine::measure::compare::resolve;
use crate::plan::{Bound, Comparison, Relation, Test};
use crate::types::Unit;

/// So many digits are shown of a measurement.
const DIGITS: u32 = 6;

/// `2.3%`, `120ms`, `3.5MiB`: an amount in the base unit as people write it,
/// rounded to six digits.
pub fn amount(amount: Decimal, unit: Unit) -> String {
    let rounded = |amount: Decimal| amount.round_sf(DIGITS).unwrap_or(amount).normalize();
    match unit {
        Unit::Number => rounded(amount).to_string(),
        Unit::Percent => format!("{}%", rounded(amount)),
        Unit::Rate => format!("{}/s", rounded(amount)),
        Unit::Duration => {
            let small = amount.abs() < Decimal::ONE && !amount.is_zero();
            match amount.checked_mul(Decimal::ONE_THOUSAND) {
                Some(millis) if small => format!("{}ms", rounded(millis)),
                Some(_) | None => format!("{}s", rounded(amount)),
            }
        }
        Unit::Bytes => {
            let sizes = [(1u64 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
            let fits = sizes
                .into_iter()
                .find(|(size, _)| amount.abs() >= Decimal::from(*size));
            match fits {
                Some((size, name)) => format!("{}{name}", rounded(amount / Decimal::from(size))),
                None => format!("{}B", rounded(amount)),
            }
        }
    }
}

/// The value that decided, and the baseline where it was held against that.
pub(super) fn told(comparison: &Comparison, value: Decimal, baseline: Option<Decimal>) -> String {
    let shown = shown(comparison, value, baseline);
    match baseline.filter(|_| uses_baseline(comparison)) {
        Some(baseline) => format!("{shown} (baseline {})", amount(baseline, comparison.unit)),
        None => shown,
    }
}

/// Rounded, unless that would put the value on the other side of a bound.
fn shown(comparison: &Comparison, value: Decimal, baseline: Option<Decimal>) -> String {
    let unit = comparison.unit;
    let rounded = amount(value, unit);
    let misleads = bounds(comparison).into_iter().any(|bound| {
        let bound = resolve(
            &bound,
            baseline.as_ref().ok_or(&super::compare::no_baseline()),
        );
        bound.is_ok_and(|bound| bound != value && amount(bound, unit) == rounded)
    });
    if misleads {
        exact(value, unit)
    } else {
        rounded
    }
}

fn exact(value: Decimal, unit: Unit) -> String {
    let suffix = match unit {
        Unit::Number => "",
        Unit::Percent => "%",
        Unit::Duration => "s",
        Unit::Bytes => "B",
        Unit::Rate => "/s",
    };
    format!("{}{suffix}", value.normalize())
}

fn bounds(comparison: &Comparison) -> Vec<Bound> {
    let of_test = match &comparison.test {
        Test::Against(_, bound) => Some(*bound),
        Test::Within { .. } | Test::NotWorseThanBaseline => None,
    };
    let of_fail = comparison
        .fail
        .as_ref()
        .map(|(_, bound): &(Relation, Bound)| *bound);
    of_test.into_iter().chain(of_fail).collect()
}

fn uses_baseline(comparison: &Comparison) -> bool {
    let by_test = match &comparison.test {
        Test::Against(_, bound) | Test::Within { of: bound, .. } => bound.uses_baseline(),
        Test::NotWorseThanBaseline => true,
    };
    by_test
        || comparison
            .fail
            .as_ref()
            .is_some_and(|(_, bound)| bound.uses_baseline())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::measure::samples::{comparison, fixed, number};

    #[test]
    fn amounts_are_short() {
        for (text, unit, shown) in [
            ("2.30", Unit::Percent, "2.3%"),
            ("0.0512345678", Unit::Percent, "0.0512346%"),
            ("0.12", Unit::Duration, "120ms"),
            ("0", Unit::Duration, "0s"),
            ("1.5", Unit::Duration, "1.5s"),
            ("-0.002", Unit::Duration, "-2ms"),
            ("3670016", Unit::Bytes, "3.5MiB"),
            ("12", Unit::Bytes, "12B"),
            ("800", Unit::Rate, "800/s"),
            ("1234567.8", Unit::Number, "1234570"),
        ] {
            assert_eq!(amount(number(text), unit), shown, "{text}");
        }
    }

    #[test]
    fn the_largest_amounts_are_shown_too() {
        for unit in [
            Unit::Number,
            Unit::Percent,
            Unit::Duration,
            Unit::Bytes,
            Unit::Rate,
        ] {
            for value in [Decimal::MAX, Decimal::MIN, Decimal::new(1, 28)] {
                assert!(!amount(value, unit).is_empty());
            }
        }
    }

    #[test]
    fn rounding_never_hides_the_reason() {
        let test = Test::Against(Relation::LessOrEqual, fixed("0.1"));
        let it = comparison(0, test, None, "it <= 0.1%");
        assert_eq!(told(&it, number("0.1000000001"), None), "0.1000000001%");
        assert_eq!(told(&it, number("0.2000000001"), None), "0.2%");
    }
}
