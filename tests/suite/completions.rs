//! What the shells themselves make of the completions, at a terminal: keys are
//! typed, and the command that then runs tells its words.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::sitting::Sitting;

const RUNBOOK: &str = r#"
runbook "Deploy {version} to {environment}"
param version: version "What to release"
param environment: "staging" | "production" = "production" "Where to"
role managers = ["nobody-else"]
defaults { timeout 1m }
check staging_is_well $ true
gate go {
  approve by managers
  timeout 1h
  else abort
}
step deploy {
  $ true
  rollback $ true
}
trouble "Deployment hangs" {
  symptom "Nothing moves"
  diagnose $ true
}
test "nobody says yes" {
  given go unanswered
  expect stopped
}
"#;

/// A directory with runbooks, a run that waits, and a `runbook` that completes
/// like the real one, and writes down its words where it would run.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        let place = Place(TempDir::new().unwrap());
        for directory in ["bin", "home", "work/my plans"] {
            fs::create_dir_all(place.path(directory)).unwrap();
        }
        fs::write(place.path("work/deploy.runbook"), RUNBOOK).unwrap();
        fs::write(place.path("work/wrong.runbook"), "runbook \"x\"\nstep {").unwrap();
        fs::write(place.path("work/my plans/two words.runbook"), RUNBOOK).unwrap();
        let real = env!("CARGO_BIN_EXE_runbook");
        let told = place.told();
        let told = told.display();
        let script = format!(
            "#!/bin/sh\ncase $1 in\n__complete | completions) exec '{real}' \"$@\" ;;\nesac\n\
             for word; do printf '%s\\n' \"$word\"; done >'{told}.new'\nmv '{told}.new' '{told}'\n"
        );
        let program = place.path("bin/runbook");
        fs::write(&program, script).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&program, mode).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn told(&self) -> PathBuf {
        self.path("told")
    }

    /// The id of a run that waits at its gate.
    fn waiting_run(&self) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        command.args(["exec", "deploy.runbook", "--set", "version=1.2.3"]);
        self.inside(&mut command);
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(5), "{output:?}");
        let mut runs = fs::read_dir(self.path("state/runs")).unwrap();
        runs.next()
            .unwrap()
            .unwrap()
            .file_name()
            .into_string()
            .unwrap()
    }

    fn inside(&self, command: &mut Command) {
        let path = format!(
            "{}:{}",
            self.path("bin").display(),
            std::env::var("PATH").unwrap()
        );
        command
            .current_dir(self.path("work"))
            .env("PATH", path)
            .env("HOME", self.path("home"))
            .env("ZDOTDIR", self.path("home"))
            .env("XDG_CONFIG_HOME", self.path("home"))
            .env("XDG_DATA_HOME", self.path("home"))
            .env("XDG_STATE_HOME", self.path("home"))
            .env("RUNBOOK_STATE", self.path("state"))
            .env("LC_ALL", "C.UTF-8");
    }
}

/// How a shell is started that completes, and says `ready> `.
const SHELLS: &[(&str, &str, &str)] = &[
    (
        "bash",
        "bash --noprofile --rcfile RC -i",
        "PS1='ready> '\nbind 'set enable-bracketed-paste off'\neval \"$(runbook completions bash)\"\n",
    ),
    (
        "zsh",
        "zsh -i",
        "PS1='ready> '\nautoload -Uz compinit\ncompinit -u\nunset zle_bracketed_paste\neval \"$(runbook completions zsh)\"\n",
    ),
    (
        "fish",
        "fish --init-command 'source RC'",
        "function fish_prompt; echo -n 'ready> '; end\nfunction fish_greeting; end\nrunbook completions fish | source\n",
    ),
    (
        "elvish",
        "elvish -rc RC",
        "set edit:prompt = { put 'ready> ' }\nset edit:rprompt = { put '' }\neval (runbook completions elvish | slurp)\n",
    ),
];

fn begin(place: &Place, shell: &str) -> Sitting {
    let (_, start, rc) = SHELLS.iter().find(|(name, _, _)| *name == shell).unwrap();
    let file = match shell {
        "zsh" => place.path("home/.zshrc"),
        _another => place.path("rc"),
    };
    fs::write(&file, rc).unwrap();
    let start = start.replace("RC", &file.display().to_string());
    let start = format!("stty rows 40 cols 120; exec {start}");
    let mut sitting = Sitting::begin(&start, |command| place.inside(command));
    sitting.sees("ready> ");
    sitting
}

