use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::cli::runbook::Runbook;
use crate::cli::{status, terminal};
use crate::export::sh;

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
}

impl Export {
    pub fn run(&self) -> u8 {
        let (checked, plan) = match self.runbook.open_plan() {
            Ok(found) => found,
            Err(status) => return status,
        };
        let text = match self.to {
            Target::Sh => sh::script(&plan, &checked.sources),
        };
        match text {
            Ok(text) => self.write(&text),
            Err(problems) => {
                terminal::show_problems(&problems, &checked.sources);
                status::PROBLEMS
            }
        }
    }

    fn write(&self, text: &str) -> u8 {
        let Some(path) = &self.output else {
            terminal::print(text);
            return status::OK;
        };
        match write_program(path, text) {
            Ok(()) => status::OK,
            Err(error) => {
                let path = path.display();
                terminal::error(&format!("`{path}` cannot be written: {error}"));
                status::PROBLEMS
            }
        }
    }
}

/// Writes a file that can be run.
fn write_program(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o755)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    let mut permissions = file.metadata()?.permissions();
    // Whoever may read it may run it.
    permissions.set_mode(permissions.mode() | (permissions.mode() & 0o444) >> 2);
    file.set_permissions(permissions)
}
