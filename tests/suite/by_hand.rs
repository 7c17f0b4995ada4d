//! `exec --only`: health checks without a release.

use std::process::Stdio;

use crate::place::{Place, wait_for};

const RUNBOOK: &str = r#"
runbook "Release {version}"
param version: version
param unused: string
lock "by-hand"
defaults {
  timeout 1m
}
checklist ready {
  check "The disk has room" $ echo room
  confirm "The team knows"
}
phase before {
  check api $ echo answers; test ! -e api-down
  for zone in ["a", "b"] {
    check zone_answers $ echo "$zone"; test ! -e "down-$zone"
  }
}
step change {
  $ echo changed | tee log
  output address from stdout `(.+)`
  rollback $ rm -f log
}
check new_version $ test -n "$change_address"
check version_is_known $ test "$version" != 0.0.0
"#;

/// Its status, what it printed and what it said.
fn only(place: &Place, arguments: &[&str]) -> (i32, String, String) {
    let arguments = [&["exec", "t.runbook"], arguments].concat();
    let output = place.command(&arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let status = output.status.code().unwrap_or(-1);
    (status, text(&output.stdout), text(&output.stderr))
}

#[test]
fn all_checks_run_and_nothing_else() {
    let place = Place::new(RUNBOOK);
    place.write("down-a", "");
    let (status, table, said) = only(&place, &["--set", "version=1.2.3", "--only"]);
    assert_eq!(status, 1, "{table}{said}");
    let rows: Vec<&str> = table.lines().filter(|it| it.starts_with("  ")).collect();
    let begins = [
        "  ✓ ready: The disk has room",
        "  ✓ api ",
        "  ✗ zone_answers[a] ",
        "      | a",
        "  ✓ zone_answers[b] ",
        "  ✓ version_is_known ",
    ];
    assert_eq!(rows.len(), begins.len(), "{table}");
    for (row, begin) in rows.iter().zip(begins) {
        assert!(row.starts_with(begin), "{row:?} is no {begin:?}");
    }
    assert!(rows[2].ends_with("ended with status 1"), "{table}");
    assert!(table.ends_with("4 of 5 passed, 1 failed\n"), "{table}");
    assert!(said.contains("`new_version` is left out"), "{said}");
    assert!(!place.path("log").exists());
    assert!(
        !place.path("state").exists(),
        "looking leaves nothing behind"
    );
}

#[test]
fn one_check_needs_only_its_own_values() {
    let place = Place::new(RUNBOOK);
    let (status, table, said) = only(&place, &["--only", "api", "--verbose"]);
    assert_eq!(status, 0, "{table}{said}");
    assert!(table.contains("      | answers\n"), "{table}");
    assert!(table.ends_with("1 of 1 passed\n"), "{table}");
    let (status, _, said) = only(&place, &["--only", "version_is_known"]);
    assert_eq!(status, 1, "{said}");
    assert!(said.contains("`version` has no value"), "{said}");
}

#[test]
fn a_block_stands_for_the_checks_in_it() {
    let place = Place::new(RUNBOOK);
    let (status, table, said) = only(&place, &["--only", "before", "ready"]);
    assert_eq!(status, 0, "{table}{said}");
    assert!(table.ends_with("4 of 4 passed\n"), "{table}");
}

#[test]
fn names_of_no_check_are_refused() {
    let place = Place::new(RUNBOOK);
    let (status, _, said) = only(&place, &["--only", "apj"]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("did you mean `api`?"), "{said}");
    let (status, _, said) = only(&place, &["--only", "change"]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("no check `change`"), "{said}");
    let (status, _, said) = only(&place, &["--only", "new_version"]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("uses what a step"), "{said}");
}

/// They take no lock: the release they are about may hold it.
#[test]
fn checks_run_while_a_release_does() {
    let slow = RUNBOOK.replace(
        "tee log",
        "tee log; touch begun; until [ -e go ]; do sleep 0.1; done",
    );
    let place = Place::new(&slow);
    let values = ["--set=version=1.2.3", "--set=unused=x"];
    let mut release = place
        .command(&[&["exec", "t.runbook", "--yes"], &values[..]].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    wait_for("its step", || {
        assert!(release.try_wait().unwrap().is_none(), "it ended early");
        place.path("begun").exists()
    });
    let (status, table, said) = only(&place, &["--only", "api"]);
    place.write("go", "");
    assert_eq!(release.wait().unwrap().code(), Some(0));
    assert_eq!(status, 0, "{table}{said}");
}