/// The words of the command that these keys make.
fn runs(sitting: &mut Sitting, place: &Place, keys: &str) -> Vec<String> {
    let told = place.told();
    let _ = fs::remove_file(&told);
    sitting.types(keys);
    sitting.types("\r");
    sitting.waits_for(&format!("command of {keys:?}"), |_| told.exists());
    let words = fs::read_to_string(&told).unwrap();
    words.lines().map(str::to_owned).collect()
}

#[track_caller]
fn completes(shell: &str) {
    let place = Place::new();
    let run = place.waiting_run();
    let end = run.rsplit('-').next().unwrap();
    let mut sitting = begin(&place, shell);
    let approve = format!("runbook approve {}\tg\t", &run[..6]);
    let approve_by_end = format!("runbook approve {end}\tg\t");
    // Elvish puts words in quotes, and asks before it changes what was typed.
    let changed = if shell == "elvish" { "\t\r" } else { "\t" };
    for (keys, words) in [
        (
            "runbook exec dep\t--set env\u{1}pro\u{1}",
            "exec|deploy.runbook|--set|environment=production",
        ),
        // A parameter that is given already is no candidate any more.
        (
            "runbook plan deploy.runbook -s environment=staging --set \t1.2.3",
            "plan|deploy.runbook|-s|environment=staging|--set|version=1.2.3",
        ),
        (
            "runbook exec deploy.runbook --only staging\t",
            "exec|deploy.runbook|--only|staging_is_well",
        ),
        (
            "runbook test deploy.runbook --only nob\u{1}",
            "test|deploy.runbook|--only|nobody says yes",
        ),
        (
            "runbook diagnose deploy.runbook Dep\u{1}",
            "diagnose|deploy.runbook|Deployment hangs",
        ),
        (
            "runbook check my\u{1}two\u{1}",
            "check|my plans/two words.runbook",
        ),
        ("runbook expl\tRB966\t", "explain|RB966"),
        ("runbook check --allow RB72\t", "check|--allow|RB720"),
        (
            "runbook new x.runbook --from blu\t",
            "new|x.runbook|--from|blue-green",
        ),
        ("runbook check --form\tsar\t.", "check|--format|sarif|."),
        (&approve, &format!("approve|{run}|go")),
        (&approve_by_end, &format!("approve|{end}|go")),
        // Where nothing can be known nothing is said, and nothing is changed.
        (
            "runbook exec absent.runbook --set x\t=1",
            "exec|absent.runbook|--set|x=1",
        ),
        (
            "runbook exec wrong.runbook --only x\t",
            "exec|wrong.runbook|--only|x",
        ),
    ] {
        let keys = keys.replace('\u{1}', changed);
        let found = runs(&mut sitting, &place, &keys).join("|");
        assert_eq!(found, words, "{shell}: {keys:?}: {}", sitting.shown());
    }
    let shown = sitting.shown();
    assert!(!shown.contains("error: "), "{shell}: {shown}");
    assert!(!shown.contains("panicked"), "{shell}: {shown}");
}

#[test]
fn bash_completes() {
    completes("bash");
}

#[test]
fn zsh_completes() {
    completes("zsh");
}

#[test]
fn fish_completes() {
    completes("fish");
}

#[test]
fn elvish_completes() {
    completes("elvish");
}

/// Where there are several, they are shown with what they are.
#[test]
fn descriptions_are_shown() {
    for shell in ["zsh", "fish", "elvish"] {
        let place = Place::new();
        let mut sitting = begin(&place, shell);
        sitting.types("runbook exec deploy.runbook --set \t\t");
        sitting.waits_for("description", |it| {
            let shown = it.shown();
            shown.contains("What to release") && shown.contains("Where to")
        });
    }
}

