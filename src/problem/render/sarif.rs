//! SARIF 2.1.0 (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/>), which code
//! hosts show beside the lines.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Findings;
use super::fingerprint::Fingerprints;
use super::place::{level, of, whole_message};
use crate::problem::{Code, Problem};
use crate::source::{SourceMap, Span};

/// All problems as one SARIF log, with a line end.
pub fn sarif(findings: &[Findings<'_>]) -> String {
    let codes: BTreeSet<Code> = super::each(findings).map(|(it, _)| it.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let mut fingerprints = Fingerprints::default();
    let results: Vec<Value> = super::each(findings)
        .map(|(problem, sources)| {
            let place = of(problem, sources);
            let path = place.as_ref().map_or("", |it| it.path.as_str());
            let mut result = result(problem, sources, &codes);
            result["partialFingerprints"] = json!({ "runbook/v1": fingerprints.of(problem, path) });
            result
        })
        .collect();
    let rules: Vec<Value> = codes.iter().map(|code| rule(*code)).collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "runbook",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn rule(code: Code) -> Value {
    let entry = code.entry();
    json!({
        "id": code.name(),
        "shortDescription": { "text": entry.title },
        "fullDescription": { "text": entry.explanation },
        "help": { "text": entry.explanation, "markdown": entry.explanation },
        "defaultConfiguration": { "level": level(entry.severity) },
        "properties": { "guarantee": entry.guarantee },
    })
}

fn result(problem: &Problem, sources: &SourceMap, codes: &[Code]) -> Value {
    let index = codes.iter().position(|code| *code == problem.code);
    let mut result = json!({
        "ruleId": problem.code.name(),
        "ruleIndex": index,
        "level": level(problem.severity),
        "message": { "text": whole_message(problem) },
    });
    let Some(span) = problem.span else {
        return result;
    };
    result["locations"] = json!([location(span, sources, None)]);
    let related = problem.labels.iter();
    let related: Vec<Value> = related
        .map(|label| location(label.span, sources, Some(&label.text)))
        .collect();
    if !related.is_empty() {
        result["relatedLocations"] = Value::Array(related);
    }
    result
}

fn location(span: Span, sources: &SourceMap, text: Option<&str>) -> Value {
    let Some(file) = sources.get(span.file) else {
        return json!({});
    };
    let range = span.range();
    let (start, end) = (file.place(range.start), file.place(range.end));
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": address(&file.path.display().to_string()) },
            "region": {
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            },
        },
    });
    if let Some(text) = text {
        location["message"] = json!({ "text": text });
    }
    location
}

/// A path as an address, relative where the path is: what is no letter of an
/// address as `%20`.
fn address(path: &str) -> String {
    let mut address = String::with_capacity(path.len());
    if path.starts_with('/') {
        address.push_str("file://");
    }
    for byte in path.trim_start_matches("./").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                address.push(char::from(byte));
            }
            byte => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}
