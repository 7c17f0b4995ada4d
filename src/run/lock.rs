//! The lock of a target: two releases of one target never run together.
//!
//! The kernel decides (`flock`); what the file says is for people. The
//! processes of steps hold it too, so that a lock outlives an interpreter that
//! died while its step still runs.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

use rustix::fs::{FlockOperation, OFlags, flock};
use serde::{Deserialize, Serialize};

use crate::run::clock::wall_millis;
use crate::run::state::StateDirectory;
use crate::source::digest_of;
use crate::types::text::elapsed;

/// How often it is looked who has just taken a lock.
const LOOKS: u32 = 50;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Who holds a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    pub lock: String,
    pub run: String,
    pub starter: String,
    pub host: String,
    pub pid: u32,
    /// In milliseconds since 1970.
    pub since: i64,
}

impl Holder {
    /// `run 20261123-1432-kex7, started by ada on web1 5m ago`
    pub fn in_words(&self) -> String {
        let ago = wall_millis().saturating_sub(self.since);
        let ago = elapsed(u64::try_from(ago).unwrap_or(0) / 1_000 * 1_000);
        format!(
            "run {}, started by {} on {} {ago} ago",
            self.run, self.starter, self.host
        )
    }
}

/// A lock that is held until it is dropped, and by whoever shares it.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

/// Why a lock is not to be had.
#[derive(Debug)]
pub enum LockError {
    /// Another run has it; who, where that can be read.
    Busy(Option<Holder>),
    Io(io::Error),
}

impl Lock {
    /// Takes a lock if it is free.
    ///
    /// # Errors
    /// It is not, or its file cannot be used.
    pub fn try_lock(state: &StateDirectory, holder: &Holder) -> Result<Lock, LockError> {
        let path = state.locks().join(file_name(&holder.lock));
        let no_follow = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or(0);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(no_follow)
            .open(path)
            .map_err(LockError::Io)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(LockError::Busy(who_has(&mut file))),
            Err(error) => return Err(LockError::Io(error.into())),
        }
        write(&mut file, holder).map_err(LockError::Io)?;
        Ok(Lock { file })
    }

    /// A descriptor that holds the lock as long as any process has it.
    ///
    /// # Errors
    /// Those of duplicating a descriptor.
    pub fn share(&self) -> io::Result<OwnedFd> {
        self.file.try_clone().map(OwnedFd::from)
    }
}

/// Who has taken it. Between taking it and writing that down there is a moment.
fn who_has(file: &mut File) -> Option<Holder> {
    for _ in 0..LOOKS {
        if let Some(holder) = read(file) {
            return Some(holder);
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
    None
}

fn read(file: &mut File) -> Option<Holder> {
    file.rewind().ok()?;
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn write(file: &mut File, holder: &Holder) -> io::Result<()> {
    let text = serde_json::to_string(holder)?;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(text.as_bytes())
}

/// A name that can be read, and a digest that makes it the lock's own.
fn file_name(lock: &str) -> String {
    let readable: String = lock
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(40)
        .collect();
    let digest = digest_of(lock);
    let digest = digest.get(..12).unwrap_or(&digest);
    format!("{readable}-{digest}.lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(run: &str) -> Holder {
        Holder {
            lock: "deploy/production".to_owned(),
            run: run.to_owned(),
            starter: "ada".to_owned(),
            host: "web1".to_owned(),
            pid: 1,
            since: 0,
        }
    }

    #[test]
    fn one_has_it_and_the_other_is_told_who() -> Result<(), String> {
        let place = tempfile::tempdir().map_err(|error| error.to_string())?;
        let state = StateDirectory::open(place.path())?;
        let first = Lock::try_lock(&state, &holder("first"));
        assert!(first.is_ok());
        match Lock::try_lock(&state, &holder("second")) {
            Err(LockError::Busy(Some(who))) => assert_eq!(who.run, "first"),
            other => return Err(format!("{other:?}")),
        }
        Ok(())
    }

    #[test]
    fn whoever_shares_it_holds_it_too() -> Result<(), String> {
        let place = tempfile::tempdir().map_err(|error| error.to_string())?;
        let state = StateDirectory::open(place.path())?;
        let first = Lock::try_lock(&state, &holder("first")).map_err(|_| "not free")?;
        let shared = first.share().map_err(|error| error.to_string())?;
        drop(first);
        assert!(Lock::try_lock(&state, &holder("second")).is_err());
        drop(shared);
        let is_free = || Lock::try_lock(&state, &holder("third")).is_ok();
        assert!(crate::run::becomes_so(is_free));
        Ok(())
    }

    #[test]
    fn different_locks_have_different_files() {
        assert_ne!(file_name("a/b"), file_name("a-b"));
        assert!(file_name("../../etc/passwd").starts_with("------etc-passwd-"));
    }
}
