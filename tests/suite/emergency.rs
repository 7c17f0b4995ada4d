//! The whole way back of a runbook of which no run is on record.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::place::Place;
use crate::production::{Production, scripts};
use crate::sitting::Sitting;

const RUNBOOK: &str = r#"
runbook "An emergency"
param version: version
defaults { timeout 1m }
channel ops = $ echo "told: $message" >> log
message back to ops "back"
message stuck to ops "stuck"

gate go {
  confirm "never asked on the way back"
}
check never $ false
step one {
  capture level $ false
  $ echo forward-one >> log
  rollback $ echo "undo one to $level" >> log
}
phase later at T + 30m {
  parallel {
    step left {
      $ echo forward-left >> log
      rollback $ echo undo-left >> log
    }
    step right {
      $ echo forward-right >> log
      harmless "nothing"
    }
  }
  for weight in [10%, 50%] {
    step shift $ echo "forward $weight" >> log
    rollback $ echo undo-all-shifts >> log
  }
}
on success {
  check no $ echo success >> log
}
on rollback {
  notify back
}
on stuck {
  notify stuck
}
"#;

#[test]
fn every_undo_runs_in_order_and_nothing_else() {
    let place = Place::new(RUNBOOK);
    let arguments = ["rollback", "t.runbook", "--yes", "--set=version=1.2.3"];
    let known = [&arguments[..], &["--known", "one.level=7"]].concat();
    let text = place.ends(&known, 3);
    assert_eq!(
        place.log(),
        [
            "undo-all-shifts",
            "undo-left",
            "undo one to 7",
            "told: back"
        ],
        "{text}"
    );
    place.ends(&["verify"], 0);
    let report = place.ends(&["report"], 0);
    assert!(report.contains("taken as done"), "{report}");
}

#[test]
fn an_undo_that_needs_what_nobody_knows_is_told_before_anything_is_undone() {
    let place = Place::new(RUNBOOK);
    let arguments = ["rollback", "t.runbook", "--yes", "--set=version=1.2.3"];
    let text = place.ends(&arguments, 1);
    assert!(text.contains("`--known one.level=VALUE`"), "{text}");
    assert!(text.contains("nothing was changed"), "{text}");
    assert!(place.log().is_empty(), "{text}");
}

/// At a terminal such an undo can be left as it is, and nothing else.
#[test]
fn an_undo_that_needs_what_nobody_knows_can_be_left() {
    let place = Place::new(RUNBOOK);
    let line = concat!(
        env!("CARGO_BIN_EXE_runbook"),
        " rollback t.runbook --set=version=1.2.3"
    );
    let mut sitting = Sitting::begin(line, |command| place.inside(command));
    for undo in ["all of `for weight`", "`left`", "`one`"] {
        sitting.sees(&format!("? undo {undo}"));
        sitting.types("yes\n");
    }
    sitting.sees("it needs values that are not known");
    sitting.types("no\n");
    let (status, text) = sitting.ends();
    assert_eq!(status, Some(3), "{text}");
    let undone = ["undo-all-shifts", "undo-left", "told: back"];
    assert_eq!(place.log(), undone, "{text}");
}

#[test]
fn without_a_person_or_yes_nothing_is_undone() {
    let place = Place::new(RUNBOOK);
    let text = place.ends(&["rollback", "t.runbook", "--set=version=1.2.3"], 1);
    for words in [
        "nobody can be asked",
        "all of `for weight`",
        "`left`",
        "`one`",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(place.log(), Vec::<String>::new());
}

#[test]
fn values_are_not_for_runs_and_must_make_sense() {
    let place = Place::new(RUNBOOK);
    for arguments in [
        &["rollback", "a-run", "--set", "version=1.2.3"][..],
        &[
            "rollback",
            "t.runbook",
            "--set=version=1.2.3",
            "--known",
            "level=1",
        ],
        &[
            "rollback",
            "t.runbook",
            "--set=version=1.2.3",
            "--known",
            "none.level=1",
        ],
        &[
            "rollback",
            "t.runbook",
            "--yes",
            "--set=version=1.2.3",
            "--known",
            "one.levle=1",
        ],
    ] {
        place.ends(arguments, 2);
        assert_eq!(place.log(), Vec::<String>::new());
    }
}

/// A release that succeeded elsewhere is taken back from here.
#[test]
fn the_deployment_goes_back_without_its_record() {
    let production = Production::new();
    let before = production.picture();
    let state = TempDir::new().unwrap();
    let file = scripts().join("deploy.runbook");
    let file = file.to_str().unwrap();
    let run = |arguments: &[&str], state: &Path| {
        use std::os::unix::process::CommandExt;
        let approvers = format!("--set=approvers={}", runbook::run::who::user());
        let output = Command::new(env!("CARGO_BIN_EXE_runbook"))
            .args(arguments)
            .args(["--yes", "--set=version=1.2.3", "--set=previous=1.2.2"])
            .args(["--set=environment=demo", "--set=minute=40ms", &approvers])
            .env("PRODUCTION", production.path())
            .env("RUNBOOK_STATE", state)
            .stdin(Stdio::null())
            .process_group(0)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), text)
    };
    let (status, text) = run(&["exec", file], state.path());
    assert_eq!(status, Some(0), "{text}");
    let elsewhere = TempDir::new().unwrap();
    let (status, text) = run(
        &["rollback", file, "--known", "green.before_green=1.2.1"],
        elsewhere.path(),
    );
    assert_eq!(status, Some(3), "{text}");
    assert!(production.picture() == before, "{text}");
}
