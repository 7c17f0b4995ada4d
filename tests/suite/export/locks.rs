//! Locks of scripts that somebody holds: nobody takes them away, and who waits for one
//! gets it.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::shells;
use super::world::{World, wait_until};

/// It waits for a person when its step is done.
const ASKING: &str = r#"runbook "Asking"
lock "target"
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
gate sure {
  confirm "Is it well?"
}
"#;

fn asking() -> World {
    let world = World::new(ASKING, &[]);
    world.export(&[]).expect("it can be exported");
    world
}

fn target(world: &World) -> PathBuf {
    world.path().join("state/exported/locks/target")
}

/// The target is locked by this process, on this machine or another, for that run.
fn is_held(world: &World, process: u32, host: &str, run: &str) {
    std::fs::create_dir_all(target(world)).expect("it can be made");
    let holder = format!("{process} {host} {run}\n");
    std::fs::write(target(world).join("holder"), holder).expect("it can be written");
}

fn this_host(world: &World) -> String {
    world.run(&["uname"], &["-n"]).text.trim().to_owned()
}

fn is_held_by_this_process(world: &World) {
    is_held(world, std::process::id(), &this_host(world), "/nowhere");
}

/// A number that no process has.
const NOBODY: u32 = 99_999_999;

/// What is written down of a process that was born at another time.
pub const BORN_OTHERWISE: &str = " S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1";

/// A session of its own that goes on, as that of a step. It ends with its value.
pub struct Session(Child);

impl Session {
    pub fn begin(world: &World) -> Session {
        let child = Command::new("setsid")
            .args(["sh", "-c", ": >goes-on; exec sleep 30"])
            .current_dir(world.path())
            .stdin(Stdio::null())
            .spawn()
            .expect("it starts");
        wait_until(&"a session", || world.path().join("goes-on").exists());
        Session(child)
    }

    /// As a script writes it down, but for when it was born.
    pub fn written_down(&self) -> String {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
        let boot = boot.expect("the machine's start");
        format!("{} {}", self.0.id(), boot.trim())
    }

    pub fn goes_on(&mut self) -> bool {
        self.0.try_wait().expect("it is a child").is_none()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Of a process on another machine nobody here knows whether it is alive.
#[test]
fn a_lock_of_another_machine_is_not_taken_over() {
    for shell in shells::by_turn(0) {
        let world = asking();
        is_held(&world, NOBODY, "elsewhere", "/nowhere");
        let told = world.script(shell, &["--yes"]);
        assert_eq!(told.status, Some(6), "{shell:?}\n{}", told.text);
        let wanted = format!("`target` is locked by another run (process {NOBODY}, /nowhere)");
        assert!(told.text.contains(&wanted), "{shell:?}\n{}", told.text);
        assert!(target(&world).exists(), "{shell:?}");
        assert_eq!(world.effects(), [""; 0], "{shell:?}");
        // Of a run that did not begin nothing is left.
        let runs = std::fs::read_dir(world.path().join("state/exported/case/runs"));
        assert_eq!(runs.expect("it is there").count(), 0, "{shell:?}");
    }
}

/// Stands for `mkdir`: right before somebody takes a lock over, another one has done so.
const FASTER_MKDIR: &str = r#"#!/bin/sh
PATH=${PATH#*:}
case $* in
  *.takeover) echo "PROCESS $(uname -n) /nowhere" >"${1%.takeover}/holder" ;;
esac
exec mkdir "$@"
"#;

#[test]
fn who_is_too_late_to_take_a_lock_over_leaves_it_to_the_faster_one() {
    for shell in shells::by_turn(1) {
        let world = asking();
        is_held(&world, NOBODY, &this_host(&world), "/nowhere");
        let faster = std::process::id().to_string();
        world.stand_in("mkdir", &FASTER_MKDIR.replace("PROCESS", &faster));
        let told = world.script_beside(shell, &["--yes"]);
        assert_eq!(told.status, Some(6), "{shell:?}\n{}", told.text);
        assert_eq!(world.effects(), [""; 0], "{shell:?}");
    }
}

/// What a run started keeps its target locked as long as it goes on. What has ended
/// does not, whatever has its number now.
#[test]
fn what_has_ended_holds_no_target() {
    for shell in shells::by_turn(2) {
        let world = asking();
        let session = Session::begin(&world);
        let run = world.path().join("a run");
        std::fs::create_dir(&run).expect("it can be made");
        world.write(
            "a run/step_one.1.pid",
            &format!("{} \n", session.written_down()),
        );
        is_held(
            &world,
            NOBODY,
            &this_host(&world),
            &run.display().to_string(),
        );
        let told = world.script(shell, &["--yes"]);
        assert_eq!(told.status, Some(6), "{shell:?}\n{}", told.text);
        // What has the number now was born at another time.
        let other = format!("{} {BORN_OTHERWISE}\n", session.written_down());
        world.write("a run/step_one.1.pid", &other);
        let told = world.script(shell, &["--yes"]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        is_held(
            &world,
            NOBODY,
            &this_host(&world),
            &run.display().to_string(),
        );
        world.write(
            "a run/step_one.1.pid",
            &format!("{} \n", session.written_down()),
        );
        world.write("a run/step_one.1.rc", "ok\n");
        let told = world.script(shell, &["--yes"]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
    }
}

/// Stands for `sleep`: seconds pass at once and are counted, and with one of them the
/// target is free.
const COUNTING_SLEEP: &str = r#"#!/bin/sh
PATH=${PATH#*:}
[ "$*" = 1 ] || exec sleep "$@"
echo second >>seconds
if [ "$(grep -c . seconds)" = FREE ]; then rm -r state/exported/locks/target; fi
"#;

#[test]
fn who_waits_for_a_target_gets_it_or_gives_up_in_time() {
    // The last second is for looking whether anybody holds the lock.
    let all = [("1m", "3", 0, 3), ("2", "never", 6, 3)];
    for (number, (patience, free, status, seconds)) in all.into_iter().enumerate() {
        for shell in shells::by_turn(3 + number) {
            let world = asking();
            is_held_by_this_process(&world);
            world.stand_in("sleep", &COUNTING_SLEEP.replace("FREE", free));
            let told = world.script_beside(shell, &["--yes", "--wait", patience]);
            let about = format!("{shell:?} {patience}\n{}", told.text);
            assert_eq!(told.status, Some(status), "{about}");
            let waited = world.read("seconds").lines().count();
            match status {
                6 => assert_eq!(waited, seconds, "{about}"),
                _got_it => assert!(waited >= seconds, "{about}"),
            }
        }
    }
}

/// The record of a run is not that of one that never began.
#[test]
fn a_run_that_finds_its_target_locked_can_go_back_later() {
    for shell in shells::by_turn(5) {
        let world = asking();
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(5), "{shell:?}\n{}", told.text);
        is_held_by_this_process(&world);
        let told = world.script(shell, &["--resume", "--yes"]);
        assert_eq!(told.status, Some(6), "{shell:?}\n{}", told.text);
        std::fs::remove_dir_all(target(&world)).expect("it is there");
        let told = world.script(shell, &["--rollback"]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        assert_eq!(world.effects(), ["do one", "undo one"], "{shell:?}");
    }
}
