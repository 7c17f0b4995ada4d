//! Procedures as they are published, in our words: as written they are refused,
//! by the rule that knows what is wrong with them; mended, every single failure
//! has a way back.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use runbook::analysis::analyse;
use runbook::problem::Severity;
use runbook::source::Disk;

use crate::cases::judge;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/procedures")
}

/// The names of the procedures that are refused, or of those that are mended.
fn names(refused: bool) -> BTreeSet<String> {
    let entries = fs::read_dir(folder()).expect("the folder of procedures");
    let names = entries.filter_map(|entry| {
        let name = entry.expect("an entry").file_name().into_string().ok()?;
        let name = name.strip_suffix(".runbook")?;
        match name.strip_suffix(".refused") {
            Some(name) if refused => Some(name.to_owned()),
            None if !refused => Some(name.to_owned()),
            Some(_) | None => None,
        }
    });
    names.collect()
}

#[test]
fn as_published_they_are_refused() {
    let mut report = String::new();
    for name in names(true) {
        let path = folder().join(format!("{name}.refused.runbook"));
        let bytes = fs::read(&path).expect("a procedure can be read");
        for fault in judge(&path, &bytes) {
            report += &format!("{name}: {fault}\n");
        }
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.contains("#~ error"), "{name}: no error is expected");
    }
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn each_is_mended() {
    assert_eq!(names(true), names(false));
    assert!(names(true).len() >= 11, "{:?}", names(true));
}

/// No error, and nothing that is begun and may stay begun.
#[test]
fn mended_they_pass() {
    for name in names(false) {
        let path = folder().join(format!("{name}.runbook"));
        let analysis = analyse(&path, &Disk);
        let problems = analysis.problems.iter().filter(|problem| {
            problem.severity == Severity::Error || ["RB130", "RB131"].contains(&problem.code.name())
        });
        let problems: Vec<_> = problems.collect();
        assert!(problems.is_empty(), "{name}: {problems:#?}");
    }
}

/// Their own tests, and every single failure.
#[test]
fn mended_every_single_failure_has_a_way_back() {
    for name in names(false) {
        let path = folder().join(format!("{name}.runbook"));
        let output = Command::new(env!("CARGO_BIN_EXE_runbook"))
            .args(["test", "--every-failure"])
            .arg(&path)
            .stdin(Stdio::null())
            .output()
            .expect("it starts");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{name}\n{told}");
        assert!(
            told.contains("every way back ran in some test"),
            "{name}\n{told}"
        );
        assert!(told.contains("every single failure: "), "{name}\n{told}");
    }
}
