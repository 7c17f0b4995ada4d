//! One line a problem, in the form that editors and `grep` know.

use super::neutral::one_line;
use crate::problem::Problem;
use crate::source::SourceMap;

/// `path:line:column: error[RB101]: message`, without a line end.
pub fn short(problem: &Problem, sources: &SourceMap) -> String {
    let place = problem
        .span
        .filter(|span| sources.get(span.file).is_some())
        .map(|span| format!("{}: ", sources.locate(span)))
        .unwrap_or_default();
    format!(
        "{}{}[{}]: {}",
        one_line(&place),
        problem.severity.word(),
        problem.code,
        one_line(&problem.message)
    )
}
