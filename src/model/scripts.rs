//! The shell text of a task: as written, and as read.

use std::ops::Range;

use crate::plan::Shell;
use crate::shell::{self, Dialect, Script};
use crate::source::Span;
use crate::syntax::ast::Command;

/// Several commands as one script, with the way back to the source.
#[derive(Debug)]
pub struct ShellText {
    pub text: String,
    pub shell: Shell,
    /// What it says.
    pub script: Script,
    /// Where a line starts in the script, and in the file.
    lines: Vec<(usize, usize)>,
    span: Span,
}

impl ShellText {
    pub fn new(commands: &[Command], shell: Shell) -> ShellText {
        let mut text = String::new();
        let mut lines = Vec::new();
        for command in commands {
            if !text.is_empty() {
                text.push('\n');
            }
            let base = text.len();
            lines.extend(
                command
                    .lines
                    .iter()
                    .map(|(script, file)| (base + *script as usize, *file as usize)),
            );
            text.push_str(&command.text);
        }
        let span = commands
            .iter()
            .map(|command| command.span)
            .reduce(Span::to)
            .unwrap_or_default();
        let dialect = match shell {
            Shell::Sh => Dialect::Sh,
            Shell::Bash => Dialect::Bash,
        };
        ShellText {
            script: shell::read(&text, dialect),
            text,
            shell,
            lines,
            span,
        }
    }

    fn offset(&self, at: usize) -> usize {
        let line = self.lines.iter().rev().find(|(script, _)| *script <= at);
        match line {
            Some((script, file)) => file + (at - script),
            None => self.span.range().start,
        }
    }

    /// Where a part of the script stands in the file.
    pub fn span(&self, range: &Range<usize>) -> Span {
        Span::new(
            self.span.file,
            self.offset(range.start),
            self.offset(range.end),
        )
    }

    /// All of it.
    pub fn whole(&self) -> Span {
        self.span
    }
}
