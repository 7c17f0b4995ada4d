//! What `$` starts: variables, `${…}`, and the doors to substitutions and
//! arithmetic.

use std::ops::Range;

use super::reader::{Reader, excerpt};
use super::word::Draft;
use super::{Quoting, SetHow};

/// What stands behind the name in `${name…}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    /// `}`: the value itself.
    Nothing,
    /// `:-`, `-`: a word instead of nothing.
    Instead,
    /// `:+`, `+`: a word instead of the value, which is never seen itself.
    Alternative,
    /// `:=`, `=`: a word that is assigned too.
    Assign,
    /// `:?`, `?`: the message if unset.
    Demand,
    /// `#`, `##`, `%`, `%%`: a pattern to cut off.
    Cut,
    /// Bash's `/`, `^`, `,`: a pattern, and perhaps a replacement.
    Replace,
    /// Bash's `:offset:length`.
    Slice,
    /// Bash's `@Q` and its like.
    Transform,
    /// Nothing any shell knows.
    Unknown,
}

impl Operator {
    fn is_bash_only(self) -> bool {
        match self {
            Self::Replace | Self::Slice | Self::Transform => true,
            Self::Nothing
            | Self::Instead
            | Self::Alternative
            | Self::Assign
            | Self::Demand
            | Self::Cut
            | Self::Unknown => false,
        }
    }

    fn is_tolerant(self) -> bool {
        match self {
            Self::Instead | Self::Alternative | Self::Assign => true,
            Self::Nothing
            | Self::Demand
            | Self::Cut
            | Self::Replace
            | Self::Slice
            | Self::Transform
            | Self::Unknown => false,
        }
    }
}

