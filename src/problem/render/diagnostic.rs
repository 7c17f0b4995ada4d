//! A [`Problem`] as a [`miette::Diagnostic`], so that whatever reads those can
//! show it.

use std::fmt;

use miette::{
    Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};

use crate::problem::{Fix, Problem, Severity};
use crate::source::{FileId, SourceFile, SourceMap, Span};

/// A problem beside the text it is about.
#[derive(Debug, Clone)]
pub struct ProblemDiagnostic<'a> {
    problem: &'a Problem,
    file: Option<&'a SourceFile>,
    elsewhere: Vec<Elsewhere<'a>>,
}

impl<'a> ProblemDiagnostic<'a> {
    pub fn new(problem: &'a Problem, sources: &'a SourceMap) -> ProblemDiagnostic<'a> {
        ProblemDiagnostic {
            problem,
            file: problem.span.and_then(|span| sources.get(span.file)),
            elsewhere: elsewhere(problem, sources),
        }
    }
}

/// The labels of a problem in another file than its own.
#[derive(Debug, Clone)]
struct Elsewhere<'a> {
    file: &'a SourceFile,
    labels: Vec<(Span, &'a str)>,
}

fn elsewhere<'a>(problem: &'a Problem, sources: &'a SourceMap) -> Vec<Elsewhere<'a>> {
    let mut found: Vec<(FileId, Elsewhere<'a>)> = Vec::new();
    for label in &problem.labels {
        let id = label.span.file;
        if problem.span.is_some_and(|span| span.file == id) {
            continue;
        }
        let place = (label.span, label.text.as_str());
        if let Some((_, other)) = found.iter_mut().find(|(known, _)| *known == id) {
            other.labels.push(place);
        } else if let Some(file) = sources.get(id) {
            let labels = vec![place];
            found.push((id, Elsewhere { file, labels }));
        }
    }
    found.into_iter().map(|(_, other)| other).collect()
}

impl fmt::Display for ProblemDiagnostic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)
    }
}

impl std::error::Error for ProblemDiagnostic<'_> {}

impl Diagnostic for ProblemDiagnostic<'_> {
    fn code<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        Some(Box::new(self.problem.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.problem.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    /// One line a piece of advice: the help, then what the fix would do.
    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        let help = self.problem.help.as_deref().unwrap_or_default();
        let fix = self.problem.fix.as_ref();
        let fix = fix.filter(|fix| !is_said(help, fix)).map(fix_in_words);
        let advice: Vec<String> = self.problem.help.clone().into_iter().chain(fix).collect();
        (!advice.is_empty()).then(|| Box::new(advice.join("\n")) as Box<dyn fmt::Display + 'b>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.file.map(|file| file as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let main = self.problem.span?;
        let first =
            LabeledSpan::new_primary_with_span(words(&self.problem.label), source_span(main));
        let others = self
            .problem
            .labels
            .iter()
            .filter(move |label| label.span.file == main.file)
            .map(|label| LabeledSpan::new_with_span(words(&label.text), source_span(label.span)));
        Some(Box::new(std::iter::once(first).chain(others)))
    }

    fn related<'b>(&'b self) -> Option<Box<dyn Iterator<Item = &'b dyn Diagnostic> + 'b>> {
        Some(Box::new(
            self.elsewhere.iter().map(|other| other as &dyn Diagnostic),
        ))
    }
}

/// Whether the help says already what the fix would write.
fn is_said(help: &str, fix: &Fix) -> bool {
    match fix.edits.as_slice() {
        [edit] => {
            let text = edit.replacement.trim();
            let is_quoted = text.starts_with('"') && help.contains(text);
            is_quoted || !text.is_empty() && help.contains(&format!("`{text}"))
        }
        _several => false,
    }
}

fn fix_in_words(fix: &Fix) -> String {
    match fix.edits.as_slice() {
        [edit] if !edit.replacement.trim().is_empty() && !edit.replacement.contains('\n') => {
            let written = edit.replacement.trim();
            // What has backquotes of its own needs no more to be told apart.
            let marks = if written.starts_with('`') { "" } else { "`" };
            format!("{}: write {marks}{written}{marks}", fix.title)
        }
        _ => fix.title.clone(),
    }
}

fn words(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn source_span(span: Span) -> SourceSpan {
    let range = span.range();
    SourceSpan::new(range.start.into(), range.len())
}

impl fmt::Display for Elsewhere<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "see also `{}`", self.file.path.display())
    }
}

impl std::error::Error for Elsewhere<'_> {}

impl Diagnostic for Elsewhere<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(miette::Severity::Advice)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.file)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().map(|(span, text)| {
            LabeledSpan::new_with_span(words(text), source_span(*span))
        })))
    }
}

/// Whole lines of the file; a span that does not fit it is cut to fit.
impl SourceCode for SourceFile {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let last = self.line_of(span.offset().saturating_add(span.len())) + lines_after;
        let first = self.line_of(span.offset()).saturating_sub(lines_before);
        let start = self.line_start(first).unwrap_or(self.text.len());
        let end = match self.line_start(last + 1) {
            Some(next) => next - 1,
            None => self.text.len(),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.path.display().to_string(),
            &self.text.as_bytes()[start..end],
            (start, end - start).into(),
            first,
            0,
            last - first + 1,
        )))
    }
}
