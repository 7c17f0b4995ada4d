//! What a runbook wants from outside, and what it says of itself.

use std::fmt::Write;

use super::{Document, words};
use crate::source::Span;
use crate::syntax::ast::{Block, EnvVariable, ItemKind, Param, Secret, SecretFrom, StatementKind};

/// The sections of a runbook; a module has none of them.
pub fn sections(of: &Document) -> String {
    let is_runbook = |kind: &ItemKind| matches!(kind, ItemKind::Runbook { .. });
    if !of.ast.items.iter().any(|item| is_runbook(&item.kind)) {
        return String::new();
    }
    [
        parameters(of),
        secrets(of),
        measures(of),
        messages(of),
        course(of),
        troubles(of),
    ]
    .concat()
}

fn section(title: &str, head: &str, rows: &[String]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let columns = head.matches('|').count() - 1;
    let rule = format!("|{}", " --- |".repeat(columns));
    format!("## {title}\n\n{head}\n{rule}\n{}\n", rows.concat())
}

fn parameters(of: &Document) -> String {
    let rows: Vec<String> = of
        .documented()
        .filter_map(|(item, doc)| match &item.kind {
            ItemKind::Param(param) => Some(parameter(of, param, &doc)),
            _something_else => None,
        })
        .collect();
    section("Parameters", "| parameter | type | default | |", &rows)
}

fn parameter(of: &Document, param: &Param, doc: &str) -> String {
    let default = param.default.as_ref();
    let default = default.map(|default| words::code_cell(&of.written(default.span)));
    let about = param.description.as_ref().and_then(|it| it.plain());
    format!(
        "| `{}` | {} | {} | {} |\n",
        param.name.text,
        words::cell(&of.written(param.ty.span)),
        default.unwrap_or_default(),
        words::cell(&about.unwrap_or_else(|| doc.to_owned()))
    )
}

/// What must be there when it runs: secrets, and variables from outside.
fn secrets(of: &Document) -> String {
    let rows: Vec<String> = of
        .documented()
        .filter_map(|(item, doc)| match &item.kind {
            ItemKind::Secret(secret) => Some(self::secret(of, secret, &doc)),
            ItemKind::Env(EnvVariable { name, value: None }) => Some(format!(
                "| `{}` | the environment | {} |\n",
                name.text,
                words::cell(&doc)
            )),
            _something_else => None,
        })
        .collect();
    section("Needs from outside", "| name | from | |", &rows)
}

fn secret(of: &Document, secret: &Secret, doc: &str) -> String {
    let plain = |text: &crate::syntax::ast::Text| text.plain().unwrap_or_default();
    let from = match &secret.from {
        SecretFrom::Env(name) => format!("the environment, `{}`", plain(name)),
        SecretFrom::File(path) => format!("the file `{}`", plain(path)),
        SecretFrom::Command(command) => words::code_cell(&of.written(command.span)),
    };
    format!(
        "| `{}` (secret) | {from} | {} |\n",
        secret.name.text,
        words::cell(doc)
    )
}

fn measures(of: &Document) -> String {
    let rows: Vec<String> = of
        .documented()
        .filter_map(|(item, doc)| {
            let (name, about) = match &item.kind {
                ItemKind::Metric(metric) => (&metric.name, None),
                ItemKind::Thresholds(it) => (&it.name, it.description.as_ref()),
                _something_else => return None,
            };
            let about = about.and_then(|about| about.plain());
            let written = behind(of, name.span, item.span);
            Some(format!(
                "| `{}` | {} | {} |\n",
                name.text,
                words::code_cell(&written),
                words::cell(&about.unwrap_or(doc))
            ))
        })
        .collect();
    section("Measures", "| name | | |", &rows)
}

/// What stands behind a name, without the sign before it.
fn behind(of: &Document, name: Span, whole: Span) -> String {
    let text = &of.file.text[name.range().end..whole.range().end];
    words::on_one_line(text)
        .trim_start_matches([':', '=', ' '])
        .to_owned()
}

fn messages(of: &Document) -> String {
    let rows: Vec<String> = of
        .documented()
        .filter_map(|(item, doc)| match &item.kind {
            ItemKind::Message(message) => {
                let channels = message.channels.iter().map(|it| format!("`{}`", it.text));
                Some(format!(
                    "| `{}` | {} | {} |\n",
                    message.name.text,
                    channels.collect::<Vec<_>>().join(", "),
                    words::cell(&doc)
                ))
            }
            _something_else => None,
        })
        .collect();
    section("Messages", "| message | to | |", &rows)
}

/// What is done, as an outline.
fn course(of: &Document) -> String {
    let mut lines = String::new();
    for item in &of.ast.items {
        if let ItemKind::Statement(statement) = &item.kind {
            let one = Block {
                statements: vec![statement.clone()],
                ..Block::default()
            };
            outline(of, &one, 0, &mut lines);
        }
    }
    if lines.is_empty() {
        return lines;
    }
    format!("## What is done\n\n{lines}\n")
}

fn outline(of: &Document, block: &Block, depth: usize, lines: &mut String) {
    for statement in &block.statements {
        let (what, body) = match &statement.kind {
            StatementKind::Phase { name, body } => (format!("phase `{}`", name.text), Some(body)),
            StatementKind::PhaseFrom { name, .. } => (format!("phase `{}`", name.text), None),
            StatementKind::Step { name, .. } => (format!("step `{}`", name.text), None),
            StatementKind::Check { name, .. } => (format!("check `{}`", name.text), None),
            StatementKind::Gate { name, .. } => (format!("gate `{}`", name.text), None),
            StatementKind::Checklist { name, .. } => (format!("checklist `{}`", name.text), None),
            StatementKind::With { name, body, .. } => (format!("with `{}`", name.text), Some(body)),
            StatementKind::Parallel { body, .. } => ("in parallel".to_owned(), Some(body)),
            StatementKind::For {
                variable,
                list,
                body,
                ..
            } => {
                let list = of.written(list.span);
                (
                    format!("for each `{}` of `{list}`", variable.text),
                    Some(body),
                )
            }
            StatementKind::Notify { messages } => {
                let names = messages.iter().map(|it| format!("`{}`", it.text));
                let names = names.collect::<Vec<_>>().join(", ");
                (format!("notify {names}"), None)
            }
            StatementKind::Postmortem { .. } | StatementKind::Bad => continue,
        };
        let title = statement.head.title.as_ref();
        let title = title.map(|title| of.written(title.span).trim_matches('"').to_owned());
        let doc = statement.doc.as_deref().map(words::first_sentence);
        let about = title.or(doc).map_or(String::new(), |it| format!(": {it}"));
        let _ = writeln!(lines, "{}- {what}{about}", "  ".repeat(depth));
        if let Some(body) = body {
            outline(of, body, depth + 1, lines);
        }
    }
}

fn troubles(of: &Document) -> String {
    let mut lines = String::new();
    for item in &of.ast.items {
        if let ItemKind::Trouble(trouble) = &item.kind {
            let title = of.written(trouble.title.span);
            let _ = writeln!(lines, "- {}", title.trim_matches('"'));
        }
    }
    if lines.is_empty() {
        return lines;
    }
    format!("## Troubles\n\n{lines}\n")
}
