//! Runs that begin in the middle, by `exec` and by scripts: what comes before is
//! neither run nor undone, and both say so in the same words.

use std::collections::BTreeSet;

use super::shells;
use super::world::{Told, World};
use crate::sitting::Sitting;

/// A bracket goes on around what comes later, and a parallel branch beside it.
const RELEASE: &str = r#"runbook "Release"
defaults { timeout 1m }
phase prepare {
  step backup {
    capture before $ ./act look backup
    $ ./act do backup
    output id from stdout `id: (\S+)`
    rollback $ ./act undo backup "$before"
  }
  check ready $ ./act look ready
  gate go {
    confirm "shall it go on?"
  }
  step note {
    $ ./act do note
    harmless "it only says so"
  }
}
with quiet {
  enter $ ./act do quiet
  leave $ ./act undo quiet
  step migrate {
    $ ./act do migrate "$backup_id"
    rollback $ ./act undo migrate "$backup_id"
  }
  parallel {
    phase left {
      step one {
        $ ./act do one
        rollback $ ./act undo one
      }
      step two {
        $ ./act do two "$backup_id"
        rollback $ ./act undo two
      }
    }
    step beside {
      $ ./act do beside
      rollback $ ./act undo beside
    }
  }
}
for share in [10, 50] {
  step shift {
    $ ./act do "shift-$share"
    rollback $ ./act undo "shift-$share"
  }
}
check well $ ./act look well
on failure {
  step report {
    $ ./act do report
    harmless "it only tells"
  }
}
"#;

/// Both with these arguments, in worlds of their own.
fn both(text: &str, faults: &[&str], shell: &[&str], arguments: &[&str]) -> [(World, Told); 2] {
    let faults: Vec<String> = faults.iter().map(|it| (*it).to_owned()).collect();
    let by_exec = World::new(text, &faults);
    let exec = by_exec.exec(arguments);
    let by_script = World::new(text, &faults);
    by_script.export(&[]).expect("it can be exported");
    let script = by_script.script(shell, arguments);
    [(by_exec, exec), (by_script, script)]
}

/// The last words but for times, and what to type.
fn last_words(told: &Told) -> Vec<String> {
    let lines = told.text.lines().map(str::trim);
    let words = lines.skip_while(|line| !line.starts_with("failed: "));
    let words = words.take_while(|line| !line.is_empty());
    let words = words.map(|line| match line.split_once(" after ") {
        Some((before, after)) => {
            let rest = after.split_once(": ").map_or("", |(_, rest)| rest);
            format!("{before}: {rest}")
        }
        // What stood beside each other is undone in any order.
        None if line.starts_with("undone: ") => {
            let mut words: Vec<&str> = line.split([' ', ',']).collect();
            words.sort_unstable();
            words.join(" ")
        }
        None => line.to_owned(),
    });
    words.collect()
}

#[test]
fn what_comes_before_is_neither_run_nor_undone() {
    for shell in shells::by_turn(1) {
        let arguments = ["--yes", "--from", "migrate", "--known", "backup.id=77"];
        for (faults, status) in [(&[][..], 0), (&["do shift-50"][..], 3)] {
            let [(by_exec, exec), (by_script, script)] = both(RELEASE, faults, shell, &arguments);
            assert_eq!(exec.status, Some(status), "{}", exec.text);
            assert_eq!(script.status, Some(status), "{shell:?}\n{}", script.text);
            let effects: BTreeSet<String> = by_exec.effects().into_iter().collect();
            for effect in [
                "do backup",
                "look backup",
                "look ready",
                "do note",
                "undo backup",
            ] {
                assert!(!effects.contains(effect), "{effect}: {effects:?}");
            }
            for effect in [
                "do quiet",
                "undo quiet",
                "do migrate 77",
                "do two 77",
                "do beside",
            ] {
                assert!(effects.contains(effect), "{effect}: {effects:?}");
            }
            let by_script: BTreeSet<String> = by_script.effects().into_iter().collect();
            assert_eq!(by_script, effects, "{shell:?}\n{}", script.text);
            for told in [&exec, &script] {
                let begins = "begins at migrate; taken as done: backup, ready, go, note";
                assert!(told.text.contains(begins), "{}", told.text);
                assert!(!told.text.contains("phase prepare"), "{}", told.text);
            }
            if status == 3 {
                let words = last_words(&exec).join("\n");
                let left = "not undone: backup: not done by this run, which began at migrate";
                assert!(words.contains(left), "{words}");
                assert_eq!(last_words(&script).join("\n"), words, "{shell:?}");
            }
        }
    }
}

