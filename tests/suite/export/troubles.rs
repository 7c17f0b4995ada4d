//! What a failure looks like: told at the end of a script as at the end of
//! `exec`.

use super::shells;
use super::world::World;

const TROUBLED: &str = r#"runbook "Troubled {version}"
param version: version = "1.2.3"
param team: string = "O'Hara's"
defaults { timeout 1m }
step first {
  $ ./act do first
  rollback $ ./act undo first
}
phase deploy {
  step switch {
    $ ./act do switch
    rollback $ ./act undo switch
  }
  for part in ["a", "b"] {
    step copy {
      $ ./act do "copy-$part"
      rollback $ ./act undo "copy-$part"
    }
  }
  step slow {
    $ if [ -e slow ]; then sleep 60; fi
    timeout 300ms
    rollback $ ./act undo slow
  }
}
step picky {
  $ ./act do picky
  $ if [ -e seven ]; then exit 7; fi
  rollback $ ./act undo picky
}
check well $ ./act look well
trouble "Nobody is told of it" {
  try "Look it up"
}
trouble "It hangs" {
  symptom "The pods of {version} wait\nfor `kubectl`"
  matches timeout
  diagnose $ echo "looking at $version"
  try "Ask {team}: \"why\"?"
  try "Wait $HOME"
}
trouble "Something in the deployment" {
  matches failure in deploy
  try "Look at the deployment"
}
trouble "Seven" {
  matches `(?i)STATUS [7-9]$` in picky, well
  matches `^.(look|switch). (failed|was ended)`
  try "Count to seven"
}
trouble "Only where it begins" {
  matches `^failed`
  try "Never"
}
trouble "Copies" {
  matches `status \d+` in copy
  try "Make room"
}
"#;

/// What is broken, and the troubles that it looks like.
const FAILURES: [(&[&str], &[&str], &[&str]); 8] = [
    (&[], &[], &[]),
    (&["do first"], &[], &[]),
    (
        &["do switch"],
        &[],
        &["Something in the deployment", "Seven"],
    ),
    (
        &["do copy-b"],
        &[],
        &["Something in the deployment", "Copies"],
    ),
    (&[], &["slow"], &["It hangs", "Something in the deployment"]),
    (&[], &["seven"], &["Seven"]),
    (&["look well"], &[], &[]),
    (
        &["do switch", "undo first"],
        &[],
        &["Something in the deployment", "Seven"],
    ),
];

#[test]
fn a_failure_looks_like_the_same_troubles_as_for_exec_in_every_shell() {
    for (number, (faults, files, troubles)) in FAILURES.into_iter().enumerate() {
        let faults: Vec<String> = faults.iter().map(|it| (*it).to_owned()).collect();
        let world = |broken: &[&str]| {
            let world = World::new(TROUBLED, &faults);
            for file in broken {
                world.write(file, "");
            }
            world
        };
        let exec = world(files).exec(&[]);
        let ending = exec.ending();
        let hints = ending
            .iter()
            .filter_map(|line| line.strip_prefix("     trouble: "));
        let hints: Vec<&str> = hints.collect();
        assert_eq!(hints.len(), troubles.len(), "{}", exec.text);
        for (hint, trouble) in hints.iter().zip(troubles) {
            let wanted = format!("this looks like \"{trouble}\"");
            assert!(hint.starts_with(&wanted), "{hint}");
        }
        for shell in shells::some(number) {
            let world = world(files);
            world.export(&[]).expect("it can be exported");
            let told = world.script(shell, &[]);
            assert_eq!(told.ending(), ending, "{shell:?}\n{}", told.text);
        }
    }
}

#[test]
fn every_shell_tells_what_to_try() {
    for shell in shells::installed() {
        let world = World::new(TROUBLED, &[]);
        world.write("slow", "");
        world.export(&["--set", "team=Ada"]).expect("it can");
        let told = world.script(shell, &["--set", "version=2.0.0"]);
        let wanted = "     trouble: this looks like \"It hangs\": The pods of 2.0.0 wait␊for `kubectl`; \
                      try: Ask Ada: \"why\"?; try: Wait $HOME; \
                      `runbook diagnose case.runbook \"It hangs\"` looks closer";
        assert!(
            told.ending().contains(&wanted.to_owned()),
            "{shell:?}\n{}",
            told.text
        );
    }
}

#[test]
fn a_script_without_troubles_has_nothing_of_them() {
    let without = TROUBLED.split("trouble \"It hangs\"").next().expect("it");
    let world = World::new(without, &["do switch".to_owned()]);
    world.export(&[]).expect("it can be exported");
    let script = world.read("case.sh");
    assert!(!script.contains("Nobody is told of it"), "{script}");
    assert!(!script.contains("rb_is_in_headline"), "{script}");
    let told = world.script(shells::nth(0), &[]);
    assert_eq!(told.status, Some(3), "{}", told.text);
    assert!(!told.text.contains("trouble"), "{}", told.text);
}

#[test]
fn shellcheck_finds_nothing_in_troubles() {
    let world = World::new(TROUBLED, &[]);
    world.export(&[]).expect("it can be exported");
    for dialect in ["sh", "dash"] {
        let told = world.run(&["shellcheck"], &["-s", dialect, "case.sh"]);
        assert_eq!((told.status, told.text.as_str()), (Some(0), ""));
    }
}

/// Words that the tools of shells would find elsewhere than `exec` does are
/// refused at their place.
#[test]
fn what_cannot_be_found_alike_is_refused_at_its_trouble() {
    let text = TROUBLED.replace("`^failed`", r"`\bfailed`");
    let world = World::new(&text, &[]);
    let said = world.export(&[]).expect_err("it cannot be exported");
    let line = text.lines().position(|line| line.contains("Only where"));
    let place = format!("case.runbook:{}:1", line.expect("it") + 1);
    for wanted in [
        "RB967",
        r"find `\bfailed`, which not every shell's tools find alike",
        "look for less: fixed words, such as `status 7$`",
        &place,
    ] {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
}
