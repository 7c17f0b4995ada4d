//! Whether a file is a runbook, or a module that only declares things.

use crate::problem::{Code, Problem};
use crate::source::{FileId, Span};
use crate::syntax::ast::{Ast, ItemKind};

const HELP: &str = "add a line `runbook \"what it does\"` at the top";

/// A file that does something must say that it is a runbook; one that holds
/// nothing is neither.
pub fn doubt(ast: &Ast, file: FileId) -> Option<Problem> {
    let is = |kind: &ItemKind| matches!(kind, ItemKind::Runbook { .. });
    if ast.items.iter().any(|item| is(&item.kind)) {
        return None;
    }
    if ast.items.is_empty() {
        let problem = Problem::new(
            Code::RB963,
            Span::new(file, 0, 0),
            "this file holds nothing",
        );
        return Some(problem.help("`runbook new FILE` writes a runbook to start from"));
    }
    let does = |kind: &ItemKind| {
        matches!(
            kind,
            ItemKind::Statement(_)
                | ItemKind::Rollback(_)
                | ItemKind::Watch(_)
                | ItemKind::Ending(_)
        )
    };
    let first = ast.items.iter().find(|item| does(&item.kind))?;
    let message = "this file does something, and has no line `runbook \"…\"`";
    Some(Problem::new(Code::RB963, first.span, message).help(HELP))
}

/// Why a module cannot run.
pub fn not_a_runbook(file: FileId) -> Problem {
    let message = "this file only declares things: it is no runbook, and cannot run";
    Problem::new(Code::RB963, Span::new(file, 0, 0), message).help(HELP)
}
