//! Loops that go on although rounds failed, run for real.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use runbook::analysis::analyse_bytes;
use runbook::plan::{NodeKind, Rounds};
use tempfile::TempDir;

/// A place with a program that notes what it is told to do, and fails at what
/// stands in `broken`.
struct Place(TempDir);

const ACT: &str = r#"#!/bin/sh
echo "$*" >>log
if [ -e "hold $1 $2" ]; then : >held; while [ ! -e go ]; do sleep 0.05; done; fi
! grep -qxF "$*" broken
"#;

impl Place {
    fn new(words: &str, broken: &[&str]) -> Place {
        let place = Place(TempDir::new().unwrap());
        fs::write(place.path("act"), ACT).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(place.path("act"), mode).unwrap();
        fs::write(place.path("t.runbook"), rolling(words)).unwrap();
        place.breaks(broken);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn breaks(&self, what: &[&str]) {
        fs::write(self.path("broken"), what.join("\n") + "\n").unwrap();
    }

    fn log(&self) -> Vec<String> {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env("RUNBOOK_STATE", self.path("state"))
            .stdin(Stdio::null())
            .process_group(0);
        command
    }

    #[track_caller]
    fn runbook(&self, arguments: &[&str], wanted: i32) -> String {
        let output = self.command(arguments).output().unwrap();
        let text = [&output.stdout[..], &output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert_eq!(output.status.code(), Some(wanted), "{arguments:?}\n{text}");
        text
    }

    fn run(&self) -> String {
        let mut entries = fs::read_dir(self.path("state/runs")).unwrap().flatten();
        let name = entries.next().expect("a run").file_name();
        name.into_string().unwrap()
    }

    fn wait_for(&self, name: &str) {
        wait_until(|| self.path(name).exists(), || format!("no `{name}`"));
    }

    fn wait_for_line(&self, line: &str) {
        wait_until(
            || self.log().iter().any(|it| it == line),
            || format!("no `{line}` in {:?}", self.log()),
        );
    }

    /// Executes the runbook; what is held goes on when `line` was noted.
    #[track_caller]
    fn executes_holding(&self, held: &str, line: &str, wanted: i32) -> String {
        fs::write(self.path(&format!("hold {held}")), "").unwrap();
        let mut command = self.command(&["exec", "t.runbook"]);
        let child = command.stdout(Stdio::piped()).spawn().unwrap();
        self.wait_for("held");
        self.wait_for_line(line);
        // What noted it ends a moment later.
        std::thread::sleep(Duration::from_millis(500));
        fs::write(self.path("go"), "").unwrap();
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(wanted), "{told}");
        told
    }
}

fn wait_until(holds: impl Fn() -> bool, otherwise: impl Fn() -> String) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "{}", otherwise());
        std::thread::sleep(Duration::from_millis(10));
    }
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
    let place = Place::new(", tolerate 1", &["look b"]);
    let told = place.runbook(&["exec", "t.runbook"], 0);
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
    let report = place.runbook(&["report", "--md"], 0);
    assert!(
        report.contains("Round b failed, and the others went on"),
        "{report}"
    );
    let page = place.runbook(&["report", "--html"], 0);
    let row = "<th>tolerated</th><td>b: <code>well[b]</code> failed";
    assert!(page.contains(row), "{page}");
    // What was undone already is not undone again.
    fs::remove_file(place.path("log")).unwrap();
    place.runbook(&["rollback", &place.run()], 3);
    let log = place.log();
    let undos: Vec<&str> = log.iter().map(String::as_str).collect();
    assert_eq!(
        undos,
        ["undo behind", "undo d", "undo c", "undo a", "undo before"]
    );
}

#[test]
fn one_more_than_is_tolerated_takes_everything_back() {
    let place = Place::new(", 2 at a time, tolerate 1", &["look b", "do d"]);
    // The other round of the batch has begun before this one fails.
    let told = place.executes_holding("do d", "do c", 3);
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
        let place = Place::new(&words, &["look d"]);
        let told = place.executes_holding("look d", "enable c", 4);
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
        place.runbook(&["rollback", &place.run()], 3);
        for host in ["a", "b", "c", "d", "before"] {
            let undo = format!("undo {host}");
            let times = place.log().iter().filter(|line| **line == undo).count();
            assert_eq!(times, 1, "{rule}: {undo}\n{:?}", place.log());
        }
    }
}

#[test]
fn an_undo_that_fails_in_a_round_turns_the_run_back() {
    let place = Place::new(", tolerate 2", &["do b", "undo b"]);
    let told = place.runbook(&["exec", "t.runbook"], 4);
    assert!(told.contains("undo failed: upgrade[b]"), "{told}");
    assert!(!place.log().contains(&"do c".to_owned()), "{told}");
    place.breaks(&[]);
    place.runbook(&["rollback", &place.run()], 3);
    let last = place.log();
    assert_eq!(
        last.last().map(String::as_str),
        Some("undo before"),
        "{last:?}"
    );
}

#[test]
fn a_crash_while_a_round_is_undone_loses_nothing() {
    let place = Place::new(", tolerate 1", &["do b"]);
    fs::write(place.path("hold undo b"), "").unwrap();
    let mut child = place
        .command(&["exec", "t.runbook"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    place.wait_for("held");
    child.kill().unwrap();
    child.wait().unwrap();
    fs::write(place.path("go"), "").unwrap();
    let told = place.runbook(&["resume", &place.run()], 0);
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
    let place = Place::new(", tolerate 1", &["do b"]);
    fs::write(place.path("hold undo b"), "").unwrap();
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
    fs::write(place.path("go"), "").unwrap();
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
