//! Helix, set up as its page says, with this program as its language server:
//! at a terminal, by keys.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use regex::Regex;
use tempfile::TempDir;

use super::{editors, read, root};
use crate::fetched::HELIX;
use crate::programs::run;
use crate::sitting::Sitting;

const BROKEN: &str = r#"runbook "Broken"

param where: string "Where it is built"

step build {
      $ make $where
  timeout 1m
    rollback $ rm -r "$where"
}
"#;

const MENDED: &str = r#"runbook "Broken"

param place: string "Where it is built"

step build {
  $ make "$place"
  timeout 1m
  rollback $ rm -r "$place"
}

step more {
  $ true
  timeout 1m
  harmless "nothing"
}
"#;

/// A home in which Helix knows runbooks, and a file in it.
struct Place(TempDir);

impl Place {
    /// What the three lines of the page say.
    fn new() -> Place {
        let place = Place(TempDir::new().unwrap());
        let settings = read(&editors("helix/languages.toml"));
        let settings = settings.replace("/path/to/runbook", &root().display().to_string());
        fs::create_dir_all(place.path(".config/helix")).unwrap();
        fs::write(place.path(".config/helix/languages.toml"), settings).unwrap();
        let page = read(&editors("helix/README.md"));
        let command = Regex::new("`((?:mkdir|hx) [^`]+)`").unwrap();
        let commands = command.captures_iter(&page).map(|it| it[1].to_owned());
        let commands: Vec<String> = commands.collect();
        assert_eq!(commands.len(), 3, "{commands:?}");
        let mut shell = Command::new("sh");
        shell.arg("-euc").arg(commands.join("\n"));
        shell.current_dir(editors("helix"));
        place.prepare(&mut shell);
        let health = run(&mut shell);
        assert!(!health.contains('✘') && health.contains("Highlight queries:"));
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `hx` and `runbook` are in the path.
    fn prepare(&self, command: &mut Command) {
        let folders = [HELIX.as_path(), env!("CARGO_BIN_EXE_runbook").as_ref()];
        let folders = folders.map(|program| program.parent().unwrap().to_owned());
        let path = std::env::var_os("PATH").unwrap();
        let path = folders.into_iter().chain(std::env::split_paths(&path));
        command
            .env("PATH", std::env::join_paths(path).unwrap())
            .env("HOME", self.0.path())
            .env("COLORTERM", "truecolor")
            // Helix takes it for the place of its own source.
            .env_remove("CARGO_MANIFEST_DIR")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_CACHE_HOME");
    }
}

/// In which colour a word is drawn.
fn colour_of(word: &str, shown: &str) -> Option<String> {
    let colours = r"\x1b\[38;2;([0-9;]+)m(?:\x1b\[48;[0-9;]+m)?";
    let drawn = Regex::new(&format!(r"{colours}{word}\x1b")).unwrap();
    drawn.captures(shown).map(|found| found[1].to_owned())
}

#[test]
fn runbooks_are_edited_in_helix() {
    let place = Place::new();
    let file = place.path("broken.runbook");
    fs::write(&file, BROKEN).unwrap();
    let shell = format!("stty rows 40 cols 120; exec hx '{}'", file.display());
    let mut sitting = Sitting::begin(&shell, |command| place.prepare(command));
    // The mark at the line of a problem.
    sitting.sees("●");
    sitting.waits_for("keyword that looks like none of a command", |it| {
        let shown = it.shown();
        let [step, make] = ["step", "make"].map(|word| colour_of(word, &shown));
        step.is_some() && make.is_some() && step != make
    });
    sitting.types("]d a");
    sitting.sees("quote it");
    let saved = |sitting: &mut Sitting, keys: &str, wanted: &str| {
        sitting.types(keys);
        let mut looks = 0;
        sitting.waits_for(&format!("{wanted:?} after {keys:?}"), |it| {
            // The server takes its time, and only what it has done is saved.
            if looks % 20 == 0 {
                it.types(":w\r");
            }
            looks += 1;
            // While it is saved, there is no file.
            let text = fs::read_to_string(&file).unwrap_or_default();
            text.contains(wanted)
        });
    };
    saved(&mut sitting, "\r\r", "make \"$where\"");
    saved(&mut sitting, ":format\r", "\n  rollback");
    sitting.types("3ggwl r");
    sitting.sees("rename-to:");
    saved(&mut sitting, "\u{15}place\r", "rm -r \"$place\"");
    sitting.types("geo\rstep more {\r$ true\rtimeout 1m\rharmless \"nothing");
    let before = sitting.screen().len();
    sitting.types("\u{1b}");
    sitting.waits_for("end of writing", |it| {
        let shown = it.screen();
        String::from_utf8_lossy(&shown[before..]).contains("NOR")
    });
    saved(&mut sitting, "", MENDED);
    let log = read(&place.path(".cache/helix/helix.log"));
    assert!(!log.contains("\"runbook\""), "{log}");
}
