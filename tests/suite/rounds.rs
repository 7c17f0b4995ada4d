//! Loops that go on although rounds failed, run for real.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use runbook::analysis::analyse_bytes;
use runbook::plan::{NodeKind, Rounds};

use crate::place::{Place, wait_for};

const ACT: &str = r#"#!/bin/sh
echo "$*" >>log
if [ -e "hold $1 $2" ]; then : >held; while [ ! -e go ]; do sleep 0.05; done; fi
! grep -qxF "$*" broken
"#;

/// A place with a program that notes what it is told to do, and fails at what
/// stands in `broken`.
fn rollout(words: &str, broken: &[&str]) -> Place {
    let place = Place::new(&rolling(words));
    place.write("act", ACT);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(place.path("act"), mode).unwrap();
    breaks(&place, broken);
    place
}

fn breaks(place: &Place, what: &[&str]) {
    place.write("broken", &(what.join("\n") + "\n"));
}

#[track_caller]
fn wait_for_line(place: &Place, line: &str) {
    wait_for(line, || place.log().iter().any(|it| it == line));
}

/// Executes the runbook; what is held goes on when `line` was noted.
#[track_caller]
fn executes_holding(place: &Place, held: &str, line: &str, wanted: i32) -> String {
    place.write(&format!("hold {held}"), "");
    let mut command = place.command(&["exec", "t.runbook"]);
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    place.wait_for("held");
    wait_for_line(place, line);
    // What noted it ends a moment later.
    std::thread::sleep(Duration::from_millis(500));
    place.write("go", "");
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(wanted), "{told}");
    told
}

fn rolling(words: &str) -> String {
    format!(
        r#"runbook "Roll out"
defaults {{ timeout 1m }}
step before {{
  $ ./act do before
  rollback $ ./act undo before
}}
with muted {{
  enter $ ./act mute
  leave $ ./act unmute
  for host in ["a", "b", "c", "d"]{words} {{
    with drained {{
      enter $ ./act drain "$host"
      leave $ ./act enable "$host"
      step upgrade {{
        $ ./act do "$host"
        rollback $ ./act undo "$host"
      }}
      check well $ ./act look "$host"
    }}
  }}
}}
step behind {{
  $ ./act do behind
  rollback $ ./act undo behind
}}
"#
    )
}

#[track_caller]
fn lines(log: &[String], wanted: &[&str]) {
    assert_eq!(log, wanted);
}

#[test]
fn a_round_that_fails_is_undone_and_the_others_go_on() {
    let place = rollout(", tolerate 1", &["look b"]);
    let told = place.ends(&["exec", "t.runbook"], 0);
    lines(
        &place.log(),
        &[
            "do before",
            "mute",
            "drain a",
            "do a",
            "look a",
            "enable a",
            "drain b",
            "do b",
            "look b",
            "undo b",
            "enable b",
            "drain c",
            "do c",
            "look c",
            "enable c",
            "drain d",
            "do d",
            "look d",
            "enable d",
            "unmute",
            "do behind",
        ],
    );
    let says = [
        "round b is taken back, and the others go on (1 of 1 tolerated)",
        "tolerated: b: `well[b]` failed: ended with status 1",
        "but for one round that failed",
    ];
    for words in says {
        assert!(told.contains(words), "{words}\n{told}");
    }
    let report = place.ends(&["report", "--md"], 0);
    assert!(
        report.contains("Round b failed, and the others went on"),
        "{report}"
    );
    let page = place.ends(&["report", "--html"], 0);
    let row = "<th>tolerated</th><td>b: <code>well[b]</code> failed";
    assert!(page.contains(row), "{page}");
    // What was undone already is not undone again.
    fs::remove_file(place.path("log")).unwrap();
    place.ends(&["rollback", &place.only_run()], 3);
    let log = place.log();
    let undos: Vec<&str> = log.iter().map(String::as_str).collect();
    assert_eq!(
        undos,
        ["undo behind", "undo d", "undo c", "undo a", "undo before"]
    );
}

