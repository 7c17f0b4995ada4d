//! What a script is told on its command line, and what it tells people to type.

use std::process::Stdio;

use super::shells;
use super::world::{Told, World, ended};

/// Its last step asks for a person, and one of its undos may fail.
const ASKING: &str = r#"runbook "Asking"
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
gate sure {
  confirm "Is it well?"
}
"#;

fn begun(shell: &[&str]) -> World {
    let world = World::new(ASKING, &[]);
    world.export(&[]).expect("it can be exported");
    let told = world.script(shell, &[]);
    assert_eq!(told.status, Some(5), "{shell:?}\n{}", told.text);
    world
}

fn run_of(world: &World) -> String {
    let run = world.script_run();
    run.file_name().expect("a name").to_string_lossy().into()
}

#[test]
fn who_asks_for_a_dry_run_gets_nothing_else() {
    for shell in shells::some(0) {
        let world = begun(shell);
        let before = world.journal();
        for (first, second) in [
            ("--dry-run", "--rollback"),
            ("--rollback", "--dry-run"),
            ("--dry-run", "--resume"),
            ("--resume", "--rollback"),
            ("--runs", "--rollback"),
        ] {
            let told = world.script(shell, &[first, second, "--yes"]);
            let wanted = format!("`{first}` and `{second}` do not go together");
            assert!(told.text.contains(&wanted), "{shell:?}\n{}", told.text);
            assert_eq!(told.status, Some(2), "{shell:?}\n{}", told.text);
        }
        assert_eq!(world.journal(), before, "{shell:?}");
        assert_eq!(world.effects(), ["do one"], "{shell:?}");
    }
}

#[test]
fn what_is_for_another_option_begins_no_run() {
    for shell in shells::some(1) {
        let world = begun(shell);
        let run = run_of(&world);
        let wrong: [(&[&str], &str); 5] = [
            (&["--run", &run], "`--run` is for `--resume`"),
            (&["--reason", "it hurts"], "`--reason` is for `--rollback`"),
            (&["--dry-run", "--run", &run], "`--run` is for `--resume`"),
            (&["--resume", "--reason", "no"], "`--reason` is for"),
            (&["--rollback", "--run", ""], "--run wants the run"),
        ];
        for (arguments, wanted) in wrong {
            let told = world.script(shell, &[arguments, &["--yes"]].concat());
            assert!(told.text.contains(wanted), "{shell:?}\n{}", told.text);
            assert_eq!(told.status, Some(2), "{shell:?}\n{}", told.text);
        }
        assert_eq!(world.effects(), ["do one"], "{shell:?}");
        assert_eq!(run_of(&world), run, "{shell:?}");
    }
}

