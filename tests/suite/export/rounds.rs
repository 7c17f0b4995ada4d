//! Loops that go on although rounds failed: scripts take back, leave and try
//! again what `exec` does.

use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};

use super::shells;
use super::world::{Told, World, ended, wait_until};
use crate::sitting::Sitting;

/// A loop over five machines that says this of its rounds.
fn rolling(words: &str) -> String {
    format!(
        r#"runbook "Rolling"
defaults {{ timeout 1m }}
step before {{
  $ ./act do before
  rollback $ ./act undo before
}}
for host in ["a", "b", "c", "d", "e"], {words} {{
  with maintenance {{
    enter $ ./act do "drain-$host"
    leave $ ./act undo "drain-$host"
    step install {{
      $ ./act do "install-$host"
      rollback $ ./act undo "install-$host"
    }}
  }}
  step start {{
    $ ./act do "start-$host"
    rollback {{
      $ ./act undo "start-$host"
      verify $ ./act verify "start-$host"
    }}
  }}
  check well $ ./act look "$host"
}}
step after {{
  $ ./act do after
  rollback $ ./act undo after
}}
"#
    )
}

fn faults(faults: &[&str]) -> Vec<String> {
    faults.iter().map(|it| (*it).to_owned()).collect()
}

fn script_world(text: &str, broken: &[&str]) -> World {
    let world = World::new(text, &faults(broken));
    world.export(&[]).expect("it can be exported");
    world
}

fn exec_again(world: &World) -> Told {
    let state = world.path().join("state/runs");
    let run = std::fs::read_dir(state).expect("runs").flatten().next();
    let run = run.expect("a run").file_name();
    let run = run.to_str().expect("a name");
    world.run(&[env!("CARGO_BIN_EXE_runbook")], &["rollback", run])
}

#[test]
fn what_is_tolerated_undone_and_left_is_that_of_exec() {
    let all = [
        ("1 at a time, tolerate 1", &["look b"][..]),
        ("1 at a time, tolerate 2", &["do start-b", "do drain-d"]),
        ("2 at a time, tolerate 1", &["look b", "look e"]),
        (
            "1 at a time, tolerate 1, on breach rollback batch",
            &["look b", "look d"],
        ),
        (
            "2 at a time, tolerate 1, on breach rollback batch",
            &["look a", "do install-e"],
        ),
        (
            "1 at a time, tolerate 1, on breach rollback failed",
            &["look b", "look c"],
        ),
        ("1 at a time, on breach rollback failed", &["look c"]),
        (
            "2 at a time, tolerate 1, on breach rollback none",
            &["look b", "do drain-e"],
        ),
        (
            "1 at a time, tolerate 1, on breach rollback none",
            &["look b", "undo install-b", "undo before"],
        ),
        (
            "1 at a time, tolerate 2, on breach rollback batch",
            &["look b", "undo start-b"],
        ),
        (
            "1 at a time, tolerate 2, on breach rollback all",
            &["look b", "verify start-b"],
        ),
    ];
    for (number, (words, broken)) in all.into_iter().enumerate() {
        let text = rolling(words);
        let by_exec = World::new(&text, &faults(broken));
        let exec = by_exec.exec(&[]);
        let effects = |world: &World| {
            let mut effects = world.effects();
            if words.starts_with('2') {
                effects.sort();
            }
            effects
        };
        let stopped = effects(&by_exec);
        by_exec.write("faults", "");
        let back = exec_again(&by_exec);
        for shell in shells::by_turn(number) {
            let world = script_world(&text, broken);
            let told = world.script(shell, &[]);
            let about = format!("{words} {broken:?} {shell:?}\n{}\n{}", told.text, exec.text);
            assert_eq!(told.status, exec.status, "{about}");
            assert_eq!(effects(&world), stopped, "{about}");
            if !words.starts_with('2') {
                assert_eq!(told.last_words(), exec.last_words(), "{about}");
            }
            world.write("faults", "");
            let told = world.script(shell, &["--rollback"]);
            let about = format!("{about}\n--- back\n{}\n{}", told.text, back.text);
            assert_eq!(told.status == Some(3), back.status == Some(3), "{about}");
            assert_eq!(effects(&world), effects(&by_exec), "{about}");
        }
    }
}

