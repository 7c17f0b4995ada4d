//! Gates of scripts that wait for more than measurements: windows, rehearsals,
//! the approvals of others.

use std::process::{Command, Stdio};

use proptest::prelude::*;
use runbook::plan::{Window, WindowSpan};
use runbook::types::window;

use super::shells;
use super::world::{Told, World};
use crate::chance::runner;

const ZONES: [&str; 6] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Pacific/Apia",
];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A rule, and the same in the language.
fn spans() -> impl Strategy<Value = (WindowSpan, String)> {
    let hours = prop_oneof![
        Just(None),
        (0..1440_u16, 0..1440_u16)
            .prop_filter("some time", |(a, b)| a != b)
            .prop_map(Some),
    ];
    let days = prop::collection::btree_set(0..7_u8, 0..4);
    let dates = prop::option::of((0..700_i64, 0..40_i64));
    let reason = prop::option::of("[a-z ']{1,8}");
    (hours, days, dates, 0..ZONES.len(), reason).prop_map(|(hours, days, dates, zone, reason)| {
        let day = |day: i64| {
            let at = jiff::civil::date(2026, 3, 1).checked_add(jiff::ToSpan::days(day));
            at.expect("a day").to_string()
        };
        let dates = dates.map(|(first, more)| (day(first), day(first + more)));
        let mut words: Vec<String> = Vec::new();
        if let Some((first, last)) = &dates {
            words.push(format!("{first}..{last}"));
        }
        if !days.is_empty() {
            let days: Vec<&str> = days.iter().map(|day| DAYS[usize::from(*day)]).collect();
            words.push(days.join(", "));
        }
        if let Some((from, to)) = hours {
            let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
            words.push(format!("{}..{}", time(from), time(to)));
        }
        words.push(format!("in \"{}\"", ZONES[zone]));
        if let Some(reason) = &reason {
            words.push(format!("\"{reason}\""));
        }
        let span = WindowSpan {
            days: days.into_iter().collect(),
            dates: dates.into_iter().collect(),
            hours,
            zone: ZONES[zone].to_owned(),
            reason,
        };
        (span, words.join(" "))
    })
}

