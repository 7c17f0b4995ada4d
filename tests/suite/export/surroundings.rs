//! What is around a script, and what its commands see of that: it is as with `exec`.

use super::shells;
use super::world::{Told, World};

const CREATES: &str = r#"runbook "Creates"
defaults { timeout 1m }
step one {
  $ ./act do one
  $ umask >seen
  $ sed -n 's/^SigIgn:[[:space:]]*//p' /proc/self/status >>seen
  harmless "it only looks"
}
"#;

/// What a release creates others must be able to read, whatever a script does for
/// its own files.
#[test]
fn commands_have_the_umask_and_the_signals_of_the_one_who_begins_it() {
    let narrow = "umask 027; exec \"$@\"";
    let program = |command: &[&'static str]| [&["sh", "-c", narrow, "sh"], command].concat();
    // Signals that whoever runs the tests ignores are ignored by commands too.
    let exec = World::new(CREATES, &[]);
    let runbook = program(&[env!("CARGO_BIN_EXE_runbook")]);
    let told = exec.run(&runbook, &["exec", "case.runbook"]);
    assert_eq!(told.status, Some(0), "{}", told.text);
    let [mask, ignored] = seen(&exec);
    assert!(mask.ends_with("027"), "{mask}");
    let interrupts = u64::from_str_radix(&ignored, 16).expect("hexadecimal") & 0b110;
    assert_eq!(interrupts, 0, "INT and QUIT are heard");
    for shell in shells::installed() {
        let world = World::new(CREATES, &[]);
        world.export(&[]).expect("it can be exported");
        let told = world.run(&program(shell), &["./case.sh"]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        let [of_script, ignored] = seen(&world);
        assert_eq!(of_script, mask, "{shell:?}");
        let interrupts = u64::from_str_radix(&ignored, 16).expect("hexadecimal") & 0b110;
        assert_eq!(interrupts, 0, "{shell:?}");
        // Its own files are nobody else's.
        let journal = std::fs::metadata(world.script_run().join("journal"));
        let mode = std::os::unix::fs::PermissionsExt::mode(&journal.expect("it").permissions());
        assert_eq!(mode & 0o077, 0, "{shell:?}");
    }
}

/// Whatever it is that puts a command into a session of its own: what is not there is
/// a program that fails.
#[test]
fn commands_hear_all_signals_whatever_isolates_them() {
    let missing: [&[&str]; 3] = [&[], &["setsid"], &["setsid", "perl"]];
    for (number, missing) in missing.into_iter().enumerate() {
        let shell = shells::nth(number);
        let world = World::new(CREATES, &[]);
        world.export(&[]).expect("it can be exported");
        for program in missing {
            world.stand_in(program, "#!/bin/sh\nexit 1\n");
        }
        let bin = world.path().join("bin");
        let line = format!("PATH='{}':\"$PATH\" exec \"$@\"", bin.display());
        let program = [&["env", "--default-signal", "sh", "-c", &line, "sh"], shell].concat();
        let told = world.run(&program, &["./case.sh"]);
        assert_eq!(told.status, Some(0), "{missing:?}\n{}", told.text);
        let [_, ignored] = seen(&world);
        let ignored = u64::from_str_radix(&ignored, 16).expect("hexadecimal");
        // INT, QUIT, PIPE and XFSZ.
        assert_eq!(ignored & 0x0100_1006, 0, "without {missing:?} {shell:?}");
    }
}

/// Each command of a step finds `level`, but for one that says where it runs.
const IN_A_DIRECTORY: &str = r#"runbook "In a directory"
defaults { timeout 1m }
with held {
  enter {
    dir "work"
    $ : >lock
  }
  leave $ rm lock
  step one {
    dir "work"
    capture before $ cat level
    done when $ grep -qx new level
    $ echo new >level
    rollback {
      $ printf '%s\n' "$before" >level
      verify $ grep -qx old level
    }
  }
  step two {
    dir "work"
    $ test -e level
    rollback {
      dir "."
      $ test -e work/lock; : >back
    }
  }
  check well $ false
}
"#;

/// Its capture, its probe and its way back run where it does; so does the end of what
/// was begun somewhere.
#[test]
fn what_belongs_to_a_step_runs_in_its_directory() {
    let world = || {
        let world = World::new(IN_A_DIRECTORY, &[]);
        std::fs::create_dir(world.path().join("work")).expect("it can be made");
        world.write("work/level", "old\n");
        world
    };
    let holds = |world: &World, told: &Told, about: &str| {
        assert_eq!(told.status, Some(3), "{about}\n{}", told.text);
        assert_eq!(world.read("work/level"), "old\n", "{about}");
        assert!(!world.path().join("work/lock").exists(), "{about}");
        assert!(world.path().join("back").exists(), "{about}");
    };
    let by_exec = world();
    holds(&by_exec, &by_exec.exec(&[]), "exec");
    for shell in shells::some(2) {
        let by_script = world();
        by_script.export(&[]).expect("it can be exported");
        let told = by_script.script(shell, &[]);
        holds(&by_script, &told, &shell.join(" "));
    }
}

fn seen(world: &World) -> [String; 2] {
    let seen = world.read("seen");
    let mut lines = seen.lines().map(str::to_owned);
    [(); 2].map(|()| lines.next().expect("two lines"))
}

/// yash reads no letter that the locale does not have.
#[test]
fn a_script_of_a_plain_text_is_plain_in_every_locale() {
    for shell in shells::installed() {
        let world = World::new(CREATES, &[]);
        world.export(&[]).expect("it can be exported");
        assert!(world.read("case.sh").is_ascii());
        let mut command = world.command(shell, &["./case.sh"]);
        let output = command.env("LC_ALL", "C").output().expect("it starts");
        assert_eq!(output.status.code(), Some(0), "{shell:?}");
    }
}

#[test]
fn a_directory_that_begins_with_a_dash_is_one() {
    for shell in shells::some(1) {
        let world = World::new(CREATES, &[]);
        world.export(&[]).expect("it can be exported");
        std::fs::create_dir(world.path().join("-")).expect("it can be made");
        std::fs::copy(world.path().join("act"), world.path().join("-/act")).expect("it can be");
        let told = world.script(shell, &["--directory", "-"]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        assert_eq!(world.read("-/effects"), "do one\n", "{shell:?}");
    }
}

/// As in a container that is run under any number.
#[test]
fn who_has_no_name_is_a_number() {
    for shell in shells::some(2) {
        let world = World::new(CREATES, &[]);
        world.export(&[]).expect("it can be exported");
        let nameless =
            "#!/bin/sh\n[ \"$1\" = -u ] && exec echo 4711\necho 'no such name' >&2\nexit 1\n";
        world.stand_in("id", nameless);
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", world.path().join("bin").display());
        let mut command = world.command(shell, &["./case.sh"]);
        let output = command.env("PATH", path).output().expect("it starts");
        assert_eq!(output.status.code(), Some(0), "{shell:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell:?}");
        let told = world.script(shell, &["--runs"]);
        assert!(told.text.contains("  uid 4711"), "{shell:?}\n{}", told.text);
        let told = world.script(shell, &["--rollback", "--reason=it hurts"]);
        assert!(told.text.contains("it hurts"), "{shell:?}\n{}", told.text);
    }
}

const SECRETIVE: &str = r#"runbook "Secretive"
secret token from env "API_TOKEN"
defaults { timeout 1m }
step one {
  capture before $ ./act note one
  $ ./act do one && test -n "$before" && test "$token" = correct-horse-battery
  rollback $ ./act undo one
}
step two {
  $ env >seen
  harmless "it only looks"
}
"#;

/// What a script keeps to itself would go to every command by a variable that was
/// exported before, and what stands in one would be believed.
#[test]
fn what_the_environment_holds_by_names_of_a_script_is_not_meant() {
    for shell in shells::installed() {
        let world = World::new(SECRETIVE, &[]);
        world.export(&[]).expect("it can be exported");
        let mut command = world.command(shell, &["./case.sh"]);
        command.env("API_TOKEN", "correct-horse-battery");
        for (name, value) in [
            ("rb_masks", "x"),
            ("rbs_token", "x"),
            ("rb_mode", "closed"),
            ("rbn_kind_one", "check"),
            ("rbv_one__before", ""),
            ("rb_given_params", "version"),
            ("ZSH_EVAL_CONTEXT", "toplevel:file"),
            ("BASH_FUNC_cat%%", "() { echo of the environment; }"),
            ("BASH_FUNC_read%%", "() { echo of the environment; }"),
            ("BASH_FUNC_kill%%", "() { echo of the environment; }"),
        ] {
            command.env(name, value);
        }
        let told = Told::of(&command.output().expect("it starts"));
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        assert_eq!(world.effects(), ["note one", "do one"], "{shell:?}");
        let seen = world.read("seen");
        let is_of_script = |line: &&str| line.starts_with("rb") || line.contains("_masks");
        let kept: Vec<&str> = seen.lines().filter(is_of_script).collect();
        assert_eq!(kept, [""; 0], "{shell:?}");
        let told = |line: &&str| line.contains("correct-horse");
        let told: Vec<&str> = seen.lines().filter(told).collect();
        assert_eq!(told, ["API_TOKEN=correct-horse-battery"], "{shell:?}");
    }
}

/// As over a connection from a machine that has more locales.
#[test]
fn a_locale_that_is_not_there_is_none() {
    for shell in shells::installed() {
        let world = World::new(CREATES, &[]);
        world.export(&[]).expect("it can be exported");
        let mut command = world.command(shell, &["./case.sh"]);
        let output = command.env("LC_ALL", "xx_YY.UTF-8").output();
        let told = Told::of(&output.expect("it starts"));
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
    }
}

const GONE: &str = r#"runbook "Gone"
defaults { timeout 1m }
step one {
  $ ./act do one
  $ rmdir place
  rollback $ ./act undo one
}
step two {
  dir "place"
  $ true
  rollback $ true
}
"#;

/// A command that cannot run anywhere has not gone well, and nobody knows whether an
/// undo elsewhere would be one.
#[test]
fn a_working_directory_that_has_gone_fails_its_step() {
    let place = |world: &World| {
        std::fs::create_dir(world.path().join("place")).expect("it can be made");
    };
    let holds = |world: &World, told: &Told, about: &str| {
        assert_eq!(told.status, Some(4), "{about}\n{}", told.text);
        let says = told.text.contains("/place` does not exist");
        assert!(says, "{about}\n{}", told.text);
        assert_eq!(world.effects(), ["do one"], "{about}");
        place(world);
    };
    let ends = |world: &World, told: &Told, about: &str| {
        assert_eq!(told.status, Some(3), "{about}\n{}", told.text);
        assert_eq!(world.effects(), ["do one", "undo one"], "{about}");
    };
    let by_exec = World::new(GONE, &[]);
    place(&by_exec);
    holds(&by_exec, &by_exec.exec(&[]), "exec");
    let runbook = env!("CARGO_BIN_EXE_runbook");
    let runs = by_exec.run(&[runbook], &["runs"]);
    let run = runs.text.split_whitespace().next().expect("a run");
    ends(
        &by_exec,
        &by_exec.run(&[runbook], &["rollback", run]),
        "exec",
    );
    for shell in shells::by_turn(2) {
        let world = World::new(GONE, &[]);
        place(&world);
        world.export(&[]).expect("it can be exported");
        let about = shell.join(" ");
        holds(&world, &world.script(shell, &[]), &about);
        ends(&world, &world.script(shell, &["--rollback"]), &about);
    }
}
