//! Scripts that somebody changes by hand, as one does in an emergency.

use super::shells;
use super::world::World;

/// A gate in the middle, where a run waits.
const WAITS: &str = r#"runbook "Waits"
defaults { timeout 1m }
step one {
  $ ./act do one
  rollback $ ./act undo one
}
step two {
  $ ./act do two
  rollback $ ./act undo two
}
gate sure {
  confirm "Is it well?"
}
step three {
  $ ./act do three
  rollback $ ./act undo three
}
check well $ ./act look well
"#;

fn waiting(shell: &[&str], faults: &[String]) -> World {
    let world = World::new(WAITS, faults);
    world.export(&[]).expect("it can be exported");
    let told = world.script(shell, &[]);
    assert_eq!(told.status, Some(5), "{shell:?}\n{}", told.text);
    world
}

/// Replaces text of the script, which must be there.
fn change(world: &World, from: &str, to: &str) {
    let script = world.read("case.sh");
    assert!(script.contains(from), "{from}\n{script}");
    world.write("case.sh", &script.replacen(from, to, 1));
}

#[test]
fn a_run_goes_on_with_commands_undos_and_limits_that_were_changed() {
    let said = "this script was changed since the run began";
    for shell in shells::some(0) {
        let world = waiting(shell, &["look well".to_owned()]);
        change(
            &world,
            "\n./act do three\n",
            "\n./act do three-now\nsleep 60\n",
        );
        change(&world, "\n./act undo two\n", "\n./act undo two-now\n");
        change(&world, "`three`' limit=6000", "`three`' limit=50");
        let told = world.script(shell, &["--resume", "--yes"]);
        assert!(told.text.contains(said), "{shell:?}\n{}", told.text);
        assert!(
            told.text.contains("`three` timed out after 500ms"),
            "{}",
            told.text
        );
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        let back = ["undo three", "undo two-now", "undo one"];
        let effects = [&["do one", "do two", "do three-now"], &back[..]].concat();
        assert_eq!(world.effects(), effects, "{shell:?}");
        // Who changed nothing is told nothing.
        let world = waiting(shell, &[]);
        let told = world.script(shell, &["--resume", "--yes"]);
        assert!(!told.text.contains(said), "{shell:?}\n{}", told.text);
        assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
    }
}

/// Else what it has done would be done again, or never undone.
#[test]
fn a_run_does_not_go_on_with_other_steps_or_in_another_order() {
    let gone = "  node two step 'one' name=two run=step_two undos=undo_two back=own undo=undo_two\n    task step_two two forward label='`two`' limit=6000\n    task undo_two two undo label='the undo of `two`' limit=30000\n";
    let more = "  node more open 'two' name=more\n  node end_of_more close 'more' name='end of more' ends=more\n";
    let changes: [&[(&str, &str)]; 3] = [
        &[(gone, ""), ("sure gate 'two'", "sure gate 'one'")],
        &[("  node sure", &format!("{more}  node sure"))],
        &[
            ("node one step 'the_release'", "node one step 'two'"),
            ("node two step 'one'", "node two step 'the_release'"),
            ("sure gate 'two'", "sure gate 'one'"),
        ],
    ];
    for shell in shells::some(1) {
        for changes in changes {
            let world = waiting(shell, &[]);
            let before = world.read("case.sh");
            for (from, to) in changes {
                change(&world, from, to);
            }
            for option in ["--resume", "--rollback"] {
                let told = world.script(shell, &[option, "--yes"]);
                assert!(
                    told.text.contains("a line that this script has"),
                    "{}",
                    told.text
                );
                assert!(told.text.contains("make its command `:`"), "{}", told.text);
                assert_eq!(told.status, Some(1), "{shell:?} {option}\n{}", told.text);
            }
            assert_eq!(world.effects(), ["do one", "do two"], "{shell:?}");
            // A new one does what the script says now.
            let told = world.script(shell, &["--yes"]);
            assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
            world.write("case.sh", &before);
            let run = world.read("case.sh");
            assert_eq!(run, before);
            let told = world.script(shell, &["--resume", "--yes"]);
            assert_eq!(told.status, Some(0), "{shell:?}\n{}", told.text);
        }
    }
}

