//! How far scripts go back, by `exec` and by scripts alike.

use super::shells;
use super::world::{Told, World};

fn world(text: &str, faults: &[&str]) -> World {
    let faults: Vec<String> = faults.iter().map(|it| (*it).to_owned()).collect();
    let world = World::new(text, &faults);
    world.export(&[]).expect("it can be exported");
    world
}

/// A runbook with these faults ends so, having done that.
fn goes_back(text: &str, faults: &[&str], status: i32, effects: &[&str], number: usize) {
    let by_exec = world(text, faults);
    let exec = by_exec.exec(&["--yes"]);
    assert_eq!(exec.status, Some(status), "{}", exec.text);
    assert_eq!(by_exec.effects(), effects, "{}", exec.text);
    for shell in shells::by_turn(number) {
        let world = world(text, faults);
        let told = world.script(shell, &["--yes"]);
        let about = format!("{shell:?} {faults:?}\n{}", told.text);
        assert_eq!(told.status, Some(status), "{about}");
        assert_eq!(world.effects(), effects, "{about}");
        assert_eq!(told.ending(), exec.ending(), "{about}");
    }
}

const BARRED: &str = r#"runbook "Barred"
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
gate sure {
  confirm "Sure?"
}
step purge {
  $ ./act do purge
  repeatable
  irreversible "it is gone" then "restore it from the archive"
}
step after {
  $ ./act do after
  rollback $ ./act undo after
}
check well $ ./act look well
"#;

#[test]
fn nothing_before_a_point_of_no_return_is_undone() {
    let effects = ["do one", "do purge", "do after", "look well", "undo after"];
    goes_back(BARRED, &["look well"], 4, &effects, 0);
}

/// Half of what cannot be undone is worse than all of it.
#[test]
fn a_point_of_no_return_that_failed_is_brought_to_its_end() {
    let effects = ["do one", "do purge", "do purge"];
    goes_back(BARRED, &["do purge #1"], 4, &effects, 1);
}

const ATOMIC: &str = r#"runbook "Atomic"
defaults { timeout 1m }
step before {
  $ ./act do before
  rollback $ ./act undo before
}
step one {
  $ ./act do one
  atomic
  rollback $ ./act undo one
}
"#;

#[test]
fn what_left_nothing_is_not_undone() {
    let effects = ["do before", "do one", "undo before"];
    goes_back(ATOMIC, &["do one"], 3, &effects, 2);
}

/// All endings, each with a note of its own.
fn with_endings(text: &str) -> String {
    let endings = [
        "on success",
        "on rollback",
        "on stuck",
        "on failure",
        "always",
    ];
    let endings = endings.map(|ending| {
        let name = ending.trim_start_matches("on ");
        format!("{ending} {{\n  check told_{name} $ ./act note {name}\n}}\n")
    });
    text.to_owned() + &endings.concat()
}

#[test]
fn each_outcome_has_its_endings() {
    let barred = ["do one", "do purge", "do after", "look well", "undo after"];
    let atomic = ["do before", "do one", "undo before"];
    let all = [
        (
            BARRED,
            "look well",
            4,
            &barred[..],
            &["stuck", "failure"][..],
        ),
        (ATOMIC, "do one", 3, &atomic, &["rollback", "failure"]),
        (ATOMIC, "do before", 1, &["do before"], &["failure"]),
        (ATOMIC, "nothing", 0, &["do before", "do one"], &["success"]),
    ];
    for (number, (text, fault, status, effects, endings)) in all.into_iter().enumerate() {
        let text =
            with_endings(&text.replace("$ ./act do before\n", "$ ./act do before\n  atomic\n"));
        let notes: Vec<String> = endings.iter().map(|it| format!("note {it}")).collect();
        let notes = notes.iter().map(String::as_str).chain(["note always"]);
        let effects: Vec<&str> = effects.iter().copied().chain(notes).collect();
        goes_back(&text, &[fault], status, &effects, number);
    }
}

const BRACKET: &str = r#"runbook "Bracket"
defaults { timeout 1m }
with maintenance {
  enter $ ./act do maintenance
  leave $ ./act undo maintenance
  step one {
    $ ./act do one
  }
  check well $ ./act look well
  rollback {
    $ ./act undo all
  }
}
"#;

/// What is undone within a bracket is undone before that is left.
#[test]
fn a_bracket_is_left_when_all_in_it_is_undone() {
    let effects = [
        "do maintenance",
        "do one",
        "look well",
        "undo all",
        "undo maintenance",
    ];
    goes_back(BRACKET, &["look well"], 3, &effects, 6);
}

const ALTERNATIVES: &str = r#"runbook "Alternatives"
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback best effort {
    $ ./act undo one
  } else "the slow way" {
    $ ./act note slowly
  }
}
check well $ ./act look well
"#;

/// What may fail is passed over only when there is no other way.
#[test]
fn every_other_way_back_is_tried() {
    let effects = ["do one", "look well", "undo one", "note slowly"];
    let faults = ["look well", "undo one"];
    goes_back(ALTERNATIVES, &faults, 3, &effects, 4);
}

