//! A disk that is full, fails or lies under the record of a run: said clearly,
//! with the right status, and nothing lost.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::{Told, World, oracle, told};
use crate::faults::{self, Act, Fault};
use crate::small_disk::SmallDisk;

/// A fault at the journal's own file.
fn at_journal(act: Act, calls: &'static [&'static str], at: usize, stays: bool) -> Fault {
    Fault {
        act,
        at,
        calls,
        name: Some("journal.jsonl"),
        stays,
    }
}

fn exec_with(world: &World, fails: bool, fault: &Fault) -> Told {
    let mut command = world.exec(fails);
    faults::inject(&mut command, &world.state(), fault);
    told(command)
}

fn journal(world: &World) -> PathBuf {
    oracle::runs(world).first().expect("a run").journal()
}

#[track_caller]
fn has(told: &Told, status: i32, words: &[&str]) {
    assert_eq!(told.status.code(), Some(status), "{}", told.text);
    for word in words {
        assert!(told.text.contains(word), "no `{word}` in: {}", told.text);
    }
    assert!(!told.text.contains("panicked"), "{}", told.text);
}

/// Once there is room again, or the disk answers, the run goes on to its end.
#[test]
fn a_run_that_cannot_be_recorded_stands_still_and_goes_on_later() {
    let faults = [
        (
            at_journal(Act::NoSpace, &["write"], 6, true),
            "No space left",
        ),
        (
            at_journal(Act::InputOutput, &["write"], 9, true),
            "Input/output error",
        ),
        (
            at_journal(Act::InputOutput, &["fdatasync"], 4, true),
            "Input/output error",
        ),
        (
            at_journal(Act::InputOutput, &["fdatasync"], 8, false),
            "Input/output error",
        ),
    ];
    for (fault, why) in &faults {
        let world = World::new();
        let first = exec_with(&world, true, fault);
        has(
            &first,
            5,
            &["cannot be recorded any more", why, "runbook resume "],
        );
        let again = told(world.runbook(&["resume", "--yes"]));
        has(&again, 3, &["rolled back"]);
        oracle::hold(&world, &format!("{fault:?}\n{}{}", first.text, again.text));
    }
}

#[test]
fn a_moment_without_room_costs_the_reserve_and_no_record() {
    let world = World::new();
    let fault = at_journal(Act::NoSpace, &["write"], 12, false);
    let first = exec_with(&world, true, &fault);
    has(&first, 3, &["rolled back"]);
    oracle::hold(&world, &first.text);
}

#[test]
fn a_record_written_in_two_goes_is_whole() {
    let world = World::new();
    let fault = at_journal(Act::Short, &["write"], 1, true);
    let first = exec_with(&world, false, &fault);
    has(&first, 0, &["succeeded"]);
    oracle::hold(&world, &first.text);
}

#[test]
fn a_run_that_cannot_be_recorded_at_all_does_not_begin() {
    let all = &[][..];
    let faults = [
        at_journal(Act::NoSpace, &["write"], 1, true),
        at_journal(Act::InputOutput, &["fdatasync"], 1, true),
        Fault {
            act: Act::NoSpace,
            at: 1,
            calls: all,
            name: None,
            stays: true,
        },
        Fault {
            act: Act::NoSpace,
            at: 1,
            calls: &["write"],
            name: Some("/locks/"),
            stays: true,
        },
    ];
    for fault in &faults {
        let world = World::new();
        let first = exec_with(&world, false, fault);
        has(&first, 1, &["nothing was changed"]);
        assert_eq!(world.effects(), Vec::<String>::new());
        let again = told(world.exec(false));
        has(&again, 0, &["succeeded"]);
    }
}

#[test]
fn a_place_that_is_no_place_for_records_is_said() {
    let world = World::new();
    let file = world.path().join("level");
    let mut command = world.exec(false);
    command.env("RUNBOOK_STATE", file.join("state"));
    has(
        &told(command),
        1,
        &["runs cannot be recorded in", "level/state"],
    );
    let mut command = world.exec(false);
    command.env_remove("RUNBOOK_STATE").env_remove("HOME");
    command.env_remove("XDG_STATE_HOME");
    has(&told(command), 1, &["set RUNBOOK_STATE"]);
    assert_eq!(world.effects(), Vec::<String>::new());
}

/// Waits in the middle, so that there is something to go on with.
fn waiting() -> World {
    let world = World::new();
    let fault = at_journal(Act::InputOutput, &["write"], 12, true);
    has(&exec_with(&world, true, &fault), 5, &[]);
    world.wait_for_processes();
    world
}