/// The tables and the window's program of a script, which then looks at each of
/// these moments.
fn look(script: &str, moments: &[i64], shell: &[&str]) -> Vec<String> {
    let plan = script.split("\n# === How").next().unwrap_or(script);
    let tables = plan.lines().map(str::trim);
    let tables: Vec<&str> = tables
        .filter(|line| line.starts_with("zone ") || line.starts_with("span "))
        .filter(|line| !line.starts_with("zone = "))
        .collect();
    let begin = script
        .find("# Windows: when a gate may open")
        .expect("it is there");
    let rest = &script[begin..];
    let piece = &rest[..rest.find("\n# The record:").unwrap_or(rest.len())];
    let moments: Vec<String> = moments.iter().map(i64::to_string).collect();
    let text = format!(
        "set -uf\nrb_newline='\n'\nrb_print() {{ printf '%s\\n' \"$1\"; }}\nrb_clock() {{ rb_now=0; }}\nrb_deaf() {{ :; }}\n\
         rb_record() {{ shift 2; rb_print \"$*\"; }}\ndate() {{ echo \"$moment\"; }}\n{piece}\n{}\n\
         for moment in {}; do rb_look_at_clock go_1; done\n",
        tables.join("\n"),
        moments.join(" ")
    );
    let output = Command::new(shell[0])
        .args(&shell[1..])
        .args(["-c", &text])
        .stdin(Stdio::null())
        .output()
        .expect("it starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(errors, "", "{text}");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn windows_open_and_close_as_for_exec() {
    let some = prop::collection::vec(spans(), 1..3);
    let cases = (
        some,
        prop::collection::vec(spans(), 0..2),
        prop::collection::vec(0..63_000_000_i64, 12),
    );
    let number = std::cell::Cell::new(0);
    let result = runner(12).run(&cases, |(allow, deny, moments)| {
        let rules = allow.iter().map(|(_, words)| format!("  allow {words}\n"));
        let denied = deny.iter().map(|(_, words)| format!("  deny {words}\n"));
        let rules: String = rules.chain(denied).collect();
        let text = format!(
            "runbook \"Waits\"\nwindow hours {{\n{rules}}}\ngate go {{\n  window hours\n}}\nstep one {{\n  \
             $ true\n  harmless \"no\"\n}}\n"
        );
        let world = World::new(&text, &[]);
        if let Err(why) = world.export(&[]) {
            // Rules that can never be open are refused by the checks.
            prop_assert!(why.contains("RB"), "{}\n{}", why, text);
            return Ok(());
        }
        let all = |spans: &[(WindowSpan, String)]| spans.iter().map(|(span, _)| span.clone()).collect();
        let window = Window {
            name: "hours".to_owned(),
            allow: all(&allow),
            deny: all(&deny),
        };
        // From March 2026 on, some at full minutes, at which things change.
        let moments: Vec<i64> = moments
            .iter()
            .enumerate()
            .map(|(at, moment)| 1_772_323_200 + if at % 3 == 0 { moment / 60 * 60 } else { *moment })
            .collect();
        // And where it opens or closes.
        let changes = moments.iter().step_by(4).filter_map(|moment| {
            let changes_at = window::state(&window, moment * 1_000).changes_at?;
            Some(changes_at / 1_000)
        });
        let changes: Vec<i64> = changes.flat_map(|at| [at - 1, at]).collect();
        let moments = [moments, changes].concat();
        number.set(number.get() + 1);
        let shell = shells::nth(number.get());
        let seen = look(&world.read("case.sh"), &moments, shell);
        for (moment, seen) in moments.iter().zip(&seen) {
            let state = window::state(&window, moment * 1_000);
            let left = state.changes_at.map(|at| (at / 1_000 - moment).min(3_600) * 100);
            let left = left.map_or("-".to_owned(), |left| left.to_string());
            let word = if state.open { "open" } else { "closed" };
            let wanted = format!("{word} {left} {}", state.reason.unwrap_or_default());
            prop_assert_eq!(seen.trim_end(), wanted.trim_end(), "{} in {:?}\n{}", moment, shell, text);
        }
        prop_assert_eq!(seen.len(), moments.len());
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}

#[test]
fn a_window_that_is_over_fails_its_gate() {
    let text = "runbook \"Late\"\nwindow past {\n  allow 2026-01-01..2026-01-02 in \"UTC\"\n}\n\
                defaults { timeout 1m }\nstep one {\n  $ ./act do one\n  rollback $ ./act undo one\n}\n\
                gate go {\n  window past\n}\n";
    for shell in shells::some(1) {
        let world = World::new(text, &[]);
        if world.export(&[]).is_err() {
            return;
        }
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        assert!(
            told.text.contains("the window is closed: "),
            "{}",
            told.text
        );
        assert_eq!(world.effects(), ["do one", "undo one"], "{shell:?}");
    }
}

const REHEARSED: &str = r#"runbook "Rehearsed"
param target: "laptop" | "staging" | "production"
param fails: string = "no"
defaults { timeout 1m }
gate tried when target == "production" {
  rehearsed on "staging" within 7d
}
step one {
  $ ./act do "$target"
  rollback $ ./act undo "$target"
}
check well $ test "$fails" = no
"#;

#[test]
fn what_was_not_rehearsed_does_not_begin() {
    for shell in shells::by_turn(7) {
        let world = World::new(REHEARSED, &[]);
        let export = |target: &str| world.export(&["--set", &format!("target={target}")]);
        let production = |status: i32| {
            export("production").expect("it can be exported");
            let told = world.script(shell, &[]);
            assert_eq!(told.status, Some(status), "{shell:?}\n{}", told.text);
        };
        let tries = |target: &str, fails: &str, status: i32| {
            export(target).expect("it can be exported");
            let told = world.script(shell, &["--set", &format!("fails={fails}")]);
            assert_eq!(told.status, Some(status), "{shell:?}\n{}", told.text);
        };
        // Elsewhere is nothing that counts.
        tries("laptop", "no", 0);
        tries("laptop", "yes", 3);
        production(1);
        tries("staging", "no", 0);
        // The way back was not tried yet.
        production(1);
        tries("staging", "yes", 3);
        production(0);
        assert_eq!(
            world.effects().last().map(String::as_str),
            Some("do production")
        );
        // Nor is what has become another text since.
        world.write(
            "case.runbook",
            &REHEARSED.replace("check well", "check fine"),
        );
        production(1);
        // Nor what was too long ago.
        world.write("case.runbook", REHEARSED);
        let week = 7 * 24 * 3_600;
        for run in std::fs::read_dir(world.path().join("state/exported/case/runs"))
            .expect("it is there")
            .flatten()
        {
            let journal = run.path().join("journal");
            let text = std::fs::read_to_string(&journal).expect("it is there");
            let begun = text.split(' ').nth(4).expect("a moment").to_owned();
            let before = begun.parse::<u64>().expect("a moment") - week - 60;
            let text = text.replacen(&begun, &before.to_string(), 1);
            std::fs::write(&journal, text).expect("it can be written");
        }
        production(1);
    }
}

const UNDECIDED: &str = r#"runbook "Undecided"
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
gate slow {
  check "Well" $ sleep 1000
  timeout 300ms
}
"#;

#[test]
fn a_gate_that_is_not_decided_in_time_does_not_open() {
    let exec = World::new(UNDECIDED, &[]).exec(&[]);
    assert_eq!(exec.status, Some(3), "{}", exec.text);
    assert!(exec.text.contains("not decided within"), "{}", exec.text);
    for shell in shells::by_turn(4) {
        let world = World::new(UNDECIDED, &[]);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        assert_eq!(told.ending(), exec.ending(), "{shell:?}\n{}", told.text);
    }
}

/// Runs a script as another user, whose name `id` says.
fn as_user(world: &World, user: &str, shell: &[&str], arguments: &[&str]) -> Told {
    let bin = world.path().join(format!("as-{user}"));
    let _ = std::fs::create_dir(&bin);
    let id = bin.join("id");
    std::fs::write(&id, format!("#!/bin/sh\necho '{user}'\n")).expect("it can be written");
    let mut permissions = std::fs::metadata(&id).expect("it is there").permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
    std::fs::set_permissions(&id, permissions).expect("it can be");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = world.command(shell, &[&["./case.sh"], arguments].concat());
    command.env("PATH", format!("{}:{path}", bin.display()));
    let output = command.output().expect("it starts");
    let text = [output.stdout, output.stderr].concat();
    Told {
        status: output.status.code(),
        text: String::from_utf8_lossy(&text).into_owned(),
    }
}

const CREW: &str = r#"runbook "Crew"
role crew = ["ada", "grace", "linus", "Mary Jane"]
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
gate go {
  approve by crew count 2
}
step two {
  $ ./act do two
  rollback $ ./act undo two
}
"#;

#[test]
fn several_people_approve_a_script() {
    for (number, shell) in shells::installed().iter().enumerate() {
        let world = World::new(CREW, &[]);
        world.export(&[]).expect("it can be exported");
        let told = as_user(&world, "ada", shell, &[]);
        assert_eq!(told.status, Some(5), "{shell:?}\n{}", told.text);
        // The one who started it does not count, nor does a stranger.
        for (user, words) in [("ada", "may not approve"), ("eve", "may not approve")] {
            let told = as_user(&world, user, shell, &["--approve", "go"]);
            assert_eq!(told.status, Some(1), "{shell:?}\n{}", told.text);
            assert!(told.text.contains(words), "{shell:?}\n{}", told.text);
        }
        let told = as_user(&world, "grace", shell, &["--approve", "nothing"]);
        assert_eq!(told.status, Some(1), "{shell:?}\n{}", told.text);
        for _twice in 0..2 {
            let told = as_user(&world, "grace", shell, &["--approve", "go"]);
            assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        }
        let told = as_user(&world, "ada", shell, &["--resume"]);
        assert_eq!(
            told.status,
            Some(5),
            "one is not two: {shell:?}\n{}",
            told.text
        );
        let reject = number % 3 == 2;
        let other = match reject {
            true => as_user(
                &world,
                "linus",
                shell,
                &["--reject", "go", "--reason", "not today"],
            ),
            false => as_user(&world, "Mary Jane", shell, &["--approve", "go"]),
        };
        assert_eq!(other.status, Some(0), "{shell:?}\n{}", other.text);
        let told = as_user(&world, "ada", shell, &["--resume"]);
        let journal = std::fs::read_to_string(world.script_run().join("journal"));
        let journal = journal.expect("it is there");
        let about = format!("{shell:?}\n{}\n{journal}", told.text);
        if reject {
            assert_eq!(told.status, Some(3), "{about}");
            assert!(
                told.text.contains("rejected by linus: not today"),
                "{about}"
            );
            assert_eq!(world.effects(), ["do one", "undo one"], "{about}");
        } else {
            assert_eq!(told.status, Some(0), "{about}");
            assert_eq!(world.effects(), ["do one", "do two"], "{about}");
            for name in ["grace", "Mary\u{1f}Jane"] {
                let line = format!("answered approve:go_1 yes {name} --approve");
                assert!(journal.contains(&line), "{about}");
            }
        }
    }
}

const SHOWN: &str = r#"runbook "Shown"
defaults { timeout 1m }
step build {
  $ printf 'build 7  5\033[31m\n'
  output number from stdout `build (.*)`
  harmless "nobody reads it"
}
gate go {
  confirm "shall {build.number} go on?"
}
"#;

/// A person is asked about the value, and not about its name.
#[test]
fn a_question_shows_the_values_it_is_about() {
    let by_exec = World::new(SHOWN, &[]);
    let exec = by_exec.exec(&["--yes"]);
    assert_eq!(exec.status, Some(0), "{}", exec.text);
    assert!(exec.text.contains("shall 7  5"), "{}", exec.text);
    for shell in shells::installed() {
        let world = World::new(SHOWN, &[]);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &["--yes"]);
        let about = format!("{shell:?}\n{}\n--- exec\n{}", told.text, exec.text);
        assert_eq!(told.status, Some(0), "{about}");
        // What would drive a terminal has a sign of its own in each.
        let trace: Vec<String> = exec
            .trace()
            .iter()
            .map(|it| it.replace('\u{241b}', "?"))
            .collect();
        assert_eq!(told.trace(), trace, "{about}");
    }
}
