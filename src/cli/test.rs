use std::path::PathBuf;

use crate::analysis::Checked;
use crate::cli::runbook::checked;
use crate::cli::{status, terminal};
use crate::testing::report::{FileResults, json, junit, text};
use crate::testing::{Results, run};

/// Run the `test` blocks of runbooks and modules, under a virtual clock
///
/// No command is started and no address asked: the outcomes are those that the
/// tests write down.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook test deploy.runbook\n  runbook test --every-failure deploy.runbook\n  runbook test --junit > results.xml   (all runbooks of this folder)"
)]
pub struct Test {
    /// The runbooks; without any, all of this folder
    files: Vec<PathBuf>,

    /// Also let everything that can go wrong go wrong, one thing at a time, and
    /// see whether there was a way back
    #[arg(long)]
    every_failure: bool,

    /// Print one JSON document
    #[arg(long, conflicts_with = "junit")]
    json: bool,

    /// Print JUnit's XML, which build servers read
    #[arg(long)]
    junit: bool,
}

impl Test {
    pub fn run(&self) -> u8 {
        let files = if self.files.is_empty() {
            runbooks_here()
        } else {
            self.files.clone()
        };
        if files.is_empty() {
            terminal::error("there is no file `*.runbook` in this folder: name one");
            return status::USAGE;
        }
        let mut done: Vec<(PathBuf, Checked, Results)> = Vec::new();
        let mut good = true;
        for file in files {
            match checked(&file) {
                Ok(checked) => {
                    let results = run(&checked, self.every_failure);
                    good &= results.good();
                    done.push((file, checked, results));
                }
                Err(_) => good = false,
            }
        }
        let shown: Vec<FileResults<'_>> = done
            .iter()
            .map(|(path, checked, results)| FileResults {
                path: path.display().to_string(),
                sources: &checked.sources,
                results,
            })
            .collect();
        if done.is_empty() && !self.json && !self.junit {
            return status::PROBLEMS;
        }
        terminal::print(&match (self.json, self.junit) {
            (true, _) => json(&shown),
            (false, true) => junit(&shown),
            (false, false) => text(&shown, terminal::human_out()),
        });
        if good { status::OK } else { status::PROBLEMS }
    }
}

fn runbooks_here() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(".").into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| PathBuf::from(entry.file_name()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "runbook"))
        .collect();
    files.sort();
    files
}
