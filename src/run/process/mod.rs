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
//! | `keeper` | the keeper itself |
//! | `family` | the processes below it |
//! | `copy` | output into files, masked and bounded |
//! | `record` | what it writes down, and what can be learnt from that |

mod copy;
mod family;
mod keeper;
mod record;

use std::ffi::OsString;
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use keeper::keep;
pub use record::{Found, find};

use crate::plan::Shell;

/// The hidden argument that makes this program a keeper.
pub const KEEPER_ARGUMENT: &str = "__keep";

/// What to start, and where its record goes.
#[derive(Debug)]
pub struct Launch {
    /// This program.
    pub keeper: PathBuf,
    /// The activity's own directory; made by [`start`].
    pub directory: PathBuf,
    pub script: String,
    pub shell: Shell,
    /// On top of the interpreter's own environment.
    pub environment: Vec<(String, OsString)>,
    pub working_directory: PathBuf,
    /// Masked in the output.
    pub secrets: Vec<Zeroizing<Vec<u8>>>,
    /// A lock that the keeper holds as long as it lives.
    pub held: Option<OwnedFd>,
}

/// A launch as the keeper reads it, from a pipe: neither arguments nor the
/// environment of a process are secret.
#[derive(Serialize, Deserialize)]
struct Instructions {
    directory: PathBuf,
    program: String,
    arguments: Vec<String>,
    /// As bytes: a value need not be text.
    environment: Vec<(String, Vec<u8>)>,
    working_directory: PathBuf,
    secrets: Vec<Vec<u8>>,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// With this status.
    Exited(i32),
    /// By this signal.
    Signalled(i32),
    /// It could not be started; why.
    NeverBegan(String),
    /// Its keeper is gone and left no word of it.
    Lost,
}

/// A command that was started.
#[derive(Debug)]
pub struct Process {
    directory: PathBuf,
    reach: Reach,
}

/// How its keeper is reached.
#[derive(Debug)]
enum Reach {
    /// It is a child of this process, told what to do through a pipe.
    Child {
        keeper: tokio::process::Child,
        control: File,
    },
    /// It was started by an interpreter that is gone.
    Adopted,
}

/// How often the keeper of an interpreter that is gone is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Starts a command under a keeper of its own.
///
/// # Errors
/// Why it could not be started, in words.
pub async fn start(mut launch: Launch) -> Result<Process, String> {
    record::make(&launch.directory)?;
    let lock = launch.held.take().map_or_else(Stdio::null, Stdio::from);
    let mut keeper = tokio::process::Command::new(&launch.keeper)
        .arg(KEEPER_ARGUMENT)
        .stdin(Stdio::piped())
        // Held and never written to: a descriptor that is inherited without
        // any other process getting it.
        .stdout(lock)
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| {
            let keeper = launch.keeper.display();
            format!("cannot start `{keeper}`: {error}")
        })?;
    let control = keeper
        .stdin
        .take()
        .ok_or("the keeper has no input")?
        .into_owned_fd()
        .map_err(|error| format!("the keeper's input: {error}"))?;
    let mut control = File::from(control);
    let instructions = Zeroizing::new(instructions(&launch)?);
    control
        .write_all(instructions.as_bytes())
        .map_err(|error| format!("the keeper takes no instructions: {error}"))?;
    Ok(Process {
        directory: launch.directory,
        reach: Reach::Child { keeper, control },
    })
}

fn instructions(launch: &Launch) -> Result<String, String> {
    use std::os::unix::ffi::OsStrExt;
    let (program, flags): (&str, &[&str]) = match launch.shell {
        Shell::Sh => ("sh", &["-eu", "-c"]),
        Shell::Bash => ("bash", &["-euo", "pipefail", "-c"]),
    };
    let mut arguments: Vec<String> = flags.iter().map(|flag| (*flag).to_owned()).collect();
    arguments.push(launch.script.clone());
    let instructions = Instructions {
        directory: launch.directory.clone(),
        program: program.to_owned(),
        arguments,
        environment: launch
            .environment
            .iter()
            .map(|(name, value)| (name.clone(), value.as_bytes().to_vec()))
            .collect(),
        working_directory: launch.working_directory.clone(),
        secrets: launch
            .secrets
            .iter()
            .map(|secret| secret.to_vec())
            .collect(),
    };
    serde_json::to_string(&instructions)
        .map(|text| text + "\n")
        .map_err(|error| format!("the command cannot be told to its keeper: {error}"))
}

impl Process {
    /// Waits for its end. May be given up and called again.
    pub async fn ended(&mut self) -> Ended {
        match &mut self.reach {
            Reach::Child { keeper, .. } => {
                // What its own status says is in the record too.
                let _ = keeper.wait().await;
            }
            Reach::Adopted => {
                while record::is_kept(&self.directory) {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        }
        record::end(&self.directory).unwrap_or(Ended::Lost)
    }

    /// Ends it: TERM to its group, and after the grace KILL to all that is
    /// left of it.
    pub fn end(&mut self, grace: Duration) {
        let grace = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX);
        match &mut self.reach {
            Reach::Child { control, .. } => {
                // A keeper that is gone has nothing left to end.
                let _ = writeln!(control, "{grace}");
            }
            Reach::Adopted => record::request_end(&self.directory, grace),
        }
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        self.end(Duration::ZERO);
    }

    fn adopt(directory: &Path) -> Process {
        Process {
            directory: directory.to_path_buf(),
            reach: Reach::Adopted,
        }
    }
}
