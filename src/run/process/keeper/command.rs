//! The command started, or why it cannot be.

use std::io::{self, ErrorKind};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::io::Errno;

use crate::plan::Shell;
use crate::run::process::order::Order;
use crate::run::process::{StartError, Work};

/// The command, ready to be started in a process group of its own.
pub fn prepare(order: &Order) -> Result<Command, StartError> {
    check_directory(Path::new(&order.working_directory))?;
    let mut command = Command::new(program(&order.work));
    match &order.work {
        Work::Script { text, shell } => {
            command.args(flags(*shell)).arg(text).stdin(Stdio::null());
        }
        Work::Ssh { arguments, .. } => {
            command.args(arguments).stdin(Stdio::piped());
        }
    }
    command
        .envs(order.environment.iter().map(|(name, value)| (name, value)))
        .current_dir(&order.working_directory)
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Ok(command)
}

fn program(work: &Work) -> &'static str {
    match work {
        Work::Script { shell, .. } => match shell {
            Shell::Sh => "sh",
            Shell::Bash => "bash",
        },
        Work::Ssh { .. } => "ssh",
    }
}

fn flags(shell: Shell) -> &'static [&'static str] {
    match shell {
        Shell::Sh => &["-eu", "-c"],
        Shell::Bash => &["-euo", "pipefail", "-c"],
    }
}

/// Looked at beforehand: a start that fails does not say whether it was the
/// directory or the program that is missing.
fn check_directory(directory: &Path) -> Result<(), StartError> {
    let shown = directory.display();
    match directory.metadata() {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(StartError::new(format!(
            "the working directory `{shown}` is not a directory"
        ))),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(StartError::new(format!(
            "the working directory `{shown}` does not exist"
        ))),
        Err(error) => Err(StartError::new(format!(
            "cannot use the working directory `{shown}`: {error}"
        ))),
    }
}

/// Why the command did not start, in words that name the cause.
pub fn why_not(order: &Order, error: &io::Error) -> StartError {
    let program = program(&order.work);
    if error.kind() == ErrorKind::NotFound {
        return StartError::new(format!("there is no `{program}` on the `PATH`"))
            .with_help(format!("install `{program}`, or correct the `PATH`"));
    }
    if Errno::from_io_error(error) == Some(Errno::TOOBIG) {
        return StartError::new("the command or one of its values is too long for the system")
            .with_help("write what is long to a file, and pass its name");
    }
    let directory = Path::new(&order.working_directory).display();
    StartError::new(format!(
        "cannot start `{program}` in `{directory}`: {error}"
    ))
}
