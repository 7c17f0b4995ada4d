//! A page of a wiki as a runbook with holes: what the page tells is written
//! down, what it does not tell (the ways back, above all) is left for `check` to
//! point at. Nothing is guessed that would make something dangerous look safe:
//! every command becomes a step, never a check.

mod commands;
mod names;
mod page;
mod writing;

use std::path::Path;

use crate::format::format;

/// A page as a runbook.
#[derive(Debug)]
pub struct Imported {
    /// The text of a runbook that can be read, and does not pass the checks yet.
    pub text: String,
    pub steps: usize,
    /// Things to tick off.
    pub confirmations: usize,
}

/// Makes a runbook of a Markdown page. `name` is the name of its file.
pub fn import(markdown: &str, name: &str) -> Imported {
    // As CommonMark has it: no text holds a NUL, and no command can.
    let markdown = markdown.replace('\0', "\u{fffd}");
    let page = page::read(&markdown, name);
    let written = writing::write(&page, name);
    // Layout is a nicety: a text that cannot be laid out is still all there.
    let text = format(Path::new(name), written.text.as_bytes()).unwrap_or(written.text);
    Imported {
        text,
        steps: written.steps,
        confirmations: written.confirmations,
    }
}
