use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::analysis::Checked;
use crate::cli::paths::replace;
use crate::cli::runbook::Runbook;
use crate::cli::{status, terminal};
use crate::export::comments::{Comments, Said};
use crate::export::page::{html, markdown};
use crate::export::{json, sh};
use crate::plan::Plan;
use crate::source::Span;

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

    /// With `--to sh`: a file for each phase and one that reads them, in the
    /// directory that `--output` names
    #[arg(long, requires = "output")]
    split: bool,

    /// Write it to this file, which is replaced; `-` is standard output
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
    /// Where it is written, if not to standard output.
    fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|it| it.as_os_str() != "-")
    }

    pub fn run(&self) -> u8 {
        let done = match self.to {
            Target::Markdown | Target::Html | Target::Json if self.split => {
                terminal::error("`--split` is for `--to sh`");
                return status::USAGE;
            }
            Target::Sh if self.split && self.file().is_none() => {
                terminal::error("`--split` writes several files: `-o` names their directory");
                return status::USAGE;
            }
            Target::Sh if self.split => self.split_script(),
            Target::Sh => self.script(),
            Target::Markdown => self.page(markdown::markdown),
            Target::Html => self.page(html::html),
            Target::Json => self.document(),
        };
        done.unwrap_or_else(|status| status)
    }

    /// A script takes parameters when it runs.
    fn script(&self) -> Result<u8, u8> {
        let (checked, plan) = self.runbook.open_plan()?;
        let places = places_of_comments(&checked);
        let name = self.file().and_then(Path::file_name);
        let name = name.and_then(std::ffi::OsStr::to_str);
        let text = sh::script(&plan, comments(&checked, &places), name).map_err(|problems| {
            terminal::show_problems(&problems, &checked.sources);
            status::PROBLEMS
        })?;
        Ok(self.write(&text, 0o755))
    }

    fn split_script(&self) -> Result<u8, u8> {
        let (checked, plan) = self.runbook.open_plan()?;
        let places = places_of_comments(&checked);
        let files = sh::split(&plan, comments(&checked, &places)).map_err(|problems| {
            terminal::show_problems(&problems, &checked.sources);
            status::PROBLEMS
        })?;
        let directory = self.file().unwrap_or(Path::new("."));
        let written = std::fs::create_dir_all(directory);
        written.map_err(|error| cannot_write(directory, &error))?;
        // Their names were not given, so they must not take another file's place.
        for (name, _) in &files {
            let path = directory.join(name);
            if is_another_file(&path) {
                let (path, other) = (path.display(), directory.join("scripts"));
                terminal::error(&format!(
                    "`{path}` is there already and was not written by `runbook`: give another directory, such as `-o {}`",
                    other.display()
                ));
                return Err(status::PROBLEMS);
            }
        }
        // The driver last: it reads the others.
        for (at, (name, text)) in files.iter().enumerate().rev() {
            let path = directory.join(name);
            let mode = if at == 0 { 0o755 } else { 0o644 };
            write_file(&path, text, mode).map_err(|error| cannot_write(&path, &error))?;
        }
        Ok(status::OK)
    }

    fn page(&self, write: fn(&Plan, &Said) -> String) -> Result<u8, u8> {
        let (checked, plan) = self.runbook.plan(true)?;
        let places = places_of_comments(&checked);
        let said = comments(&checked, &places).said(&plan);
        Ok(self.write(&write(&plan, &said), 0o644))
    }

    fn document(&self) -> Result<u8, u8> {
        let (_, plan) = self.runbook.plan(true)?;
        let text = json::json(&plan).map_err(|error| {
            terminal::error(&format!("the plan cannot be written as JSON: {error}"));
            status::BUG
        })?;
        Ok(self.write(&text, 0o644))
    }

    fn write(&self, text: &str, mode: u32) -> u8 {
        let Some(path) = self.file() else {
            terminal::print(text);
            return status::OK;
        };
        match write_file(path, text, mode) {
            Ok(()) => status::OK,
            Err(error) => cannot_write(path, &error),
        }
    }
}

/// Whether something that no export wrote is there.
fn is_another_file(path: &Path) -> bool {
    match std::fs::read(path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            !text.contains("\n# Written by runbook ") && !text.contains("\nrb_part_of=")
        }
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> u8 {
    let path = path.display();
    terminal::error(&format!("`{path}` cannot be written: {error}"));
    status::PROBLEMS
}

/// Puts a file in its place, all at once: a disk that is full leaves no half of a script.
/// What is no file, such as a pipe, is written to. A link stays a link.
fn write_file(path: &Path, text: &str, mode: u32) -> std::io::Result<()> {
    let there = std::fs::metadata(path);
    let is_file = there.as_ref().is_ok_and(std::fs::Metadata::is_file);
    if there.is_ok() && !is_file {
        return write_into(path, text);
    }
    if !is_file {
        // With the rights that the umask leaves to a new one.
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(mode)
            .open(path)?;
    }
    let written = replace(path, text).or_else(|error| match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Err(error),
        // Nothing can be put beside it, as in a directory of somebody else.
        _no_place_beside_it => write_into(path, text),
    });
    if written.is_err() && !is_file {
        // It was not there before.
        let _ = path.canonicalize().and_then(std::fs::remove_file);
    }
    written?;
    if mode & 0o111 == 0 {
        return Ok(());
    }
    let_run(path)
}

fn write_into(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).truncate(true).open(path)?;
    file.write_all(text.as_bytes())
}

/// Whoever may read it may run it.
fn let_run(path: &Path) -> std::io::Result<()> {
    let mut permissions = std::fs::metadata(path)?.permissions();
    permissions.set_mode(permissions.mode() | (permissions.mode() & 0o444) >> 2);
    std::fs::set_permissions(path, permissions)
}

/// Where there are comments in a runbook and its modules.
fn places_of_comments(checked: &Checked) -> Vec<Span> {
    let modules = checked.program.modules.iter();
    let comments = modules.flat_map(|module| &module.ast.comments);
    comments.map(|comment| comment.span).collect()
}

fn comments<'a>(checked: &'a Checked, places: &'a [Span]) -> Comments<'a> {
    Comments {
        sources: &checked.sources,
        places,
    }
}
