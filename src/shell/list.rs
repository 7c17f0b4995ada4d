//! Lists of commands: what `;`, `&`, `&&`, `||` and `|` join.

use std::ops::Range;

use super::Script;
use super::reader::{Reader, excerpt, is_meta};

impl<'t> Reader<'t> {
    pub(super) fn whole_script(mut self) -> Script {
        self.whole_text();
        self.script
    }

    /// Reads all there is, whatever it is.
    pub(super) fn whole_text(&mut self) {
        self.commands();
        while self.peek().is_some() {
            self.unexpected_closer();
            self.commands();
        }
        self.end_of_text();
    }

    /// Reads commands and the `)` behind them. `opening` stands at `range`.
    pub(super) fn commands_until_parenthesis(
        &mut self,
        range: Range<usize>,
        opening: &str,
    ) -> bool {
        let mut any = self.commands();
        while !self.take(")") {
            if self.peek().is_none() {
                self.first_fault(range, format!("this `{opening}` is never closed"));
                break;
            }
            self.unexpected_closer();
            any |= self.commands();
        }
        any
    }

    /// Reads commands up to the end or to something that closes a construct,
    /// and tells whether there was any.
    pub(super) fn commands(&mut self) -> bool {
        let mut any = false;
        loop {
            self.skip_lines();
            if self.peek().is_none() || self.at_closer() {
                return any;
            }
            if self.at_operator() {
                self.missing_before_operator();
                continue;
            }
            let start = self.at;
            let first = self.script.commands.len();
            self.and_or_list();
            any = true;
            self.separator(first);
            if self.at == start {
                self.skip_char();
            }
        }
    }

    /// What may stand behind a command in a list, which started with the
    /// `first` command.
    fn separator(&mut self, first: usize) {
        self.skip_blanks();
        match self.peek() {
            None | Some(b'\n') => {}
            _ if self.at_closer() => {}
            Some(b';') => self.at += 1,
            Some(b'&') => {
                if self.starts_with("&>") {
                    self.bash_only(self.at..self.at + 2, "`&>`");
                }
                self.at += 1;
                for (index, command) in self.script.commands.iter_mut().enumerate().skip(first) {
                    command.background |= self.levels[index] == self.level;
                }
            }
            Some(_) => {
                let range = self.next_token();
                let token = excerpt(&self.text[range.clone()]);
                let message = format!(
                    "`{token}` cannot stand here: a `;` or a new line is missing before it"
                );
                self.first_fault(range, message);
            }
        }
    }

    fn and_or_list(&mut self) {
        self.pipeline();
        loop {
            self.skip_blanks();
            let start = self.at;
            if !self.take("&&") && !self.take("||") {
                return;
            }
            self.skip_lines();
            if self.missing_after(start..start + 2) {
                return;
            }
            self.pipeline();
        }
    }

    fn pipeline(&mut self) {
        if let Some(prefix) = self.skip_prefixes() {
            let alone = matches!(self.peek(), None | Some(b'\n' | b';')) && !self.at_closer();
            // Bash takes a `!` alone for `! true`.
            if !(alone && self.is_bash()) && self.missing_after(prefix) {
                return;
            }
        }
        let first = self.script.commands.len();
        self.command();
        let mut piped = false;
        loop {
            self.skip_blanks();
            let start = self.at;
            if self.starts_with("||") || !self.take("|") {
                break;
            }
            if self.is_bash() {
                self.take("&");
            }
            self.skip_lines();
            if self.missing_after(start..self.at.min(start + 1)) {
                break;
            }
            piped = true;
            self.command();
        }
        if piped {
            for (index, command) in self.script.commands.iter_mut().enumerate().skip(first) {
                command.in_pipeline |= self.levels[index] == self.level;
            }
        }
    }

