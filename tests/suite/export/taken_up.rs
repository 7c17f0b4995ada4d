//! Runs whose interpreter was killed are taken up by `exec` and by scripts alike.

use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::by::{By, all};
use super::shells;
use super::world::{Told, World, wait_until};

const RUNBOOK: &str = env!("CARGO_BIN_EXE_runbook");

impl By {
    fn world(self, text: &str, faults: &[&str]) -> World {
        let faults: Vec<String> = faults.iter().map(|it| (*it).to_owned()).collect();
        let world = World::new(text, &faults);
        if let By::Script(_) = self {
            world.export(&[]).expect("it can be exported");
        }
        world
    }

    /// Begins the run, and kills what drives it when this is so. What that started
    /// goes on by itself.
    fn is_killed(self, world: &World, is_so: impl Fn() -> bool) {
        let program = match self {
            By::Exec => vec![RUNBOOK, "exec", "case.runbook"],
            By::Script(shell) => [shell, &["./case.sh"]].concat(),
        };
        let mut command = Command::new("setsid");
        command
            .args(&program)
            .current_dir(world.path())
            .env("RUNBOOK_STATE", world.path().join("state"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        wait_until(&program, is_so);
        kill_process(Pid::from_child(&child), Signal::KILL).expect("it is there");
        child.wait().expect("it ends");
    }

    fn rolls_back(self, world: &World) -> Told {
        match self {
            By::Exec => {
                let runs = world.run(&[RUNBOOK], &["runs"]);
                let run = runs.text.split_whitespace().next().expect("a run");
                world.run(&[RUNBOOK], &["rollback", run])
            }
            By::Script(shell) => world.script(shell, &["--rollback"]),
        }
    }

    fn journal(self, world: &World) -> String {
        match self {
            By::Script(_) => world.journal(),
            By::Exec => {
                let mut runs = std::fs::read_dir(world.path().join("state/runs")).expect("runs");
                let run = runs.next().expect("a run").expect("it can be read");
                std::fs::read_to_string(run.path().join("journal.jsonl")).expect("a journal")
            }
        }
    }
}

fn did(world: &World, effect: &str) -> bool {
    world.effects().iter().any(|it| it == effect)
}

/// Two rounds, one of which fails; what was done stays as it is.
const LEAVES: &str = r#"runbook "Leaves"
defaults { timeout 1m }
step before {
  $ ./act do before
  rollback $ ./act undo before
}
for host in ["a", "b"], 2 at a time, on breach rollback RULE {
  step up {
    $ ./act do "$host"
    rollback {
      $ ./act undo "$host"
      $ until test -e go; do sleep 0.05; done
    }
  }
  check well {
    $ ./act look "$host"
    $ until test -e go; do sleep 0.05; done
    $ ./act note "$host"
  }
}
"#;

/// A round failed while nobody drove the run: that a person wants all of it back is
/// heard before.
#[test]
fn who_wants_a_run_back_is_heard_before_what_failed_meanwhile() {
    let text = LEAVES.replace("RULE", "none");
    for by in all(0) {
        let world = by.world(&text, &["note b"]);
        by.is_killed(&world, || did(&world, "look a") && did(&world, "look b"));
        world.write("go", "");
        wait_until(&by, || did(&world, "note a") && did(&world, "note b"));
        let told = by.rolls_back(&world);
        assert_eq!(told.status, Some(3), "{by:?}\n{}", told.text);
        for undone in ["undo a", "undo b", "undo before"] {
            assert!(did(&world, undone), "{by:?} {undone}\n{}", told.text);
        }
    }
}

/// Also where the rule of a loop has begun to leave things as they are.
#[test]
fn who_wants_a_run_back_gets_all_of_it_back() {
    let text = LEAVES.replace("RULE", "failed");
    let text = text.replace(
        "  $ until test -e go; do sleep 0.05; done\n    $ ./act note",
        "  $ ./act note",
    );
    for by in all(1) {
        let world = by.world(&text, &["note a", "note b"]);
        by.is_killed(&world, || did(&world, "undo a") || did(&world, "undo b"));
        world.write("go", "");
        let told = by.rolls_back(&world);
        assert_eq!(told.status, Some(3), "{by:?}\n{}", told.text);
        let mut effects = world.effects();
        assert_eq!(effects.pop().as_deref(), Some("undo before"), "{by:?}");
    }
}

const LOOKS_AFTER: &str = r#"runbook "Looks after"
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
check well $ ./act look well
on rollback {
  check as_before {
    $ ./act look as_before
    $ until test -e go; do sleep 0.05; done
  }
}
on stuck {
  check stuck $ ./act look stuck
}
"#;

/// It is back, and is being looked at: that it is to go back cuts nothing short.
#[test]
fn a_run_that_has_gone_back_is_looked_at_to_the_end() {
    for by in all(2) {
        let world = by.world(LOOKS_AFTER, &["look well"]);
        by.is_killed(&world, || did(&world, "look as_before"));
        let told = std::thread::scope(|scope| {
            let told = scope.spawn(|| by.rolls_back(&world));
            wait_until(&by, || {
                let journal = by.journal(&world);
                journal.contains("resumed") || journal.contains("rollback_requested")
            });
            world.write("go", "");
            told.join().expect("it ends")
        });
        assert_eq!(told.status, Some(3), "{by:?}\n{}", told.text);
        assert!(!did(&world, "look stuck"), "{by:?}\n{}", told.text);
    }
}

pub const TWO: &str = r#"runbook "Two"
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
step two {
  $ ./act do two
  $ sleep 0.5
  rollback $ ./act undo two
}
"#;

/// As if it had been killed an hour ago, when its second step was about to begin.
pub fn about_to_begin(world: &World, shell: &[&str]) {
    assert_eq!(world.script(shell, &[]).status, Some(0), "{shell:?}");
    let journal = world.journal();
    let end = journal.find(" ended step_two").expect("it ended");
    let end = journal[..end].rfind('\n').expect("a line") + 1;
    let mut journal = journal[..end].to_owned();
    let opened = journal.split(' ').nth(4).expect("a moment").to_owned();
    let before = opened.parse::<u64>().expect("a moment") - 3_600;
    journal = journal.replacen(&opened, &before.to_string(), 1);
    let run = world.script_run();
    std::fs::write(run.join("journal"), journal).expect("it can be written");
    for entry in std::fs::read_dir(&run).expect("a run").flatten() {
        if entry.file_name().to_string_lossy().starts_with("step_two.") {
            std::fs::remove_file(entry.path()).expect("it is there");
        }
    }
    world.write("effects", "do one\n");
}

/// Its time begins when it does.
#[test]
fn what_was_about_to_begin_is_not_too_late() {
    for shell in shells::some(0) {
        let world = By::Script(shell).world(TWO, &[]);
        about_to_begin(&world, shell);
        let told = world.script(shell, &["--resume"]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        assert_eq!(world.effects(), ["do one", "do two"], "{shell:?}");
    }
}

/// Nothing new begins in a run that is to go back.
#[test]
fn what_was_about_to_begin_does_not_when_its_run_goes_back() {
    for shell in shells::some(1) {
        let world = By::Script(shell).world(TWO, &[]);
        about_to_begin(&world, shell);
        let told = world.script(shell, &["--rollback"]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        let wanted = ["do one", "undo two", "undo one"];
        assert_eq!(world.effects(), wanted, "{shell:?}");
    }
}

const WAITS_FOR_WELL: &str = r#"runbook "Waits"
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
check well {
  $ ./act look well
  $ until test -e go; do sleep 0.05; done
  $ test -e well
  within 1m every 200ms
}
"#;

/// The time in which nobody tried does not count.
#[test]
fn an_attempt_that_failed_meanwhile_is_not_the_last_one() {
    for shell in shells::some(2) {
        let by = By::Script(shell);
        let world = by.world(WAITS_FOR_WELL, &[]);
        by.is_killed(&world, || did(&world, "look well"));
        world.write("go", "");
        let ended = world.script_run().join("check_well.1.rc");
        wait_until(&by, || {
            std::fs::metadata(&ended).is_ok_and(|it| it.len() > 0)
        });
        world.write("well", "");
        let journal = world.journal();
        let opened = journal.split(' ').nth(4).expect("a moment").to_owned();
        let before = opened.parse::<u64>().expect("a moment") - 3_600;
        let journal = journal.replacen(&opened, &before.to_string(), 1);
        std::fs::write(world.script_run().join("journal"), journal).expect("it can be");
        let told = world.script(shell, &["--resume"]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        assert_eq!(world.effects(), ["do one", "look well", "look well"]);
    }
}

/// When it ended is on record, and not when somebody heard of that: what is tried again
/// within some time would have none left.
#[test]
fn what_ended_meanwhile_ended_then() {
    let world = By::Exec.world(WAITS_FOR_WELL, &[]);
    By::Exec.is_killed(&world, || did(&world, "look well"));
    world.write("go", "");
    let ended = || {
        let found = world.run(
            &["find"],
            &["state", "-name", "end.json", "-path", "*well*"],
        );
        !found.text.is_empty()
    };
    wait_until(&"the check", ended);
    world.write("well", "");
    std::thread::sleep(Duration::from_millis(1100));
    let told = world.run(&[RUNBOOK], &["resume"]);
    assert_eq!(told.status, Some(0), "{}", told.text);
    let journal = By::Exec.journal(&world);
    let moment_of = |event: &str| {
        let line = journal.lines().find(|line| line.contains(event));
        let line = line.unwrap_or_else(|| panic!("no {event}: {journal}"));
        let (_, rest) = line.split_once("\"at\":").expect("a moment");
        let (at, _) = rest.split_once(',').expect("more");
        at.parse::<u64>().expect("a moment")
    };
    let [ended, resumed] = ["ended with status 1", "\"resumed\""].map(moment_of);
    assert!(ended + 1000 <= resumed, "{journal}");
}

const FROZEN: &str = r#"runbook "Frozen"
defaults { timeout 1m }
gate sure {
  confirm "Sure?"
}
step purge {
  $ ./act do purge
  repeatable
  irreversible "it is gone" then "restore it from the archive"
}
step tell {
  $ ./act do tell
  repeatable
  irreversible "they know" then "call the customers"
}
check well $ ./act look well
"#;

/// Nothing leads back: what to do then is said again.
#[test]
fn who_wants_a_frozen_run_back_is_told_what_is_next() {
    for by in all(0) {
        let world = by.world(FROZEN, &["look well"]);
        let told = match by {
            By::Exec => world.exec(&["--yes"]),
            By::Script(shell) => world.script(shell, &["--yes"]),
        };
        let next = "next: restore it from the archive; call the customers\n";
        assert_eq!(told.status, Some(4), "{by:?}\n{}", told.text);
        assert!(told.text.contains(next), "{by:?}\n{}", told.text);
        let told = by.rolls_back(&world);
        assert_eq!(told.status, Some(1), "{by:?}\n{}", told.text);
        assert!(told.text.contains(next), "{by:?}\n{}", told.text);
    }
}

const MEASURES: &str = r#"runbook "Measures"
defaults { timeout 1m }
metric errors: percent = $ ./act measure errors; until test -e go; do sleep 0.05; done
step one {
  $ ./act do one
  rollback $ ./act undo one
}
gate good {
  hold errors < 5% for 1s every 500ms
}
step two {
  $ ./act do two
  rollback $ ./act undo two
}
"#;

/// What was being measured when the interpreter was killed is in nobody's way, and
/// is no measurement of later.
#[test]
fn what_was_being_measured_is_measured_anew() {
    let by = By::Exec;
    let world = by.world(MEASURES, &[]);
    by.is_killed(&world, || did(&world, "measure errors"));
    world.write("go", "");
    let told = world.run(&[RUNBOOK], &["resume"]);
    assert_eq!(told.status, Some(0), "{}", told.text);
    assert!(!told.text.contains("error"), "{}", told.text);
    for shell in shells::some(0) {
        let by = By::Script(shell);
        let world = by.world(MEASURES, &[]);
        by.is_killed(&world, || did(&world, "measure errors"));
        world.write("go", "");
        // As in a container, where every script may be the first process.
        let stale = format!(
            "echo errors=90 >{}/sample-$$-1; exec \"$@\"",
            world.script_run().display()
        );
        let program = [&["sh", "-c", &stale, "sh"], shell].concat();
        let told = world.run(&program, &["./case.sh", "--resume"]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
    }
}

const APPROVED: &str = r#"runbook "Approved"
role crew = ["WHO", "grace"]
defaults { timeout 1m }
gate go {
  approve by crew COUNT or starter
}
step one {
  $ ./act do one
  rollback $ ./act undo one
}
"#;

/// Kills the script that takes out what somebody has said, when that is done or before.
const KILLING_RM: &str = r#"#!/bin/sh
PATH=${PATH#*:}
case $*,WHEN in
  */said.*,before) kill -KILL "$PPID" ;;
  */said.*) rm "$@"; kill -KILL "$PPID" ;;
  *) exec rm "$@" ;;
esac
"#;

/// What was said of a gate is neither lost nor taken twice, wherever the script that
/// hears it is killed.
#[test]
fn what_was_said_of_a_gate_counts_once() {
    let all = [
        ("", "after", 0, &["do one"][..]),
        ("count 2", "before", 5, &[]),
    ];
    for (count, when, status, effects) in all {
        let text = APPROVED.replace("WHO", &runbook::run::who::user());
        let text = text.replace("COUNT", count);
        for shell in shells::some(1) {
            let world = By::Script(shell).world(&text, &[]);
            world.stand_in("rm", &KILLING_RM.replace("WHEN", when));
            let told = world.script(shell, &[]);
            assert_eq!(told.status, Some(5), "{shell:?}\n{}", told.text);
            let told = world.script(shell, &["--approve", "go"]);
            assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
            let told = world.script_beside(shell, &["--resume"]);
            assert!(!told.text.contains("state: "), "{shell:?}\n{}", told.text);
            let told = world.script(shell, &["--resume"]);
            assert_eq!(told.status, Some(status), "{shell:?}\n{}", told.text);
            assert_eq!(world.effects(), effects, "{shell:?}");
            let journal = world.journal();
            let said = journal.matches(" answered ").count();
            assert_eq!(said, 1, "{shell:?}\n{journal}");
        }
    }
}

const SLOW_TO_BEGIN: &str = r#"runbook "Slow to begin"
defaults { timeout 1m }
step one {
  $ ./act do one; touch slow
  rollback $ ./act undo one
}
step two {
  $ ./act do two
  rollback $ ./act undo two
}
"#;

/// As on a busy machine, where a command takes long to begin.
const SLOW_SETSID: &str = r#"#!/bin/sh
setsid=$(PATH=${PATH#*:}; command -v setsid)
if rm slow 2>/dev/null; then touch begins; sleep 2; touch began; fi
exec "$setsid" "$@"
"#;

/// What was just beginning when its script was killed is not begun twice.
#[test]
fn what_takes_long_to_begin_begins_once() {
    for shell in shells::some(0) {
        let world = World::new(SLOW_TO_BEGIN, &[]);
        world.stand_in("setsid", SLOW_SETSID);
        let mut child = world.begin_script(shell);
        wait_until(&shell, || world.path().join("begins").exists());
        kill_process(Pid::from_child(&child), Signal::KILL).expect("it is there");
        child.wait().expect("it ends");
        let told = world.script(shell, &["--resume"]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        wait_until(&shell, || world.path().join("began").exists());
        std::thread::sleep(Duration::from_millis(500));
        assert_eq!(world.effects(), ["do one", "do two"], "{shell:?}");
    }
}
