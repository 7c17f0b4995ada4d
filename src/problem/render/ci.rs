//! The formats in which CI systems take annotations.

use serde_json::{Value, json};

use super::Findings;
use super::fingerprint::Fingerprints;
use super::neutral::one_line;
use super::place::{level, of, whole_message};
use crate::problem::{Problem, Severity};
use crate::source::SourceMap;

/// Workflow commands of GitHub Actions
/// (<https://docs.github.com/actions/reference/workflow-commands-for-github-actions>).
pub fn github(findings: &[Findings<'_>]) -> String {
    super::each(findings)
        .map(|(problem, sources)| {
            let word = match problem.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "notice",
            };
            let place = of(problem, sources).map(|it| {
                format!(
                    "file={},line={},endLine={},col={},endColumn={},",
                    property(&it.path),
                    it.start.line,
                    it.end.line,
                    it.start.column,
                    it.end.column
                )
            });
            format!(
                "::{word} {}title={}::{}\n",
                place.unwrap_or_default(),
                property(problem.code.name()),
                data(&whole_message(problem))
            )
        })
        .collect()
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A Code Quality report of GitLab
/// (<https://docs.gitlab.com/ci/testing/code_quality/>).
pub fn gitlab(findings: &[Findings<'_>]) -> String {
    let mut fingerprints = Fingerprints::default();
    let entries: Vec<Value> = super::each(findings)
        .map(|(problem, sources)| {
            let place = of(problem, sources);
            let path = place.as_ref().map_or("", |it| it.path.as_str());
            json!({
                "description": whole_message(problem),
                "check_name": problem.code.name(),
                "fingerprint": fingerprints.of(problem, path),
                "severity": match problem.severity {
                    Severity::Error => "critical",
                    Severity::Warning => "minor",
                    Severity::Info => "info",
                },
                "location": {
                    "path": path.trim_start_matches("./"),
                    "lines": {
                        "begin": place.as_ref().map_or(1, |it| it.start.line),
                        "end": place.as_ref().map_or(1, |it| it.end.line),
                    },
                },
            })
        })
        .collect();
    format!("{:#}\n", Value::Array(entries))
}

/// JUnit's XML: a runbook is a test, which fails with its errors; warnings are
/// what it printed.
pub fn junit(findings: &[Findings<'_>]) -> String {
    let mut cases = String::new();
    let mut failed = 0;
    for found in findings {
        let name = found.sources.files().next();
        let name = name.map_or_else(String::new, |(_, file)| file.path.display().to_string());
        let name = xml(&name);
        let (failures, remarks): (Vec<&Problem>, Vec<&Problem>) =
            found.problems.iter().partition(|it| it.is_error());
        if found.problems.is_empty() {
            cases += &format!("  <testcase classname=\"runbook check\" name=\"{name}\"/>\n");
            continue;
        }
        failed += usize::from(!failures.is_empty());
        cases += &format!("  <testcase classname=\"runbook check\" name=\"{name}\">\n");
        for problem in failures {
            cases += &format!(
                "    <failure type=\"{}\" message=\"{}\">{}</failure>\n",
                problem.code,
                xml(&problem.message),
                xml(&super::short(problem, found.sources))
            );
        }
        if !remarks.is_empty() {
            cases += "    <system-out>";
            for problem in remarks {
                cases += &format!("{}\n", xml(&super::short(problem, found.sources)));
            }
            cases += "</system-out>\n";
        }
        cases += "  </testcase>\n";
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"runbook check\" tests=\"{}\" failures=\"{failed}\" errors=\"0\">\n{cases}</testsuite>\n",
        findings.len()
    )
}

/// Checkstyle's XML, which many tools take: each file once.
pub fn checkstyle(findings: &[Findings<'_>]) -> String {
    let mut files: Vec<(String, String)> = Vec::new();
    for (problem, sources) in super::each(findings) {
        let path = of(problem, sources).map_or_else(String::new, |it| it.path);
        let line = checkstyle_line(problem, sources);
        match files.iter_mut().find(|(name, _)| *name == path) {
            Some((_, lines)) => lines.push_str(&line),
            None => files.push((path, line)),
        }
    }
    let files = files
        .iter()
        .map(|(name, lines)| format!("  <file name=\"{}\">\n{lines}  </file>\n", xml(name)));
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n{}</checkstyle>\n",
        files.collect::<String>()
    )
}

fn checkstyle_line(problem: &Problem, sources: &SourceMap) -> String {
    let place = of(problem, sources);
    let place =
        place.map(|it| format!("line=\"{}\" column=\"{}\" ", it.start.line, it.start.column));
    let severity = match level(problem.severity) {
        "note" => "info",
        word => word,
    };
    format!(
        "    <error {}severity=\"{severity}\" message=\"{}\" source=\"runbook.{}\"/>\n",
        place.unwrap_or_default(),
        xml(&whole_message(problem)),
        problem.code
    )
}

/// Text in XML 1.0, which has no control characters.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
