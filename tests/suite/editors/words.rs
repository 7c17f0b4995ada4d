//! The words of the language in the files of every editor: all that the
//! compiler's grammar has, and no others.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::{editors, read, root};

type Words = BTreeSet<String>;

/// What stands between quotes in the compiler's grammar.
pub fn language() -> Words {
    let grammar = read(&root().join("grammar/runbook.pest"));
    let rules = without(&grammar, r"(?m)//.*$");
    let words = all(&rules, r#""([A-Za-z]+)""#);
    assert!(words.len() > 100, "{words:?}");
    words
}

fn without(text: &str, pattern: &str) -> String {
    Regex::new(pattern)
        .unwrap()
        .replace_all(text, " ")
        .into_owned()
}

/// The first group of a pattern, wherever it matches.
fn all(text: &str, pattern: &str) -> Words {
    let pattern = Regex::new(pattern).unwrap();
    let found = pattern.captures_iter(text);
    found.map(|found| found[1].to_owned()).collect()
}

fn are_the_same(file: &str, found: &Words) {
    let language = language();
    let missing: Vec<_> = language.difference(found).collect();
    let unknown: Vec<_> = found.difference(&language).collect();
    assert!(
        missing.is_empty() && unknown.is_empty(),
        "editors/{file}: {missing:?} of the language are missing, it does not have {unknown:?}"
    );
}

/// Each keyword that `check` and the language server tell of is in the grammar.
#[test]
fn the_table_of_forms_is_part_of_the_grammar() {
    let language = language();
    for form in runbook::syntax::forms() {
        assert!(
            form.word.is_empty() || language.contains(form.word),
            "{form:?}"
        );
    }
}

#[test]
fn tree_sitter_has_the_words() {
    let file = "tree-sitter/grammar.js";
    let grammar = without(&read(&editors(file)), r"(?m)//.*$|(?s)/\*.*?\*/");
    let (_, rules) = grammar.split_once("rules: {").unwrap();
    // The names of fields, and of the leaves that stand for others.
    let rules = without(rules, r"field\('\w+'");
    are_the_same(file, &all(&rules, r"'([A-Za-z]+)'"));
}

#[test]
fn tree_sitter_highlights_the_words() {
    let file = "tree-sitter/queries/highlights.scm";
    let query = without(&read(&editors(file)), r"(?m);.*$");
    let mut words = all(&query, r#""([A-Za-z]+)""#);
    // These are nodes that are nothing but a word.
    words.extend(all(&query, r"\((repeatable|atomic)\)"));
    words.extend(["true", "false"].map(str::to_owned));
    words.extend(days());
    are_the_same(file, &words);
}

fn days() -> impl Iterator<Item = String> {
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        .into_iter()
        .map(str::to_owned)
}

static PATTERN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#""(?:match|begin|end|while)": "(.*)",?$"#).unwrap());

#[test]
fn textmate_has_the_words() {
    let file = "vscode/syntaxes/runbook.tmLanguage.json";
    let mut words = Words::new();
    for line in read(&editors(file)).lines() {
        if let Some(found) = PATTERN.captures(line.trim()) {
            words.extend(words_of_pattern(&found[1].replace(r"\\", r"\")));
        }
    }
    are_the_same(file, &words);
}

/// What a regular expression has of letters, but for its own.
fn words_of_pattern(pattern: &str) -> Words {
    let literal = without(pattern, r"\\\\\(\?:u|\\.|\[[^\]]*\]|\(\?<?[:=!]");
    all(&literal, r"([A-Za-z]+)")
}

/// The words of the lines that `s:line` describes, and those of the patterns.
#[test]
fn vim_has_the_words() {
    let file = "vim/syntax/runbook.vim";
    let line = Regex::new(r"^call s:line\('([a-z ]+)', '\w*', '([a-z ]*)'").unwrap();
    let pattern = Regex::new(r"syntax match [^/]*/(.*)/").unwrap();
    let mut words = Words::new();
    for text in read(&editors(file)).lines() {
        if let Some(found) = line.captures(text) {
            words.extend(all(&format!("{} {}", &found[1], &found[2]), r"([a-z]+)"));
        } else if let Some(found) = pattern.captures(text) {
            // The `u` of an escape, what regular expressions are made of, and
            // what is put together from other strings.
            let literal = without(&found[1], r"\\%\(u\{|' \. .*? \. '|\\z[se]|\\.|\[[^\]]*\]");
            words.extend(all(&literal, r"([A-Za-z]+)"));
        }
    }
    are_the_same(file, &words);
}

#[test]
fn emacs_has_the_words() {
    let file = "emacs/runbook-mode.el";
    let mode = read(&editors(file));
    let (_, tables) = mode.split_once("(defconst runbook--condition").unwrap();
    let (tables, _) = tables.split_once("(defconst runbook--follow").unwrap();
    let strings = all(tables, r#"[\s(]"([A-Za-z]+(?: [a-z]+)*)""#);
    let words = strings.iter().flat_map(|string| string.split(' '));
    are_the_same(file, &words.map(str::to_owned).collect());
}
