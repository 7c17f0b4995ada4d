//! The gallery of messages: broken files, and beside each what people read.
//!
//! `tests/messages/NAME.runbook` is checked, and `NAME.expected` is what is then
//! shown, to the byte. `RUNBOOK_BLESS=1 cargo test messages::` writes them anew;
//! read what it wrote, as somebody who is tired. Modules are in `lib`.
//!
//! What is found, and where, has its place in `tests/cases`.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use runbook::analysis::{Analysis, analyse_text};
use runbook::check::RULES;
use runbook::problem::examples::EXAMPLES;
use runbook::problem::render::{Findings, Format, Human, render};
use runbook::source::Files;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/messages")
}

/// The files of the gallery by their names in it, so that messages say these.
struct Gallery;

impl Files for Gallery {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        fs::read(folder().join(path))
    }

    fn runbooks_in(&self, _folder: &Path) -> Vec<String> {
        vec!["lib/common.runbook".to_owned()]
    }
}

fn names() -> Vec<String> {
    let entries = fs::read_dir(folder()).expect("the gallery");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name())
        .filter_map(|name| Some(name.to_str()?.strip_suffix(".runbook")?.to_owned()))
        .collect();
    names.sort();
    names
}

fn analysis(name: &str) -> Analysis {
    let path = PathBuf::from(format!("{name}.runbook"));
    let bytes = Gallery.read(&path).expect("a file of the gallery");
    analyse_text(&path, &bytes, &Gallery)
}

/// Without colours, and as wide as most terminals.
const PLAIN: Human = Human {
    colour: false,
    width: 80,
};

fn shown(analysis: &Analysis, human: Human) -> String {
    let findings = Findings {
        problems: &analysis.problems,
        sources: &analysis.sources,
    };
    render(&[findings], Format::Human(human))
}

/// What people read: one whose name says so is shown with colours, or narrow.
fn told(name: &str) -> String {
    let human = Human {
        colour: name.ends_with("_in_colour"),
        width: if name.ends_with("_narrow") { 50 } else { 80 },
    };
    shown(&analysis(name), human)
}

#[test]
fn every_message_is_as_it_was_read() {
    let names = names();
    assert!(names.len() >= 120, "only {} files", names.len());
    let bless = std::env::var_os("RUNBOOK_BLESS").is_some();
    let mut report = String::new();
    for name in &names {
        let path = folder().join(format!("{name}.expected"));
        let told = told(name);
        if bless {
            fs::write(&path, &told).expect("the gallery can be written");
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        if expected != told {
            let _ = writeln!(report, "{name}: expected\n{expected}\nfound\n{told}");
        }
    }
    assert!(
        report.is_empty(),
        "{report}\nread them; RUNBOOK_BLESS=1 cargo test messages:: takes them as they are"
    );
    for entry in fs::read_dir(folder()).expect("the gallery") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let is_known = path.is_dir() || names.contains(&name);
        assert!(is_known, "{} belongs to no file", path.display());
    }
}

/// Something is wrong in each, and nothing of it is said twice.
#[test]
fn every_file_of_the_gallery_is_broken_once() {
    for name in names() {
        let analysis = analysis(&name);
        assert!(!analysis.problems.is_empty(), "{name} has no problem");
        let shown = shown(&analysis, PLAIN);
        for pair in shown.lines().collect::<Vec<_>>().windows(2) {
            let is_help = pair[0].trim_start().starts_with("= help: ");
            assert!(!is_help || pair[0] != pair[1], "{name}: {}", pair[0]);
        }
        assert!(!shown.contains("write ``"), "{name}:\n{shown}");
        let widest = shown.lines().map(|line| line.chars().count());
        let long = widest.max().unwrap_or_default();
        assert!(long <= 260, "{name}: a line of {long} signs");
    }
}

/// Codes that no text alone can give: they want values, tests, other files.
const ELSEWHERE: &[&str] = &[
    "RB306", "RB406", "RB960", "RB961", "RB964", "RB965", "RB967",
];

/// Every code that `check` gives without a rule of its own is in the gallery;
/// rules have examples beside them.
#[test]
fn every_code_is_shown() {
    let mut found = BTreeSet::new();
    for name in names() {
        found.extend(analysis(&name).problems.iter().map(|it| it.code.name()));
    }
    let missing: Vec<&str> = EXAMPLES
        .iter()
        .map(|example| example.code.name())
        .filter(|code| !found.contains(code) && !ELSEWHERE.contains(code))
        .collect();
    assert!(
        missing.is_empty(),
        "a file of tests/messages should show {missing:?}"
    );
}

/// What a rule finds has a place and says what to do.
#[test]
fn every_rule_says_where_and_what_to_do() {
    for rule in RULES {
        let text = format!("runbook \"example\"\n{}", rule.wrong);
        let analysis = analyse_text(Path::new("rule.runbook"), text.as_bytes(), &Gallery);
        let problems = analysis.problems.iter();
        for problem in problems.filter(|it| it.code == rule.code) {
            let advises = problem.help.is_some() || problem.fix.is_some();
            assert!(advises && problem.span.is_some(), "{problem:?}");
        }
    }
}
