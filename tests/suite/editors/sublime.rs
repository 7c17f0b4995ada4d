//! The grammar for Sublime Text and bat, which is made from that for TextMate:
//! `RUNBOOK_BLESS=1 cargo test editors` writes it anew. bat shows that it works.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use serde_json::{Map, Value};
use tempfile::TempDir;

use super::derived::is_up_to_date;
use super::{editors, read};
use crate::programs::run;

const HEAD: &str = "\
%YAML 1.2
---
# Made from editors/vscode/syntaxes/runbook.tmLanguage.json by
# tests/suite/editors/sublime.rs.
name: Runbook
file_extensions: [runbook]
scope: source.runbook

contexts:
";

/// What stands behind `$`. A grammar of TextMate says it line by line; here the
/// shell's is left where the command ends, whatever it thinks is open.
const COMMAND: &str = r"  command:
    - match: '(\$)\s*(```)\s*$'
      captures:
        1: punctuation.definition.command.runbook
        2: punctuation.definition.fence.runbook
      embed: scope:source.shell.bash
      embed_scope: meta.embedded.block.shell.runbook
      escape: '```'
      escape_captures:
        0: punctuation.definition.fence.runbook
    - match: '\$(?=\s|$)'
      scope: punctuation.definition.command.runbook
      embed: scope:source.shell.bash
      embed_scope: meta.embedded.line.shell.runbook
      escape: '(?<![\\\n])$'

";

#[test]
fn the_grammar_is_made_from_that_of_textmate() {
    let source = read(&editors("vscode/syntaxes/runbook.tmLanguage.json"));
    let source: Value = serde_json::from_str(&source).unwrap();
    let mut text = HEAD.to_owned();
    text += "  main:\n";
    write_rules(&mut text, &source["patterns"], 4);
    text.push('\n');
    for (name, rule) in source["repository"].as_object().unwrap() {
        if name == "command" {
            text += COMMAND;
            continue;
        }
        writeln!(text, "  {name}:").unwrap();
        match rule.get("patterns") {
            Some(rules) if rule.get("begin").is_none() => write_rules(&mut text, rules, 4),
            _one_rule => write_rule(&mut text, rule, 4),
        }
        text.push('\n');
    }
    let text = format!("{}\n", text.trim_end());
    is_up_to_date(&editors("sublime/Runbook.sublime-syntax"), &text);
}

fn write_rules(text: &mut String, rules: &Value, indent: usize) {
    for rule in rules.as_array().unwrap() {
        write_rule(text, rule, indent);
    }
}

fn write_rule(text: &mut String, rule: &Value, indent: usize) {
    let space = " ".repeat(indent);
    if let Some(other) = rule["include"].as_str() {
        writeln!(text, "{space}- include: {}", other.trim_start_matches('#')).unwrap();
        return;
    }
    let Some(begin) = rule["begin"].as_str() else {
        writeln!(text, "{space}- match: {}", quoted(&rule["match"])).unwrap();
        write_scope(text, rule.get("name"), "scope", indent + 2);
        write_captures(text, &rule["captures"], indent + 2);
        return;
    };
    writeln!(text, "{space}- match: {}", quoted(&begin.into())).unwrap();
    write_captures(text, &rule["beginCaptures"], indent + 2);
    writeln!(text, "{space}  push:").unwrap();
    write_scope(text, rule.get("name"), "- meta_scope", indent + 4);
    writeln!(text, "{space}    - match: {}", quoted(&rule["end"])).unwrap();
    write_captures(text, &rule["endCaptures"], indent + 6);
    writeln!(text, "{space}      pop: true").unwrap();
    if let Some(rules) = rule.get("patterns") {
        write_rules(text, rules, indent + 4);
    }
}

fn quoted(pattern: &Value) -> String {
    format!("'{}'", pattern.as_str().unwrap().replace('\'', "''"))
}

fn write_scope(text: &mut String, scope: Option<&Value>, key: &str, indent: usize) {
    if let Some(scope) = scope.and_then(Value::as_str) {
        writeln!(text, "{}{key}: {scope}", " ".repeat(indent)).unwrap();
    }
}

fn write_captures(text: &mut String, captures: &Value, indent: usize) {
    let none = Map::new();
    let captures = captures.as_object().unwrap_or(&none);
    if captures.is_empty() {
        return;
    }
    let space = " ".repeat(indent);
    writeln!(text, "{space}captures:").unwrap();
    for (group, capture) in captures {
        let scope = capture["name"].as_str().unwrap();
        writeln!(text, "{space}  {group}: {scope}").unwrap();
    }
}

const SHOWN: &str = r#"# why
step deploy after other {
  $ echo "the shell thinks that this goes on
  timeout 10m
  $ if true; then \
      exit 1; fi
  rollback $ ./undo.sh
  harmless "because"
}
"#;

/// What bat prints between two changes of colour, with the colour.
fn coloured(text: &str) -> Vec<(String, String)> {
    let part = regex::Regex::new("\u{1b}\\[([0-9;]*)m([^\u{1b}]+)").unwrap();
    let parts = part.captures_iter(text);
    parts
        .map(|found| (found[2].to_owned(), found[1].to_owned()))
        .collect()
}

#[test]
fn bat_shows_runbooks() {
    let folder = TempDir::new().unwrap();
    let syntaxes = folder.path().join("config/syntaxes");
    fs::create_dir_all(&syntaxes).unwrap();
    fs::copy(
        editors("sublime/Runbook.sublime-syntax"),
        syntaxes.join("Runbook.sublime-syntax"),
    )
    .unwrap();
    let file = folder.path().join("a.runbook");
    fs::write(&file, SHOWN).unwrap();
    let bat = || {
        // Debian calls it so.
        let mut command = Command::new("batcat");
        command
            .env("BAT_CONFIG_DIR", folder.path().join("config"))
            .env("BAT_CACHE_PATH", folder.path().join("cache"))
            .env("COLORTERM", "truecolor");
        command
    };
    run(bat().args(["cache", "--build"]));
    let shown = run(bat()
        .args([
            "--color=always",
            "--style=plain",
            "--paging=never",
            "--theme=Monokai Extended",
        ])
        .arg(&file));
    let parts = coloured(&shown);
    let colour = |text: &str| -> &str {
        let found = parts.iter().find(|(part, _)| part.trim() == text);
        let (_, colour) = found.unwrap_or_else(|| panic!("no `{text}` in {parts:?}"));
        colour
    };
    let keyword = colour("timeout");
    // A keyword, in the line behind a command that the shell thinks goes on.
    assert_eq!(keyword, colour("rollback"));
    assert_eq!(keyword, colour("harmless"));
    assert_eq!(
        colour("\"because\""),
        colour("the shell thinks that this goes on")
    );
    assert_ne!(colour("\"because\""), keyword);
    assert_ne!(colour("# why"), keyword);
    // The shell's own words, also in the second line of its command.
    assert_eq!(colour("fi"), colour("if"));
    let plain: String = parts.iter().map(|(part, _)| part.as_str()).collect();
    assert_eq!(plain.trim(), SHOWN.trim());
}
