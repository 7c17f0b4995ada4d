//! The tests of the promise notice a machine that breaks it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::analysis::analyse_bytes;
use crate::machine::sabotage::{Sabotage, with};
use crate::plan::Plan;
use crate::simulate::faults::{every_failure, single_faults};
use crate::simulate::guarantee::breaches;

/// A runbook with all that a way back can be made of.
const RUNBOOK: &str = r#"
runbook "sabotage"
defaults { timeout 1m }
with maintenance {
  enter $ ./on
  leave $ ./off
  step first {
    $ ./first
    rollback $ ./undo first
  }
  parallel {
    step left {
      $ ./left
      rollback $ ./undo left
    }
    step right {
      $ ./right
      rollback $ ./undo right
    }
  }
}
gate sure {
  confirm "Sure?"
  timeout 5m
  else rollback
}
step drop {
  $ ./drop
  repeatable
  irreversible "it is gone" then "go on"
}
step last {
  $ ./last
  rollback $ ./undo last
}
"#;

/// A loop that goes on although a round failed, with one beside it.
const ROUNDS: &str = r#"
runbook "rounds"
defaults { timeout 1m }
with muted {
  enter $ ./mute
  leave $ ./unmute
  for host in ["a", "b", "c"], 2 at a time, tolerate 1, on breach rollback failed {
    with drained {
      enter $ ./drain "$host"
      leave $ ./enable "$host"
      step upgrade {
        $ ./upgrade "$host"
        rollback $ ./downgrade "$host"
      }
      check well $ ./look "$host"
    }
  }
}
"#;

fn plan(text: &str) -> Arc<Plan> {
    let checked = match analyse_bytes("sabotage.runbook".as_ref(), text.as_bytes()).clean() {
        Ok(checked) => checked,
        Err(analysis) => panic!("{:?}", analysis.problems),
    };
    let plan = checked.plan(&BTreeMap::new()).expect("no parameters");
    Arc::new(plan.into_plan())
}

/// What is found of all single failures, each with an undo that fails.
fn found(plan: &Arc<Plan>) -> Vec<String> {
    let mut all = Vec::new();
    let faults = single_faults(plan);
    every_failure(plan, &faults, true, |_, trace, world| {
        all.extend(breaches(plan, trace, world));
        if all.is_empty() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    all
}

#[test]
fn a_sound_machine_keeps_it() {
    assert_eq!(found(&plan(RUNBOOK)), Vec::<String>::new());
    assert_eq!(found(&plan(ROUNDS)), Vec::<String>::new());
}

/// Each deliberate fault, with what is said of it.
#[test]
fn a_faulty_machine_is_noticed() {
    for (fault, said) in [
        (Sabotage::UndoInStartOrder, "has its turn before"),
        (Sabotage::RegisteredOnSuccess, "said to be left"),
        (Sabotage::BarrierIgnored, "behind a point of no return"),
        (
            Sabotage::PointNotFinished,
            "is at or before a point of no return",
        ),
        (Sabotage::CutUndoNotRepeated, "stays Partial"),
        (Sabotage::UndoBesideRunning, "still runs"),
        (Sabotage::FailedUndoHoldsNothing, "has its turn before"),
        (Sabotage::BracketStaysOpen, "`maintenance` is undone: false"),
    ] {
        let plan = plan(RUNBOOK);
        let found = with(fault, || found(&plan));
        assert!(
            found.iter().any(|breach| breach.contains(said)),
            "{fault:?}: {found:?}"
        );
    }
}

#[test]
fn a_machine_that_is_wrong_about_rounds_is_noticed() {
    for (fault, said) in [
        (Sabotage::RoundStaysChanged, "` was done"),
        (Sabotage::TooManyTolerated, "beyond what is tolerated"),
    ] {
        let plan = plan(ROUNDS);
        let found = with(fault, || found(&plan));
        assert!(
            found.iter().any(|breach| breach.contains(said)),
            "{fault:?}: {found:?}"
        );
    }
}
