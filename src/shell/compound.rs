//! Commands made of commands: groups, conditions, loops, functions.

use std::ops::Range;

use super::reader::{Reader, is_meta};
use super::{Quoting, SetHow};

/// What a compound command starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compound {
    If,
    While,
    For,
    Case,
    Braces,
    Subshell,
    Arithmetic { end: usize },
    Condition,
}

impl Reader<'_> {
    /// Reads one command of any kind.
    pub(super) fn command(&mut self) {
        self.skip_blanks();
        let word = self.plain_word();
        if word == "!" {
            let range = self.at..self.at + 1;
            self.first_fault(range, "a `!` can only stand before a whole pipeline");
        }
        if self.is_bash() && word == "coproc" {
            self.skip_coproc();
        }
        if let Some(kind) = self.compound_here() {
            self.compound(kind);
        } else if self.is_bash() && word == "function" {
            self.at += word.len();
            self.skip_blanks();
            let name = self.at..self.at + self.plain_word().len();
            self.at = name.end;
            self.skip_blanks();
            let parenthesised = self.take("()");
            self.function_body(name, parenthesised);
        } else if let Some((name, end)) = self.function_header() {
            self.at = end;
            self.function_body(name, true);
        } else {
            self.simple_command();
        }
    }

    /// `coproc`, and the name of it if it has one.
    fn skip_coproc(&mut self) {
        self.at += "coproc".len();
        self.skip_blanks();
        let name = self.at;
        self.at += self.plain_word().len();
        self.skip_blanks();
        if self.compound_here().is_none() {
            self.at = name;
        }
    }

    fn compound_here(&self) -> Option<Compound> {
        match self.peek()? {
            b'(' => Some(match self.arithmetic_command_end() {
                Some(end) => Compound::Arithmetic { end },
                None => Compound::Subshell,
            }),
            b'i' | b'w' | b'u' | b'f' | b's' | b'c' | b'{' | b'[' => match self.plain_word() {
                "if" => Some(Compound::If),
                "while" | "until" => Some(Compound::While),
                "for" => Some(Compound::For),
                "select" if self.is_bash() => Some(Compound::For),
                "case" => Some(Compound::Case),
                "{" => Some(Compound::Braces),
                "[[" if self.is_bash() => Some(Compound::Condition),
                _ => None,
            },
            _ => None,
        }
    }

    fn arithmetic_command_end(&self) -> Option<usize> {
        let double = self.is_bash() && self.starts_with("((");
        if double {
            self.arithmetic_end(self.at + 2)
        } else {
            None
        }
    }

    fn compound(&mut self, kind: Compound) {
        let start = self.at;
        self.deeper(|reader| match kind {
            Compound::If => reader.if_command(),
            Compound::While => reader.loop_command(),
            Compound::For => reader.for_command(),
            Compound::Case => reader.case_command(),
            Compound::Braces => reader.braces(),
            Compound::Subshell => reader.subshell(),
            Compound::Arithmetic { end } => {
                reader.within(start + 2..end, Self::arithmetic);
                reader.at = end + 2;
            }
            Compound::Condition => reader.condition(),
        });
        self.redirections();
    }

    /// `name ()`, if it starts here: the name and where the `)` ends.
    fn function_header(&self) -> Option<(Range<usize>, usize)> {
        let length = self.plain_word().len();
        let name = self.at..self.at + length;
        let open = self.blanks_end(name.end);
        if length == 0 || self.peek_at(open) != Some(b'(') || self.text[name.clone()].contains('=')
        {
            return None;
        }
        let close = self.blanks_end(open + 1);
        (self.peek_at(close) == Some(b')')).then_some((name, close + 1))
    }

    fn blanks_end(&self, from: usize) -> usize {
        let mut end = from;
        while matches!(self.peek_at(end), Some(b' ' | b'\t')) {
            end += 1;
        }
        end
    }

    fn function_body(&mut self, name: Range<usize>, parenthesised: bool) {
        if !self.is_bash() && self.name_end(name.start) != name.end {
            let message = format!(
                "`{}` cannot be the name of a function in sh",
                &self.text[name.clone()]
            );
            self.first_fault(name.clone(), message);
        }
        self.skip_lines();
        match self.compound_here() {
            Some(kind) => self.compound(kind),
            // Sh itself takes any command, but no other shell does.
            None if parenthesised
                && !self.is_bash()
                && self.peek().is_some()
                && !self.at_operator()
                && !self.at_closer() =>
            {
                self.deeper(Self::command);
            }
            None => {
                let message = format!("the function `{}` has no body", &self.text[name.clone()]);
                self.first_fault(name, message);
            }
        }
    }

    /// Steps over `keyword`, which the command that started with `opening`
    /// needs here.
    fn expect(&mut self, keyword: &str, opening: &Range<usize>) -> bool {
        let found = self.plain_word() == keyword;
        if found {
            self.at += keyword.len();
        } else {
            let message = format!("this `{}` has no `{keyword}`", &self.text[opening.clone()]);
            self.first_fault(opening.clone(), message);
        }
        found
    }

    /// The word that starts a compound command.
    fn opening(&mut self) -> Range<usize> {
        let start = self.at;
        self.at += self.plain_word().len();
        start..self.at
    }

    /// The commands behind the keyword `after`, of which there must be some.
    fn part(&mut self, after: &str) {
        let end = self.at;
        if !self.commands() {
            self.first_fault(
                end - after.len()..end,
                format!("a command is missing after `{after}`"),
            );
        }
    }

    fn braces(&mut self) {
        let opening = self.opening();
        self.part("{");
        self.expect("}", &opening);
    }

    fn subshell(&mut self) {
        let range = self.at..self.at + 1;
        self.at += 1;
        if !self.commands_until_parenthesis(range.clone(), "(") {
            self.first_fault(range, "a command is missing after `(`");
        }
    }

    fn if_command(&mut self) {
        let opening = self.opening();
        self.part("if");
        if !self.expect("then", &opening) {
            return;
        }
        self.part("then");
        while self.plain_word() == "elif" {
            self.opening();
            self.part("elif");
            if !self.expect("then", &opening) {
                return;
            }
            self.part("then");
        }
        if self.plain_word() == "else" {
            self.opening();
            self.part("else");
        }
        self.expect("fi", &opening);
    }

    fn loop_command(&mut self) {
        let opening = self.opening();
        self.part(&self.text[opening.clone()]);
        self.loop_body(&opening);
    }

    fn loop_body(&mut self, opening: &Range<usize>) {
        if self.expect("do", opening) {
            self.part("do");
            self.expect("done", opening);
        }
    }

    fn for_command(&mut self) {
        let opening = self.opening();
        self.skip_blanks();
        if let Some(end) = self.arithmetic_command_end() {
            self.within(self.at + 2..end, Self::arithmetic);
            self.at = end + 2;
        } else if !self.for_words(&opening) {
            return;
        }
        self.skip_blanks();
        if !self.at_closer() {
            self.take(";");
        }
        self.skip_lines();
        if self.is_bash() && self.plain_word() == "{" {
            self.braces();
        } else {
            self.loop_body(&opening);
        }
    }

    /// `name in words` of a `for`.
    fn for_words(&mut self, opening: &Range<usize>) -> bool {
        let name = self.at..self.name_end(self.at);
        if name.is_empty() || self.peek_at(name.end).is_some_and(|byte| !is_meta(byte)) {
            let message = format!(
                "this `{}` has no variable to set",
                &self.text[opening.clone()]
            );
            self.first_fault(opening.clone(), message);
            return false;
        }
        self.at = name.end;
        self.add_set(name, SetHow::For);
        self.skip_lines();
        if self.plain_word() == "in" {
            self.at += 2;
            self.skip_blanks();
            while self.word(Quoting::Unquoted).is_some() {
                self.skip_blanks();
            }
        }
        true
    }

    fn case_command(&mut self) {
        let opening = self.opening();
        self.skip_blanks();
        if self.word(Quoting::NoSplitting).is_none() {
            self.first_fault(opening.clone(), "this `case` has no word to look at");
            return;
        }
        self.skip_lines();
        if !self.expect("in", &opening) {
            return;
        }
        while self.case_item() {}
        self.expect("esac", &opening);
    }

    /// One `pattern) commands ;;`, if another starts here and another may
    /// follow.
    fn case_item(&mut self) -> bool {
        self.skip_lines();
        if self.plain_word() == "esac" || self.peek().is_none() {
            return false;
        }
        let start = self.at;
        self.take("(");
        if !self.case_patterns() {
            let message = "a `)` is missing behind this pattern of a `case`";
            self.first_fault(start..self.at.max(start + 1).min(self.end), message);
            return false;
        }
        self.commands();
        let in_bash = self.is_bash();
        (in_bash && (self.take(";;&") || self.take(";&"))) || self.take(";;")
    }

    fn case_patterns(&mut self) -> bool {
        loop {
            self.skip_blanks();
            if self.word(Quoting::NoSplitting).is_none() {
                return false;
            }
            self.skip_blanks();
            if !self.take("|") {
                return self.take(")");
            }
        }
    }
}
