//! What `runbook new` writes is good: it passes the checks without a word, its
//! tests succeed, every single failure has a way back.

use std::process::{Command, Output};

use runbook::starting::STARTS;

fn runbook(place: &std::path::Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_runbook"))
        .args(arguments)
        .current_dir(place)
        .output()
        .unwrap()
}

fn words(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    out + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn every_start_is_good() {
    let place = tempfile::tempdir().unwrap();
    assert!(STARTS.len() >= 5);
    for start in STARTS {
        let file = format!("{}.runbook", start.name);
        let new = runbook(place.path(), &["new", &file, "--from", start.name]);
        assert!(new.status.success(), "{}", words(&new));
        for arguments in [
            &["check", "--deny", "warnings"][..],
            &["fmt", "--check", "--diff"],
            &["test", "--every-failure"],
        ] {
            let output = runbook(place.path(), &[arguments, &[&file]].concat());
            assert!(output.status.success(), "{file}: {}", words(&output));
            if arguments[0] == "test" {
                let told = words(&output);
                assert!(told.contains("every way back ran in some test"), "{told}");
            }
        }
    }
    let list = words(&runbook(place.path(), &["new", "--list"]));
    assert_eq!(list.lines().count(), STARTS.len());
}

#[test]
fn what_is_there_is_left_alone() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("mine.runbook");
    std::fs::write(&file, "mine").unwrap();
    let refused = runbook(place.path(), &["new", "mine.runbook"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(words(&refused).contains("is there already"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
    let unknown = runbook(place.path(), &["new", "b.runbook", "--from", "canari"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(words(&unknown).contains("did you mean `canary`?"));
    assert!(!place.path().join("b.runbook").exists());
}