fn script(shell: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_runbook"))
        .args(["completions", shell])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// PowerShell cannot be had here: what can be seen without it is that the
/// script hands over the words, and that its brackets and quotes are closed.
#[test]
fn the_script_of_powershell_is_whole() {
    let script = script("powershell");
    assert!(script.contains("Register-ArgumentCompleter -Native -CommandName runbook"));
    assert!(script.contains("& runbook __complete powershell -- @words $wordToComplete 2>$null"));
    let mut open = Vec::new();
    let mut quote = None;
    for c in script
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::chars)
    {
        match (c, quote) {
            ('\'' | '"', None) => quote = Some(c),
            (_, Some(opened)) if opened == c => quote = None,
            (_, Some(_)) => {}
            ('(' | '{' | '[', None) => open.push(c),
            (')' | '}' | ']', None) => {
                let closes = match c {
                    ')' => '(',
                    '}' => '{',
                    _square => '[',
                };
                assert_eq!(open.pop(), Some(closes), "{script}");
            }
            (_, None) => {}
        }
    }
    assert!(open.is_empty() && quote.is_none(), "{script}");
    // What it asks, the program answers.
    let place = Place::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
    command.args(["__complete", "powershell", "--new-word", "--"]);
    command.args(["runbook", "exec", "deploy.runbook", "--set"]);
    place.inside(&mut command);
    let output = command.output().unwrap();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "version=\tWhat to release\nenvironment=\tWhere to\n"
    );
}

/// A pipe in the place of a runbook, a state directory that is not there, bytes
/// that are no text: the prompt neither waits nor shows an error.
#[test]
fn nothing_keeps_the_prompt_waiting() {
    use std::os::unix::ffi::OsStringExt;
    let place = Place::new();
    let pipe = place.path("work/pipe.runbook");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let not_text = std::ffi::OsString::from_vec(vec![b'a', 0xff]);
    for words in [
        ["exec", "pipe.runbook", "--set", ""],
        ["exec", "pipe.runbook", "--only", ""],
        ["exec", "/", "--set", ""],
        ["approve", "nothing", "", ""],
        ["\u{1b}", "--", "--", "--"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        command
            .args(["__complete", "fish", "--", "runbook"])
            .args(words);
        if words[0] == "approve" {
            command.arg(&not_text);
        }
        place.inside(&mut command);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{words:?}: {output:?}");
        assert!(output.stderr.is_empty(), "{words:?}: {output:?}");
        assert!(output.stdout.is_empty(), "{words:?}: {output:?}");
    }
    assert!(!place.path("state").exists(), "nothing is made");
}

/// Of every command and every page, the manual says what it is.
#[test]
fn manual_pages_are_shown_without_warnings() {
    let place = TempDir::new().unwrap();
    let pages = place.path().join("man1");
    let written = Command::new(env!("CARGO_BIN_EXE_runbook"))
        .args(["man", "--output"])
        .arg(&pages)
        .output()
        .unwrap();
    assert!(written.status.success(), "{written:?}");
    let mut names = Vec::new();
    for entry in fs::read_dir(&pages).unwrap() {
        let path = entry.unwrap().path();
        let shown = shown_by_man(&path);
        for heading in [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "EXAMPLES",
            "EXIT STATUS",
        ] {
            let is_there = shown.lines().any(|line| line == heading);
            assert!(is_there, "{heading} of {}:\n{shown}", path.display());
        }
        names.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    for page in [
        "runbook.1",
        "runbook-check.1",
        "runbook-exec.1",
        "runbook-man.1",
    ] {
        assert!(names.iter().any(|name| name == page), "{page} of {names:?}");
    }
    assert!(!names.iter().any(|name| name.contains("__complete")));
    let all = shown_by_man(&pages.join("runbook.1"));
    for name in names.iter().filter(|name| *name != "runbook.1") {
        let reference = name.replace(".1", "(1)");
        // It may be hyphenated at the end of a line.
        let all = all.replace("‐\n", "").replace(char::is_whitespace, "");
        assert!(all.contains(&reference), "{reference} in {all}");
    }
}

fn shown_by_man(page: &Path) -> String {
    let shown = Command::new("man")
        .args(["--warnings", "-l"])
        .arg(page)
        .env("LC_ALL", "C.UTF-8")
        .env("MANWIDTH", "100")
        .env("MAN_KEEP_FORMATTING", "")
        .env("PAGER", "cat")
        .output()
        .expect("install man-db");
    assert!(shown.status.success(), "{shown:?}");
    let said = String::from_utf8_lossy(&shown.stderr).into_owned();
    assert_eq!(said, "", "{}", page.display());
    String::from_utf8_lossy(&shown.stdout).into_owned()
}
