//! What something is: its declaration, its documentation, its way back.

use serde_json::{Value, json};

use super::documents::{At, Document};
use super::names::named;
use crate::plan::{NodeKind, WayBack};
use crate::source::Span;
use crate::syntax::forms;

/// More lines of a declaration are not shown.
const MOST_LINES: usize = 12;

pub fn hover(at: &At<'_>) -> Value {
    let document = at.document;
    let (text, span) = match named(at) {
        Some(named) => (declaration(document, named.declared), named.here),
        None => match keyword(at) {
            Some(found) => found,
            None => return Value::Null,
        },
    };
    json!({
        "contents": { "kind": "markdown", "value": text },
        "range": document.encoding.range(document.file(), span),
    })
}

fn declaration(document: &Document, declared: Span) -> String {
    let sources = &document.analysis.sources;
    let Some(file) = sources.get(declared.file) else {
        return String::new();
    };
    let line = file.line_of(declared.range().start);
    let written: Vec<&str> = file.text.lines().skip(line).take(MOST_LINES).collect();
    let mut shown = Vec::new();
    let mut depth = 0_i32;
    for text in written {
        shown.push(text);
        for c in text.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _other => {}
            }
        }
        if depth <= 0 {
            break;
        }
    }
    let mut out = format!("```runbook\n{}\n```\n", shown.join("\n"));
    let above = file.text.lines().take(line).collect::<Vec<_>>();
    let docs = above
        .iter()
        .rev()
        .map_while(|line| line.trim().strip_prefix("##"));
    let mut docs: Vec<&str> = docs.map(str::trim).collect();
    docs.reverse();
    if !docs.is_empty() {
        out += &format!("\n{}\n", docs.join("\n"));
    }
    if let Some(way_back) = way_back(document, sources.slice(declared)) {
        out += &format!("\n{way_back}\n");
    }
    out
}

/// How a step of this name is undone, in words.
fn way_back(document: &Document, name: &str) -> Option<String> {
    let plan = &document.analysis.plan;
    let node = plan.nodes.iter().find(|node| node.name == name)?;
    let NodeKind::Step(step) = &node.kind else {
        return None;
    };
    Some(match &step.way_back {
        WayBack::Own(undo) if undo.attempts.len() > 1 => {
            format!(
                "**Way back:** its own `rollback`, with {} alternatives",
                undo.attempts.len() - 1
            )
        }
        WayBack::Own(_) => "**Way back:** its own `rollback`".to_owned(),
        WayBack::Block(open) => {
            let block = &plan.nodes[open.index()].name;
            format!("**Way back:** the `rollback` of `{block}`")
        }
        WayBack::Harmless(why) => format!("**Harmless:** {why}"),
        WayBack::Irreversible { why, then } => {
            format!("**Point of no return:** {why}. Then: {then}")
        }
        WayBack::Missing => "**There is no way back.**".to_owned(),
    })
}

/// The word at a place, where it begins its line and is a keyword.
fn keyword(at: &At<'_>) -> Option<(String, Span)> {
    let text = &at.document.file().text;
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let before = text.get(..at.offset)?;
    let start = before.rfind(|c| !is_letter(c)).map_or(0, |at| at + 1);
    let length = text.get(start..)?.find(|c| !is_letter(c));
    let end = start + length.unwrap_or(text.len() - start);
    let word = text.get(start..end)?;
    let line = &text[before.rfind('\n').map_or(0, |at| at + 1)..start];
    if !line.trim().is_empty() || word.is_empty() {
        return None;
    }
    let examples: Vec<String> = forms()
        .filter(|form| form.word == word)
        .map(|form| format!("`{}`", form.example))
        .collect();
    let span = Span::new(at.document.analysis.file, start, end);
    (!examples.is_empty()).then(|| (examples.join("\n\n"), span))
}
