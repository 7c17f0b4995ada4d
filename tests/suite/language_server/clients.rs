//! `runbook lsp` with the clients that people have: the library of VS Code and
//! Neovim.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::fetched::NEOVIM;
use crate::programs::run;

/// The scripts of `client/` and the packages that they use, which are fetched
/// once.
static CLIENT: LazyLock<PathBuf> = LazyLock::new(|| {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let home = target.join("language-server-client");
    let of_this_lock = || {
        let fetched = fs::read(home.join("node_modules/lock")).ok()?;
        let wanted = fs::read(source("client/package-lock.json")).ok()?;
        (fetched == wanted).then_some(())
    };
    let fetched = of_this_lock().is_some();
    fs::create_dir_all(&home).unwrap();
    run(Command::new("cp")
        .arg("-R")
        .arg(source("client/."))
        .arg(&home));
    if !fetched {
        run(Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(&home));
        let lock = home.join("package-lock.json");
        fs::copy(lock, home.join("node_modules/lock")).unwrap();
    }
    home
});

fn source(name: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/language_server");
    tests.join(name)
}

#[track_caller]
fn with_the_library_of_vs_code(script: &str) {
    run(Command::new("node")
        .args(["--test", script])
        .current_dir(&*CLIENT)
        .env("RUNBOOK", env!("CARGO_BIN_EXE_runbook")));
}

#[test]
fn every_feature_works_with_the_library_of_vs_code() {
    with_the_library_of_vs_code("features.test.mjs");
}

#[test]
fn no_client_confuses_the_server() {
    with_the_library_of_vs_code("storms.test.mjs");
}

#[test]
fn neovim_is_served() {
    let place = TempDir::new().unwrap();
    let project = place.path().join("project");
    run(Command::new("cp")
        .arg("-R")
        .arg(source("client/project"))
        .arg(&project));
    run(Command::new(&*NEOVIM)
        .args(["--headless", "-n", "-i", "NONE", "--clean", "-l"])
        .arg(source("neovim.lua"))
        .env("HOME", place.path())
        .env("RUNBOOK", env!("CARGO_BIN_EXE_runbook"))
        .env("RUNBOOK_PROJECT", project.canonicalize().unwrap()));
}
