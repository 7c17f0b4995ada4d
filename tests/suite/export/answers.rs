//! What people say of a gate before it begins, when it is decided, and when the run is
//! over; and messages to people whose sender is gone.

use runbook::run::who::user;

use super::by::{By, all};
use super::world::{Told, World, wait_until};
use crate::sitting::Sitting;

const RUNBOOK: &str = env!("CARGO_BIN_EXE_runbook");

fn world(text: &str, faults: &[&str]) -> World {
    let faults: Vec<String> = faults.iter().map(|it| (*it).to_owned()).collect();
    let world = World::new(&text.replace("WHO", &user()), &faults);
    world.export(&[]).expect("it can be exported");
    world
}

impl By {
    fn begins(self, world: &World) -> Told {
        match self {
            By::Exec => world.exec(&[]),
            By::Script(shell) => world.script(shell, &[]),
        }
    }

    /// Says yes to the gate `go` of the only run.
    fn approves(self, world: &World) -> Told {
        match self {
            By::Exec => {
                let runs = world.run(&[RUNBOOK], &["runs"]);
                let run = runs.text.split_whitespace().next().expect("a run");
                world.run(&[RUNBOOK], &["approve", run, "go"])
            }
            By::Script(shell) => {
                let run = world.script_run();
                let run = run.file_name().expect("a name").to_string_lossy();
                world.script(shell, &["--approve", "go", "--run", &run])
            }
        }
    }

    fn words(self) -> String {
        match self {
            By::Exec => format!("{RUNBOOK} exec case.runbook"),
            By::Script(shell) => shell.join(" ") + " ./case.sh",
        }
    }
}

const LATER: &str = r#"runbook "Later"
role crew = ["WHO"]
defaults { timeout 1m }
step one {
  $ ./act do one
  $ until test -e go; do sleep 0.05; done
  rollback $ ./act undo one
}
gate go {
  approve by crew or starter
}
step two {
  $ ./act do two
  rollback $ ./act undo two
}
"#;

/// Who is told that the run has heard it need not say it twice.
#[test]
fn what_is_said_of_a_gate_before_it_begins_counts_when_it_does() {
    for by in all(0) {
        let world = world(LATER, &[]);
        let told = std::thread::scope(|scope| {
            let told = scope.spawn(|| by.begins(&world));
            wait_until(&by, || !world.effects().is_empty());
            let said = by.approves(&world);
            assert_eq!(said.status, Some(0), "{by:?}\n{}", said.text);
            // Long enough for what hears it at once.
            std::thread::sleep(std::time::Duration::from_millis(700));
            world.write("go", "");
            told.join().expect("it ends")
        });
        assert_eq!(told.status, Some(0), "{by:?}\n{}", told.text);
        assert_eq!(world.effects(), ["do one", "do two"], "{by:?}");
    }
}

const ANEW: &str = r#"runbook "Anew"
role crew = ["WHO"]
defaults { timeout 1m }
gate go {
  approve by crew or starter
  check "well" $ ./act look well; until test -e go; do sleep 0.05; done; test -e well
  else ask
}
step one {
  $ ./act do one
  rollback $ ./act undo one
}
"#;

/// A gate that begins anew asks anew: what was said of it twice counts for once.
#[test]
fn what_was_said_of_a_gate_is_over_with_it() {
    for by in all(1) {
        let world = world(ANEW, &[]);
        let mut sitting = Sitting::begin(&by.words(), |command| {
            command
                .current_dir(world.path())
                .env("LC_ALL", "C.UTF-8")
                .env("RUNBOOK_STATE", world.path().join("state"));
        });
        sitting.sees("1 approval of crew");
        wait_until(&by, || !world.effects().is_empty());
        for _twice in 0..2 {
            let said = by.approves(&world);
            assert_eq!(said.status, Some(0), "{by:?}\n{}", said.text);
        }
        sitting.sees(" yes, says ");
        world.write("go", "");
        sitting.sees("]gain, [c]ontinue");
        world.write("well", "");
        let asked = sitting.shown().matches("[s]top here").count();
        sitting.types("again\n");
        sitting.waits_for("question", |it| {
            it.shown().matches("[s]top here").count() > asked
        });
        sitting.types("stop here\n");
        let (status, shown) = sitting.ends();
        assert_eq!(status, Some(5), "{by:?}\n{shown}");
        assert_eq!(world.effects(), ["look well", "look well"], "{by:?}");
    }
}

const OVER: &str = r#"runbook "Over"
role crew = ["WHO"]
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
gate go {
  approve by crew or starter
}
"#;

/// Nobody is told that it is heard later where there is no later.
#[test]
fn nothing_is_said_of_a_gate_of_a_run_that_is_over() {
    for by in all(2) {
        let world = world(OVER, &["do one"]);
        let told = by.begins(&world);
        assert_eq!(told.status, Some(3), "{by:?}\n{}", told.text);
        let said = by.approves(&world);
        assert_eq!(said.status, Some(1), "{by:?}\n{}", said.text);
        let why = "the run has been rolled back: there is nothing to approve";
        assert!(said.text.contains(why), "{by:?}\n{}", said.text);
    }
}

const TELLS: &str = r#"runbook "Tells"
defaults { timeout 1m }
channel ops = $ ./act note told
message news to ops "It is {run.outcome}"
step one {
  $ ./act do one
  rollback $ ./act undo one
}
on success {
  notify news
}
"#;

/// Of a message of which nobody knows whether it was sent the last words tell.
#[test]
fn a_message_whose_sender_was_killed_is_told_of_at_the_end() {
    for by in all(0) {
        let world = world(TELLS, &[]);
        world.write("cuts", "note told #1\n");
        let program = by.words();
        let noted = format!("echo $$ >driver; exec {program}");
        world.run(&["sh", "-c", &noted], &[]);
        assert!(world.path().join("killed").exists(), "{by:?}");
        let told = match by {
            By::Exec => world.run(&[RUNBOOK], &["resume"]),
            By::Script(shell) => world.script(shell, &["--resume"]),
        };
        assert_eq!(told.status, Some(0), "{by:?}\n{}", told.text);
        let why = "warning: `notify news` failed: the interpreter was gone before it was done";
        assert!(told.text.contains(why), "{by:?}\n{}", told.text);
        assert_eq!(world.effects(), ["do one", "note told"], "{by:?}");
    }
}
