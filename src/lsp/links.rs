//! What leads somewhere else: modules, directories and files, addresses.

use std::path::Path;

use serde_json::{Value, json};

use super::documents::{Document, address};
use crate::source::Span;
use crate::syntax::ast::{
    Attribute, AttributeKind, Block, ExprKind, ItemKind, OutputFrom, SecretFrom, Statement,
    StatementKind, Text,
};
use crate::syntax::tokens::{TokenKind, take_apart};

pub fn links(document: &Document) -> Value {
    let mut links = Links {
        document,
        found: Vec::new(),
    };
    links.modules();
    links.files();
    links.addresses();
    Value::Array(links.found)
}

struct Links<'d> {
    document: &'d Document,
    found: Vec<Value>,
}

impl Links<'_> {
    fn add(&mut self, span: Span, target: &str, tooltip: &str) {
        self.found.push(json!({
            "range": self.document.range(span),
            "target": target,
            "tooltip": tooltip,
        }));
    }

    fn modules(&mut self) {
        let program = &self.document.analysis.program;
        for used in program.root().uses.values() {
            let module = program.module(used.module);
            let Some(target) = self.document.address_of(module.ast.file) else {
                continue;
            };
            // The path is the first text of the line.
            let line = self.document.file().slice(used.span);
            let quoted = line.find('"').and_then(|start| {
                let length = line.get(start + 1..)?.find('"')?;
                Some((start + 1, length))
            });
            if let Some((start, length)) = quoted {
                let start = used.span.range().start + start;
                let span = Span::new(used.span.file, start, start + length);
                self.add(span, &target, "the module");
            }
        }
    }

    /// Directories and files by their names, as seen from the runbook.
    fn files(&mut self) {
        let program = &self.document.analysis.program;
        for item in &program.root().ast.items {
            match &item.kind {
                ItemKind::Statement(statement) => self.statement(statement),
                ItemKind::Ending(ending) => self.block(&ending.body),
                ItemKind::Rollback(rollback) => self.attributes(&rollback.attributes),
                ItemKind::Defaults(attributes) => self.attributes(attributes),
                ItemKind::Role(role) => {
                    if let Some(signers) = &role.signed_by {
                        self.file(signers);
                    }
                }
                ItemKind::Secret(secret) => {
                    if let SecretFrom::File(path) = &secret.from {
                        self.file(path);
                    }
                }
                _no_file => {}
            }
        }
    }

    fn block(&mut self, block: &Block) {
        block.statements.iter().for_each(|it| self.statement(it));
        for rollback in &block.rollbacks {
            self.attributes(&rollback.attributes);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Phase { body, .. }
            | StatementKind::Parallel { body, .. }
            | StatementKind::For { body, .. }
            | StatementKind::With { body, .. } => self.block(body),
            StatementKind::Step { body, .. } | StatementKind::Check { body, .. } => {
                self.attributes(&body.attributes);
            }
            StatementKind::PhaseFrom { .. }
            | StatementKind::Gate { .. }
            | StatementKind::Checklist { .. }
            | StatementKind::Notify { .. }
            | StatementKind::Postmortem { .. }
            | StatementKind::Bad => {}
        }
    }

    fn attributes(&mut self, attributes: &[Attribute]) {
        for attribute in attributes {
            match &attribute.kind {
                AttributeKind::Dir(expr) => {
                    if let ExprKind::Text(text) = &expr.kind {
                        self.file(text);
                    }
                }
                AttributeKind::Output {
                    from: OutputFrom::File(path),
                    ..
                } => self.file(path),
                AttributeKind::Rollback(rollback) => {
                    self.attributes(&rollback.attributes);
                    for other in &rollback.alternatives {
                        self.attributes(&other.attributes);
                    }
                }
                _no_file => {}
            }
        }
    }

    fn file(&mut self, text: &Text) {
        let Some(path) = text.plain().filter(|path| !path.is_empty()) else {
            return;
        };
        let folder = self.document.path.parent().unwrap_or(Path::new(""));
        let target = address(&folder.join(path));
        self.add(inner(text.span), &target, "open it");
    }

    fn addresses(&mut self) {
        let file = self.document.file();
        let Some(taken) = take_apart(&file.text) else {
            return;
        };
        for token in taken.tokens.iter().filter(|it| it.kind == TokenKind::Text) {
            let text = token.text.trim_matches(['"', '`']);
            let begins = text.starts_with("http://") || text.starts_with("https://");
            if begins && !text.contains(['{', ' ', '\n', '"', '\\']) {
                let start = token.start + token.text.find(text).unwrap_or(0);
                let id = self.document.analysis.file;
                let span = Span::new(id, start, start + text.len());
                self.add(span, text, "open it in a browser");
            }
        }
    }
}

/// A text without its quotes.
fn inner(span: Span) -> Span {
    Span {
        start: span.start + 1,
        end: span.end.saturating_sub(1).max(span.start + 1),
        ..span
    }
}
