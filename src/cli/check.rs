use std::path::PathBuf;

use crate::analysis::{Analysis, analyse};
use crate::cli::{status, terminal};
use crate::problem::render::{Findings, Format, render};
use crate::problem::{Severity, any_errors};
use crate::source::Disk;

/// Prove that no single failure can leave production without a way back
///
/// Reads the runbooks and nothing else: no command is started, no address
/// asked.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  runbook check deploy.runbook\n  runbook check --json *.runbook"
)]
pub struct Check {
    /// The runbooks
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// Print one JSON document
    #[arg(long, conflicts_with = "short")]
    json: bool,

    /// Print one line a problem
    #[arg(long)]
    short: bool,

    /// Count warnings as errors
    #[arg(long)]
    deny_warnings: bool,
}

impl Check {
    pub fn run(&self) -> u8 {
        let analyses: Vec<Analysis> = self.files.iter().map(|file| analyse(file, &Disk)).collect();
        let findings: Vec<Findings<'_>> = analyses
            .iter()
            .map(|analysis| Findings {
                problems: &analysis.problems,
                sources: &analysis.sources,
            })
            .collect();
        match (self.json, self.short) {
            (true, _) => terminal::print(&render(&findings, Format::Json)),
            (false, true) => terminal::print(&render(&findings, Format::Short)),
            (false, false) => {
                terminal::say(render(&findings, Format::Human(terminal::human())).trim_end());
            }
        }
        if analyses.iter().any(|analysis| self.is_bad(analysis)) {
            status::PROBLEMS
        } else {
            status::OK
        }
    }

    fn is_bad(&self, analysis: &Analysis) -> bool {
        let warns = |severity: Severity| severity == Severity::Warning;
        any_errors(&analysis.problems)
            || self.deny_warnings && analysis.problems.iter().any(|it| warns(it.severity))
    }
}
