//! The state directory: where runs and locks are kept.
//!
//! ```text
//! <state>/runs/<run>/journal.jsonl   what happened, see `journal`
//!                   /owner.lock      held by the interpreter that drives it
//!                   /activities/     the output of everything that was started
//!                   /inbox/          messages to the interpreter
//!        /locks/                     one file for each target
//! ```
//!
//! Directories are 0700 and files 0600: output and values may be confidential.

use std::ffi::OsString;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use crate::run::clock::wall_millis;

/// Letters and digits that cannot be taken for one another.
const ALPHABET: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";

/// Where runs are kept: `$RUNBOOK_STATE`, else `$XDG_STATE_HOME/runbook`, else
/// `~/.local/state/runbook`.
///
/// # Errors
/// None of these is set.
pub fn state_directory(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, String> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    if let Some(given) = set("RUNBOOK_STATE") {
        return Ok(PathBuf::from(given));
    }
    // A relative one is to be ignored, says the specification.
    let xdg = set("XDG_STATE_HOME").map(PathBuf::from);
    if let Some(xdg) = xdg.filter(|path| path.is_absolute()) {
        return Ok(xdg.join("runbook"));
    }
    match set("HOME") {
        Some(home) => Ok(PathBuf::from(home).join(".local/state/runbook")),
        None => {
            Err("there is no place to record runs: set RUNBOOK_STATE to a directory".to_owned())
        }
    }
}

/// The directory all runs of a user, or of a team that shares it, are kept in.
#[derive(Debug, Clone)]
pub struct StateDirectory {
    path: PathBuf,
}

/// One run's directory.
#[derive(Debug, Clone)]
pub struct RunDirectory {
    path: PathBuf,
    id: String,
}

impl StateDirectory {
    /// One that is only looked at, and may not be there.
    pub fn at(path: PathBuf) -> StateDirectory {
        StateDirectory { path }
    }

    /// Opens it; makes it where it is not there yet.
    ///
    /// # Errors
    /// In words: it cannot be made or written to, or belongs to somebody else.
    pub fn open(path: &Path) -> Result<StateDirectory, String> {
        let shown = path.display();
        let state = StateDirectory {
            path: std::path::absolute(path)
                .map_err(|error| format!("where `{shown}` is cannot be found out: {error}"))?,
        };
        for directory in [state.path.join("runs"), state.path.join("locks")] {
            make(&directory).map_err(|error| {
                format!(
                    "{}; `RUNBOOK_STATE=DIRECTORY` in front of the command names another place",
                    unusable(&directory, &error)
                )
            })?;
        }
        Ok(state)
    }

    /// A directory for a new run.
    ///
    /// # Errors
    /// In words.
    pub fn create_run(&self) -> Result<RunDirectory, String> {
        loop {
            let id = new_id();
            let path = self.path.join("runs").join(&id);
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => {
                    let run = RunDirectory { path, id };
                    for inner in [run.activities(), run.inbox()] {
                        make(&inner).map_err(|error| unusable(&inner, &error))?;
                    }
                    sync_directory(&self.path.join("runs"))
                        .map_err(|error| unusable(&run.path, &error))?;
                    return Ok(run);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(unusable(&path, &error)),
            }
        }
    }

    /// All runs, the newest first.
    pub fn runs(&self) -> Vec<RunDirectory> {
        let Ok(entries) = std::fs::read_dir(self.path.join("runs")) else {
            return Vec::new();
        };
        let mut runs: Vec<RunDirectory> = entries
            .flatten()
            // A link planted in place of a run is not followed.
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .filter_map(|entry| {
                let id = entry.file_name().into_string().ok()?;
                let path = entry.path();
                Some(RunDirectory { path, id })
            })
            .filter(|run| run.journal().exists())
            .collect();
        // An id tells the second; what began within one, its directory does.
        runs.sort_by_cached_key(|run| {
            let second = run.id.rsplit_once('-').map(|(second, _)| second.to_owned());
            let made = std::fs::metadata(&run.path).and_then(|it| it.created());
            std::cmp::Reverse((second, made.ok(), run.id.clone()))
        });
        runs
    }

    /// The run of this id, or of the only id that begins or ends so.
    ///
    /// # Errors
    /// In words: there is none, or several.
    pub fn find(&self, part: &str) -> Result<RunDirectory, String> {
        // It would mean any run, as where a variable of a shell is not set.
        if part.is_empty() {
            return Err("the name of the run is empty: `runbook runs` lists them".to_owned());
        }
        let runs = self.runs();
        if let Some(run) = runs.iter().find(|run| run.id == part) {
            return Ok(run.clone());
        }
        let fits = |run: &&RunDirectory| run.id.starts_with(part) || run.id.ends_with(part);
        let found: Vec<&RunDirectory> = runs.iter().filter(fits).collect();
        match found.as_slice() {
            [run] => Ok((*run).clone()),
            [] => Err(format!(
                "there is no run `{part}` in `{}`: `runbook runs` lists them",
                self.path.display()
            )),
            several => {
                let ids: Vec<&str> = several.iter().take(5).map(|run| run.id()).collect();
                Err(format!("`{part}` may mean {}", ids.join(", ")))
            }
        }
    }