    /// Steps over `!`, and `time` in bash. Returns the last of them.
    fn skip_prefixes(&mut self) -> Option<Range<usize>> {
        let mut prefix = None;
        loop {
            self.skip_blanks();
            let word = self.plain_word();
            let is_prefix = match word {
                "!" => prefix.is_none() || self.is_bash(),
                "time" => self.is_bash(),
                _ => false,
            };
            if !is_prefix {
                return prefix;
            }
            prefix = Some(self.at..self.at + word.len());
            self.at += word.len();
            self.skip_blanks();
            if word == "time" && self.plain_word() == "-p" {
                self.at += 2;
            }
        }
    }

    /// Notes that the operator in `range` has no command behind it.
    fn missing_after(&mut self, range: Range<usize>) -> bool {
        let missing =
            self.peek().is_none_or(|byte| byte == b'\n') || self.at_operator() || self.at_closer();
        if missing {
            let message = format!("a command is missing after `{}`", &self.text[range.clone()]);
            self.first_fault(range, message);
        }
        missing
    }

    fn missing_before_operator(&mut self) {
        let range = self.at..self.at + 1;
        let message = format!(
            "a command is missing before `{}`",
            &self.text[range.clone()]
        );
        self.first_fault(range, message);
        self.at += 1;
    }

    /// Something closes a construct that was never opened.
    fn unexpected_closer(&mut self) {
        let range = self.next_token();
        let token = &self.text[range.clone()];
        let opening = match token {
            "then" | "elif" | "else" | "fi" => "if",
            "do" | "done" => "for` or `while",
            "esac" => "case",
            "}" => "{",
            ")" => "(",
            _ => "case",
        };
        let message = format!(
            "`{}` closes nothing: no open `{opening}` stands before it",
            excerpt(token)
        );
        self.at = range.end;
        self.first_fault(range, message);
    }

    /// An operator that needs a command before it.
    pub(super) fn at_operator(&self) -> bool {
        match self.peek() {
            Some(b'|') => true,
            Some(b'&') => !(self.is_bash() && self.peek_at(self.at + 1) == Some(b'>')),
            Some(b';') => !self.at_closer(),
            Some(_) | None => false,
        }
    }

    /// Something that ends a list: `)`, `;;`, or a word such as `done`.
    pub(super) fn at_closer(&self) -> bool {
        match self.peek() {
            Some(b')') => true,
            Some(b';') => match self.peek_at(self.at + 1) {
                Some(b';') => true,
                Some(b'&') => self.is_bash(),
                Some(_) | None => false,
            },
            Some(b't' | b'e' | b'f' | b'd' | b'}') => {
                matches!(
                    self.plain_word(),
                    "then" | "else" | "elif" | "fi" | "do" | "done" | "esac" | "}"
                )
            }
            Some(_) | None => false,
        }
    }

    /// The word that starts here if nothing in it is quoted or computed;
    /// otherwise, and between words, nothing.
    pub(super) fn plain_word(&self) -> &'t str {
        let mut end = self.at;
        while let Some(byte) = self.peek_at(end) {
            if is_meta(byte) {
                break;
            }
            if matches!(byte, b'\'' | b'"' | b'\\' | b'$' | b'`') {
                return "";
            }
            end += 1;
        }
        &self.text[self.at..end]
    }

    /// The word or operator here, to point at.
    fn next_token(&self) -> Range<usize> {
        let mut end = self.at;
        while self.peek_at(end).is_some_and(|byte| !is_meta(byte)) {
            end += 1;
        }
        if end == self.at {
            end += if self.starts_with(";;") { 2 } else { 1 };
        }
        self.at..end.min(self.end)
    }

    /// Steps over blanks, continued lines and a comment.
    pub(super) fn skip_blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' => self.at += 1,
                b'\\' if self.peek_at(self.at + 1) == Some(b'\n') => self.at += 2,
                b'#' => {
                    self.at = self.find(b'\n', self.at).unwrap_or(self.end);
                    return;
                }
                _ => return,
            }
        }
    }

    /// Steps over blanks, comments and ends of lines.
    pub(super) fn skip_lines(&mut self) {
        self.skip_blanks();
        while self.peek() == Some(b'\n') {
            self.end_of_line();
            self.skip_blanks();
        }
    }
}
