//! What something is: its declaration, its documentation, its way back; what a
//! keyword or the code of a problem means.

use serde_json::{Value, json};

use super::documents::{At, Document};
use super::index::{Declared, Kind};
use super::names::named;
use super::words::Words;
use crate::modules::STANDARD;
use crate::plan::{NodeKind, WayBack};
use crate::problem::find_code;
use crate::source::Span;
use crate::syntax::ast::{Body, ItemKind};
use crate::syntax::{Around, Inside};

/// More lines of a declaration are not shown.
const MOST_LINES: usize = 12;

pub fn hover(at: &At<'_>) -> Value {
    let document = at.document;
    let found = match named(at) {
        Some(named) => Some((declaration(document, named.declared), named.here)),
        None => code(at)
            .or_else(|| standard_module(at))
            .or_else(|| keyword(at)),
    };
    match found {
        Some((text, span)) => json!({
            "contents": { "kind": "markdown", "value": text },
            "range": document.range(span),
        }),
        None => Value::Null,
    }
}

fn declaration(document: &Document, declared: Span) -> String {
    let found = document.index().at(declared);
    let mut out = match found {
        Some(found) => {
            let text = document.analysis.sources.slice(found.whole);
            let words = found.kind.words();
            format!(
                "```runbook\n{}\n```\n\n{}\n",
                shortened(text, found.kind),
                sentence(words)
            )
        }
        None => format!("`{}`\n", document.analysis.sources.slice(declared)),
    };
    let Some(found) = found else {
        return out;
    };
    for text in [&found.about, &found.doc].into_iter().flatten() {
        out += &format!("\n{text}\n");
    }
    if let Some(more) = more(document, found) {
        out += &format!("\n{more}\n");
    }
    out
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => format!("{}{}", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

/// The first lines of a declaration, with the indentation of the first taken
/// off the others.
fn shortened(text: &str, kind: Kind) -> String {
    let most = match kind {
        // What stands inside is told by the outline.
        Kind::Phase | Kind::With | Kind::Parallel | Kind::Loop => 1,
        _others => MOST_LINES,
    };
    let spaces = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let indent = spaces(text.lines().last().unwrap_or(""));
    let mut lines: Vec<&str> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if number == most {
            lines.push("…");
            break;
        }
        let cut = indent.min(spaces(line));
        lines.push(if number == 0 { line } else { &line[cut..] });
    }
    lines.join("\n")
}

/// What is known beside the text.
fn more(document: &Document, declared: &Declared) -> Option<String> {
    match declared.kind {
        Kind::Step => way_back(document, declared.whole),
        Kind::Thresholds => thresholds(document, declared),
        Kind::Output => Some(format!("Commands have it as `${}`.", declared.shell_name())),
        Kind::Parameter | Kind::Capture | Kind::Loop | Kind::Secret | Kind::Argument => {
            Some(format!("Commands have it as `${}`.", declared.name))
        }
        Kind::Module => module_of(document, declared.at),
        Kind::Role
        | Kind::Hosts
        | Kind::Window
        | Kind::Source
        | Kind::Metric
        | Kind::Channel
        | Kind::Message
        | Kind::Watch
        | Kind::Environment
        | Kind::Phase
        | Kind::Check
        | Kind::Gate
        | Kind::Checklist
        | Kind::With
        | Kind::Parallel
        | Kind::Action
        | Kind::CheckTemplate
        | Kind::Strategy
        | Kind::BracketTemplate
        | Kind::MetricTemplate
        | Kind::ThresholdsTemplate
        | Kind::MessageTemplate => None,
    }
}

/// How a step is undone, in words.
fn way_back(document: &Document, whole: Span) -> Option<String> {
    let plan = &document.analysis.plan;
    let node = plan.nodes.iter().find(|node| {
        let origin = node.origin;
        (origin.file, origin.start, origin.end) == (whole.file.0, whole.start, whole.end)
    })?;
    let NodeKind::Step(step) = &node.kind else {
        return None;
    };
    Some(match &step.way_back {
        WayBack::Own(undo) if undo.attempts.len() > 1 => {
            format!(
                "**Way back:** its own `rollback`, with {} alternatives",
                undo.attempts.len() - 1
            )
        }
        WayBack::Own(_) => "**Way back:** its own `rollback`".to_owned(),
        WayBack::Block(open) => {
            let block = &plan.nodes[open.index()].name;
            format!("**Way back:** the `rollback` of `{block}`")
        }
        WayBack::Harmless(why) => format!("**Harmless:** {why}"),
        WayBack::Irreversible { why, then } => {
            format!("**Point of no return:** {why}. Then: {then}")
        }
        WayBack::Missing => "**There is no way back.**".to_owned(),
    })
}

fn thresholds(document: &Document, declared: &Declared) -> Option<String> {
    let modules = document.analysis.program.modules.iter();
    let mut items = modules.flat_map(|module| &module.ast.items);
    let lines = items.find_map(|item| match &item.kind {
        ItemKind::Thresholds(it) if it.name.span == declared.at => Some(&it.lines),
        _something_else => None,
    });
    // What a template makes is told where the template is.
    let Some(Body::Written(lines)) = lines else {
        return None;
    };
    let words = Words {
        sources: &document.analysis.sources,
        metrics: &document.analysis.model.metrics,
    };
    let lines = lines.iter();
    let lines: Vec<String> = lines.flat_map(|line| words.condition(line, 0)).collect();
    Some(format!("They hold while\n\n{}", lines.join("\n")))
}

/// What the module of a `use` is for, and what it has.
fn module_of(document: &Document, name: Span) -> Option<String> {
    let program = &document.analysis.program;
    let mut modules = program.modules.iter();
    let used = modules.find_map(|module| module.uses.values().find(|used| used.name == name))?;
    let module = program.module(used.module);
    let text = &document.analysis.sources.file(module.ast.file).text;
    let templates = module.ast.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Template(template) => Some(format!("`{}`", template.name.text)),
        _something_else => None,
    });
    let templates: Vec<String> = templates.collect();
    Some(format!(
        "{}\n\nIt has {}.",
        about_file(text),
        templates.join(", ")
    ))
}

