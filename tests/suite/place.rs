//! A directory with a runbook, and the program run in it without a terminal.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Longer than anything takes on the busiest machine.
pub const FOREVER: Duration = Duration::from_secs(120);

/// A directory of its own, which is gone when it is dropped. Its runbook is
/// `t.runbook`, and its runs are recorded in `state`.
pub struct Place(TempDir);

impl Place {
    pub fn new(runbook: &str) -> Place {
        let place = Place(TempDir::new().unwrap());
        place.change(runbook);
        place
    }

    /// Puts another runbook in the place of its own.
    pub fn change(&self, runbook: &str) {
        self.write("t.runbook", runbook);
    }

    pub fn root(&self) -> &Path {
        self.0.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// What stands in a file; nothing where there is none.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// What commands wrote to `log`, a line each.
    pub fn log(&self) -> Vec<String> {
        self.read("log").lines().map(str::to_owned).collect()
    }

    /// Makes a command run here, away from what this machine is set up for.
    pub fn inside(&self, command: &mut Command) {
        command
            .current_dir(self.root())
            .env("RUNBOOK_STATE", self.path("state"))
            .stdin(Stdio::null());
        for proxy in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
            command.env_remove(proxy).env_remove(proxy.to_uppercase());
        }
    }

    /// `runbook` with these arguments, which can ask nobody.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
        command.args(arguments);
        self.inside(&mut command);
        without_terminal(&mut command);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Told {
        told(self.command(arguments).output().unwrap())
    }

    /// Runs `runbook`, which is to end with this status; all it said.
    #[track_caller]
    pub fn ends(&self, arguments: &[&str], wanted: i32) -> String {
        let Told { status, text } = self.run(arguments);
        assert_eq!(status, Some(wanted), "{arguments:?}\n{text}");
        text
    }

    pub fn exec(&self) -> Told {
        self.run(&["exec", "t.runbook"])
    }

    /// The names of the runs here.
    pub fn runs(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("state/runs")).into_iter();
        let names = entries.flatten().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect()
    }

    /// The name of the only run here.
    #[track_caller]
    pub fn only_run(&self) -> String {
        let runs = self.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs[0].clone()
    }

    /// All that is on record of the runs here.
    pub fn journals(&self) -> String {
        let runs = self.runs().into_iter();
        runs.map(|run| self.read(&format!("state/runs/{run}/journal.jsonl")))
            .collect()
    }

    /// Waits until a file is there.
    #[track_caller]
    pub fn wait_for(&self, name: &str) {
        wait_for(name, || self.path(name).exists());
    }
}

/// In a process group of its own it is never in the foreground of a terminal.
pub fn without_terminal(command: &mut Command) -> &mut Command {
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