/// As `runbook` finds one: never one of which only the middle is so, nor one of
/// several.
#[test]
fn a_run_is_found_by_the_beginning_or_the_end_of_its_name() {
    for shell in shells::some(2) {
        let world = begun(shell);
        let first = run_of(&world);
        let middle = &first[4..first.len() - 1];
        for none in ["case", middle] {
            let told = world.script(shell, &["--rollback", "--run", none]);
            assert!(told.text.contains("there is no run"), "{}", told.text);
            assert_eq!(told.status, Some(2), "{shell:?}");
        }
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(5), "{shell:?}\n{}", told.text);
        let told = world.script(shell, &["--rollback", "--run", &first[..2]]);
        assert!(told.text.contains("is several runs: "), "{}", told.text);
        assert_eq!(told.status, Some(2), "{shell:?}");
        assert_eq!(world.effects(), ["do one", "do one"], "{shell:?}");
        let told = world.script(shell, &["--rollback", "--run", &first]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        assert!(told.text.contains(&first), "{shell:?}\n{}", told.text);
        // The last one, where none is named.
        let told = world.script(shell, &["--rollback"]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        assert!(told.text.contains(&run_of(&world)), "{}", told.text);
        let told = world.script(shell, &["--resume"]);
        assert!(told.text.contains("no run to resume"), "{}", told.text);
        assert_eq!(told.status, Some(2), "{shell:?}");
        let told = world.script(shell, &["--resume", "--run", &first]);
        assert!(told.text.contains("has been rolled back"), "{}", told.text);
        assert_eq!(told.status, Some(1), "{shell:?}");
        assert_eq!(world.effects().len(), 4, "{shell:?}");
        // Of two, the one that can go on.
        let waiting = world.script(shell, &[]);
        assert_eq!(waiting.status, Some(5), "{shell:?}\n{}", waiting.text);
        let open = run_of(&world);
        world.script(shell, &[]);
        world.script(shell, &["--rollback"]);
        let told = world.script(shell, &["--resume"]);
        assert!(told.text.contains(&open), "{shell:?}\n{}", told.text);
        assert_eq!(told.status, Some(5), "{shell:?}");
    }
}

/// The numbers of processes begin again from the lowest one.
#[test]
fn a_run_is_the_newest_also_where_its_process_has_a_lower_number() {
    for shell in shells::some(1) {
        let world = begun(shell);
        let first = world.script_run();
        let runs = first.parent().expect("it lies with the others");
        let now = jiff::Timestamp::now();
        let others = [0, 1].map(|seconds| {
            let second = now + jiff::SignedDuration::from_secs(seconds);
            runs.join(format!("{}-9999999", second.strftime("%Y%m%d-%H%M%S")))
        });
        for other in &others {
            std::fs::create_dir(other).expect("a directory");
        }
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(5), "{shell:?}\n{}", told.text);
        let run = world.script_run();
        assert!(run.join("journal").is_file(), "{shell:?} {run:?}");
        assert!(run > first, "{shell:?} {run:?}");
        assert_eq!(std::fs::read_dir(runs).expect("runs").count(), 4);
    }
}

/// What stands between the backquotes of the last line, and does this.
fn to_type(told: &Told, option: &str) -> String {
    let commands = told.text.split('`').skip(1).step_by(2);
    let mut commands = commands.filter(|command| command.contains(option));
    commands.next().unwrap_or_default().to_owned()
}

/// With another run begun since, and from another directory.
#[test]
fn what_is_to_be_typed_next_means_this_run() {
    for shell in shells::some(0) {
        let world = World::new(ASKING, &["undo one".to_owned()]);
        world.export(&[]).expect("it can be exported");
        let place = world.path().to_string_lossy().into_owned();
        let script = format!("{place}/case.sh");
        let state = format!("{place}/it's kept here");
        let all = [script.as_str(), "--state", &state, "--directory", &place];
        let begin = || world.run(shell, &all);
        let first = begin();
        assert_eq!(first.status, Some(5), "{shell:?}\n{}", first.text);
        let second = begin();
        assert_ne!(to_type(&first, "--resume"), to_type(&second, "--resume"));
        // Typed as it stands, from elsewhere.
        let typed = |command: &str| world.run(&["sh", "-c", &format!("cd / && {command}")], &[]);
        let stuck = typed(&to_type(&first, "--rollback"));
        assert_eq!(stuck.status, Some(4), "{shell:?}\n{}", stuck.text);
        world.write("faults", "");
        let back = typed(&to_type(&stuck, "--rollback"));
        assert_eq!(back.status, Some(3), "{shell:?}\n{}", back.text);
        let on = typed(&(to_type(&second, "--resume") + " --yes"));
        assert_eq!(on.status, Some(0), "{shell:?}\n{}", on.text);
    }
}

/// Where a release runs there may be nobody who could be asked; by `exec` and by
/// scripts.
#[test]
fn what_is_waited_for_can_be_typed_as_it_is_told() {
    let user = std::process::Command::new("id").arg("-un").output();
    let user = String::from_utf8(user.expect("it runs").stdout).expect("a name");
    let text = r#"runbook "Asking"
defaults { timeout 1m }
role crew = ["USER"]
step one {
  $ ./act do one
  rollback $ ./act undo one
}
for part in ["a b"] {
  gate go {
    approve by crew or starter
  }
}
"#;
    let text = text.replace("USER", user.trim());
    for shell in std::iter::once(&["exec"][..]).chain(shells::some(2)) {
        let world = World::new(&text, &[]);
        let program = env!("CARGO_BIN_EXE_runbook");
        let told = match shell {
            ["exec"] => world.exec(&[]),
            _a_shell => {
                world.export(&[]).expect("it can be exported");
                world.script(shell, &[])
            }
        };
        assert_eq!(told.status, Some(5), "{shell:?}\n{}", told.text);
        let typed = |option: &str| {
            let command = to_type(&told, option).replacen("runbook ", &format!("{program} "), 1);
            world.run(&["sh", "-c", &command], &[])
        };
        let approved = typed("approve ");
        assert_eq!(approved.status, Some(0), "{shell:?}\n{}", approved.text);
        let on = typed("resume ");
        assert_eq!(on.status, Some(0), "{shell:?}\n{}", on.text);
        assert_eq!(world.effects(), ["do one"], "{shell:?}");
    }
}

