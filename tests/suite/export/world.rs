//! A directory in which a runbook is carried out, by `exec` or by its script.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::programs::says_it_goes_on;

/// What is there before a run.
pub struct World {
    place: TempDir,
}

/// A program that has ended.
#[derive(Debug)]
pub struct Told {
    pub status: Option<i32>,
    pub text: String,
}

impl Told {
    pub fn of(output: &Output) -> Told {
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text += &String::from_utf8_lossy(&output.stderr);
        Told {
            status: output.status.code(),
            text,
        }
    }

    /// Everything that is told at the end, but for how long it took, and what to
    /// type next.
    pub fn ending(&self) -> Vec<String> {
        let is_word = |line: &&str| {
            let about = line.get(..12).unwrap_or_default().trim_start();
            let letters = |c: char| c.is_ascii_lowercase() || c == ' ';
            line.get(12..14) == Some(": ") && !about.is_empty() && about.chars().all(letters)
        };
        let words = self.text.lines().filter(is_word);
        let words = words.filter(|line| !line.starts_with("        next: "));
        let mut ending: Vec<String> = words.map(str::to_owned).collect();
        for line in &mut ending {
            if let Some((before, after)) = line.split_once(" after ")
                && before.trim_start().starts_with("state: ")
            {
                let rest = after.find([':', ',']).map_or("", |at| &after[at..]);
                *line = format!("{before}{rest}");
            }
        }
        ending
    }

    /// The last words but for how long it took, and what to type next.
    pub fn last_words(&self) -> Vec<&str> {
        let about = ["failed:", "tolerated:", "undone:", "left:", "undo failed:"];
        let lines = self.text.lines().map(str::trim);
        lines
            .filter(|line| about.iter().any(|about| line.starts_with(about)))
            .collect()
    }
}

impl Told {
    /// What was told of the run while it went on, but for times, and measured
    /// times.
    pub fn trace(&self) -> Vec<String> {
        let lines = self.text.lines().skip(2);
        let lines = lines.take_while(|line| !line.contains(" state: "));
        let lines = lines.filter(|line| !says_it_goes_on(line));
        lines
            .map(|line| {
                let words = line.trim_start();
                let after = words.split_once("s  ").filter(|(time, _)| {
                    !time.is_empty() && time.chars().all(|c| c.is_ascii_digit() || c == '.')
                });
                let line = after.map_or(words, |(_, rest)| rest);
                let took = line.split("it took ").next().unwrap_or(line);
                took.to_owned()
            })
            .collect()
    }
}