/// The comment that a file begins with.
pub fn about_file(text: &str) -> String {
    let lines = text.lines().map(str::trim);
    let lines = lines.take_while(|line| line.starts_with('#'));
    let lines: Vec<&str> = lines
        .map(|line| line.trim_start_matches('#'))
        .map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end())
        .collect();
    lines.join("\n")
}

/// `std.http` where nothing is made of it.
fn standard_module(at: &At<'_>) -> Option<(String, Span)> {
    let (line, span) = word(at, |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))?;
    let name = line.strip_prefix("std.")?;
    let module = STANDARD.iter().find(|module| module.name == name)?;
    Some((about_file(module.text), span))
}

/// The code of a problem, in a comment that allows it.
fn code(at: &At<'_>) -> Option<(String, Span)> {
    let (word, span) = word(at, |c| c.is_ascii_alphanumeric())?;
    let entry = find_code(word)?;
    let text = format!(
        "**{}** ({}): {}\n\n{}",
        entry.code,
        entry.severity.word(),
        entry.title,
        entry.explanation
    );
    Some((text, span))
}

/// The text of such letters around a place.
fn word<'d>(at: &At<'d>, is_letter: fn(char) -> bool) -> Option<(&'d str, Span)> {
    let text: &'d str = &at.document.file().text;
    let before = text.get(..at.offset)?;
    let start = before.len() - before.trim_end_matches(is_letter).len();
    let start = before.len() - start;
    let rest = text.get(at.offset..)?;
    let end = at.offset + rest.len() - rest.trim_start_matches(is_letter).len();
    let word = text.get(start..end).filter(|word| !word.is_empty())?;
    Some((word, Span::new(at.document.analysis.file, start, end)))
}

/// The keyword at a place, by the block it stands in.
fn keyword(at: &At<'_>) -> Option<(String, Span)> {
    let (word, span) = word(at, |c| c.is_ascii_alphanumeric() || c == '_')?;
    let text = &at.document.file().text;
    let around = Around::new(text, span.range().start);
    if around.inside != Inside::Code || !around.begun().is_empty() {
        return None;
    }
    let forms = around.context().forms();
    let form = forms.iter().find(|form| form.word == word)?;
    Some((form.documentation(), span))
}
