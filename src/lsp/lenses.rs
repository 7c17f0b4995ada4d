//! What can be done with a part of a document, above it. The client does it: a
//! server starts nothing.

use serde_json::{Value, json};

use super::documents::{Document, address};
use crate::source::Span;
use crate::syntax::ast::ItemKind;

/// Above each test `run test`, and above the title what shows the plan.
pub fn lenses(document: &Document) -> Value {
    let uri = address(&document.path);
    let lens = |span: Span, title: &str, command: &str, more: &[String]| {
        let arguments: Vec<&String> = std::iter::once(&uri).chain(more).collect();
        json!({
            "range": document.range(Span { end: span.start, ..span }),
            "command": { "title": title, "command": command, "arguments": arguments },
        })
    };
    let items = document.analysis.program.root().ast.items.iter();
    items
        .filter_map(|item| match &item.kind {
            ItemKind::Test(test) => {
                let title = test.title.plain().unwrap_or_default();
                Some(lens(item.span, "run test", "runbook.test", &[title]))
            }
            ItemKind::Runbook { .. } => {
                Some(lens(item.span, "show the way back", "runbook.plan", &[]))
            }
            _nothing_to_do => None,
        })
        .collect()
}
