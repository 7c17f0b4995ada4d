//! What is read from small texts, each with its expectation beside it.

mod commands;
mod faults;
mod properties;
mod sets;
mod uses;

use super::{Dialect, Quoting, Script, read};

/// Checks that `summary` of each text is what stands beside it.
fn check_all(dialect: Dialect, summary: fn(&str, &Script) -> String, cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let script = read(text, dialect);
        assert_eq!(
            summary(text, &script),
            *expected,
            "reading `{text}` for {dialect:?}"
        );
    }
}

/// Every use as its text, how it is quoted, and `?` if it may be unset.
fn uses(text: &str, script: &Script) -> String {
    let one = |found: &super::VariableUse| {
        let source = &text[found.range.clone()];
        let name = if source.contains(&found.name) {
            ""
        } else {
            " MISNAMED"
        };
        let quoting = match found.quoting {
            Quoting::Unquoted => "split",
            Quoting::Double => "double",
            Quoting::HereDocument => "here",
            Quoting::NoSplitting => "whole",
        };
        format!(
            "{source} {quoting}{}{name}",
            if found.tolerant { "?" } else { "" }
        )
    };
    script
        .uses
        .iter()
        .map(one)
        .chain(faults(script))
        .collect::<Vec<_>>()
        .join(", ")
}

fn faults(script: &Script) -> impl Iterator<Item = String> {
    script
        .faults
        .iter()
        .map(|fault| format!("FAULT {}", fault.message))
}
