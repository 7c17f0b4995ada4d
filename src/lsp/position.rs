//! Places as the protocol counts them: lines from zero, and in a line units of
//! the encoding that client and server have agreed on.

use serde_json::{Value, json};

use crate::source::{SourceFile, Span};

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16,
}

impl Encoding {
    /// Bytes where the client takes them; else what every client must.
    pub fn wanted(initialize: &Value) -> Encoding {
        let offered = &initialize["capabilities"]["general"]["positionEncodings"];
        let offered = offered.as_array();
        match offered.is_some_and(|it| it.contains(&json!("utf-8"))) {
            true => Encoding::Utf8,
            false => Encoding::Utf16,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
        }
    }

    fn units(self, c: char) -> usize {
        match self {
            Encoding::Utf8 => c.len_utf8(),
            Encoding::Utf16 => c.len_utf16(),
        }
    }

    /// The byte offset of a place; one behind the end of its line, or of the
    /// text, is that end. `None`: it is no place.
    pub fn offset(self, text: &str, position: &Value) -> Option<usize> {
        let line = usize::try_from(position["line"].as_u64()?).ok()?;
        let column = usize::try_from(position["character"].as_u64()?).ok()?;
        let start = match line {
            0 => 0,
            line => match text.match_indices('\n').nth(line - 1) {
                Some((at, _)) => at + 1,
                None => return Some(text.len()),
            },
        };
        let rest = &text[start..];
        let rest = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let rest = rest.strip_suffix('\r').unwrap_or(rest);
        let mut units = 0;
        for (at, c) in rest.char_indices() {
            if units >= column {
                return Some(start + at);
            }
            units += self.units(c);
        }
        Some(start + rest.len())
    }

    /// The line and the column of an offset.
    pub fn line_and_column(self, file: &SourceFile, offset: usize) -> (usize, usize) {
        let offset = file.text.floor_char_boundary(offset.min(file.text.len()));
        let line = file.line_of(offset);
        let start = file.line_start(line).unwrap_or(0);
        let before = file.text.get(start..offset).unwrap_or("");
        (line, self.length(before))
    }

    pub fn length(self, text: &str) -> usize {
        match self {
            Encoding::Utf8 => text.len(),
            Encoding::Utf16 => text.chars().map(char::len_utf16).sum(),
        }
    }

    pub fn position(self, file: &SourceFile, offset: usize) -> Value {
        let (line, column) = self.line_and_column(file, offset);
        json!({ "line": line, "character": column })
    }

    pub fn range(self, file: &SourceFile, span: Span) -> Value {
        let range = span.range();
        json!({
            "start": self.position(file, range.start),
            "end": self.position(file, range.end),
        })
    }
}
