//! Commands inside words: `$(…)`, backquotes, `<(…)`. Quoting starts afresh in
//! each.

use std::ops::Range;

use super::reader::Reader;
use super::word::Draft;

impl Reader<'_> {
    /// `$((…))` or `$(…)`, at its `$`.
    pub(super) fn dollar_parenthesis(&mut self, draft: &mut Draft) {
        draft.computed();
        let start = self.at;
        let doubled = self.peek_at(start + 2) == Some(b'(');
        let arithmetic_end = if doubled {
            self.arithmetic_end(start + 3)
        } else {
            None
        };
        if doubled && arithmetic_end.is_none() && !self.is_bash() {
            self.first_fault(start..start + 3, "this `$((` has no `))`");
        }
        match arithmetic_end {
            Some(end) => {
                self.deeper(|reader| reader.within(start + 3..end, Self::arithmetic));
                self.at = end + 2;
            }
            None => self.substitution(start, "$("),
        }
    }

    /// `<(…)` or `>(…)`, at its first character.
    pub(super) fn process_substitution(&mut self) {
        self.substitution(self.at, "<(");
    }

    /// Commands in parentheses, whose two opening characters stand here.
    fn substitution(&mut self, start: usize, opening: &str) {
        self.at = start + 2;
        let outer_pending = std::mem::take(&mut self.pending);
        let outer_word = self.word_of.take();
        self.level += 1;
        self.deeper(|reader| reader.commands_until_parenthesis(start..start + 2, opening));
        self.level -= 1;
        self.word_of = outer_word;
        // A here-document announced inside and not yet read has its text
        // behind the line that all of this stands in.
        let unread = std::mem::replace(&mut self.pending, outer_pending);
        self.pending.extend(unread);
    }

    /// `` `…` ``, at its first quote. Inside, `\` before a backquote, `$` or
    /// another `\` is taken away first, and before `"` too if all of it stands
    /// in double quotes; so what is read is a copy, each byte of which knows
    /// where it came from.
    pub(super) fn backquoted(&mut self, in_double: bool, draft: &mut Draft) {
        draft.computed();
        let open = self.at;
        let (copy, origins, close) = self.unescape_backquoted(open + 1, in_double);
        if close.is_none() {
            self.first_fault(open..open + 1, "this backquote is never closed");
        }
        self.deeper(|reader| reader.read_copy(&copy, &origins));
        self.at = close.map_or(self.end, |close| close + 1);
    }

    /// The commands in backquotes, where each byte stood, and where they end.
    fn unescape_backquoted(
        &self,
        from: usize,
        in_double: bool,
    ) -> (String, Vec<usize>, Option<usize>) {
        let mut copy = String::new();
        let mut origins = Vec::new();
        let mut place = from;
        while let Some(byte) = self.peek_at(place) {
            if byte == b'`' {
                return (copy, origins, Some(place));
            }
            if byte == b'\\' {
                match self.peek_at(place + 1) {
                    Some(b'`' | b'$' | b'\\') => place += 1,
                    Some(b'"') if in_double => place += 1,
                    Some(_) | None => {}
                }
            }
            let Some(character) = self.text[place..].chars().next() else {
                break;
            };
            copy.push(character);
            origins.extend(place..place + character.len_utf8());
            place += character.len_utf8();
        }
        (copy, origins, None)
    }

    /// Reads commands from `copy` and adds what it finds to the script.
    fn read_copy(&mut self, copy: &str, origins: &[usize]) {
        let mut inner = Reader::new(copy, self.dialect);
        inner.depth = self.depth;
        inner.level = self.level + 1;
        inner.whole_text();
        let original =
            |range: Range<usize>| match (origins.get(range.start), range.end.checked_sub(1)) {
                (Some(&start), Some(last)) if range.end > range.start => start..origins[last] + 1,
                (Some(&start), _) => start..start,
                (None, _) => self.end..self.end,
            };
        let found = inner
            .script
            .relocated(&original, self.script.commands.len());
        self.levels.extend(inner.levels);
        self.script.append(found);
    }
}
