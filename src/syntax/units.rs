//! Amounts as people write them by mistake: with a unit by another name, or
//! with a space before it.

use crate::types::text::UNITS;

/// Other names of units. Names in small letters are understood in any case.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("min", "m"),
    ("mins", "m"),
    ("minute", "m"),
    ("minutes", "m"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("day", "d"),
    ("days", "d"),
    ("week", "w"),
    ("weeks", "w"),
    ("msec", "ms"),
    ("millis", "ms"),
    ("milliseconds", "ms"),
    ("percent", "%"),
    ("pct", "%"),
    ("b", "B"),
    ("bytes", "B"),
    ("k", "KB"),
    ("kb", "KB"),
    ("mb", "MB"),
    ("g", "GB"),
    ("gb", "GB"),
    ("tb", "TB"),
    ("kib", "KiB"),
    ("mib", "MiB"),
    ("gi", "GiB"),
    ("gib", "GiB"),
    ("tib", "TiB"),
    ("ki", "KiB"),
    ("mi", "MiB"),
    ("rps", "/s"),
    ("qps", "/s"),
    ("/sec", "/s"),
    ("/second", "/s"),
    ("/min", "/m"),
    ("/minute", "/m"),
    ("/hour", "/h"),
];

/// The unit that a word means.
pub(super) fn meant(word: &str) -> Option<&'static str> {
    let own = UNITS.iter().map(|(name, _, _)| *name);
    if let Some(unit) = own.clone().find(|unit| *unit == word) {
        return Some(unit);
    }
    let small = word.to_ascii_lowercase();
    let other = OTHER_NAMES.iter().find(|(name, _)| *name == small);
    other
        .map(|(_, unit)| *unit)
        .or_else(|| own.clone().find(|unit| *unit == small))
}

/// What kind of value stands behind a keyword, in words.
pub(super) fn wanted_behind(before: &str) -> Option<&'static str> {
    let before = before.trim_end_matches([' ', '\t', ':', '=']);
    let start = before
        .rfind(|sign: char| !sign.is_ascii_lowercase())
        .map_or(0, |at| at + 1);
    match &before[start..] {
        "timeout" | "every" | "within" | "wait" | "for" => Some("a duration such as `30s`"),
        "retry" | "count" | "tolerate" | "min" | "exit" | "status" => Some("a number such as `2`"),
        "backoff" => Some("a factor such as `1.5`"),
        "http" => Some("a method such as `POST`"),
        _another_word => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_name_means_a_unit_there_is() {
        for (name, unit) in OTHER_NAMES {
            assert!(UNITS.iter().any(|(of, _, _)| of == unit), "{name}");
            assert_eq!(meant(name), Some(*unit));
        }
    }

    #[test]
    fn units_mean_themselves() {
        for (name, _, _) in UNITS {
            assert_eq!(meant(name), Some(*name));
        }
        assert_eq!(meant("parsec"), None);
    }
}
