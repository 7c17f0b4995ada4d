//! What a script measures: how it is shown, and that nothing of it is left at the end.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::shells;
use super::world::{Told, World};

/// A metric that is never done, and says so.
const MEASURED: &str = r#"runbook "Measured"
lock "target"
defaults { timeout 1m }
metric slow: percent = $ while :; do echo x >>beat; sleep 0.05; done
step one {
  $ ./act do one
  rollback $ ./act undo one
}
"#;

const HOLD: &str = r#"gate calm {
  hold slow < 1% for 2s every 1s
  else rollback
}
"#;

const WATCH: &str = r#"phase look {
  step two {
    $ until test -e beat; do sleep 0.02; done
    harmless "it waits"
  }
}
watch eye during look every 1s {
  rollback when slow > 5%
}
"#;

/// Its runs are kept in a place with blanks in its name.
fn begun(world: &World, shell: &[&str]) -> Child {
    world.export(&[]).expect("it can be exported");
    Command::new("setsid")
        .args(shell)
        .args(["./case.sh", "--grace", "1", "--state", "kept  here"])
        .current_dir(world.path())
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

/// Waits until the metric is measured, and for so many of its beats.
fn measures(world: &World, beats: usize, shell: &[&str]) {
    let begin = Instant::now();
    while world.read("beat").lines().count() < beats {
        assert!(begin.elapsed() < Duration::from_secs(60), "{shell:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How it ended, in a minute.
fn ended(mut child: Child, shell: &[&str]) -> Option<i32> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("it is there") {
            return status.code();
        }
        if begin.elapsed() > Duration::from_secs(60) {
            child.kill().expect("it is there");
            child.wait().expect("it ends");
            panic!("{shell:?}: it goes on");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn nothing_measures(world: &World, shell: &[&str]) {
    let beats = world.read("beat").len();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(world.read("beat").len(), beats, "{shell:?}: it goes on");
}

fn kept(world: &World) -> PathBuf {
    world.path().join("kept  here/exported")
}

/// All files below a directory.
pub fn files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(self::files(&path));
        }
        files.push(path);
    }
    files.sort();
    files
}

#[test]
fn what_still_measures_when_a_script_ends_is_ended() {
    for (number, (rest, status)) in [(HOLD, 3), (WATCH, 0)].into_iter().enumerate() {
        for shell in shells::some(number) {
            let world = World::new(&format!("{MEASURED}{rest}"), &[]);
            let child = begun(&world, shell);
            measures(&world, 1, shell);
            if status == 3 {
                kill_process(Pid::from_child(&child), Signal::TERM).expect("it is there");
            }
            assert_eq!(ended(child, shell), Some(status), "{shell:?}");
            nothing_measures(&world, shell);
            let files = files(&kept(&world));
            let is_sample = |file: &&PathBuf| file.display().to_string().contains("/sample-");
            let samples: Vec<&PathBuf> = files.iter().filter(is_sample).collect();
            assert!(samples.is_empty(), "{shell:?} {samples:?}");
            assert!(files.iter().any(|file| file.ends_with("journal")));
        }
    }
}

#[test]
fn a_script_that_only_measures_sees_that_nothing_can_be_recorded_any_more() {
    for shell in shells::installed() {
        let world = World::new(&format!("{MEASURED}{HOLD}"), &[]);
        let child = begun(&world, shell);
        // Once its record is gone, only who has read it knows what to end.
        measures(&world, 20, shell);
        let lock = kept(&world).join("locks/target");
        assert!(lock.exists(), "{shell:?}");
        fs::remove_dir_all(kept(&world).join("case/runs")).expect("it is there");
        assert_eq!(ended(child, shell), Some(5), "{shell:?}");
        assert!(!lock.exists(), "{shell:?}");
        nothing_measures(&world, shell);
    }
}

#[test]
fn a_place_of_runs_with_blanks_in_its_name_can_be_measured_from() {
    let text = format!("{MEASURED}{HOLD}").replace(
        "$ while :; do echo x >>beat; sleep 0.05; done",
        "$ ./act measure slow",
    );
    for shell in shells::some(2) {
        let world = World::new(&text, &[]);
        let child = begun(&world, shell);
        assert_eq!(ended(child, shell), Some(0), "{shell:?}");
        let effects = world.effects();
        let samples = effects.iter().filter(|it| *it == "measure slow").count();
        assert!(samples > 1, "{shell:?} {effects:?}");
    }
}

/// Amounts of each unit, and a bound that each of them passes.
const AMOUNTS: [(&str, &[&str], &str); 5] = [
    (
        "number",
        &["0", "1234567", "0.000123456789", "-2.50", "100000.04"],
        "> -9",
    ),
    ("percent", &["2.5%", "99.99999%"], "> 0%"),
    (
        "duration",
        &["0s", "250ms", "999.9999999ms", "1250ms", "2h", "1us"],
        "< 3h",
    ),
    (
        "bytes",
        &["0B", "1023B", "1536B", "1MiB", "5MB", "3GiB", "1234567890B"],
        "< 4GiB",
    ),
    ("rate", &["3/s", "0.333333333/s"], "> 0/s"),
];

#[test]
fn amounts_are_shown_as_exec_shows_them() {
    let (mut metrics, mut holds) = (String::new(), String::new());
    for (unit, values, bound) in AMOUNTS {
        for (at, value) in values.iter().enumerate() {
            metrics += &format!("metric {unit}_{at}: {unit} = $ echo {value}\n");
            holds += &format!("  hold {unit}_{at} {bound} for 1s every 1s\n");
        }
    }
    let text = format!("runbook \"Amounts\"\n{metrics}gate all {{\n{holds}}}\n");
    let world = World::new(&text, &[]);
    world.export(&[]).expect("it can be exported");
    let shown = |told: &Told| {
        assert_eq!(told.status, Some(0), "{}", told.text);
        let lines = told.text.lines();
        let samples = lines.filter_map(|line| line.split_once(" - ").map(|(_, it)| it.to_owned()));
        samples.collect::<BTreeSet<String>>()
    };
    let by_exec = shown(&world.exec(&["--verbose"]));
    assert_eq!(by_exec.len(), 22, "{by_exec:?}");
    for shell in shells::some(0) {
        let told = world.script(shell, &["--verbose"]);
        assert_eq!(shown(&told), by_exec, "{shell:?}");
    }
}

/// What did not pass is never so rounded that it seems to have passed.
#[test]
fn what_did_not_pass_is_shown_as_exec_shows_it() {
    for (number, (unit, value, condition)) in [
        ("bytes", "1536B", "< 1KiB"),
        ("duration", "250ms", "< 100ms"),
        ("duration", "1.0000001s", "<= 1s"),
        ("number", "0.99999999", ">= 1"),
        ("percent", "2.5%", "< 1%"),
        ("bytes", "1073741825B", "<= 1GiB"),
        ("rate", "3/s", "< 60/m"),
        ("number", "7", "within 10% of 5"),
    ]
    .into_iter()
    .enumerate()
    {
        let text = format!(
            "runbook \"Amounts\"\nmetric it: {unit} = $ echo {value}\n\
             gate small {{\n  hold it {condition} for 10s every 1s\n  else abort\n}}\n"
        );
        let world = World::new(&text, &[]);
        world.export(&[]).expect("it can be exported");
        let why = |told: &Told| {
            assert_eq!(told.status, Some(1), "{}", told.text);
            let mut lines = told.text.lines();
            let line = lines.find(|it| it.contains("failed: ")).map(str::to_owned);
            line.expect("it says why")
        };
        let by_exec = why(&world.exec(&[]));
        for shell in shells::by_turn(number) {
            assert_eq!(why(&world.script(shell, &[])), by_exec, "{shell:?}");
        }
    }
}

/// What is measured before and after the change, how it is compared, and whether that
/// passes.
const BOUNDS: [(&str, &str, &str, &str, bool); 16] = [
    ("number", "5", "5", "< 5", false),
    ("number", "5", "5", "<= 5", true),
    ("number", "5", "5", "> 5", false),
    ("number", "5", "5", ">= 5", true),
    ("number", "9", "10", "< 9", false),
    ("number", "0", "-10", "< -9", true),
    ("number", "0", "0.1", "< 0.09", false),
    ("number", "0", "4.5", "within 10% of 5", true),
    ("number", "0", "4.49", "within 10% of 5", false),
    ("number", "0", "-5.5", "within 10% of -5", true),
    ("percent", "9.99%", "10.99%", "<= baseline + 1%", true),
    ("percent", "9.99%", "10.991%", "<= baseline + 1%", false),
    ("bytes", "95B", "105B", "< baseline + 10B", false),
    ("bytes", "95B", "104B", "< baseline + 10B", true),
    ("duration", "999ms", "1s", "<= baseline", false),
    ("number", "-10", "-10.5", "< baseline + 10%", false),
];

#[test]
fn what_is_at_a_bound_passes_as_for_exec() {
    let (mut metrics, mut gates) = (String::new(), String::new());
    for (at, (unit, before, after, condition, _)) in BOUNDS.into_iter().enumerate() {
        metrics += &format!(
            "metric m{at}: {unit} = $ if test -e changed; then echo {after}; else echo {before}; fi\n"
        );
        gates += &format!(
            "  gate g{at} {{\n    until m{at} {condition} within 10ms every 10ms\n    else continue\n  }}\n"
        );
    }
    let text = format!(
        "runbook \"Bounds\"\ndefaults {{ timeout 1m }}\n{metrics}step change {{\n  \
         $ : >changed\n  rollback $ rm -f changed\n}}\nparallel all {{\n{gates}}}\n"
    );
    let open = |world: &World, told: &Told| {
        assert_eq!(told.status, Some(0), "{}", told.text);
        std::fs::remove_file(world.path().join("changed")).expect("it is there");
        let passes = |at: usize| {
            told.text
                .lines()
                .any(|it| it.ends_with(&format!("✓ g{at}")))
        };
        (0..BOUNDS.len()).map(passes).collect::<Vec<bool>>()
    };
    let world = World::new(&text, &[]);
    world.export(&[]).expect("it can be exported");
    let wanted = BOUNDS.map(|(.., passes)| passes);
    let exec = world.exec(&[]);
    assert_eq!(open(&world, &exec), wanted, "{}", exec.text);
    for shell in shells::by_turn(6) {
        let told = world.script(shell, &[]);
        assert_eq!(open(&world, &told), wanted, "{shell:?}\n{}", told.text);
    }
}

/// Between two bounds nothing opens by itself.
#[test]
fn what_is_inconclusive_waits_for_a_person() {
    let text = r#"runbook "Between"
metric it: number = $ echo 7
gate go {
  until it < 5 fail > 9 within 10ms every 10ms
  else rollback
}
"#;
    let world = World::new(text, &[]);
    world.export(&[]).expect("it can be exported");
    let exec = world.exec(&[]);
    assert_eq!(exec.status, Some(5), "{}", exec.text);
    for shell in shells::by_turn(7) {
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(5), "{shell:?}\n{}", told.text);
    }
}

/// Goes on until this is so, beside a watch.
const WATCHED: &str = r#"runbook "Watched"
defaults { timeout 1m }
metric errors: percent = $ echo look >>looks; echo 9%
phase look {
  step one {
    $ ./act do one
    $ until THEN; do sleep 0.02; done
    rollback $ ./act undo one
  }
}
watch eye during look every 100ms {
  RULE
}
"#;

#[test]
fn a_watch_does_what_it_says_when_its_condition_has_lasted() {
    let all = [
        (
            "rollback when errors > 5% for 10m",
            "test \"$(grep -c . looks)\" -ge 4",
            0,
            &["do one"][..],
        ),
        (
            "rollback when errors > 5%",
            "false",
            3,
            &["do one", "undo one"],
        ),
        (
            "ask when errors > 5%",
            "grep -q unanswerable state/exported/case/runs/*/journal",
            5,
            &["do one"],
        ),
    ];
    for (number, (rule, then, status, effects)) in all.into_iter().enumerate() {
        let text = WATCHED.replace("RULE", rule).replace("THEN", then);
        for shell in shells::by_turn(number) {
            let world = World::new(&text, &[]);
            world.export(&[]).expect("it can be exported");
            let told = world.script(shell, &[]);
            let about = format!("{shell:?} {rule}\n{}", told.text);
            assert_eq!(told.status, Some(status), "{about}");
            assert_eq!(world.effects(), effects, "{about}");
        }
    }
}

/// What no gate or watch of this run compares is not measured before it.
#[test]
fn what_is_skipped_has_no_baseline() {
    let text = r#"runbook "Skipped"
param careful: bool = false
defaults { timeout 1m }
metric errors: percent = $ ./act measure errors
gate compared when careful {
  hold errors < baseline + 1% for 5s every 1s
}
step one {
  $ ./act do one
  rollback $ ./act undo one
}
"#;
    let by_exec = World::new(text, &[]);
    let told = by_exec.exec(&[]);
    assert_eq!(told.status, Some(0), "{}", told.text);
    assert_eq!(by_exec.effects(), ["do one"], "{}", told.text);
    for shell in shells::some(1) {
        let world = World::new(text, &[]);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        assert_eq!(world.effects(), ["do one"], "{shell:?}\n{}", told.text);
    }
}
