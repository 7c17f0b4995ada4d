//! Small runbooks with what is expected of them written beside the lines.
//!
//! A comment `#~ error RB900: message` expects a problem at its line, `#~^` one
//! at the line above (`#~^^` two lines up), which is the way behind a command.
//! After the code may stand, in backquotes, the text the problem must point at;
//! after `|`, a part of its help:
//!
//! ```text
//! timeout 30x  #~ error RB900 `30x`: expected an amount | units are
//! ```
//!
//! Every expected problem must be found, and no other error. Warnings and notes
//! may go unmentioned, unless the file mentions one.

use std::fs;
use std::path::{Path, PathBuf};

use runbook::analysis::{Analysis, analyse_text};
use runbook::problem::render::{Findings, Format, Human, render};
use runbook::problem::{Fix, Problem, Severity};
use runbook::source::Disk;

/// What a comment expects.
#[derive(Debug)]
struct Expected {
    /// Counted from one.
    line: usize,
    severity: Severity,
    code: String,
    /// What the problem points at.
    at: Option<String>,
    message: String,
    help: Option<String>,
}

impl Expected {
    fn is_met_by(&self, problem: &Problem, analysis: &Analysis) -> bool {
        let Some(span) = problem.span else {
            return false;
        };
        let source = analysis.sources.file(span.file);
        source.place(span.range().start).line == self.line
            && problem.severity == self.severity
            && problem.code.name() == self.code
            && self.at.as_deref().is_none_or(|at| source.slice(span) == at)
            && problem.message.contains(&self.message)
            && self.help.as_deref().is_none_or(|help| {
                let found = problem.help.as_deref().unwrap_or_default();
                found.contains(help)
            })
    }
}

/// Reads the comments of a file.
fn expectations(text: &str) -> Result<Vec<Expected>, String> {
    let mut expected = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if let Some((_, comment)) = line.split_once("#~") {
            let parsed = expectation(index + 1, comment);
            expected.push(parsed.ok_or_else(|| format!("line {}: bad `#~` comment", index + 1))?);
        }
    }
    Ok(expected)
}

fn expectation(line: usize, comment: &str) -> Option<Expected> {
    let comment = comment.trim_end();
    let rest = comment.trim_start_matches('^');
    let up = comment.len() - rest.len();
    let (severity, rest) = rest.trim_start().split_once(' ')?;
    let severity = match severity {
        "error" => Severity::Error,
        "warning" => Severity::Warning,
        "info" => Severity::Info,
        _another_word => return None,
    };
    let code = rest.get(..5)?.to_owned();
    let rest = rest[5..].trim_start();
    let (at, rest) = match rest.strip_prefix('`') {
        Some(rest) => {
            let (at, rest) = rest.split_once('`')?;
            (Some(at.to_owned()), rest)
        }
        None => (None, rest),
    };
    let rest = rest.strip_prefix(':')?;
    let (message, help) = match rest.split_once(" | ") {
        Some((message, help)) => (message, Some(help.trim().to_owned())),
        None => (rest, None),
    };
    Some(Expected {
        line: line.checked_sub(up)?,
        severity,
        code,
        at,
        message: message.trim().to_owned(),
        help,
    })
}

/// What is not as expected, a line each; empty where all is well.
pub fn judge(path: &Path, bytes: &[u8]) -> Vec<String> {
    let expected = match expectations(&String::from_utf8_lossy(bytes)) {
        Ok(expected) => expected,
        Err(fault) => return vec![fault],
    };
    let analysis = analyse_text(path, bytes, &Disk);
    let mut unmet: Vec<&Expected> = expected.iter().collect();
    let mut faults = Vec::new();
    let mentioned = |severity| expected.iter().any(|one| one.severity == severity);
    for problem in &analysis.problems {
        let met = unmet
            .iter()
            .position(|one| one.is_met_by(problem, &analysis));
        match met {
            Some(at) => {
                unmet.remove(at);
            }
            None if problem.is_error() || mentioned(problem.severity) => {
                faults.push(format!("unexpected: {}", describe(problem, &analysis)));
            }
            None => {}
        }
    }
    for one in unmet {
        faults.push(format!("not found: {one:?}"));
    }
    faults.extend(bad_fixes(path, &analysis));
    faults
}

fn describe(problem: &Problem, analysis: &Analysis) -> String {
    let place = problem.span.map_or("nowhere".to_owned(), |span| {
        let source = analysis.sources.file(span.file);
        let place = source.place(span.range().start);
        format!("{place} `{}`", source.slice(span).escape_debug())
    });
    let help = problem.help.as_deref().unwrap_or("-");
    format!(
        "{place} {} {}: {} | {help}",
        problem.severity.word(),
        problem.code,
        problem.message
    )
}

