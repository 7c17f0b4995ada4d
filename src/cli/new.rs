use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::cli::{status, terminal};
use crate::problem::nearest;
use crate::starting::{STARTS, Start};

/// Write a runbook to start from
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook new deploy.runbook --from canary\n  runbook new --list"
)]
pub struct New {
    /// The file to write, which must not be there yet
    #[arg(required_unless_present = "list")]
    file: Option<PathBuf>,

    /// What to start from
    #[arg(long, value_name = "NAME", default_value = "plain")]
    from: String,

    /// Say what there is to start from
    #[arg(long)]
    list: bool,
}

impl New {
    pub fn run(&self) -> u8 {
        let Some(file) = self.file.as_ref().filter(|_| !self.list) else {
            list();
            return status::OK;
        };
        let Some(start) = STARTS.iter().find(|it| it.name == self.from) else {
            let near = nearest(&self.from, STARTS.iter().map(|it| it.name));
            let hint = near.map(|near| format!(" (did you mean `{near}`?)"));
            let hint = hint.unwrap_or_default();
            let name = &self.from;
            terminal::error(&format!(
                "there is no `{name}` to start from{hint}; `runbook new --list` says what there is"
            ));
            return status::USAGE;
        };
        match write_new(file, start.text) {
            Ok(()) => {
                said(file, start);
                status::OK
            }
            Err(why) => {
                terminal::error(&why);
                status::PROBLEMS
            }
        }
    }
}

fn said(file: &Path, start: &Start) {
    let (shown, name) = (file.display(), start.name);
    terminal::say(&format!(
        "wrote {shown}, from `{name}`\nput your own commands in; `runbook check {shown}` and `runbook test {shown}` say whether they hold"
    ));
}

fn list() {
    for start in STARTS {
        terminal::print(&format!("{:<12} {}\n", start.name, start.about));
    }
}

/// Writes a file that is not there yet.
///
/// # Errors
/// Why not, in words.
pub fn write_new(file: &Path, text: &str) -> Result<(), String> {
    let shown = file.display();
    let opened = std::fs::File::create_new(file);
    let written = opened.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            format!("`{shown}` is there already: choose another name, or remove it")
        }
        _other => format!("cannot write `{shown}`: {error}"),
    })
}
