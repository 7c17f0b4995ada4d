//! Arguments that many commands share: the runbook and its parameters.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::analysis::{Checked, RunnablePlan, analyse};
use crate::cli::values::Values;
use crate::cli::{status, terminal};
use crate::model::parameters::Given;
use crate::plan::Plan;
use crate::plan::lower::open::OpenPlan;
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

    /// Its plan with the parameters left open that need no value yet. Problems
    /// are shown; the error is the exit status.
    pub fn open_plan(&self) -> Result<(Checked, OpenPlan), u8> {
        let checked = checked(&self.file)?;
        let given = self.values.given(&checked, false)?;
        let plan = checked.open_plan(&given).map_err(|problems| {
            terminal::show_problems(&problems, &checked.sources);
            status::PROBLEMS
        })?;
        Ok((checked, plan))
    }
}

/// The plan of a runbook with these values. Problems are shown; the error is the
/// exit status.
pub fn plan(file: &Path, values: &Values, ask: bool) -> Result<(Checked, RunnablePlan), u8> {
    let checked = checked(file)?;
    let given = values.given(&checked, ask)?;
    let plan = planned(&checked, &given)?;
    Ok((checked, plan))
}

/// The plan of a runbook for values that are known; those it does not know any
/// more are left out. Problems are shown; the error is the exit status.
pub fn plan_with(file: &Path, values: &BTreeMap<String, Given>) -> Result<Plan, u8> {
    let checked = checked(file)?;
    let known = |name: &String| checked.model.parameters.iter().any(|it| it.name == *name);
    let values = values.iter().filter(|(name, _)| known(name));
    let values = values.map(|(name, value)| (name.clone(), value.clone()));
    let plan = planned(&checked, &values.collect())?;
    let mut plan = plan.into_plan();
    // As that of every run.
    let directory = std::path::absolute(&plan.directory).unwrap_or_default();
    plan.directory = directory.to_string_lossy().into_owned();
    Ok(plan)
}

fn planned(checked: &Checked, given: &BTreeMap<String, Given>) -> Result<RunnablePlan, u8> {
    checked.plan(given).map_err(|problems| {
        terminal::show_problems(&problems, &checked.sources);
        status::PROBLEMS
    })
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
