//! Lines that the top of a file lacks, as edits: `use std.http`, `env HOME`.

use crate::model::resolve::Resolver;
use crate::modules::ModuleId;
use crate::problem::Edit;
use crate::source::Span;
use crate::syntax::ast::ItemKind;

impl Resolver<'_> {
    /// Adds a `use` behind the others.
    pub fn add_use(&self, module: &str) -> Vec<Edit> {
        self.add_top_line(&format!("use {module}"), |kind| {
            matches!(kind, ItemKind::Use(_))
        })
    }

    /// Adds an `env` behind the others.
    pub fn add_env(&self, name: &str) -> Vec<Edit> {
        self.add_top_line(&format!("env {name}"), |kind| {
            matches!(kind, ItemKind::Env(_))
        })
    }

    /// Behind the last line of its kind, else of a `use`, else of `runbook`,
    /// else at the beginning.
    fn add_top_line(&self, line: &str, alike: fn(&ItemKind) -> bool) -> Vec<Edit> {
        let ast = &self.program.module(ModuleId::ROOT).ast;
        let text = &self.sources.file(ast.file).text;
        let last = |wanted: fn(&ItemKind) -> bool| {
            let mut items = ast.items.iter().rev();
            items.find(|item| wanted(&item.kind))
        };
        let found = last(alike)
            .or_else(|| last(|kind| matches!(kind, ItemKind::Use(_))))
            .or_else(|| last(|kind| matches!(kind, ItemKind::Runbook { .. })));
        let (at, replacement) = match found {
            Some(item) => {
                let end = item.span.range().end;
                let rest = text.get(end..).unwrap_or_default();
                let at = end + rest.find(['\n', '\r']).unwrap_or(rest.len());
                // What is of another kind stands in a paragraph of its own.
                let gap = if alike(&item.kind) { "\n" } else { "\n\n" };
                (at, format!("{gap}{line}"))
            }
            None => (0, format!("{line}\n")),
        };
        let span = Span::new(ast.file, at, at);
        vec![Edit { span, replacement }]
    }
}