/// What runs beside the beginning is not before it.
#[test]
fn only_what_surely_comes_before_is_taken_as_done() {
    let shell = shells::nth(3);
    let cases: [(&str, &[&str], &[&str]); 4] = [
        // The bracket goes on: it is entered again.
        (
            "two",
            &[
                "do backup",
                "do quiet",
                "do migrate",
                "do one",
                "do two",
                "do beside",
            ],
            &["do quiet", "do two", "do beside"],
        ),
        (
            "left",
            &["do migrate"],
            &["do quiet", "do one", "do two", "do beside"],
        ),
        (
            "shift[50]",
            &["do quiet", "do two", "do shift-10"],
            &["do shift-50"],
        ),
        (
            "prepare",
            &[],
            &["do backup", "look ready", "do quiet", "do shift-10"],
        ),
    ];
    for (from, not_run, run) in cases {
        let known: &[&str] = match from {
            "two" | "left" => &["--known", "backup.id=77"],
            _nothing_needed => &[],
        };
        let arguments = [&["--yes", "--from", from], known].concat();
        let worlds = both(RELEASE, &[], shell, &arguments);
        for (world, told) in worlds {
            assert_eq!(told.status, Some(0), "{from}: {}", told.text);
            let effects = world.effects();
            let has = |wanted: &str| effects.iter().any(|it| it.starts_with(wanted));
            for effect in run {
                assert!(has(effect), "{from}: {effect}: {effects:?}");
            }
            for effect in not_run.iter().filter(|it| !run.contains(it)) {
                assert!(!has(effect), "{from}: {effect}: {effects:?}");
            }
        }
    }
}

