//! What is wrong with a runbook, where, why, and what to do about it. Every
//! stage reports [`Problem`]s; renderers turn one struct into all formats.

use crate::source::Span;

mod codes;
pub mod examples;
mod fixes;
pub mod render;

pub use codes::{Code, CodeEntry, Severity, all_codes, find_code};
pub use fixes::safe_edits;

/// One thing to tell the user about their text: a code, a headline, labels at
/// their text, help apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub code: Code,
    pub severity: Severity,
    /// The main place. `None` for problems of the command line.
    pub span: Option<Span>,
    /// Lower case, no full stop, the user's text in backticks.
    pub message: String,
    /// What stands at the main place, shown under it. May be empty.
    pub label: String,
    /// Further places, each with what it has to do with it.
    pub labels: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// An edit that mends it.
    pub fix: Option<Fix>,
    /// Edits that begin to mend it and leave something to a person: a value
    /// that is a guess, a reason. Editors offer them.
    pub drafts: Vec<Fix>,
}

/// A second place that a problem points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// An edit that mends a problem; the same list of edits serves `--fix` and the
/// editor's quick fix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    pub title: String,
    pub edits: Vec<Edit>,
    /// Whether it may be applied without a person looking at it.
    pub safe: bool,
}

/// Replace the text of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub replacement: String,
}

impl Problem {
    /// A problem of the code's usual severity.
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Problem {
        Problem {
            code,
            severity: code.entry().severity,
            span: Some(span),
            message: message.into(),
            label: String::new(),
            labels: Vec::new(),
            help: None,
            fix: None,
            drafts: Vec::new(),
        }
    }

    /// A problem without a place in a file: of the command line, say.
    pub fn general(code: Code, message: impl Into<String>) -> Problem {
        Problem {
            span: None,
            ..Problem::new(code, Span::default(), message)
        }
    }

    pub fn label(mut self, text: impl Into<String>) -> Problem {
        self.label = text.into();
        self
    }

    pub fn and(mut self, span: Span, text: impl Into<String>) -> Problem {
        let text = text.into();
        self.labels.push(Label { span, text });
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.help = Some(help.into());
        self
    }

    pub fn fix(mut self, title: impl Into<String>, edits: Vec<Edit>, safe: bool) -> Problem {
        let title = title.into();
        self.fix = Some(Fix { title, edits, safe });
        self
    }

    /// Adds an edit that a person goes on with, where there is one.
    pub fn draft(mut self, title: impl Into<String>, edits: Option<Vec<Edit>>) -> Problem {
        let title = title.into();
        self.drafts.extend(edits.map(|edits| Fix {
            title,
            edits,
            safe: false,
        }));
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Whether any of these keeps a runbook from running.
pub fn any_errors(problems: &[Problem]) -> bool {
    problems.iter().any(Problem::is_error)
}

/// The candidate most like a word that was written, if any is like it at all.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(word.len()) / 4)
        .min()
        .map(|(_, candidate)| candidate)
}
