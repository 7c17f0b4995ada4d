//! Redirections.

use std::ops::Range;

use super::here::PendingHereDocument;
use super::reader::{Reader, is_meta};
use super::{Quoting, SetHow};

/// Longest first, so that none is taken for the start of another.
const OPERATORS: [&str; 12] = [
    "&>>", "&>", "<<<", "<<-", "<<", "<&", "<>", ">>", ">&", ">|", "<", ">",
];

impl Reader<'_> {
    /// Reads the redirections behind a compound command.
    pub(super) fn redirections(&mut self) {
        self.skip_blanks();
        while self.redirection() {
            self.skip_blanks();
        }
    }

    /// Reads the redirection that starts here, if one does.
    pub(super) fn redirection(&mut self) -> bool {
        let start = self.at;
        let descriptor_end = self.descriptor_end();
        self.at = descriptor_end;
        let Some(operator) = self.redirection_operator() else {
            self.at = start;
            return false;
        };
        if self.bytes[start] == b'{' {
            self.add_set(start + 1..descriptor_end - 1, SetHow::Assignment);
        }
        let operator_range = self.at..self.at + operator.len();
        self.at = operator_range.end;
        self.skip_blanks();
        let outer_word = self.word_of.take();
        match operator {
            "<<" | "<<-" => self.announce_here_document(operator, start),
            "<<<" => self.target(operator_range, Quoting::NoSplitting),
            _ if self.is_bash() => self.target(operator_range, Quoting::Unquoted),
            _ => self.target(operator_range, Quoting::NoSplitting),
        }
        self.word_of = outer_word;
        true
    }

    /// The end of the number, or of bash's `{name}`, before an operator.
    fn descriptor_end(&self) -> usize {
        let mut end = self.at;
        while self.peek_at(end).is_some_and(|byte| byte.is_ascii_digit()) {
            end += 1;
        }
        if end == self.at && self.is_bash() && self.peek() == Some(b'{') {
            let name_end = self.name_end(end + 1);
            if name_end > end + 1 && self.peek_at(name_end) == Some(b'}') {
                end = name_end + 1;
            }
        }
        end
    }

    fn redirection_operator(&self) -> Option<&'static str> {
        match self.peek() {
            Some(b'<' | b'>') => {}
            Some(b'&') if self.is_bash() && self.peek_at(self.at + 1) == Some(b'>') => {}
            Some(_) | None => return None,
        }
        let operator = OPERATORS
            .into_iter()
            .find(|operator| self.starts_with(operator))?;
        let substitutes = matches!(operator, "<" | ">") && self.peek_at(self.at + 1) == Some(b'(');
        (!substitutes || !self.is_bash()).then_some(operator)
    }

    /// The file, descriptor or string behind an operator.
    fn target(&mut self, operator: Range<usize>, quoting: Quoting) {
        let sign = &self.text[operator.clone()];
        if sign == "<<<" {
            self.bash_only(operator.clone(), "`<<<`");
        }
        if self.word(quoting).is_none() {
            self.first_fault(
                operator,
                format!("what to redirect to or from is missing after `{sign}`"),
            );
        }
    }

    fn announce_here_document(&mut self, operator: &str, start: usize) {
        let place = self.at;
        let (delimiter, quoted) = self.here_document_delimiter();
        if self.at == place {
            let message =
                format!("the delimiter of the here-document is missing after `{operator}`");
            self.first_fault(start..start + operator.len(), message);
            return;
        }
        self.pending.push(PendingHereDocument {
            delimiter,
            strips_tabs: operator == "<<-",
            expands: !quoted,
            range: start..self.at,
        });
    }

    /// The delimiter without its quotes, and whether it has any. Nothing is
    /// expanded in it.
    fn here_document_delimiter(&mut self) -> (String, bool) {
        let mut delimiter = String::new();
        let mut quoted = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'\'' | b'"' => {
                    let start = self.at + 1;
                    let close = self.find(byte, start);
                    let end = close.unwrap_or(self.end);
                    if close.is_none() {
                        self.first_fault(
                            self.at..start,
                            format!("this `{}` is never closed", char::from(byte)),
                        );
                    }
                    delimiter.push_str(&self.text[start..end]);
                    self.at = close.map_or(end, |close| close + 1);
                    quoted = true;
                }
                _ if is_meta(byte) => break,
                _ => {
                    self.at += usize::from(byte == b'\\');
                    quoted |= byte == b'\\';
                    let start = self.at;
                    self.skip_char();
                    delimiter.push_str(&self.text[start..self.at]);
                }
            }
        }
        (delimiter, quoted)
    }
}
