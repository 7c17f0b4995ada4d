//! Problems that are only the echo of another one, left out: whoever mends that
//! one has mended them.

use std::collections::BTreeSet;

use crate::problem::{Code, Problem};
use crate::source::{SourceMap, Span};

/// Leaves out what a line that was not understood may have declared, and what
/// every round of a loop would say again.
pub fn without(problems: Vec<Problem>, sources: &SourceMap) -> Vec<Problem> {
    let mut lost = BTreeSet::new();
    for problem in problems.iter().filter(|it| loses_names(it.code)) {
        lost.extend(problem.span.map(|span| line_of(span, sources)));
    }
    let mut said = BTreeSet::new();
    let mut left = problems;
    left.retain(|problem| {
        let Some(span) = problem.span else {
            return true;
        };
        let place = (problem.code.name(), span, without_items(&problem.message));
        said.insert(place) && !(misses_name(problem.code) && is_lost(span, &lost, sources))
    });
    left
}

/// Where these are, a declaration may have got lost.
fn loses_names(code: Code) -> bool {
    [Code::RB900, Code::RB901, Code::RB922].contains(&code)
}

fn misses_name(code: Code) -> bool {
    [Code::RB920, Code::RB301].contains(&code)
}

/// Whether the name stands in a line that was not understood.
fn is_lost(span: Span, lost: &BTreeSet<(u32, &str)>, sources: &SourceMap) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let written = sources.get(span.file).map_or("", |file| file.slice(span));
    let name = written.trim_matches(|c| !is_of_name(c));
    let (_, own) = line_of(span, sources);
    // `param version`: what a line declares stands near its beginning.
    let words = |line: &str| {
        let line = line.split(" #").next().unwrap_or_default();
        let near = if line.starts_with("use ") { 4 } else { 2 };
        let words = line
            .split(|c| !is_of_name(c))
            .filter(|word| !word.is_empty());
        words.skip(1).take(near).any(|word| word == name)
    };
    !name.is_empty()
        && lost
            .iter()
            .any(|(file, line)| *file == span.file.0 && *line != own && words(line))
}

fn line_of(span: Span, sources: &SourceMap) -> (u32, &str) {
    let line = sources.get(span.file).and_then(|file| {
        let line = file.line_of(span.start as usize);
        let start = file.line_start(line)?;
        file.text.get(start..)?.lines().next()
    });
    (span.file.0, line.unwrap_or_default())
}

/// `shift[10%]` as `shift`: the rounds of a loop.
fn without_items(message: &str) -> String {
    let mut text = String::new();
    let mut rest = message;
    while let Some((before, behind)) = rest.split_once('[') {
        text += before;
        rest = behind.split_once(']').map_or(behind, |(_, behind)| behind);
    }
    text + rest
}
