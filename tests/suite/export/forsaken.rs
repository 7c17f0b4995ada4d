//! Locks of scripts that nobody holds, as who took them was killed in the middle; and a
//! record that somebody took away.

use std::path::Path;

use super::shells;
use super::signals::SLOW;
use super::world::{Told, World, wait_until};

/// Does what it was told to do.
fn frees(world: &World, told: &Told, about: &[&str]) {
    assert_eq!(told.status, Some(6), "{about:?}\n{}", told.text);
    let (_, rest) = told.text.split_once("`rm -r ").unwrap_or_else(|| {
        panic!("{about:?} does not say how it is freed\n{}", told.text);
    });
    let (locks, _) = rest.split_once('`').expect("its end");
    let told = world.run(&["sh", "-c"], &[&format!("rm -r {locks}")]);
    assert_eq!(told.status, Some(0), "{about:?}\n{}", told.text);
}

fn is_made(lock: &Path) {
    std::fs::create_dir_all(lock).expect("it can be made");
}

#[test]
fn who_finds_a_lock_that_nobody_holds_is_told_how_it_is_freed() {
    for shell in shells::some(2) {
        let world = World::new(SLOW, &[]);
        world.export(&[]).expect("it can be exported");
        world.write("go", "");
        let target = world.path().join("state/exported/locks/target");
        is_made(&target);
        frees(&world, &world.script(shell, &[]), shell);
        assert_eq!(world.effects(), [""; 0], "{shell:?}");
        // Who took it over from one that was killed was killed, too.
        is_made(&target);
        is_made(&target.with_extension("takeover"));
        let host = world.run(&["uname"], &["-n"]).text;
        let holder = format!("99999999 {} /nowhere\n", host.trim());
        std::fs::write(target.join("holder"), holder).expect("it can be written");
        frees(&world, &world.script(shell, &[]), shell);
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        // Nobody would hear that this run is to go back.
        is_made(&world.script_run().join("driver"));
        frees(&world, &world.script(shell, &["--rollback"]), shell);
        let told = world.script(shell, &["--rollback"]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        let wanted = ["do one", "do two", "undo two", "undo one"];
        assert_eq!(world.effects(), wanted, "{shell:?}");
    }
}

/// Nothing goes on or back that is not on record: what can be done is said.
#[test]
fn a_script_whose_record_is_gone_says_what_can_be_done() {
    for shell in shells::some(0) {
        let world = World::new(SLOW, &[]);
        world.export(&[]).expect("it can be exported");
        let told = std::thread::scope(|scope| {
            let told = scope.spawn(|| world.script(shell, &[]));
            wait_until(&shell, || world.effects().len() >= 2);
            std::fs::remove_dir_all(world.path().join("state")).expect("it is there");
            world.write("go", "");
            told.join().expect("it ends")
        });
        assert_eq!(told.status, Some(5), "{shell:?}\n{}", told.text);
        let wanted = "`sh ./case.sh --dry-run` shows the way back of each step";
        assert!(told.text.contains(wanted), "{shell:?}\n{}", told.text);
        assert!(!told.text.contains("--resume"), "{shell:?}\n{}", told.text);
    }
}
