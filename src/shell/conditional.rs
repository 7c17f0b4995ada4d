//! Bash's `[[ … ]]`.

use super::reader::Reader;
use super::word::Parentheses;
use super::{Quoting, SimpleCommand, Word};

impl Reader<'_> {
    /// Reads a condition as a command with the words between the brackets.
    pub(super) fn condition(&mut self) {
        let start = self.at;
        let index = self.open_command();
        let words = self.in_word_of(index, Self::condition_words);
        let closed = words
            .last()
            .is_some_and(|word| word.literal.as_deref() == Some("]]"));
        if !closed {
            self.first_fault(start..start + 2, "this `[[` has no `]]`");
        }
        self.script.commands[index] = SimpleCommand {
            words,
            range: start..self.at,
            nested: self.level > 0,
            ..SimpleCommand::default()
        };
    }

    fn condition_words(&mut self) -> Vec<Word> {
        let mut words = Vec::new();
        loop {
            self.skip_lines();
            let opens = words.is_empty();
            if self.take("&&") || self.take("||") || self.take("(") || self.take(")") {
                continue;
            }
            if self.take("<") || self.take(">") {
                continue;
            }
            let last = words.last().and_then(|word: &Word| word.literal.as_deref());
            let parentheses = match last {
                Some("=~" | "==" | "=" | "!=") => Parentheses::Belong,
                Some(_) | None => Parentheses::End,
            };
            let names_variable = last == Some("-v");
            let Some(word) = self.word_with(Quoting::NoSplitting, parentheses) else {
                return words;
            };
            if names_variable {
                self.tested_name(&word);
            }
            let closes = !opens && &self.text[word.range.clone()] == "]]";
            words.push(word);
            if closes {
                return words;
            }
        }
    }
}
