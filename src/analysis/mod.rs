//! The front door: files in, trees and problems out, the same for the command
//! line, editors and tests. [`Analysis::clean`] is the only way to a plan that
//! may run.

mod allowed;
mod echoes;
mod kind;
mod looks;
mod together;

pub use together::compare;

pub use looks::{ChecksByHand, NoChecks};

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::Path;

use crate::check;
use crate::model::evaluate::Scope;
use crate::model::parameters::{self, Given};
use crate::model::testing::Test;
use crate::model::{self, Expansion, Model};
use crate::modules::{self, Program};
use crate::plan::lower::open::{OpenPlan, lower_open};
use crate::plan::{Plan, lower};
use crate::problem::render::in_order;
use crate::problem::{Code, Problem, any_errors};
use crate::source::{FileId, Files, Memory, SourceFile, SourceMap, Span};
use crate::syntax::ast::ItemKind;
use crate::syntax::{self, Ast};
use crate::types::Value;

/// All that is known of a runbook before its parameters have values.
#[derive(Debug)]
pub struct Analysis {
    pub sources: SourceMap,
    /// The runbook itself.
    pub file: FileId,
    /// With the modules it uses.
    pub program: Program,
    pub model: Model,
    /// With stand-ins for parameters that have no value yet.
    pub plan: Plan,
    /// In the order of the text.
    pub problems: Vec<Problem>,
    /// Whether the rules were asked: in a text that is not understood they would
    /// miss what its author did write.
    pub is_complete: bool,
    /// What a project may want to be told besides: problems of policies.
    pub of_policies: Vec<Problem>,
}

/// Reads and analyses a runbook.
pub fn analyse(path: &Path, files: &dyn Files) -> Analysis {
    match files.read(path) {
        Ok(bytes) => analyse_text(path, &bytes, files),
        Err(error) => {
            let message = format!("cannot read `{}`: {error}", path.display());
            let unread = Problem::general(Code::RB965, message);
            let file = SourceFile::new(path, "");
            without_model(file, vec![unread])
        }
    }
}

/// Analyses the text of a runbook that uses no files but this one.
pub fn analyse_bytes(path: &Path, bytes: &[u8]) -> Analysis {
    analyse_text(path, bytes, &Memory::default())
}

/// Analyses the text of a runbook; what it uses is read from `files`.
pub fn analyse_text(path: &Path, bytes: &[u8], files: &dyn Files) -> Analysis {
    let file = FileId::default();
    let (source, not_text) = syntax::decode(path, bytes, file);
    let parsed = syntax::parse(file, &source.text);
    let mut sources = SourceMap::default();
    sources.add(source);
    let mut problems: Vec<Problem> = not_text.into_iter().chain(parsed.problems).collect();
    let (program, of_modules) = modules::load(parsed.ast, &mut sources, files);
    problems.extend(of_modules);
    let (model, of_model) = model::resolve(&program, &sources);
    problems.extend(of_model);
    let (plan, of_plan) = lower::lower_for_check(&model, &sources, file);
    problems.extend(with_calls(of_plan, &model.expansions));
    let is_complete = !any_errors(&problems);
    if is_complete {
        let subject = check::Subject::new(&sources, &program.root().ast, &model, &plan);
        problems.extend(with_calls(check::check(&subject), &model.expansions));
        problems.extend(of_templates(&sources, &program.root().ast, &model, file));
    }
    if !any_errors(&problems) {
        problems.extend(kind::doubt(&program.root().ast, file));
    }
    let problems = echoes::without(problems, &sources);
    let comments = program.modules.iter().flat_map(|it| &it.ast.comments);
    let problems = allowed::apply(problems, comments, &sources, is_complete);
    let (of_policies, problems): (Vec<Problem>, Vec<Problem>) = in_order(problems)
        .into_iter()
        .partition(|it| it.code.entry().policy);
    Analysis {
        sources,
        file,
        program,
        model,
        plan,
        problems,
        is_complete,
        of_policies,
    }
}