/// Waits until something is so, and fails where it never is.
pub fn wait_until(about: &dyn std::fmt::Debug, is_so: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{about:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// How a script that was begun ends; one that never does is killed, and fails the
/// test.
pub fn ended(about: &dyn std::fmt::Debug, child: &mut Child) -> Option<i32> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("it is a child") {
            return status.code();
        }
        if begin.elapsed() >= Duration::from_secs(120) {
            child.kill().expect("it is there");
            panic!("{about:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl World {
    /// With a runbook, what its commands use, and what is to fail.
    pub fn new(runbook: &str, faults: &[String]) -> World {
        let world = World {
            place: TempDir::new().expect("a directory"),
        };
        let act = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/export/act");
        fs::copy(act, world.path().join("act")).expect("it can be copied");
        world.write("case.runbook", runbook);
        world.write("faults", &(faults.join("\n") + "\n"));
        world
    }

    pub fn path(&self) -> &Path {
        self.place.path()
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("it can be written");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_default()
    }

    fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    /// A command in this world. Without a controlling terminal nobody is asked.
    pub fn command(&self, program: &[&str], arguments: &[&str]) -> Command {
        // One that hangs must not hang the tests, nor outlive them.
        let mut command = Command::new("setsid");
        command
            .args(["--wait", "timeout", "-k", "15", "120"])
            .args(program)
            .args(arguments)
            .current_dir(self.path())
            .env("RUNBOOK_STATE", self.state())
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .process_group(0);
        command
    }

    pub fn run(&self, program: &[&str], arguments: &[&str]) -> Told {
        let output = self
            .command(program, arguments)
            .output()
            .expect("it starts");
        Told::of(&output)
    }

    pub fn exec(&self, arguments: &[&str]) -> Told {
        let all = [&["exec", "case.runbook", "--grace", "1s"], arguments].concat();
        self.run(&[env!("CARGO_BIN_EXE_runbook")], &all)
    }

    /// Exports the runbook; the error is what was said instead.
    pub fn export(&self, arguments: &[&str]) -> Result<(), String> {
        let to = ["export", "case.runbook", "--to", "sh", "-o", "case.sh"];
        let told = self.run(&[env!("CARGO_BIN_EXE_runbook")], &[&to, arguments].concat());
        match told.status {
            Some(0) => Ok(()),
            _refused => Err(told.text),
        }
    }

    pub fn script(&self, shell: &[&str], arguments: &[&str]) -> Told {
        let given = arguments.iter().any(|it| it.starts_with("--grace"));
        let grace: &[&str] = if given { &[] } else { &["--grace", "1"] };
        self.run(shell, &[&["./case.sh"], grace, arguments].concat())
    }

    /// A program that stands for another, for scripts that are begun beside it or in
    /// the background.
    pub fn stand_in(&self, name: &str, text: &str) {
        let bin = self.path().join("bin");
        fs::create_dir_all(&bin).expect("it can be made");
        let program = bin.join(name);
        fs::write(&program, text).expect("it can be written");
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(program, mode).expect("it is there");
    }

    /// What scripts that are begun beside it find as awk.
    pub fn has_awk(&self, awk: &Path) {
        let bin = self.path().join("bin");
        fs::create_dir_all(&bin).expect("it can be made");
        let link = bin.join("awk");
        let _ = fs::remove_file(&link);
        std::os::unix::fs::symlink(awk, link).expect("it can be linked");
    }

    /// Where programs are found, those that stand for others first.
    pub fn path_to_stand_ins(&self) -> String {
        let path = std::env::var("PATH").unwrap_or_default();
        format!("{}:{path}", self.path().join("bin").display())
    }

    /// The script among programs that stand for others.
    pub fn script_beside(&self, shell: &[&str], arguments: &[&str]) -> Told {
        let path = format!("PATH={}", self.path_to_stand_ins());
        self.script(&[&["env", &path], shell].concat(), arguments)
    }

    /// Exports the script and begins it, in a session of its own.
    pub fn begin_script(&self, shell: &[&str]) -> Child {
        self.begin_script_with(shell, "1")
    }

    /// The same with another grace.
    pub fn begin_script_with(&self, shell: &[&str], grace: &str) -> Child {
        self.export(&[]).expect("it can be exported");
        // Under `nohup` it would never hear that its terminal hangs up, and in the
        // background nobody's Ctrl-C.
        let mut command = Command::new("env");
        command
            .args(["--default-signal=INT,QUIT,HUP", "setsid"])
            .args(shell)
            .args(["./case.sh", "--grace", grace])
            .current_dir(self.path())
            .env("PATH", self.path_to_stand_ins())
            .env("RUNBOOK_STATE", self.state())
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().expect("it starts")
    }

    /// What the commands did, in order.
    pub fn effects(&self) -> Vec<String> {
        self.read("effects").lines().map(str::to_owned).collect()
    }

    /// What is on record of the script's last run.
    pub fn journal(&self) -> String {
        fs::read_to_string(self.script_run().join("journal")).unwrap_or_default()
    }

    /// The directory of the script's last run.
    pub fn script_run(&self) -> PathBuf {
        let runs = self.state().join("exported/case/runs");
        let mut runs: Vec<PathBuf> = fs::read_dir(runs)
            .expect("there are runs")
            .flatten()
            .map(|entry| entry.path())
            .collect();
        runs.sort();
        runs.pop().expect("a run")
    }
}