#[test]
fn what_a_round_waited_for_outside_of_it_comes_too_late() {
    let text = r#"runbook "Late"
defaults { timeout 1m }
parallel both {
  step slow {
    $ until grep -q "undo quick-1" effects; do sleep 0.02; done
    harmless "it only waits"
  }
  for x in [1, 2], 2 at a time, tolerate 1 {
    parallel inside {
      step quick {
        $ ./act do "quick-$x"
        rollback $ ./act undo "quick-$x"
      }
      step late after slow {
        $ ./act do "late-$x"
        rollback $ ./act undo "late-$x"
      }
    }
  }
}
"#;
    let wanted = ["do late-2", "do quick-1", "do quick-2", "undo quick-1"];
    let sorted = |world: &World| {
        let mut effects = world.effects();
        effects.sort();
        effects
    };
    let by_exec = World::new(text, &faults(&["do quick-1"]));
    let told = by_exec.exec(&[]);
    assert_eq!(told.status, Some(0), "{}", told.text);
    assert_eq!(sorted(&by_exec), wanted, "{}", told.text);
    for shell in shells::some(0) {
        let world = script_world(text, &["do quick-1"]);
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        assert_eq!(sorted(&world), wanted, "{shell:?}\n{}", told.text);
    }
}

/// Starts the script and waits for what its commands did.
fn started(world: &World, shell: &[&str], until: &str) -> Child {
    let child = world.begin_script(shell);
    wait_until(&shell, || {
        world.effects().iter().any(|effect| effect == until)
    });
    child
}

#[test]
fn a_script_killed_while_it_takes_a_round_back_goes_on_with_that() {
    let text = rolling("1 at a time, tolerate 1, on breach rollback failed").replace(
        "rollback $ ./act undo \"install-$host\"",
        "rollback $ ./act undo \"install-$host\"; until test -e go; do sleep 0.05; done",
    );
    for shell in shells::some(2) {
        for (option, status) in [("--resume", 0), ("--rollback", 3)] {
            let world = script_world(&text, &["look b"]);
            let mut child = started(&world, shell, "undo install-b");
            kill_process(Pid::from_child(&child), Signal::KILL).expect("it is there");
            child.wait().expect("it ends");
            world.write("go", "");
            let told = world.script(shell, &[option]);
            assert_eq!(told.status, Some(status), "{shell:?}\n{}", told.text);
            let mut effects = world.effects();
            // Its end may not have been heard of: an undo may run again.
            effects.dedup();
            let count = |of: &str| effects.iter().filter(|it| *it == of).count();
            assert_eq!(count("undo install-b"), 1, "{shell:?} {effects:?}");
            assert_eq!(count("undo start-b"), 1, "{shell:?} {effects:?}");
            assert_eq!(count("do after"), usize::from(status == 0), "{effects:?}");
            assert_eq!(
                count("undo start-a"),
                usize::from(status == 3),
                "{effects:?}"
            );
        }
    }
}

/// A watch and a step whose names are the same in a script.
const CLASH: &str = r#"runbook "Clash"
defaults { timeout 1m }
metric errors: percent = $ ./act measure errors
phase rolling {
  for x in [1, 2], tolerate 1 {
    step watch {
      $ until test -e go; do sleep 0.05; done; ./act do "watch-$x"
      $ until test -e over; do sleep 0.05; done
      rollback $ ./act undo "watch-$x"
    }
  }
}
watch eye during rolling every 1s {
  ask when errors > 5%
}
"#;

