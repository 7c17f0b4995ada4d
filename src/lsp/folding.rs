//! What can be folded away, and what is selected next.

use serde_json::{Value, json};

use super::documents::Document;
use crate::source::Span;
use crate::syntax::tokens::{TokenKind, parts_around, take_apart};

/// Every block, text and script that goes over several lines, and comments
/// that stand together.
pub fn folds(document: &Document) -> Value {
    let file = document.file();
    let Some(taken) = take_apart(&file.text) else {
        return json!([]);
    };
    let mut folds = Folds::default();
    for token in &taken.tokens {
        let line = file.line_of(token.start);
        let last = file.line_of(token.start + token.text.trim_end().len());
        if token.kind != TokenKind::Comment {
            folds.end_comments();
        }
        match token.kind {
            TokenKind::OpenBlock | TokenKind::Open | TokenKind::OpenCall => folds.open.push(line),
            TokenKind::CloseBlock | TokenKind::Close => {
                if let Some(start) = folds.open.pop() {
                    // The line of the bracket stays to be seen.
                    folds.add(start, line.saturating_sub(1), None);
                }
            }
            TokenKind::Comment => folds.comment(line),
            TokenKind::Text | TokenKind::Command => folds.add(line, last, None),
            TokenKind::Word
            | TokenKind::Separator
            | TokenKind::Continues
            | TokenKind::Tight
            | TokenKind::TightEnd
            | TokenKind::Prefix => {}
        }
    }
    folds.end_comments();
    Value::Array(folds.found)
}

#[derive(Default)]
struct Folds {
    open: Vec<usize>,
    /// Lines of comments that stand together.
    comments: Option<(usize, usize)>,
    found: Vec<Value>,
}

impl Folds {
    fn add(&mut self, start: usize, end: usize, kind: Option<&str>) {
        if start >= end {
            return;
        }
        let mut fold = json!({ "startLine": start, "endLine": end });
        if let Some(kind) = kind {
            fold["kind"] = json!(kind);
        }
        self.found.push(fold);
    }

    fn comment(&mut self, line: usize) {
        match self.comments {
            Some((start, end)) if end + 1 == line => self.comments = Some((start, line)),
            Some(_) | None => {
                self.end_comments();
                self.comments = Some((line, line));
            }
        }
    }

    fn end_comments(&mut self) {
        if let Some((start, end)) = self.comments.take() {
            self.add(start, end, Some("comment"));
        }
    }
}

/// For each place, the parts of the text around it, the smallest first, each
/// with the next one as its parent.
pub fn selections(document: &Document, positions: &Value) -> Result<Value, String> {
    let text = &document.file().text;
    let positions = positions.as_array().map(Vec::as_slice).unwrap_or_default();
    positions
        .iter()
        .map(|position| {
            let offset = document.encoding.offset(text, position);
            let offset = offset.ok_or_else(|| "that is no position".to_owned())?;
            Ok(selection(document, offset))
        })
        .collect()
}

fn selection(document: &Document, offset: usize) -> Value {
    let file = document.analysis.file;
    let text = &document.file().text;
    let mut parts = parts_around(text, offset);
    parts.extend(word(text, offset));
    // The largest first; each holds the next.
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    parts.dedup();
    let mut selected = Value::Null;
    for part in parts {
        let range = document.range(Span::new(file, part.start, part.end));
        selected = match selected {
            Value::Null => json!({ "range": range }),
            parent => json!({ "range": range, "parent": parent }),
        };
    }
    selected
}

/// The word of a command, which the grammar leaves whole.
fn word(text: &str, offset: usize) -> Option<std::ops::Range<usize>> {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (before, behind) = (text.get(..offset)?, text.get(offset..)?);
    let start = before.trim_end_matches(is_letter).len();
    let end = text.len() - behind.trim_start_matches(is_letter).len();
    (start < end).then_some(start..end)
}