/// One that is tried again, and one that is looked at and for which that takes too long.
#[test]
fn an_undo_is_tried_again_and_ends_in_time() {
    let again = "  rollback {\n    $ ./act undo one\n    retry 1 every 50ms\n  }\n";
    let verified =
        "  rollback {\n    $ ./act undo one\n    timeout 2s\n    verify $ sleep 1000\n  }\n";
    let all = [
        (
            again,
            &["look well", "undo one #1"][..],
            3,
            &["undo one", "undo one"][..],
        ),
        (verified, &["look well"], 4, &["undo one"]),
    ];
    for (number, (undo, faults, status, undone)) in all.into_iter().enumerate() {
        let text = format!(
            "runbook \"Undone\"\ndefaults {{ timeout 1m }}\nstep one {{\n  $ ./act do one\n{undo}}}\n\
             check well $ ./act look well\n"
        );
        let effects = [&["do one", "look well"], undone].concat();
        goes_back(&text, faults, status, &effects, 6 + number);
    }
}

/// What is taken down before a step has its time too.
#[test]
fn a_capture_that_hangs_is_ended() {
    let text = "runbook \"Captures\"\nstep one {\n  capture before $ sleep 1000\n  \
                $ ./act do one\n  timeout 300ms\n  rollback $ ./act undo one \"$before\"\n}\n";
    goes_back(text, &[], 1, &[], 0);
}

const ENDED: &str = r#"runbook "Ended"
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
check well $ ./act look well
always {
  check told $ ./act note told
}
"#;

/// What is done at the end is done again at the next one.
#[test]
fn a_run_that_goes_further_back_has_its_endings_again() {
    let runbook = env!("CARGO_BIN_EXE_runbook");
    let goes_further = |begin: &dyn Fn(&World) -> Told, further: &dyn Fn(&World) -> Told| {
        let world = world(ENDED, &["look well", "undo one"]);
        let told = begin(&world);
        assert_eq!(told.status, Some(4), "{}", told.text);
        world.write("faults", "");
        let told = further(&world);
        assert_eq!(told.status, Some(3), "{}", told.text);
        let end = ["undo one", "note told"];
        let effects = [&["do one", "look well"][..], &end, &end].concat();
        assert_eq!(world.effects(), effects, "{}", told.text);
    };
    goes_further(&|world| world.exec(&[]), &|world| {
        let told = world.run(&[runbook], &["runs"]);
        let run = told
            .text
            .split_whitespace()
            .next()
            .expect("a run")
            .to_owned();
        world.run(&[runbook], &["rollback", &run])
    });
    for shell in shells::by_turn(1) {
        goes_further(&|world| world.script(shell, &[]), &|world| {
            world.script(shell, &["--rollback"])
        });
    }
}

const TOLD: &str = r#"runbook "Told"
defaults { timeout 1m }
channel ops = $ ./act tell "$message"
message begun to ops "it begins"
step one {
  $ ./act do one
  rollback $ ./act undo one
}
notify begun
step two {
  $ ./act do two
  rollback $ ./act undo two
}
"#;

/// That nobody hears of it is no reason to go back.
#[test]
fn a_message_that_cannot_be_delivered_turns_nothing_back() {
    let effects = ["do one", "tell it begins", "do two"];
    goes_back(TOLD, &["tell it"], 0, &effects, 5);
}

/// What drives a run, for the first time and again.
struct Driver<'d> {
    begins: &'d dyn Fn(&World) -> Told,
    resumes: &'d dyn Fn(&World) -> Told,
}

/// `exec`, and a shell.
fn with_each_driver(number: usize, test: &dyn Fn(&Driver<'_>)) {
    let runbook = env!("CARGO_BIN_EXE_runbook");
    test(&Driver {
        begins: &|world| world.exec(&[]),
        resumes: &|world| world.run(&[runbook], &["resume"]),
    });
    for shell in shells::by_turn(number) {
        test(&Driver {
            begins: &|world| world.script(shell, &[]),
            resumes: &|world| world.script(shell, &["--resume"]),
        });
    }
}

/// Its first attempt changed something and failed.
const CAPTURED: &str = r#"runbook "Captured"
defaults { timeout 1m }
step one {
  capture before $ cat live
  $ echo new >live
  $ ./act do one
  repeatable
  else stop
  rollback $ echo "$before" >live
}
check well $ ./act look well
"#;

/// After the change has begun, it would show the change.
#[test]
fn what_was_there_before_is_not_looked_at_again() {
    with_each_driver(2, &|driver| {
        let world = world(CAPTURED, &["do one #1", "look well"]);
        world.write("live", "old\n");
        let told = (driver.begins)(&world);
        assert_eq!(told.status, Some(5), "{}", told.text);
        let told = (driver.resumes)(&world);
        assert_eq!(told.status, Some(3), "{}", told.text);
        assert_eq!(world.effects(), ["do one", "do one", "look well"]);
        assert_eq!(world.read("live"), "old\n", "{}", told.text);
    });
}

/// Its first attempt left nothing, and then somebody did what it was to do.
const MENDED: &str = r#"runbook "Mended"
defaults { timeout 1m }
step one {
  $ ./act do one
  done when $ test -e there
  atomic
  else stop
  rollback $ ./act undo one
}
check well $ ./act look well
"#;

#[test]
fn what_is_in_place_is_undone_though_an_attempt_left_nothing() {
    with_each_driver(3, &|driver| {
        let world = world(MENDED, &["do one", "look well"]);
        let told = (driver.begins)(&world);
        assert_eq!(told.status, Some(5), "{}", told.text);
        world.write("there", "");
        let told = (driver.resumes)(&world);
        assert_eq!(told.status, Some(3), "{}", told.text);
        let effects = ["do one", "look well", "undo one"];
        assert_eq!(world.effects(), effects, "{}", told.text);
    });
}
