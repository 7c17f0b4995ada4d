//! What could stand at a place: by the block it is in, by what the grammar would
//! take there, and by what is declared.
//!
//! | file | its part |
//! | --- | --- |
//! | `words` | keywords, types, units, and other words of the language |
//! | `names` | names that are declared |
//! | `calls` | modules, templates and their parameters |

mod calls;
mod names;
mod words;

use serde_json::{Value, json};

use super::documents::{At, Document};
use crate::source::Span;
use crate::syntax::{Around, Context, Inside};

/// `CompletionItemKind`s of the protocol.
const FIELD: u8 = 5;
const VARIABLE: u8 = 6;
const UNIT: u8 = 11;
const VALUE: u8 = 12;
const KEYWORD: u8 = 14;
const TYPE: u8 = 25;

pub fn completion(at: &At<'_>) -> Value {
    let before = at.before();
    let stem = &before[before.trim_end_matches(is_of_name).len()..];
    let start = before.len() - stem.len();
    let around = Around::new(before, start);
    let place = Place {
        at: *at,
        stem,
        start,
        begun: around.begun(),
        around,
    };
    let mut items: Vec<Item> = Vec::new();
    place.offer(&mut items);
    let mut seen = std::collections::BTreeSet::new();
    items.retain(|item| seen.insert(item.label.clone()));
    let items: Vec<Value> = items
        .into_iter()
        .enumerate()
        .map(|(order, item)| place.shown(order, item))
        .collect();
    json!({ "isIncomplete": false, "items": items })
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Something to offer.
struct Item {
    label: String,
    kind: u8,
    detail: String,
    /// In Markdown.
    about: String,
}

fn item(label: impl Into<String>, kind: u8, detail: impl Into<String>) -> Item {
    Item {
        label: label.into(),
        kind,
        detail: detail.into(),
        about: String::new(),
    }
}

/// Where something is to stand.
struct Place<'d> {
    at: At<'d>,
    around: Around<'d>,
    /// The word that is being written.
    stem: &'d str,
    /// Where it begins.
    start: usize,
    /// What stands before it in its statement.
    begun: &'d str,
}

impl<'d> Place<'d> {
    fn document(&self) -> &'d Document {
        self.at.document
    }

    fn offer(&self, items: &mut Vec<Item>) {
        match self.around.inside {
            Inside::Comment | Inside::Text => {}
            Inside::Command => {
                let before = self.before_stem();
                if before.ends_with('$') || before.ends_with("${") {
                    self.shell_variables(items);
                }
            }
            Inside::Interpolation => {
                if !self.members(items) {
                    self.values(items);
                }
            }
            Inside::Code => self.offer_code(items),
        }
    }

    fn before_stem(&self) -> &'d str {
        self.at_before().get(..self.start).unwrap_or("")
    }

    fn at_before(&self) -> &'d str {
        let text: &'d str = &self.at.document.file().text;
        text.get(..self.at.offset).unwrap_or(text)
    }

    fn offer_code(&self, items: &mut Vec<Item>) {
        if self.begun.starts_with("use ") {
            return self.modules(items);
        }
        if self.members(items) {
            return;
        }
        if self.stem.starts_with(|c: char| c.is_ascii_digit()) {
            return self.units(items);
        }
        if self.around.call.is_some() && self.parameters(items) {
            return self.values(items);
        }
        if self.begun.is_empty() {
            self.keywords(items);
            if self.around.context() == Context::Condition {
                self.conditions(items);
            }
            return;
        }
        if self.words(items) || self.named(items) {
            return;
        }
        self.titles_of_checks(items);
        self.next(items);
    }

    /// What the grammar would take.
    fn next(&self, items: &mut Vec<Item>) {
        let next = self.around.next(self.begun);
        if next.ty {
            self.types(items);
        } else if next.value {
            self.values(items);
        } else if next.name && self.wants_template() {
            self.callees(items);
        }
        if !next.value {
            let keywords = next.keywords.into_iter();
            items.extend(keywords.map(|word| item(word, KEYWORD, "")));
        }
    }

    /// `step x =`
    fn wants_template(&self) -> bool {
        let makes = ["step ", "check ", "phase ", "with "];
        makes.iter().any(|word| self.begun.starts_with(word))
            && self.begun.trim_end().ends_with('=')
    }

    fn shown(&self, order: usize, item: Item) -> Value {
        let file = self.document().analysis.file;
        let range = self
            .document()
            .range(Span::new(file, self.start, self.at.offset));
        let mut shown = json!({
            "label": item.label,
            "kind": item.kind,
            "sortText": format!("{order:04}"),
            "filterText": item.label,
            "textEdit": { "range": range, "newText": item.label },
        });
        if !item.detail.is_empty() {
            shown["detail"] = json!(item.detail);
        }
        if !item.about.is_empty() {
            shown["documentation"] = json!({ "kind": "markdown", "value": item.about });
        }
        shown
    }
}