impl Reader<'_> {
    /// What starts with the `$` here; the `$` itself if nothing does.
    pub(super) fn dollar(&mut self, quoting: Quoting, draft: &mut Draft) {
        let start = self.at;
        let quoted = matches!(quoting, Quoting::Double | Quoting::HereDocument);
        match self.peek_at(start + 1) {
            Some(b'{') => self.braced(quoting, draft),
            Some(b'(') => self.dollar_parenthesis(draft),
            Some(b'\'') if !quoted => self.dollar_quote(draft),
            Some(b'"') if !quoted && self.is_bash() => self.at += 1,
            Some(next) if next.is_ascii_digit() || is_special_parameter(next) => {
                draft.computed();
                self.at += 2;
            }
            Some(_) | None => {
                let end = self.name_end(start + 1);
                self.at = end;
                if end > start + 1 {
                    draft.computed();
                    self.add_use(start + 1..end, start..end, quoting, false);
                } else {
                    draft.push("$");
                }
            }
        }
    }

    /// `$'…'`, which sh reads as a `$` before a plain quote.
    fn dollar_quote(&mut self, draft: &mut Draft) {
        self.bash_only(self.at..self.at + 2, "`$'…'`");
        self.at += 1;
        if self.is_bash() {
            self.escapes_quoted(draft);
        } else {
            draft.push("$");
        }
    }

    fn braced(&mut self, quoting: Quoting, draft: &mut Draft) {
        draft.computed();
        let start = self.at;
        self.at += 2;
        self.deeper(|reader| reader.braced_inside(start, quoting));
        if !self.take("}") {
            self.first_fault(start..start + 2, "this `${` is never closed");
        }
    }

    /// `${name…` up to, and not with, its `}`.
    fn braced_inside(&mut self, start: usize, quoting: Quoting) {
        let length = self.take_length_sign();
        let indirect = !length && self.take_indirection();
        let name = self.parameter();
        let variable = name.clone().filter(|name| !name.is_empty());
        let place = self.script.uses.len();
        if let Some(name) = variable.clone() {
            self.add_use(name, start..self.at, quoting, false);
        }
        let subscripted = self.subscript_in_braces();
        if indirect && !subscripted && (self.starts_with("*}") || self.starts_with("@}")) {
            // The names that start this way are asked for, no value.
            self.script.uses.truncate(place);
            self.at += 1;
            return;
        }
        let operator = self.operator(name.is_none() && !length);
        self.operand(operator, start, quoting);
        let end = (self.at + 1).min(self.end);
        if operator.is_bash_only() {
            self.bash_only(
                start..end,
                &format!("`{}`", excerpt(&self.text[start..end])),
            );
        }
        if let Some(name) = variable {
            self.settle_use(place, operator, length, end);
            if operator == Operator::Assign {
                self.add_set(name, SetHow::Default);
            }
        }
    }

    /// Completes the use at `place`, which was noted before its operator was
    /// known.
    fn settle_use(&mut self, place: usize, operator: Operator, length: bool, end: usize) {
        let (first, inner) = self.script.uses[place..].split_at_mut(1);
        let Some(found) = first.first_mut() else {
            return;
        };
        found.range.end = end;
        found.tolerant = operator.is_tolerant();
        if length || operator == Operator::Alternative {
            found.quoting = quoting_unsplit(found.quoting);
        }
        if operator == Operator::Alternative {
            // The word is only looked at when the variable is set.
            for again in inner.iter_mut().filter(|again| again.name == found.name) {
                again.tolerant = true;
            }
        }
    }

    /// The `#` of `${#name}`, and not that of `${#}` or `${#:-x}`.
    fn take_length_sign(&mut self) -> bool {
        if self.peek() != Some(b'#') {
            return false;
        }
        let next = self.at + 1;
        let end = self.parameter_end(next);
        let is_length = end > next && matches!(self.peek_at(end), Some(b'}' | b'['));
        self.at += usize::from(is_length);
        is_length
    }

    /// The `!` of bash's `${!name}`.
    fn take_indirection(&mut self) -> bool {
        if self.peek() != Some(b'!') || self.name_end(self.at + 1) == self.at + 1 {
            return false;
        }
        self.bash_only(self.at - 2..self.at + 1, "`${!…}`");
        self.at += 1;
        true
    }

    /// The parameter here: a name, or an empty range for `1`, `@` and the like,
    /// which are no variables; `None` if there is none.
    fn parameter(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        self.at = self.parameter_end(start);
        if self.at == start {
            return None;
        }
        let named = self.name_end(start) > start;
        Some(if named { start..self.at } else { start..start })
    }

    fn parameter_end(&self, start: usize) -> usize {
        let mut end = self.name_end(start);
        while end < self.end
            && (end == start || self.bytes[start].is_ascii_digit())
            && self.bytes[end].is_ascii_digit()
        {
            end += 1;
        }
        match self.peek_at(start) {
            Some(byte) if end == start && is_special_parameter(byte) => start + 1,
            Some(_) | None => end,
        }
    }

    /// Bash's `[…]` behind the name of an array.
    fn subscript_in_braces(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.bash_only(self.at..self.at + 1, "an array's `[…]`");
        self.subscript();
        true
    }

    /// Steps over the operator here.
    fn operator(&mut self, nameless: bool) -> Operator {
        if nameless {
            return Operator::Unknown;
        }
        let colon = usize::from(self.peek() == Some(b':'));
        let after_colon = self.peek_at(self.at + colon);
        let (operator, length) = match after_colon {
            Some(b'-') => (Operator::Instead, colon + 1),
            Some(b'+') => (Operator::Alternative, colon + 1),
            Some(b'=') => (Operator::Assign, colon + 1),
            Some(b'?') => (Operator::Demand, colon + 1),
            Some(_) if colon == 1 => (Operator::Slice, 1),
            Some(b'}') | None => (Operator::Nothing, 0),
            Some(b'#' | b'%') => (Operator::Cut, 1),
            Some(b'/' | b'^' | b',') => (Operator::Replace, 1),
            Some(b'@') => (Operator::Transform, 1),
            Some(_) => (Operator::Unknown, 0),
        };
        self.at += length;
        operator
    }

    /// What the operator works with, up to the `}`.
    fn operand(&mut self, operator: Operator, start: usize, quoting: Quoting) {
        let unquoted = matches!(quoting, Quoting::Unquoted | Quoting::NoSplitting);
        match operator {
            Operator::Nothing => {}
            Operator::Instead | Operator::Alternative | Operator::Assign => {
                self.word_in_braces(quoting, unquoted);
            }
            Operator::Demand => self.word_in_braces(quoting_unsplit(quoting), unquoted),
            Operator::Cut | Operator::Replace | Operator::Transform => {
                self.word_in_braces(quoting_unsplit(quoting), true);
            }
            Operator::Slice => self.arithmetic_until(b'}'),
            Operator::Unknown => {
                self.word_in_braces(quoting, unquoted);
                if self.peek().is_some() {
                    self.fault(
                        start..self.at + 1,
                        "no variable can be named this way in `${…}`",
                    );
                }
            }
        }
    }
}

/// The same, for a value that nothing splits: a pattern, a message, a length.
fn quoting_unsplit(quoting: Quoting) -> Quoting {
    match quoting {
        Quoting::Unquoted | Quoting::NoSplitting => Quoting::NoSplitting,
        Quoting::Double => Quoting::Double,
        Quoting::HereDocument => Quoting::HereDocument,
    }
}

fn is_special_parameter(byte: u8) -> bool {
    matches!(byte, b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!')
}