#[test]
fn what_cannot_be_is_said_before_anything_runs() {
    let wrong: [(&[&str], &str); 12] = [
        (
            &["--from", "migrat"],
            "nothing that runs is called `migrat`: did you mean `migrate`?",
        ),
        (
            &["--from", "shift"],
            "`shift` is several: say which of `shift[10]`, `shift[50]`",
        ),
        (
            &["--from", "report"],
            "nothing that runs is called `report`",
        ),
        (&["--from", "off"], "`off` does not run with these values"),
        (
            &["--from", "migrate"],
            "from `migrate` on, `migrate` needs `id` of `backup`, which is not run: give it with `--known backup.id=VALUE`, or begin at `backup` or before it",
        ),
        (
            &[
                "--from",
                "migrate",
                "--known",
                "backup.id=1",
                "--known",
                "migrate.id=2",
            ],
            "nothing that is taken as done is called `migrate`",
        ),
        (
            &["--from", "migrate", "--known", "backup.if=1"],
            "`backup` gives no `if`: it gives before, id",
        ),
        (
            &["--from", "migrate", "--known", "backup.before id=1"],
            "`backup` gives no `before id`: it gives before, id",
        ),
        (
            &["--from", "migrate", "--known", "backup.=1"],
            "`backup` gives no ``: it gives before, id",
        ),
        (
            &["--from", "migrate", "--known", "ready.id=1"],
            "`ready` gives no `id`: it gives nothing",
        ),
        (
            &["--from", "migrate", "--known", "backup"],
            "`--known backup`: write it as `step.name=value`",
        ),
        (
            &["--from", "late"],
            "from `late` on, `calm` compares with the time before any change, and `backup` has changed something already: begin at `backup` or before it",
        ),
    ];
    let more = r#"
param version: string = "1.0"
metric errors: percent = $ ./act measure errors
step off when version == "2.0" {
  $ ./act do off
  rollback $ ./act undo off
}
step late {
  $ ./act do late
  rollback $ ./act undo late
}
gate calm {
  hold errors not worse than baseline fail > 5% for 1m every 10s
}
on failure {"#;
    let text = RELEASE.replace("\non failure {", more);
    let shell = shells::nth(5);
    for (arguments, why) in wrong {
        let arguments = [&["--yes"], arguments].concat();
        // Before the last phase nothing is compared with a baseline.
        let text = match arguments.contains(&"late") || arguments.contains(&"off") {
            true => &text,
            false => RELEASE,
        };
        for (world, told) in both(text, &[], shell, &arguments) {
            assert_eq!(told.status, Some(2), "{arguments:?}\n{}", told.text);
            let first = told.text.lines().next().unwrap_or_default();
            assert!(
                first.starts_with(&format!("error: {why}")),
                "{arguments:?}: {}",
                told.text
            );
            assert!(world.effects().is_empty(), "{:?}", world.effects());
        }
    }
}

/// It stops on the way.
const STOPS: [&str; 2] = [
    "rollback $ ./act undo \"shift-$share\"",
    "repeatable\n    else stop\n    rollback $ ./act undo \"shift-$share\"",
];
const ODD: &str = "it's \"odd\"\n $(touch pwned) `x` *";

#[test]
fn a_run_keeps_where_it_began() {
    let text = RELEASE.replace(STOPS[0], STOPS[1]);
    let known = format!("backup.id={ODD}");
    let arguments = ["--yes", "--from", "two", "--known", &known];
    for shell in shells::by_turn(4) {
        let worlds = both(&text, &["do shift-50"], shell, &arguments);
        for (at, (world, told)) in worlds.into_iter().enumerate() {
            assert_eq!(told.status, Some(5), "{}", told.text);
            world.write("faults", "look well\n");
            let again = match at {
                0 => world.run(&[env!("CARGO_BIN_EXE_runbook")], &["resume"]),
                _script => world.script(shell, &["--resume"]),
            };
            assert_eq!(again.status, Some(3), "{}", again.text);
            let begins = "begins at two; taken as done: backup, ready, go, note, migrate, one";
            assert!(again.text.contains(begins), "{}", again.text);
            let effects = world.effects().join("\n");
            assert!(effects.contains(&format!("do two {ODD}")), "{effects}");
            assert!(effects.contains("undo two"), "{effects}");
            for effect in [
                "do backup",
                "undo backup",
                "do migrate",
                "undo one",
                "undo migrate",
            ] {
                assert!(!effects.contains(effect), "{effect}: {effects}");
            }
            assert!(!world.path().join("pwned").exists());
        }
    }
}

/// What nobody confirms is not taken as done: there may be checks and approvals
/// among it.
#[test]
fn a_person_confirms_what_is_taken_as_done() {
    let faults: [String; 0] = [];
    let mut lines = vec![(
        format!("'{}' exec case.runbook", env!("CARGO_BIN_EXE_runbook")),
        false,
    )];
    for shell in shells::some(0) {
        lines.push((format!("{} ./case.sh", shell.join(" ")), true));
    }
    for (line, is_script) in lines {
        for (key, status, shifted) in [("n", 1, false), ("what\ny", 0, true)] {
            let world = World::new(RELEASE, &faults);
            if is_script {
                world.export(&[]).expect("it can be exported");
            }
            let line = format!("{line} --from 'shift[50]'");
            let mut sitting = Sitting::begin(&line, |command| {
                command
                    .current_dir(world.path())
                    .env("LC_ALL", "C.UTF-8")
                    .env("RUNBOOK_STATE", world.path().join("state"));
            });
            sitting.sees("is all of this done?");
            sitting.types(&format!("{key}\n"));
            let (ended, shown) = sitting.ends();
            assert_eq!(ended, Some(status), "{line}\n{shown}");
            let effects = world.effects();
            assert_eq!(
                effects.contains(&"do shift-50".to_owned()),
                shifted,
                "{line}"
            );
            assert!(!effects.contains(&"do shift-10".to_owned()), "{line}");
        }
    }
    // Where nobody can be asked, nothing is taken as done by itself.
    let shell = shells::nth(0);
    for (world, told) in both(RELEASE, &[], shell, &["--from", "shift[50]"]) {
        assert_eq!(told.status, Some(1), "{}", told.text);
        assert!(told.text.contains("`--yes` confirms it"), "{}", told.text);
        assert!(world.effects().is_empty());
    }
}

const BEHIND: &str = r#"runbook "Behind"
defaults { timeout 1m }
gate sure {
  confirm "for good?"
}
step drop_column {
  $ ./act do drop_column
  repeatable
  irreversible "the data is gone" then "restore the dump of today"
}
step after {
  $ ./act do after
  rollback $ ./act undo after
}
"#;

/// Nobody slips past the gate before it.
#[test]
fn no_run_begins_between_a_point_of_no_return_and_its_gate() {
    let why = "from `drop_column` on, no gate is left before `drop_column`, which cannot be undone: begin at `sure` or before it";
    for shell in shells::by_turn(3) {
        let arguments = ["--yes", "--from", "drop_column"];
        for (world, told) in both(BEHIND, &[], shell, &arguments) {
            assert_eq!(told.status, Some(2), "{}", told.text);
            assert!(told.text.contains(why), "{}", told.text);
            assert!(world.effects().is_empty(), "{:?}", world.effects());
        }
        for (world, told) in both(BEHIND, &[], shell, &["--yes", "--from", "sure"]) {
            assert_eq!(told.status, Some(0), "{}", told.text);
            assert_eq!(world.effects(), ["do drop_column", "do after"]);
        }
    }
}

/// Production is behind it, whoever went there.
#[test]
fn a_point_of_no_return_that_is_taken_as_done_says_what_is_next() {
    for shell in shells::by_turn(2) {
        for faults in [&["do after"][..], &["do after", "undo after"]] {
            let told = both(BEHIND, faults, shell, &["--yes", "--from", "after"]);
            let [(_, exec), (_, script)] = told;
            assert_eq!(script.status, exec.status, "{}\n{}", exec.text, script.text);
            if faults.len() == 1 {
                let next = "next: restore the dump of today";
                assert!(exec.text.contains(next), "{}", exec.text);
            }
            let words = |told: &Told| {
                let mut words = last_words(told);
                words.retain(|word| !word.contains("rollback"));
                words
            };
            assert_eq!(words(&script), words(&exec), "{shell:?}");
        }
    }
}

const AROUND: &str = r#"runbook "Around"
defaults { timeout 1m }
gate sure {
  confirm "for good?"
}
phase all {
  step first $ ./act do first
  step point {
    $ ./act do point
    repeatable
    irreversible "the data is gone" then "restore the dump of today"
  }
  step last {
    $ ./act do last
    repeatable
  }
  rollback $ ./act undo all
}
"#;

/// The rollback of a block would take back a point of no return with the rest.
#[test]
fn no_rollback_leads_over_a_point_of_no_return_that_is_taken_as_done() {
    for shell in shells::by_turn(3) {
        let [(by_exec, exec), (by_script, script)] =
            both(AROUND, &["do last #1"], shell, &["--yes", "--from", "last"]);
        assert_eq!(exec.status, Some(4), "{}", exec.text);
        assert_eq!(script.status, Some(4), "{shell:?}\n{}", script.text);
        for world in [by_exec, by_script] {
            // As without a beginning: it is finished instead.
            assert_eq!(world.effects(), ["do last", "do last"]);
        }
        let words = last_words(&exec).join("\n");
        assert!(
            words.contains("frozen past a point of no return"),
            "{words}"
        );
        assert!(words.contains("next: restore the dump of today"), "{words}");
        assert_eq!(last_words(&script).join("\n"), words, "{shell:?}");
    }
}

const TOGETHER: &str = r#"runbook "Together"
defaults { timeout 1m }
step before {
  $ ./act do before
  rollback $ ./act undo before
}
phase all {
  step first $ ./act do first
  step last $ ./act do last
  rollback $ ./act undo all
}
"#;

/// What the rollback of a block takes back does not stay, whoever had done it.
#[test]
fn what_a_block_undoes_is_not_said_to_stay() {
    let arguments = ["--yes", "--from", "last"];
    for shell in shells::by_turn(2) {
        for (faults, stays) in [
            (&["do last"][..], "before"),
            (&["do last", "undo all"], "before, first"),
        ] {
            let [(_, exec), (_, script)] = both(TOGETHER, faults, shell, &arguments);
            let words = last_words(&exec).join("\n");
            let left = format!("not undone: {stays}: not done by this run, which began at last");
            assert!(words.contains(&left), "{words}");
            assert!(
                last_words(&script).join("\n").contains(&left),
                "{}",
                script.text
            );
        }
    }
}

const REHEARSED: &str = r#"runbook "Rehearsed"
defaults { timeout 1m }
param target: string = "staging"
gate tried when target == "production" {
  rehearsed on "staging" within 7d
}
step one {
  $ ./act do one
  rollback $ ./act undo one
}
check well $ ./act look well
"#;

/// Half of a release is no rehearsal of it.
#[test]
fn what_began_in_the_middle_was_no_rehearsal() {
    let shell = shells::nth(6);
    for is_script in [false, true] {
        let world = World::new(REHEARSED, &[]);
        let run = |target: &str, fails: bool, more: &[&str], status: i32| {
            world.write("faults", if fails { "look well\n" } else { "" });
            let target = format!("target={target}");
            let told = if is_script {
                world
                    .export(&["--set", &target])
                    .expect("it can be exported");
                world.script(shell, &[&["--yes"], more].concat())
            } else {
                world.exec(&[&["--yes", "--set", &target], more].concat())
            };
            assert_eq!(told.status, Some(status), "{target}\n{}", told.text);
        };
        run("staging", false, &["--from", "well"], 0);
        run("staging", true, &["--from", "one"], 3);
        run("staging", true, &[], 3);
        run("production", false, &[], 1);
        run("staging", false, &[], 0);
        run("production", false, &[], 0);
    }
}

const NOTHING_BEFORE: &str = r#"runbook "Nothing before"
defaults { timeout 1m }
phase empty {
  step off when 1 > 2 {
    $ ./act do off
    rollback $ ./act undo off
  }
}
phase full {
  step one {
    $ ./act do one
    rollback $ ./act undo one
  }
}
"#;

/// What its own `when` skips is not taken as done, so it gave nothing.
#[test]
fn a_value_of_what_would_not_run_is_refused() {
    let output = "$ ./act do off\n    output id from stdout `id: (\\S+)`";
    let text = NOTHING_BEFORE.replace("$ ./act do off", output);
    let one = "  step one {\n    $ ./act do one\n    rollback $ ./act undo one\n  }\n";
    assert!(text.contains(one), "{text}");
    let text = text.replace(one, &format!("{one}{}", one.replace("one", "two")));
    let arguments = ["--yes", "--from", "two", "--known", "off.id=1"];
    for (world, told) in both(&text, &[], shells::nth(2), &arguments) {
        assert_eq!(told.status, Some(2), "{}", told.text);
        let why = "nothing that is taken as done is called `off`";
        assert!(told.text.contains(why), "{}", told.text);
        assert!(world.effects().is_empty(), "{:?}", world.effects());
    }
}

/// Where nothing runs before it, it is the whole run, and nobody is asked.
#[test]
fn with_nothing_before_it_is_the_whole_run() {
    let shell = shells::nth(1);
    let told = both(NOTHING_BEFORE, &[], shell, &["--from", "full"]);
    for (world, told) in &told {
        assert_eq!(told.status, Some(0), "{}", told.text);
        assert!(!told.text.contains("begins at"), "{}", told.text);
        assert_eq!(world.effects(), ["do one"]);
    }
    let [(_, exec), (_, script)] = told;
    assert_eq!(script.trace(), exec.trace());
}
