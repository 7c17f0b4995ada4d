//! The small production of `examples/deployment`, for the tests of its scripts
//! and of its runbook.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

/// What the example says it leaves behind, harmlessly.
const LEAVINGS: [&str; 5] = [
    "backups",
    "builds",
    "effects.log",
    "notifications.log",
    "tmp",
];

/// A fresh production in a directory of its own.
pub struct Production {
    directory: TempDir,
}

impl Production {
    pub fn new() -> Self {
        let production = Production {
            directory: TempDir::new().unwrap(),
        };
        production.succeeds("reset_production", &[]);
        production
    }

    pub fn path(&self) -> PathBuf {
        self.directory.path().join("production")
    }

    /// The command for `script argument…`, words separated by spaces.
    pub fn command(&self, call: &str, faults: &[(&str, &str)]) -> Command {
        let mut words = call.split(' ');
        let script = format!("{}.sh", words.next().unwrap());
        let mut command = Command::new(scripts().join(script));
        command
            .args(words)
            .env("PRODUCTION", self.path())
            .stdin(Stdio::null());
        for name in ["FAIL", "HANG", "STUBBORN", "BAD_VERSION"] {
            command.env_remove(name);
        }
        command.envs(faults.iter().copied());
        command
    }

    pub fn run(&self, call: &str, faults: &[(&str, &str)]) -> Output {
        self.command(call, faults).output().unwrap()
    }

    /// Runs it and gives what it printed.
    #[track_caller]
    pub fn succeeds(&self, call: &str, faults: &[(&str, &str)]) -> String {
        let output = self.run(call, faults);
        assert!(output.status.success(), "`{call}` failed: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs it and gives what it complained about.
    #[track_caller]
    pub fn fails(&self, call: &str, faults: &[(&str, &str)], status: i32) -> String {
        let output = self.run(call, faults);
        assert_eq!(output.status.code(), Some(status), "`{call}`: {output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Every file but the harmless leavings, with its bytes.
    pub fn picture(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.path(), &self.path(), &mut files);
        files.retain(|path, _| !LEAVINGS.iter().any(|leaving| path.starts_with(leaving)));
        files
    }

    pub fn effects(&self) -> Vec<String> {
        let log = fs::read_to_string(self.path().join("effects.log")).unwrap();
        log.lines().map(str::to_owned).collect()
    }

    /// Starts it, waits until it hangs, and kills it with all it started.
    pub fn hangs_until_killed(&self, call: &str, fault: &str) {
        let hung = format!("(HANG={fault})");
        let times = || {
            let effects = self.effects();
            effects.iter().filter(|line| line.ends_with(&hung)).count()
        };
        let times_before = times();
        let mut child = self
            .command(call, &[("HANG", fault)])
            .process_group(0)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while times() == times_before {
            let ended = child.try_wait().unwrap();
            assert_eq!(ended, None, "`{call}` was to hang at {fault}");
            std::thread::sleep(Duration::from_millis(2));
        }
        let group = Pid::from_child(&child);
        kill_process_group(group, Signal::KILL).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.signal(), Some(Signal::KILL.as_raw()));
    }
}

pub fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/deployment")
}

fn collect(root: &Path, directory: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_owned();
            files.insert(name, fs::read(&path).unwrap());
        }
    }
}
