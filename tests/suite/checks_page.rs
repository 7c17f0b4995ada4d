//! `docs/checks.md` is written from the table of codes and the rules:
//! `RUNBOOK_BLESS=1 cargo test checks_page` writes it anew.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use runbook::check::{How, RULES, Rule};
use runbook::problem::examples::{EXAMPLES, beside, example};
use runbook::problem::{CodeEntry, all_codes};
use tempfile::TempDir;

const HEAD: &str = "\
# What `check` finds

`runbook check` reads a runbook, lays it out as a graph of what runs before what,
and looks at that graph, never at a machine. Its promise: **where it finds no
error, no single failure leaves production in a state with no declared way
back.** A single failure is a step that fails or is cut off before, half-way
through or after its change; a time limit; a gate that stays shut; a watch that
fires; somebody who stops the run; a crash of the tool or its machine. A loop may
say that what it changed stays (`on breach rollback none`): then the run names it,
says that a person is needed, and `runbook rollback` takes it back.

What the promise takes for granted is what a runbook says: that an undo does undo
its step, wherever it was cut off, and may run twice; that a check only looks;
that a `harmless` step is harmless. `runbook test --every-failure` tries the
order of all that, and a rehearsal on another environment tries the commands.

Errors refuse a release: `exec` runs nothing. Warnings do not, unless
`--deny warnings` is given. The codes on which the promise rests are marked with
a star. `runbook explain CODE` prints an entry of this page.

A *policy* is a matter of house rules and is told only where a project wants it:
with `warn = [\"RB121\"]` in `runbook.toml`, or `--warn RB121`. Many rules read the
text of commands and know words of programs, not what these do. Where one is wrong,
`# allow(RB709): why` lets it stand.

";

const GROUPS: &[(&str, &str)] = &[
    ("RB1", "Ways back"),
    ("RB2", "Gates and thresholds"),
    ("RB3", "Values"),
    ("RB4", "Order"),
    ("RB5", "Time and repetition"),
    ("RB6", "Secrets"),
    ("RB7", "Shell"),
    ("RB8", "Style, and warnings that are allowed"),
    ("RB90", "Syntax"),
    ("RB92", "Names"),
    ("RB94", "Types and units"),
    ("RB96", "Values and files"),
];

#[test]
fn the_page_says_what_the_tables_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/checks.md");
    let page = page();
    if std::env::var_os("RUNBOOK_BLESS").is_some() {
        std::fs::write(&path, &page).expect("docs/checks.md can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page,
        "docs/checks.md is out of date: RUNBOOK_BLESS=1 cargo test checks_page"
    );
}

/// No code is left out by the groups, and none of them is empty.
#[test]
fn every_code_has_its_group() {
    for entry in all_codes() {
        let name = entry.code.name();
        let groups = GROUPS.iter().filter(|(start, _)| name.starts_with(start));
        assert_eq!(
            groups.count(),
            1,
            "{name} belongs to no group, or to several"
        );
    }
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    for (start, title) in GROUPS {
        let entries: Vec<&CodeEntry> = all_codes()
            .iter()
            .filter(|entry| entry.code.name().starts_with(start))
            .collect();
        if entries.is_empty() {
            continue;
        }
        let _ = writeln!(page, "## {title}\n");
        for entry in entries {
            page += &section(entry);
        }
    }
    page
}

fn section(entry: &CodeEntry) -> String {
    let star = if entry.guarantee { " ★" } else { "" };
    let policy = if entry.policy { ", a policy" } else { "" };
    let mut text = format!(
        "### {}{star}: {}\n\n{}{policy}. {}\n\n",
        entry.code,
        entry.title,
        capital(entry.severity.word()),
        entry.explanation
    );
    if let Some(rule) = RULES.iter().find(|rule| rule.code == entry.code) {
        text += &examples(rule);
    } else if let Some(example) = example(entry.code) {
        let [wrong, right] = example.commands;
        text += &format!("Wrong{}:\n\n{}", with(wrong), block(example.wrong));
        text += &format!("Right{}:\n\n{}", with(right), block(example.right));
        if let Some((name, beside)) = beside(entry.code) {
            text += &format!("With `{name}`:\n\n{}", block(beside));
        }
    }
    text
}

/// Which command tells, where it is not `check`.
fn with(command: &str) -> String {
    match command {
        "check example.runbook" => String::new(),
        other => format!(", with `runbook {other}`"),
    }
}

fn block(example: &str) -> String {
    format!("```runbook\n{}\n```\n\n", example.trim().replace('\0', "␀"))
}

/// Every code has a wrong and a right text: those of its rule, or of the table.
#[test]
fn every_code_has_examples_once() {
    for entry in all_codes() {
        let is_rule = RULES.iter().any(|rule| rule.code == entry.code);
        let times = EXAMPLES.iter().filter(|it| it.code == entry.code).count();
        assert_eq!(times + usize::from(is_rule), 1, "{}", entry.code);
    }
    let codes: Vec<&str> = EXAMPLES.iter().map(|it| it.code.name()).collect();
    assert!(codes.is_sorted(), "{codes:?}");
}

/// The wrong one gives its code and no other, the right one gives none.
#[test]
fn examples_are_wrong_and_right_as_they_say() {
    for example in EXAMPLES {
        let head = if example.is_whole {
            ""
        } else {
            "runbook \"example\"\n"
        };
        let codes = |text: &str, command: &str| -> BTreeSet<String> {
            let place = TempDir::new().expect("a directory");
            let file = place.path().join("example.runbook");
            std::fs::write(file, format!("{head}{text}")).expect("a file");
            if let Some((name, text)) = beside(example.code) {
                std::fs::write(place.path().join(name), text).expect("a file");
            }
            let output = Command::new(env!("CARGO_BIN_EXE_runbook"))
                .args(command.split(' '))
                .current_dir(place.path())
                .env("RUNBOOK_STATE", place.path().join("state"))
                .output()
                .expect("runbook runs");
            let told = [output.stdout, output.stderr].concat();
            let told = String::from_utf8_lossy(&told).into_owned();
            let heads = told.lines().filter_map(|line| {
                let (severity, rest) = line.trim_start().split_once('[')?;
                let is_head = severity.ends_with("error") || severity.ends_with("warning");
                is_head.then(|| rest.chars().take(5).collect())
            });
            // An example need not use all that it declares.
            heads.filter(|code: &String| code != "RB304").collect()
        };
        let [wrong, right] = example.commands;
        let name = example.code.name();
        let expected = BTreeSet::from([name.to_owned()]);
        let mut found = codes(example.wrong, wrong);
        if ["RB809", "RB810"].contains(&name) {
            // A comment that allows nothing lets the warning stand.
            found.remove("RB105");
        }
        assert_eq!(found, expected, "{name}, wrong");
        assert_eq!(
            codes(example.right, right),
            BTreeSet::new(),
            "{name}, right"
        );
    }
}

fn examples(rule: &Rule) -> String {
    let how = match rule.how {
        How::Exact => "Exact: it finds all there is, and nothing else.",
        How::Conservative => "On the safe side: it may refuse what would be good.",
        How::Heuristic => "By the look of the text: it may be wrong.",
    };
    format!(
        "{how}\n\nWrong:\n\n```runbook\n{}\n```\n\nRight:\n\n```runbook\n{}\n```\n\n",
        rule.wrong.trim(),
        rule.right.trim()
    )
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
