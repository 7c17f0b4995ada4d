//! Problems as the client shows them.

use serde_json::{Value, json};

use super::documents::Document;
use crate::problem::{Problem, Severity};
use crate::source::Span;

pub fn diagnostics(document: &Document) -> Value {
    let problems = document.analysis.problems.iter();
    let problems = problems.map(|it| diagnostic(document, it));
    let unsettled = document.unsettled.iter().map(|why| {
        let start = Span::new(document.analysis.file, 0, 0);
        json!({
            "range": document.range(start),
            "severity": 2,
            "source": "runbook",
            "message": format!("the settings of the project do not count: {why}"),
        })
    });
    unsettled.chain(problems).collect()
}

pub fn diagnostic(document: &Document, problem: &Problem) -> Value {
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
