//! What is said below a list of problems.

use serde::Serialize;

use super::Findings;
use crate::problem::Severity;

/// How many problems of each severity there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub files: usize,
    pub errors: usize,
    pub warnings: usize,
    pub infos: usize,
}

impl Counts {
    /// Counts what was found, one runbook an entry.
    pub fn of(findings: &[Findings<'_>]) -> Counts {
        let count = |severity| {
            let problems = findings.iter().flat_map(|found| found.problems);
            problems.filter(|p| p.severity == severity).count()
        };
        Counts {
            files: findings.len(),
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            infos: count(Severity::Info),
        }
    }

    /// `2 errors and 1 warning in 3 files`, or that there is nothing.
    pub fn sentence(self) -> String {
        let found: Vec<String> = [
            (self.errors, "error"),
            (self.warnings, "warning"),
            (self.infos, "remark"),
        ]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, noun)| plural(number, noun))
        .collect();
        let files = plural(self.files, "file");
        match found.as_slice() {
            [] => format!("no problems in {files}"),
            [only] => format!("{only} in {files}"),
            [first, last] => format!("{first} and {last} in {files}"),
            [start @ .., last] => format!("{} and {last} in {files}", start.join(", ")),
        }
    }
}

fn plural(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}
