//! Printing, and what the terminal can show.

use std::io::{IsTerminal, Write};

use crate::analysis::Analysis;
use crate::problem::Problem;
use crate::problem::render::{Findings, Format, Human, render};
use crate::source::SourceMap;

const WIDEST: usize = 120;
const USUAL_WIDTH: usize = 100;

/// Prints text to standard output; colours only where they are shown. A reader
/// that went away is not an error.
pub fn print(text: &str) {
    let mut out = anstream::stdout();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

/// Says something beside the output.
pub fn say(text: &str) {
    let mut out = anstream::stderr();
    let _ = writeln!(out, "{text}");
}

/// An error of the program's use, with what to do.
pub fn error(text: &str) {
    let style = anstyle::AnsiColor::Red.on_default().bold();
    say(&format!("{style}error{style:#}: {text}"));
}

/// Whether standard output shows colours.
pub fn shows_colours() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}

/// The columns of standard output, where it is a terminal that can be drawn on.
pub fn drawable_width() -> Option<usize> {
    let out = std::io::stdout();
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    if !out.is_terminal() || is_dumb {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(out).ok()?;
    Some(usize::from(size.ws_col)).filter(|width| *width > 0)
}

/// Annotated text for whoever reads standard error.
pub fn human() -> Human {
    let colour = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    let width = rustix::termios::tcgetwinsize(std::io::stderr())
        .map(|size| usize::from(size.ws_col))
        .ok()
        .filter(|width| *width > 0)
        .unwrap_or(USUAL_WIDTH);
    Human {
        colour,
        width: width.min(WIDEST),
    }
}

/// Annotated text for whoever reads standard output.
pub fn human_out() -> Human {
    let width = drawable_width().unwrap_or(USUAL_WIDTH);
    Human {
        colour: shows_colours(),
        width: width.min(WIDEST),
    }
}

/// Shows problems to a person.
pub fn show_problems(problems: &[Problem], sources: &SourceMap) {
    if !problems.is_empty() {
        let findings = [Findings { problems, sources }];
        say(render(&findings, Format::Human(human())).trim_end());
    }
}

/// Shows what was found in a runbook.
pub fn show_findings(analysis: &Analysis) {
    show_problems(&analysis.problems, &analysis.sources);
}
