//! What a script measures when it ends: nothing of it is left.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::shells;
use super::world::World;

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
