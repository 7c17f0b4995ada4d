//! Words of the language: keywords, types, units.

use super::{Item, KEYWORD, Place, TYPE, UNIT, VALUE, item};
use crate::syntax::Context;
use crate::types::Unit;
use crate::types::text::UNITS;

/// Every type that can be written, with an example of a value.
const TYPES: &[(&str, &str)] = &[
    ("string", "\"text\""),
    ("int", "3"),
    ("number", "0.5"),
    ("bool", "true"),
    ("percent", "10%"),
    ("duration", "5m"),
    ("bytes", "512MiB"),
    ("rate", "800/s"),
    ("count", "1200"),
    ("version", "\"1.2.3\""),
    ("url", "\"https://…\""),
    ("host", "\"web1\""),
    ("path", "\"releases/1\""),
    ("time", "\"2026-12-20T09:00:00Z\""),
    ("list<string>", "[\"a\", \"b\"]"),
];

/// Those that only parameters of templates have.
const TEMPLATE_TYPES: &[(&str, &str)] = &[
    ("action()", "the name of an action"),
    ("thresholds", "the name of thresholds"),
    ("metric", "the name of a metric"),
    ("source", "the name of a source"),
    ("role", "the name of a role"),
    ("window", "the name of a window"),
    ("message", "the name of a message"),
];

/// How a run can end, for tests.
const OUTCOMES: &[&str] = &[
    "succeeded",
    "stopped",
    "rolled_back",
    "rollback_incomplete",
    "frozen",
    "waiting",
];

impl Place<'_> {
    /// What can begin a line here.
    pub(super) fn keywords(&self, items: &mut Vec<Item>) {
        let forms = self.around.forms().into_iter();
        items.extend(forms.map(|form| Item {
            about: form.documentation(),
            ..item(form.word, KEYWORD, form.meaning)
        }));
    }

    pub(super) fn types(&self, items: &mut Vec<Item>) {
        let types = TYPES.iter();
        items.extend(types.map(|(word, example)| item(*word, TYPE, *example)));
        if self.around.call.is_some() {
            let types = TEMPLATE_TYPES.iter();
            items.extend(types.map(|(word, example)| item(*word, TYPE, *example)));
        }
    }

    /// The number that is being written, with each unit.
    pub(super) fn units(&self, items: &mut Vec<Item>) {
        let digits = self
            .stem
            .trim_end_matches(|c: char| c.is_ascii_alphabetic());
        for (unit, measures, _) in UNITS {
            let measured = match measures {
                Unit::Duration => "a duration",
                Unit::Percent => "a share",
                Unit::Bytes => "an amount of data",
                Unit::Rate => "a rate",
                Unit::Number => "a number",
            };
            items.push(item(format!("{digits}{unit}"), UNIT, measured));
        }
    }

    /// Words that are no keywords, where nothing else can stand.
    pub(super) fn words(&self, items: &mut Vec<Item>) -> bool {
        let begun = self.begun.trim_end();
        let ends = |word: &str| {
            let before = begun.strip_suffix(word);
            before.is_some_and(|it| it.is_empty() || it.ends_with([' ', '\t', ',']))
        };
        let in_gate = self.around.context() == Context::Gate;
        let words: &[&str] = if begun == "shell" {
            &["sh", "bash"]
        } else if begun == "else" && in_gate {
            &["abort", "rollback", "continue", "ask"]
        } else if begun == "else" {
            &["rollback", "continue", "stop", "ask"]
        } else if ends("no data") {
            &["hold", "pass", "fail"]
        } else if ends("series") {
            &["worst", "all", "any"]
        } else if ends("via") {
            &["ssh"]
        } else if begun == "http" || begun.ends_with(" http") && !begun.starts_with("metric") {
            &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
        } else if begun.starts_with("source ") && begun.ends_with('=') {
            &["prometheus"]
        } else if begun == "expect" && self.around.context() == Context::Test {
            items.extend(["ran", "not ran"].map(|word| item(word, KEYWORD, "what ran")));
            OUTCOMES
        } else {
            return false;
        };
        items.extend(words.iter().map(|word| item(*word, VALUE, "")));
        true
    }
}
