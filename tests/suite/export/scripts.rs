//! Scripts of runbooks that were thought of.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::measuring::files;
use super::shells;
use super::world::{World, wait_until};

const SIMPLE: &str = r#"runbook "Simple"
param version: version = "1.2.3"
defaults { timeout 1m }
step one {
  capture before $ cat live 2>/dev/null || echo none
  $ echo "$version" >live
  rollback $ if [ "$before" = none ]; then rm -f live; else echo "$before" >live; fi
}
parallel both {
  step left {
    $ ./act do left
    rollback $ ./act undo left
  }
  step right {
    $ ./act do right
    rollback $ ./act undo right
  }
}
check well $ ./act look well
"#;

/// All that pieces of the runtime are for.
const EVERYTHING: &str = r#"runbook "Everything"
param version: version = "1.2.3"
param kind: "one" | "two" = "one"
param size: bytes = 5MiB
param drive: string = "C:\\" "Such as `C:\\`, or C:\\"
secret token from env "TOKEN"
secret key from $ pass show key
hosts web = ["web1", "web2"] via ssh {
  user "deploy"
  port 2222
}
source prom = prometheus "https://prom:9090/{token}" {
  header "Authorization" = "Bearer {token}"
}
metric errors: percent = $ ./act measure errors
metric latency: duration = prom `p95{a="b"}`
metric queue: count = http "http://stats/{version}" at "$.queues[*].length"
channel ops = $ ./act tell ops "$message"
channel team = slack "https://hooks/{token}"
channel hook = webhook "https://hook/" {
  header "X-Kind" = kind
}
message told to ops, team, hook "{version}: {run.outcome} {run.reason} {one.id}"
role crew = ["ada", "Mary Jane"]
window hours {
  allow mon..thu 09:00..16:00 in "Europe/Berlin"
  deny 2026-12-20..2027-01-03 "year-end freeze" in "UTC"
}
lock "everything"
defaults { timeout 1m }
gate go {
  confirm "Is it \"well\"?"
  approve by crew or starter
  check "Well" $ ./act look go
  wait 1s
  window hours
  rehearsed on "two" within 7d
  else ask
}
for h in hosts.web, 2 at a time, tolerate 1, on breach rollback failed {
  step there {
    on h
    dir "/srv/{version}"
    $ echo "$h" "$key"
    rollback $ echo "$h"
  }
}
step asked {
  http POST "https://api/{version}" {
    header "Authorization" = "Bearer {token}"
    body "it's {size}"
    expect status 200, 201
  }
  expect stdout matches `.*(ok|fine)+$`
  repeatable
  rollback $ true
}
step one {
  $ ./act do one
  output id from stdout `id: (\S+)`
  output size from json `$.size` default "1"
  output kept from file "kept" default "it's"
  retry 3 every 1s backoff 2
  repeatable
  rollback best effort $ ./act undo one
}
step again {
  shell bash
  capture before $ ./act look again
  $ ./act do again "$before" "$one_kept" "$run_id"
  expect stdout contains "again"
  rollback $ ./act undo again
}
with maintenance {
  enter $ ./act do maintenance
  leave $ ./act undo maintenance
  check in_it $ ./act look "$one_id"
}
thresholds calmly {
  latency not worse than baseline
  any {
    errors < 1%
    queue < 10
  }
}
phase look {
  gate calm {
    hold errors < 1% for 2s every 1s tolerate 1
    until errors < baseline + 50% within 10s every 1s
    until queue < 10 within 10s every 1s
    hold calmly for 5s every 1s
    else rollback
  }
}
watch eye during look every 1s {
  rollback when errors > 5% for 1s
}
notify told
on failure {
  notify told
  postmortem "postmortems/{run.id}.md"
}
"#;

#[test]
fn a_simple_runbook_goes_through_in_every_shell() {
    for shell in shells::installed() {
        let world = World::new(SIMPLE, &[]);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        assert_eq!(world.read("live"), "1.2.3\n", "{shell:?}");
        assert_eq!(world.effects().len(), 3, "{shell:?}");
        let back = world.script(shell, &["--rollback"]);
        assert_eq!(back.status, Some(3), "{shell:?}\n{}", back.text);
        assert!(!world.path().join("live").exists(), "{shell:?}");
    }
}

