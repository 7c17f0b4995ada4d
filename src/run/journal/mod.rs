//! What happened in a run, on disk: one append-only file, a JSON object a line.
//!
//! The first line is the header with the whole plan; each further one a fact,
//! which is an [`Event`] with its place in the sequence, the run's clock (`at`)
//! and the wall's (`wall`, milliseconds since 1970). Each ends with `hash`: the
//! SHA-256 of the previous line's hash and of this line without its own, in
//! hexadecimal. So a line that was changed, lost or moved is noticed.
//!
//! A run that goes on with a changed runbook has a further line with a plan
//! (`replanned`); from there on all its facts are facts of that plan.
//!
//! What the promise rests on (intents, ends, answers) is on the disk before
//! anything follows from it.
//!
//! [`Event`]: crate::machine::event::Event

mod read;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FallocateFlags, fallocate};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::machine::event::{Activity, Event, Part, Stamped};
use crate::plan::{NodeKind, Plan};
use crate::run::clock::wall_millis;
use crate::run::state::{RunDirectory, sync_directory};
use crate::source::hexadecimal;

pub use read::{Recorded, is_open, read};

/// The version of the format. A reader refuses what is newer than itself.
pub const FORMAT: u32 = 1;

/// Kept free on the disk for the records of a way back.
const RESERVE: u64 = 1 << 20;

/// The first record of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub format: u32,
    /// The version of the program that made it.
    pub program: String,
    pub run: String,
    pub starter: String,
    pub host: String,
    /// The machine's boot: another one means that no process of the run lives.
    pub boot: String,
    /// SHA-256 of the plan's JSON, in hexadecimal.
    pub plan_digest: String,
}

#[derive(Serialize, Deserialize)]
struct FirstLine<P> {
    seq: u64,
    wall: i64,
    header: Header,
    plan: P,
}

#[derive(Serialize, Deserialize)]
struct FactLine<S> {
    seq: u64,
    wall: i64,
    #[serde(flatten)]
    fact: S,
}

/// From here on the run goes by another plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replanned {
    /// Who wanted it.
    pub by: String,
    /// The version of the program that made the plan.
    pub program: String,
    /// SHA-256 of the plan's JSON, in hexadecimal.
    pub plan_digest: String,
}

#[derive(Serialize, Deserialize)]
struct ReplanLine<P> {
    seq: u64,
    wall: i64,
    replanned: Replanned,
    plan: P,
}

/// Why a journal cannot be written or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalError(String);

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JournalError {
    fn io(path: &Path, error: &io::Error) -> JournalError {
        JournalError(format!("`{}`: {error}", path.display()))
    }
}

/// A journal that is being written.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    plan: Arc<Plan>,
    hash: String,
    next: u64,
    /// How long the file is, up to its last whole line.
    length: u64,
    /// Whether a fact on which the promise rests may not be on the disk yet.
    unsettled: bool,
    /// The first error. Nothing is written behind it: what is not recorded
    /// must not be acted upon.
    broken: Option<JournalError>,
}

/// The digest of a plan: what an approval, or a resumed run, is bound to.
pub fn plan_digest(plan: &Plan) -> String {
    // A plan holds nothing that JSON cannot.
    let text = serde_json::to_vec(plan).unwrap_or_default();
    hexadecimal(&Sha256::digest(text))
}

/// A line with its hash, which is given too.
fn chained(previous: &str, text: &str) -> (String, String) {
    let mut digest = Sha256::new();
    digest.update(previous.as_bytes());
    digest.update(text.as_bytes());
    let hash = hexadecimal(&digest.finalize());
    let open = text.strip_suffix('}').unwrap_or(text);
    (format!("{open},\"hash\":\"{hash}\"}}\n"), hash)
}

