//! Problems as the client shows them, and the edits that mend them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::documents::Document;
use crate::problem::{Fix, Problem, Severity};
use crate::source::Span;

pub fn diagnostics(document: &Document) -> Value {
    let problems = document.analysis.problems.iter();
    problems.map(|it| diagnostic(document, it)).collect()
}

fn diagnostic(document: &Document, problem: &Problem) -> Value {
    let (range, elsewhere) = main_place(document, problem);
    let mut message = problem.message.clone();
    if let Some(elsewhere) = elsewhere {
        message = format!("in {elsewhere}: {message}");
    }
    if !problem.label.is_empty() {
        message += &format!("\n{}", problem.label);
    }
    if let Some(help) = &problem.help {
        message += &format!("\nhelp: {help}");
    }
    let related: Vec<Value> = problem
        .labels
        .iter()
        .filter_map(|label| {
            let file = document.analysis.sources.get(label.span.file)?;
            let uri = document.address_of(label.span.file)?;
            let range = document.encoding.range(file, label.span);
            Some(json!({ "location": { "uri": uri, "range": range }, "message": label.text }))
        })
        .collect();
    json!({
        "range": range,
        "severity": match problem.severity {
            Severity::Error => 1,
            Severity::Warning => 2,
            Severity::Info => 3,
        },
        "code": problem.code.name(),
        "source": "runbook",
        "message": message,
        "relatedInformation": related,
    })
}

/// Where in the document it is told; what is wrong in a file that it uses is
/// told where a label leads back here, or at its beginning.
fn main_place(document: &Document, problem: &Problem) -> (Value, Option<String>) {
    let analysis = &document.analysis;
    let here = |span: &Span| span.file == analysis.file;
    let range = |span: Span| document.encoding.range(document.file(), span);
    match problem.span {
        Some(span) if here(&span) => (range(span), None),
        Some(span) => {
            let mut spans = problem.labels.iter().map(|label| label.span);
            let back = spans.find(here);
            let start = Span::new(analysis.file, 0, 0);
            (
                range(back.unwrap_or(start)),
                Some(analysis.sources.locate(span)),
            )
        }
        None => (range(Span::new(analysis.file, 0, 0)), None),
    }
}

/// The fixes of problems that touch a range.
pub fn actions(document: &Document, range: &Value) -> Value {
    let offset = |place: &Value| document.encoding.offset(&document.file().text, place);
    let (Some(start), Some(end)) = (offset(&range["start"]), offset(&range["end"])) else {
        return json!([]);
    };
    let touched = document.analysis.problems.iter().filter(|problem| {
        problem.span.is_some_and(|span| {
            span.file == document.analysis.file
                && span.range().start <= end
                && start <= span.range().end
        })
    });
    touched
        .filter_map(|problem| {
            let fix = problem.fix.as_ref()?;
            Some(json!({
                "title": fix.title,
                "kind": "quickfix",
                "diagnostics": [diagnostic(document, problem)],
                "isPreferred": fix.safe,
                "edit": { "changes": edits(document, fix) },
            }))
        })
        .collect()
}

fn edits(document: &Document, fix: &Fix) -> BTreeMap<String, Vec<Value>> {
    let mut edits: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for edit in &fix.edits {
        let file = document.analysis.sources.get(edit.span.file);
        let uri = document.address_of(edit.span.file);
        if let (Some(file), Some(uri)) = (file, uri) {
            let range = document.encoding.range(file, edit.span);
            let edit = json!({ "range": range, "newText": edit.replacement });
            edits.entry(uri).or_default().push(edit);
        }
    }
    edits
}
