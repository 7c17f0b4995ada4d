//! Journals of scripts whose end was lost: by a crash, a disk that was full, or a power
//! cut, which may leave zero bytes in its place.

use super::shells;
use super::world::{Told, World};

const TWO: &str = r#"runbook "Two"
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
step two {
  $ ./act do two
  rollback $ ./act undo two
}
"#;

/// How much of a journal is left, and what stands behind it.
fn ends(journal: &str) -> Vec<(usize, &'static [u8])> {
    let mut ends = Vec::new();
    let mut end = 0;
    for line in journal.split_inclusive('\n') {
        let half = end + line.len() / 2;
        end += line.len();
        ends.extend([(half, &[][..]), (half, &[0; 9]), (end - 1, &[]), (end, &[])]);
    }
    ends
}

#[track_caller]
fn tells(told: &Told, status: i32, words: &str, about: &str) {
    let as_wanted = told.status == Some(status) && told.text.contains(words);
    assert!(as_wanted, "{about}\n{told:?}");
}

/// What was recorded behind a line that was torn is no part of it: else the way back is
/// lost when the run is taken up for the second time.
#[test]
fn wherever_a_journal_was_torn_nothing_is_done_twice_and_all_is_undone() {
    let sample = World::new(TWO, &[]);
    sample.export(&[]).expect("it can be exported");
    assert_eq!(sample.script(shells::nth(0), &[]).status, Some(0));
    let number_of_ends = ends(&sample.journal()).len();
    for number in 0..number_of_ends {
        let shell = shells::nth(number);
        let world = World::new(TWO, &[]);
        world.export(&[]).expect("it can be exported");
        assert_eq!(world.script(shell, &[]).status, Some(0), "{shell:?}");
        let journal = world.journal();
        let opened = journal.match_indices('\n').nth(1).expect("a line").0;
        let (kept, tail) = ends(&journal).swap_remove(number);
        let end = [&journal.as_bytes()[..kept], tail].concat();
        let place = world.script_run().join("journal");
        std::fs::write(&place, &end).expect("it can be written");
        let about = format!("{shell:?} {:?}", String::from_utf8_lossy(&end));
        let resumed = world.script(shell, &["--resume"]);
        let back = world.script(shell, &["--rollback"]);
        let done = ["do one", "do two"];
        if kept < opened {
            tells(&resumed, 2, "no run to resume", &about);
            tells(&back, 1, "ended before it began", &about);
            assert_eq!(world.effects(), done, "{about}");
            continue;
        }
        let status = if kept >= journal.len() - 1 { 2 } else { 0 };
        tells(&resumed, status, "", &about);
        tells(&back, 3, "      undone: two, one", &about);
        let all = ["do one", "do two", "undo two", "undo one"];
        assert_eq!(world.effects(), all, "{about}");
    }
}
