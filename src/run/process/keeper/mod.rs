//! The keeper: starts one command, stays until nothing of it is left, and
//! writes down how it ended. One thread, and the same memory for any output.
//!
//! | file | its part |
//! | --- | --- |
//! | `command` | the command started, or why it cannot be |
//! | `vigil` | the loop: output, requests and ends as they come |
//! | `ending` | which signals are due when, decided without a clock |
//! | `family` | the processes below this one |
//! | `output` | a stream copied into its file |

mod command;
mod ending;
mod family;
mod output;
mod vigil;

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::process::{Pid, getpgid, getpid, getppid, set_child_subreaper, setpgid, setsid};
use signal_hook::consts::{SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

use super::order::{Answer, Files, Order, receive_files};
use super::record::{self, End};
use super::{Ended, StartError, Work};
use crate::run::mask::Masks;
use output::Output;
use vigil::Vigil;

pub use output::LONGEST_OUTPUT;

/// The body of the hidden subcommand: keeps the command that is ordered on the
/// socket that is standard input.
pub fn keep() -> ExitCode {
    match keep_one() {
        Ok(()) => ExitCode::SUCCESS,
        // Nobody listens: what the record does not say stays unsaid.
        Err(_) => ExitCode::FAILURE,
    }
}

fn keep_one() -> io::Result<()> {
    let children = hear_signals()?;
    leave_session()?;
    set_child_subreaper(Some(getpid()))?;
    let mut interpreter = take_standard_input()?;
    let files = receive_files(&interpreter)?;
    let order = Order::receive(&mut interpreter)?;
    let directory = PathBuf::from(order.directory.clone());
    match begin(order, &directory) {
        Ok((vigil, end)) => {
            // One that is gone meanwhile reads the record.
            let _ = Answer::Begun.send(interpreter);
            let ended = vigil.keep(&files.control, &children)?;
            finish(&directory, end, &ended, files)
        }
        Err(NotBegun { why, end }) => {
            let recorded = match end {
                Some(end) => {
                    let ended = Ended::NeverBegan(why.to_string());
                    let remarks = Vec::new();
                    finish(&directory, end, &End { ended, remarks }, files)
                }
                None => Ok(()),
            };
            let _ = Answer::Refused(why).send(interpreter);
            recorded
        }
    }
}

/// Writes down the end, and only then lets go of the locks.
fn finish(directory: &Path, reserved: File, end: &End, files: Files) -> io::Result<()> {
    let recorded = record::write_end(directory, reserved, end);
    drop(files);
    recorded
}

/// Hears the signals that end most programs, and does nothing about them: what
/// a keeper does is asked of it through its record. Unlike signals that are
/// ignored, these are not ignored by the command too.
///
/// What is returned can be read from when a child has ended.
fn hear_signals() -> io::Result<UnixStream> {
    for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2] {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
    }
    let (children, write) = UnixStream::pair()?;
    children.set_nonblocking(true)?;
    signal_hook::low_level::pipe::register(SIGCHLD, write)?;
    Ok(children)
}

/// Makes a session of its own, which a lost terminal does not reach. The leader
/// of a process group cannot; so it joins the group of its parent first.
fn leave_session() -> io::Result<()> {
    let group = getpgid(getppid())?;
    setpgid(None::<Pid>, Some(group))?;
    setsid()?;
    Ok(())
}

/// The socket, in whose place nothing is read.
fn take_standard_input() -> io::Result<UnixStream> {
    let socket = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    let nothing = std::fs::OpenOptions::new().read(true).open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    Ok(UnixStream::from(socket))
}

/// Why the command was not started.
struct NotBegun {
    why: StartError,
    /// Room to write that down, where the record said already that it begins.
    end: Option<File>,
}

impl From<StartError> for NotBegun {
    fn from(why: StartError) -> NotBegun {
        NotBegun { why, end: None }
    }
}

/// Starts the command, after all that can fail without it.
fn begin(order: Order, directory: &Path) -> Result<(Vigil, File), NotBegun> {
    let masks = Masks::new(order.secrets.iter().map(Vec::as_slice)).map_err(StartError::new)?;
    let masks = Arc::new(masks);
    let recorded = |error: io::Error| {
        let shown = directory.display();
        StartError::new(format!("cannot keep a record in `{shown}`: {error}"))
    };
    let stdout = record::create(directory, record::STDOUT).map_err(recorded)?;
    let stderr = record::create(directory, record::STDERR).map_err(recorded)?;
    let end = record::reserve_end(directory).map_err(recorded)?;
    let mut command = command::prepare(&order)?;
    record::begin(directory).map_err(recorded)?;
    let started = command.spawn();
    let mut child = match started {
        Ok(child) => child,
        Err(error) => {
            let why = command::why_not(&order, &error);
            return Err(NotBegun {
                why,
                end: Some(end),
            });
        }
    };
    let outputs = [
        child
            .stdout
            .take()
            .map(|from| Output::new(from.into(), stdout, "stdout", &masks)),
        child
            .stderr
            .take()
            .map(|from| Output::new(from.into(), stderr, "stderr", &masks)),
    ];
    let mut vigil = Vigil::new(
        Pid::from_child(&child),
        outputs.into_iter().flatten().collect(),
    );
    if let (Work::Ssh { input, .. }, Some(stdin)) = (order.work, child.stdin.take()) {
        vigil.lifeline = feed(stdin, input);
    }
    Ok((vigil, end))
}

/// Writes what a command reads, beside all else: who reads it may be slow.
/// Gives the end that keeps it from being over.
fn feed(stdin: std::process::ChildStdin, input: super::Input) -> Option<OwnedFd> {
    let lifeline = stdin.as_fd().try_clone_to_owned().ok()?;
    let mut stdin = stdin;
    std::thread::spawn(move || {
        // One that reads no more has ended, and says so itself.
        let _ = stdin.write_all(&input.0);
    });
    Some(lifeline)
}
