//! Scripts at a terminal: people who type what nobody asked for, and jobs in the
//! background.

use super::shells;
use super::world::World;
use crate::sitting::Sitting;

const ASKS: &str = r#"runbook "Asks"
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
gate sure {
  confirm "Is it well?"
}
step two {
  $ ./act do two
  else ask
  rollback $ ./act undo two
}
"#;

fn sitting(world: &World, line: &str) -> Sitting {
    Sitting::begin(line, |command| {
        command
            .current_dir(world.path())
            .env("LC_ALL", "C.UTF-8")
            .env("RUNBOOK_STATE", world.path().join("state"));
    })
}

/// Ctrl-D at each question is no answer, and nobody is deaf after it.
#[test]
fn the_end_of_a_line_does_not_end_the_conversation() {
    for shell in shells::installed() {
        let world = World::new(ASKS, &["do two".to_owned(), "undo one".to_owned()]);
        world.export(&[]).expect("it can be exported");
        let mut sitting = sitting(&world, &(shell.join(" ") + " ./case.sh"));
        let questions = [
            ("Is it well?", "yes\n"),
            ("`two` failed", "\u{3}"),
            ("interrupted: what now?", "go on\n"),
            ("]o on: go on", "roll back\n"),
            ("failed in all its tries", "skip it\n"),
        ];
        let refused = |it: &Sitting| it.shown().matches("`` is no answer here").count();
        for (words, answer) in questions {
            sitting.sees(words);
            sitting.waits_for("question", |it| it.shown().ends_with(": "));
            // Ctrl-C may have ended a line, too.
            let before = refused(&sitting);
            sitting.types("\u{4}");
            sitting.waits_for("refusal", |it| {
                refused(it) > before && it.shown().ends_with(": ")
            });
            sitting.types(answer);
        }
        let (status, shown) = sitting.ends();
        assert_eq!(status, Some(3), "{shell:?}\n{shown}");
        let effects = ["do one", "do two", "undo two", "undo one"];
        assert_eq!(world.effects(), effects, "{shell:?}");
    }
}

/// In the background a terminal cannot be read from: the run waits instead, as where
/// there is none.
#[test]
fn a_job_in_the_background_asks_nobody() {
    for shell in shells::installed() {
        let world = World::new(ASKS, &[]);
        world.export(&[]).expect("it can be exported");
        let script = shell.join(" ") + " ./case.sh";
        let line = format!("bash -c 'set -m; {script} & wait $!; echo it ended with $?'");
        let (_, shown) = sitting(&world, &line).ends();
        assert!(shown.contains("ended with 5"), "{shell:?}\n{shown}");
        assert!(
            shown.contains("nobody can be asked here"),
            "{shell:?}\n{shown}"
        );
    }
}

/// Programs that carry out the same runbook: `exec`, and its script in some shells.
fn programs(number: usize) -> Vec<String> {
    let exec = format!("{} exec case.runbook", env!("CARGO_BIN_EXE_runbook"));
    let scripts = shells::some(number).map(|shell| shell.join(" ") + " ./case.sh");
    std::iter::once(exec).chain(scripts).collect()
}