#[test]
fn what_fails_is_undone_in_every_shell() {
    for shell in shells::installed() {
        let world = World::new(SIMPLE, &["look well".to_owned()]);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        assert!(told.text.contains("state: rolled back"), "{}", told.text);
        let mut effects = world.effects();
        effects[..2].sort();
        effects[3..].sort();
        let wanted = [
            "do left",
            "do right",
            "look well",
            "undo left",
            "undo right",
        ];
        assert_eq!(effects, wanted, "{shell:?}");
        assert!(!world.path().join("live").exists(), "{shell:?}");
    }
}

/// `atomic` speaks of attempts that fail, not of those that work and print
/// something else than was expected.
#[test]
fn what_worked_is_undone_where_its_output_is_not_as_expected() {
    for expected in [
        "expect stdout contains \"live\"",
        "expect stdout matches `^live$`",
        "output id from stdout `id: ([0-9]+)`",
    ] {
        let text = format!(
            "runbook \"Atomic\"\ndefaults {{ timeout 1m }}\nstep first {{\n  $ ./act do first\n  rollback $ ./act undo first\n}}\nstep second {{\n  $ ./act do second\n  {expected}\n  atomic\n  rollback $ ./act undo second\n}}\n"
        );
        let wanted = ["do first", "do second", "undo second", "undo first"];
        let by_exec = World::new(&text, &[]);
        let told = by_exec.exec(&[]);
        assert_eq!(told.status, Some(3), "{}", told.text);
        assert_eq!(by_exec.effects(), wanted, "{expected}\n{}", told.text);
        for shell in shells::some(0) {
            let world = World::new(&text, &[]);
            world.export(&[]).expect("it can be exported");
            let told = world.script(shell, &[]);
            assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
            assert_eq!(world.effects(), wanted, "{shell:?}\n{}", told.text);
        }
    }
}

/// A step whose command works, and prints something else than was expected.
fn unmet(words: &str) -> String {
    format!(
        r#"runbook "Unmet"
defaults {{ timeout 1m }}
step first {{
  $ ./act do first
  rollback $ ./act undo first
}}
step second {{
  $ ./act do second
  expect stdout contains "live"
  atomic
  {words}
  rollback $ ./act undo second
}}
"#
    )
}

#[test]
fn what_worked_is_tried_again_only_where_it_is_repeatable() {
    let twice = [
        "do first",
        "do second",
        "do second",
        "undo second",
        "undo first",
    ];
    let once = ["do first", "do second", "undo second", "undo first"];
    let all = [
        ("retry 1 every 100ms", &[][..], &once[..]),
        ("retry 1 every 100ms\n  repeatable", &[], &twice),
        // The first attempt left something, whatever the second did.
        (
            "retry 1 every 100ms\n  repeatable",
            &["do second #2"],
            &twice,
        ),
    ];
    for (number, (words, broken, wanted)) in all.into_iter().enumerate() {
        let text = unmet(words);
        let broken: Vec<String> = broken.iter().map(|it| (*it).to_owned()).collect();
        let by_exec = World::new(&text, &broken);
        let exec = by_exec.exec(&[]);
        assert_eq!(exec.status, Some(3), "{}", exec.text);
        assert_eq!(by_exec.effects(), wanted, "{words} {broken:?}");
        for shell in shells::some(number) {
            let world = World::new(&text, &broken);
            world.export(&[]).expect("it can be exported");
            let told = world.script(shell, &[]);
            let about = format!("{words} {broken:?} {shell:?}\n{}", told.text);
            assert_eq!(told.status, Some(3), "{about}");
            assert_eq!(world.effects(), wanted, "{about}");
            assert_eq!(told.last_words(), exec.last_words(), "{about}");
        }
    }
}

