//! What could stand at a place.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::documents::At;
use crate::modules::STANDARD;
use crate::syntax::forms;

const KEYWORD: u8 = 14;
const VARIABLE: u8 = 6;
const MODULE: u8 = 9;
const FUNCTION: u8 = 3;
const REFERENCE: u8 = 18;

pub fn completion(at: &At<'_>) -> Value {
    let text = &at.document.file().text;
    let before = text.get(..at.offset).unwrap_or("");
    let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let stem = line.trim_end_matches(is_name);
    let items = if stem.trim_start().starts_with("use ") {
        modules()
    } else if stem.ends_with('.') {
        members(at, stem)
    } else if stem.ends_with(['$', '{']) || in_command(stem) {
        variables(at)
    } else if stem.trim().is_empty() {
        keywords()
    } else {
        [names(at), variables(at)].concat()
    };
    json!({ "isIncomplete": false, "items": items })
}

fn in_command(stem: &str) -> bool {
    stem.contains("$ ") || stem.trim_start().starts_with('$')
}

fn item(label: &str, kind: u8, detail: &str) -> Value {
    json!({ "label": label, "kind": kind, "detail": detail })
}

fn keywords() -> Vec<Value> {
    let mut words: BTreeMap<&str, &str> = BTreeMap::new();
    for form in forms().filter(|form| !form.word.is_empty()) {
        words.entry(form.word).or_insert(form.example);
    }
    let words = words.into_iter();
    words
        .map(|(word, example)| item(word, KEYWORD, example))
        .collect()
}

fn modules() -> Vec<Value> {
    let modules = STANDARD.iter();
    modules
        .map(|module| {
            let first = module.text.lines().find_map(|line| line.strip_prefix("##"));
            let about = first.unwrap_or_default().trim();
            item(&format!("std.{}", module.name), MODULE, about)
        })
        .collect()
}

/// What a module has, or what the run, the hosts and steps have.
fn members(at: &At<'_>, stem: &str) -> Vec<Value> {
    let analysis = &at.document.analysis;
    let stem = stem.trim_end_matches('.');
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let of = &stem[stem.rfind(|c| !is_name(c)).map_or(0, |at| at + 1)..];
    let program = &analysis.program;
    if let Some(used) = program.root().uses.get(of) {
        let items = program.module(used.module).ast.items.iter();
        return items
            .filter_map(|it| match &it.kind {
                crate::syntax::ast::ItemKind::Template(template) => {
                    let about = it.doc.as_deref().unwrap_or_default();
                    let about = about.lines().next().unwrap_or_default();
                    Some(item(&template.name.text, FUNCTION, about))
                }
                _no_template => None,
            })
            .collect();
    }
    let fixed: &[(&str, &str)] = match of {
        "run" => &[
            ("id", "the run's name"),
            ("reason", "why it is rolled back"),
            ("elapsed", "the time since it began"),
            ("outcome", "how it ended"),
            ("starter", "who started it"),
        ],
        _name => &[],
    };
    if of == "hosts" {
        let fleets = analysis.model.fleets.iter();
        return fleets
            .map(|it| item(&it.name, REFERENCE, "hosts"))
            .collect();
    }
    fixed
        .iter()
        .map(|(name, about)| item(name, VARIABLE, about))
        .collect()
}

fn variables(at: &At<'_>) -> Vec<Value> {
    let model = &at.document.analysis.model;
    let parameters = model.parameters.iter();
    let parameters = parameters.map(|it| {
        let about = it.description.as_deref().unwrap_or("a parameter");
        item(&it.name, VARIABLE, &format!("{}: {about}", it.ty))
    });
    let secrets = model.secrets.iter();
    let secrets = secrets.map(|it| item(&it.name, VARIABLE, "a secret"));
    parameters.chain(secrets).collect()
}

fn names(at: &At<'_>) -> Vec<Value> {
    let model = &at.document.analysis.model;
    let named = model.named.iter();
    let named = named.map(|(name, _)| item(name, REFERENCE, "a statement"));
    let metrics = model.metrics.iter();
    let metrics = metrics.map(|it| item(&it.name, REFERENCE, "a metric"));
    let messages = model.messages.iter();
    let messages = messages.map(|it| item(&it.name, REFERENCE, "a message"));
    let channels = model.channels.iter();
    let channels = channels.map(|it| item(&it.name, REFERENCE, "a channel"));
    named
        .chain(metrics)
        .chain(messages)
        .chain(channels)
        .collect()
}
