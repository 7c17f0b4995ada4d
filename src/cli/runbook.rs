//! Arguments that many commands share: the runbook and its parameters.

use std::path::{Path, PathBuf};

use crate::analysis::{Checked, RunnablePlan, analyse};
use crate::cli::values::Values;
use crate::cli::{status, terminal};
use crate::problem::any_errors;
use crate::source::Disk;

/// A runbook that is to run, with its values.
#[derive(Debug, clap::Args)]
pub struct Runbook {
    /// The runbook
    pub file: PathBuf,

    #[command(flatten)]
    pub values: Values,
}

impl Runbook {
    /// The plan of this runbook with these values. Problems are shown; the
    /// error is the exit status.
    pub fn plan(&self, ask: bool) -> Result<(Checked, RunnablePlan), u8> {
        plan(&self.file, &self.values, ask)
    }
}

/// The plan of a runbook with these values. Problems are shown; the error is the
/// exit status.
pub fn plan(file: &Path, values: &Values, ask: bool) -> Result<(Checked, RunnablePlan), u8> {
    let checked = checked(file)?;
    let given = values.given(&checked, ask)?;
    match checked.plan(&given) {
        Ok(plan) => Ok((checked, plan)),
        Err(problems) => {
            terminal::show_problems(&problems, &checked.sources);
            Err(status::PROBLEMS)
        }
    }
}

/// A runbook that passes the checks; else its problems are shown.
pub fn checked(file: &Path) -> Result<Checked, u8> {
    let analysis = analyse(file, &Disk);
    match analysis.clean() {
        Ok(checked) => Ok(checked),
        Err(analysis) => {
            debug_assert!(any_errors(&analysis.problems));
            terminal::show_findings(&analysis);
            Err(status::PROBLEMS)
        }
    }
}
