//! What is kept in an activity's directory. The files are the only thing that
//! an interpreter and a keeper share after the start, so that an interpreter
//! that comes later knows as much as the one that started the command:
//!
//! | file | what it says |
//! | --- | --- |
//! | `alive` | locked (`flock`) from before the keeper starts until it ends |
//! | `control` | a pipe with a name: requests to the keeper, a line each |
//! | `begun` | the command is about to be started, or was |
//! | `stdout`, `stderr` | what it printed, secrets masked |
//! | `end.json` | how it ended |
//!
//! Nothing here waits for the disk: these files have to outlive the interpreter,
//! not the machine. After a power cut there is only the journal, which has the
//! intent, and a record that is missing or not whole means that nobody knows.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::Ended;

pub const ALIVE: &str = "alive";
pub const CONTROL: &str = "control";
pub const BEGUN: &str = "begun";
pub const STDOUT: &str = "stdout";
pub const STDERR: &str = "stderr";
const END: &str = "end.json";
const END_TO_BE: &str = "end.new";

/// Enough for every [`End`], reserved before a command starts: a disk that is
/// full by then must not keep its end from being recorded.
const END_SPACE: usize = 4096;

/// The contents of `end.json`.
#[derive(Debug, Serialize, Deserialize)]
pub struct End {
    pub ended: Ended,
    /// What else is worth telling a person, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// What a keeper can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    /// TERM now, KILL after this long.
    End(Duration),
    Kill,
}

impl Request {
    /// As a line of `control`.
    fn line(self) -> String {
        match self {
            Request::End(grace) => format!("end {}\n", grace.as_millis()),
            Request::Kill => "kill\n".to_owned(),
        }
    }

    /// Lines that mean nothing are nobody's.
    pub fn parse(line: &str) -> Option<Request> {
        match line.split_once(' ') {
            None => (line == "kill").then_some(Request::Kill),
            Some(("end", grace)) => {
                let grace = grace.parse().ok().map(Duration::from_millis)?;
                Some(Request::End(grace))
            }
            Some(_) => None,
        }
    }
}

/// Makes the directory with all above it.
pub fn make_directory(directory: &Path) -> io::Result<()> {
    DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(directory)
}

/// Opens an empty file of the record for writing.
pub fn create(directory: &Path, name: &str) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(directory.join(name))
}

/// Locks `alive`: for as long as anyone holds the file given open. `None`:
/// somebody does already.
pub fn claim(directory: &Path) -> io::Result<Option<OwnedFd>> {
    let alive = create(directory, ALIVE)?;
    for _ in 0..CLAIM_ATTEMPTS {
        match flock(&alive, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Some(alive.into())),
            // Who only looks ([`is_claimed`]) has it locked for a moment.
            Err(Errno::WOULDBLOCK) => std::thread::sleep(CLAIM_PAUSE),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

const CLAIM_ATTEMPTS: u32 = 20;
const CLAIM_PAUSE: Duration = Duration::from_millis(5);

/// Whether a keeper lives, or an interpreter is about to start one.
pub fn is_claimed(directory: &Path) -> io::Result<bool> {
    let alive = match File::open(directory.join(ALIVE)) {
        Ok(alive) => alive,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    match flock(&alive, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(false),
        Err(Errno::WOULDBLOCK) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Makes `control` and opens it to read from. It is open for writing too, so
/// that it is never at its end.
pub fn make_control(directory: &Path) -> io::Result<OwnedFd> {
    let control = directory.join(CONTROL);
    match rustix::fs::mkfifoat(rustix::fs::CWD, &control, Mode::RUSR | Mode::WUSR) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(rustix::fs::open(&control, flags, Mode::empty())?)
}

/// Asks the keeper for something. One that is gone has nothing left to end.
pub fn request(directory: &Path, request: Request) {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    if let Ok(control) = rustix::fs::open(directory.join(CONTROL), flags, Mode::empty()) {
        // A short line is written whole or not at all; and not at all means
        // that thousands of requests are waiting already.
        let _ = rustix::io::write(&control, request.line().as_bytes());
    }
}

/// Says that the command is about to be started.
pub fn begin(directory: &Path) -> io::Result<()> {
    create(directory, BEGUN).map(drop)
}

/// Whether the command may have been started.
pub fn has_begun(directory: &Path) -> io::Result<bool> {
    directory.join(BEGUN).try_exists()
}

/// Room for how the command ended.
pub fn reserve_end(directory: &Path) -> io::Result<File> {
    let mut file = create(directory, END_TO_BE)?;
    file.write_all(&[b' '; END_SPACE])?;
    Ok(file)
}

/// Writes how the command ended: whole or not at all.
pub fn write_end(directory: &Path, mut reserved: File, end: &End) -> io::Result<()> {
    reserved.rewind()?;
    // The spaces that stay behind it mean nothing in JSON.
    reserved.write_all(&serde_json::to_vec(end)?)?;
    std::fs::rename(directory.join(END_TO_BE), directory.join(END))
}

/// When that was written, in milliseconds since 1970.
pub fn ended_at(directory: &Path) -> Option<i64> {
    let ended = std::fs::metadata(directory.join(END)).ok()?;
    let since = ended.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}

/// How the command ended, if that is known.
pub fn read_end(directory: &Path) -> Option<End> {
    let text = std::fs::read(directory.join(END)).ok()?;
    serde_json::from_slice(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_as_they_are_written() {
        let long = Duration::from_secs(90_000);
        for request in [
            Request::Kill,
            Request::End(Duration::ZERO),
            Request::End(long),
        ] {
            let line = request.line();
            assert_eq!(Request::parse(line.trim_end()), Some(request));
        }
        for nonsense in ["", "end", "end x", "end -1", "kill 3", "KILL"] {
            assert_eq!(Request::parse(nonsense), None);
        }
    }

    #[test]
    fn a_lock_is_seen_until_it_is_given_up() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path();
        assert!(!is_claimed(path).expect("nobody is there"));
        let claim = super::claim(path).expect("a claim").expect("it is free");
        assert!(is_claimed(path).expect("it can be asked"));
        assert!(super::claim(path).expect("it can be asked").is_none());
        drop(claim);
        assert!(crate::run::becomes_so(|| {
            !is_claimed(path).expect("it can be asked")
        }));
    }

    #[test]
    fn an_end_is_read_as_it_is_written() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path();
        let reserved = reserve_end(path).expect("there is room");
        assert!(read_end(path).is_none());
        let end = End {
            ended: Ended::Exited(3),
            remarks: vec!["remarkable".to_owned()],
        };
        write_end(path, reserved, &end).expect("it can be written");
        let read = read_end(path).expect("it can be read");
        assert_eq!((read.ended, read.remarks), (end.ended, end.remarks));
    }
}