#[test]
fn one_more_than_is_tolerated_takes_everything_back() {
    let place = rollout(", 2 at a time, tolerate 1", &["look b", "do d"]);
    // The other round of the batch has begun before this one fails.
    let told = executes_holding(&place, "do d", "do c", 3);
    let log = place.log();
    for undo in [
        "undo a",
        "undo b",
        "undo c",
        "undo d",
        "undo before",
        "unmute",
    ] {
        let times = log.iter().filter(|line| *line == undo).count();
        assert_eq!(times, 1, "{undo}\n{log:?}\n{told}");
    }
    assert!(told.contains("rolled back"), "{told}");
}

#[test]
fn what_stays_is_named_and_can_be_undone_later() {
    for (rule, undone, left) in [
        (
            "batch",
            &["undo c", "undo d"][..],
            &["before", "upgrade[a]", "upgrade[b]"][..],
        ),
        (
            "failed",
            &["undo d"][..],
            &["before", "upgrade[a]", "upgrade[b]", "upgrade[c]"][..],
        ),
        (
            "none",
            &[][..],
            &[
                "before",
                "upgrade[a]",
                "upgrade[b]",
                "upgrade[c]",
                "upgrade[d]",
            ][..],
        ),
    ] {
        let words = format!(", 2 at a time, on breach rollback {rule}");
        // The other round of the batch is through before this one fails.
        let place = rollout(&words, &["look d"]);
        let told = executes_holding(&place, "look d", "enable c", 4);
        let log = place.log();
        let mut undos: Vec<&str> = log.iter().map(String::as_str).collect();
        undos.retain(|line| line.starts_with("undo "));
        undos.sort_unstable();
        assert_eq!(undos, undone, "{rule}\n{told}");
        // Brackets are left in any case, and nothing goes on.
        assert!(log.contains(&"unmute".to_owned()), "{log:?}");
        assert!(log.contains(&"enable d".to_owned()), "{log:?}");
        assert!(!log.contains(&"do behind".to_owned()), "{log:?}");
        let names = format!(
            "left: {}: changed, and not undone (`on breach rollback {rule}`)",
            left.join(", ")
        );
        assert!(told.contains(&names), "{names}\n{told}");
        assert!(told.contains("a person is needed"), "{told}");
        place.ends(&["rollback", &place.only_run()], 3);
        for host in ["a", "b", "c", "d", "before"] {
            let undo = format!("undo {host}");
            let times = place.log().iter().filter(|line| **line == undo).count();
            assert_eq!(times, 1, "{rule}: {undo}\n{:?}", place.log());
        }
    }
}

#[test]
fn an_undo_that_fails_in_a_round_turns_the_run_back() {
    let place = rollout(", tolerate 2", &["do b", "undo b"]);
    let told = place.ends(&["exec", "t.runbook"], 4);
    assert!(told.contains("undo failed: upgrade[b]"), "{told}");
    assert!(!place.log().contains(&"do c".to_owned()), "{told}");
    breaks(&place, &[]);
    place.ends(&["rollback", &place.only_run()], 3);
    let last = place.log();
    assert_eq!(
        last.last().map(String::as_str),
        Some("undo before"),
        "{last:?}"
    );
}

