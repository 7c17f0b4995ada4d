//! A run among other runs, under signals, without a reader, beside commands
//! that print anything: it holds its ground, and its files are its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::place::{FOREVER, Place, Told, told};

fn begins(place: &Place) -> Child {
    let mut command = place.command(&["exec", "t.runbook"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn ended(child: Child) -> (Option<i32>, String) {
    let Told { status, text } = told(child.wait_with_output().unwrap());
    (status, text)
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// One step that says it began and waits until it may go on.
const WAITS: &str = r#"
runbook "Waits"
lock "target"
step slow {
  $ echo once >> began
  $ while ! test -e go; do sleep 0.01; done
  timeout 2m
  rollback $ echo undone >> log
}
"#;

#[test]
fn of_fifty_at_once_one_has_the_target() {
    let place = Place::new(WAITS);
    let mut children: Vec<Child> = (0..50).map(|_| begins(&place)).collect();
    place.wait_for("began");
    let begin = Instant::now();
    while children.len() > 1 {
        assert!(begin.elapsed() < FOREVER);
        let (over, still): (Vec<Child>, Vec<Child>) = children
            .into_iter()
            .map(|mut child| (child.try_wait().unwrap().is_some(), child))
            .fold((Vec::new(), Vec::new()), |mut all, (is_over, child)| {
                if is_over {
                    all.0.push(child)
                } else {
                    all.1.push(child)
                }
                all
            });
        for child in over {
            let (status, text) = ended(child);
            assert_eq!(status, Some(6), "{text}");
            assert!(text.contains("`target` is locked by run "), "{text}");
        }
        children = still;
        std::thread::sleep(Duration::from_millis(5));
    }
    place.write("go", "");
    for child in children {
        let (status, text) = ended(child);
        assert_eq!(status, Some(0), "{text}");
    }
    assert_eq!(place.read("began"), "once\n");
    assert_eq!(fs::read_dir(place.path("state/runs")).unwrap().count(), 1);
}

#[test]
fn a_closed_standard_output_ends_nothing() {
    let place = Place::new(WAITS);
    let mut child = begins(&place);
    place.wait_for("began");
    drop(child.stdout.take());
    drop(child.stderr.take());
    place.write("go", "");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_lost_terminal_pauses_and_the_run_goes_on_later() {
    let place = Place::new(&format!(
        "{WAITS}\nstep more {{\n  $ echo more >> log\n  timeout 1m\n  rollback $ true\n}}\n"
    ));
    let mut child = begins(&place);
    place.wait_for("began");
    signal(&child, Signal::HUP);
    // It was heard before the step ends.
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let heard = said.any(|line| line.unwrap().contains("the terminal is gone"));
    assert!(heard);
    place.write("go", "");
    let rest: Vec<String> = said.map_while(Result::ok).collect();
    let text = rest.join("\n");
    assert_eq!(child.wait().unwrap().code(), Some(5), "{text}");
    assert!(!place.path("log").exists(), "{text}");
    place.ends(&["resume"], 0);
    assert_eq!(place.read("log"), "more\n");
    assert_eq!(place.read("began"), "once\n");
}

/// The interpreter is stopped for longer than the step may take.
#[test]
fn who_was_stopped_too_long_ends_what_took_too_long() {
    let place = Place::new(&WAITS.replace("timeout 2m", "timeout 1s"));
    let child = begins(&place);
    place.wait_for("began");
    signal(&child, Signal::STOP);
    std::thread::sleep(Duration::from_millis(1_500));
    signal(&child, Signal::CONT);
    let (status, text) = ended(child);
    assert_eq!(status, Some(3), "{text}");
    assert!(text.contains("took too long"), "{text}");
    assert_eq!(place.read("log"), "undone\n");
}

#[test]
fn much_output_costs_the_interpreter_no_memory() {
    let place = Place::new(
        r#"
runbook "Much output"
step much {
  $ until test -s pid; do sleep 0.01; done
  $ head -c 200000000 /dev/zero | tr '\0' x
  $ grep VmHWM "/proc/$(cat pid)/status" > peak
  timeout 2m
  output last from stdout `(y)`
  rollback $ true
}
"#,
    );
    let child = begins(&place);
    place.write("pid", &child.id().to_string());
    let (_, text) = ended(child);
    let peak = place.read("peak");
    let kibibytes: u64 = peak
        .split_whitespace()
        .nth(1)
        .and_then(|number| number.parse().ok())
        .unwrap();
    assert!(kibibytes < 60 << 10, "{kibibytes} KiB: {text}");
}

#[test]
fn what_commands_print_does_not_steer_the_terminal() {
    let place = Place::new(
        r#"
runbook "Hostile {title}"
param title: string
step hostile {
  $ printf 'out \033]0;evil\007\033[2J\r\n'; printf 'err \033[31m\n' >&2; exit 1
  timeout 1m
  rollback $ printf '\033[5m\n'; exit 1
}
"#,
    );
    let title = "title=\u{1b}]0;evil\u{7}";
    for more in [&[][..], &["--verbose"]] {
        let arguments = [&["exec", "t.runbook", "--set", title][..], more].concat();
        let mut command = place.command(&arguments);
        let output = command.env("CLICOLOR_FORCE", "1").output().unwrap();
        let Told { status, text } = told(output);
        assert_eq!(status, Some(4), "{text}");
        assert!(text.contains("out ␛]0;evil"), "{text}");
        // Colours of its own are all that it sends.
        let sent = text.split('\u{1b}').skip(1);
        for sequence in sent {
            let end = sequence.find(|c: char| c.is_ascii_alphabetic() || c == ']');
            let end = end.map(|at| &sequence[..=at]).unwrap_or_default();
            assert!(
                end.starts_with('[') && end.ends_with('m'),
                "{end:?}: {text:?}"
            );
        }
        for character in ["\u{7}", "\r", "\u{1b}[5m"] {
            assert!(!text.contains(character), "{character:?}: {text:?}");
        }
    }
}

fn every_file(below: &Path, see: &mut dyn FnMut(&Path, &fs::Metadata)) {
    for entry in fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        see(&path, &metadata);
        if metadata.is_dir() {
            every_file(&path, see);
        }
    }
}

#[test]
fn what_is_recorded_is_its_owners_alone() {
    let place = Place::new(&WAITS.replace("while ! test -e go; do sleep 0.01; done", "true"));
    // Whatever the mask of the user is.
    let output = Command::new("sh")
        .args(["-c", "umask 000; exec \"$@\"", "sh"])
        .arg(env!("CARGO_BIN_EXE_runbook"))
        .args(["exec", "t.runbook"])
        .current_dir(place.root())
        .env("RUNBOOK_STATE", place.path("state"))
        .output()
        .unwrap();
    told(output).ended(0);
    let mut seen = 0;
    every_file(&place.path("state"), &mut |path, metadata| {
        let wanted = if metadata.is_dir() { 0o700 } else { 0o600 };
        let mode = metadata.mode() & 0o777;
        assert_eq!(mode, wanted, "{}: {mode:o}", path.display());
        seen += 1;
    });
    assert!(seen > 8, "{seen}");
}

#[test]
fn links_in_place_of_locks_and_runs_are_not_followed() {
    let place = Place::new(WAITS);
    place.write("go", "");
    let (status, text) = ended(begins(&place));
    assert_eq!(status, Some(0), "{text}");
    let victim = place.path("victim");
    fs::write(&victim, "precious").unwrap();
    let lock = fs::read_dir(place.path("state/locks")).unwrap().next();
    let lock = lock.unwrap().unwrap().path();
    fs::remove_file(&lock).unwrap();
    symlink(&victim, &lock).unwrap();
    let (status, text) = ended(begins(&place));
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("nothing was changed"), "{text}");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    symlink(place.root(), place.path("state/runs/20990101-000000-link")).unwrap();
    place.run(&["runs"]).never_says("link");
}

/// One step of two seconds between two that write down that they ran.
const SLOW: &str = r#"
runbook "Slow"
lock "target"
gate pause { wait 1s }
step first {
  $ echo first >> log; touch began
  timeout 1m
  rollback $ echo unfirst >> log
}
step slow {
  $ while ! test -e go; do sleep 0.01; done
  timeout 40m
  rollback $ true
}
gate again { wait 1s }
step last {
  $ echo last >> log
  timeout 1m
  rollback $ true
}
"#;

#[test]
fn a_clock_that_jumps_neither_ends_a_step_nor_turns_a_journal_back() {
    for jump in ["-3h", "+3h"] {
        let place = Place::new(SLOW);
        place.write("clock", "+0");
        let mut command = place.command(&["exec", "t.runbook"]);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .env("LD_PRELOAD", libfaketime())
            .env("FAKETIME_TIMESTAMP_FILE", place.path("clock"))
            .env("FAKETIME_NO_CACHE", "1")
            // What `date` shows jumps; how long it takes does not.
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        let child = command.spawn().unwrap();
        place.wait_for("began");
        place.write("clock", jump);
        place.write("go", "");
        let (status, text) = ended(child);
        assert_eq!(status, Some(0), "{jump}\n{text}");
        assert_eq!(place.read("log"), "first\nlast\n");
        place.ends(&["verify"], 0);
        // The wall's clock is written down as it was, the run's own as it went.
        let journal = place.journals();
        let number = |line: &str, name: &str| -> i64 {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line[name].as_i64().unwrap()
        };
        let lines: Vec<&str> = journal.lines().skip(1).collect();
        let (first, last) = (lines[0], lines[lines.len() - 1]);
        let minutes = (number(last, "wall") - number(first, "wall")) / 60_000;
        let about_three_hours = 170..190;
        assert!(
            about_three_hours.contains(&minutes.abs()),
            "{jump}: the clock did not jump: {minutes}"
        );
        let took = number(last, "at");
        assert!((1_900..600_000).contains(&took), "{took}");
    }
}

fn libfaketime() -> PathBuf {
    let places = fs::read_dir("/usr/lib").unwrap().flatten();
    let libraries = places.map(|place| place.path().join("faketime/libfaketime.so.1"));
    let mut libraries = libraries.filter(|library| library.exists());
    libraries.next().expect("install faketime")
}
