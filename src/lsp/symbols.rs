//! What a document is made of, as a tree; and what all runbooks declare.

use serde_json::{Value, json};

use super::documents::{Document, Documents, address};
use super::index::Index;
use crate::source::{FileId, SourceFile, Span};
use crate::syntax::ast::{Block, ItemKind, Statement, StatementKind};
use crate::syntax::parse;

const MODULE: u8 = 2;
const METHOD: u8 = 6;
const FUNCTION: u8 = 12;
const VARIABLE: u8 = 13;
const EVENT: u8 = 24;
const NAMESPACE: u8 = 3;

pub fn symbols(document: &Document) -> Value {
    let items = document.analysis.program.root().ast.items.iter();
    items
        .filter_map(|item| {
            let (name, kind, at) = match &item.kind {
                ItemKind::Statement(statement) => return symbol(document, statement),
                ItemKind::Param(it) => (it.name.text.clone(), VARIABLE, it.name.span),
                ItemKind::Secret(it) => (it.name.text.clone(), VARIABLE, it.name.span),
                ItemKind::Metric(it) => (it.name.text.clone(), VARIABLE, it.name.span),
                ItemKind::Thresholds(it) => (it.name.text.clone(), VARIABLE, it.name.span),
                ItemKind::Hosts(it) => (it.name.text.clone(), VARIABLE, it.name.span),
                ItemKind::Channel(it) => (it.name.text.clone(), VARIABLE, it.name.span),
                ItemKind::Message(it) => (it.name.text.clone(), VARIABLE, it.name.span),
                ItemKind::Template(it) => (it.name.text.clone(), FUNCTION, it.name.span),
                ItemKind::Watch(it) => (it.name.text.clone(), EVENT, it.name.span),
                ItemKind::Runbook { .. } => (written(document, item.span), MODULE, item.span),
                ItemKind::Test(_) | ItemKind::Trouble(_) | ItemKind::Ending(_) => {
                    (written(document, item.span), FUNCTION, item.span)
                }
                ItemKind::Role(_)
                | ItemKind::Lock { .. }
                | ItemKind::Env(_)
                | ItemKind::Window(_)
                | ItemKind::Source(_)
                | ItemKind::Defaults(_)
                | ItemKind::Rollback(_)
                | ItemKind::Use(_)
                | ItemKind::Bad => return None,
            };
            Some(entry(document, &name, kind, item.span, at, &[]))
        })
        .collect()
}

/// The first line of a text, without what opens its block.
fn written(document: &Document, span: Span) -> String {
    let line = document.file().slice(span).lines().next().unwrap_or("");
    line.trim_end_matches(['{', ' ']).to_owned()
}

fn entry(
    document: &Document,
    name: &str,
    kind: u8,
    whole: Span,
    at: Span,
    children: &[Value],
) -> Value {
    let range = |span| document.encoding.range(document.file(), span);
    json!({
        "name": if name.is_empty() { "?" } else { name },
        "kind": kind,
        "range": range(whole),
        "selectionRange": range(at),
        "children": children,
    })
}

fn symbol(document: &Document, statement: &Statement) -> Option<Value> {
    let block = |body: &Block| -> Vec<Value> {
        let statements = body.statements.iter();
        statements.filter_map(|it| symbol(document, it)).collect()
    };
    let span = statement.span;
    let (name, kind, at, children) = match &statement.kind {
        StatementKind::Phase { name, body } => {
            (name.text.clone(), NAMESPACE, name.span, block(body))
        }
        StatementKind::PhaseFrom { name, .. } => {
            (name.text.clone(), NAMESPACE, name.span, Vec::new())
        }
        StatementKind::Step { name, .. } => (name.text.clone(), METHOD, name.span, Vec::new()),
        StatementKind::Check { name, .. } => (name.text.clone(), METHOD, name.span, Vec::new()),
        StatementKind::Gate { name, .. } | StatementKind::Checklist { name, .. } => {
            (name.text.clone(), EVENT, name.span, Vec::new())
        }
        StatementKind::With { name, body, .. } => (
            format!("with {}", name.text),
            NAMESPACE,
            name.span,
            block(body),
        ),
        StatementKind::Parallel { name, body } => {
            let at = name.as_ref().map_or(span, |name| name.span);
            ("parallel".to_owned(), NAMESPACE, at, block(body))
        }
        StatementKind::For { variable, body, .. } => (
            format!("for {}", variable.text),
            NAMESPACE,
            variable.span,
            block(body),
        ),
        StatementKind::Notify { .. } | StatementKind::Postmortem { .. } | StatementKind::Bad => {
            return None;
        }
    };
    Some(entry(document, &name, kind, span, at, &children))
}

/// More than this many are no help to anybody.
const MOST_FOUND: usize = 500;

/// What is declared in any runbook and has these letters in its name, in their
/// order.
pub fn everywhere(documents: &Documents, wanted: &str) -> Value {
    let mut found = Vec::new();
    for path in documents.everywhere(None) {
        let Some(text) = documents.text(&path) else {
            continue;
        };
        let file = SourceFile::new(path, text);
        let parsed = parse(FileId::default(), &file.text);
        let uri = address(&file.path);
        for declared in Index::new(std::iter::once(&parsed.ast)).all {
            if !is_like(&declared.name, wanted) {
                continue;
            }
            let range = documents.encoding.range(&file, declared.at);
            found.push(json!({
                "name": declared.name,
                "kind": declared.kind.symbol(),
                "location": { "uri": uri, "range": range },
            }));
            if found.len() == MOST_FOUND {
                return Value::Array(found);
            }
        }
    }
    Value::Array(found)
}

fn is_like(name: &str, wanted: &str) -> bool {
    let mut letters = name.chars();
    let mut wanted = wanted.chars().flat_map(char::to_lowercase);
    wanted.all(|letter| letters.any(|it| it == letter))
}
