//! The deployment example, run by the real program with real processes: it
//! releases, and whatever fails, it leaves production byte for byte as it was.

use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::production::{Production, scripts};

/// A production, and a place to record its release in.
struct Release {
    production: Production,
    state: TempDir,
}

/// What a release came to.
struct Result {
    status: Option<i32>,
    output: String,
}

impl Release {
    fn new() -> Release {
        Release {
            production: Production::new(),
            state: TempDir::new().unwrap(),
        }
    }

    fn runbook(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        command
            .args(arguments)
            .env("PRODUCTION", self.production.path())
            .env("RUNBOOK_STATE", self.state.path())
            .stdin(Stdio::null());
        for name in ["FAIL", "HANG", "STUBBORN", "BAD_VERSION"] {
            command.env_remove(name);
        }
        // Without a controlling terminal nobody is asked.
        use std::os::unix::process::CommandExt;
        command.process_group(0);
        command
    }

    fn exec(&self, faults: &[(&str, &str)], more: &[&str]) -> Result {
        let file = scripts().join("deploy.runbook");
        let approvers = format!("approvers={}", user());
        let mut arguments = vec![
            "exec",
            file.to_str().unwrap(),
            "--yes",
            "--set=version=1.2.3",
            "--set=previous=1.2.2",
            "--set=environment=demo",
            "--set=needs_maintenance=true",
            "--set=minute=40ms",
            "--set",
            &approvers,
        ];
        arguments.extend(more);
        let output = self
            .runbook(&arguments)
            .envs(faults.iter().copied())
            .output()
            .unwrap();
        told(&output)
    }
}

fn told(output: &Output) -> Result {
    let mut text = String::from_utf8(output.stdout.clone()).unwrap();
    text += &String::from_utf8_lossy(&output.stderr);
    Result {
        status: output.status.code(),
        output: text,
    }
}

fn user() -> String {
    let output = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The last line that begins with this word.
fn last_word<'o>(output: &'o str, about: &str) -> Option<&'o str> {
    let prefix = format!("{about}: ");
    output
        .lines()
        .rev()
        .find_map(|line| line.trim_start().strip_prefix(prefix.as_str()))
}

#[test]
fn the_release_ends_with_the_new_version_live() {
    let release = Release::new();
    let result = release.exec(&[], &[]);
    assert_eq!(result.status, Some(0), "{}", result.output);
    let picture = release.production.picture();
    let text = |path: &str| {
        let bytes = &picture[std::path::Path::new(path)];
        String::from_utf8(bytes.clone()).unwrap()
    };
    assert_eq!(text("green/version").trim(), "1.2.3");
    assert_eq!(text("traffic/east"), "blue 0\ngreen 100\n");
    assert_eq!(text("traffic/west"), "blue 0\ngreen 100\n");
    assert_eq!(text("database/level").trim(), "43");
    assert_eq!(text("maintenance/page").trim(), "hidden");
    let state = last_word(&result.output, "state").unwrap();
    assert!(state.starts_with("succeeded after"), "{state}");
}

/// A fault, the status the run ends with, and what the last words say of what
/// was undone.
struct Fault {
    faults: &'static [(&'static str, &'static str)],
    more: &'static [&'static str],
    status: i32,
    undone: &'static str,
}

const fn fails(fail: &'static [(&'static str, &'static str)], undone: &'static str) -> Fault {
    Fault {
        faults: fail,
        more: &[],
        status: 3,
        undone,
    }
}

const ALL: &str = "for weight, green, migrate, tag";

