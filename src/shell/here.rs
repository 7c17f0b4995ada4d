//! Here-documents: announced in a line, read behind it.

use std::ops::Range;

use super::Quoting;
use super::reader::{Reader, excerpt};
use super::word::Draft;

/// A here-document whose text is still to come.
#[derive(Debug)]
pub(super) struct PendingHereDocument {
    pub(super) delimiter: String,
    /// `<<-`: tabs at the start of its lines do not count.
    pub(super) strips_tabs: bool,
    /// The delimiter is not quoted.
    pub(super) expands: bool,
    /// The operator and the delimiter.
    pub(super) range: Range<usize>,
}

impl Reader<'_> {
    /// Steps over the end of a line and the here-documents behind it.
    pub(super) fn end_of_line(&mut self) {
        self.at += 1;
        for document in std::mem::take(&mut self.pending) {
            self.here_document(&document);
        }
    }

    /// Here-documents announced in the last line have no text at all.
    pub(super) fn end_of_text(&mut self) {
        for document in std::mem::take(&mut self.pending) {
            self.never_ends(&document);
        }
    }

    fn here_document(&mut self, document: &PendingHereDocument) {
        let start = self.at;
        let mut line_start = start;
        while line_start < self.end {
            let newline = self.find(b'\n', line_start);
            let line_end = newline.unwrap_or(self.end);
            if self.is_delimiter(line_start..line_end, document) {
                self.here_text(start..line_start, document);
                // The new line stays: it ends no command, but nothing else.
                self.at = line_end;
                self.at += usize::from(newline.is_some());
                return;
            }
            line_start = newline.map_or(self.end, |newline| newline + 1);
        }
        self.here_text(start..self.end, document);
        self.never_ends(document);
    }

    fn is_delimiter(&self, line: Range<usize>, document: &PendingHereDocument) -> bool {
        let line = &self.text[line];
        let line = if document.strips_tabs {
            line.trim_start_matches('\t')
        } else {
            line
        };
        line == document.delimiter
    }

    fn here_text(&mut self, range: Range<usize>, document: &PendingHereDocument) {
        if document.expands {
            let outer_word = self.word_of.take();
            self.within(range, Self::expanded_text);
            self.word_of = outer_word;
        } else {
            self.mention_literally(range.clone());
            self.at = range.end;
        }
    }

    fn expanded_text(&mut self) {
        let mut draft = Draft::new();
        while let Some(byte) = self.peek() {
            match byte {
                b'\\' => self.escaped_in_double(b"$`\\\n", &mut draft),
                b'$' => self.dollar(Quoting::HereDocument, &mut draft),
                b'`' => self.backquoted(false, &mut draft),
                _ => self.plain_run_in(b"\\$`", &mut draft),
            }
        }
    }

    fn never_ends(&mut self, document: &PendingHereDocument) {
        let delimiter = excerpt(&document.delimiter);
        let message = format!("this here-document never ends: no line is `{delimiter}` alone");
        self.first_fault(document.range.clone(), message);
    }
}