/// What a round waits for is its own questions: that of a watch stays open.
#[test]
fn a_round_is_taken_back_while_a_watch_asks() {
    let run = |world: &World, line: &str, about: &str| {
        let mut sitting = Sitting::begin(line, |command| {
            command
                .current_dir(world.path())
                .env("RUNBOOK_STATE", world.path().join("state"));
        });
        sitting.sees("[c]ontinue, [r]oll back, [s]top here");
        world.write("go", "");
        sitting.waits_for(about, |_| {
            world.effects().iter().any(|effect| effect == "do watch-2")
        });
        sitting.types("r\n");
        let (status, shown) = sitting.ends();
        assert_eq!(status, Some(3), "{about}\n{shown}");
        let mut effects = world.effects();
        effects.retain(|effect| effect != "measure errors");
        effects
    };
    let broken = ["do watch-1", "high errors"];
    let by_exec = World::new(CLASH, &faults(&broken));
    let line = format!("'{}' exec case.runbook", env!("CARGO_BIN_EXE_runbook"));
    let wanted = run(&by_exec, &line, "exec");
    let both = ["do watch-1", "undo watch-1", "do watch-2", "undo watch-2"];
    assert_eq!(wanted, both);
    for shell in shells::some(1) {
        let world = script_world(CLASH, &broken);
        let script = world.read("case.sh");
        let clash = ["  node watch_1 step", "  watch watch_1 name=eye"];
        assert!(clash.iter().all(|it| script.contains(it)), "{script}");
        let line = format!("{} ./case.sh", shell.join(" "));
        assert_eq!(run(&world, &line, &line), wanted, "{shell:?}");
    }
}

/// In each round a gate closes for good while somebody is still asked about it.
const CLOSED: &str = r#"runbook "Closed"
role crew = ["ada", "grace"]
window hours {
  allow 2020-01-01..2020-01-02 in "UTC"
}
defaults { timeout 1m }
for part in ["a", "b"], 2 at a time, tolerate 2 {
  step one {
    $ ./act do "$part"
    rollback $ ./act undo "$part"
  }
  gate go {
    window hours
    approve by crew
    timeout 10m
    else rollback
  }
}
check after $ ./act look after
"#;

#[test]
fn nobody_is_asked_about_a_gate_of_a_round_that_is_taken_back() {
    let by_exec = World::new(CLOSED, &[]);
    let exec = by_exec.exec(&[]);
    assert_eq!(exec.status, Some(0), "{}", exec.text);
    let sorted = |world: &World| {
        let mut effects = world.effects();
        effects.sort();
        effects
    };
    for shell in shells::installed() {
        let world = World::new(CLOSED, &[]);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &[]);
        let about = format!("{shell:?}\n{}\n{}", told.text, exec.text);
        assert_eq!(told.status, exec.status, "{about}");
        assert_eq!(sorted(&world), sorted(&by_exec), "{about}");
        for item in ["a", "b"] {
            let words = format!("tolerated: {item}: gate `go[{item}]` did not open");
            assert!(told.text.contains(&words), "{about}");
        }
        assert!(!told.text.contains("nobody can be asked"), "{about}");
    }
}

const UNDOING: &str = r#"runbook "Undoing"
defaults { timeout 1m }
for host in ["a", "b"], 2 at a time, tolerate 1 {
  step up {
    $ ./act do "$host"
    rollback {
      $ ./act undo "$host"
      $ until test -e go; do sleep 0.02; done
    }
  }
  check well {
    $ ./act look "$host"
    $ test "$host" = a || until test -e go; do sleep 0.02; done
  }
}
"#;

/// What is on its way back goes on with that when all of the run goes back.
#[test]
fn the_undo_of_a_round_is_not_cut_short_when_its_run_turns_back() {
    for shell in shells::by_turn(0) {
        let world = World::new(UNDOING, &["look a".to_owned()]);
        let mut child = world.begin_script(shell);
        let undoes = |world: &World| {
            let effects = world.effects();
            effects.iter().filter(|it| *it == "undo a").count()
        };
        wait_until(&shell, || undoes(&world) == 1);
        kill_process(Pid::from_child(&child), Signal::TERM).expect("it is there");
        wait_until(&shell, || world.journal().contains(" ended check_well_b "));
        world.write("go", "");
        assert_eq!(ended(&shell, &mut child), Some(3), "{shell:?}");
        assert_eq!(undoes(&world), 1, "{shell:?}\n{}", world.journal());
    }
}
