//! However a script is begun, it does the same, or says why it does not.

use std::fs::File;
use std::process::Stdio;

use super::shells;
use super::world::{Told, World};

/// Its last check may fail, and somebody is asked before.
const ASKING: &str = r#"runbook "Asking"
defaults { timeout 1m }
step one {
  capture before $ ./act note one | cat
  $ ./act do one && echo "$before" >now
  rollback $ ./act undo one
}
gate sure {
  confirm "Is it well?"
}
check well $ ./act look well
"#;

fn exported(faults: &[String]) -> World {
    let world = World::new(ASKING, faults);
    world.export(&[]).expect("it can be exported");
    world
}

/// By a shell that is named by its path, with the script on its standard input.
fn piped(world: &World, shell: &[&str], arguments: &[&str]) -> Told {
    let all = [&["-s", "--"], arguments].concat();
    let found = world.run(&["sh", "-c", &format!("command -v {}", shell[0])], &[]);
    let shell = [&[found.text.trim()], &shell[1..]].concat();
    let script = File::open(world.path().join("case.sh")).expect("it is there");
    let mut command = world.command(&shell, &all);
    let output = command.stdin(script).output().expect("it starts");
    Told::of(&output)
}

#[test]
fn a_script_on_standard_input_runs_where_it_is_begun_and_says_how_to_go_on() {
    for shell in shells::installed() {
        let world = exported(&[]);
        let told = piped(&world, shell, &[]);
        assert_eq!(told.status, Some(5), "{shell:?}\n{}", told.text);
        assert_eq!(world.effects(), ["note one", "do one"], "{shell:?}");
        let mut typed = told.text.split('`').filter(|it| it.contains(" --resume "));
        let typed = typed.next().expect("what is to be typed next").to_owned();
        assert!(typed.starts_with("sh -s -- --resume --run "), "{typed}");
        let on = world.run(&["sh", "-c", &typed.replace(" <", " --yes <")], &[]);
        assert_eq!(on.status, Some(0), "{shell:?} {typed}\n{}", on.text);
        // Begun or gone on with in another way, it is the same script.
        let back = world.script(shell, &["--rollback"]);
        assert_eq!(back.status, Some(3), "{shell:?}\n{}", back.text);
        for told in [on, back] {
            assert!(
                !told.text.contains("was changed"),
                "{shell:?}\n{}",
                told.text
            );
        }
        assert_eq!(world.script(shell, &[]).status, Some(5), "{shell:?}");
        let again = piped(&world, shell, &["--resume"]);
        assert_eq!(again.status, Some(5), "{shell:?}\n{}", again.text);
        let named = again.text.contains(" <case.sh` goes on");
        assert!(named, "{shell:?}\n{}", again.text);
        let on = piped(&world, shell, &["--resume", "--yes"]);
        assert_eq!(on.status, Some(0), "{shell:?}\n{}", on.text);
        assert!(!on.text.contains("was changed"), "{shell:?}\n{}", on.text);
        let wrong = piped(&world, shell, &["--nothing"]);
        let wanted = "`sh -s -- --help <case.sh` tells more";
        assert!(wrong.text.contains(wanted), "{shell:?}\n{}", wrong.text);
    }
}

#[test]
fn who_reads_it_by_a_dot_keeps_the_shell_and_runs_nothing() {
    for shell in shells::installed() {
        let world = exported(&[]);
        world.write("caller.sh", ". ./case.sh\necho \"goes on: $?\"\n");
        let by_hand = world.run(shell, &["-c", ". ./case.sh; echo \"goes on: $?\"", "me"]);
        let by_script = world.run(shell, &["./caller.sh", "--yes"]);
        for told in [by_hand, by_script] {
            assert!(
                told.text.contains("type `sh case.sh`"),
                "{shell:?}\n{}",
                told.text
            );
            assert!(
                told.text.contains("goes on: 2\n"),
                "{shell:?}\n{}",
                told.text
            );
        }
        assert_eq!(world.effects(), [""; 0], "{shell:?}");
    }
}

/// What `sh -e` and the like switch on: with some of it, it never ended.
#[test]
fn options_of_the_shell_change_nothing() {
    for shell in shells::installed() {
        let some = shell[0] == "dash" || shell[0] == "yash";
        let more: &[&[&str]] = if some { &[] } else { &[&["-o", "pipefail"]] };
        let options: [&[&str]; 5] = [&["-e"], &["-eu"], &["-a"], &["-C"], &["-m"]];
        for option in options.iter().chain(more) {
            let world = exported(&["look well".to_owned()]);
            let told = world.script(&[*shell, option].concat(), &["--yes"]);
            assert_eq!(told.status, Some(3), "{shell:?} {option:?}\n{}", told.text);
            let effects = ["note one", "do one", "look well", "undo one"];
            assert_eq!(world.effects(), effects, "{shell:?} {option:?}");
        }
    }
}

/// As bash does with a name without a slash.
#[test]
fn a_script_that_is_found_on_the_path_runs_where_it_lies() {
    let world = exported(&[]);
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", world.path().display());
    let mut command = world.command(&["bash"], &["case.sh", "--yes"]);
    let output = command
        .current_dir("/")
        .env("PATH", path)
        .stdin(Stdio::null());
    let told = Told::of(&output.output().expect("it starts"));
    assert_eq!(told.status, Some(0), "{}", told.text);
    assert_eq!(world.effects(), ["note one", "do one", "look well"]);
}

/// As by a copy that was interrupted, or by a disk that was full. Cut off between two
/// functions it did nothing, and ended as one that went well.
#[test]
fn a_script_whose_end_is_missing_does_nothing_and_says_so() {
    let whole = exported(&[]).read("case.sh");
    let begin = whole
        .find("\n# The variables of every command")
        .expect("functions");
    let ends = whole.match_indices("\n}\n").map(|(at, end)| at + end.len());
    let ends: Vec<usize> = ends.filter(|at| *at > begin).collect();
    for (number, shell) in shells::installed().iter().enumerate() {
        let some = ends.iter().skip(number).step_by(ends.len() / 12);
        for end in some.chain(&[whole.len() - "rb_main \"$@\"\n".len()]) {
            let world = exported(&[]);
            world.write("case.sh", &whole[..*end]);
            let told = world.script(shell, &["--yes"]);
            let about = format!("{shell:?} {end}\n{}", told.text);
            assert_eq!(told.status, Some(2), "{about}");
            assert!(
                told.text.contains("end of this script is missing"),
                "{about}"
            );
            assert_eq!(world.effects(), [""; 0], "{about}");
        }
    }
}

const SPEAKS: &str = r#"runbook "Speaks"
defaults { timeout 1m }
step one {
  $ ./act do one; echo "to be heard" >&2
  rollback $ ./act undo one
}
"#;

/// As by a daemon that closes what it does not need.
#[test]
fn what_is_closed_takes_nothing_away_from_commands() {
    for shell in shells::installed() {
        for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
            let world = World::new(SPEAKS, &[]);
            world.export(&[]).expect("it can be exported");
            let line = format!("exec \"$@\" {closed}");
            let program = [&["sh", "-c", &line, "sh"], *shell].concat();
            let told = world.run(&program, &["./case.sh"]);
            let about = format!("{shell:?} {closed}\n{}", told.text);
            assert_eq!(told.status, Some(0), "{about}");
            let printed = world.script_run().join("step_one.1.err");
            let printed = std::fs::read_to_string(printed).expect("it is there");
            assert_eq!(printed, "to be heard\n", "{about}");
        }
    }
}
