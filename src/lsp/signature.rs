//! What a template takes, while its call is being written.

use serde_json::{Value, json};

use super::documents::{At, Document};
use crate::syntax::Around;
use crate::syntax::ast::{ItemKind, ParameterKind, TemplateDefinition};

/// A call that is being written.
#[derive(Debug)]
pub struct Call {
    /// `http.ok`, as far as it is written.
    path: Vec<String>,
    /// How many arguments stand before the place.
    before: usize,
    /// The name of the argument at the place.
    name: Option<String>,
    /// The names that have values.
    pub given: Vec<String>,
    /// The value of an argument with a name stands at the place.
    pub names_value: bool,
}

impl Call {
    /// The call around a place, if there is one.
    pub fn around(document: &Document, around: &Around<'_>, at: usize) -> Option<Call> {
        let text = &document.file().text;
        let open = around.call?;
        let path = text.get(..open)?.trim_end();
        let start = path
            .trim_end_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
            .len();
        let path: Vec<String> = path[start..].split('.').map(str::to_owned).collect();
        let inside = text.get(open + 1..at)?;
        let arguments = arguments(inside);
        let last = arguments.last().copied().unwrap_or_default();
        let given = arguments.iter().filter_map(|it| name_of(it));
        Some(Call {
            before: arguments.len() - 1,
            name: name_of(last).map(str::to_owned),
            names_value: name_of(last).is_some(),
            given: given.map(str::to_owned).collect(),
            path,
        })
    }
}

/// Arguments by their commas, brackets and texts left alone.
fn arguments(text: &str) -> Vec<&str> {
    let (mut depth, mut quoted, mut start) = (0_usize, false, 0);
    let mut found = Vec::new();
    for (at, sign) in text.char_indices() {
        match sign {
            '"' => quoted = !quoted,
            _any if quoted => {}
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(&text[start..at]);
                start = at + 1;
            }
            _other => {}
        }
    }
    found.push(&text[start..]);
    found
}

fn name_of(argument: &str) -> Option<&str> {
    let (name, _) = argument.split_once(':')?;
    let name = name.trim();
    let is_name = name
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    (is_name && !name.is_empty()).then_some(name)
}

/// A template as it is called.
#[derive(Debug)]
pub struct Signature {
    label: String,
    about: String,
    pub parameters: Vec<Parameter>,
}

#[derive(Debug)]
pub struct Parameter {
    pub name: String,
    pub ty: String,
    pub about: String,
    /// Its place in the label.
    label: (usize, usize),
}

impl Signature {
    /// What is called, if it is known.
    pub fn of(document: &Document, call: &Call) -> Option<Signature> {
        let program = &document.analysis.program;
        let (module, name) = match &call.path[..] {
            [name] => (program.root(), name),
            [module, name] => {
                let used = program.root().uses.get(module)?;
                (program.module(used.module), name)
            }
            _too_long => return None,
        };
        let mut items = module.ast.items.iter();
        items.find_map(|item| match &item.kind {
            ItemKind::Template(template) if template.name.text == *name => {
                Some(signature(document, template, item.doc.as_deref()))
            }
            _something_else => None,
        })
    }
}

fn signature(document: &Document, template: &TemplateDefinition, doc: Option<&str>) -> Signature {
    let sources = &document.analysis.sources;
    let mut label = format!("{}(", template.name.text);
    let mut parameters = Vec::new();
    for (number, parameter) in template.parameters.iter().enumerate() {
        if number > 0 {
            label += ", ";
        }
        let ty = match &parameter.kind {
            ParameterKind::Value(ty) => sources.slice(ty.span).to_owned(),
            ParameterKind::Action(takes) => {
                let takes: Vec<String> = takes
                    .iter()
                    .map(|(name, ty)| format!("{}: {}", name.text, sources.slice(ty.span)))
                    .collect();
                format!("action({})", takes.join(", "))
            }
        };
        let default = parameter.default.as_ref();
        let default = default.map(|it| format!(" = {}", sources.slice(it.span)));
        let start = label.encode_utf16().count();
        label += &format!(
            "{}: {ty}{}",
            parameter.name.text,
            default.unwrap_or_default()
        );
        parameters.push(Parameter {
            name: parameter.name.text.clone(),
            ty,
            about: parameter
                .description
                .as_ref()
                .and_then(crate::syntax::ast::Text::plain)
                .unwrap_or_default(),
            label: (start, label.encode_utf16().count()),
        });
    }
    label.push(')');
    Signature {
        label,
        about: doc.unwrap_or_default().to_owned(),
        parameters,
    }
}

pub fn help(at: &At<'_>) -> Value {
    let document = at.document;
    let around = Around::new(at.before(), at.offset);
    let found = Call::around(document, &around, at.offset);
    let found = found.and_then(|call| Some((Signature::of(document, &call)?, call)));
    let Some((signature, call)) = found else {
        return Value::Null;
    };
    let named = |name: &String| signature.parameters.iter().position(|it| it.name == *name);
    let active = call.name.as_ref().and_then(named);
    let active = active.or_else(|| call.given.is_empty().then_some(call.before));
    let parameters: Vec<Value> = signature
        .parameters
        .iter()
        .map(|it| json!({ "label": [it.label.0, it.label.1], "documentation": it.about }))
        .collect();
    json!({
        "signatures": [{
            "label": signature.label,
            "documentation": { "kind": "markdown", "value": signature.about },
            "parameters": parameters,
        }],
        "activeSignature": 0,
        "activeParameter": active.unwrap_or(signature.parameters.len()),
    })
}
