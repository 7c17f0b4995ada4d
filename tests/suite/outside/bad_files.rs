//! Files that are no runbooks, and commands that cannot be run.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::place::Place;

fn place(command: &str) -> Place {
    Place::new(&format!(
        "runbook \"t\"\nstep a {{\n  $ {command}\n  timeout 1m\n  rollback $ echo back >> log\n}}\n"
    ))
}

#[test]
fn a_file_that_is_no_runbook_is_refused_and_leaves_nothing() {
    let place = place("true");
    fs::create_dir(place.path("folder.runbook")).unwrap();
    let noise: Vec<u8> = (0..20_000u32).map(|n| (n * n / 7 % 256) as u8).collect();
    fs::write(place.path("noise.runbook"), noise).unwrap();
    let looping = place.path("loop.runbook");
    std::os::unix::fs::symlink(&looping, &looping).unwrap();
    std::os::unix::fs::symlink("/dev/zero", place.path("endless.runbook")).unwrap();
    for (file, why) in [
        ("none.runbook", "cannot read `none.runbook`: No such file"),
        (
            "folder.runbook",
            "cannot read `folder.runbook`: Is a directory",
        ),
        ("loop.runbook", "cannot read `loop.runbook`: "),
        ("t.runbook/x", "cannot read `t.runbook/x`: Not a directory"),
        ("noise.runbook", "this is not UTF-8 text"),
        ("endless.runbook", "the file is larger than 16 MiB"),
    ] {
        for command in ["exec", "plan", "check", "test"] {
            let why = match (command, file) {
                // They take all that is in a directory.
                ("check" | "test", "folder.runbook") => "there is no runbook in `folder.runbook`",
                (_, _) => why,
            };
            let told = place.run(&[command, file]);
            told.ended(1).says(why).never_says("panicked");
            assert!(!told.text.contains('\u{1b}'), "{}", told.text);
        }
    }
    assert!(!place.path("state").exists(), "no run was begun");
}

#[test]
fn a_command_that_cannot_be_run_is_told_with_its_status_and_undone() {
    for (command, why) in [
        ("./no-script.sh", "`a` failed: ended with status 127"),
        ("./plain.sh", "`a` failed: ended with status 126"),
        ("./folder", "`a` failed: ended with status 126"),
        ("kill -KILL $$", "`a` failed: was ended by signal KILL"),
        ("kill -SEGV $$", "`a` failed: was ended by signal SEGV"),
    ] {
        let place = place(command);
        fs::create_dir(place.path("folder")).unwrap();
        fs::write(place.path("plain.sh"), "#!/bin/sh\n").unwrap();
        let mode = fs::Permissions::from_mode(0o644);
        fs::set_permissions(place.path("plain.sh"), mode).unwrap();
        place.exec().ended(3).says(why);
        assert_eq!(place.log(), ["back"], "{command}");
    }
}
