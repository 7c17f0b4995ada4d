//! Problems for people: the text they are about, marked, with labels and help.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use anstream::adapter::strip_str;
use miette::{Diagnostic, LabeledSpan, ReportHandler, SourceSpan};

use super::excerpt::{self, Excerpt};
use super::neutral;

/// The columns taken by line numbers and borders.
const GUTTER: usize = 12;
/// Narrower than this nothing can be shown.
const NARROWEST: usize = 40;

/// Renders any [`Diagnostic`] as annotated source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Human {
    pub colour: bool,
    /// The columns of the terminal.
    pub width: usize,
}

impl ReportHandler for Human {
    fn debug(&self, diagnostic: &dyn Diagnostic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(diagnostic))
    }
}

impl Human {
    /// The diagnostic as text, without a line end behind it.
    pub fn render(&self, diagnostic: &dyn Diagnostic) -> String {
        let message = diagnostic.to_string();
        let mut title = level(diagnostic).primary_title(neutral::one_line(&message));
        if let Some(code) = diagnostic.code() {
            title = title.id(code.to_string());
        }
        let mut group = Group::with_title(title);
        let related = diagnostic.related().into_iter().flatten();
        let pictures: Vec<Picture> = std::iter::once(diagnostic)
            .chain(related)
            .filter_map(|part| self.picture(part))
            .collect();
        for picture in &pictures {
            group = group.element(picture.origin()).element(picture.snippet());
        }
        let help = diagnostic.help().map(|help| help.to_string());
        for advice in help.iter().flat_map(|help| help.lines()) {
            group = group.element(Level::HELP.message(neutral::one_line(advice)));
        }
        tidy(&self.renderer().render(&[group]))
    }

    fn renderer(&self) -> Renderer {
        let renderer = if self.colour {
            Renderer::styled().hyperlink(false)
        } else {
            Renderer::plain()
        };
        // Long lines were cut already, so that nothing here moves the marks.
        renderer.term_width(usize::from(u16::MAX))
    }

    fn picture(&self, diagnostic: &dyn Diagnostic) -> Option<Picture> {
        let labels: Vec<LabeledSpan> = diagnostic.labels()?.collect();
        let first = labels.iter().map(LabeledSpan::offset).min()?;
        let last = labels.iter().map(end_of).max()?;
        let all = SourceSpan::new(first.into(), last.saturating_sub(first));
        let contents = diagnostic.source_code()?.read_span(&all, 0, 0).ok()?;
        let text = std::str::from_utf8(contents.data()).ok()?;
        let offset = contents.span().offset();
        let marks: Vec<Range<usize>> = labels.iter().map(range_of).collect();
        let width = self.width.max(NARROWEST) - GUTTER;
        let (line, column) = place(text, marks[0].start.saturating_sub(offset));
        Some(Picture {
            path: neutral::one_line(contents.name().unwrap_or("")).into_owned(),
            line: contents.line() + line,
            column,
            excerpt: excerpt::cut(text, offset, contents.line() + 1, &marks, width),
            labels,
        })
    }
}

fn level(diagnostic: &dyn Diagnostic) -> Level<'static> {
    match diagnostic.severity() {
        None | Some(miette::Severity::Error) => Level::ERROR,
        Some(miette::Severity::Warning) => Level::WARNING,
        Some(miette::Severity::Advice) => Level::INFO,
    }
}

fn range_of(label: &LabeledSpan) -> Range<usize> {
    label.offset()..end_of(label)
}

fn end_of(label: &LabeledSpan) -> usize {
    label.offset().saturating_add(label.len())
}

/// The line and column of a byte, both counted from one.
fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(byte)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

/// One file of a rendered problem. Its first label is the one named above it.
struct Picture {
    path: String,
    line: usize,
    column: usize,
    excerpt: Excerpt,
    labels: Vec<LabeledSpan>,
}

impl Picture {
    fn origin(&self) -> Origin<'_> {
        Origin::path(self.path.as_str())
            .line(self.line)
            .char_column(self.column)
    }

    fn snippet(&self) -> Snippet<'_, Annotation<'_>> {
        let annotations = self.labels.iter().zip(&self.excerpt.marks);
        Snippet::source(self.excerpt.text.as_str())
            .line_start(self.excerpt.first_line)
            .annotations(annotations.map(|(label, mark)| annotation(label, mark)))
    }
}

fn annotation<'a>(label: &'a LabeledSpan, mark: &Range<usize>) -> Annotation<'a> {
    let kind = if label.primary() {
        AnnotationKind::Primary
    } else {
        AnnotationKind::Context
    };
    let annotation = kind.span(mark.clone());
    match label.label() {
        Some(text) => annotation.label(neutral::one_line(text)),
        None => annotation,
    }
}

/// Leaves out trailing spaces, and the lines that mark a snippet without a path:
/// its place stands above it.
fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim_end)
        .filter(|line| strip_str(line).to_string().trim() != ":::")
        .collect();
    lines.join("\n")
}
