//! Reads the shell text of a command: which variables it uses and sets, how
//! each is quoted, and the words of its simple commands.
//!
//! Nothing here runs a command or changes its text. Any text can be read: what
//! does not parse becomes a [`Fault`], and the rest is read as well as it can
//! be. Time is linear in the length of the text, and nesting is bounded.

mod arithmetic;
mod builtins;
mod compound;
mod conditional;
mod expansion;
mod here;
mod list;
mod quote;
mod reader;
mod redirect;
mod relocate;
mod simple;
mod substitution;
#[cfg(test)]
mod tests;
mod word;

use std::ops::Range;

pub use quote::{is_plain, quote, word};

/// The shell a text is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// The shell of POSIX, with `local`.
    Sh,
    /// Bash, with arrays, `[[ … ]]`, `((…))`, process substitution.
    Bash,
}

/// What a shell text does with variables. All ranges are byte offsets into the
/// text that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Script {
    /// Every place a variable's value is asked for, in the order read.
    pub uses: Vec<VariableUse>,
    /// Every place a variable gets a value.
    pub sets: Vec<VariableSet>,
    /// Names taken away by `unset`, and where.
    pub unsets: Vec<(String, Range<usize>)>,
    /// Every simple command; one inside another's substitution comes after it.
    pub commands: Vec<SimpleCommand>,
    /// `$name` where the shell does not expand it: in single quotes or in a
    /// here-document with a quoted delimiter.
    pub literal_mentions: Vec<(String, Range<usize>)>,
    /// Where the text does not parse.
    pub faults: Vec<Fault>,
}

/// A place where the value of a variable is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableUse {
    /// The variable, without `$`.
    pub name: String,
    /// The whole expansion, `$name` or `${name:-x}`; the bare name in
    /// arithmetic and in `export name`.
    pub range: Range<usize>,
    /// What the shell does with the value.
    pub quoting: Quoting,
    /// An unset variable is fine here, as in `${name:-x}`.
    pub tolerant: bool,
    /// The index in [`Script::commands`] of the command with this expansion in
    /// one of its words. Assignments, redirections, here-documents and the
    /// words of `for` and `case` are not words of a command.
    pub in_word_of: Option<usize>,
}

/// What happens to the value of an expansion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoting {
    /// It is split into words, and these are taken as file name patterns.
    Unquoted,
    /// It stands in double quotes.
    Double,
    /// It stands in a here-document.
    HereDocument,
    /// It is not quoted, but nothing is split here: the value of an
    /// assignment, the word of a `case`, arithmetic, `[[ … ]]`, a length, the
    /// variable that `${name:+word}` only asks about.
    NoSplitting,
}

/// A place where a variable gets a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariableSet {
    /// The variable.
    pub name: String,
    /// The name in the text; for `OPTARG`, `OPTIND` and `REPLY`, which are set
    /// without being named, the command that sets them.
    pub range: Range<usize>,
    /// By what it is set.
    pub how: SetHow,
}

/// By what a variable is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetHow {
    /// `name=value`, `readonly name=value` or `printf -v name`.
    Assignment,
    /// `name=value command`: for that command alone.
    Prefix,
    /// `for name in …` or `select name in …`.
    For,
    /// `read name` or `mapfile name`.
    Read,
    /// `getopts … name`.
    Getopts,
    /// `export name=value`.
    Export,
    /// `local name`, `declare name` or `typeset name`, with or without a value.
    Local,
    /// `$(( name = 1 ))`, `(( name++ ))` or `let name=1`.
    Arithmetic,
    /// `${name:=value}`.
    Default,
}

/// A command with its words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SimpleCommand {
    /// The name of the command and its arguments; none when the command only
    /// assigns or redirects.
    pub words: Vec<Word>,
    /// From the first assignment, word or redirection to the last.
    pub range: Range<usize>,
    /// Its output or input is another command's: only the last of a pipeline
    /// decides its status.
    pub in_pipeline: bool,
    /// It is started with `&`, by itself or as part of a group.
    pub background: bool,
    /// It runs inside `$(…)`, backquotes or a process substitution.
    pub nested: bool,
    /// The assignments before its name.
    pub assignments: Vec<Assignment>,
}

/// One word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The text without its quotes, when nothing in it is computed. A file name
    /// pattern counts as text.
    pub literal: Option<String>,
    /// The word in the text, quotes included.
    pub range: Range<usize>,
    /// Some of it is quoted.
    pub quoted: bool,
}

/// `name=value` before the name of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The variable.
    pub name: String,
    /// The whole of `name=value`.
    pub range: Range<usize>,
    /// The value without its quotes, when nothing in it is computed.
    pub value: Option<String>,
}

/// A place where the text does not parse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The text to point at.
    pub range: Range<usize>,
    /// What is wrong, in lower case and without a full stop.
    pub message: String,
}

/// Reads `text` as a script for the shell `dialect`.
#[must_use]
pub fn read(text: &str, dialect: Dialect) -> Script {
    reader::Reader::new(text, dialect).whole_script()
}
