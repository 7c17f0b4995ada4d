//! One struct, all formats: turns [`Problem`]s into text for people, editors and
//! programs. Text that a user wrote is made harmless on the way.

mod diagnostic;
mod excerpt;
mod human;
mod json;
pub mod neutral;
mod short;
mod summary;
#[cfg(test)]
mod tests;

pub use diagnostic::ProblemDiagnostic;
pub use human::Human;
pub use json::json;
pub use short::short;
pub use summary::Counts;

use super::Problem;
use crate::source::SourceMap;

/// The format of a list of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Annotated text.
    Human(Human),
    /// One line each.
    Short,
    /// One document; see [`json`].
    Json,
}

/// All problems found in so many files, with a summary where people read it.
pub fn render(problems: &[Problem], sources: &SourceMap, files: usize, format: Format) -> String {
    let summary = Counts::of(problems, files).sentence();
    match format {
        Format::Json => json(problems, sources, files),
        Format::Short => problems
            .iter()
            .map(|problem| short(problem, sources) + "\n")
            .collect(),
        Format::Human(human) => {
            let mut text = String::new();
            for problem in problems {
                text += &human.render(&ProblemDiagnostic::new(problem, sources));
                text += "\n\n";
            }
            if let Some(problem) = problems.first() {
                text += &format!("{summary}; `runbook explain {}` says more\n", problem.code);
            } else {
                text += &format!("{summary}\n");
            }
            text
        }
    }
}

/// Puts problems into the order of the text, and says each only once.
pub fn in_order(mut problems: Vec<Problem>) -> Vec<Problem> {
    problems.sort_by_key(|problem| (problem.span, problem.code));
    let mut unique: Vec<Problem> = Vec::with_capacity(problems.len());
    for problem in problems {
        let known = unique
            .iter()
            .rev()
            .take_while(|other| other.span == problem.span);
        if !known.into_iter().any(|other| *other == problem) {
            unique.push(problem);
        }
    }
    unique
}
