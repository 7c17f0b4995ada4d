//! The results of tests for people, for programs and for build servers.

use std::fmt::Write;

use serde_json::json;

use super::{Results, TestResult};
use crate::problem::Problem;
use crate::problem::render::{Findings, Format, Human, neutral, render};
use crate::source::SourceMap;

/// The tests of one file and what came of them.
#[derive(Debug)]
pub struct FileResults<'a> {
    pub path: String,
    pub sources: &'a SourceMap,
    pub results: &'a Results,
}

/// Text for people: a line a test, what is wrong below it.
pub fn text(files: &[FileResults<'_>], human: Human) -> String {
    let mut text = String::new();
    for file in files {
        let _ = writeln!(text, "{}", neutral::one_line(&file.path));
        for test in &file.results.tests {
            one_test(&mut text, file, test, human);
        }
        failures(&mut text, file.results);
        coverage(&mut text, file.results);
    }
    text += &sentence(files);
    text
}

fn one_test(text: &mut String, file: &FileResults<'_>, test: &TestResult, human: Human) {
    let good = test.problems.is_empty();
    let mark = if good { "ok  " } else { "FAIL" };
    let lasted = seconds(test.lasted);
    let title = neutral::one_line(&test.title);
    let _ = writeln!(text, "  {mark}  {title} ({lasted})");
    if good {
        return;
    }
    let shown = render(&[findings(file, &test.problems)], Format::Human(human));
    for line in shown.lines() {
        let _ = writeln!(text, "{}", format!("        {line}").trim_end());
    }
}

fn findings<'a>(file: &FileResults<'a>, problems: &'a [Problem]) -> Findings<'a> {
    Findings {
        problems,
        sources: file.sources,
    }
}

fn failures(text: &mut String, results: &Results) {
    let Some(failures) = &results.failures else {
        return;
    };
    let runs = failures.runs;
    if failures.good() {
        let _ = writeln!(
            text,
            "  ok    every single failure: {runs} runs, each with a way back that worked"
        );
    } else {
        let _ = writeln!(text, "  FAIL  every single failure: {runs} runs");
    }
    let (single, pairs) = (failures.single, failures.pairs);
    let _ = writeln!(
        text,
        "        {single} failures alone, and {pairs} times an undo that failed after one"
    );
    for sampled in &failures.sampled {
        let _ = writeln!(text, "        {}", sampled.words());
    }
    for breach in &failures.breaches {
        let _ = writeln!(text, "        {}", neutral::one_line(breach));
    }
    if failures.more > 0 {
        let _ = writeln!(text, "        and {} more", failures.more);
    }
}

fn coverage(text: &mut String, results: &Results) {
    if results.tests.is_empty() {
        let _ = writeln!(text, "  no tests: add a block `test \"…\" {{ … }}`");
        return;
    }
    let Some(ways) = &results.ways else {
        return;
    };
    if ways.untried.is_empty() {
        if ways.all > 0 {
            let _ = writeln!(text, "  every way back ran in some test");
        }
        return;
    }
    let untried: Vec<String> = ways.untried.iter().map(super::Way::words).collect();
    let _ = writeln!(
        text,
        "  {} of {} ways back ran in no test: {}",
        untried.len(),
        ways.all,
        neutral::one_line(&untried.join("; "))
    );
}

fn sentence(files: &[FileResults<'_>]) -> String {
    let tests = || files.iter().flat_map(|file| &file.results.tests);
    let failed = tests().filter(|test| !test.problems.is_empty()).count();
    let all = tests().count();
    let plural = if all == 1 { "" } else { "s" };
    match failed {
        0 => format!("{all} test{plural} passed\n"),
        failed => format!("{failed} of {all} test{plural} failed\n"),
    }
}

/// The run's own time.
fn seconds(millis: u64) -> String {
    let seconds = millis / 1000;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, _) => format!(
            "{:.1}s of the run's time",
            f64::from(u32::try_from(millis).unwrap_or(u32::MAX)) / 1000.0
        ),
        (0, minutes, seconds) => format!("{minutes}m {seconds}s of the run's time"),
        (hours, minutes, seconds) => format!("{hours}h {minutes}m {seconds}s of the run's time"),
    }
}

