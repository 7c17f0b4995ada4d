//! People at a real terminal.

use crate::place::{Place, wait_for};
use crate::sitting::Sitting;

fn begin(place: &Place, shell: &str) -> Sitting {
    // A shell that stayed would be interrupted too, and end as it pleases.
    let shell = format!("exec {shell}").replace("RUNBOOK", env!("CARGO_BIN_EXE_runbook"));
    Sitting::begin(&shell, |command| place.inside(command))
}

const RUNBOOK: &str = r#"
runbook "Release"
param version: version "What to release"
defaults { timeout 1m }
step change {
  $ echo "changed $version" >>log
  rollback $ echo back >>log
}
checklist ready {
  confirm "The logs are quiet"
}
gate go {
  confirm "Go on?"
  else abort
}
step after {
  $ echo after >>log
  rollback $ echo never >>log
}
"#;

/// The terminal is asked, whatever standard input is.
#[test]
fn people_are_asked_at_the_terminal_itself() {
    let place = Place::new(RUNBOOK);
    let mut sitting = begin(&place, "RUNBOOK exec t.runbook </dev/null");
    sitting.sees("What to release");
    sitting.types("1.2.3\r");
    sitting.sees("The logs are quiet");
    sitting.types("yes\r");
    sitting.sees("Go on?");
    sitting.types("yes\r");
    sitting.sees("succeeded");
    let (status, screen) = sitting.ends();
    assert_eq!(status, Some(0), "{screen}");
    assert_eq!(place.log(), ["changed 1.2.3", "after"]);
}

#[test]
fn who_says_no_turns_it_back() {
    let place = Place::new(RUNBOOK);
    let mut sitting = begin(&place, "RUNBOOK exec t.runbook --set version=1.2.3");
    sitting.sees("The logs are quiet");
    sitting.types("yes\r");
    sitting.sees("Go on?");
    sitting.types("no\r");
    sitting.sees("why?");
    sitting.types("too risky\r");
    let (status, screen) = sitting.ends();
    assert_eq!(status, Some(3), "{screen}");
    assert_eq!(place.log(), ["changed 1.2.3", "back"]);
}

/// Ctrl-C asks what is meant.
#[test]
fn ctrl_c_at_a_terminal_asks_first() {
    let place = Place::new(&RUNBOOK.replace(
        "echo after >>log",
        "echo begun >>log; until [ -e answered ]; do sleep 0.1; done; echo after >>log",
    ));
    let mut sitting = begin(&place, "RUNBOOK exec t.runbook --set version=1.2.3 --yes");
    wait_for("the last step", || place.log().len() == 2);
    sitting.types("\u{3}");
    sitting.sees("[r]oll back, [p]ause, [g]o on");
    sitting.types("g\r");
    std::fs::write(place.path("answered"), "").unwrap();
    let (status, screen) = sitting.ends();
    assert_eq!(status, Some(0), "{screen}");
    assert_eq!(place.log(), ["changed 1.2.3", "begun", "after"]);
}

/// Only what is offered is an answer to a Ctrl-C: a slip neither pauses a run nor
/// turns it back, and a question that was open is asked again.
#[test]
fn what_is_not_offered_is_no_answer_to_a_ctrl_c() {
    let place = Place::new(RUNBOOK);
    let mut sitting = begin(&place, "RUNBOOK exec t.runbook --set version=1.2.3");
    sitting.sees("The logs are quiet");
    sitting.types("\u{3}");
    sitting.sees("interrupted: what now?");
    for (slip, asked) in [("pizza", 1), ("retry", 2), ("good", 3)] {
        sitting.types(&format!("{slip}\r"));
        sitting.sees(&format!("`{slip}` is no answer here"));
        let menu = "[r]oll back, [p]ause, [g]o on: ";
        sitting.waits_for(menu, |it| it.shown().matches(menu).count() == asked);
    }
    sitting.types("\u{4}");
    sitting.sees("`` is no answer here");
    sitting.types("Go on\r");
    sitting.waits_for("the question again", |it| {
        it.shown().matches("The logs are quiet").count() == 2
    });
    sitting.types("stop\r");
    let (status, screen) = sitting.ends();
    assert_eq!(status, Some(5), "{screen}");
    assert_eq!(place.log(), ["changed 1.2.3"], "{screen}");
}
