//! A release whose interpreter is killed: at every record it writes, every sync,
//! every process it starts, going forward and going back. Whatever the moment,
//! another interpreter goes on, nothing happens twice, and the world ends as it
//! should.
//!
//! A normal test run tries some of the moments. `RUNBOOK_EVERY_CRASH=1` tries
//! all of them.

mod faulty_disk;
mod oracle;

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Pid;
use tempfile::TempDir;

use crate::faults::{self, Act, Fault};
use crate::keepers;

/// Longer than anything here takes on the busiest machine.
const FOREVER: Duration = Duration::from_secs(120);

/// A world that a release changes, and the record of that.
struct World(TempDir);

/// How a program ended, and what it said.
struct Told {
    status: ExitStatus,
    text: String,
}

impl World {
    fn new() -> World {
        let world = World(TempDir::new().expect("a directory"));
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/crash");
        for file in ["world.runbook", "change.sh", "undo.sh", "note.sh"] {
            fs::copy(from.join(file), world.path().join(file)).expect("it can be copied");
        }
        fs::create_dir(world.path().join("world")).expect("a directory");
        fs::write(world.path().join("level"), "7\n").expect("a file");
        world
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    fn runbook(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env("RUNBOOK_STATE", self.state())
            .env_remove("FAIL")
            .stdin(Stdio::null());
        // Without a controlling terminal nobody is asked.
        use std::os::unix::process::CommandExt;
        command.process_group(0);
        command
    }

    fn exec(&self, fails: bool) -> Command {
        let owner = format!("owner={}", runbook::run::who::user());
        let fail = format!("fail={fails}");
        self.runbook(&[
            "exec",
            "world.runbook",
            "--yes",
            "--set",
            &owner,
            "--set",
            &fail,
        ])
    }

    /// What the commands did, in order: `begin` and `end` of each.
    fn effects(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path().join("effects")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// What the changes made, by name.
    fn things(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path().join("world"))
            .expect("it is there")
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    }

    /// The processes of this world's runs, without the interpreters.
    fn processes(&self) -> Vec<Pid> {
        keepers::of(&self.state())
    }

    fn wait_for_processes(&self) {
        let begin = Instant::now();
        while !self.processes().is_empty() {
            assert!(begin.elapsed() < FOREVER, "processes stay behind");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn told(mut command: Command) -> Told {
    let output = command.output().expect("it starts");
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text += &String::from_utf8_lossy(&output.stderr);
    Told {
        status: output.status,
        text,
    }
}

impl Told {
    fn was_killed(&self) -> bool {
        self.status.signal() == Some(9)
    }
}

/// The calls at which a run without a fault could be killed.
fn calls(fails: bool) -> usize {
    let world = World::new();
    let log = world.path().join("log");
    let mut command = world.exec(fails);
    faults::log(&mut command, &world.state(), &log);
    let told = told(command);
    let wanted = if fails { 3 } else { 0 };
    assert_eq!(told.status.code(), Some(wanted), "{}", told.text);
    oracle::hold(&world, &told.text);
    let calls = fs::read_to_string(log).expect("it was written");
    calls.lines().count()
}

/// Some of the moments, or all.
fn moments(calls: usize, some: usize) -> Vec<usize> {
    let every = std::env::var_os("RUNBOOK_EVERY_CRASH").is_some();
    let step = if every { 1 } else { (calls / some).max(1) };
    (1..=calls).step_by(step).collect()
}

/// Who dies with the interpreter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dies {
    Alone,
    /// Everything that the run has started, too.
    WithAll,
}

/// Kills a run at one moment, goes on with it, and looks at what became of it.
fn kill_at(fails: bool, at: usize, act: Act, dies: Dies) {
    let world = World::new();
    let mut command = world.exec(fails);
    let fault = Fault {
        act,
        at,
        calls: &[],
        name: None,
        stays: false,
    };
    faults::inject(&mut command, &world.state(), &fault);
    let first = told(command);
    let about = format!("{act:?} at {at}, {dies:?}, fails: {fails}\n{}", first.text);
    if dies == Dies::WithAll {
        end_everything(&world);
    }
    oracle::lock_is_held_by_the_living(&world, &about);
    if !first.was_killed() {
        // Parallel branches do not make the same calls each time.
        oracle::hold(&world, &about);
        return;
    }
    if !oracle::has_begun(&world) {
        assert_eq!(world.effects(), Vec::<String>::new(), "{about}");
        let again = told(world.exec(fails));
        assert!(
            matches!(again.status.code(), Some(0 | 3)),
            "{about}{}",
            again.text
        );
        oracle::hold(&world, &about);
        return;
    }
    let about = go_on(&world, about, fails, dies);
    oracle::hold(&world, &about);
}

/// Resumes the run until it has an end; all that was said.
fn go_on(world: &World, mut about: String, fails: bool, dies: Dies) -> String {
    if oracle::is_over(world) {
        return about;
    }
    let resumed = told(world.runbook(&["resume", "--yes"]));
    about += &format!("--- resume ({})\n{}", resumed.status, resumed.text);
    match resumed.status.code() {
        Some(0) if !fails => {}
        Some(3) => {}
        // In doubt, and nobody to ask: going back is always allowed.
        Some(5) if dies == Dies::WithAll => {
            let back = told(world.runbook(&["resume", "--rollback"]));
            about += &format!("--- back ({})\n{}", back.status, back.text);
            assert_eq!(back.status.code(), Some(3), "{about}");
        }
        _other => panic!("{about}"),
    }
    about
}

fn end_everything(world: &World) {
    keepers::end(world.processes());
    world.wait_for_processes();
}

/// A file that was edited in between changes nothing, and that is said.
#[test]
fn a_changed_file_is_shown_and_not_followed() {
    let world = World::new();
    let mut command = world.exec(false);
    let fault = Fault {
        act: Act::KillBefore,
        at: 8,
        calls: &["fdatasync"],
        name: None,
        stays: false,
    };
    faults::inject(&mut command, &world.state(), &fault);
    assert!(told(command).was_killed());
    world.wait_for_processes();
    let file = world.path().join("world.runbook");
    let text = fs::read_to_string(&file).expect("it is there");
    let changed = text.replace("./change.sh last", "./change.sh something\u{1b}[2Jelse");
    fs::write(&file, changed).expect("it can be written");
    let resumed = told(world.runbook(&["resume", "--yes"]));
    assert_eq!(resumed.status.code(), Some(0), "{}", resumed.text);
    for words in [
        "was changed since this run began",
        "-    $ ./change.sh last",
        "+    $ ./change.sh something␛[2Jelse",
    ] {
        assert!(resumed.text.contains(words), "{words}: {}", resumed.text);
    }
    oracle::hold(&world, &resumed.text);
    fs::remove_file(&file).expect("it is there");
    let back = told(world.runbook(&["rollback", "--", &run_id(&world)]));
    assert_eq!(back.status.code(), Some(3), "{}", back.text);
    assert!(
        back.text.contains("cannot be read any more"),
        "{}",
        back.text
    );
}

fn run_id(world: &World) -> String {
    let runs = oracle::runs(world);
    runs.first().expect("a run").id().to_owned()
}

#[test]
fn killed_before_a_call_on_the_way_forward() {
    for at in moments(calls(false), 5) {
        kill_at(false, at, Act::KillBefore, Dies::Alone);
    }
}

#[test]
fn killed_in_the_middle_of_a_record() {
    for at in moments(calls(true), 5) {
        kill_at(true, at, Act::KillHalf, Dies::Alone);
    }
}

#[test]
fn killed_after_a_call_on_the_way_back() {
    for at in moments(calls(true), 5) {
        kill_at(true, at, Act::KillAfter, Dies::Alone);
    }
}

#[test]
fn killed_with_all_that_it_started() {
    for at in moments(calls(false), 5) {
        kill_at(false, at, Act::KillAfter, Dies::WithAll);
    }
}

#[test]
fn killed_on_the_way_back_with_all_that_it_started() {
    for at in moments(calls(true), 5) {
        kill_at(true, at, Act::KillAfter, Dies::WithAll);
    }
}