/// Whoever began it and may not approve it may neither reject it, and can stop it.
#[test]
fn who_may_not_approve_is_told_so_and_can_stop() {
    let gate = "approve by crew";
    let text = ASKS.replace("confirm \"Is it well?\"", gate) + "role crew = [\"nobody-else\"]\n";
    for program in programs(1) {
        let world = World::new(&text, &[]);
        world.export(&[]).expect("it can be exported");
        let mut sitting = sitting(&world, &program);
        sitting.sees("waiting for others");
        sitting.types("no\n");
        sitting.sees("may not reject it");
        sitting.types("yes\n");
        sitting.sees("may not approve it");
        sitting.types("stop here\n");
        let (status, shown) = sitting.ends();
        assert_eq!(status, Some(5), "{program}\n{shown}");
        assert!(shown.contains("waiting: stopped by "), "{program}\n{shown}");
        assert_eq!(world.effects(), ["do one"], "{program}");
        if program.contains(" exec ") {
            let run = shown.split_once("\nrun ").map(|(_, it)| it);
            let run = run.and_then(|it| it.split_whitespace().next()).unwrap();
            let typed = format!("(`runbook approve {run} sure`)");
            assert!(shown.contains(&typed), "{typed}\n{shown}");
        }
        // What others are to type finds this run from elsewhere.
        if let Some(typed) = shown.split('`').find(|it| it.contains(" --approve sure ")) {
            let typed = format!("cd / && unset RUNBOOK_STATE && HOME=/nonexistent {typed}");
            let told = world.run(&["sh", "-c", &typed], &[]);
            assert!(
                told.text.contains("it wants crew"),
                "{typed}\n{}",
                told.text
            );
        }
    }
}

/// Ctrl-C where a reason is asked for: what is typed then decides about the run, and
/// is no reason.
#[test]
fn an_interruption_of_a_reason_is_decided_first() {
    for program in programs(2) {
        let world = World::new(ASKS, &[]);
        world.export(&[]).expect("it can be exported");
        let mut sitting = sitting(&world, &program);
        sitting.sees("Is it well?");
        sitting.types("no\n");
        sitting.sees("why? ");
        sitting.types("\u{3}");
        sitting.sees("interrupted: what now?");
        sitting.types("roll back\n");
        let (status, shown) = sitting.ends();
        assert_eq!(status, Some(3), "{program}\n{shown}");
        assert!(shown.contains(": interrupted"), "{program}\n{shown}");
        assert_eq!(world.effects(), ["do one", "undo one"], "{program}");
    }
}

/// Whoever looks at a run, or goes on with it, sees what it waits for.
#[test]
fn what_a_run_waits_for_is_told() {
    let waits = r#"runbook "Waits"
gate pause {
  wait 6s
}
phase late at T + 10h {
  check well $ true
}
"#;
    for program in programs(2).into_iter().take(2) {
        let world = World::new(waits, &[]);
        world.export(&[]).expect("it can be exported");
        let mut begun = sitting(&world, &program);
        begun.sees("pause still waits: ");
        begun.sees("late waits for its moment, 9h");
        begun.types("\u{3}");
        begun.sees("interrupted: what now?");
        begun.types("pause\n");
        let (status, shown) = begun.ends();
        assert_eq!(status, Some(5), "{program}\n{shown}");
        assert!(shown.contains("s left"), "{program}\n{shown}");
        let again = match program.strip_suffix(" exec case.runbook") {
            Some(runbook) => format!("{runbook} resume"),
            None => format!("{program} --resume"),
        };
        let mut resumed = sitting(&world, &again);
        resumed.sees("resumed by ");
        resumed.sees("late waits for its moment, 9h");
    }
}

/// What is typed after it was killed at a question is meant for others.
#[test]
fn who_was_killed_at_a_question_reads_nothing_more() {
    for program in programs(0) {
        let world = World::new(ASKS, &[]);
        world.export(&[]).expect("it can be exported");
        let line = format!(
            "sh -c 'echo $$ >driver; exec {program}'; IFS= read -r line; echo \"heard $line\""
        );
        let mut sitting = sitting(&world, &line);
        sitting.sees("Is it well?");
        sitting.waits_for("question", |it| it.shown().ends_with(": "));
        // It is being read by then.
        std::thread::sleep(std::time::Duration::from_millis(300));
        let killed = world.run(&["sh", "-c", "kill -KILL $(cat driver)"], &[]);
        assert_eq!(killed.status, Some(0), "{program}");
        std::thread::sleep(std::time::Duration::from_secs(3));
        sitting.types("yes\n");
        sitting.sees("heard yes");
        assert_eq!(world.effects(), ["do one"], "{program}");
    }
}
