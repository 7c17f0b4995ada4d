//! The TextMate grammar, by the library with which VS Code reads it, and the
//! extension that brings it.

use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

use runbook::source::FileId;
use runbook::syntax::parse;
use serde_json::Value;
use tempfile::TempDir;

use super::looks::{Look, look_right};
use super::{editors, read};
use crate::programs::run;

/// The packages that the lock file names; they are fetched where they are not yet.
static PACKAGES: LazyLock<()> = LazyLock::new(|| {
    let folder = editors("vscode");
    let fetched = |file: &str| {
        folder
            .join(file)
            .metadata()
            .and_then(|it| it.modified())
            .ok()
    };
    let is_there = fetched("node_modules/.package-lock.json") >= fetched("package-lock.json");
    if !is_there {
        run(Command::new("npm")
            .args([
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--prefer-offline",
            ])
            .current_dir(&folder));
    }
});

/// A command in the folder of the extension.
fn node(program: &str) -> Command {
    LazyLock::force(&PACKAGES);
    let mut command = Command::new(program);
    command.current_dir(editors("vscode"));
    command
}

fn look(said: &Value) -> Look {
    let scopes: Vec<&str> = said
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let is_inside = |start: &str| scopes.iter().any(|scope| scope.starts_with(start));
    if is_inside("meta.embedded") || is_inside("punctuation.definition.fence") {
        return Look::Command;
    }
    if is_inside("string.quoted") {
        return Look::Text;
    }
    let last = scopes.last().copied().unwrap_or_default();
    let is_some = |starts: &[&str]| starts.iter().any(|start| last.starts_with(start));
    if is_some(&["comment"]) {
        Look::Comment
    } else if is_some(&["keyword.operator.logical"]) {
        Look::Known
    } else if is_some(&["keyword.operator", "keyword.other.unit", "constant.numeric"]) {
        Look::Other
    } else if is_some(&["keyword", "storage"]) {
        Look::Keyword
    } else if is_some(&["constant", "support"]) {
        Look::Known
    } else {
        Look::Other
    }
}

#[test]
fn texts_look_as_the_compiler_reads_them() {
    let ask = |asking: &Path, answers: &Path| {
        run(node("node")
            .arg("test/grammar/look.mjs")
            .args([asking, answers]));
    };
    look_right(ask, look);
}

/// Scopes at places that the tests of the grammar name.
#[test]
fn scopes_are_as_the_tests_of_the_grammar_say() {
    run(node("node").arg("test/grammar/run.mjs"));
}

/// The extension is compiled, and packed into a file that editors install.
#[test]
fn the_extension_is_packed() {
    let folder = TempDir::new().unwrap();
    let packed = folder.path().join("runbook.vsix");
    run(node("npm")
        .args(["run", "--silent", "package", "--", "--out"])
        .arg(&packed));
    let listed = run(Command::new("python3")
        .args(["-m", "zipfile", "-l"])
        .arg(&packed));
    for file in [
        "extension/package.json",
        "extension/README.md",
        "extension/dist/extension.js",
        "extension/syntaxes/runbook.tmLanguage.json",
        "extension/syntaxes/markdown.tmLanguage.json",
        "extension/snippets/runbook.json",
        "extension/language-configuration.json",
    ] {
        let is_there = listed.to_lowercase().contains(&file.to_lowercase());
        assert!(is_there, "no {file} in\n{listed}");
    }
    assert!(
        !listed.contains("node_modules") && !listed.contains("test"),
        "{listed}"
    );
}

/// What an editor inserts for a snippet whose parts are left as they are.
fn expanded(body: &str) -> String {
    let mut text = String::new();
    let mut rest = body;
    // Whether what is open is a part of the snippet.
    let mut parts = 0;
    while let Some(at) = rest.find(['\\', '$', '}']) {
        text.push_str(&rest[..at]);
        let sign = &rest[at..];
        rest = if let Some(literal) = sign.strip_prefix('\\') {
            text.push_str(&literal[..1]);
            &literal[1..]
        } else if let Some(part) = sign.strip_prefix("${") {
            let part = part.trim_start_matches(|c: char| c.is_ascii_digit());
            if let Some(choice) = part.strip_prefix('|') {
                let (choices, after) = choice.split_once("|}").unwrap();
                text.push_str(choices.split(',').next().unwrap());
                after
            } else {
                parts += 1;
                part.trim_start_matches(':')
            }
        } else if sign.starts_with('}') && parts > 0 {
            parts -= 1;
            &sign[1..]
        } else if let Some(after) = sign.strip_prefix("$0") {
            after
        } else {
            text.push_str(&sign[..1]);
            &sign[1..]
        };
    }
    text + rest
}

/// Each snippet is a text that the compiler reads.
#[test]
fn snippets_can_be_read() {
    let snippets = read(&editors("vscode/snippets/runbook.json"));
    let snippets: Value = serde_json::from_str(&snippets).unwrap();
    let snippets = snippets.as_object().unwrap();
    assert!(snippets.len() > 15);
    for (name, snippet) in snippets {
        let lines = snippet["body"].as_array().unwrap().iter();
        let body: Vec<&str> = lines.filter_map(Value::as_str).collect();
        let text = expanded(&body.join("\n"));
        // A part that is given once stands for all of its number.
        let problems = parse(FileId::default(), &text.replace("$}", "$before}")).problems;
        assert!(problems.is_empty(), "{name}: {problems:?} in\n{text}");
    }
}
