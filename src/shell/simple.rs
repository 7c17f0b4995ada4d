//! Simple commands: assignments, words and redirections.

use super::reader::Reader;
use super::word::Draft;
use super::{Assignment, Quoting, SetHow, SimpleCommand, Word};

/// How far to look for the `]` in front of the `=` in `name[…]=value`.
const LONGEST_SUBSCRIPT: usize = 256;

/// The commands that take assignments as arguments.
const DECLARATIONS: [&str; 5] = ["export", "readonly", "local", "declare", "typeset"];

impl Reader<'_> {
    pub(super) fn simple_command(&mut self) {
        let start = self.at;
        let index = self.open_command();
        let first_set = self.script.sets.len();
        let first_mention = self.script.literal_mentions.len();
        let mut command = SimpleCommand {
            range: start..start,
            nested: self.level > 0,
            ..SimpleCommand::default()
        };
        while self.command_part(&mut command, index) {
            command.range.end = self.at;
            self.skip_blanks();
        }
        if command.range.is_empty() {
            self.script.commands.truncate(index);
            self.levels.truncate(index);
            return;
        }
        if !command.words.is_empty() {
            self.assignments_are_prefixes(first_set, &command);
            self.effects_of_words(&command, index, first_mention);
        }
        self.script.commands[index] = command;
    }

    /// Makes room for a command, so that those inside its words come after it.
    pub(super) fn open_command(&mut self) -> usize {
        let index = self.script.commands.len();
        self.script.commands.push(SimpleCommand::default());
        self.levels.push(self.level);
        index
    }

    fn command_part(&mut self, command: &mut SimpleCommand, index: usize) -> bool {
        if self.redirection() {
            return true;
        }
        if command.words.is_empty()
            && let Some(assignment) = self.assignment()
        {
            command.assignments.push(assignment);
            return true;
        }
        let declares = self.is_bash() && is_declaration(command);
        let word = self.in_word_of(index, |reader| {
            if declares && reader.value_start().is_some() {
                Some(reader.declared_word())
            } else {
                reader.word(Quoting::Unquoted)
            }
        });
        let found = word.is_some();
        if let Some(word) = word {
            if command.words.is_empty() && !self.is_bash() && word.literal.as_deref() == Some("[[")
            {
                self.bash_only(word.range.clone(), "`[[`");
            }
            command.words.push(word);
        }
        found
    }

    /// Reads with `inner` what belongs to the words of the command `index`.
    pub(super) fn in_word_of<T>(&mut self, index: usize, inner: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.word_of.replace(index);
        let result = inner(self);
        self.word_of = outer;
        result
    }

    /// Where the value starts in the `name=value` that starts here, if one does.
    fn value_start(&self) -> Option<usize> {
        let name_end = self.name_end(self.at);
        if name_end == self.at {
            return None;
        }
        let mut place = name_end;
        if self.is_bash() {
            if self.peek_at(place) == Some(b'[') {
                let limit = self.end.min(place + LONGEST_SUBSCRIPT);
                let close = self.bytes[place..limit]
                    .iter()
                    .position(|&byte| byte == b']')?;
                place += close + 1;
            }
            if self.peek_at(place) == Some(b'+') {
                place += 1;
            }
        }
        (self.peek_at(place) == Some(b'=')).then_some(place + 1)
    }

    /// `name=value` before the name of a command, if one stands here.
    fn assignment(&mut self) -> Option<Assignment> {
        let start = self.at;
        let value_start = self.value_start()?;
        let name = start..self.name_end(start);
        self.at = name.end;
        if self.peek() == Some(b'[') {
            self.subscript();
        }
        self.at = value_start;
        let mut draft = Draft::new();
        self.value(Quoting::NoSplitting, &mut draft);
        self.add_set(name.clone(), SetHow::Assignment);
        let name = self.text[name].to_owned();
        Some(Assignment {
            name,
            range: start..self.at,
            value: draft.into_literal(),
        })
    }

    /// `name=value` as an argument of `export` and its like.
    fn declared_word(&mut self) -> Word {
        let start = self.at;
        self.at = self.value_start().unwrap_or(start);
        let mut draft = Draft::new();
        draft.push(&self.text[start..self.at]);
        self.value(Quoting::NoSplitting, &mut draft);
        draft.into_word(start..self.at)
    }

    fn value(&mut self, quoting: Quoting, draft: &mut Draft) {
        if self.peek() == Some(b'(') {
            self.array(draft);
        } else {
            self.word_parts(quoting, super::word::Parentheses::End, draft);
        }
    }

    /// Bash's `(…)` in `name=(…)`.
    fn array(&mut self, draft: &mut Draft) {
        draft.computed();
        let open = self.at..self.at + 1;
        self.bash_only(open.clone(), "an array's `(…)`");
        self.at += 1;
        loop {
            self.skip_lines();
            if self.take(")") {
                return;
            }
            if self.word(Quoting::Unquoted).is_none() {
                self.first_fault(open, "this `(` is never closed");
                return;
            }
        }
    }

    /// The assignments of a command with a name hold for that command alone.
    fn assignments_are_prefixes(&mut self, first_set: usize, command: &SimpleCommand) {
        for set in &mut self.script.sets[first_set..] {
            let prefixes = |assignment: &Assignment| assignment.range.start == set.range.start;
            if set.how == SetHow::Assignment && command.assignments.iter().any(prefixes) {
                set.how = SetHow::Prefix;
            }
        }
    }
}

fn is_declaration(command: &SimpleCommand) -> bool {
    let name = command
        .words
        .first()
        .and_then(|word| word.literal.as_deref());
    name.is_some_and(|name| DECLARATIONS.contains(&name))
}
