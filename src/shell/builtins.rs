//! What the words of a command do to variables: `read`, `export`, `getopts`
//! and their like, and commands whose argument is shell text again.

use std::ops::Range;

use super::reader::Reader;
use super::{Dialect, Quoting, SetHow, SimpleCommand, VariableSet, Word};

impl Reader<'_> {
    /// Notes what a command that was read does with variables it names. Its
    /// words stand at `index`; literal mentions in them start at `first_mention`.
    pub(super) fn effects_of_words(
        &mut self,
        command: &SimpleCommand,
        index: usize,
        first_mention: usize,
    ) {
        let forwards =
            |word: &&Word| matches!(word.literal.as_deref(), Some("command" | "builtin"));
        let skipped = command.words.iter().take_while(forwards).count();
        let Some((name, arguments)) = command.words[skipped..].split_first() else {
            return;
        };
        let place = self.at;
        self.in_word_of(index, |reader| {
            reader.effects_of(name, arguments, first_mention)
        });
        self.at = place;
    }

    fn effects_of(&mut self, name: &Word, arguments: &[Word], first_mention: usize) {
        match name.literal.as_deref().unwrap_or_default() {
            "export" => self.exported(arguments, SetHow::Export),
            "readonly" => self.exported(arguments, SetHow::Assignment),
            "local" | "declare" | "typeset" => self.declared(arguments),
            "unset" => self.unset(arguments),
            "read" => self.read_into(name, arguments),
            "mapfile" | "readarray" if self.is_bash() => self.mapped(name, arguments),
            "getopts" => self.options_into(name, arguments),
            "printf" if self.is_bash() => self.printed_into(arguments),
            "let" if self.is_bash() => self.let_words(arguments),
            "test" | "[" if self.is_bash() => self.tested(arguments),
            "eval" => self.text_argument(arguments.first(), self.dialect, first_mention),
            "trap" => self.text_argument(arguments.first(), self.dialect, first_mention),
            "sh" | "dash" => {
                self.text_argument(after_c_option(arguments), Dialect::Sh, first_mention)
            }
            "bash" => self.text_argument(after_c_option(arguments), Dialect::Bash, first_mention),
            _ => {}
        }
    }

    /// The name a word starts with, and whether a `=` or nothing follows it.
    fn named(&self, word: &Word) -> Option<(Range<usize>, bool)> {
        let start = word.range.start;
        let name = start..self.name_end(start).min(word.range.end);
        let rest = &self.text[name.end..word.range.end];
        let assigned = rest.starts_with('=') || rest.starts_with("+=");
        let alone = rest.is_empty() || rest.starts_with('[');
        (!name.is_empty() && (assigned || alone)).then_some((name, assigned))
    }

    fn set_named(&mut self, word: Option<&Word>, how: SetHow) {
        if let Some((name, _)) = word.and_then(|word| self.named(word)) {
            self.add_set(name, how);
        }
    }

    /// A variable that `word` sets without naming it.
    fn set_unnamed(&mut self, name: &str, word: &Word, how: SetHow) {
        self.script.sets.push(VariableSet {
            name: name.to_owned(),
            range: word.range.clone(),
            how,
        });
    }

    /// Exporting a variable hands on the value it has, if it has one.
    fn exported(&mut self, arguments: &[Word], how: SetHow) {
        if has_flag(arguments, 'f') {
            return;
        }
        for word in arguments {
            match self.named(word) {
                Some((name, true)) => self.add_set(name, how),
                Some((name, false)) => self.add_use(name.clone(), name, Quoting::NoSplitting, true),
                None => {}
            }
        }
    }

    fn declared(&mut self, arguments: &[Word]) {
        if has_flag(arguments, 'f') || has_flag(arguments, 'F') || has_flag(arguments, 'p') {
            return;
        }
        for word in arguments {
            self.set_named(Some(word), SetHow::Local);
        }
    }

    fn unset(&mut self, arguments: &[Word]) {
        if has_flag(arguments, 'f') {
            return;
        }
        for word in arguments {
            if let Some((name, false)) = self.named(word) {
                self.script
                    .unsets
                    .push((self.text[name.clone()].to_owned(), name));
            }
        }
    }

    fn read_into(&mut self, name: &Word, arguments: &[Word]) {
        let with_value = if self.is_bash() { "adinNptu" } else { "pt" };
        let (options, operands) = split_options(arguments, with_value);
        let array = options
            .iter()
            .find(|(option, _)| self.is_bash() && *option == 'a')
            .map(|(_, word)| *word);
        self.set_named(array, SetHow::Read);
        for word in operands {
            self.set_named(Some(word), SetHow::Read);
        }
        if self.is_bash() && array.is_none() && operands.is_empty() {
            self.set_unnamed("REPLY", name, SetHow::Read);
        }
    }

    fn mapped(&mut self, name: &Word, arguments: &[Word]) {
        let (_, operands) = split_options(arguments, "dnOsuCc");
        match operands.first() {
            Some(word) => self.set_named(Some(word), SetHow::Read),
            None => self.set_unnamed("MAPFILE", name, SetHow::Read),
        }
    }

    fn options_into(&mut self, name: &Word, arguments: &[Word]) {
        self.set_named(arguments.get(1), SetHow::Getopts);
        for variable in ["OPTARG", "OPTIND"] {
            self.set_unnamed(variable, name, SetHow::Getopts);
        }
    }

    fn printed_into(&mut self, arguments: &[Word]) {
        if arguments.first().and_then(|word| word.literal.as_deref()) == Some("-v") {
            self.set_named(arguments.get(1), SetHow::Assignment);
        }
    }

    fn let_words(&mut self, arguments: &[Word]) {
        for word in arguments {
            let inner = inside_quotes(self.text, word);
            if word.literal.is_some() {
                self.within(inner, Self::arithmetic);
            } else {
                // Its expansions are known from the word itself.
                let name = inner.start..self.name_end(inner.start).min(inner.end);
                let rest = self.text[name.end..inner.end].trim_start();
                if !name.is_empty()
                    && rest
                        .trim_start_matches(['+', '-', '*', '/', '%'])
                        .starts_with('=')
                {
                    self.add_set(name, SetHow::Arithmetic);
                }
            }
        }
    }

    fn tested(&mut self, arguments: &[Word]) {
        for pair in arguments.windows(2) {
            if pair[0].literal.as_deref() == Some("-v") {
                self.tested_name(&pair[1]);
            }
        }
    }

    /// The name in `-v name`, which asks whether that variable is set.
    pub(super) fn tested_name(&mut self, word: &Word) {
        if let Some((name, false)) = self.named(word) {
            self.add_use(name.clone(), name, Quoting::NoSplitting, true);
        }
    }

    /// An argument that is shell text and stands in single quotes: what it
    /// names is expanded after all.
    fn text_argument(&mut self, word: Option<&Word>, dialect: Dialect, first_mention: usize) {
        let Some(range) = word.and_then(|word| single_quoted_inside(self.text, word)) else {
            return;
        };
        let mentions = self.script.literal_mentions.split_off(first_mention);
        let elsewhere = mentions
            .into_iter()
            .filter(|(_, mention)| !range.contains(&mention.start));
        self.script.literal_mentions.extend(elsewhere);
        let outer_dialect = std::mem::replace(&mut self.dialect, dialect);
        let outer_pending = std::mem::take(&mut self.pending);
        let outer_word = self.word_of.take();
        self.level += 1;
        self.deeper(|reader| reader.within(range, Self::whole_text));
        self.level -= 1;
        self.word_of = outer_word;
        self.pending = outer_pending;
        self.dialect = outer_dialect;
    }
}