/// One JSON document. Its form is versioned: fields are added to a version,
/// never changed or taken away.
pub fn json(files: &[FileResults<'_>]) -> String {
    let files: Vec<serde_json::Value> = files.iter().map(json_file).collect();
    let document = json!({ "version": 1, "files": files });
    format!("{document:#}\n")
}

fn json_file(file: &FileResults<'_>) -> serde_json::Value {
    let tests: Vec<serde_json::Value> = file
        .results
        .tests
        .iter()
        .map(|test| {
            let problems: Vec<serde_json::Value> = test
                .problems
                .iter()
                .map(|problem| json_problem(problem, file.sources))
                .collect();
            json!({
                "title": test.title,
                "line": line(test.span, file.sources),
                "passed": test.problems.is_empty(),
                "run_milliseconds": test.lasted,
                "problems": problems,
            })
        })
        .collect();
    let ways = file.results.ways.as_ref();
    let untried = ways.map(|ways| ways.untried.iter().map(super::Way::words));
    let untried: Option<Vec<String>> = untried.map(Iterator::collect);
    let failures = file.results.failures.as_ref().map(|failures| {
        json!({
            "runs": failures.runs,
            "single": failures.single,
            "pairs": failures.pairs,
            "sampled": failures.sampled.iter().map(sampled_json).collect::<Vec<_>>(),
            "breaches": failures.breaches,
            "more": failures.more,
        })
    });
    json!({
        "path": file.path,
        "passed": file.results.good(),
        "tests": tests,
        "ways_back": ways.map(|ways| ways.all),
        "untried": untried,
        "every_failure": failures,
    })
}

fn sampled_json(sampled: &super::Sampled) -> serde_json::Value {
    json!({
        "nodes": sampled.nodes,
        "tried": sampled.tried,
        "of": sampled.of,
        "seed": sampled.seed,
    })
}

fn json_problem(problem: &Problem, sources: &SourceMap) -> serde_json::Value {
    json!({
        "code": problem.code.name(),
        "message": problem.message,
        "line": problem.span.map(|span| line(span, sources)),
        "label": problem.label,
        "help": problem.help,
    })
}

fn line(span: crate::source::Span, sources: &SourceMap) -> usize {
    sources.file(span.file).place(span.range().start).line
}

/// JUnit's XML, which build servers read.
pub fn junit(files: &[FileResults<'_>]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for file in files {
        let results = file.results;
        let extra = usize::from(results.failures.is_some());
        let bad = results
            .tests
            .iter()
            .filter(|test| !test.problems.is_empty());
        let broken = results.failures.as_ref().is_some_and(|it| !it.good());
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\">",
            escaped(&file.path),
            results.tests.len() + extra,
            bad.count() + usize::from(broken),
        );
        for test in &results.tests {
            let text = render(&[findings(file, &test.problems)], Format::Short);
            junit_case(
                &mut xml,
                file,
                &test.title,
                &test.problems.first().map(|it| it.message.clone()),
                &text,
            );
        }
        if let Some(failures) = &results.failures {
            let message = failures.breaches.first().cloned();
            let text = failures.breaches.join("\n");
            junit_case(&mut xml, file, "every single failure", &message, &text);
        }
        xml += "  </testsuite>\n";
    }
    xml + "</testsuites>\n"
}

fn junit_case(
    xml: &mut String,
    file: &FileResults<'_>,
    title: &str,
    message: &Option<String>,
    text: &str,
) {
    let (name, class) = (escaped(title), escaped(&file.path));
    match message {
        None => {
            let _ = writeln!(xml, "    <testcase name=\"{name}\" classname=\"{class}\"/>");
        }
        Some(message) => {
            let _ = writeln!(
                xml,
                "    <testcase name=\"{name}\" classname=\"{class}\">\n      <failure message=\"{}\">{}</failure>\n    </testcase>",
                escaped(message),
                escaped(text.trim_end()),
            );
        }
    }
}

/// Text for XML; what XML cannot hold is replaced.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\n' | '\t' => escaped.push(sign),
            control if control.is_control() => escaped.push(char::REPLACEMENT_CHARACTER),
            '\u{FFFE}' | '\u{FFFF}' => escaped.push(char::REPLACEMENT_CHARACTER),
            other => escaped.push(other),
        }
    }
    escaped
}
