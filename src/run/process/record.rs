//! What a keeper writes down in its activity's directory:
//!
//! | file | what it says |
//! | --- | --- |
//! | `alive` | locked as long as the keeper lives |
//! | `begun` | the command is about to be started, or was |
//! | `stdout`, `stderr` | what it printed, secrets masked |
//! | `end.json` | how it ended |
//! | `end-request` | an interpreter that is not its parent wants it ended |
//!
//! None of it is synced: it outlives the interpreter, which is what it is for.
//! When the machine itself goes down every process is gone too, and the journal
//! alone is believed.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::{Ended, Process};

#[derive(Serialize, Deserialize)]
struct End {
    ended: Ended,
    /// Whether something of it still ran when the command was over, and was
    /// ended.
    #[serde(default)]
    left_behind: bool,
}

/// What became of an activity whose interpreter is gone.
#[derive(Debug)]
pub enum Found {
    /// The command was never started.
    NeverBegan,
    /// It still runs.
    Running(Process),
    Ended(Ended),
}

/// Looks for an activity in its directory. With `same_boot` false the machine
/// went down since, and what was not recorded may have happened.
pub fn find(directory: &Path, same_boot: bool) -> Found {
    if is_kept(directory) {
        return Found::Running(Process::adopt(directory));
    }
    match end(directory) {
        Some(ended) => Found::Ended(ended),
        None if same_boot && !directory.join("begun").exists() => Found::NeverBegan,
        None => Found::Ended(Ended::Lost),
    }
}

/// Makes the directory, which must not be there yet.
pub(super) fn make(directory: &Path) -> Result<(), String> {
    DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(directory)
        .map_err(|error| format!("cannot make `{}`: {error}", directory.display()))
}

/// Opens a file of the record for writing.
pub(super) fn create(directory: &Path, name: &str) -> std::io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(directory.join(name))
}

/// Whether its keeper lives.
pub(super) fn is_kept(directory: &Path) -> bool {
    let Ok(alive) = File::open(directory.join("alive")) else {
        return false;
    };
    flock(&alive, FlockOperation::NonBlockingLockShared).is_err()
}

/// Says that the keeper lives, until the file given is closed.
pub(super) fn live(directory: &Path) -> std::io::Result<File> {
    let alive = create(directory, "alive")?;
    flock(&alive, FlockOperation::NonBlockingLockExclusive)?;
    Ok(alive)
}

/// How it ended, once that is written.
pub(super) fn end(directory: &Path) -> Option<Ended> {
    let text = std::fs::read(directory.join("end.json")).ok()?;
    let end: End = serde_json::from_slice(&text).ok()?;
    Some(end.ended)
}

/// Writes how it ended: whole or not at all.
pub(super) fn write_end(directory: &Path, ended: Ended, left_behind: bool) -> std::io::Result<()> {
    let text = serde_json::to_vec(&End { ended, left_behind })?;
    let mut file = create(directory, "end.new")?;
    file.write_all(&text)?;
    std::fs::rename(directory.join("end.new"), directory.join("end.json"))
}

/// Asks a keeper that is not our child to end its command.
pub(super) fn request_end(directory: &Path, grace: u64) {
    // Where this cannot be written the time limit of the step still stands.
    let _ = create(directory, "end-request").and_then(|mut file| writeln!(file, "{grace}"));
}

/// The grace of such a request, if there is one.
pub(super) fn requested_end(directory: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(directory.join("end-request")).ok()?;
    text.trim().parse().ok()
}