#[test]
fn a_reader_that_has_gone_ends_no_run() {
    for shell in shells::installed() {
        let world = World::new(ASKING, &[]);
        world.export(&[]).expect("it can be exported");
        let mut command = world.command(shell, &["./case.sh", "--yes"]);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        drop(child.stdout.take());
        let status = ended(&shell, &mut child);
        assert_eq!(status, Some(0), "{shell:?}\n{}", world.journal());
        assert_eq!(world.effects(), ["do one"], "{shell:?}");
    }
}

/// Every kind of a way back.
const WAYS_BACK: &str = r#"runbook "Ways back"
defaults { timeout 1m }
phase first {
  step one {
    $ ./act do one
  }
  step two {
    $ ./act do two
    harmless "it only looks"
  }
  rollback {
    $ ./act undo first
    verify $ ./act look first
  }
}
gate sure {
  confirm "Is it well?"
}
step last {
  $ ./act do last
  repeatable
  irreversible "it is gone" then "look in the archive"
}
"#;

#[test]
fn a_dry_run_tells_every_way_back() {
    for shell in shells::some(1) {
        let world = World::new(WAYS_BACK, &[]);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &["--dry-run"]);
        for wanted in [
            "\nblock first   after the release\n    the undo of `first`\n      $ ./act undo first\n    the verification of the undo of `first`\n      $ ./act look first\n",
            "\nstep one   after first\n    undone with all of first\n    `one`\n",
            "\nstep two   after one\n    nothing to undo: it only looks\n    `two`\n",
            "\nstep last   after sure\n    POINT OF NO RETURN: it is gone\n    then look in the archive\n    `last`\n",
        ] {
            assert!(told.text.contains(wanted), "{shell:?}{wanted}{}", told.text);
        }
    }
}

/// A check after the way back that fails.
#[test]
fn a_failed_ending_is_told_as_exec_tells_it() {
    let text = format!("{ASKING}on rollback {{\n  check well $ ./act look well\n}}\n");
    let text = text.replace("confirm \"Is it well?\"", "check \"It is\" $ ./act look it");
    let faults = ["look it".to_owned(), "look well".to_owned()];
    let exec = World::new(&text, &faults).exec(&[]);
    assert_eq!(exec.status, Some(4), "{}", exec.text);
    let warning = "     warning: `well` failed: ended with status ";
    assert!(exec.text.contains(warning), "{}", exec.text);
    for shell in shells::some(2) {
        let world = World::new(&text, &faults);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(4), "{shell:?}\n{}", told.text);
        assert_eq!(told.ending(), exec.ending(), "{shell:?}");
    }
}

