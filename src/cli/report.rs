use std::io::Write;
use std::path::{Path, PathBuf};

use crate::cli::resume::{find, state};
use crate::cli::{status, terminal};
use crate::machine::Machine;
use crate::machine::event::Activity;
use crate::report::{Account, html, json, markdown};
use crate::run::journal::read;
use crate::run::printed;
use crate::run::state::RunDirectory;
use crate::run::view::Closing;

/// Tell what happened in a run, from its record
///
/// As a page that needs nothing else: what failed, what was undone, who let
/// what go and when, what was measured, what was printed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  runbook report kex7 --html -o release.html\n  runbook report          (the last run, as Markdown)"
)]
pub struct Report {
    /// The run, or the beginning or end of its id; the last one
    run: Option<String>,

    /// A page for browsers
    #[arg(long, group = "form")]
    html: bool,

    /// Markdown; what is printed without a choice
    #[arg(long, group = "form")]
    md: bool,

    /// One JSON object
    #[arg(long, group = "form")]
    json: bool,

    /// Write it to this file, which must not be there yet
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Report {
    pub fn run(&self) -> u8 {
        let result = self.find().and_then(|run| {
            let text = self.text(&run)?;
            match &self.output {
                Some(path) => write_new(path, &text),
                None => {
                    terminal::print(&text);
                    Ok(())
                }
            }
        });
        match result {
            Ok(()) => status::OK,
            Err(status) => status,
        }
    }

    fn find(&self) -> Result<RunDirectory, u8> {
        match &self.run {
            Some(run) => find(run),
            None => state()?.runs().into_iter().next().ok_or_else(|| {
                terminal::error("there are no runs yet");
                status::USAGE
            }),
        }
    }

    fn text(&self, run: &RunDirectory) -> Result<String, u8> {
        let recorded = read(run).map_err(|error| {
            terminal::error(&error.to_string());
            status::PROBLEMS
        })?;
        let plan = recorded.plan.clone();
        let mut machine = Machine::new(plan.clone());
        for fact in &recorded.facts {
            machine.apply(fact);
        }
        let words: Vec<(String, String)> = Closing {
            machine: &machine,
            run_id: run.id(),
            program: "runbook",
        }
        .words()
        .into_iter()
        .map(|word| (word.about.to_owned(), word.text))
        .collect();
        let output = |activity: Activity| printed(&run.activities(), &plan, activity);
        let account = Account {
            machine: &machine,
            facts: &recorded.facts,
            run: run.id(),
            starter: &recorded.header.starter,
            host: &recorded.header.host,
            opened: recorded.wall,
            hash: recorded.last_hash(),
            words: &words,
            output: &output,
        };
        Ok(if self.html {
            html(&account)
        } else if self.json {
            format!("{}\n", json(&account))
        } else {
            markdown(&account)
        })
    }
}

/// Outputs may be confidential: the file is its owner's alone.
fn write_new(path: &Path, text: &str) -> Result<(), u8> {
    use std::os::unix::fs::OpenOptionsExt;
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        terminal::error(&format!("`{}` cannot be written: {error}", path.display()));
        status::PROBLEMS
    })
}
