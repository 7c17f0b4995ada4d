//! Edits that add a line to a statement: where it belongs depends on how the
//! statement is written.

use super::{Subject, place};
use crate::plan::Node;
use crate::problem::Edit;
use crate::source::{FileId, Span};
use crate::syntax::ast::{
    AttributeKind, Block, ItemKind, Statement, StatementKind, StepBody, TestLineKind,
};

/// Adds lines to the step, check or bracket that a node was made from; `None`
/// where it is not written in the runbook itself.
pub fn add_lines(subject: &Subject<'_>, node: &Node, lines: &str) -> Option<Vec<Edit>> {
    let span = place(node.origin);
    let statement = statement_at(subject, span)?;
    let file = subject.sources.get(span.file)?;
    let start = file.line_start(file.line_of(span.range().start))?;
    let before = file.text.get(start..span.range().start)?;
    let indent: String = before.chars().take_while(|c| c.is_whitespace()).collect();
    let inner = format!("{indent}  ");
    let lines = lines.replace('\n', &format!("\n{inner}"));
    match &statement.kind {
        StatementKind::Step { body, .. } | StatementKind::Check { body, .. } => {
            let text = file.slice(span);
            match short(body, text, span) {
                Some(command) => Some(vec![
                    insert(span.file, command.range().start, format!("{{\n{inner}")),
                    insert(
                        span.file,
                        span.range().end,
                        format!("\n{inner}{lines}\n{indent}}}"),
                    ),
                ]),
                None if text.ends_with('}') => Some(vec![before_brace(span, text, &inner, &lines)]),
                None if body.call.is_some() => {
                    let block = format!(" {{\n{inner}{lines}\n{indent}}}");
                    Some(vec![insert(span.file, span.range().end, block)])
                }
                None => None,
            }
        }
        StatementKind::With {
            enter: Some(enter), ..
        } => {
            let text = file.slice(enter.span);
            let deeper = format!("{inner}  ");
            let lines = lines.replace(&inner, &deeper);
            text.ends_with('}')
                .then(|| vec![before_brace(enter.span, text, &deeper, &lines)])
        }
        StatementKind::Phase { .. }
        | StatementKind::PhaseFrom { .. }
        | StatementKind::Gate { .. }
        | StatementKind::Checklist { .. }
        | StatementKind::With { .. }
        | StatementKind::Parallel { .. }
        | StatementKind::For { .. }
        | StatementKind::Notify { .. }
        | StatementKind::Postmortem { .. }
        | StatementKind::Bad => None,
    }
}

/// The command of a statement that has no braces.
fn short(body: &StepBody, text: &str, from: Span) -> Option<Span> {
    let [attribute] = &body.attributes[..] else {
        return None;
    };
    let is_command = matches!(attribute.kind, AttributeKind::Command(_));
    let head = text.get(..(attribute.span.start.checked_sub(from.start)?) as usize)?;
    let short = is_command && body.call.is_none() && !head.trim_end().ends_with('{');
    short
        .then_some(attribute.span)
        .filter(|_| !head.contains('\n'))
}

/// A line before the brace that ends a text.
fn before_brace(span: Span, text: &str, inner: &str, lines: &str) -> Edit {
    let brace = text.len() - 1;
    let blank = text[..brace].len() - text[..brace].trim_end_matches([' ', '\t']).len();
    let own_line = text[..brace - blank].ends_with('\n');
    let at = span.range().start + brace;
    if own_line {
        insert(span.file, at - blank, format!("{inner}{lines}\n"))
    } else {
        let indent = inner.strip_suffix("  ").unwrap_or(inner);
        insert(span.file, at, format!("\n{inner}{lines}\n{indent}"))
    }
}

fn insert(file: FileId, at: usize, replacement: String) -> Edit {
    let span = Span::new(file, at, at);
    Edit { span, replacement }
}

fn statement_at<'a>(subject: &Subject<'a>, span: Span) -> Option<&'a Statement> {
    let ast = subject.ast;
    if ast.file != span.file {
        return None;
    }
    let item = ast.items.iter().find(|item| holds(item.span, span))?;
    match &item.kind {
        ItemKind::Statement(statement) => in_statement(statement, span),
        ItemKind::Ending(ending) => in_block(&ending.body, span),
        ItemKind::Test(test) => test.lines.iter().find_map(|line| match &line.kind {
            TestLineKind::Statement(statement) => in_statement(statement, span),
            _another_line => None,
        }),
        _no_statement => None,
    }
}

fn holds(around: Span, span: Span) -> bool {
    around.start <= span.start && span.end <= around.end
}

fn in_statement(statement: &Statement, span: Span) -> Option<&Statement> {
    if statement.span == span {
        return Some(statement);
    }
    if !holds(statement.span, span) {
        return None;
    }
    in_block(statement.kind.body()?, span)
}

fn in_block(block: &Block, span: Span) -> Option<&Statement> {
    let mut statements = block.statements.iter();
    statements.find_map(|statement| in_statement(statement, span))
}
