//! The processes of a run.
//!
//! A command is not started by the interpreter itself but by its *keeper*: this
//! same program in a small process and session of its own. The keeper outlives
//! the interpreter and the terminal, copies the command's output into files,
//! ends all that the command leaves behind, and writes down how it ended. So a
//! step goes on when the interpreter dies, and whoever resumes the run learns
//! its end.
//!
//! | file | its part |
//! | --- | --- |
//! | `order` | what the keeper is told to start, and its answer |
//! | `record` | the files of an activity: all else that the two share |
//! | `keepers` | keepers started, one of them ahead of need |
//! | `keeper` | the keeper itself |

mod keeper;
mod keepers;
mod order;
mod record;

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zeroize::Zeroizing;

pub use keeper::{LONGEST_OUTPUT, keep};
pub use keepers::Keepers;

use crate::plan::Shell;
use keepers::{Idle, cannot_tell};
use order::{Answer, Files, MOST_HELD, Order};
use record::Request;

/// The hidden first argument that makes this program a keeper.
pub const KEEPER_ARGUMENT: &str = "__keep";

/// What to start, and where its record goes.
#[derive(Debug)]
pub struct Launch {
    pub keepers: Keepers,
    /// The activity's own directory; made by [`start`]. Afterwards it holds
    /// `stdout` and `stderr`, masked, and what [`find`] needs.
    pub directory: PathBuf,
    pub work: Work,
    /// On top of the interpreter's own environment.
    pub environment: Vec<(String, OsString)>,
    pub working_directory: PathBuf,
    /// Masked in the output, in their usual encodings.
    pub secrets: Vec<Zeroizing<Vec<u8>>>,
    /// Locked files that the keeper keeps open until the command and all it
    /// left behind has ended. The command itself does not get them.
    pub held: Vec<OwnedFd>,
}

/// What runs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Work {
    /// A script, run here as it is written.
    Script { text: String, shell: Shell },
    /// OpenSSH with these arguments. Its standard input begins with `input` and
    /// stays open for as long as the command may go on: when it ends, what runs
    /// on the other machine is to end, too.
    Ssh {
        arguments: Vec<OsString>,
        input: Input,
    },
}

/// What only the other machine may read.
#[derive(Clone, Serialize, Deserialize)]
pub struct Input(pub Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

/// Why a command was not started: nothing of it has run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StartError {
    /// What is wrong, for users.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// With this exit status.
    Exited(i32),
    /// By the signal of this number.
    Signalled(i32),
    /// The keeper vanished without a word. Nobody knows how the command ended,
    /// or whether it did.
    Lost,
    /// It was not started; why.
    NeverBegan(String),
}

/// What became of a command after its interpreter died.
#[derive(Debug)]
pub enum Found {
    /// It was not started, and will not be.
    NeverBegan,
    /// It runs, or a keeper is about to start it.
    Running(Process),
    Ended(Ended),
}

/// A command that was started. It goes on when this is dropped.
#[derive(Debug)]
pub struct Process {
    directory: PathBuf,
    watch: Watch,
}

/// How the end of a keeper is noticed.
#[derive(Debug)]
enum Watch {
    /// It is our child.
    Child(Box<tokio::process::Child>),
    /// It is not, but a lock of its is free then.
    Lock,
}

/// How often that lock is tried, at first and at last.
const FIRST_LOOK: Duration = Duration::from_millis(5);
const LAST_LOOK: Duration = Duration::from_millis(250);

/// Starts a command under a keeper of its own. When this returns, the command
/// has been started and that is on record.
///
/// # Errors
/// Why nothing was started.
///
/// Given up half-way, the command may have been started or not: [`find`] knows.
pub async fn start(launch: Launch) -> Result<Process, StartError> {
    check(&launch)?;
    let keepers = launch.keepers.clone();
    let order = Order::new(&launch)?;
    let directory = PathBuf::from(&order.directory);
    let files = prepare(&directory, launch.held).await?;
    let order = order.to_bytes().map_err(|error| cannot_tell(&error))?;
    let Idle { child, socket } = keepers.take()?;
    order::send_files(&socket, &files).map_err(|error| cannot_tell(&error))?;
    drop(files);
    let answer = exchange(socket, &order).await;
    keepers.prepare();
    Process {
        directory,
        watch: Watch::Child(Box::new(child)),
    }
    .started(answer)
    .await
}

/// What no system could start.
fn check(launch: &Launch) -> Result<(), StartError> {
    let has_zero = match &launch.work {
        Work::Script { text, .. } => text.contains('\0'),
        Work::Ssh { input, .. } => input.0.contains(&0),
    };
    if has_zero {
        return Err(StartError::new("the command holds a zero byte"));
    }
    if launch.held.len() > MOST_HELD {
        return Err(StartError::new(format!(
            "a command cannot hold more than {MOST_HELD} locks"
        )));
    }
    for (name, value) in &launch.environment {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(StartError::new(format!(
                "`{}` cannot be the name of an environment variable",
                name.escape_debug()
            )));
        }
        if value.as_encoded_bytes().contains(&0) {
            return Err(StartError::new(format!(
                "the value of the environment variable `{name}` holds a zero byte"
            )));
        }
    }
    Ok(())
}

