//! Words and the quotes in them.

use std::ops::Range;

use super::reader::{Reader, is_meta};
use super::{Quoting, Word};

/// What is known of a word while it is read.
#[derive(Debug)]
pub(super) struct Draft {
    literal: Option<String>,
    quoted: bool,
}

impl Draft {
    pub(super) fn new() -> Self {
        Self {
            literal: Some(String::new()),
            quoted: false,
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        if let Some(literal) = &mut self.literal {
            literal.push_str(text);
        }
    }

    /// Some of the word is only known when it runs.
    pub(super) fn computed(&mut self) {
        self.literal = None;
    }

    pub(super) fn into_word(self, range: Range<usize>) -> Word {
        Word {
            literal: self.literal,
            range,
            quoted: self.quoted,
        }
    }

    pub(super) fn into_literal(self) -> Option<String> {
        self.literal
    }
}

/// What an unquoted parenthesis means in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parentheses {
    /// It ends the word.
    End,
    /// Pairs belong to the word with all between them: the right side of `=~`.
    Belong,
}

impl Reader<'_> {
    /// Reads the word that starts here, if one does. `quoting` is what happens
    /// to the expansions that stand in it without quotes.
    pub(super) fn word(&mut self, quoting: Quoting) -> Option<Word> {
        self.word_with(quoting, Parentheses::End)
    }

    pub(super) fn word_with(&mut self, quoting: Quoting, parentheses: Parentheses) -> Option<Word> {
        let start = self.at;
        let mut draft = Draft::new();
        self.word_parts(quoting, parentheses, &mut draft);
        (self.at > start).then(|| draft.into_word(start..self.at))
    }

    /// Reads to the end of the word.
    pub(super) fn word_parts(
        &mut self,
        quoting: Quoting,
        parentheses: Parentheses,
        draft: &mut Draft,
    ) {
        let mut open = 0_usize;
        let start = self.at;
        while let Some(byte) = self.peek() {
            if self.quote_or_expansion(byte, quoting, draft) {
                continue;
            }
            match byte {
                b'<' | b'>' if self.is_bash() && self.peek_at(self.at + 1) == Some(b'(') => {
                    self.process_substitution();
                    draft.computed();
                }
                b'(' if open > 0 || self.opens_pattern(start, parentheses) => {
                    open += 1;
                    self.plain(1, draft);
                }
                b')' if open > 0 => {
                    open -= 1;
                    self.plain(1, draft);
                }
                b'|' if parentheses == Parentheses::Belong && !self.starts_with("||") => {
                    self.plain(1, draft)
                }
                _ if is_meta(byte) && open == 0 => break,
                _ => self.plain_run(draft),
            }
        }
        if open > 0 {
            self.first_fault(start..self.at, "a `(` in this pattern is never closed");
        }
    }

    /// Whether the `(` here starts a part of a pattern, as in bash's `@(a|b)`.
    fn opens_pattern(&self, start: usize, parentheses: Parentheses) -> bool {
        match parentheses {
            Parentheses::Belong => true,
            Parentheses::End => {
                self.is_bash()
                    && self.at > start
                    && matches!(self.bytes[self.at - 1], b'?' | b'*' | b'+' | b'@' | b'!')
            }
        }
    }

    /// Steps over `length` bytes that mean themselves.
    fn plain(&mut self, length: usize, draft: &mut Draft) {
        let next = self.at + length;
        draft.push(&self.text[self.at..next]);
        self.at = next;
    }

    /// Steps over a character that means itself, and all like it behind it.
    fn plain_run(&mut self, draft: &mut Draft) {
        let mut next = self.at + 1;
        while self
            .peek_at(next)
            .is_some_and(|byte| !is_meta(byte) && !is_quote(byte))
        {
            next += 1;
        }
        self.plain(next - self.at, draft);
    }

    /// Reads the quoted part, escape or expansion that starts with `byte` here,
    /// if one does.
    fn quote_or_expansion(&mut self, byte: u8, quoting: Quoting, draft: &mut Draft) -> bool {
        match byte {
            b'\'' => self.single_quoted(draft),
            b'"' => self.double_quoted(draft),
            b'\\' => self.escaped(draft),
            b'$' => self.dollar(quoting, draft),
            b'`' => self.backquoted(false, draft),
            _ => return false,
        }
        true
    }

    /// `\x` outside quotes.
    fn escaped(&mut self, draft: &mut Draft) {
        self.at += 1;
        let start = self.at;
        self.skip_char();
        if self.bytes.get(start) != Some(&b'\n') {
            draft.quoted = true;
            draft.push(&self.text[start..self.at]);
        }
    }

    fn single_quoted(&mut self, draft: &mut Draft) {
        let open = self.at;
        let start = open + 1;
        let close = self.find(b'\'', start);
        let end = close.unwrap_or(self.end);
        draft.quoted = true;
        draft.push(&self.text[start..end]);
        self.mention_literally(start..end);
        self.at = close.map_or(end, |quote| quote + 1);
        if close.is_none() {
            self.first_fault(open..start, "this `'` is never closed");
        }
    }

    /// Bash's `$'…'`, at its quote.
    pub(super) fn escapes_quoted(&mut self, draft: &mut Draft) {
        let open = self.at;
        self.at += 1;
        draft.quoted = true;
        while let Some(byte) = self.peek() {
            match byte {
                b'\'' => {
                    self.mention_literally(open + 1..self.at);
                    self.at += 1;
                    return;
                }
                b'\\' => {
                    self.at += 1;
                    match self.peek().and_then(escape_value) {
                        Some(value) => draft.push(value),
                        None => draft.computed(),
                    }
                    self.skip_char();
                }
                _ => {
                    let start = self.at;
                    self.skip_char();
                    draft.push(&self.text[start..self.at]);
                }
            }
        }
        self.first_fault(open..open + 1, "this `'` is never closed");
    }

    /// A part in double quotes, at its opening quote.
    pub(super) fn double_quoted(&mut self, draft: &mut Draft) {
        let open = self.at;
        self.at += 1;
        draft.quoted = true;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' => self.escaped_in_double(b"$`\"\\\n", draft),
                b'$' => self.dollar(Quoting::Double, draft),
                b'`' => self.backquoted(true, draft),
                _ => self.plain_run_in(b"\"\\$`", draft),
            }
        }
        self.first_fault(open..open + 1, "this `\"` is never closed");
    }

    /// A `\` that only takes away the meaning of the characters in `special`,
    /// and is itself before any other.
    pub(super) fn escaped_in_double(&mut self, special: &[u8], draft: &mut Draft) {
        match self.peek_at(self.at + 1) {
            Some(b'\n') if special.contains(&b'\n') => self.at += 2,
            Some(next) if special.contains(&next) => {
                self.at += 1;
                self.plain(1, draft);
            }
            Some(_) | None => self.plain(1, draft),
        }
    }

    /// Steps over everything up to one of the bytes of `special`.
    pub(super) fn plain_run_in(&mut self, special: &[u8], draft: &mut Draft) {
        let mut next = self.at + 1;
        while self
            .peek_at(next)
            .is_some_and(|byte| !special.contains(&byte))
        {
            next += 1;
        }
        self.plain(next - self.at, draft);
    }

    /// The word inside `${name:-word}`, up to its `}`. Single quotes quote
    /// nothing there when the expansion itself stands in double quotes.
    pub(super) fn word_in_braces(&mut self, quoting: Quoting, single_quotes: bool) {
        let mut draft = Draft::new();
        while let Some(byte) = self.peek() {
            match byte {
                b'}' => return,
                b'\'' if !single_quotes => self.at += 1,
                _ if self.quote_or_expansion(byte, quoting, &mut draft) => {}
                _ => self.skip_char(),
            }
        }
    }

    pub(super) fn find(&self, wanted: u8, from: usize) -> Option<usize> {
        let found = self
            .bytes
            .get(from..self.end)?
            .iter()
            .position(|&byte| byte == wanted)?;
        Some(from + found)
    }

    /// Notes every `$name` in text the shell takes literally.
    pub(super) fn mention_literally(&mut self, range: Range<usize>) {
        let mut place = range.start;
        while let Some(found) = self.bytes[place..range.end]
            .iter()
            .position(|&byte| byte == b'$')
        {
            let dollar = place + found;
            let braced = self.peek_at(dollar + 1) == Some(b'{');
            let start = dollar + 1 + usize::from(braced);
            let end = self.name_end(start).min(range.end);
            place = end.max(dollar + 1).min(range.end);
            if end > start {
                let closed = braced && end < range.end && self.bytes[end] == b'}';
                let mention = dollar..end + usize::from(closed);
                self.script
                    .literal_mentions
                    .push((self.text[start..end].to_owned(), mention));
            }
        }
    }
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'\'' | b'"' | b'\\' | b'$' | b'`')
}

/// What `\byte` means in `$'…'`, where that is one fixed character.
fn escape_value(byte: u8) -> Option<&'static str> {
    match byte {
        b'n' => Some("\n"),
        b't' => Some("\t"),
        b'r' => Some("\r"),
        b'\\' => Some("\\"),
        b'\'' => Some("'"),
        b'"' => Some("\""),
        b'a' => Some("\x07"),
        b'b' => Some("\x08"),
        b'e' | b'E' => Some("\x1b"),
        b'f' => Some("\x0c"),
        b'v' => Some("\x0b"),
        b'?' => Some("?"),
        _ => None,
    }
}
