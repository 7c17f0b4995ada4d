//! The front door: files in, trees and problems out, the same for the command
//! line, editors and tests. [`Analysis::clean`] is the only way to a plan that
//! may run.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::Path;

use crate::check;
use crate::model::parameters::{self, Given};
use crate::model::{self, Model};
use crate::plan::{Plan, lower};
use crate::problem::render::in_order;
use crate::problem::{Code, Problem, any_errors};
use crate::source::{FileId, Files, SourceFile, SourceMap};
use crate::syntax::{self, Ast};

/// All that is known of a runbook before its parameters have values.
#[derive(Debug)]
pub struct Analysis {
    pub sources: SourceMap,
    /// The runbook itself.
    pub file: FileId,
    pub ast: Ast,
    pub model: Model,
    /// With stand-ins for parameters that have no value yet.
    pub plan: Plan,
    /// In the order of the text.
    pub problems: Vec<Problem>,
}

/// Reads and analyses a runbook.
pub fn analyse(path: &Path, files: &dyn Files) -> Analysis {
    match files.read(path) {
        Ok(bytes) => analyse_bytes(path, &bytes),
        Err(error) => {
            let message = format!("cannot read `{}`: {error}", path.display());
            let unread = Problem::general(Code::RB965, message);
            let file = SourceFile::new(path, "");
            without_model(file, vec![unread])
        }
    }
}

/// Analyses the text of a runbook.
pub fn analyse_bytes(path: &Path, bytes: &[u8]) -> Analysis {
    let file = FileId::default();
    let (source, not_text) = syntax::decode(path, bytes, file);
    let parsed = syntax::parse(file, &source.text);
    let mut sources = SourceMap::default();
    sources.add(source);
    let mut problems: Vec<Problem> = not_text.into_iter().chain(parsed.problems).collect();
    let (model, of_model) = model::resolve(&parsed.ast, &sources);
    problems.extend(of_model);
    let (plan, of_plan) = lower::lower_for_check(&model, &sources, file);
    problems.extend(of_plan);
    // In a tree with holes the rules would miss what the author did write.
    if !any_errors(&problems) {
        let subject = check::Subject::new(&sources, &parsed.ast, &model, &plan);
        problems.extend(check::check(&subject));
    }
    Analysis {
        sources,
        file,
        ast: parsed.ast,
        model,
        plan,
        problems: in_order(problems),
    }
}

fn without_model(file: SourceFile, problems: Vec<Problem>) -> Analysis {
    let mut analysis = analyse_bytes(&file.path, b"");
    analysis.problems = problems;
    analysis
}

impl Analysis {
    /// The runbook, where nothing in it keeps it from running.
    ///
    /// # Errors
    /// Its problems.
    pub fn clean(self) -> Result<Checked, Box<Analysis>> {
        if any_errors(&self.problems) {
            Err(Box::new(self))
        } else {
            Ok(Checked(self))
        }
    }
}

/// A runbook that passed the checks.
#[derive(Debug)]
pub struct Checked(Analysis);

impl Deref for Checked {
    type Target = Analysis;

    fn deref(&self) -> &Analysis {
        &self.0
    }
}

impl Checked {
    /// The plan of a run with these values.
    ///
    /// # Errors
    /// Problems of the values, and those that the checks find once there are
    /// values.
    pub fn plan(&self, given: &BTreeMap<String, Given>) -> Result<RunnablePlan, Vec<Problem>> {
        let analysis = &self.0;
        let values = parameters::bind(&analysis.model, given)?;
        let (plan, mut problems) =
            lower::lower(&analysis.model, values, &analysis.sources, analysis.file);
        let subject = check::Subject::new(&analysis.sources, &analysis.ast, &analysis.model, &plan);
        problems.extend(check::check(&subject));
        problems.retain(Problem::is_error);
        if problems.is_empty() {
            Ok(RunnablePlan(plan))
        } else {
            Err(in_order(problems))
        }
    }
}

/// A plan that passed the checks with the values it will run with.
#[derive(Debug, Clone)]
pub struct RunnablePlan(Plan);

impl Deref for RunnablePlan {
    type Target = Plan;

    fn deref(&self) -> &Plan {
        &self.0
    }
}

impl RunnablePlan {
    pub fn into_plan(self) -> Plan {
        self.0
    }
}
