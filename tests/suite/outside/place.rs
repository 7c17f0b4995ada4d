//! A directory with a runbook, and the program run in it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Longer than anything takes on the busiest machine.
pub const FOREVER: Duration = Duration::from_secs(120);

pub struct Place(TempDir);

impl Place {
    pub fn new(runbook: &str) -> Place {
        let place = Place(TempDir::new().unwrap());
        fs::write(place.path("t.runbook"), runbook).unwrap();
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// What commands wrote, a line each.
    pub fn log(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("log")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    pub fn runbook(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        command.args(arguments);
        self.inside(&mut command);
        command
    }

    /// Makes a command run here, away from what this machine is set up for.
    pub fn inside(&self, command: &mut Command) {
        command
            .current_dir(self.0.path())
            .env("RUNBOOK_STATE", self.path("state"))
            .stdin(Stdio::null());
        for proxy in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
            command.env_remove(proxy).env_remove(proxy.to_uppercase());
        }
    }

    /// Runs `runbook` without a terminal.
    pub fn run(&self, arguments: &[&str]) -> Told {
        let mut command = self.runbook(arguments);
        told(without_terminal(&mut command).output().unwrap())
    }

    pub fn exec(&self) -> Told {
        self.run(&["exec", "t.runbook"])
    }

    /// All that is on record of the runs here.
    pub fn journals(&self) -> String {
        let runs = fs::read_dir(self.path("state/runs")).unwrap();
        let journals = runs.map(|run| run.unwrap().path().join("journal.jsonl"));
        journals
            .map(|path| fs::read_to_string(path).unwrap())
            .collect()
    }
}

/// In a process group of its own it is never in the foreground of a terminal.
pub fn without_terminal(command: &mut Command) -> &mut Command {
    use std::os::unix::process::CommandExt;
    command.process_group(0)
}

/// How a command ended and what it printed.
#[derive(Debug)]
pub struct Told {
    pub status: Option<i32>,
    pub text: String,
}

impl Told {
    #[track_caller]
    pub fn ended(&self, status: i32) -> &Told {
        assert_eq!(self.status, Some(status), "{}", self.text);
        self
    }

    #[track_caller]
    pub fn says(&self, words: &str) -> &Told {
        assert!(self.text.contains(words), "no {words:?} in: {}", self.text);
        self
    }

    #[track_caller]
    pub fn never_says(&self, words: &str) -> &Told {
        assert!(!self.text.contains(words), "{words:?} in: {}", self.text);
        self
    }
}

pub fn told(output: Output) -> Told {
    let text = [output.stdout, output.stderr].concat();
    Told {
        status: output.status.code(),
        text: String::from_utf8_lossy(&text).into_owned(),
    }
}

#[track_caller]
pub fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < FOREVER, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
