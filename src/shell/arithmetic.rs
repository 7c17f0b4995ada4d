//! Arithmetic: bare names are variables there.

use super::reader::{Reader, is_name_byte};
use super::word::Draft;
use super::{Quoting, SetHow};

impl Reader<'_> {
    /// Where the `))` stands that closes an arithmetic expression starting at
    /// `from`. `None` if parentheses do not close as a pair: then `$((` starts
    /// a substitution with a subshell in it, and `((` a subshell in another.
    pub(super) fn arithmetic_end(&self, from: usize) -> Option<usize> {
        let mut open = 0_usize;
        let mut place = from;
        while let Some(byte) = self.peek_at(place) {
            match byte {
                b'\\' => place += 1,
                b'\'' | b'`' => place = self.find(byte, place + 1)?,
                b'"' => place = self.double_quote_end(place + 1)?,
                b'(' => open += 1,
                b')' if open == 0 => {
                    return (self.peek_at(place + 1) == Some(b')')).then_some(place);
                }
                b')' => open -= 1,
                _ => {}
            }
            place += 1;
        }
        None
    }

    fn double_quote_end(&self, from: usize) -> Option<usize> {
        let mut place = from;
        loop {
            match self.peek_at(place)? {
                b'"' => return Some(place),
                b'\\' => place += 2,
                _ => place += 1,
            }
        }
    }

    /// Reads an expression up to the end of the text looked at.
    pub(super) fn arithmetic(&mut self) {
        self.arithmetic_up_to(None, false);
    }

    /// Reads an expression up to, and not with, the next `stop`.
    pub(super) fn arithmetic_until(&mut self, stop: u8) {
        self.arithmetic_up_to(Some(stop), false);
    }

    /// `[…]` behind the name of an array. A bare name may be the key of a map
    /// instead of a variable, so it may be unset.
    pub(super) fn subscript(&mut self) {
        let open = self.at;
        self.at += 1;
        self.arithmetic_up_to(Some(b']'), true);
        if !self.take("]") {
            self.first_fault(open..open + 1, "this `[` is never closed");
        }
    }

    fn arithmetic_up_to(&mut self, stop: Option<u8>, tolerant: bool) {
        let mut draft = Draft::new();
        let mut brackets = 0_usize;
        while let Some(byte) = self.peek() {
            match byte {
                _ if brackets == 0 && Some(byte) == stop => return,
                b'$' => self.dollar(Quoting::NoSplitting, &mut draft),
                b'`' => self.backquoted(false, &mut draft),
                b'"' => self.double_quoted(&mut draft),
                _ if byte.is_ascii_digit() => self.number(),
                _ if is_name_byte(byte) => self.arithmetic_name(tolerant),
                b'[' => {
                    brackets += 1;
                    self.at += 1;
                }
                b']' => {
                    brackets = brackets.saturating_sub(1);
                    self.at += 1;
                }
                b'\\' => {
                    self.at += 1;
                    self.skip_char();
                }
                _ => self.skip_char(),
            }
        }
    }

    /// A number with the letters that may belong to it: `0x1f`, `16#ff`.
    fn number(&mut self) {
        while self
            .peek()
            .is_some_and(|byte| is_name_byte(byte) || byte == b'#')
        {
            self.at += 1;
        }
    }

    /// A name in arithmetic: read, assigned, or both.
    fn arithmetic_name(&mut self, tolerant: bool) {
        let start = self.at;
        let end = self.name_end(start);
        self.at = end;
        let before = self.text[..start].trim_end_matches([' ', '\t']);
        let stepped = before.ends_with("++") || before.ends_with("--");
        let (assigned, read) = match self.assignment_operator(end) {
            AssignmentOperator::Plain => (true, false),
            AssignmentOperator::Changes => (true, true),
            AssignmentOperator::Not => (stepped, true),
        };
        if read {
            self.add_use(start..end, start..end, Quoting::NoSplitting, tolerant);
        }
        if assigned {
            self.add_set(start..end, SetHow::Arithmetic);
        }
    }

    /// The operator behind the name that ends at `end`.
    fn assignment_operator(&self, end: usize) -> AssignmentOperator {
        let rest = self.text[end..self.end]
            .trim_start_matches([' ', '\t'])
            .as_bytes();
        match rest {
            [b'=', b'=', ..] => AssignmentOperator::Not,
            [b'=', ..] => AssignmentOperator::Plain,
            [b'+', b'+', ..] | [b'-', b'-', ..] => AssignmentOperator::Changes,
            [b'<', b'<', b'=', ..] | [b'>', b'>', b'=', ..] => AssignmentOperator::Changes,
            [
                b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'^' | b'|',
                b'=',
                ..,
            ] => AssignmentOperator::Changes,
            _ => AssignmentOperator::Not,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AssignmentOperator {
    /// `=`.
    Plain,
    /// `+=`, `++` and their like: the old value is read.
    Changes,
    Not,
}