#[test]
fn a_journal_that_was_changed_is_refused_by_all() {
    type Damage = fn(&mut Vec<u8>);
    let damages: [(Damage, &str); 4] = [
        (|bytes| flip(bytes, 2), "line 3 is damaged"),
        (|bytes| flip_last(bytes), "is damaged (its hash is wrong)"),
        (|bytes| swap(bytes, 3, 4), "line 4 is damaged"),
        (|bytes| flip(bytes, 0), "its first record is damaged"),
    ];
    for (damage, words) in damages {
        let world = waiting();
        let path = journal(&world);
        let mut bytes = fs::read(&path).expect("it is there");
        damage(&mut bytes);
        fs::write(&path, &bytes).expect("it can be written");
        let before = world.effects();
        let run = path
            .parent()
            .and_then(|it| it.file_name()?.to_str())
            .expect("a run");
        for arguments in [&["resume", run][..], &["rollback", run], &["verify", run]] {
            has(&told(world.runbook(arguments)), 1, &[words]);
        }
        has(&told(world.runbook(&["runs"])), 0, &[words]);
        assert_eq!(world.effects(), before);
        assert_eq!(
            fs::read(&path).expect("it is there"),
            bytes,
            "nothing mends it"
        );
    }
}

#[test]
fn a_record_that_was_torn_off_is_left_out_and_said() {
    let world = waiting();
    let path = journal(&world);
    let bytes = fs::read(&path).expect("it is there");
    let torn = [&bytes[..], b"{\"seq\":99,\"wa"].concat();
    fs::write(&path, torn).expect("it can be written");
    has(&told(world.runbook(&["verify"])), 0, &["whole", "left out"]);
    let again = told(world.runbook(&["resume", "--yes"]));
    has(&again, 3, &["left out", "rolled back"]);
    oracle::hold(&world, &again.text);
}

#[test]
fn a_noted_hash_tells_whether_records_were_cut_off() {
    let world = waiting();
    let whole = told(world.runbook(&["verify", "--json"]));
    has(&whole, 0, &["\"whole\":true"]);
    let line: serde_json::Value = serde_json::from_str(&whole.text).expect("JSON");
    let run = line["run"].as_str().expect("a run");
    let hash = line["hash"].as_str().expect("a hash");
    has(
        &told(world.runbook(&["verify", run, "--hash", hash])),
        0,
        &["whole"],
    );
    let path = journal(&world);
    let text = fs::read_to_string(&path).expect("text");
    let (cut, _) = text.trim_end().rsplit_once('\n').expect("lines");
    fs::write(&path, format!("{cut}\n")).expect("it can be written");
    let told = told(world.runbook(&["verify", run, "--hash", hash]));
    has(&told, 1, &["cut off"]);
}

/// Records that were cut off whole leave their traces: what they began is not
/// begun again.
#[test]
fn what_a_lost_record_began_is_not_begun_again() {
    let world = waiting();
    let path = journal(&world);
    let text = fs::read_to_string(&path).expect("text");
    let intent = text
        .lines()
        .position(|line| line.contains("\"intended\"") && line.contains("\"forward\""))
        .expect("an intent");
    let cut: Vec<&str> = text.lines().take(intent).collect();
    fs::write(&path, format!("{}\n", cut.join("\n"))).expect("it can be written");
    let begun = |world: &World| {
        let effects = world.effects();
        effects.iter().filter(|line| *line == "begin first").count()
    };
    assert_eq!(begun(&world), 1);
    let again = told(world.runbook(&["resume", "--yes"]));
    assert_eq!(begun(&world), 1, "{}", again.text);
    assert!(
        again.text.contains("record of another command"),
        "{}",
        again.text
    );
}

/// A small disk that fills up while a step runs: the way back is recorded all
/// the same.
#[test]
fn a_full_disk_lets_the_run_go_back() {
    let world = World::new();
    let place = TempDir::new().expect("a directory");
    let Some(disk) = SmallDisk::mount(place.path(), "4m") else {
        return;
    };
    // Fills it up but for less than a record, and fails.
    let script = format!(
        "#!/bin/sh\nset -u\n./really_change.sh \"$@\"\nif [ \"$1\" = last ]; then head -c 64M /dev/zero > {}/filler 2>/dev/null; fi\n",
        disk.path().display()
    );
    fs::rename(
        world.path().join("change.sh"),
        world.path().join("really_change.sh"),
    )
    .expect("it can be moved");
    fs::write(world.path().join("change.sh"), script).expect("a file");
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(
        world.path().join("change.sh"),
        fs::Permissions::from_mode(0o755),
    )
    .expect("its own");
    let mut command = world.exec(true);
    command.env("RUNBOOK_STATE", disk.path().join("state"));
    let first = told(command);
    has(&first, 3, &["rolled back"]);
    assert_eq!(world.things(), Vec::<String>::new(), "{}", first.text);
}

/// Changes a byte in the middle of a line.
fn flip(bytes: &mut [u8], line: usize) {
    let start: usize = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .take(line)
        .map(<[u8]>::len)
        .sum();
    bytes[start + 10] ^= 1;
}

fn flip_last(bytes: &mut [u8]) {
    let end = bytes.len() - 40;
    let lines = bytes[..end].iter().filter(|byte| **byte == b'\n').count();
    flip(bytes, lines);
}

fn swap(bytes: &mut Vec<u8>, one: usize, other: usize) {
    let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    lines.swap(one, other);
    *bytes = lines.concat();
}