#[test]
fn an_option_has_its_value_behind_it_or_behind_a_sign() {
    for shell in shells::some(2) {
        let world = begun(shell);
        let run = format!("--run={}", run_of(&world));
        let told = world.script(shell, &["--rollback", &run, "--reason=a = b"]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        assert!(told.text.contains("a = b"), "{shell:?}\n{}", told.text);
        for wrong in ["--nothing=1", "nothing"] {
            let told = world.script(shell, &[wrong]);
            let wanted = format!(
                "there is no option `{}`",
                wrong.split('=').next().unwrap_or(wrong)
            );
            assert!(told.text.contains(&wanted), "{shell:?}\n{}", told.text);
            assert_eq!(told.status, Some(2), "{shell:?}");
        }
        let told = world.script(shell, &["--grace"]);
        assert!(told.text.contains("--grace wants a value"), "{}", told.text);
    }
}

/// A moment is written as for `exec`, or as `date +%s` prints it.
#[test]
fn a_moment_is_understood_in_every_shell() {
    let now = jiff::Timestamp::now().as_second();
    let hour_ago = jiff::Timestamp::from_second(now - 3600).expect("a moment");
    let elsewhere = hour_ago + jiff::SignedDuration::from_mins(150);
    let in_utc = hour_ago.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let ahead = elsewhere.strftime("%Y-%m-%d %H:%M:%S+02:30").to_string();
    let seconds = hour_ago.as_second().to_string();
    let world = World::new("runbook \"Late\"\ncheck well $ true\n", &[]);
    world.export(&[]).expect("it can be exported");
    let told = world.exec(&["--start-at", &in_utc]);
    assert!(told.text.contains("T was 60m"), "{}", told.text);
    for shell in shells::installed() {
        for written in [&in_utc, &ahead, &seconds] {
            let told = world.script(shell, &["--start-at", written, "--grace", "08"]);
            assert_eq!(told.status, Some(0), "{shell:?} {written}\n{}", told.text);
            let about = format!("{shell:?} {written}\n{}", told.text);
            assert!(told.text.contains("T was 60m"), "{about}");
        }
    }
}

/// Some shells count no further than 32 bits: nothing begins at another moment.
#[test]
fn a_moment_far_away_begins_nothing_in_any_shell() {
    let world = World::new("runbook \"Late\"\ncheck well $ true\n", &[]);
    world.export(&[]).expect("it can be exported");
    for shell in shells::installed() {
        for written in [
            "1990-01-01T00:00:00Z",
            "2099-01-01T00:00:00Z",
            "99999999999",
        ] {
            let told = world.script(shell, &["--start-at", written]);
            let about = format!("{shell:?} {written}\n{}", told.text);
            assert_eq!(told.status, Some(2), "{about}");
            assert!(told.text.contains("nothing was changed"), "{about}");
        }
    }
}

#[test]
fn what_is_no_moment_and_no_duration_is_refused() {
    let world = World::new("runbook \"Late\"\ncheck well $ true\n", &[]);
    world.export(&[]).expect("it can be exported");
    for shell in shells::some(0) {
        for (option, values) in [
            (
                "--start-at",
                &[
                    "",
                    "soon",
                    "2026-02-29T10:00:00Z",
                    "2026-12-01T24:00:00Z",
                    "2026-12-01T14:00:00",
                    "2026-12-01",
                    "12:00Z",
                ][..],
            ),
            ("--wait", &["", "m", "10x", "10ms", "-5", "1.5h"]),
            ("--grace", &["s", "1h30"]),
        ] {
            for value in values {
                let told = world.script(shell, &[option, value]);
                let about = format!("{shell:?} {option} {value}\n{}", told.text);
                assert_eq!(told.status, Some(2), "{about}");
                let advice = if option == "--start-at" {
                    "a moment such as `2026-12-01T14:00:00Z`"
                } else {
                    "how long, such as `30s` or `10m`"
                };
                assert!(told.text.contains(advice), "{about}");
            }
        }
    }
}

/// Where numbers have 32 bits, a longer one would be none at all.
#[test]
fn options_take_as_long_as_plans_do() {
    let world = World::new(ASKING, &[]);
    world.export(&[]).expect("it can be exported");
    let over = [
        "101d",
        "2400h1s",
        "8640001",
        "144001m",
        "49711d",
        "123456789",
    ];
    for shell in shells::installed() {
        for option in ["--grace", "--wait"] {
            let told = world.script(shell, &["--dry-run", option, "100d"]);
            assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
            for value in over {
                let told = world.script(shell, &["--dry-run", option, value]);
                let about = format!("{shell:?} {option} {value}\n{}", told.text);
                assert_eq!(told.status, Some(2), "{about}");
                assert!(told.text.contains("at most 100 days"), "{about}");
            }
        }
    }
    for (value, status) in [("100d", 0), ("101d", 2)] {
        let told = world.exec(&["--dry-run", "--wait", value]);
        assert_eq!(told.status, Some(status), "{}", told.text);
    }
}

/// What stands at T does not begin before it.
#[test]
fn a_moment_to_come_is_waited_for() {
    let text = r#"runbook "Later"
defaults { timeout 1m }
phase late at T {
  step one {
    $ date +%s >>when
    rollback $ true
  }
}
"#;
    let world = World::new(text, &[]);
    world.export(&[]).expect("it can be exported");
    let waits = |program: &dyn Fn(&str) -> Told| {
        let moment = jiff::Timestamp::now().as_second() + 2;
        let written = jiff::Timestamp::from_second(moment).expect("a moment");
        let told = program(&written.to_string());
        assert_eq!(told.status, Some(0), "{}", told.text);
        let when = world.read("when").lines().last().map(str::parse::<i64>);
        assert!(when.expect("it ran").expect("a number") >= moment);
    };
    waits(&|moment| world.exec(&["--start-at", moment]));
    for shell in shells::some(2) {
        waits(&|moment| world.script(shell, &["--start-at", moment]));
    }
}

/// As by a variable that is not set: the whole run would begin, or another one go back.
#[test]
fn what_is_empty_missing_or_given_twice_begins_nothing() {
    let wrong: [(&[&str], &str); 14] = [
        (
            &["--from", ""],
            "--from wants a value, and this one is empty",
        ),
        (&["--state", "", "--rollback"], "--state wants a value, and"),
        (&["--directory="], "--directory wants a value, and"),
        (&["--approve", ""], "--approve wants a value, and"),
        (&["--rollback", "--run="], "--run wants the run"),
        (
            &["--state", "--resume"],
            "--state wants a value, found `--resume`",
        ),
        (&["--rollback", "--run", "--yes"], "write `--run=--yes`"),
        (
            &["--from", "one", "--from", "sure"],
            "--from stands there twice",
        ),
        (&["--yes=1"], "`--yes` takes no value"),
        (&["--roll-back"], "did you mean `--rollback`?"),
        (&["--wait"], "--wait wants a value"),
        (
            &["--set", "=x"],
            "`--set =x` has no name: write `--set name=value`",
        ),
        (&["--set", "--yes"], "--set wants a value, found `--yes`"),
        (&["--start-at", ""], "--start-at wants a moment such as"),
    ];
    for shell in shells::some(0) {
        let world = begun(shell);
        let before = world.journal();
        for (arguments, wanted) in wrong {
            let told = world.script(shell, arguments);
            assert!(
                told.text.contains(wanted),
                "{shell:?} {wanted}\n{}",
                told.text
            );
            assert_eq!(told.status, Some(2), "{shell:?}\n{}", told.text);
        }
        let told = world.script(shell, &["--directory", "/no/such"]);
        assert!(
            told.text.contains("`/no/such` is no directory"),
            "{}",
            told.text
        );
        let told = world.script(shell, &["--rollback", "--run", "no-such"]);
        assert!(told.text.contains("`--runs` lists them"), "{}", told.text);
        assert_eq!(world.journal(), before, "{shell:?}");
        assert_eq!(world.effects(), ["do one"], "{shell:?}");
        // A value may look like an option, or be empty where that is one.
        let told = world.script(shell, &["--rollback", "--reason=--yes"]);
        assert!(
            told.text.contains("asks to roll back: --yes"),
            "{}",
            told.text
        );
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
    }
}

/// `runbook rollback "$RUN"`, where that variable is not set.
#[test]
fn exec_takes_no_empty_name_for_its_only_run() {
    let world = World::new(ASKING, &[]);
    assert_eq!(world.exec(&[]).status, Some(5));
    for command in ["rollback", "resume", "runs", "report", "verify"] {
        let told = world.run(&[env!("CARGO_BIN_EXE_runbook")], &[command, ""]);
        let wanted = "the name of the run is empty: `runbook runs` lists them";
        assert!(told.text.contains(wanted), "{command}\n{}", told.text);
        assert_ne!(told.status, Some(0), "{command}\n{}", told.text);
    }
    assert_eq!(world.effects(), ["do one"]);
}