/// What the rules find in the templates of a module: nothing calls them there
/// but its tests.
fn of_templates(sources: &SourceMap, ast: &Ast, model: &Model, file: FileId) -> Vec<Problem> {
    let mut problems = Vec::new();
    for test in model.tests.iter().filter(|test| test.body.is_some()) {
        let model = model_of_test(model, test);
        let Ok(values) = parameters::bind_or_assume(&model, BTreeMap::new()) else {
            continue;
        };
        let (plan, _) = lower::lower(&model, values, sources, file);
        problems.extend(check::check(&check::Subject::new(
            sources, ast, &model, &plan,
        )));
    }
    let templates: Vec<(Span, bool)> = ast
        .items
        .iter()
        .filter_map(|item| match &item.kind {
            ItemKind::Template(it) => Some((item.span, it.body.is_strategy())),
            _no_template => None,
        })
        .collect();
    let mut found: Vec<Problem> = Vec::new();
    for problem in problems {
        // What a strategy does is for its callers to say: it is given actions,
        // and those of a test are not those of a release.
        let counts = |(template, is_strategy): &(Span, bool)| {
            let inside = problem.span.is_some_and(|span| template.holds(span));
            inside && (problem.is_error() || !is_strategy)
        };
        if templates.iter().any(counts) && !found.contains(&problem) {
            found.push(problem);
        }
    }
    found
}

/// The model of a run of a test: of the runbook itself, or of the test's own
/// statements.
fn model_of_test(model: &Model, test: &Test) -> Model {
    let mut model = model.clone();
    if let Some(body) = &test.body {
        model.body = body.clone();
        model.watches.clear();
        model.endings.clear();
    }
    model
}

/// Says of problems in a template where it is called, if that is not said yet.
fn with_calls(problems: Vec<Problem>, expansions: &[Expansion]) -> Vec<Problem> {
    const MOST_CALLS: usize = 3;
    let mut told: Vec<Problem> = Vec::new();
    for mut problem in problems {
        let Some(span) = problem.span else {
            told.push(problem);
            continue;
        };
        let calls = expansions.iter().filter(|it| it.template.holds(span));
        for expansion in calls.take(MOST_CALLS) {
            let known = problem.labels.iter().any(|it| it.span == expansion.call);
            if !known {
                problem = problem.and(expansion.call, "called here");
            }
        }
        // Those that are told twice now are taken out where they are ordered.
        told.push(problem);
    }
    told
}

fn without_model(file: SourceFile, problems: Vec<Problem>) -> Analysis {
    let mut analysis = analyse_bytes(&file.path, b"");
    analysis.problems = problems;
    analysis.is_complete = false;
    analysis.of_policies.clear();
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
    /// The plan that a test runs: of the runbook with the values it sets, or of
    /// its own statements.
    ///
    /// # Errors
    /// Problems of those values, and of the plan they make.
    pub fn plan_of_test(&self, test: &Test) -> Result<RunnablePlan, Vec<Problem>> {
        let analysis = &self.0;
        let model = model_of_test(&analysis.model, test);
        let mut given = BTreeMap::new();
        for (index, value) in &test.settings {
            let value = Scope::default().value(value).map_err(|fault| {
                let message = fault
                    .message
                    .unwrap_or_else(|| "this has no value".to_owned());
                vec![Problem::new(Code::RB306, fault.span, message)]
            })?;
            if let Some(parameter) = model.parameters.get(*index) {
                given.insert(parameter.name.clone(), Given::Typed(value));
            }
        }
        let values = parameters::bind_or_assume(&model, given)?;
        self.plan_of(&model, values)
    }

    /// The plan of a run with these values.
    ///
    /// # Errors
    /// Problems of the values, and those that the checks find once there are
    /// values.
    pub fn plan(&self, given: &BTreeMap<String, Given>) -> Result<RunnablePlan, Vec<Problem>> {
        if self.model.title.is_none() {
            return Err(vec![kind::not_a_runbook(self.file)]);
        }
        let values = parameters::bind(&self.model, given)?;
        self.plan_of(&self.model, values)
    }

    /// The plan with the parameters left open that decide nothing but texts. It
    /// passed the checks with these values, and with stand-ins for what is
    /// given later.
    ///
    /// # Errors
    /// Those of [`Checked::plan`].
    pub fn open_plan(&self, given: &BTreeMap<String, Given>) -> Result<OpenPlan, Vec<Problem>> {
        let analysis = &self.0;
        let model = &analysis.model;
        let values = parameters::bind_or_assume(model, given.clone())?;
        self.plan_of(model, values.clone())?;
        let is_given = |name: &str| given.contains_key(name);
        lower_open(model, &values, &is_given, &analysis.sources, analysis.file)
    }

    fn plan_of(&self, model: &Model, values: Vec<Value>) -> Result<RunnablePlan, Vec<Problem>> {
        let analysis = &self.0;
        let (plan, mut problems) = lower::lower(model, values, &analysis.sources, analysis.file);
        let ast = &analysis.program.root().ast;
        let subject = check::Subject::new(&analysis.sources, ast, model, &plan);
        problems.extend(check::errors(&subject));
        let mut problems = with_calls(problems, &model.expansions);
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