/// Each script that changes something, failing before, half-way through and
/// after its effect.
#[test]
fn whatever_fails_production_is_what_it_was() {
    let in_maintenance = "maintenance, tag";
    let cases = [
        fails(&[("FAIL", "tag_release@--create")], "tag"),
        fails(&[("FAIL", "tag_release@--create:half")], "tag"),
        fails(&[("FAIL", "tag_release@--create:after")], "tag"),
        fails(&[("FAIL", "build_production:half")], "tag"),
        fails(&[("FAIL", "backup_db")], "tag"),
        fails(&[("FAIL", "backup_db:half")], "tag"),
        fails(&[("FAIL", "backup_db:after")], "tag"),
        fails(&[("FAIL", "maintenance_mode@--enable")], in_maintenance),
        fails(
            &[("FAIL", "maintenance_mode@--enable:half")],
            in_maintenance,
        ),
        fails(
            &[("FAIL", "maintenance_mode@--enable:after")],
            in_maintenance,
        ),
        fails(&[("FAIL", "schema_level")], in_maintenance),
        fails(&[("FAIL", "run_migrations")], "migrate, maintenance, tag"),
        fails(
            &[("FAIL", "run_migrations:half")],
            "migrate, maintenance, tag",
        ),
        fails(
            &[("FAIL", "run_migrations:after")],
            "migrate, maintenance, tag",
        ),
        fails(&[("FAIL", "deploy@1.2.3")], "green, migrate, tag"),
        fails(&[("FAIL", "deploy@1.2.3:half")], "green, migrate, tag"),
        fails(&[("FAIL", "deploy@1.2.3:after")], "green, migrate, tag"),
        fails(&[("FAIL", "switch_traffic@10")], ALL),
        fails(&[("FAIL", "switch_traffic@10:half")], ALL),
        fails(&[("FAIL", "switch_traffic@50:half")], ALL),
        fails(&[("FAIL", "switch_traffic@50:after")], ALL),
    ];
    for case in &cases {
        goes_back(case);
    }
}

/// What looks, decides and takes back may fail too.
#[test]
fn checks_gates_and_undos_that_fail_lead_back_too() {
    let cases = [
        // The way back by the alternative.
        fails(
            &[("FAIL", "run_migrations:half migrate_to")],
            "migrate, maintenance, tag",
        ),
        // A version that makes errors: the threshold between the shifts.
        fails(&[("BAD_VERSION", "1.2.3")], ALL),
        fails(&[("METRIC_signups", "60")], ALL),
        Fault {
            faults: &[("FAIL", "health_check@green")],
            more: &["--set=step_limit=1s"],
            status: 3,
            undone: "green, migrate, tag",
        },
        // A script that hangs is ended; one that does not listen, too.
        Fault {
            faults: &[("HANG", "run_migrations:half")],
            more: &["--set=step_limit=2s"],
            status: 3,
            undone: "migrate, maintenance, tag",
        },
        Fault {
            faults: &[("HANG", "run_migrations:half"), ("STUBBORN", "1")],
            more: &["--set=step_limit=2s", "--grace=300ms"],
            status: 3,
            undone: "migrate, maintenance, tag",
        },
    ];
    for case in &cases {
        goes_back(case);
    }
}

#[track_caller]
fn goes_back(case: &Fault) {
    let release = Release::new();
    let before = release.production.picture();
    let result = release.exec(case.faults, case.more);
    let about = format!("{:?}: {}", case.faults, result.output);
    assert_eq!(result.status, Some(case.status), "{about}");
    assert!(release.production.picture() == before, "{about}");
    assert_eq!(
        last_word(&result.output, "undone"),
        Some(case.undone),
        "{about}"
    );
    assert!(last_word(&result.output, "failed").is_some(), "{about}");
    let state = last_word(&result.output, "state").unwrap_or_default();
    assert!(state.starts_with("rolled back after"), "{about}");
}

#[test]
fn a_failure_before_any_change_ends_as_stopped() {
    for fault in [
        "ci_status@e2e",
        "changed_lines",
        "verify_staging",
        "verify_live",
    ] {
        let release = Release::new();
        let before = release.production.picture();
        let result = release.exec(&[("FAIL", fault)], &[]);
        assert_eq!(result.status, Some(1), "{fault}: {}", result.output);
        assert!(release.production.picture() == before, "{fault}");
        let state = last_word(&result.output, "state");
        assert_eq!(state, Some("stopped before anything was changed"));
        let effects = release.production.effects();
        assert!(
            !effects.iter().any(|line| line.starts_with("start")),
            "{effects:?}"
        );
    }
}

