//! Bash's `[[ … ]]`.

use super::reader::{Reader, is_meta};
use super::word::Parentheses;
use super::{Quoting, SimpleCommand, Word};

/// The operators with a word on both sides.
const BINARY: [&str; 15] = [
    "=", "==", "!=", "=~", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef",
];

impl Reader<'_> {
    /// Reads a condition as a command with the words between the brackets.
    pub(super) fn condition(&mut self) {
        let start = self.at;
        let index = self.open_command();
        let words = self.in_word_of(index, Self::condition_words);
        self.script.commands[index] = SimpleCommand {
            words,
            range: start..self.at,
            nested: self.level > 0,
            ..SimpleCommand::default()
        };
    }

    fn condition_words(&mut self) -> Vec<Word> {
        let start = self.at;
        let mut words = Vec::new();
        words.extend(self.word(Quoting::NoSplitting));
        self.any_of_conditions(&mut words);
        if self.plain_word() == "]]" {
            words.extend(self.word(Quoting::NoSplitting));
        } else {
            self.first_fault(
                start..start + 2,
                "this `[[` has no `]]` where its condition ends",
            );
            self.skip_condition();
        }
        words
    }

    /// After a fault, goes on behind the `]]` if one follows.
    fn skip_condition(&mut self) {
        loop {
            self.skip_blanks();
            let closes = self.plain_word() == "]]";
            if self.word(Quoting::NoSplitting).is_none() || closes {
                return;
            }
        }
    }

    /// Conditions joined by `&&` and `||`.
    fn any_of_conditions(&mut self, words: &mut Vec<Word>) {
        loop {
            self.one_condition(words);
            self.skip_lines();
            if !self.take("&&") && !self.take("||") {
                return;
            }
        }
    }

    fn one_condition(&mut self, words: &mut Vec<Word>) {
        self.skip_lines();
        while self.plain_word() == "!" {
            words.extend(self.word(Quoting::NoSplitting));
            self.skip_lines();
        }
        let start = self.at;
        if self.take("(") {
            self.deeper(|reader| reader.any_of_conditions(words));
            if !self.take(")") {
                self.first_fault(start..start + 1, "this `(` is never closed");
            }
            return;
        }
        let Some(first) = self.operand_of_condition(Parentheses::End) else {
            let end = (start + 1).min(self.end);
            let end = if self.text.is_char_boundary(end) {
                end
            } else {
                start
            };
            self.first_fault(start..end, "something to test is missing in this `[[`");
            return;
        };
        let is_unary = is_unary_operator(&self.text[first.range.clone()]);
        let names_variable = first.literal.as_deref() == Some("-v");
        words.push(first);
        self.skip_blanks();
        if self.binary_operator(words) {
            return;
        }
        if is_unary && let Some(operand) = self.operand_of_condition(Parentheses::End) {
            if names_variable {
                self.tested_name(&operand);
            }
            words.push(operand);
            self.skip_blanks();
        }
    }

    /// The operator here and the word behind it, if one stands here.
    fn binary_operator(&mut self, words: &mut Vec<Word>) -> bool {
        let start = self.at;
        let angle = self.take("<") || self.take(">");
        if !angle {
            let word = self.plain_word();
            if !BINARY.contains(&word) {
                return false;
            }
            self.at += word.len();
        }
        let operator = &self.text[start..self.at];
        let range = start..self.at;
        let parentheses = match operator {
            "=" | "==" | "!=" | "=~" => Parentheses::Belong,
            _ => Parentheses::End,
        };
        words.push(Word {
            literal: Some(operator.to_owned()),
            range: range.clone(),
            quoted: false,
        });
        self.skip_blanks();
        match self.operand_of_condition(parentheses) {
            Some(operand) => words.push(operand),
            None => self.first_fault(
                range,
                format!("nothing stands behind the `{operator}` of this `[[`"),
            ),
        }
        true
    }

    fn operand_of_condition(&mut self, parentheses: Parentheses) -> Option<Word> {
        if self.plain_word() == "]]" {
            return None;
        }
        if parentheses == Parentheses::End && self.peek().is_some_and(is_meta) {
            return None;
        }
        self.word_with(Quoting::NoSplitting, parentheses)
    }
}

/// `-f`, `-n` and the like; also `-o`, which names an option of the shell.
fn is_unary_operator(word: &str) -> bool {
    matches!(word.as_bytes(), [b'-', letter] if letter.is_ascii_alphabetic())
}