/// Something of every kind.
const EVERYTHING: &str = r#"runbook "Everything"
param loud: bool = false
defaults { timeout 1m }
channel ops = $ ./act send "$message"
message told to ops "it is told"
checklist ready {
  check "It is" $ ./act look ready
  confirm "It is well"
}
step one {
  capture before $ ./act note one
  $ ./act do one
  done when $ ./act probe one
  rollback {
    $ ./act undo one "$before"
    verify $ ./act look one
  } else {
    $ ./act undo other
  }
}
phase first {
  step two $ ./act do two
  rollback $ ./act undo first
}
phase never when loud {
  step not $ ./act do never
  rollback $ ./act undo never
}
with held {
  enter $ ./act enter held
  leave $ ./act leave held
  for item in ["a", "b"], tolerate 1 {
    step three {
      $ ./act do three "$item"
      rollback $ ./act undo three "$item"
    }
  }
}
notify told
check well $ ./act look well
on success {
  notify told
}
"#;

/// What was left out by mistake is said before anything runs: nothing is taken for
/// something that went well, and nothing waits for ever.
#[test]
fn a_script_of_which_a_line_is_missing_does_nothing() {
    let world = World::new(EVERYTHING, &[]);
    world.export(&[]).expect("it can be exported");
    let script = world.read("case.sh");
    let from = script.find("\nrb_the_plan() {").expect("the plan");
    let plan = &script[from..from + script[from..].find("\n}\n").expect("its end")];
    let is_fact = |line: &&str| {
        let line = line.trim_start();
        ["node ", "task "].iter().any(|it| line.starts_with(it))
    };
    let mut lines: Vec<String> = plan.lines().filter(is_fact).map(str::to_owned).collect();
    let functions = script[..from].lines().filter(|line| {
        let name = line.strip_suffix("() {").unwrap_or_default();
        name.contains('_') && !name.starts_with("rb_")
    });
    lines.extend(functions.map(str::to_owned));
    assert!(lines.len() > 40, "{lines:#?}");
    for (number, line) in lines.iter().enumerate() {
        let shell = shells::nth(number);
        // A function has another name.
        let other = match line.strip_suffix("() {") {
            Some(name) => format!("other_{name}() {{"),
            None => String::new(),
        };
        assert_eq!(script.matches(&format!("\n{line}\n")).count(), 1, "{line}");
        let changed = script.replacen(&format!("\n{line}\n"), &format!("\n{other}\n"), 1);
        world.write("case.sh", &changed);
        let told = world.script(shell, &["--yes"]);
        let wanted = "this script was changed so that it does not fit together any more:";
        assert!(
            told.text.contains(wanted),
            "{shell:?} {line}\n{}",
            told.text
        );
        assert_eq!(told.status, Some(1), "{shell:?} {line}\n{}", told.text);
        assert_eq!(world.effects(), [""; 0], "{shell:?} {line}");
    }
    world.write("case.sh", &script);
    let told = world.script(shells::nth(0), &["--yes"]);
    assert_eq!(told.status, Some(0), "{}", told.text);
}

#[test]
fn steps_that_wait_for_one_another_are_named() {
    for shell in shells::some(2) {
        let world = World::new(WAITS, &[]);
        world.export(&[]).expect("it can be exported");
        change(&world, "node one step 'the_release'", "node one step 'two'");
        let told = world.script(shell, &["--yes"]);
        let wanted = "each of these is to come after another one of them: one two sure";
        assert!(told.text.contains(wanted), "{shell:?}\n{}", told.text);
        assert_eq!(told.status, Some(1), "{shell:?}\n{}", told.text);
    }
}
