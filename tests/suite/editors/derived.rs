//! Files of editors that are made from files of others:
//! `RUNBOOK_BLESS=1 cargo test editors` writes them anew.

use std::fs;
use std::path::Path;

use super::{editors, read};

/// The names of captures where an editor has another than Neovim.
type Names = &'static [(&'static str, &'static str)];

const HELIX: Names = &[
    ("boolean", "constant.builtin.boolean"),
    ("comment.documentation", "comment.line.documentation"),
    ("function.call", "function"),
    ("number", "constant.numeric"),
    ("string.escape", "constant.character.escape"),
];

/// What Helix does without: it is another name for what has one, and which of the
/// two Helix shows depends on its version.
const NOT_IN_HELIX: &[&str] = &[
    "(name) @variable",
    r#"(interpolation ["{" "}"] @punctuation.special)"#,
];

const ZED: Names = &[
    ("comment.documentation", "comment.doc"),
    ("function.call", "function"),
    ("keyword.operator", "keyword"),
];

const HIGHLIGHTS: &str = "tree-sitter/queries/highlights.scm";
const INJECTIONS: &str = "tree-sitter/queries/injections.scm";
const LOCALS: &str = "tree-sitter/queries/locals.scm";
const FOLDS: &str = "tree-sitter/queries/folds.scm";
const INDENTS: &str = "tree-sitter/queries/indents.scm";

/// A file, what it is made from, and the names of its editor.
const QUERIES: &[(&str, &str, Names)] = &[
    ("helix/queries/runbook/highlights.scm", HIGHLIGHTS, HELIX),
    ("helix/queries/runbook/injections.scm", INJECTIONS, HELIX),
    ("helix/queries/runbook/locals.scm", LOCALS, HELIX),
    ("zed/languages/runbook/highlights.scm", HIGHLIGHTS, ZED),
    ("zed/languages/runbook/injections.scm", INJECTIONS, ZED),
    ("neovim/queries/runbook/highlights.scm", HIGHLIGHTS, &[]),
    ("neovim/queries/runbook/injections.scm", INJECTIONS, &[]),
    ("neovim/queries/runbook/locals.scm", LOCALS, &[]),
    ("neovim/queries/runbook/folds.scm", FOLDS, &[]),
    ("neovim/queries/runbook/indents.scm", INDENTS, &[]),
];

pub fn is_up_to_date(path: &Path, text: &str) {
    if std::env::var_os("RUNBOOK_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == text,
        "{} is out of date: RUNBOOK_BLESS=1 cargo test editors",
        path.display()
    );
}

#[test]
fn queries_are_made_from_those_of_tree_sitter() {
    for (file, source, names) in QUERIES {
        let mut text = renamed(&read(&editors(source)), names);
        if file.starts_with("helix/") {
            text = without(&text, NOT_IN_HELIX);
        }
        let head = format!("; Made from editors/{source}.\n\n");
        is_up_to_date(&editors(file), &(head + &text));
    }
}

fn without(query: &str, left_out: &[&str]) -> String {
    let lines = query.lines().filter(|line| !left_out.contains(line));
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    text.trim_start().to_owned()
}

/// A query with other names for its captures, without the comments at its head.
fn renamed(query: &str, names: Names) -> String {
    let lines = query.lines().skip_while(|line| line.starts_with(';'));
    let lines: Vec<&str> = lines.skip_while(|line| line.is_empty()).collect();
    let text = lines.join("\n");
    let capture = regex::Regex::new(r"@([a-z_.]+)").unwrap();
    let text = capture.replace_all(&text, |found: &regex::Captures<'_>| {
        let name = &found[1];
        let other = names.iter().find(|(known, _)| *known == name);
        format!("@{}", other.map_or(name, |(_, other)| other))
    });
    format!("{text}\n")
}
