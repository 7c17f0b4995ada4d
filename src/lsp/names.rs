//! Names: where they are declared, where they are used in all files, and other
//! names for them, in runbook text and in the shell text of commands alike.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::documents::{At, Document, Documents, address};
use super::index::Kind;
use crate::source::Span;

/// Where the name at a place is declared, and the text at the place.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    pub declared: Span,
    pub here: Span,
}

pub fn named(at: &At<'_>) -> Option<Named> {
    let document = at.document;
    let holds = |span: &Span| {
        span.file == document.analysis.file
            && span.range().start <= at.offset
            && at.offset <= span.range().end
    };
    let uses = document.analysis.model.uses.iter();
    let uses = uses.map(|it| (it.at, it.declared));
    let declared = document.index().all.iter().map(|it| (it.at, it.at));
    let found = uses.chain(declared).filter(|(here, _)| holds(here));
    // A name that begins at the place comes before one that ends there.
    let (here, declared) =
        found.min_by_key(|(here, _)| (here.range().end == at.offset, here.range().len()))?;
    Some(Named { declared, here })
}

/// All places of a name in the files of a document, its declaration among them.
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

pub fn definition(at: &At<'_>) -> Value {
    if let Some(module) = module_at(at) {
        return module;
    }
    let found = named(at).and_then(|named| at.document.location(named.declared));
    found.unwrap_or(Value::Null)
}

/// The file behind the path of a `use`.
fn module_at(at: &At<'_>) -> Option<Value> {
    let document = at.document;
    let program = &document.analysis.program;
    let mut uses = program.root().uses.values();
    let used = uses.find(|used| {
        let line = used.span.range();
        let alias = used.name.range();
        let in_alias =
            alias.contains(&at.offset) && !document.file().slice(used.name).starts_with('"');
        line.start <= at.offset && at.offset <= line.end && !in_alias
    })?;
    let file = program.module(used.module).ast.file;
    document.location(Span::new(file, 0, 0))
}

pub fn highlights(at: &At<'_>) -> Value {
    const READ: u8 = 2;
    const WRITTEN: u8 = 3;
    let Some(named) = named(at) else {
        return json!([]);
    };
    let document = at.document;
    let places = places(document, named.declared).into_iter();
    places
        .filter(|span| span.file == document.analysis.file)
        .map(|span| {
            let kind = match span == named.declared {
                true => WRITTEN,
                false => READ,
            };
            json!({ "range": document.range(span), "kind": kind })
        })
        .collect()
}

/// A name, whatever document it is looked at from.
struct Identity {
    name: String,
    kind: Option<Kind>,
    is_given: bool,
    /// The file that declares it, and where.
    file: PathBuf,
    start: u32,
}

impl Identity {
    fn of(at: &At<'_>) -> Option<Identity> {
        let document = at.document;
        let declared = named(at)?.declared;
        let file = document.analysis.sources.get(declared.file)?;
        Some(Identity {
            name: file.slice(declared).to_owned(),
            kind: document.index().at(declared).map(|it| it.kind),
            is_given: is_given(document, declared),
            file: file.path.clone(),
            start: declared.start,
        })
    }

    /// Whether another file could use it: it would name the file.
    fn may_stand_in(&self, path: &Path, text: &str) -> bool {
        let stem = self.file.file_stem().and_then(|it| it.to_str());
        path == self.file || text.contains(stem.unwrap_or_default()) && text.contains(&self.name)
    }

    /// Its places in a document and its modules, as the client counts them.
    fn places_in(&self, document: &Document, found: &mut Places) {
        let mut files = document.analysis.sources.files();
        let Some((id, _)) = files.find(|(_, file)| file.path == self.file) else {
            return;
        };
        let length = self.name.len();
        let start = self.start as usize;
        let declared = Span::new(id, start, start + length);
        for span in places(document, declared) {
            let sources = &document.analysis.sources;
            let (Some(file), text) = (sources.get(span.file), sources.slice(span)) else {
                continue;
            };
            let same = text == self.name;
            let mine = document.address_of(span.file).is_some();
            let range = document.encoding.range(file, span);
            let is_declaration = span == declared;
            let place = Place {
                range,
                alike: same && mine,
                is_declaration,
            };
            // Several runbooks may use the same module.
            let places = found.entry(file.path.clone()).or_default();
            places.entry(span.range().start).or_insert(place);
        }
    }
}

