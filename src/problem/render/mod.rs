//! One struct, all formats: turns [`Problem`]s into text for people, editors and
//! programs. Text that a user wrote is made harmless on the way.

mod ci;
mod diagnostic;
mod excerpt;
mod fingerprint;
mod human;
mod json;
pub mod neutral;
mod place;
mod sarif;
mod short;
mod summary;
#[cfg(test)]
mod tests;

pub use ci::{checkstyle, github, gitlab, junit};
pub use diagnostic::ProblemDiagnostic;
pub use human::Human;
pub use json::json;
pub use sarif::sarif;
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
    /// For code hosts; see [`sarif`].
    Sarif,
    /// For GitHub Actions; see [`github`].
    Github,
    /// For GitLab; see [`gitlab`].
    Gitlab,
    /// See [`junit`].
    Junit,
    /// See [`checkstyle`].
    Checkstyle,
}

/// What was found in one runbook, beside its text.
#[derive(Debug, Clone, Copy)]
pub struct Findings<'a> {
    pub problems: &'a [Problem],
    pub sources: &'a SourceMap,
}

/// All that was found, with a summary where people read it.
pub fn render(findings: &[Findings<'_>], format: Format) -> String {
    match format {
        Format::Json => json(findings),
        Format::Sarif => sarif(findings),
        Format::Github => github(findings),
        Format::Gitlab => gitlab(findings),
        Format::Junit => junit(findings),
        Format::Checkstyle => checkstyle(findings),
        Format::Short => each(findings)
            .map(|(problem, sources)| short(problem, sources) + "\n")
            .collect(),
        Format::Human(human) => {
            let mut text: String = each(findings)
                .map(|(problem, sources)| ProblemDiagnostic::new(problem, sources))
                .map(|diagnostic| human.render(&diagnostic) + "\n\n")
                .collect();
            text += &Counts::of(findings).sentence();
            // What keeps it from running counts more than what stands first.
            let error = each(findings).find(|(problem, _)| problem.is_error());
            if let Some((problem, _)) = error.or_else(|| each(findings).next()) {
                text += &format!("; `runbook explain {}` says more", problem.code);
            }
            text + "\n"
        }
    }
}

fn each<'a>(findings: &'a [Findings<'a>]) -> impl Iterator<Item = (&'a Problem, &'a SourceMap)> {
    findings.iter().flat_map(|found| {
        found
            .problems
            .iter()
            .map(|problem| (problem, found.sources))
    })
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
