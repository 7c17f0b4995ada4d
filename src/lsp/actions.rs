//! What can be done about problems: the edits that the compiler gives with them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::diagnostics::diagnostic;
use super::documents::Document;
use crate::problem::{Edit, Problem, safe_edits};

/// The fixes of problems that touch a part of a document, and all that need
/// nobody to look at them at once. `only`: the kinds that are wanted.
pub fn actions(document: &Document, start: usize, end: usize, only: &Value) -> Value {
    let mut actions = Vec::new();
    if wants(only, "quickfix") {
        let problems = document.analysis.problems.iter();
        let touched = problems.filter(|problem| touches(document, problem, start, end));
        touched.for_each(|problem| of_problem(document, problem, &mut actions));
    }
    if wants(only, FIX_ALL) {
        actions.extend(fix_all(document));
    }
    Value::Array(actions)
}

pub const FIX_ALL: &str = "source.fixAll.runbook";

/// A kind is wanted with all below it: `source.fixAll` wants ours.
fn wants(only: &Value, kind: &str) -> bool {
    let Some(only) = only.as_array() else {
        return true;
    };
    only.iter().filter_map(Value::as_str).any(|wanted| {
        let rest = kind.strip_prefix(wanted);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

fn touches(document: &Document, problem: &Problem, start: usize, end: usize) -> bool {
    problem.span.is_some_and(|span| {
        let range = span.range();
        span.file == document.analysis.file && range.start <= end && start <= range.end
    })
}

fn of_problem(document: &Document, problem: &Problem, actions: &mut Vec<Value>) {
    for fix in problem.fix.iter().chain(&problem.drafts) {
        actions.push(json!({
            "title": fix.title,
            "kind": "quickfix",
            "diagnostics": [diagnostic(document, problem)],
            "isPreferred": problem.fix.as_ref() == Some(fix),
            "edit": { "changes": changes(document, fix.edits.iter()) },
        }));
    }
}

/// What `runbook check --fix` would write.
fn fix_all(document: &Document) -> Option<Value> {
    let edits = safe_edits(&document.analysis.problems);
    let edits = edits.into_values().flatten();
    let changes = changes(document, edits);
    (!changes.is_empty()).then(|| {
        json!({
            "title": "mend what needs nobody to look at it",
            "kind": FIX_ALL,
            "edit": { "changes": changes },
        })
    })
}

fn changes<'e>(
    document: &Document,
    edits: impl Iterator<Item = &'e Edit>,
) -> BTreeMap<String, Vec<Value>> {
    let mut changes: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for edit in edits {
        let file = document.analysis.sources.get(edit.span.file);
        let uri = document.address_of(edit.span.file);
        if let (Some(file), Some(uri)) = (file, uri) {
            let range = document.encoding.range(file, edit.span);
            let edit = json!({ "range": range, "newText": edit.replacement });
            changes.entry(uri).or_default().push(edit);
        }
    }
    changes
}