/// Fixes that do not take away what they are for, or bring new errors.
fn bad_fixes(path: &Path, analysis: &Analysis) -> Vec<String> {
    let mut faults = Vec::new();
    let text = &analysis.sources.file(analysis.file).text;
    for problem in &analysis.problems {
        for fix in problem.fix.iter().chain(&problem.drafts) {
            let fixed = analyse_text(path, apply(text, fix).as_bytes(), &Disk);
            let again = fixed
                .problems
                .iter()
                .any(|other| other.code == problem.code && other.message == problem.message);
            let alike = analysis
                .problems
                .iter()
                .filter(|other| other.code == problem.code && other.message == problem.message);
            if again && alike.count() < 2 {
                let described = describe(problem, analysis);
                faults.push(format!("`{}` does not mend {described}", fix.title));
            }
        }
    }
    faults
}

fn apply(text: &str, fix: &Fix) -> String {
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    let mut text = text.to_owned();
    for edit in edits {
        text.replace_range(edit.span.range(), &edit.replacement);
    }
    text
}

fn case_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder of cases") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(case_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "runbook") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

fn name_of(path: &Path) -> String {
    let short = path.strip_prefix(folder()).unwrap_or(path);
    short.display().to_string()
}

fn all_cases() -> Vec<PathBuf> {
    let only = std::env::var("RUNBOOK_CASE").unwrap_or_default();
    let mut files = case_files(&folder());
    files.retain(|path| path.to_string_lossy().contains(&only));
    files
}

/// `RUNBOOK_CASE=syntax/step` runs those whose path holds that text.
#[test]
fn every_case_is_judged_as_it_says() {
    let files = all_cases();
    assert!(!files.is_empty(), "no case was found");
    let mut report = String::new();
    for path in &files {
        let bytes = fs::read(path).expect("a case can be read");
        for fault in judge(path, &bytes) {
            report += &format!("{}: {fault}\n", name_of(path));
        }
    }
    assert!(report.is_empty(), "\n{report}");
}

/// What is found in a case can be shown, and the text of a case cannot write
/// control characters to a terminal.
#[test]
fn what_is_found_in_every_case_can_be_shown() {
    for path in all_cases() {
        let bytes = fs::read(&path).expect("a case can be read");
        let analysis = analyse_text(&path, &bytes, &Disk);
        let findings = Findings {
            problems: &analysis.problems,
            sources: &analysis.sources,
        };
        let plain = Human {
            colour: false,
            width: 80,
        };
        for format in [Format::Human(plain), Format::Short, Format::Json] {
            let shown = render(&[findings], format);
            let wild = shown.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(wild, None, "{}", path.display());
        }
    }
}

fn faults_of(text: &str) -> Vec<String> {
    judge(Path::new("case.runbook"), text.as_bytes())
}

#[test]
fn an_expectation_that_is_met_is_no_fault() {
    let text =
        "runbook \"x\"\nlock 5x #~ error RB900 `5x`: expected text in quotes | write `lock\n";
    assert_eq!(faults_of(text), Vec::<String>::new());
}

#[test]
fn an_error_that_is_not_expected_is_a_fault() {
    let faults = faults_of("runbook \"x\"\nlock 5x\n");
    assert!(
        matches!(&faults[..], [one] if one.contains("unexpected")),
        "{faults:?}"
    );
}

#[test]
fn an_expectation_in_the_wrong_place_is_not_met() {
    for wrong in [
        "lock 5x\n#~ error RB900: expected text",
        "lock 5x #~ error RB901: expected text",
        "lock 5x #~ warning RB900: expected text",
        "lock 5x #~ error RB900 `x`: expected text",
        "lock 5x #~ error RB900: expected nothing",
        "lock 5x #~ error RB900: expected text | do nothing",
    ] {
        let faults = faults_of(&format!("runbook \"x\"\n{wrong}\n"));
        assert!(
            faults.iter().any(|fault| fault.contains("not found")),
            "{wrong}: {faults:?}"
        );
    }
}

#[test]
fn a_comment_that_cannot_be_read_is_a_fault() {
    let faults = faults_of("runbook \"x\" #~ oops\n");
    assert!(
        matches!(&faults[..], [one] if one.contains("bad `#~`")),
        "{faults:?}"
    );
}