impl Order {
    fn new(launch: &Launch) -> Result<Order, StartError> {
        let absolute = |path: &Path| {
            std::path::absolute(path).map_err(|error| {
                StartError::new(format!("there is no path to `{}`: {error}", path.display()))
            })
        };
        Ok(Order {
            directory: absolute(&launch.directory)?.into(),
            work: launch.work.clone(),
            environment: launch.environment.clone(),
            working_directory: absolute(&launch.working_directory)?.into(),
            secrets: launch
                .secrets
                .iter()
                .map(|secret| secret.to_vec())
                .collect(),
        })
    }
}

/// Makes the directory and what the keeper must find there. From here on it
/// counts as alive, so that nobody takes what is about to begin for never
/// begun.
async fn prepare(directory: &Path, held: Vec<OwnedFd>) -> Result<Files, StartError> {
    let path = directory.to_path_buf();
    let made = tokio::task::spawn_blocking(move || {
        record::make_directory(&path)?;
        let Some(alive) = record::claim(&path)? else {
            return Err(io::Error::other("another command has it"));
        };
        if record::has_begun(&path)? {
            return Err(io::Error::other("it is the record of another command"));
        }
        let control = record::make_control(&path)?;
        Ok(Files {
            alive,
            control,
            held,
        })
    });
    made.await
        .unwrap_or_else(|error| Err(error.into()))
        .map_err(|error| {
            let shown = directory.display();
            StartError::new(format!("cannot keep a record in `{shown}`: {error}"))
        })
}

/// Sends the order and waits for the answer; `None` if there is none.
async fn exchange(socket: UnixStream, order: &[u8]) -> Option<Answer> {
    socket.set_nonblocking(true).ok()?;
    let mut socket = tokio::net::UnixStream::from_std(socket).ok()?;
    // A keeper that cannot take it has not begun, but may say why.
    let _ = socket.write_all(order).await;
    let _ = socket.shutdown().await;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.ok()?;
    serde_json::from_slice(&answer).ok()
}

impl Process {
    async fn started(mut self, answer: Option<Answer>) -> Result<Process, StartError> {
        match answer {
            Some(Answer::Begun) => Ok(self),
            Some(Answer::Refused(why)) => {
                self.keeper_ended().await;
                Err(why)
            }
            None => match self.ended().await {
                Ended::NeverBegan(why) => Err(StartError::new(why)),
                // The record knows; whoever waits for it learns it again.
                Ended::Exited(_) | Ended::Signalled(_) | Ended::Lost => Ok(self),
            },
        }
    }

    /// Waits until nothing of the command is left, and says how it ended. May
    /// be given up and called again.
    pub async fn ended(&mut self) -> Ended {
        self.ended_if_begun().await.unwrap_or_else(|| {
            Ended::NeverBegan("the process that was to start it ended too early".to_owned())
        })
    }

    /// The same, for a command that was found: `None` if it was never begun
    /// after all, since its interpreter died while it told the keeper what to
    /// do.
    pub async fn ended_if_begun(&mut self) -> Option<Ended> {
        self.keeper_ended().await;
        what_became(&self.directory)
    }

    async fn keeper_ended(&mut self) {
        match &mut self.watch {
            Watch::Child(child) => {
                // How the keeper ended says nothing that its record does not.
                let _ = child.wait().await;
            }
            Watch::Lock => {
                let mut pause = FIRST_LOOK;
                while record::is_claimed(&self.directory).unwrap_or(false) {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LAST_LOOK);
                }
            }
        }
    }

    /// Ends it: TERM to its process group, and after the grace KILL to all that
    /// is left of it. Returns at once; a later call can only hasten the end.
    pub fn end(&mut self, grace: Duration) {
        record::request(&self.directory, Request::End(grace));
    }

    /// Ends it with KILL. Returns at once.
    pub fn kill(&mut self) {
        record::request(&self.directory, Request::Kill);
    }
}

/// What became of the command whose record is in this directory, after its
/// interpreter died. With `same_boot` false the machine went down since: what
/// is not on record may have happened all the same.
pub fn find(directory: &Path, same_boot: bool) -> Found {
    match record::is_claimed(directory) {
        Ok(true) => Found::Running(Process {
            directory: directory.to_path_buf(),
            watch: Watch::Lock,
        }),
        Ok(false) => match what_became(directory) {
            Some(ended) => Found::Ended(ended),
            None if same_boot => Found::NeverBegan,
            None => Found::Ended(Ended::Lost),
        },
        // Who cannot look does not know.
        Err(_) => Found::Ended(Ended::Lost),
    }
}

/// How a command ended whose keeper is gone; `None` if it was never begun.
fn what_became(directory: &Path) -> Option<Ended> {
    match (record::read_end(directory), record::has_begun(directory)) {
        (Some(end), _) => Some(end.ended),
        (None, Ok(false)) => None,
        (None, Ok(true) | Err(_)) => Some(Ended::Lost),
    }
}

/// When a command ended, in milliseconds since 1970, where that is on record.
pub fn ended_at(directory: &Path) -> Option<i64> {
    record::ended_at(directory)
}

/// What is worth telling a person about a command that has ended, a sentence
/// each: that it left something behind, or that not all output was kept.
pub fn remarks(directory: &Path) -> Vec<String> {
    record::read_end(directory)
        .map(|end| end.remarks)
        .unwrap_or_default()
}

impl StartError {
    fn new(message: impl Into<String>) -> StartError {
        StartError {
            message: message.into(),
            help: None,
        }
    }

    fn with_help(self, help: impl Into<String>) -> StartError {
        StartError {
            help: Some(help.into()),
            ..self
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for StartError {}

impl From<StartError> for String {
    fn from(error: StartError) -> String {
        error.to_string()
    }
}
