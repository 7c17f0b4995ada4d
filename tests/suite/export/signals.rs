//! Scripts that are told to end, killed, resumed, and kept from one another.

use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::shells;
use super::world::{World, ended, wait_until};
use crate::small_disk::SmallDisk;

/// Its second step goes on until it is told to end.
pub const SLOW: &str = r#"runbook "Slow"
lock "target"
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
step two {
  $ ./act do two
  $ until test -e go; do sleep 0.05; done
  repeatable
  rollback $ ./act undo two
}
"#;

/// Starts the script and waits until its second step runs.
fn started(world: &World, shell: &[&str]) -> Child {
    let child = world.begin_script(shell);
    wait_until(&shell, || world.effects().len() >= 2);
    child
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).expect("it is there");
}

#[test]
fn a_script_told_to_end_undoes_what_it_did() {
    for (number, told) in [Signal::TERM, Signal::INT].into_iter().enumerate() {
        for shell in shells::some(number) {
            let world = World::new(SLOW, &[]);
            let mut child = started(&world, shell);
            signal(&child, told);
            let status = ended(&shell, &mut child);
            assert_eq!(status, Some(3), "{shell:?} {told:?}");
            let wanted = ["do one", "do two", "undo two", "undo one"];
            assert_eq!(world.effects(), wanted, "{shell:?} {told:?}");
            let journal = world.journal();
            let asked = journal.contains(" rollback_requested ");
            assert!(asked, "{shell:?} {told:?}\n{journal}");
        }
    }
}

/// Whatever the shell is doing at the moment: yash loses a signal that comes at a
/// `return`, and the return with it.
#[test]
fn a_storm_of_signals_leaves_a_run_as_one_would() {
    for shell in shells::some(1) {
        let world = World::new(SLOW, &[]);
        let mut child = started(&world, shell);
        for _ in 0..3000 {
            signal(&child, Signal::HUP);
            std::thread::sleep(Duration::from_micros(50));
        }
        wait_until(&shell, || world.journal().contains(" pause_requested "));
        world.write("go", "");
        assert_eq!(ended(&shell, &mut child), Some(5), "{shell:?}");
        let resumed = world.script(shell, &["--resume"]);
        assert_eq!(resumed.status, Some(0), "{shell:?}\n{}", resumed.text);
        assert_eq!(world.effects(), ["do one", "do two"], "{shell:?}");
    }
}

#[test]
fn a_script_that_was_killed_is_resumed() {
    for shell in shells::some(1) {
        let world = World::new(SLOW, &[]);
        let mut child = started(&world, shell);
        let other = world.script(shell, &[]);
        assert_eq!(other.status, Some(6), "{shell:?}\n{}", other.text);
        signal(&child, Signal::KILL);
        ended(&shell, &mut child);
        // What it started goes on, and holds the target.
        let other = world.script(shell, &[]);
        assert_eq!(other.status, Some(6), "{shell:?}\n{}", other.text);
        world.write("go", "");
        let resumed = world.script(shell, &["--resume"]);
        assert_eq!(resumed.status, Some(0), "{shell:?}\n{}", resumed.text);
        assert_eq!(world.effects(), ["do one", "do two"], "{shell:?}");
        let back = world.script(shell, &["--rollback"]);
        assert_eq!(back.status, Some(3), "{shell:?}\n{}", back.text);
        assert_eq!(world.effects()[2..], ["undo two", "undo one"], "{shell:?}");
    }
}

/// Where nobody reaps it, as in many a container, it stays there as a zombie.
#[test]
fn a_script_that_was_killed_is_resumed_though_it_is_still_a_zombie() {
    for shell in shells::installed() {
        let world = World::new(SLOW, &[]);
        let mut child = started(&world, shell);
        signal(&child, Signal::KILL);
        let stat = format!("/proc/{}/stat", child.id());
        wait_until(&shell, || {
            std::fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") Z "))
        });
        world.write("go", "");
        let resumed = world.script(shell, &["--resume"]);
        assert_eq!(resumed.status, Some(0), "{shell:?}\n{}", resumed.text);
        assert_eq!(world.effects(), ["do one", "do two"], "{shell:?}");
        ended(&shell, &mut child);
    }
}

