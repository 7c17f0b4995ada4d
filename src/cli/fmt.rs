use std::io::{self, Read};
use std::path::{Path, PathBuf};

use similar::TextDiff;

use crate::cli::paths::{meant_by, replace, settings_of};
use crate::cli::{status, terminal};
use crate::format::{NotFormatted, format};
use crate::problem::render::{Findings, Format, render};
use crate::source::{Disk, Files};

/// Lay runbooks out as all are
///
/// Indentation, spaces and empty lines; commands, texts and comments stay what
/// they are, and so does the meaning. A file that cannot be read is left alone.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook fmt .\n  runbook fmt --check --diff deploy.runbook\n  runbook fmt - <deploy.runbook"
)]
pub struct Fmt {
    /// Runbooks, and directories in which all are; `-` is standard input
    #[arg(required = true)]
    paths: Vec<PathBuf>,

    /// Write nothing, and end with status 1 if a file would change
    #[arg(long)]
    check: bool,

    /// Print what changes, and write nothing
    #[arg(long)]
    diff: bool,
}

impl Fmt {
    pub fn run(&self) -> u8 {
        let mut is_bad = false;
        let settings = match settings_of(&self.paths) {
            Ok(settings) => settings,
            Err(why) => {
                terminal::error(&why);
                return status::USAGE;
            }
        };
        for path in &self.paths {
            if path.as_os_str() == "-" {
                is_bad |= self.standard_input().is_err();
                continue;
            }
            match meant_by(path, &settings) {
                Ok(files) => {
                    for file in &files {
                        is_bad |= self.file(file).is_err();
                    }
                }
                Err(_told) => is_bad = true,
            }
        }
        if is_bad { status::PROBLEMS } else { status::OK }
    }

    fn standard_input(&self) -> Result<(), Bad> {
        let path = Path::new("<standard input>");
        let mut bytes = Vec::new();
        let read = io::stdin().read_to_end(&mut bytes);
        read.map_err(|error| cannot("read", path, &error))?;
        let text = laid_out(path, &bytes)?;
        if self.check || self.diff {
            return self.compare(path, &bytes, &text);
        }
        terminal::print(&text);
        Ok(())
    }

    fn file(&self, path: &Path) -> Result<(), Bad> {
        let bytes = Disk
            .read(path)
            .map_err(|error| cannot("read", path, &error))?;
        let text = laid_out(path, &bytes)?;
        if self.check || self.diff {
            return self.compare(path, &bytes, &text);
        }
        if text.as_bytes() == bytes {
            return Ok(());
        }
        replace(path, &text).map_err(|error| cannot("write", path, &error))?;
        terminal::say(&format!("laid out {}", path.display()));
        Ok(())
    }

    /// Says what would change.
    fn compare(&self, path: &Path, was: &[u8], text: &str) -> Result<(), Bad> {
        if text.as_bytes() == was {
            return Ok(());
        }
        let shown = path.display().to_string();
        if self.diff {
            let was = String::from_utf8_lossy(was);
            let difference = TextDiff::from_lines(was.as_ref(), text)
                .unified_diff()
                .header(&shown, &format!("{shown}, laid out"))
                .to_string();
            terminal::print(&difference);
        } else {
            terminal::print(&format!("{shown}\n"));
        }
        if self.check { Err(Bad) } else { Ok(()) }
    }
}

/// Something is wrong, and it was said.
struct Bad;

fn cannot(what: &str, path: &Path, error: &io::Error) -> Bad {
    terminal::error(&format!("cannot {what} `{}`: {error}", path.display()));
    Bad
}

fn laid_out(path: &Path, bytes: &[u8]) -> Result<String, Bad> {
    match format(path, bytes) {
        Ok(text) => Ok(text),
        Err(NotFormatted::Unreadable { problems, sources }) => {
            let findings = Findings {
                problems: &problems,
                sources: &sources,
            };
            let human = Format::Human(terminal::human());
            terminal::say(render(&[findings], human).trim_end());
            terminal::say(&format!("`{}` was left as it is", path.display()));
            Err(Bad)
        }
        Err(NotFormatted::WouldChange) => {
            terminal::error(&format!(
                "`{}` was left as it is: laid out it would mean something else. This is a bug in runbook; please report it with the file",
                path.display()
            ));
            Err(Bad)
        }
    }
}
