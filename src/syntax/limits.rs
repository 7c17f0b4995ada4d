//! Limits on what is read, checked before anything recurses into it.

use crate::problem::{Code, Problem};
use crate::source::{FileId, MAX_FILE, Span};
use crate::syntax::scan::Scan;

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
pub enum Shape {
    /// All brackets and quotes have partners.
    Whole,
    /// A block is not closed.
    OpenBlock,
    /// Something else has no partner.
    Broken,
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
    // Only where brackets have no partners the layout tells which are missing.
    if let Some(too_deep) = nests_well(file, text) {
        return match too_deep {
            Some(problem) => Err(problem),
            None => Ok(Shape::Whole),
        };
    }
    let mut scan = Scan::new(text);
    while scan.step() {
        if scan.open.len() > MAX_DEPTH {
            return Err(too_deep(file, &scan).into());
        }
    }
    Ok(if scan.block_left_open || scan.has_open_block() {
        Shape::OpenBlock
    } else {
        Shape::Broken
    })
}

/// Of a text in which all has its partner, however it is laid out: the problem of
/// what nests too deep, if something does. `None` where a partner is missing.
fn nests_well(file: FileId, text: &str) -> Option<Option<Box<Problem>>> {
    const HOPELESS: usize = MAX_DEPTH << 10;
    let mut scan = Scan::of_signs(text);
    let mut deep = None;
    while scan.step() {
        let depth = scan.open.len();
        if depth > MAX_DEPTH && deep.is_none() {
            deep = Some(Box::new(too_deep(file, &scan)));
        }
        if depth > HOPELESS {
            return Some(deep);
        }
        if scan.has_stray_close || scan.unclosed.is_some() {
            return None;
        }
    }
    (!scan.has_open_block()).then_some(deep)
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
