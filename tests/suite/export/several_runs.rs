//! Many runs in one state directory: of several versions of a script, waiting, going
//! on and over.

use super::shells;
use super::signals::SLOW;
use super::world::{World, ended, wait_until};

const WAITS: &str = r#"runbook "Waits for {who}"
param who: string = "ada"
role crew = ["root", "ada"]
defaults { timeout 1m }
step one {
  $ ./act do one "$who"
  rollback $ ./act undo one "$who"
}
gate go {
  approve by crew or starter
}
"#;

fn begin(world: &World, shell: &[&str], arguments: &[&str]) -> String {
    let before = runs(world);
    let told = world.script(shell, arguments);
    assert_eq!(told.status, Some(5), "{shell:?}\n{}", told.text);
    let mut new = runs(world);
    new.retain(|run| !before.contains(run));
    new.pop().expect("a new run")
}

fn runs(world: &World) -> Vec<String> {
    let entries = std::fs::read_dir(world.path().join("state/exported/case/runs"));
    let entries = entries.into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

/// A script that was exported again after a change does not touch what the one
/// before began, says so, and still finds its own.
#[test]
fn a_run_of_another_version_is_left_to_that_version() {
    for shell in shells::some(0) {
        let world = World::new(WAITS, &[]);
        world.export(&[]).expect("it can be exported");
        let text = world.read("case.sh");
        let old = begin(&world, shell, &["--set", "who=grace"]);
        // The new one has no such parameter.
        world.write("case.runbook", &WAITS.replace("who", "whom"));
        world.export(&[]).expect("it can be exported");
        for arguments in [&["--resume"][..], &["--approve", "go"]] {
            let told = world.script(shell, arguments);
            assert_eq!(told.status, Some(2), "{shell:?}\n{}", told.text);
            let wanted = format!("{old} has not ended, and is of another version");
            assert!(told.text.contains(&wanted), "{shell:?}\n{}", told.text);
        }
        for arguments in [&["--rollback"][..], &["--resume", "--run", &old]] {
            let told = world.script(shell, arguments);
            assert_eq!(told.status, Some(1), "{shell:?}\n{}", told.text);
            let wanted = format!("run {old} is of another version of this script");
            assert!(told.text.contains(&wanted), "{shell:?}\n{}", told.text);
            assert!(told.text.contains("nothing was changed"), "{}", told.text);
        }
        let new = begin(&world, shell, &[]);
        let told = world.script(shell, &["--runs"]);
        for line in told.text.lines() {
            assert_eq!(line.contains("(another version)"), line.contains(&old));
        }
        assert!(told.text.contains(&new), "{}", told.text);
        // Each finds its own.
        world.write("case.sh", &text);
        let told = world.script(shell, &["--resume", "--yes"]);
        assert!(told.text.contains(&old), "{shell:?}\n{}", told.text);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
    }
}

/// Of several that wait none is let go by mistake; of one, and others that are over,
/// it is clear which is meant.
#[test]
fn who_approves_says_which_of_several() {
    for shell in shells::some(1) {
        let world = World::new(WAITS, &[]);
        world.export(&[]).expect("it can be exported");
        let first = begin(&world, shell, &[]);
        let second = begin(&world, shell, &[]);
        // Their order is that of their names, also within a second.
        for run in [&first, &second] {
            assert_eq!(run.len(), "20261231-235959-0000001".len(), "{run}");
        }
        for option in ["--approve", "--reject"] {
            let told = world.script(shell, &[option, "go"]);
            assert_eq!(told.status, Some(2), "{shell:?}\n{}", told.text);
            let wanted = "several runs have not ended: say which with `--run`: ";
            assert!(told.text.contains(wanted), "{shell:?}\n{}", told.text);
            assert!(told.text.contains(&first) && told.text.contains(&second));
        }
        let told = world.script(shell, &["--rollback", "--run", &second]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        let told = world.script(shell, &["--approve", "go"]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        assert!(told.text.contains(&first), "{shell:?}\n{}", told.text);
        let told = world.script(shell, &["--resume"]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        let told = world.script(shell, &["--approve", "go"]);
        assert_eq!(told.status, Some(2), "{shell:?}\n{}", told.text);
        assert!(told.text.contains("no run to approve"), "{}", told.text);
    }
}

/// A way back that looked elsewhere would find nothing to undo, and say it is undone.
#[test]
fn a_run_keeps_where_its_commands_run() {
    for shell in shells::some(2) {
        let world = World::new(WAITS, &[]);
        world.export(&[]).expect("it can be exported");
        let place = world.path().join("it's there");
        std::fs::create_dir(&place).expect("it can be made");
        std::fs::copy(world.path().join("act"), place.join("act")).expect("it can be");
        let there = ["--directory", "it's there"];
        begin(&world, shell, &there);
        // Called by another name, from another directory.
        let link = world.path().join("state/link.sh");
        std::os::unix::fs::symlink(world.path().join("case.sh"), &link).expect("a link");
        let link = link.to_string_lossy().into_owned();
        let from_elsewhere = |option: &str| {
            let line = "cd / && exec \"$@\"";
            let program = [&["sh", "-c", line, "sh"], shell, &[&link, option]].concat();
            world.run(&program, &[])
        };
        let told = from_elsewhere("--resume");
        assert_eq!(told.status, Some(5), "{shell:?}\n{}", told.text);
        let told = from_elsewhere("--rollback");
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        let effects = world.read("it's there/effects");
        assert_eq!(effects, "do one ada\nundo one ada\n", "{shell:?}");
        assert_eq!(world.effects(), [""; 0], "{shell:?}");
        // What is gone is said, and nothing is taken as undone.
        begin(&world, shell, &there);
        std::fs::rename(&place, world.path().join("elsewhere")).expect("it can be");
        let told = from_elsewhere("--rollback");
        assert_eq!(told.status, Some(1), "{shell:?}\n{}", told.text);
        let wanted = "does not exist any more: ";
        assert!(told.text.contains(wanted), "{shell:?}\n{}", told.text);
        let other = ["--rollback", "--directory", "elsewhere"];
        let told = world.script(shell, &other);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
    }
}

/// From another terminal, as `runbook rollback` does it.
#[test]
fn a_run_that_goes_on_is_told_to_go_back() {
    for shell in shells::installed() {
        let world = World::new(SLOW, &[]);
        let mut child = world.begin_script(shell);
        wait_until(&shell, || world.effects().len() >= 2);
        let told = world.script(shell, &["--resume"]);
        assert_eq!(told.status, Some(2), "{shell:?}\n{}", told.text);
        let run = world.script_run();
        let run = run.file_name().expect("a name").to_string_lossy();
        let told = world.script(shell, &["--resume", "--run", &run]);
        assert_eq!(told.status, Some(6), "{shell:?}\n{}", told.text);
        let told = world.script(shell, &["--rollback", "--reason", "no more"]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        let wanted = format!("run {run} is told to go back");
        assert!(told.text.contains(&wanted), "{shell:?}\n{}", told.text);
        assert_eq!(ended(&shell, &mut child), Some(3), "{shell:?}");
        let effects = ["do one", "do two", "undo two", "undo one"];
        assert_eq!(world.effects(), effects, "{shell:?}");
        let journal = world.journal();
        let asked = journal.matches("rollback_requested").count();
        assert_eq!(asked, 1, "{shell:?}\n{journal}");
        assert!(journal.contains("no more"), "{shell:?}\n{journal}");
    }
}

/// What a person or a step said is no end of a run.
#[test]
fn a_run_whose_last_line_speaks_of_what_is_closed_is_not_over() {
    for shell in shells::some(0) {
        let world = World::new(WAITS, &[]);
        world.export(&[]).expect("it can be exported");
        let run = begin(&world, shell, &[]);
        // As it was killed right after it had heard that.
        let journal = world.script_run().join("journal");
        let text = world.journal();
        let (before, _) = text.trim_end().rsplit_once('\n').expect("lines");
        let asked = "9 rollback_requested ada the shop is closed today .";
        std::fs::write(&journal, format!("{before}\n{asked}\n")).expect("it can be written");
        let told = world.script(shell, &["--runs"]);
        assert!(told.text.contains("  interrupted  "), "{}", told.text);
        let told = world.script(shell, &["--resume"]);
        assert!(told.text.contains(&run), "{shell:?}\n{}", told.text);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        assert_eq!(world.effects(), ["do one ada", "undo one ada"], "{shell:?}");
    }
}

/// As many as a machine begins in the same second, each with a name of its own.
#[test]
fn many_runs_begin_at_once() {
    for shell in shells::by_turn(5) {
        let world = World::new(WAITS, &[]);
        world.export(&[]).expect("it can be exported");
        let begun: Vec<_> = (0..8)
            .map(|at| {
                let who = format!("who=n{at}");
                let program = [shell, &["./case.sh"]].concat();
                let mut command = world.command(&program, &["--set", &who]);
                let quiet = command.stdout(std::process::Stdio::null());
                quiet.spawn().expect("it starts")
            })
            .collect();
        for mut child in begun {
            assert_eq!(ended(&shell, &mut child), Some(5), "{shell:?}");
        }
        assert_eq!(runs(&world).len(), 8, "{shell:?}");
    }
}