#[test]
fn a_way_back_that_fails_keeps_what_it_needs_and_says_so() {
    let release = Release::new();
    let fault = "run_migrations:half migrate_to restore_db";
    let result = release.exec(&[("FAIL", fault)], &[]);
    assert_eq!(result.status, Some(4), "{}", result.output);
    assert_eq!(last_word(&result.output, "undo failed"), Some("migrate"));
    let kept = last_word(&result.output, "kept").unwrap_or_default();
    assert!(
        kept.starts_with("maintenance, tag:") || kept.starts_with("tag, maintenance:"),
        "{kept}"
    );
    let next = last_word(&result.output, "next").unwrap_or_default();
    assert!(next.contains("runbook rollback "), "{next}");

    // A person mends the cause, and the same way back goes on.
    let run = next.trim_end_matches('`').rsplit(' ').next().unwrap();
    let again = told(&release.runbook(&["rollback", run]).output().unwrap());
    assert_eq!(again.status, Some(3), "{}", again.output);
    let tags = &release.production.picture()[std::path::Path::new("tags/origin")];
    assert!(!String::from_utf8_lossy(tags).contains("1.2.3"));
}

#[test]
fn a_failed_attempt_that_is_retried_does_not_end_the_release() {
    let release = Release::new();
    let result = release.exec(&[("FAIL", "deploy:half:1")], &[]);
    assert_eq!(result.status, Some(0), "{}", result.output);
}

#[test]
fn a_message_that_cannot_be_sent_is_a_warning() {
    let release = Release::new();
    let result = release.exec(&[("FAIL", "notify")], &[]);
    assert_eq!(result.status, Some(0), "{}", result.output);
    assert!(result.output.contains("channel `ops`"), "{}", result.output);
}

#[test]
fn a_value_that_is_neither_good_nor_bad_waits_for_a_person() {
    let release = Release::new();
    let result = release.exec(&[("METRIC_error_rate", "0.5")], &[]);
    assert_eq!(result.status, Some(5), "{}", result.output);
    let next = last_word(&result.output, "next").unwrap_or_default();
    assert!(next.contains("runbook resume"), "{next}");
}

#[test]
fn the_example_is_clean_and_its_plan_shows_the_way_back() {
    let release = Release::new();
    let file = scripts().join("deploy.runbook");
    let file = file.to_str().unwrap();
    let checked = told(&release.runbook(&["check", file]).output().unwrap());
    assert_eq!(checked.status, Some(0), "{}", checked.output);
    let plan = ["plan", file, "--set=version=1.2.3", "--set=previous=1.2.2"];
    let plan = told(&release.runbook(&plan).output().unwrap());
    assert_eq!(plan.status, Some(0), "{}", plan.output);
    let way = "way back from here: 1. all of for weight  2. green  3. tag";
    assert!(plan.output.contains(way), "{}", plan.output);
}

#[test]
fn a_failure_that_is_known_is_told_with_what_to_try() {
    let release = Release::new();
    let result = release.exec(&[("BAD_VERSION", "1.2.3")], &[]);
    let trouble = last_word(&result.output, "trouble").unwrap_or_default();
    assert!(
        trouble.contains("\"Many errors after a release\""),
        "{trouble}"
    );

    let file = scripts().join("deploy.runbook");
    let file = file.to_str().unwrap();
    for (title, shown) in [
        ("A deployment hangs", "blue: image pulled"),
        (
            "Many errors after a release",
            "2 payments: no answer in 10s",
        ),
        (
            "The database cannot be reached",
            "12 of 100 connections are used",
        ),
    ] {
        let looks = ["diagnose", file, title, "--verbose"];
        let looked = told(&release.runbook(&looks).output().unwrap());
        assert_eq!(looked.status, Some(0), "{}", looked.output);
        assert!(looked.output.contains(shown), "{}", looked.output);
    }
}
