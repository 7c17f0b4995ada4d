//! A run among other runs, under signals, without a reader, beside commands
//! that print anything: it holds its ground, and its files are its own.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

const FOREVER: Duration = Duration::from_secs(120);

/// A runbook in a directory of its own.
struct Place(TempDir);

impl Place {
    fn new(runbook: &str) -> Place {
        let place = Place(TempDir::new().unwrap());
        fs::write(place.path("t.runbook"), runbook).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn runbook(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env("RUNBOOK_STATE", self.path("state"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        command
    }

    fn exec(&self) -> Child {
        self.runbook(&["exec", "t.runbook"]).spawn().unwrap()
    }

    fn wait_for(&self, name: &str) {
        let begin = Instant::now();
        while !self.path(name).exists() {
            assert!(begin.elapsed() < FOREVER, "waited in vain for {name}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn touch(&self, name: &str) {
        fs::write(self.path(name), "").unwrap();
    }
}

fn ended(child: Child) -> (Option<i32>, String) {
    told(&child.wait_with_output().unwrap())
}

fn told(output: &Output) -> (Option<i32>, String) {
    let text = [&output.stdout[..], &output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (output.status.code(), text)
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
    let mut children: Vec<Child> = (0..50).map(|_| place.exec()).collect();
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
    place.touch("go");
    for child in children {
        let (status, text) = ended(child);
        assert_eq!(status, Some(0), "{text}");
    }
    assert_eq!(fs::read_to_string(place.path("began")).unwrap(), "once\n");
    assert_eq!(fs::read_dir(place.path("state/runs")).unwrap().count(), 1);
}

#[test]
fn a_closed_standard_output_ends_nothing() {
    let place = Place::new(WAITS);
    let mut child = place.exec();
    place.wait_for("began");
    drop(child.stdout.take());
    drop(child.stderr.take());
    place.touch("go");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_lost_terminal_pauses_and_the_run_goes_on_later() {
    let place = Place::new(&format!(
        "{WAITS}\nstep more {{\n  $ echo more >> log\n  timeout 1m\n  rollback $ true\n}}\n"
    ));
    let mut child = place.exec();
    place.wait_for("began");
    signal(&child, Signal::HUP);
    // It was heard before the step ends.
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    let heard = said.any(|line| line.unwrap().contains("the terminal is gone"));
    assert!(heard);
    place.touch("go");
    let rest: Vec<String> = said.map_while(Result::ok).collect();
    let text = rest.join("\n");
    assert_eq!(child.wait().unwrap().code(), Some(5), "{text}");
    assert!(!place.path("log").exists(), "{text}");
    let (status, text) = told(&place.runbook(&["resume"]).output().unwrap());
    assert_eq!(status, Some(0), "{text}");
    assert_eq!(fs::read_to_string(place.path("log")).unwrap(), "more\n");
    assert_eq!(fs::read_to_string(place.path("began")).unwrap(), "once\n");
}

/// The interpreter is stopped for longer than the step may take.
#[test]
fn who_was_stopped_too_long_ends_what_took_too_long() {
    let place = Place::new(&WAITS.replace("timeout 2m", "timeout 1s"));
    let child = place.exec();
    place.wait_for("began");
    signal(&child, Signal::STOP);
    std::thread::sleep(Duration::from_millis(1_500));
    signal(&child, Signal::CONT);
    let (status, text) = ended(child);
    assert_eq!(status, Some(3), "{text}");
    assert!(text.contains("took too long"), "{text}");
    assert_eq!(fs::read_to_string(place.path("log")).unwrap(), "undone\n");
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
    let child = place.exec();
    fs::write(place.path("pid"), child.id().to_string()).unwrap();
    let (_, text) = ended(child);
    let peak = fs::read_to_string(place.path("peak")).unwrap();
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
        let output = place
            .runbook(&arguments)
            .env("CLICOLOR_FORCE", "1")
            .output()
            .unwrap();
        let (status, text) = told(&output);
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
        .current_dir(place.0.path())
        .env("RUNBOOK_STATE", place.path("state"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", told(&output).1);
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
    place.touch("go");
    let (status, text) = ended(place.exec());
    assert_eq!(status, Some(0), "{text}");
    let victim = place.path("victim");
    fs::write(&victim, "precious").unwrap();
    let lock = fs::read_dir(place.path("state/locks")).unwrap().next();
    let lock = lock.unwrap().unwrap().path();
    fs::remove_file(&lock).unwrap();
    symlink(&victim, &lock).unwrap();
    let (status, text) = ended(place.exec());
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("nothing was changed"), "{text}");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    symlink(
        place.0.path(),
        place.path("state/runs/20990101-000000-link"),
    )
    .unwrap();
    let (_, text) = told(&place.runbook(&["runs"]).output().unwrap());
    assert!(!text.contains("link"), "{text}");
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
        fs::write(place.path("clock"), "+0").unwrap();
        let mut command = place.runbook(&["exec", "t.runbook"]);
        command
            .env("LD_PRELOAD", libfaketime())
            .env("FAKETIME_TIMESTAMP_FILE", place.path("clock"))
            .env("FAKETIME_NO_CACHE", "1")
            // What `date` shows jumps; how long it takes does not.
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        let child = command.spawn().unwrap();
        place.wait_for("began");
        fs::write(place.path("clock"), jump).unwrap();
        place.touch("go");
        let (status, text) = ended(child);
        assert_eq!(status, Some(0), "{jump}\n{text}");
        assert_eq!(
            fs::read_to_string(place.path("log")).unwrap(),
            "first\nlast\n"
        );
        let (status, text) = told(&place.runbook(&["verify"]).output().unwrap());
        assert_eq!(status, Some(0), "{jump}\n{text}");
        // The wall's clock is written down as it was, the run's own as it went.
        let run = fs::read_dir(place.path("state/runs"))
            .unwrap()
            .flatten()
            .next();
        let journal = fs::read_to_string(run.unwrap().path().join("journal.jsonl")).unwrap();
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
