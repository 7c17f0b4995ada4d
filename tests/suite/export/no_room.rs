//! Disks without room where shells keep the texts of commands.

use super::shells;
use super::world::{Told, World};
use crate::small_disk::SmallDisk;

/// A command of a few bytes, one that fills the disk, and one of a few kilobytes, all
/// of which a shell may have to write down.
fn fills(room_left: &str) -> String {
    let long = "    : what makes it long, and does nothing at all otherwise\n".repeat(200);
    format!(
        r#"runbook "Fills"
defaults {{ timeout 1m }}
step one {{
  $ ./act do one
  rollback $ ./act undo one
}}
step fill {{
  $ head -c 1M /dev/zero >small/filler 2>/dev/null || true
  $ head -c "$(($(stat -c %s small/filler) - {room_left}))" /dev/zero >small/filler
  harmless "it only fills"
}}
step two {{
    $ ```
    ./act do two begins
{long}    ./act do two ends
    ```
  rollback $ ./act undo two
}}
"#
    )
}

fn with_small_disk(world: &World, shell: &[&str]) -> Told {
    let small = world.path().join("small");
    let mut command = world.command(shell, &["./case.sh"]);
    command.env("TMPDIR", &small);
    command.env("TMPPREFIX", small.join("zsh"));
    Told::of(&command.output().expect("it starts"))
}

/// Some shells leave out a command whose text they cannot write down, and some run the
/// half of it: it was taken for one that went well.
#[test]
fn a_command_runs_as_a_whole_or_has_failed_where_there_is_no_room_for_its_text() {
    for shell in shells::installed() {
        for room_left in ["0", "4096"] {
            let world = World::new(&fills(room_left), &[]);
            world.export(&[]).expect("it can be exported");
            std::fs::create_dir(world.path().join("small")).expect("it can be made");
            let Some(_disk) = SmallDisk::mount(&world.path().join("small"), "64k") else {
                return;
            };
            let told = with_small_disk(&world, shell);
            let about = format!("{shell:?} {room_left}\n{}", told.text);
            if told.status == Some(0) {
                let all = ["do one", "do two begins", "do two ends"];
                assert_eq!(world.effects(), all, "{about}");
                continue;
            }
            assert_eq!(told.status, Some(3), "{about}");
            assert!(told.text.contains("could not be read whole"), "{about}");
            // Of the way back, the texts of which are short, nothing is lost.
            if room_left == "4096" {
                assert_eq!(
                    world.effects(),
                    ["do one", "undo two", "undo one"],
                    "{about}"
                );
            }
        }
    }
}

/// Nothing is changed where it could not even begin.
#[test]
fn where_texts_have_no_place_nothing_begins() {
    for shell in shells::installed() {
        let world = World::new(&fills("0"), &[]);
        world.export(&[]).expect("it can be exported");
        // There is no `small`.
        let mut command = world.command(shell, &["./case.sh", "--from", "two", "--yes"]);
        command.env("TMPDIR", "small").env("TMPPREFIX", "small/zsh");
        let told = Told::of(&command.output().expect("it starts"));
        let about = format!("{shell:?}\n{}", told.text);
        match told.status {
            Some(0) => assert_eq!(world.effects(), ["do two begins", "do two ends"], "{about}"),
            _refused => {
                assert_eq!(told.status, Some(1), "{about}");
                assert!(told.text.contains("cannot hand a text on"), "{about}");
                assert!(told.text.contains("nothing was changed"), "{about}");
                assert_eq!(world.effects(), [""; 0], "{about}");
            }
        }
    }
}

/// Half of a script is worse than none, and than the one that was there before.
#[test]
fn a_script_that_cannot_be_written_whole_is_not_there_and_the_one_before_stays() {
    let world = World::new(&fills("0"), &[]);
    std::fs::create_dir(world.path().join("small")).expect("it can be made");
    let Some(disk) = SmallDisk::mount(&world.path().join("small"), "64k") else {
        return;
    };
    let runbook = env!("CARGO_BIN_EXE_runbook");
    let export = |to: &str| {
        let told = world.run(
            &[runbook],
            &["export", "case.runbook", "--to", "sh", "-o", to],
        );
        assert_eq!(told.status, Some(1), "{}", told.text);
        assert!(told.text.contains("cannot be written"), "{}", told.text);
    };
    export("small/new.sh");
    world.write("small/old.sh", "as it was\n");
    std::os::unix::fs::symlink("old.sh", disk.path().join("link.sh")).expect("it can be");
    export("small/link.sh");
    assert_eq!(world.read("small/old.sh"), "as it was\n");
    let there = std::fs::read_dir(disk.path()).expect("it is there");
    let mut names: Vec<_> = there.flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    assert_eq!(names, ["link.sh", "old.sh"]);
}
