//! Limits on what is read, checked before anything recurses into it.

use crate::problem::{Code, Problem};
use crate::source::{FileId, Span};

/// The largest file, in bytes.
pub const MAX_FILE: usize = 16 << 20;
/// The longest string or script, in bytes.
pub const MAX_TEXT: usize = 1 << 20;
/// How deep braces, brackets and parentheses may nest.
pub const MAX_DEPTH: usize = 64;

/// The first limit that a text passes.
pub fn check(file: FileId, text: &str) -> Option<Problem> {
    if text.len() > MAX_FILE {
        let message = format!("the file is larger than {} MiB", MAX_FILE >> 20);
        let span = Span::new(file, 0, 0);
        return Some(Problem::new(Code::RB902, span, message).help("split it"));
    }
    let at = too_deep(text)?;
    let message = format!("blocks nest more than {MAX_DEPTH} deep");
    let span = Span::new(file, at, at + 1);
    Some(Problem::new(Code::RB902, span, message).help("is a `}` missing further up?"))
}

/// Where nesting first goes too deep. Commands and comments do not count;
/// strings do, since values nest in them.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let code = code_of(line);
        for (at, byte) in code.bytes().enumerate() {
            match byte {
                b'{' | b'[' | b'(' | b'<' => {
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return Some(offset + at);
                    }
                }
                b'}' | b']' | b')' | b'>' => depth = depth.saturating_sub(1),
                b'"' | b'`' if byte == b'`' => {}
                _other => {}
            }
        }
        // A comparison's `<` has no partner.
        let angles = code
            .matches('<')
            .count()
            .saturating_sub(code.matches('>').count());
        depth = depth.saturating_sub(angles);
        offset += line.len();
    }
    None
}

/// A line without its command or comment.
fn code_of(line: &str) -> &str {
    let command = line.find("$ ");
    let comment = line.find('#');
    let end = command.into_iter().chain(comment).min();
    &line[..end.unwrap_or(line.len())]
}
