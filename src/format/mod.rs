//! A text laid out as all are: two spaces for each block, one between words, at
//! most one empty line in a row. Lines end where their author ended them.
//! Commands, strings and comments stay what they are, byte for byte.

mod layout;
#[cfg(test)]
mod tests;

use std::path::Path;

use crate::problem::Problem;
use crate::source::{FileId, SourceMap};
use crate::syntax::{decode, parse, tokens::take_apart};

/// Why a text was not laid out anew.
#[derive(Debug)]
pub enum NotFormatted {
    /// It cannot be read, so what it means is not known.
    Unreadable {
        problems: Vec<Problem>,
        sources: SourceMap,
    },
    /// It would mean something else afterwards, which is a bug in this program.
    WouldChange,
}

/// Lays a file's text out. What comes out means the same, and comes out the
/// same when it is laid out again.
///
/// # Errors
/// A text that cannot be read is not touched.
pub fn format(path: &Path, bytes: &[u8]) -> Result<String, NotFormatted> {
    let file = FileId::default();
    let (source, not_text) = decode(path, bytes, file);
    let parsed = parse(file, &source.text);
    let problems: Vec<Problem> = not_text
        .into_iter()
        .chain(parsed.problems)
        .filter(Problem::is_error)
        .collect();
    if problems.is_empty() {
        return lay_out(&source.text).ok_or(NotFormatted::WouldChange);
    }
    let mut sources = SourceMap::default();
    sources.add(source);
    Err(NotFormatted::Unreadable { problems, sources })
}

fn lay_out(text: &str) -> Option<String> {
    let before = take_apart(text)?;
    let laid_out = layout::lay_out(text, &before.tokens);
    let is_same = take_apart(&laid_out)?.means_the_same(&before);
    is_same.then_some(laid_out)
}
