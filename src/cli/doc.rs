use std::path::PathBuf;

use crate::cli::{status, terminal};
use crate::docs::{Document, standard, standard_list};
use crate::problem::nearest;
use crate::source::{Disk, Files};

/// Write the reference page of a runbook or a module, in Markdown
///
/// It is made of the `##` comments and of what stands below them: parameters,
/// templates, what each needs and how it is undone.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook doc deploy.runbook > docs/deploy.md\n  runbook doc std.postgres\n  runbook doc std           (lists the standard library)"
)]
pub struct Doc {
    /// The runbook or module; `std.NAME` is one that comes with the program
    file: PathBuf,
}

impl Doc {
    pub fn run(&self) -> u8 {
        let file = self.file.to_string_lossy();
        if file == "std" {
            terminal::print(&standard_list(None));
            return status::OK;
        }
        match file.strip_prefix("std.") {
            // A file may be called so, too.
            Some(name) if !self.file.exists() => of_standard(name),
            Some(_) | None => self.of_file(),
        }
    }

    fn of_file(&self) -> u8 {
        let bytes = match Disk.read(&self.file) {
            Ok(bytes) => bytes,
            Err(error) => {
                let shown = self.file.display();
                terminal::error(&format!("cannot read `{shown}`: {error}"));
                return status::PROBLEMS;
            }
        };
        match Document::read(&self.file, &bytes) {
            Ok(document) => {
                terminal::print(&document.page());
                status::OK
            }
            Err(unreadable) => {
                terminal::show_problems(&unreadable.problems, &unreadable.sources);
                status::PROBLEMS
            }
        }
    }
}

fn of_standard(name: &str) -> u8 {
    if let Some((_, document)) = standard().find(|(of, _)| *of == name) {
        terminal::print(&document.page());
        return status::OK;
    }
    let near = nearest(name, standard().map(|(of, _)| of));
    let hint = near.map(|near| format!(" (did you mean `std.{near}`?)"));
    let hint = hint.unwrap_or_default();
    terminal::error(&format!(
        "there is no module `std.{name}`{hint}; `runbook doc std` lists them"
    ));
    status::USAGE
}
