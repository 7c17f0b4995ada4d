use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::cli::runbook::Runbook;
use crate::cli::{status, terminal};
use crate::export::page::{html, markdown};
use crate::export::{json, sh};

/// Write a runbook in another form, such as a shell script that does the same
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  runbook export deploy.runbook --to sh --set version=1.2.3 -o deploy.sh"
)]
pub struct Export {
    #[command(flatten)]
    runbook: Runbook,

    /// What to write
    #[arg(long, value_enum)]
    to: Target,

    /// Write it to this file, which is replaced
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Target {
    /// A POSIX shell script
    Sh,
    /// A page for a wiki or a code host, to tick off by hand
    Markdown,
    /// The same for browsers, in one file that needs nothing else
    Html,
    /// One document for other programs
    Json,
}

impl Export {
    pub fn run(&self) -> u8 {
        let (checked, plan) = match self.runbook.open_plan() {
            Ok(found) => found,
            Err(status) => return status,
        };
        match self.to {
            Target::Sh => match sh::script(&plan, &checked.sources) {
                Ok(text) => self.write(&text, 0o755),
                Err(problems) => {
                    terminal::show_problems(&problems, &checked.sources);
                    status::PROBLEMS
                }
            },
            Target::Markdown => self.write(&markdown::markdown(&plan), 0o644),
            Target::Html => self.write(&html::html(&plan), 0o644),
            Target::Json => match json::json(&plan) {
                Ok(text) => self.write(&text, 0o644),
                Err(error) => {
                    terminal::error(&format!("the plan cannot be written as JSON: {error}"));
                    status::BUG
                }
            },
        }
    }

    fn write(&self, text: &str, mode: u32) -> u8 {
        let Some(path) = &self.output else {
            terminal::print(text);
            return status::OK;
        };
        match write_file(path, text, mode) {
            Ok(()) => status::OK,
            Err(error) => {
                let path = path.display();
                terminal::error(&format!("`{path}` cannot be written: {error}"));
                status::PROBLEMS
            }
        }
    }
}

/// Writes a file, which can be run where the mode says so.
fn write_file(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    if mode & 0o111 == 0 {
        return Ok(());
    }
    let mut permissions = file.metadata()?.permissions();
    // Whoever may read it may run it.
    permissions.set_mode(permissions.mode() | (permissions.mode() & 0o444) >> 2);
    file.set_permissions(permissions)
}
