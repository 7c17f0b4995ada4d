//! Names: where they are declared, where they are used, and other names for
//! them, in runbook text and in the shell text of commands alike.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::documents::{At, Document};
use crate::source::Span;

/// Where the name at a place is declared, and the text at the place.
pub struct Named {
    pub declared: Span,
    pub here: Span,
}

pub fn named(at: &At<'_>) -> Option<Named> {
    let analysis = &at.document.analysis;
    let holds = |span: &Span| {
        span.file == analysis.file
            && span.range().start <= at.offset
            && at.offset <= span.range().end
    };
    let uses = analysis.model.uses.iter();
    let used = uses
        .filter(|it| holds(&it.at))
        .min_by_key(|it| it.at.range().len());
    if let Some(used) = used {
        let (declared, here) = (used.declared, used.at);
        return Some(Named { declared, here });
    }
    let declarations = analysis.model.uses.iter().map(|it| it.declared);
    let declarations = declarations.chain(analysis.model.named.iter().map(|(_, span)| *span));
    let declared = declarations
        .filter(holds)
        .min_by_key(|span| span.range().len())?;
    Some(Named {
        declared,
        here: declared,
    })
}

/// All places of a name in the files of the runbook, its declaration first.
fn places(document: &Document, declared: Span) -> Vec<Span> {
    let uses = document.analysis.model.uses.iter();
    let mut places: Vec<Span> = uses
        .filter(|it| it.declared == declared)
        .map(|it| it.at)
        .collect();
    places.push(declared);
    places.sort();
    places.dedup();
    places
}

fn location(document: &Document, span: Span) -> Option<Value> {
    let file = document.analysis.sources.get(span.file)?;
    let uri = document.address_of(span.file)?;
    Some(json!({ "uri": uri, "range": document.encoding.range(file, span) }))
}

pub fn definition(at: &At<'_>) -> Value {
    let found = named(at).and_then(|named| location(at.document, named.declared));
    found.unwrap_or(Value::Null)
}

pub fn references(at: &At<'_>) -> Value {
    let Some(named) = named(at) else {
        return json!([]);
    };
    let places = places(at.document, named.declared).into_iter();
    places
        .filter_map(|span| location(at.document, span))
        .collect()
}

pub fn highlights(at: &At<'_>) -> Value {
    let Some(named) = named(at) else {
        return json!([]);
    };
    let document = at.document;
    let places = places(document, named.declared).into_iter();
    places
        .filter(|span| span.file == document.analysis.file)
        .map(|span| json!({ "range": document.encoding.range(document.file(), span) }))
        .collect()
}

pub fn prepare_rename(at: &At<'_>) -> Value {
    match renamed(at) {
        Some((named, name)) => json!({
            "range": at.document.encoding.range(at.document.file(), named.here),
            "placeholder": name,
        }),
        None => Value::Null,
    }
}

/// A name that can be another one: it is written alike wherever it stands.
fn renamed(at: &At<'_>) -> Option<(Named, String)> {
    let named = named(at)?;
    let sources = &at.document.analysis.sources;
    let name = sources.slice(named.declared).to_owned();
    let alike = places(at.document, named.declared).into_iter().all(|span| {
        bare(sources.slice(span)) == name && at.document.address_of(span.file).is_some()
    });
    (alike && !name.is_empty()).then_some((named, name))
}

/// `$name` and `${name}` without their signs.
fn bare(text: &str) -> &str {
    text.trim_start_matches(['$', '{']).trim_end_matches('}')
}

/// # Errors
/// It is no name, or cannot be another one; in words.
pub fn rename(at: &At<'_>, new: &str) -> Result<Value, String> {
    let mut letters = new.chars();
    let begins = letters
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !begins || !letters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(format!("`{new}` is no name: letters, digits and `_`"));
    }
    let Some((named, name)) = renamed(at) else {
        return Err("what stands here cannot be given another name".to_owned());
    };
    let sources = &at.document.analysis.sources;
    let mut changes: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for span in places(at.document, named.declared) {
        let Some(file) = sources.get(span.file) else {
            continue;
        };
        let text = sources.slice(span).replace(&name, new);
        let range = at.document.encoding.range(file, span);
        let uri = at.document.address_of(span.file).unwrap_or_default();
        let edit = json!({ "range": range, "newText": text });
        changes.entry(uri).or_default().push(edit);
    }
    Ok(json!({ "changes": changes }))
}
