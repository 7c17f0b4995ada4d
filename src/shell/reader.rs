//! The place in the text, and what every part of the reader needs: looking
//! ahead, keeping faults, bounding the depth.

use std::ops::Range;

use super::here::PendingHereDocument;
use super::{Dialect, Fault, Quoting, Script, SetHow, VariableSet, VariableUse};

/// How deep constructs may nest. People stay below ten; the bound keeps the
/// stack small whatever the text.
const DEEPEST: usize = 100;

/// Reads one text, or a part of it: nothing at or after `end` is looked at.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) bytes: &'t [u8],
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) dialect: Dialect,
    pub(super) script: Script,
    /// Here-documents announced on the current line.
    pub(super) pending: Vec<PendingHereDocument>,
    /// The command whose words are being read.
    pub(super) word_of: Option<usize>,
    /// How many substitutions surround the current place.
    pub(super) level: usize,
    /// The `level` of each command in `script.commands`.
    pub(super) levels: Vec<usize>,
    pub(super) depth: usize,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, dialect: Dialect) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            end: text.len(),
            dialect,
            script: Script::default(),
            pending: Vec::new(),
            word_of: None,
            level: 0,
            levels: Vec::new(),
            depth: 0,
        }
    }

    pub(super) fn is_bash(&self) -> bool {
        self.dialect == Dialect::Bash
    }

    /// The byte here, or `None` at the end.
    pub(super) fn peek(&self) -> Option<u8> {
        self.peek_at(self.at)
    }

    pub(super) fn peek_at(&self, place: usize) -> Option<u8> {
        if place < self.end {
            self.bytes.get(place).copied()
        } else {
            None
        }
    }

    pub(super) fn starts_with(&self, wanted: &str) -> bool {
        self.bytes[self.at..self.end].starts_with(wanted.as_bytes())
    }

    /// Steps over `wanted` if it stands here.
    pub(super) fn take(&mut self, wanted: &str) -> bool {
        let found = self.starts_with(wanted);
        if found {
            self.at += wanted.len();
        }
        found
    }

    /// Steps over one character, of however many bytes.
    pub(super) fn skip_char(&mut self) {
        let rest = &self.text[self.at..self.end];
        self.at += rest.chars().next().map_or(0, char::len_utf8);
    }

    /// The end of the name that starts at `from`, or `from` if none does.
    pub(super) fn name_end(&self, from: usize) -> usize {
        match self.peek_at(from) {
            Some(first) if first.is_ascii_alphabetic() || first == b'_' => {}
            Some(_) | None => return from,
        }
        let mut place = from + 1;
        while self.peek_at(place).is_some_and(is_name_byte) {
            place += 1;
        }
        place
    }

    pub(super) fn add_use(
        &mut self,
        name: Range<usize>,
        range: Range<usize>,
        quoting: Quoting,
        tolerant: bool,
    ) {
        self.script.uses.push(VariableUse {
            name: self.text[name].to_owned(),
            range,
            quoting,
            tolerant,
            in_word_of: self.word_of,
        });
    }

    pub(super) fn add_set(&mut self, name: Range<usize>, how: SetHow) {
        self.script.sets.push(VariableSet {
            name: self.text[name.clone()].to_owned(),
            range: name,
            how,
        });
    }

    pub(super) fn fault(&mut self, range: Range<usize>, message: impl Into<String>) {
        self.script.faults.push(Fault {
            range,
            message: message.into(),
        });
    }

    /// A fault in the structure of the text, kept when it is the first: those
    /// behind it mostly repeat it in other words.
    pub(super) fn first_fault(&mut self, range: Range<usize>, message: impl Into<String>) {
        if self.script.faults.is_empty() {
            self.fault(range, message);
        }
    }

    /// A fault if the shell is sh: `what` is understood by bash only.
    pub(super) fn bash_only(&mut self, range: Range<usize>, what: &str) {
        if !self.is_bash() {
            self.fault(range, format!("{what} is understood by bash but not by sh"));
        }
    }

    /// Reads something nested with `inner`, unless that nests too deep: then
    /// the rest of the text is given up.
    pub(super) fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.depth >= DEEPEST {
            let range = self.at.min(self.end)..self.end;
            self.first_fault(range, format!("commands nest deeper than {DEEPEST} levels"));
            self.at = self.end;
            return None;
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        Some(result)
    }

    /// Reads the part of the text in `range` with `inner`, then goes on behind
    /// it.
    pub(super) fn within<T>(
        &mut self,
        range: Range<usize>,
        inner: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outer_end = std::mem::replace(&mut self.end, range.end);
        self.at = range.start;
        let result = inner(self);
        self.end = outer_end;
        self.at = range.end;
        result
    }
}

pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Ends a word when it is not quoted.
pub(super) fn is_meta(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')'
    )
}

/// `text` shortened for a message.
pub(super) fn excerpt(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    match line.char_indices().nth(40) {
        Some((cut, _)) => &line[..cut],
        None => line,
    }
}