#[derive(Debug)]
struct Place {
    range: Value,
    /// It is written as it is declared, in a file of the user's.
    alike: bool,
    is_declaration: bool,
}

/// Of each file, by where they begin.
type Places = BTreeMap<PathBuf, BTreeMap<usize, Place>>;

/// All places of the name at a place, in every runbook that can be found.
fn everywhere(
    documents: &mut Documents,
    path: &Path,
    position: &Value,
) -> Result<Option<(Identity, Places)>, String> {
    let at = documents.at(path, position)?;
    let Some(identity) = Identity::of(&at) else {
        return Ok(None);
    };
    let mut found = Places::new();
    identity.places_in(at.document, &mut found);
    for other in documents.everywhere(Some(path)) {
        let Some(text) = documents.text(&other) else {
            continue;
        };
        if other == path || !identity.may_stand_in(&other, &text) {
            continue;
        }
        if documents.is_open(&other) {
            identity.places_in(documents.document(&other)?, &mut found);
        } else {
            identity.places_in(&documents.look_at(&other, &text), &mut found);
        }
    }
    Ok(Some((identity, found)))
}

/// # Errors
/// The document is not open, or that is no place.
pub fn references(
    documents: &mut Documents,
    path: &Path,
    position: &Value,
    with_declaration: bool,
) -> Result<Value, String> {
    let Some((_, places)) = everywhere(documents, path, position)? else {
        return Ok(json!([]));
    };
    let mut found = Vec::new();
    for (file, places) in places.iter().filter(|(file, _)| file.is_absolute()) {
        let shown = places.values();
        let shown = shown.filter(|place| with_declaration || !place.is_declaration);
        found.extend(shown.map(|place| json!({ "uri": address(file), "range": place.range })));
    }
    Ok(Value::Array(found))
}

pub fn prepare_rename(at: &At<'_>) -> Value {
    let Some(named) = named(at) else {
        return Value::Null;
    };
    let document = at.document;
    let sources = &document.analysis.sources;
    let name = sources.slice(named.declared);
    let alike = sources.slice(named.here) == name && is_name(name);
    let mine = document.address_of(named.declared.file).is_some();
    if !alike || !mine || is_given(document, named.declared) {
        return Value::Null;
    }
    json!({ "range": document.range(named.here), "placeholder": name })
}

/// Whether others decide what it is called: who made the module of the program,
/// or whoever sets a variable of the environment.
fn is_given(document: &Document, declared: Span) -> bool {
    let file = document.analysis.sources.get(declared.file);
    let before = file.and_then(|file| file.text.get(..declared.range().start));
    let kind = document.index().at(declared).map(|it| it.kind);
    kind == Some(Kind::Environment) || before.is_some_and(|before| before.ends_with('.'))
}

fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    let begins = letters.next().is_some_and(|c| c.is_ascii_lowercase());
    begins && letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// # Errors
/// It is no name, or cannot be another one; in words.
pub fn rename(
    documents: &mut Documents,
    path: &Path,
    position: &Value,
    new: &str,
) -> Result<Value, String> {
    if !is_name(new) {
        return Err(format!(
            "`{new}` is no name: it begins with a small letter, and has small letters, digits and `_`"
        ));
    }
    let fixed = || "what stands here cannot be given another name".to_owned();
    let (identity, places) = everywhere(documents, path, position)?.ok_or_else(fixed)?;
    let free = is_name(&identity.name) && !identity.is_given;
    if !free
        || places
            .values()
            .flat_map(BTreeMap::values)
            .any(|place| !place.alike)
    {
        return Err(fixed());
    }
    if taken(documents.document(path)?, &identity, new) {
        return Err(format!("`{new}` is declared already"));
    }
    let mut changes: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (file, places) in &places {
        let edits = places.values();
        let edits = edits.map(|place| json!({ "range": place.range, "newText": new }));
        changes.insert(address(file), edits.collect());
    }
    Ok(json!({ "changes": changes }))
}

/// Whether two things would then have one name.
fn taken(document: &Document, identity: &Identity, new: &str) -> bool {
    let Some(kind) = identity.kind else {
        return false;
    };
    let mut others = document.index().all.iter();
    others.any(|other| {
        let alike = other.kind.is_variable() == kind.is_variable();
        let same_scope = other.scope.is_none() && kind != Kind::Argument;
        alike && same_scope && other.name == new && other.at.file == document.analysis.file
    })
}