/// The text inside a word that is nothing but one pair of single quotes.
fn single_quoted_inside(text: &str, word: &Word) -> Option<Range<usize>> {
    let source = &text[word.range.clone()];
    let inside = source.strip_prefix('\'')?.strip_suffix('\'')?;
    (!inside.contains('\'')).then(|| word.range.start + 1..word.range.end - 1)
}

/// The word without the quotes around all of it.
fn inside_quotes(text: &str, word: &Word) -> Range<usize> {
    let source = text[word.range.clone()].as_bytes();
    match source {
        [b'"', .., b'"'] | [b'\'', .., b'\''] => word.range.start + 1..word.range.end - 1,
        _ => word.range.clone(),
    }
}

/// The argument of `-c`, also when it stands in one word with other options.
fn after_c_option(arguments: &[Word]) -> Option<&Word> {
    let is_option = |word: &&Word| {
        word.literal
            .as_deref()
            .is_some_and(|literal| literal.starts_with('-'))
    };
    let options = arguments.iter().take_while(is_option).count();
    let has_c = has_flag(&arguments[..options], 'c');
    arguments.get(options).filter(|_| has_c)
}

/// Whether `flag` is among the short options at the start of `arguments`.
fn has_flag(arguments: &[Word], flag: char) -> bool {
    let literals = arguments.iter().map_while(|word| word.literal.as_deref());
    let mut options = literals.take_while(|literal| literal.starts_with('-'));
    options.any(|option| !option.starts_with("--") && option.contains(flag))
}

/// The options that stand first in `arguments`, each with its value, and the
/// rest. The letters in `with_value` take one, in the same word or the next.
fn split_options<'w>(
    arguments: &'w [Word],
    with_value: &str,
) -> (Vec<(char, &'w Word)>, &'w [Word]) {
    let mut options = Vec::new();
    let mut rest = arguments;
    while let Some((word, behind)) = rest.split_first() {
        let Some(letters) = word
            .literal
            .as_deref()
            .and_then(|literal| literal.strip_prefix('-'))
        else {
            break;
        };
        rest = behind;
        if letters == "-" {
            break;
        }
        let valued = letters
            .char_indices()
            .find(|(_, letter)| with_value.contains(*letter));
        if let Some((place, letter)) = valued {
            let in_next_word = place + letter.len_utf8() == letters.len();
            if let (true, Some((value, behind))) = (in_next_word, rest.split_first()) {
                options.push((letter, value));
                rest = behind;
            }
        }
    }
    (options, rest)
}