const READ: &str = r#"runbook "Read"
defaults { timeout 1m }
step one {
  $ ./act do one
  output id from stdout `id: (\S+)`
  rollback $ ./act undo one
}
step two {
  $ ./act do "two of $one_id"
  rollback $ ./act undo two
}
"#;

/// Reads an output only when it may.
const SLOW_AWK: &str = r#"#!/bin/sh
PATH=${PATH#*:}
if [ -n "${rb_group_wanted+yes}" ]; then
  : >reading
  until [ -e read ]; do sleep 0.02; done
fi
exec awk "$@"
"#;

/// Its command is over, and what it printed is not read yet.
#[test]
fn a_step_that_ended_after_its_script_was_killed_is_not_in_doubt() {
    for shell in shells::some(1) {
        let world = World::new(READ, &[]);
        world.stand_in("awk", SLOW_AWK);
        let mut child = world.begin_script(shell);
        wait_until(&shell, || world.path().join("reading").exists());
        signal(&child, Signal::KILL);
        ended(&shell, &mut child);
        let resumed = std::thread::scope(|scope| {
            let resumed = scope.spawn(|| world.script(shell, &["--resume"]));
            wait_until(&shell, || world.journal().contains(" resumed "));
            // Time for it to be in doubt.
            std::thread::sleep(Duration::from_millis(500));
            world.write("read", "");
            resumed.join().expect("it ends")
        });
        assert_eq!(resumed.status, Some(0), "{shell:?}\n{}", resumed.text);
        let wanted = ["do one", "do two of id-of-one"];
        assert_eq!(world.effects(), wanted, "{shell:?}");
    }
}

/// The terminal tells all that is in the script's group, what helps it to read too.
#[test]
fn a_terminal_that_hangs_up_cuts_nothing_short() {
    // There what was ignored once is never heard again: nothing can be spared.
    let shells = shells::installed()
        .iter()
        .filter(|shell| ***shell != ["ksh93"]);
    for shell in shells {
        let world = World::new(READ, &[]);
        world.stand_in("awk", SLOW_AWK);
        let mut child = world.begin_script(shell);
        wait_until(shell, || world.path().join("reading").exists());
        kill_process_group(Pid::from_child(&child), Signal::HUP).expect("it is there");
        wait_until(shell, || world.journal().contains(" pause_requested "));
        world.write("read", "");
        let status = ended(&shell, &mut child);
        assert_eq!(status, Some(5), "{shell:?}\n{}", world.journal());
        let resumed = world.script(shell, &["--resume"]);
        assert_eq!(resumed.status, Some(0), "{shell:?}\n{}", resumed.text);
        let wanted = ["do one", "do two of id-of-one"];
        assert_eq!(world.effects(), wanted, "{shell:?}");
    }
}

/// Once, before the command begins, what begins it is ended, or with it what waits
/// for it.
const LOSING_SETSID: &str = r#"#!/bin/sh
setsid=$(PATH=${PATH#*:}; command -v setsid)
case $* in *"/step_one.1.pid "*)
  if [ ! -e lost ]; then
    : >lost
    if [ -e lose-both ]; then kill -KILL "$PPID"; fi
    kill -HUP "$$"
  fi ;;
esac
exec "$setsid" "$@"
"#;

#[test]
fn what_is_ended_before_it_begins_is_begun_again() {
    for shell in shells::installed() {
        for both in [false, true] {
            let world = World::new(READ, &[]);
            world.stand_in("setsid", LOSING_SETSID);
            if both {
                world.write("lose-both", "");
            }
            let status = ended(&shell, &mut world.begin_script(shell));
            assert_eq!(status, Some(0), "{shell:?}\n{}", world.journal());
            assert!(world.path().join("lost").exists(), "{shell:?}");
            let wanted = ["do one", "do two of id-of-one"];
            assert_eq!(world.effects(), wanted, "{shell:?}");
        }
    }
}

const FILLS: &str = r#"runbook "Fills"
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
step two {
  $ ./act do two; if test -e fill; then head -c 1M /dev/zero >state/filler; fi 2>/dev/null || true
  repeatable
  rollback $ ./act undo two
}
step three {
  $ ./act do three
  rollback $ ./act undo three
}
"#;

/// Nothing waits for what could not be written.
#[test]
fn a_disk_that_is_full_stops_the_run_and_it_goes_on_later() {
    for shell in shells::some(0) {
        let world = World::new(FILLS, &[]);
        world.export(&[]).expect("it can be exported");
        world.write("fill", "");
        std::fs::create_dir_all(world.path().join("state")).expect("it can be made");
        let Some(disk) = SmallDisk::mount(&world.path().join("state"), "200k") else {
            return;
        };
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(5), "{shell:?}\n{}", told.text);
        for name in ["filler", "../fill"] {
            std::fs::remove_file(disk.path().join(name)).expect("it is there");
        }
        let resumed = world.script(shell, &["--resume"]);
        assert_eq!(resumed.status, Some(0), "{shell:?}\n{}", resumed.text);
        let mut effects = world.effects();
        effects.dedup();
        assert_eq!(effects, ["do one", "do two", "do three"], "{shell:?}");
    }
}

/// Nothing was recorded of what follows, so it must not begin.
const UNRECORDED: &str = r#"runbook "Unrecorded"
defaults { timeout 1m }
step one {
  $ ./act do one
  $ for run in state/exported/case/runs/*; do ln -sf /dev/full "$run/journal"; done
  rollback $ ./act undo one
}
step two {
  $ ./act do two
  rollback $ ./act undo two
}
"#;

#[test]
fn nothing_follows_from_what_cannot_be_recorded() {
    for shell in shells::some(1) {
        let world = World::new(UNRECORDED, &[]);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &[]);
        let about = format!("{shell:?}\n{}", told.text);
        assert_eq!(told.status, Some(5), "{about}");
        let wanted = "the run cannot be recorded any more";
        assert!(told.text.contains(wanted), "{about}");
        assert_eq!(world.effects(), ["do one"], "{about}");
    }
}

/// Of what a command leaves behind, one tidies up when it is asked to end, and one does
/// not hear that.
const LEAVING: &str = r#"runbook "Leaving"
defaults { timeout 1m }
step one {
  $ (trap './act note asked; exit' TERM; : >tidy; while :; do sleep 0.05; done) &
  $ (trap '' TERM; : >deaf; while :; do echo x >>beat; sleep 0.05; done) &
  $ until test -e tidy && test -e deaf; do sleep 0.02; done
  rollback $ ./act undo one
}
"#;

#[test]
fn what_a_command_leaves_behind_is_asked_to_end_and_then_ended() {
    for shell in shells::by_turn(0) {
        let world = World::new(LEAVING, &[]);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        // Alone, and with its group.
        let mut effects = world.effects();
        effects.dedup();
        assert_eq!(effects, ["note asked"], "{shell:?}");
        let beats = world.read("beat").len();
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(world.read("beat").len(), beats, "{shell:?}: it goes on");
    }
}

/// Goes on in a group of its own, and does not hear that it is to end.
const OWN_GROUP: &str = r#"perl -e 'setpgrp; $SIG{TERM} = "IGNORE"; exec "sh", "-c", "while :; do echo x >>beat; sleep 0.05; done"'"#;

/// As under a shell that controls jobs.
#[test]
fn what_left_its_group_is_ended_with_the_rest() {
    let waiting = "$ until test -e go; do sleep 0.05; done";
    let text = SLOW.replace(waiting, &format!("$ {OWN_GROUP} & wait"));
    let text = text.replace(
        "rollback $ ./act undo two",
        "rollback {\n    $ wc -c <beat >before\n    $ ./act undo two\n  }",
    );
    for shell in shells::by_turn(2) {
        let world = World::new(&text, &[]);
        let mut child = world.begin_script(shell);
        wait_until(&shell, || !world.read("beat").is_empty());
        signal(&child, Signal::TERM);
        assert_eq!(ended(&shell, &mut child), Some(3), "{shell:?}");
        let beats = world.read("beat").len();
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(world.read("beat").len(), beats, "{shell:?}: it goes on");
        // Nor did it when it was undone.
        assert_eq!(world.read("before").trim(), beats.to_string(), "{shell:?}");
    }
}

/// Who asks twice does not wait for the grace.
#[test]
fn who_asks_twice_ends_what_runs_at_once() {
    let waiting = "$ until test -e go; do sleep 0.05; done";
    let text = SLOW.replace(waiting, &waiting.replace("$ ", "$ trap '' TERM; "));
    for shell in shells::by_turn(4) {
        let world = World::new(&text, &[]);
        let mut child = world.begin_script_with(shell, "1h");
        wait_until(&shell, || world.effects().len() >= 2);
        for count in 1..=2 {
            signal(&child, Signal::TERM);
            wait_until(&shell, || {
                world.journal().matches(" rollback_requested ").count() == count
            });
        }
        assert_eq!(ended(&shell, &mut child), Some(3), "{shell:?}");
    }
}

const HANGING: &str = r#"runbook "Hanging"
defaults { timeout 1h }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
check well $ ./act look well
on rollback {
  check as_before {
    $ ./act note hanging
    $ until test -e go; do sleep 0.05; done
  }
}
"#;

/// Whoever is not heard there kills the script, and then nothing tells how it ended.
#[test]
fn an_ending_that_hangs_is_ended_when_somebody_asks() {
    for shell in shells::by_turn(3) {
        let world = World::new(HANGING, &["look well".to_owned()]);
        let mut child = world.begin_script(shell);
        wait_until(&shell, || {
            world.effects().iter().any(|it| it == "note hanging")
        });
        signal(&child, Signal::TERM);
        assert_eq!(ended(&shell, &mut child), Some(4), "{shell:?}");
    }
}

/// Begins nothing until that is to be ended, and then fails to begin it.
const WAITING_SETSID: &str = r#"#!/bin/sh
setsid=$(PATH=${PATH#*:}; command -v setsid)
case $* in *"/step_two.1.pid "*)
  echo begun >>begun
  until ls state/exported/case/runs/*/step_two.1.end; do sleep 0.02; done
  kill -HUP "$$" ;;
esac
exec "$setsid" "$@"
"#;

#[test]
fn what_is_to_end_before_it_begins_never_begins() {
    for shell in shells::by_turn(1) {
        let world = World::new(SLOW, &[]);
        world.stand_in("setsid", WAITING_SETSID);
        let mut child = world.begin_script(shell);
        wait_until(&shell, || world.path().join("begun").exists());
        signal(&child, Signal::TERM);
        let status = ended(&shell, &mut child);
        assert_eq!(status, Some(3), "{shell:?}\n{}", world.journal());
        assert_eq!(world.read("begun"), "begun\n", "{shell:?}");
        let wanted = ["do one", "undo two", "undo one"];
        assert_eq!(world.effects(), wanted, "{shell:?}");
    }
}

#[test]
fn what_takes_too_long_is_ended_with_all_it_started() {
    let text = SLOW.replace(
        "  $ ./act do two\n  $ until test -e go; do sleep 0.05; done\n",
        "  $ ./act do two\n  $ trap '' TERM; (while :; do echo x >>beat; sleep 0.05; done) & wait\n  timeout 300ms\n",
    );
    for shell in shells::some(2) {
        let world = World::new(&text, &[]);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        let beats = world.read("beat").len();
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(world.read("beat").len(), beats, "{shell:?}: it goes on");
        let wanted = ["do one", "do two", "undo two", "undo one"];
        assert_eq!(world.effects(), wanted, "{shell:?}");
    }
}
