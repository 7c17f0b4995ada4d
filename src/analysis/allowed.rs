//! `# allow(RB105): why`: warnings that somebody looked at and lets stand.
//!
//! Such a comment counts for its own line, or where it stands alone for the next
//! line of the runbook. An error cannot be allowed: a release with it would not
//! run.

use crate::problem::{Code, Edit, Problem, Severity, find_code};
use crate::source::{SourceFile, SourceMap, Span};
use crate::syntax::ast::Comment;

struct Allowance {
    code: Code,
    /// Counted from zero.
    line: usize,
    span: Span,
    used: bool,
}

/// Leaves out what is allowed, and adds what is wrong with the comments that
/// allow. `complete`: all was looked for, so what is allowed and not found is not
/// there.
pub fn apply<'a>(
    problems: Vec<Problem>,
    comments: impl Iterator<Item = &'a Comment>,
    sources: &SourceMap,
    complete: bool,
) -> Vec<Problem> {
    let mut wrong = Vec::new();
    let mut allowances = Vec::new();
    for comment in comments.filter(|comment| !comment.doc) {
        if let Some(file) = sources.get(comment.span.file) {
            read(file, comment.span, &mut allowances, &mut wrong);
        }
    }
    let mut left: Vec<Problem> = problems
        .into_iter()
        .filter(|problem| !is_allowed(problem, &mut allowances, sources))
        .map(|problem| with_allowance_of_command(problem, sources))
        .collect();
    // What runbooks have to do with one another is seen where several are checked.
    let is_known = |it: &&Allowance| complete && it.code != Code::RB406;
    let unused = allowances.iter().filter(is_known).filter(|it| !it.used);
    left.extend(unused.map(|allowance| {
        let message = format!(
            "there is no `{}` here that this would allow",
            allowance.code
        );
        Problem::new(Code::RB811, allowance.span, message)
            .help("take the comment out; it counts for its own line, or for the line below it")
            .draft(
                "take it out",
                Some(vec![taken_out(allowance.span, sources)]),
            )
    }));
    left.extend(wrong);
    left
}

/// Behind a command `# allow(…)` belongs to that: it does not count, and whoever wrote
/// it thinks it does.
fn with_allowance_of_command(problem: Problem, sources: &SourceMap) -> Problem {
    let Some((span, file)) = problem
        .span
        .and_then(|span| Some((span, sources.get(span.file)?)))
    else {
        return problem;
    };
    if problem.severity == Severity::Error {
        return problem;
    }
    let line = file.line_of(span.start as usize);
    let start = file.line_start(line).unwrap_or(0);
    let text = file.text.get(start..).unwrap_or("");
    let text = text.lines().next().unwrap_or("");
    let allows = |at: &usize| ALLOW.iter().any(|allow| text[*at..].starts_with(allow));
    let found = text.match_indices("# ").map(|(at, _)| at).find(allows);
    match found {
        Some(at) if text[..at].contains("$ ") => problem.and(
            Span::new(span.file, start + at, start + text.trim_end().len()),
            "of the command, so it allows nothing: on a line of its own above it does",
        ),
        Some(_) | None => problem,
    }
}

const ALLOW: [&str; 2] = ["# allow(RB", "# allow RB"];

/// Whether a comment lets a problem stand.
pub fn lets_stand<'a>(
    problem: &Problem,
    comments: impl Iterator<Item = &'a Comment>,
    sources: &SourceMap,
) -> bool {
    let mut allowances = Vec::new();
    for comment in comments.filter(|comment| !comment.doc) {
        if let Some(file) = sources.get(comment.span.file) {
            read(file, comment.span, &mut allowances, &mut Vec::new());
        }
    }
    is_allowed(problem, &mut allowances, sources)
}

/// A comment, and its line where nothing else stands in it.
fn taken_out(span: Span, sources: &SourceMap) -> Edit {
    let file = sources.file(span.file);
    let line = file.line_of(span.range().start);
    let start = file.line_start(line).unwrap_or(0);
    let before = file.text.get(start..span.range().start).unwrap_or("");
    let (from, to) = match before.trim().is_empty() {
        true => (start, file.line_start(line + 1).unwrap_or(file.text.len())),
        false => (start + before.trim_end().len(), span.range().end),
    };
    Edit {
        span: Span::new(span.file, from, to),
        replacement: String::new(),
    }
}

fn is_allowed(problem: &Problem, allowances: &mut [Allowance], sources: &SourceMap) -> bool {
    let Some(span) = problem.span else {
        return false;
    };
    let Some(file) = sources.get(span.file) else {
        return false;
    };
    let line = file.line_of(span.start as usize);
    let mut allowances = allowances.iter_mut();
    let found = allowances
        .find(|it| it.code == problem.code && it.span.file == span.file && it.line == line);
    match found {
        Some(allowance) if problem.severity != Severity::Error => {
            allowance.used = true;
            true
        }
        Some(_) | None => false,
    }
}

/// What a comment allows, if it is one that does.
fn read(file: &SourceFile, span: Span, allowed: &mut Vec<Allowance>, wrong: &mut Vec<Problem>) {
    let text = file.slice(span).trim_start_matches('#').trim();
    let Some(rest) = text.strip_prefix("allow(") else {
        if text.starts_with("allow RB") {
            let message = "what is allowed stands in parentheses";
            wrong.push(Problem::new(Code::RB809, span, message).help(EXAMPLE));
        }
        return;
    };
    let Some((codes, reason)) = rest.split_once(')') else {
        let message = "this `allow(` has no `)`";
        wrong.push(Problem::new(Code::RB809, span, message).help(EXAMPLE));
        return;
    };
    let reason = reason.trim_start().strip_prefix(':').map(str::trim);
    if reason.is_none_or(str::is_empty) {
        let message = "nobody says why this is allowed";
        wrong.push(Problem::new(Code::RB809, span, message).help(EXAMPLE));
        return;
    }
    for name in codes.split(',').map(str::trim) {
        match find_code(name) {
            None => {
                let message = format!("there is no problem `{name}`");
                let problem = Problem::new(Code::RB810, span, message);
                wrong.push(problem.help("see `runbook explain`, or the page of checks"));
            }
            Some(entry) if entry.severity == Severity::Error => {
                let message = format!("`{name}` is an error: it cannot be allowed");
                let problem = Problem::new(Code::RB812, span, message);
                wrong.push(problem.help("mend it; a release with it does not run"));
            }
            Some(entry) => allowed.push(Allowance {
                code: entry.code,
                line: line_meant(file, span),
                span,
                used: false,
            }),
        }
    }
}

const EXAMPLE: &str = "write `# allow(RB105): the directory is always there`";

/// The line a comment is about: its own where something stands before it, else
/// the next one that is more than a comment.
fn line_meant(file: &SourceFile, span: Span) -> usize {
    let own = file.line_of(span.start as usize);
    let start = file.line_start(own).unwrap_or(0);
    let before = file.text.get(start..span.start as usize).unwrap_or("");
    if !before.trim().is_empty() {
        return own;
    }
    let below = file.text.lines().enumerate().skip(own + 1);
    let mut below = below.filter(|(_, line)| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#')
    });
    below.next().map_or(own, |(line, _)| line)
}
