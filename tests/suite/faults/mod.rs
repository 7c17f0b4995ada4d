//! A system that fails at a chosen call: a small library, preloaded into the
//! interpreter, that counts what it asks of the system.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const SOURCE: &str = include_str!("shim.c");

/// What happens at the chosen call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    KillBefore,
    /// A write is half done; anything else has not been done.
    KillHalf,
    KillAfter,
    /// A write takes half of what it is given.
    Short,
    NoSpace,
    InputOutput,
}

impl Act {
    fn name(self) -> &'static str {
        match self {
            Act::KillBefore => "kill-before",
            Act::KillHalf => "kill-half",
            Act::KillAfter => "kill-after",
            Act::Short => "short",
            Act::NoSpace => "enospc",
            Act::InputOutput => "eio",
        }
    }
}

/// Which call, and what happens at it.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    pub act: Act,
    /// The number of the call among those that are counted, from one.
    pub at: usize,
    /// Only these calls are counted; all if there are none.
    pub calls: &'static [&'static str],
    /// Only files whose path holds this are counted.
    pub name: Option<&'static str>,
    /// Whether every later call does the same.
    pub stays: bool,
}

/// The library, built once a test run.
fn library() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let mine = std::process::id();
        let source = place.join(format!("faults-{mine}.c"));
        let built = place.join(format!("faults-{mine}.so"));
        let library = place.join("faults.so");
        fs::write(&source, SOURCE).expect("a file");
        let output = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&built, &source])
            .args(["-ldl", "-lpthread"])
            .output()
            .expect("a C compiler");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        // Another run of the tests may be using the one that is there.
        fs::rename(&built, &library).expect("it can be put there");
        fs::remove_file(&source).expect("it was made");
        library
    })
}

/// Lets a fault happen in this command, at files below a directory.
pub fn inject(command: &mut Command, under: &Path, fault: &Fault) {
    watch(command, under);
    command
        .env("FAULT_DO", fault.act.name())
        .env("FAULT_AT", fault.at.to_string());
    if !fault.calls.is_empty() {
        command.env("FAULT_CALLS", fault.calls.join(","));
    }
    if let Some(name) = fault.name {
        command.env("FAULT_NAME", name);
    }
    if fault.stays {
        command.env("FAULT_STAYS", "1");
    }
}

/// Has all calls of this command written to a file, a line each.
pub fn log(command: &mut Command, under: &Path, to: &Path) {
    watch(command, under);
    command.env("FAULT_LOG", to);
}

fn watch(command: &mut Command, under: &Path) {
    command
        .env("LD_PRELOAD", library())
        .env("FAULT_UNDER", under);
}
