//! When a script tries again.

use super::shells;
use super::world::World;

const GROWING: &str = r#"runbook "Growing"
defaults { timeout 1m }
step one {
  $ ./act do one
  repeatable
  retry 2 every 50ms backoff 20
  rollback $ ./act undo one
}
"#;

/// In hundredths of a second, when this was recorded.
fn moment(journal: &str, fact: &str) -> u64 {
    let mut lines = journal.lines();
    let line = lines.find(|line| line.contains(fact)).expect("it is there");
    let (at, _) = line.split_once(' ').expect("a moment");
    at.parse().expect("a number")
}

#[test]
fn pauses_between_attempts_grow() {
    for shell in shells::by_turn(0) {
        let world = World::new(GROWING, &["do one".to_owned()]);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        assert_eq!(
            world.effects(),
            ["do one"; 3]
                .into_iter()
                .chain(["undo one"])
                .collect::<Vec<_>>()
        );
        let journal = world.journal();
        let second = moment(&journal, " intended step_one 2 ");
        let third = moment(&journal, " intended step_one 3 ");
        assert!(third - second >= 100, "{shell:?}\n{journal}");
    }
}

/// The time for all attempts is over before that of one.
#[test]
fn the_time_for_all_attempts_ends_one_of_them() {
    let text = r#"runbook "Late"
check well {
  $ sleep 1000
  timeout 1h
  within 300ms every 100ms
}
"#;
    for shell in shells::by_turn(1) {
        let world = World::new(text, &[]);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(1), "{shell:?}\n{}", told.text);
        let wanted = "`well` timed out after 300ms";
        assert!(told.text.contains(wanted), "{shell:?}\n{}", told.text);
    }
}

const RESUMED: &str = r#"runbook "Resumed"
defaults { timeout 1m }
step one {
  $ ./act do one
  repeatable
  retry 1 every 50ms
  else stop
  rollback $ ./act undo one
}
"#;

/// Who goes on with a run gets all tries again.
#[test]
fn a_step_that_is_begun_anew_has_all_its_tries() {
    let faults: Vec<String> = (1..=3).map(|time| format!("do one #{time}")).collect();
    for shell in shells::by_turn(2) {
        let world = World::new(RESUMED, &faults);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(5), "{shell:?}\n{}", told.text);
        assert_eq!(world.effects(), ["do one"; 2], "{shell:?}");
        let told = world.script(shell, &["--resume"]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        assert_eq!(world.effects(), ["do one"; 4], "{shell:?}");
    }
}
