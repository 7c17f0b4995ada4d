//! What the views for people share: marks, and what commands printed.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};

use crate::problem::render::neutral::one_line;
use crate::run::activity::look_at_end;

/// So many last lines of a failed command are shown.
pub const LAST_LINES: usize = 20;

/// So many letters of a line are shown.
const LONGEST_LINE: usize = 2000;

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

/// A line may be all of a file.
fn shortened(line: &str) -> Cow<'_, str> {
    match line.char_indices().nth(LONGEST_LINE) {
        Some((end, _)) => Cow::Owned(format!("{} …", &line[..end])),
        None => Cow::Borrowed(line),
    }
}

/// The last lines of standard output, and of standard error.
pub fn last_lines(directory: &Path, lines: usize) -> [Printed; 2] {
    ["stdout", "stderr"].map(|stream| {
        let file = directory.join(stream);
        let (bytes, before) = look_at_end(&file);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let all: Vec<&str> = text.lines().collect();
        let left_out = all.len().saturating_sub(lines);
        let lines = all[left_out..]
            .iter()
            .map(|it| one_line(&shortened(it)).into_owned());
        Printed {
            file,
            left_out: before + left_out,
            lines: lines.collect(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::last_lines;

    /// Why something failed stands at the end.
    #[test]
    fn the_last_lines_of_very_much_are_the_last_and_none_is_endless() {
        let place = tempfile::tempdir().expect("a directory");
        let line = "y".repeat(1 << 20) + "\n";
        let text = line.repeat(20) + "why it failed\n";
        std::fs::write(place.path().join("stdout"), text).expect("it can be written");
        std::fs::write(place.path().join("stderr"), "é".repeat(5000)).expect("it can be written");
        let [stdout, stderr] = last_lines(place.path(), 2);
        assert_eq!(stdout.left_out, 19);
        let shown: Vec<usize> = stdout.lines.iter().map(String::len).collect();
        assert_eq!(shown, [2000 + " …".len(), 13]);
        assert_eq!(stdout.lines[1], "why it failed");
        assert_eq!(stderr.lines, ["é".repeat(2000) + " …"]);
    }
}