/// Kills it in the pause between the two attempts of the second step.
fn killed_between_attempts(world: &World, program: &[&str]) {
    let mut command = std::process::Command::new("setsid");
    command
        .args(program)
        .current_dir(world.path())
        .env("RUNBOOK_STATE", world.path().join("state"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child: Child = command.spawn().expect("it starts");
    wait_until(&program, || world.effects().len() >= 2);
    std::thread::sleep(Duration::from_millis(700));
    kill_process(Pid::from_child(&child), Signal::KILL).expect("it is there");
    child.wait().expect("it ends");
    assert_eq!(world.effects().len(), 2, "{program:?}");
}

#[test]
fn what_worked_is_undone_by_a_run_that_was_killed_and_resumed() {
    let text = unmet("retry 1 every 3s\n  repeatable");
    let broken = ["do second #2".to_owned()];
    let wanted = [
        "do first",
        "do second",
        "do second",
        "undo second",
        "undo first",
    ];
    let by_exec = World::new(&text, &broken);
    let runbook = env!("CARGO_BIN_EXE_runbook");
    killed_between_attempts(&by_exec, &[runbook, "exec", "case.runbook"]);
    let runs = by_exec.run(&[runbook], &["runs"]);
    let run = runs.text.split_whitespace().next().expect("a run");
    let exec = by_exec.run(&[runbook], &["resume", run]);
    assert_eq!(exec.status, Some(3), "{}", exec.text);
    assert_eq!(by_exec.effects(), wanted, "{}", exec.text);
    for shell in shells::some(1) {
        let world = World::new(&text, &broken);
        world.export(&[]).expect("it can be exported");
        killed_between_attempts(&world, &[shell, &["./case.sh"]].concat());
        let told = world.script(shell, &["--resume"]);
        let about = format!("{shell:?}\n{}\n{}", told.text, exec.text);
        assert_eq!(told.status, Some(3), "{about}");
        assert_eq!(world.effects(), wanted, "{about}");
        assert_eq!(told.last_words(), exec.last_words(), "{about}");
    }
}

/// What a step expects is expected of its own command, not of its probe.
#[test]
fn a_probe_is_held_against_its_status_alone() {
    let all = [
        ("look", 0, &["look one"][..]),
        ("probe", 3, &["probe one", "do one", "undo one"]),
    ];
    for (number, (probe, status, wanted)) in all.into_iter().enumerate() {
        for atomic in ["", "  atomic\n"] {
            let text = format!(
                "runbook \"Probed\"\ndefaults {{ timeout 1m }}\nstep one {{\n  $ ./act do one\n  \
                 expect stdout contains \"live\"\n  done when $ ./act {probe} one\n{atomic}  \
                 rollback $ ./act undo one\n}}\n"
            );
            let by_exec = World::new(&text, &[]);
            let exec = by_exec.exec(&[]);
            assert_eq!(exec.status, Some(status), "{}", exec.text);
            assert_eq!(by_exec.effects(), wanted, "{}", exec.text);
            for shell in shells::some(number) {
                let world = World::new(&text, &[]);
                world.export(&[]).expect("it can be exported");
                let told = world.script(shell, &[]);
                let about = format!("{atomic} {shell:?}\n{}", told.text);
                assert_eq!(told.status, Some(status), "{about}");
                assert_eq!(world.effects(), wanted, "{about}");
            }
        }
    }
}

#[test]
fn shellcheck_finds_nothing() {
    let world = World::new(EVERYTHING, &[]);
    world.export(&[]).expect("it can be exported");
    for dialect in ["sh", "dash"] {
        let told = world.run(&["shellcheck"], &["-s", dialect, "case.sh"]);
        assert_eq!((told.status, told.text.as_str()), (Some(0), ""));
    }
}

/// Programs that a dry run must not call, which write down that they were. The one
/// of them that tells a secret tells it.
const STAND_IN: &str = "#!/bin/sh\necho \"$0 $*\" >>\"$CALLED\"\necho told-by-pass-1234\n";

#[test]
fn a_dry_run_calls_writes_and_tells_nothing() {
    for shell in shells::some(1) {
        let world = World::new(EVERYTHING, &[]);
        world.export(&[]).expect("it can be exported");
        std::fs::create_dir(world.path().join("bin")).expect("it can be made");
        let names = ["bin/curl", "bin/wget", "bin/ssh", "bin/pass", "act"];
        for name in names {
            world.write(name, STAND_IN);
            let told = world.run(&["chmod"], &["755", name]);
            assert_eq!(told.status, Some(0));
        }
        let place = tempfile::TempDir::new().expect("a directory");
        let called = place.path().join("called");
        let before = files(world.path());
        let path = std::env::var("PATH").unwrap_or_default();
        let bin = world.path().join("bin");
        let mut command = world.command(shell, &["./case.sh", "--dry-run"]);
        command
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("CALLED", &called)
            .env("TOKEN", "told-by-env-1234");
        let output = command.output().expect("it starts");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let told = super::world::Told::of(&output);
        let about = format!("{shell:?}\n{}", told.text);
        assert_eq!(told.status, Some(0), "{about}");
        assert_eq!(errors, "", "{about}");
        assert!(!called.exists(), "{about}");
        assert_eq!(files(world.path()), before, "{about}");
        assert!(!told.text.contains("-1234"), "{about}");
        for wanted in DRY {
            assert!(told.text.contains(wanted), "{wanted}\n{about}");
        }
    }
}

/// What a dry run tells, among other things.
const DRY: [&str; 11] = [
    "baseline   measured before anything begins\n    metric errors\n      $ ./act measure errors\n    metric latency\n      http GET https://prom:9090/***\n      query p95{a=\"b\"}\n",
    "\n    wait 1s\n",
    "\n      on web1\n      h=web1\n      key=(secret)\n      in /srv/1.2.3\n      $ echo \"$h\" \"$key\"\n",
    "\n    the undo of `one`\n      $ ./act undo one\n",
    "\n    `again`\n      (before from again)\n      (one_kept from one)\n      run_id={run.id}\n      $ ./act do again \"$before\" \"$one_kept\" \"$run_id\"\n",
    "\n    `notify told`\n      message=1.2.3: {run.outcome} {run.reason} {id}\n      $ ./act tell ops \"$message\"\n      http POST https://hooks/***\n      http POST https://hook/\n",
    "\n    hold\n      errors < 1%\n      for 2s, looked at every 1s, and one failing sample is tolerated\n    metric errors\n",
    "\n    until\n      errors < baseline + 50%\n      within 10s, looked at every 1s\n",
    "\n    hold\n      all of\n        latency not worse than baseline\n        one of\n          errors < 1%\n          queue < 10\n      for 5s, looked at every 1s\n",
    "\n    `postmortem`\n      writes postmortems/{run.id}.md\n",
    "\nwatch eye   beside look, looked at every 1s\n    rollback when\n      errors > 5%\n      for 1s\n    metric errors\n      $ ./act measure errors\n",
];

/// The pieces of the runtime share one space of names.
#[test]
fn no_function_of_a_script_takes_the_place_of_another() {
    let world = World::new(EVERYTHING, &[]);
    world.export(&[]).expect("it can be exported");
    let mut seen = std::collections::BTreeSet::new();
    for line in world.read("case.sh").lines() {
        if let Some((name, _)) = line.split_once("() {")
            && !name.starts_with(char::is_whitespace)
        {
            assert!(seen.insert(name.to_owned()), "{name} is there twice");
        }
    }
    assert!(seen.len() > 100, "{seen:?}");
}

/// All examples, which are what users write.
#[test]
fn every_example_is_a_script_that_shellcheck_likes() {
    let world = World::new(SIMPLE, &[]);
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut scripts = Vec::new();
    for directory in std::fs::read_dir(examples).expect("it is there").flatten() {
        for file in std::fs::read_dir(directory.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            let path = file.path();
            if path.extension().is_some_and(|it| it == "runbook") {
                let from = path.display().to_string();
                let to = format!("example-{}.sh", scripts.len());
                let arguments = ["export", &from, "--to", "sh", "-o", &to];
                let told = world.run(&[env!("CARGO_BIN_EXE_runbook")], &arguments);
                assert_eq!(told.status, Some(0), "{from}\n{}", told.text);
                scripts.push(to);
            }
        }
    }
    assert!(scripts.len() > 5, "{scripts:?}");
    for (number, script) in scripts.iter().enumerate() {
        let told = world.run(&["shellcheck"], &["-s", "sh", script]);
        assert_eq!((told.status, told.text.as_str()), (Some(0), ""), "{script}");
        for shell in shells::some(number) {
            let told = world.run(&[shell, &["-n"]].concat(), &[script]);
            // One of them tells what could be faster.
            assert_eq!(told.status, Some(0), "{shell:?} {script}\n{}", told.text);
        }
    }
}

#[test]
fn the_same_source_gives_the_same_bytes() {
    let first = World::new(SIMPLE, &[]);
    let second = World::new(SIMPLE, &[]);
    first.export(&[]).expect("it can be exported");
    second.export(&[]).expect("it can be exported");
    assert_eq!(first.read("case.sh"), second.read("case.sh"));
}

#[test]
fn what_a_script_cannot_do_is_said_at_its_place() {
    let world = World::new(
        "runbook \"Signed\"\nrole crew = [\"ada\"] signed by \"signers\"\ngate go {\n  approve by crew\n}\n",
        &[],
    );
    let why = world.export(&[]).expect_err("it is refused");
    assert!(
        why.contains("RB967") && why.contains("case.runbook:3"),
        "{why}"
    );
    assert!(!world.path().join("case.sh").exists());
}

/// What is refused, on which line, and what helps.
const REFUSED: [(&str, u32, &str); 6] = [
    ("env IFS = \",\"", 2, "give the variable another name"),
    (
        "param a: string = \"\"\nsecret token from env \"rb_dir\"",
        3,
        "take a variable of another name",
    ),
    (
        "role crew = [\"ada\"] signed by \"signers\"\ngate go {\n  approve by crew\n}",
        3,
        "a role approve that is not `signed by`",
    ),
    (
        "step one {\n  $ echo\n  output it from stdout `(a|ab)+c`\n  harmless \"it looks\"\n}",
        2,
        "with `sed` or `awk`",
    ),
    (
        "step one {\n  $ echo\n  output it from json `$..a`\n  harmless \"it looks\"\n}",
        2,
        "with `jq`",
    ),
    (
        "metric a: percent = http \"http://a\" at \"$..b\"\ngate go {\n  hold a < 1% for 1s every 1s\n}",
        3,
        "with `jq`",
    ),
];

#[test]
fn whatever_is_refused_is_refused_at_its_place_with_advice() {
    for (statements, line, advice) in REFUSED {
        let text = format!("runbook \"Refused\"\n{statements}\n");
        let world = World::new(&text, &[]);
        let why = world.export(&[]).expect_err("it is refused");
        let place = format!("case.runbook:{line}");
        assert!(
            why.contains("RB967") && why.contains(&place),
            "{text}\n{why}"
        );
        assert!(why.contains(advice), "{text}\n{why}");
    }
}

const DOUBTFUL: &str = r#"runbook "Doubtful"
step one {
  $ ./act do one
  $ test -e go || sleep 1000
  timeout 1h
  rollback $ ./act undo one
}
step two {
  $ ./act do two
  timeout 1m
  rollback $ ./act undo two
}
"#;

/// A run of which everything was killed while its first step ran.
fn killed_with_all_of_it(text: &str, shell: &[&str]) -> World {
    let world = World::new(text, &[]);
    let mut child = world.begin_script(shell);
    wait_until(&shell, || !world.effects().is_empty());
    let leader = std::fs::read_to_string(world.script_run().join("step_one.1.pid"));
    let leader = leader.expect("it is there");
    let leader: i32 = leader.split(' ').next().unwrap_or("").parse().expect("it");
    let group = Pid::from_child(&child);
    rustix::process::kill_process_group(group, Signal::KILL).expect("it is there");
    let leader = Pid::from_raw(leader).expect("a process");
    rustix::process::kill_process_group(leader, Signal::KILL).expect("it is there");
    child.wait().expect("it ends");
    world.write("go", "");
    world
}

/// That nobody could be asked is no reason for what follows.
#[test]
fn why_a_run_waited_is_not_why_it_is_turned_back() {
    for shell in shells::some(0) {
        let world = killed_with_all_of_it(DOUBTFUL, shell);
        let told = world.script(shell, &["--resume"]);
        assert!(
            told.text.contains("nobody can be asked here"),
            "{}",
            told.text
        );
        assert_eq!(told.status, Some(5), "{shell:?}\n{}", told.text);
        let told = world.script(shell, &["--rollback", "--reason", "enough"]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        let words = told.last_words();
        assert!(words[0].contains(": enough"), "{shell:?}\n{}", told.text);
    }
}

#[test]
fn what_to_do_in_doubt_can_be_said_beforehand() {
    let all = [
        ("done", 0, &["do one", "do two"][..]),
        ("again", 0, &["do one", "do one", "do two"]),
        ("rollback", 3, &["do one", "undo one"]),
        ("stop", 5, &["do one"]),
        ("ask", 5, &["do one"]),
    ];
    for (number, (what, status, wanted)) in all.into_iter().enumerate() {
        for shell in shells::some(number) {
            let world = killed_with_all_of_it(DOUBTFUL, shell);
            let told = world.script(shell, &["--resume", "--on-doubt", what]);
            let about = format!("{what} {shell:?}\n{}", told.text);
            assert_eq!(told.status, Some(status), "{about}");
            assert_eq!(world.effects(), wanted, "{about}");
            let said = told.text.contains("took effect: look, then say –");
            assert_eq!(said, what != "ask", "{about}");
        }
    }
    let world = World::new(DOUBTFUL, &[]);
    world.export(&[]).expect("it can be exported");
    let told = world.script(shells::nth(0), &["--on-doubt", "perhaps"]);
    assert_eq!(told.status, Some(2), "{}", told.text);
    assert!(
        told.text.contains("one of ask, done, again, rollback"),
        "{}",
        told.text
    );
}

/// Nobody knows what others need of it.
#[test]
fn what_is_done_without_what_it_gives_is_undone() {
    let output = "  output id from stdout `id: (\\S+)`\n  timeout 1h\n";
    let text = DOUBTFUL.replace("  timeout 1h\n", output);
    for shell in shells::by_turn(5) {
        let world = killed_with_all_of_it(&text, shell);
        let told = world.script(shell, &["--resume", "--on-doubt", "done"]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        let wanted = "`one` took effect, and nobody knows its `id`";
        assert!(told.text.contains(wanted), "{shell:?}\n{}", told.text);
        assert_eq!(world.effects(), ["do one", "undo one"], "{shell:?}");
    }
}

/// What says whether it is done is asked first, and that it says no is no reason to do
/// it again.
#[test]
fn what_is_in_doubt_is_looked_at_before_anybody_is_asked() {
    let all = [
        (false, 5, &["do one"][..]),
        (true, 0, &["do one", "do two"]),
    ];
    let text = DOUBTFUL.replacen(
        "  timeout 1h\n",
        "  timeout 1h\n  done when $ test -e there\n",
        1,
    );
    for (number, (is_there, status, effects)) in all.into_iter().enumerate() {
        for shell in shells::by_turn(6 + number) {
            let world = killed_with_all_of_it(&text, shell);
            if is_there {
                world.write("there", "");
            }
            let told = world.script(shell, &["--resume"]);
            assert_eq!(told.status, Some(status), "{shell:?}\n{}", told.text);
            assert_eq!(world.effects(), effects, "{shell:?}\n{}", told.text);
        }
    }
}

#[test]
fn runs_are_listed_with_how_they_ended() {
    for shell in shells::some(1) {
        let world = World::new(SIMPLE, &[]);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &["--runs"]);
        assert!(
            told.text.starts_with("there is no run in "),
            "{}",
            told.text
        );
        world.script(shell, &[]);
        world.script(shell, &["--rollback"]);
        let told = world.script(shell, &["--runs"]);
        let about = format!("{shell:?}\n{}", told.text);
        assert_eq!(told.status, Some(0), "{about}");
        let lines: Vec<&str> = told.text.lines().collect();
        assert_eq!(lines.len(), 1, "{about}");
        let words: Vec<&str> = lines[0].split("  ").filter(|it| !it.is_empty()).collect();
        let run = world.script_run();
        assert_eq!(Some(words[0]), run.file_name().and_then(|it| it.to_str()));
        assert_eq!(words[1], "rolled_back", "{about}");
        let digits: String = words[2].chars().filter(char::is_ascii_digit).collect();
        assert_eq!(words[0].replace('-', "")[..14], digits, "{about}");
    }
}

/// Two phases, what stands outside of both, and an ending.
const PHASES: &str = r#"runbook "Phases"
param version: version = "1.2.3"
defaults { timeout 1m }
step first {
  $ ./act do first
  rollback $ ./act undo first
}
# It only prepares.
phase prepare "Get ready" {
  step build {
    $ ./act do build
    rollback $ ./act undo build
  }
  for part in ["a", "b"] {
    step copy {
      $ ./act do "copy $part"
      rollback $ ./act undo "copy $part"
    }
  }
}
phase deploy {
  step switch {
    $ ./act do "switch $version"
    rollback $ ./act undo switch
  }
}
check well $ ./act look well
on rollback {
  check home $ ./act look home
}
"#;

fn split(world: &World) {
    let arguments = ["export", "case.runbook", "--to", "sh", "--split", "-o", "."];
    let told = world.run(&[env!("CARGO_BIN_EXE_runbook")], &arguments);
    assert_eq!(told.status, Some(0), "{}", told.text);
}

#[test]
fn a_dash_is_standard_output() {
    let world = World::new(PHASES, &[]);
    let export = |arguments: &[&str]| {
        let all = [&["export", "case.runbook", "--to", "sh"], arguments].concat();
        world.run(&[env!("CARGO_BIN_EXE_runbook")], &all)
    };
    let told = export(&["-o", "-"]);
    assert_eq!(told.status, Some(0), "{}", told.text);
    assert!(told.text.starts_with("#!/bin/sh\n"), "{}", told.text);
    assert!(!world.path().join("-").exists());
    let told = export(&["--split", "-o", "-"]);
    assert_eq!(told.status, Some(2), "{}", told.text);
    assert!(told.text.contains("names their directory"), "{}", told.text);
}

#[test]
fn a_script_in_several_files_does_the_same_in_every_shell() {
    let faults = ["look well".to_owned()];
    let whole = World::new(PHASES, &faults);
    whole.export(&[]).expect("it can be exported");
    let wanted = whole.script(&["dash"], &[]);
    assert_eq!(wanted.status, Some(3), "{}", wanted.text);
    for shell in shells::installed() {
        let world = World::new(PHASES, &faults);
        split(&world);
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        assert_eq!(world.effects(), whole.effects(), "{shell:?}\n{}", told.text);
    }
    let world = World::new(PHASES, &[]);
    split(&world);
    let told = world.script(&["dash"], &["--set", "version=2.0.0"]);
    assert_eq!(told.status, Some(0), "{}", told.text);
    let effects = world.effects();
    assert!(
        effects.contains(&"do switch 2.0.0".to_owned()),
        "{effects:?}"
    );
    let back = world.script(&["dash"], &["--rollback"]);
    assert_eq!(back.status, Some(3), "{}", back.text);
    assert_eq!(
        world.effects().last().map(String::as_str),
        Some("look home")
    );
}

#[test]
fn each_phase_has_its_file_with_what_it_does() {
    let world = World::new(PHASES, &[]);
    split(&world);
    let prepare = world.read("case.01-prepare.sh");
    let deploy = world.read("case.02-deploy.sh");
    let driver = world.read("case.sh");
    for (text, has, has_not) in [
        (&prepare, "./act do build", "switch"),
        (&deploy, "./act undo switch", "build"),
        (&driver, "./act do first", "./act do build"),
    ] {
        assert!(text.contains(has) && !text.contains(has_not), "{text}");
    }
    for name in ["case.sh", "case.01-prepare.sh", "case.02-deploy.sh"] {
        let told = world.run(&["shellcheck", "--external-sources"], &[name]);
        assert_eq!(told.status, Some(0), "{name}\n{}", told.text);
    }
}

/// No disk takes a name of a file that is as long as that of a phase may be.
#[test]
fn a_phase_may_have_any_name() {
    let long = "p".repeat(300);
    let text = PHASES.replace("phase prepare", &format!("phase {long}"));
    let world = World::new(&text, &[]);
    split(&world);
    let named = format!("case.01-{}.sh", &long[..60]);
    assert!(world.read(&named).contains("./act do build"));
    assert!(
        world
            .read("case.sh")
            .contains(&format!("rb_part '{named}'\n"))
    );
}

/// With the author's comments, also those above what is no command itself.
#[test]
fn in_one_file_a_reader_sees_where_each_phase_begins() {
    let text = PHASES.replace("  for part", "  # One after another.\n  for part");
    let world = World::new(&text, &[]);
    world.export(&[]).expect("it can be exported");
    let script = world.read("case.sh");
    let wanted = [
        "step_first() {",
        "# --- phase prepare: Get ready ---",
        "# It only prepares.",
        "step_build() {",
        "# One after another.",
        "step_copy_a() {",
        "step_copy_b() {",
        "# --- phase deploy ---",
        "step_switch() {",
        "# --- in no phase ---",
        "check_well() {",
    ];
    let found: Vec<&str> = script.lines().filter(|it| wanted.contains(it)).collect();
    assert_eq!(found, wanted);
    // Where all is in phases, nothing stands outside of them.
    let (inside, _) = PHASES.split_once("check well").expect("it is there");
    let (_, phases) = inside.split_once("# It only").expect("it is there");
    let text = format!(
        "runbook \"All\"\nparam version: version = \"1.2.3\"\ndefaults {{ timeout 1m }}\n# It only{phases}"
    );
    let world = World::new(&text, &[]);
    world.export(&[]).expect("it can be exported");
    assert!(!world.read("case.sh").contains("in no phase"));
}

#[test]
fn a_part_that_is_missing_or_of_another_export_is_told_before_anything_runs() {
    let world = World::new(PHASES, &[]);
    split(&world);
    let part = world.path().join("case.02-deploy.sh");
    let text = world.read("case.02-deploy.sh");
    std::fs::remove_file(&part).expect("it is there");
    let told = world.script(&["dash"], &[]);
    assert_eq!(told.status, Some(2), "{}", told.text);
    assert!(
        told.text.contains("02-deploy.sh` is missing"),
        "{}",
        told.text
    );
    let line = text.lines().find(|line| line.starts_with("rb_part_of="));
    world.write(
        "case.02-deploy.sh",
        &text.replace(line.expect("one"), "rb_part_of=0"),
    );
    let told = world.script(&["dash"], &[]);
    assert_eq!(told.status, Some(2), "{}", told.text);
    assert!(told.text.contains("of another export"), "{}", told.text);
    assert!(world.effects().is_empty());
}

#[test]
fn every_shell_is_here() {
    assert_eq!(shells::installed().len(), 9, "{:?}", shells::installed());
}

const PASSED: &str = r#"runbook "Passed"
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
gate sure {
  confirm "Is it well?"
}
step point {
  $ ./act do point
  repeatable
  irreversible "it is gone" then "call ada"
}
"#;

/// What has no undo is not said to be undone.
#[test]
fn a_point_of_no_return_is_finished_and_not_undone() {
    let faults = ["do point".to_owned()];
    let says = |about: &str, told: &super::world::Told| {
        assert_eq!(told.status, Some(4), "{about}\n{}", told.text);
        let wanted = "point could not be finished: ended with status 1\n";
        assert!(told.text.contains(wanted), "{about}\n{}", told.text);
        assert!(!told.text.contains("the undo of"), "{about}\n{}", told.text);
    };
    says("exec", &World::new(PASSED, &faults).exec(&["--yes"]));
    for shell in shells::some(2) {
        let world = World::new(PASSED, &faults);
        world.export(&[]).expect("it can be exported");
        says(shell[0], &world.script(shell, &["--yes"]));
    }
}

/// What holds for a whole run, and the only file of the runtime that says it.
const HOLDS: [(&str, &str); 24] = [
    ("rb_blank", "base.sh"),
    ("rb_boot_now", "record.sh"),
    ("rb_cells", "postmortem.sh"),
    ("rb_controls", "base.sh"),
    ("rb_first_boot", "record.sh"),
    ("rb_grace", "start.sh"),
    ("rb_home", "start.sh"),
    ("rb_http_client", "http.sh"),
    ("rb_isolation", "process.sh"),
    ("rb_lock_state", "start.sh"),
    ("rb_masks", "secrets.sh"),
    ("rb_mode_wanted", "start.sh"),
    ("rb_newline", "base.sh"),
    ("rb_on_doubt", "start.sh"),
    ("rb_paren", "process.sh"),
    ("rb_place_of_runs", "start.sh"),
    ("rb_plan", "begun.sh"),
    ("rb_reason", "start.sh"),
    ("rb_script", "begun.sh"),
    ("rb_state", "start.sh"),
    ("rb_umask", "start.sh"),
    ("rb_user", "start.sh"),
    ("rb_verbose", "start.sh"),
    ("rb_yes", "start.sh"),
];

/// All variables of a shell are everybody's: a second use of such a name would take it
/// away from all that comes later.
#[test]
fn what_holds_for_a_whole_run_has_its_name_for_itself() {
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/export/sh/runtime");
    let mut seen = 0;
    for entry in fs::read_dir(runtime).expect("it is there").flatten() {
        let file = entry.file_name().into_string().expect("a name");
        let text = fs::read_to_string(entry.path()).expect("it can be read");
        for (name, only) in HOLDS {
            let set = regex::Regex::new(&format!(r"(^|[^a-zA-Z0-9_]){name}=")).expect("a pattern");
            let mut lines = text.lines().enumerate();
            if let Some((at, line)) = lines.find(|(_, line)| set.is_match(line)) {
                assert_eq!(file, only, "{}: {line}", at + 1);
                seen += 1;
            }
        }
    }
    assert_eq!(seen, HOLDS.len(), "each is set somewhere");
}
