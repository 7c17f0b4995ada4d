//! What the views for people share: marks, and what commands printed.

use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};

use crate::problem::render::neutral::one_line;
use crate::run::activity::look;

/// So many last lines of a failed command are shown.
pub const LAST_LINES: usize = 20;

/// What a line is about, for those who see colours and those who do not.
#[derive(Debug, Clone, Copy)]
pub enum Mark {
    Begin,
    Good,
    Bad,
    Warn,
    Back,
    Wait,
    Skip,
}

impl Mark {
    pub fn sign(self) -> &'static str {
        match self {
            Mark::Begin => "▸",
            Mark::Good => "✓",
            Mark::Bad => "✗",
            Mark::Warn => "!",
            Mark::Back => "↩",
            Mark::Wait => "…",
            Mark::Skip => "-",
        }
    }

    pub fn style(self) -> Style {
        match self {
            Mark::Begin => Style::new().bold(),
            Mark::Good => AnsiColor::Green.on_default(),
            Mark::Bad => AnsiColor::Red.on_default().bold(),
            Mark::Warn | Mark::Wait => AnsiColor::Yellow.on_default(),
            Mark::Back => AnsiColor::Cyan.on_default(),
            Mark::Skip => Style::new().dimmed(),
        }
    }
}

/// What an activity printed; only its last lines, and harmless to a terminal.
#[derive(Debug)]
pub struct Printed {
    pub file: PathBuf,
    /// So many lines before these.
    pub left_out: usize,
    pub lines: Vec<String>,
}

/// The last lines of standard output, and of standard error.
pub fn last_lines(directory: &Path, lines: usize) -> [Printed; 2] {
    ["stdout", "stderr"].map(|stream| {
        let file = directory.join(stream);
        let (bytes, _) = look(&file);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let all: Vec<&str> = text.lines().collect();
        let left_out = all.len().saturating_sub(lines);
        let lines = all[left_out..].iter().map(|it| one_line(it).into_owned());
        Printed {
            file,
            left_out,
            lines: lines.collect(),
        }
    })
}
