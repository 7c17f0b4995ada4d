//! Limits on what is read, checked before anything recurses into it.

use crate::problem::{Code, Problem};
use crate::source::{FileId, Span};
use crate::syntax::scan::Scan;

/// The largest file, in bytes.
pub const MAX_FILE: usize = 16 << 20;
/// The longest string or script, in bytes.
pub const MAX_TEXT: usize = 1 << 20;
/// How deep braces, brackets and parentheses may nest.
pub const MAX_DEPTH: usize = 64;
/// How many operators one expression may have.
pub const MAX_OPERATORS: usize = 256;

/// How many problems of one text are told.
pub const MAX_PROBLEMS: usize = 500;

/// What is known of a text before it is parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Whether a block is not closed.
    pub open_block: bool,
}

/// The shape of a text.
///
/// # Errors
/// The first limit that it passes.
pub fn check(file: FileId, text: &str) -> Result<Shape, Box<Problem>> {
    if text.len() > MAX_FILE {
        let message = format!("the file is larger than {} MiB", MAX_FILE >> 20);
        let span = Span::new(file, 0, 0);
        return Err(Problem::new(Code::RB902, span, message)
            .help("split it")
            .into());
    }
    let mut scan = Scan::new(text);
    while scan.step() {
        if scan.open.len() > MAX_DEPTH {
            return Err(too_deep(file, &scan).into());
        }
    }
    let open_at_end = scan.open.iter().any(|(_, sign)| *sign == "{");
    Ok(Shape {
        open_block: scan.block_left_open || open_at_end,
    })
}

fn too_deep(file: FileId, scan: &Scan) -> Problem {
    let (at, sign) = scan.open.last().copied().unwrap_or((scan.at(), ""));
    let span = Span::new(file, at, at + sign.len());
    let message = format!("brackets nest more than {MAX_DEPTH} deep");
    let problem =
        Problem::new(Code::RB902, span, message).help("is a closing bracket missing further up?");
    match scan.open.first() {
        Some((first, sign)) => {
            let outermost = Span::new(file, *first, first + sign.len());
            problem.and(outermost, "the outermost opens here")
        }
        None => problem,
    }
}