#[test]
fn a_crash_while_a_round_is_undone_loses_nothing() {
    let place = rollout(", tolerate 1", &["do b"]);
    place.write("hold undo b", "");
    let mut child = place
        .command(&["exec", "t.runbook"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    place.wait_for("held");
    child.kill().unwrap();
    child.wait().unwrap();
    place.write("go", "");
    let told = place.ends(&["resume", &place.only_run()], 0);
    let log = place.log();
    for once in [
        "do a",
        "do b",
        "enable b",
        "do c",
        "do d",
        "do behind",
        "unmute",
    ] {
        let times = log.iter().filter(|line| *line == once).count();
        assert_eq!(times, 1, "{once}\n{log:?}\n{told}");
    }
    assert!(log.contains(&"undo b".to_owned()), "{log:?}");
    assert!(!log.contains(&"look b".to_owned()), "{log:?}");
    assert!(told.contains("tolerated: b"), "{told}");
}

#[test]
fn a_pause_while_a_round_is_undone_goes_on_later() {
    let place = rollout(", tolerate 1", &["do b"]);
    place.write("hold undo b", "");
    let child = place
        .command(&["exec", "t.runbook", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    place.wait_for("held");
    let id = i32::try_from(child.id()).unwrap();
    let interrupt = rustix::process::Signal::INT;
    rustix::process::kill_process(rustix::process::Pid::from_raw(id).unwrap(), interrupt).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    place.write("go", "");
    let output = child.wait_with_output().unwrap();
    // An interruption means the whole run.
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{told}");
    let log = place.log();
    for once in ["undo b", "enable b", "undo a", "undo before", "unmute"] {
        let times = log.iter().filter(|line| *line == once).count();
        assert_eq!(times, 1, "{once}\n{log:?}\n{told}");
    }
}

fn rounds(words: &str, items: usize) -> Rounds {
    let hosts: Vec<String> = (1..=items).map(|host| format!("\"web{host}\"")).collect();
    let text = format!(
        "runbook \"x\"\nfor h in [{}], {words} {{\n  check up $ true\n}}\n",
        hosts.join(", ")
    );
    let analysis = analyse_bytes(Path::new("x.runbook"), text.as_bytes());
    let rounds = analysis
        .plan
        .nodes
        .iter()
        .find_map(|node| match &node.kind {
            NodeKind::Open(block) => block.rounds.clone(),
            _no_block => None,
        });
    rounds.unwrap_or_else(|| panic!("{text}\n{:?}", analysis.problems))
}

#[test]
fn of_a_share_the_whole_ones_count() {
    let at_a_time = |share: &str, items| rounds(&format!("{share} at a time"), items).at_a_time;
    assert_eq!(at_a_time("25%", 7), 1);
    assert_eq!(at_a_time("50%", 7), 3);
    assert_eq!(at_a_time("100%", 7), 7);
    // At least one is worked on.
    assert_eq!(at_a_time("1%", 7), 1);
    assert_eq!(at_a_time("33.4%", 3), 1);
    let tolerate = |share: &str, items| rounds(&format!("tolerate {share}"), items).tolerate;
    assert_eq!(tolerate("10%", 9), 0);
    assert_eq!(tolerate("10%", 10), 1);
    assert_eq!(tolerate("50%", 7), 3);
    let batches: Vec<u32> = rounds("50% at a time", 7)
        .rounds
        .iter()
        .map(|it| it.batch)
        .collect();
    assert_eq!(batches, [0, 0, 0, 1, 1, 1, 2]);
}

#[test]
fn what_is_waited_for_in_a_round_is_that_of_the_round() {
    let text = r#"runbook "x"
for h in ["a", "b", "c"], 2 at a time {
  check x $ true
  check y $ true
  check z after x $ true
}
check last after z $ true
"#;
    let analysis = analyse_bytes(Path::new("x.runbook"), text.as_bytes());
    assert!(analysis.problems.is_empty(), "{:?}", analysis.problems);
    let plan = &analysis.plan;
    let needs = |name: &str| -> Vec<&str> {
        let node = plan.nodes.iter().find(|node| node.name == name).unwrap();
        let needs = node.needs.iter();
        needs
            .map(|it| plan.nodes[it.index()].name.as_str())
            .collect()
    };
    assert_eq!(needs("z[a]"), ["for h", "x[a]"]);
    assert_eq!(needs("z[b]"), ["for h", "x[b]"]);
    assert_eq!(needs("x[c]"), ["y[a]", "z[a]", "y[b]", "z[b]"]);
    assert!(needs("z[c]").contains(&"x[c]"), "{:?}", needs("z[c]"));
    let last = needs("last");
    for round in ["z[a]", "z[b]", "z[c]"] {
        assert!(last.contains(&round), "{last:?}");
    }
}