impl Journal {
    /// Begins the journal of a new run.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn create(
        run: &RunDirectory,
        header: Header,
        plan: &Arc<Plan>,
    ) -> Result<Journal, JournalError> {
        let path = run.journal();
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(|error| JournalError::io(&path, &error))?;
        let mut journal = Journal {
            file,
            path,
            plan: plan.clone(),
            hash: String::new(),
            next: 0,
            length: 0,
            unsettled: false,
            broken: None,
        };
        journal.keep_reserve();
        let line = FirstLine {
            seq: 0,
            wall: wall_millis(),
            header,
            plan: plan.as_ref(),
        };
        journal.put(&line)?;
        journal.unsettled = true;
        journal.settle()?;
        sync_directory(run.path()).map_err(|error| JournalError::io(run.path(), &error))?;
        Ok(journal)
    }

    /// Goes on with a journal that was read. What was torn off its end is
    /// removed.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn go_on(run: &RunDirectory, recorded: &Recorded) -> Result<Journal, JournalError> {
        let path = run.journal();
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .map_err(|error| JournalError::io(&path, &error))?;
        file.set_len(recorded.length)
            .map_err(|error| JournalError::io(&path, &error))?;
        let journal = Journal {
            file,
            path,
            plan: recorded.plan.clone(),
            hash: recorded.hash.clone(),
            next: recorded.next,
            length: recorded.length,
            unsettled: false,
            broken: None,
        };
        journal.keep_reserve();
        Ok(journal)
    }

    /// Records a fact. Before anything is done because of it, [`Self::settle`]
    /// must be called: facts that come together share one wait for the disk.
    ///
    /// # Errors
    /// It is not recorded, and nothing after it will be.
    pub fn append(&mut self, fact: &Stamped) -> Result<(), JournalError> {
        let line = FactLine {
            seq: self.next,
            wall: wall_millis(),
            fact,
        };
        self.put(&line)?;
        self.unsettled |= must_last(&self.plan, &fact.event);
        Ok(())
    }

    /// Returns when all that was recorded and must last is on the disk.
    ///
    /// # Errors
    /// It may not be there, and nothing more will be.
    pub fn settle(&mut self) -> Result<(), JournalError> {
        self.whole()?;
        if self.unsettled {
            let synced = self.file.sync_data();
            self.unless_broken(synced)?;
            self.unsettled = false;
        }
        Ok(())
    }

    /// Records that the run goes by another plan from here on. It is on the disk
    /// when this returns.
    ///
    /// # Errors
    /// It is not recorded, and nothing after it will be.
    pub fn replan(&mut self, plan: &Arc<Plan>, by: &str) -> Result<(), JournalError> {
        let line = ReplanLine {
            seq: self.next,
            wall: wall_millis(),
            replanned: Replanned {
                by: by.to_owned(),
                program: env!("CARGO_PKG_VERSION").to_owned(),
                plan_digest: plan_digest(plan),
            },
            plan: plan.as_ref(),
        };
        self.put(&line)?;
        self.plan = plan.clone();
        self.unsettled = true;
        self.settle()
    }

    fn put(&mut self, line: &impl Serialize) -> Result<(), JournalError> {
        self.whole()?;
        let written = serde_json::to_string(line)
            .map_err(io::Error::from)
            .and_then(|text| {
                let (line, hash) = chained(&self.hash, &text);
                self.write_line(line.as_bytes())?;
                Ok(hash)
            });
        self.hash = self.unless_broken(written)?;
        self.next += 1;
        Ok(())
    }

    fn whole(&self) -> Result<(), JournalError> {
        match &self.broken {
            Some(broken) => Err(broken.clone()),
            None => Ok(()),
        }
    }

    fn unless_broken<T>(&mut self, result: io::Result<T>) -> Result<T, JournalError> {
        result.map_err(|error| {
            let error = JournalError::io(&self.path, &error);
            self.broken = Some(error.clone());
            error
        })
    }

    /// Writes a line whole, or leaves the file as it was.
    fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        let mut written = self.file.write_all(line);
        if let Err(error) = &written
            && error.kind() == io::ErrorKind::StorageFull
        {
            // The reserve is for this: the way back must be recorded.
            self.file.set_len(self.length)?;
            self.give_up_reserve();
            written = self.file.write_all(line);
        }
        match written {
            Ok(()) => {
                self.length += u64::try_from(line.len()).unwrap_or(0);
                Ok(())
            }
            Err(error) => {
                // Half a line would be taken for damage.
                let _ = self.file.set_len(self.length);
                Err(error)
            }
        }
    }

    /// Gives up the reserve where the disk is full: what follows is the way
    /// back, for which it was kept.
    pub fn make_room(&self) {
        let free = rustix::fs::statvfs(&self.path)
            .map(|space| space.f_bavail.saturating_mul(space.f_frsize));
        if free.is_ok_and(|free| free < RESERVE) {
            self.give_up_reserve();
        }
    }

    fn reserve(&self) -> PathBuf {
        self.path.with_extension("reserve")
    }

    fn keep_reserve(&self) {
        let reserve = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(self.reserve());
        if let Ok(reserve) = reserve {
            // On a disk that is full already the run begins without one.
            let _ = fallocate(&reserve, FallocateFlags::empty(), 0, RESERVE);
        }
    }

    fn give_up_reserve(&self) {
        // It may be gone already.
        let _ = std::fs::remove_file(self.reserve());
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.give_up_reserve();
    }
}

/// Whether the promise rests on a fact, so that it must be on the disk before
/// anything follows from it. What only looks may be looked at again.
fn must_last(plan: &Plan, event: &Event) -> bool {
    match event {
        Event::Intended { activity } | Event::Ended { activity, .. } => changes(plan, *activity),
        Event::Opened { .. }
        | Event::Answered { .. }
        | Event::RollbackRequested { .. }
        | Event::PauseRequested { .. }
        | Event::Resumed { .. }
        | Event::Closed { .. } => true,
        Event::Sampled { .. }
        | Event::WindowSeen { .. }
        | Event::RehearsalSeen { .. }
        | Event::Unanswerable { .. }
        | Event::Tick => false,
    }
}

fn changes(plan: &Plan, activity: Activity) -> bool {
    match activity.part {
        Part::Undo(_) => true,
        Part::Forward => match &plan.nodes[activity.node.index()].kind {
            NodeKind::Step(_) | NodeKind::Enter(_) | NodeKind::Leave { .. } => true,
            NodeKind::Open(_)
            | NodeKind::Close { .. }
            | NodeKind::Check(_)
            | NodeKind::Gate(_)
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. } => false,
        },
        // What an undo will need is known before the change begins.
        Part::Capture(_) => true,
        Part::Probe | Part::Verify(_) | Part::GateCheck(_) => false,
    }
}
