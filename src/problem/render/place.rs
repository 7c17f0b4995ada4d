//! Where a problem stands, for formats of other programs.

use crate::problem::{Problem, Severity};
use crate::source::{Place, SourceMap};

/// The beginning and the end of a problem's main place.
pub struct Where {
    /// As it was given, without a `./` at its start: as code hosts name files.
    pub path: String,
    pub start: Place,
    pub end: Place,
}

/// `None` for problems without a place in a file.
pub fn of(problem: &Problem, sources: &SourceMap) -> Option<Where> {
    let span = problem.span?;
    let file = sources.get(span.file)?;
    let range = span.range();
    let path = file.path.display().to_string();
    Some(Where {
        path: path.trim_start_matches("./").to_owned(),
        start: file.place(range.start),
        end: file.place(range.end),
    })
}

/// The message and what to do, in one line.
pub fn whole_message(problem: &Problem) -> String {
    match &problem.help {
        Some(help) => format!("{}; {help}", problem.message),
        None => problem.message.clone(),
    }
}

/// The word of formats that know three of them.
pub fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}
