//! Where keepers come from. One is started ahead of need, while the command
//! before runs, so that no step waits for it.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::process::Child;

use super::{KEEPER_ARGUMENT, StartError};

/// The keepers of a run. Clones share what is kept ready.
#[derive(Debug, Clone)]
pub struct Keepers(Arc<Source>);

#[derive(Debug)]
struct Source {
    program: PathBuf,
    label: PathBuf,
    spare: Mutex<Option<Idle>>,
}

/// A keeper without a command. It ends when its socket is closed, so it does
/// not outlive the interpreter; until it is given one it holds nothing.
#[derive(Debug)]
pub(super) struct Idle {
    pub child: Child,
    pub socket: UnixStream,
}

impl Keepers {
    /// `program` is this program: `/proc/self/exe` is it even after an upgrade
    /// put another in its place. People who look at the list of processes see
    /// `label`.
    pub fn new(program: PathBuf, label: PathBuf) -> Keepers {
        Keepers(Arc::new(Source {
            program,
            label,
            spare: Mutex::new(None),
        }))
    }

    /// One that nobody else has.
    pub(super) fn take(&self) -> Result<Idle, StartError> {
        let spare = self.spare().take();
        match spare.map(Idle::if_alive) {
            Some(Some(alive)) => Ok(alive),
            Some(None) | None => self.start(),
        }
    }

    /// Starts one for the command after this. Where that fails there is none,
    /// and whoever needs one learns why.
    pub(super) fn prepare(&self) {
        let mut spare = self.spare();
        if spare.is_none() {
            *spare = self.start().ok();
        }
    }

    fn spare(&self) -> std::sync::MutexGuard<'_, Option<Idle>> {
        // Nothing is left half-done in it.
        self.0.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self) -> Result<Idle, StartError> {
        let (ours, theirs) = UnixStream::pair().map_err(|error| cannot_tell(&error))?;
        let child = spawn(&self.0.program, &self.0.label, theirs)?;
        Ok(Idle {
            child,
            socket: ours,
        })
    }
}

impl Idle {
    fn if_alive(mut self) -> Option<Idle> {
        match self.child.try_wait() {
            Ok(None) => Some(self),
            Ok(Some(_)) | Err(_) => None,
        }
    }
}

fn spawn(program: &Path, label: &Path, socket: UnixStream) -> Result<Child, StartError> {
    let mut command = tokio::process::Command::new(program);
    command
        .arg0("runbook")
        .arg(KEEPER_ARGUMENT)
        .arg(label)
        .stdin(Stdio::from(OwnedFd::from(socket)))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Ctrl-C must not reach it before it has a session of its own.
        .process_group(0);
    command.spawn().map_err(|error| {
        let shown = program.display();
        StartError::new(format!("cannot start `{shown}`: {error}"))
    })
}

pub(super) fn cannot_tell(error: &io::Error) -> StartError {
    StartError::new(format!("cannot tell a new process what to do: {error}"))
}