    pub fn locks(&self) -> PathBuf {
        self.path.join("locks")
    }
}

impl RunDirectory {
    pub fn id(&self) -> &str {
        &self.id
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn journal(&self) -> PathBuf {
        self.path.join("journal.jsonl")
    }

    pub fn activities(&self) -> PathBuf {
        self.path.join("activities")
    }

    pub fn inbox(&self) -> PathBuf {
        self.path.join("inbox")
    }

    /// The state directory it is in.
    pub fn state(&self) -> Option<StateDirectory> {
        let path = self.path.parent()?.parent()?.to_path_buf();
        Some(StateDirectory { path })
    }

    /// Makes the caller the only one that drives this run, until the file is
    /// closed. `None`: another interpreter does.
    ///
    /// # Errors
    /// The lock cannot be used.
    pub fn own(&self) -> io::Result<Option<File>> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(self.path.join("owner.lock"))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(file)),
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the directory of a run that was never begun.
    pub fn abandon(&self) {
        // One that stays has no journal, and is not listed.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

fn unusable(path: &Path, error: &io::Error) -> String {
    format!("runs cannot be recorded in `{}`: {error}", path.display())
}

fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).recursive(true).create(path)
}

/// Makes sure that a directory's entries survive a power cut.
pub fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// `20261123-1432-kex7`: sorts by time, and can be read aloud.
fn new_id() -> String {
    let now = jiff::Timestamp::from_millisecond(wall_millis()).unwrap_or_default();
    let stamp = now.strftime("%Y%m%d-%H%M%S").to_string();
    format!("{stamp}-{}", letters())
}

/// Four letters that are hardly ever the same twice.
fn letters() -> String {
    let mut bytes = [0_u8; 4];
    if random(&mut bytes).is_err() {
        bytes = std::process::id().to_be_bytes();
    }
    bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
        .collect()
}

pub(super) fn random(bytes: &mut [u8]) -> io::Result<()> {
    use std::io::Read;
    File::open("/dev/urandom")?.read_exact(bytes)
}

/// The machine's present boot: another one after it went down.
pub fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .map(|id| id.trim().to_owned())
        .unwrap_or_default()
}

/// Whether a file belongs to this user alone.
pub fn is_private(file: &File) -> bool {
    file.metadata()
        .is_ok_and(|metadata| metadata.uid() == rustix::process::geteuid().as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(variables: &[(&str, &str)]) -> Result<PathBuf, String> {
        state_directory(|name| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_state_directory_is_that_of_the_user() {
        assert_eq!(
            directory(&[("HOME", "/home/ada")]),
            Ok(PathBuf::from("/home/ada/.local/state/runbook"))
        );
        assert_eq!(
            directory(&[("HOME", "/home/ada"), ("XDG_STATE_HOME", "/var/ada")]),
            Ok(PathBuf::from("/var/ada/runbook"))
        );
        assert_eq!(
            directory(&[("XDG_STATE_HOME", "relative"), ("HOME", "/h")]),
            Ok(PathBuf::from("/h/.local/state/runbook"))
        );
        assert_eq!(
            directory(&[("RUNBOOK_STATE", "/srv/runs"), ("HOME", "/h")]),
            Ok(PathBuf::from("/srv/runs"))
        );
        assert!(directory(&[("HOME", "")]).is_err());
    }

    #[test]
    fn runs_are_found_by_part_of_their_id() -> Result<(), String> {
        let place = tempfile::tempdir().map_err(|error| error.to_string())?;
        let state = StateDirectory::open(place.path())?;
        let run = state.create_run()?;
        assert!(state.runs().is_empty(), "a run without journal is no run");
        File::create_new(run.journal()).map_err(|error| error.to_string())?;
        let end = run.id().rsplit('-').next().unwrap_or_default().to_owned();
        assert_eq!(state.find(&end)?.id(), run.id());
        assert_eq!(state.find(&run.id()[..8])?.id(), run.id());
        assert!(state.find("nothing").is_err());
        Ok(())
    }

    #[test]
    fn a_run_has_one_owner_at_a_time() -> Result<(), String> {
        let place = tempfile::tempdir().map_err(|error| error.to_string())?;
        let run = StateDirectory::open(place.path())?.create_run()?;
        let first = run.own().map_err(|error| error.to_string())?;
        assert!(first.is_some());
        assert!(run.own().map_err(|error| error.to_string())?.is_none());
        drop(first);
        assert!(run.own().map_err(|error| error.to_string())?.is_some());
        Ok(())
    }
}
