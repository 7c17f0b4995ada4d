//! A directory with a runbook, what it needs, and what came of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub struct Place {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Place {
    pub fn new() -> Place {
        let folder = TempDir::new().unwrap();
        fs::create_dir(folder.path().join("bin")).unwrap();
        Place {
            folder,
            environment: Vec::new(),
        }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn at(&self, name: &str) -> String {
        self.path().join(name).display().to_string()
    }

    /// Sets a variable for everything that is started here.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_default()
    }

    /// A program of this name that writes down how it was called, in `calls`,
    /// and then does this.
    pub fn stub(&self, name: &str, does: &str) {
        let path = self.path().join("bin").join(name);
        let calls = self.at("calls");
        let text = format!("#!/bin/sh\nprintf '%s\\n' \"{name} $*\" >>'{calls}'\n{does}\n");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// How the stubs were called.
    pub fn calls(&self) -> Vec<String> {
        self.read("calls").lines().map(str::to_owned).collect()
    }

    pub fn command(&self, program: &str) -> Command {
        let mut path = self.path().join("bin").into_os_string();
        // Servers are there, for whom they are a part of the path.
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        path.push(":/usr/sbin:/sbin");
        let mut command = Command::new(program);
        command
            .current_dir(self.path())
            .env("PATH", path)
            .env("RUNBOOK_STATE", self.at("state"))
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null());
        command
    }

    /// What a script prints.
    pub fn sh(&self, script: &str) -> String {
        let output = self.command("sh").args(["-euc", script]).output().unwrap();
        assert!(output.status.success(), "{script}: {}", told(&output));
        let printed = String::from_utf8(output.stdout).unwrap();
        printed.trim_end().to_owned()
    }

    /// Runs these statements; how the run ended, and what was said.
    pub fn exec(&self, modules: &str, statements: &str) -> (i32, String) {
        let uses: String = modules
            .split(' ')
            .map(|module| format!("use std.{module}\n"))
            .collect();
        let text = format!("runbook \"Tried\"\n{uses}defaults {{ timeout 1m }}\n{statements}\n");
        self.write("tried.runbook", &text);
        let mut command = self.command(env!("CARGO_BIN_EXE_runbook"));
        let output = command
            .args(["exec", "tried.runbook", "--verbose"])
            .output();
        let output = output.unwrap();
        (output.status.code().unwrap_or(-1), told(&output))
    }

    pub fn succeeds(&self, modules: &str, statements: &str) -> String {
        let (status, told) = self.exec(modules, statements);
        assert_eq!(status, 0, "{statements}\n{told}");
        told
    }

    /// Runs the statements to their end, and then all of it back.
    pub fn goes_back(&self, modules: &str, statements: &str) -> String {
        let statements =
            format!("{statements}\ncheck last_of_all {{\n  $ echo so far so good; false\n}}");
        let (status, told) = self.exec(modules, &statements);
        assert_eq!(status, 3, "{statements}\n{told}");
        assert!(told.contains("so far so good"), "{statements}\n{told}");
        told
    }

    /// Each of these checks stops a run of its own before anything has changed.
    pub fn refuses(&self, modules: &str, checks: &[&str]) {
        for check in checks {
            let (status, told) = self.exec(modules, &format!("check it = {check}"));
            assert_eq!(status, 1, "{check}\n{told}");
            assert!(told.contains("it"), "{told}");
        }
    }

    /// All of these checks pass.
    pub fn passes(&self, modules: &str, checks: &[&str]) {
        let checks: Vec<String> = checks
            .iter()
            .enumerate()
            .map(|(number, check)| format!("check it_{number} = {check}\n"))
            .collect();
        self.succeeds(modules, &checks.concat());
    }
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}

/// A server that ends with the test.
pub struct Process(Child);

impl Process {
    pub fn start(command: &mut Command) -> Process {
        let command = command.stdout(Stdio::null()).stderr(Stdio::null());
        let name = command.get_program().to_string_lossy().into_owned();
        Process(command.spawn().unwrap_or_else(|_| panic!("install {name}")))
    }

    /// Ends it as its own programs do, so that it takes its children with it.
    fn end(&mut self) {
        let id = self.0.id().to_string();
        let _ = Command::new("kill").args(["-INT", &id]).status();
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(5) {
            if !matches!(self.0.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}

pub fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "no {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
