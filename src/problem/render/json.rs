//! Problems for programs. The form is versioned: fields are added to a version,
//! never changed or taken away.

use serde::Serialize;

use super::Findings;
use super::summary::Counts;
use crate::problem::{Edit, Fix, Problem};
use crate::source::{SourceMap, Span};

/// The version of the form.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    problems: Vec<Entry<'a>>,
    summary: Counts,
}

#[derive(Serialize)]
struct Entry<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    #[serde(flatten)]
    place: Option<Place>,
    label: &'a str,
    labels: Vec<Label<'a>>,
    help: Option<&'a str>,
    fix: Option<JsonFix<'a>>,
}

#[derive(Serialize)]
struct Place {
    path: String,
    start: Point,
    end: Point,
}

#[derive(Serialize)]
struct Point {
    /// In bytes.
    offset: usize,
    /// Counted from one.
    line: usize,
    /// In characters, counted from one.
    column: usize,
}

#[derive(Serialize)]
struct Label<'a> {
    #[serde(flatten)]
    place: Option<Place>,
    text: &'a str,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    title: &'a str,
    safe: bool,
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    #[serde(flatten)]
    place: Option<Place>,
    replacement: &'a str,
}

/// All problems as one JSON document, with a line end.
pub fn json(findings: &[Findings<'_>]) -> String {
    let document = Document {
        version: VERSION,
        problems: super::each(findings)
            .map(|(problem, sources)| entry(problem, sources))
            .collect(),
        summary: Counts::of(findings),
    };
    match serde_json::to_string_pretty(&document) {
        Ok(text) => text + "\n",
        // Strings, numbers and lists of them: nothing in it can fail.
        Err(error) => unreachable!("a list of problems is always JSON: {error}"),
    }
}

fn entry<'a>(problem: &'a Problem, sources: &SourceMap) -> Entry<'a> {
    Entry {
        code: problem.code.name(),
        severity: problem.severity.word(),
        message: &problem.message,
        place: problem.span.and_then(|span| place(span, sources)),
        label: &problem.label,
        labels: problem
            .labels
            .iter()
            .map(|label| Label {
                place: place(label.span, sources),
                text: &label.text,
            })
            .collect(),
        help: problem.help.as_deref(),
        fix: problem.fix.as_ref().map(|fix| json_fix(fix, sources)),
    }
}

fn json_fix<'a>(fix: &'a Fix, sources: &SourceMap) -> JsonFix<'a> {
    JsonFix {
        title: &fix.title,
        safe: fix.safe,
        edits: fix
            .edits
            .iter()
            .map(|edit| json_edit(edit, sources))
            .collect(),
    }
}

fn json_edit<'a>(edit: &'a Edit, sources: &SourceMap) -> JsonEdit<'a> {
    JsonEdit {
        place: place(edit.span, sources),
        replacement: &edit.replacement,
    }
}

fn place(span: Span, sources: &SourceMap) -> Option<Place> {
    let file = sources.get(span.file)?;
    let point = |offset: usize| {
        let offset = file.text.floor_char_boundary(offset.min(file.text.len()));
        let place = file.place(offset);
        Point {
            offset,
            line: place.line,
            column: place.column,
        }
    };
    let range = span.range();
    Some(Place {
        path: file.path.display().to_string(),
        start: point(range.start),
        end: point(range.end),
    })
}
