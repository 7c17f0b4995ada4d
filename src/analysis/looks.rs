//! Plans that only look: the diagnosis of a trouble, and checks by hand. They
//! take no lock, since the release they are about may hold it.

use std::collections::BTreeMap;

use crate::analysis::{Checked, RunnablePlan};
use crate::model::evaluate::variables_of;
use crate::model::parameters::{self, Given};
use crate::model::{
    self, Block, Check, Expr, GateCondition, HttpOptions, Model, Retry, Run, Statement,
    StatementId, StatementKind, Task, Text, TextPart, Variable,
};
use crate::plan::StepElse;
use crate::problem::{Problem, nearest};

/// Checks to run by hand, and those that cannot.
#[derive(Debug)]
pub struct ChecksByHand {
    pub plan: RunnablePlan,
    /// Names of checks left out: they use what a step of the release finds out.
    pub left_out: Vec<String>,
}

/// Why checks cannot be run by hand.
#[derive(Debug)]
pub enum NoChecks {
    /// There is none of this name.
    Unknown { name: String, near: Option<String> },
    /// It uses what a step of the release finds out.
    NeedsRelease { name: String },
    /// The runbook has no check that can run by itself.
    None,
    /// Of the parameters' values.
    Values(Vec<Problem>),
}

impl Checked {
    /// The diagnosis of one of the plan's troubles, as a check.
    ///
    /// # Errors
    /// Problems of the values.
    pub fn plan_of_diagnosis(
        &self,
        title: &str,
        given: &BTreeMap<String, Given>,
    ) -> Result<RunnablePlan, Vec<Problem>> {
        let mut model = self.model.clone();
        let mut body = Block::default();
        for trouble in self.model.troubles.iter().filter(|it| it.title == title) {
            let Some(task) = trouble.diagnose.clone() else {
                continue;
            };
            model.named.push(("diagnosis".to_owned(), trouble.span));
            let check = Check {
                id: StatementId(model.named.len() - 1),
                task,
                retry: Retry::Never,
                // Nothing is to be resumed: whoever types `runbook resume` means the
                // release that waits.
                otherwise: StepElse::Rollback,
            };
            body.statements.push(Statement {
                name: "diagnosis".to_owned(),
                title: None,
                after: None,
                when: None,
                kind: StatementKind::Check(Box::new(check)),
                span: trouble.span,
            });
        }
        model.title = Some(vec![TextPart::Literal(title.to_owned())]);
        self.plan_that_looks(model, body, given)
    }

    /// Checks of the runbook, those of its gates and checklists too, and nothing
    /// else: those that have such a name or stand in a block that has; all, where
    /// no name is given. One that fails keeps no other from running.
    ///
    /// # Errors
    /// Names that stand for no check that runs by itself, problems of the values.
    pub fn plan_of_checks(
        &self,
        names: &[String],
        given: &BTreeMap<String, Given>,
    ) -> Result<ChecksByHand, NoChecks> {
        let mut choice = Choice {
            names,
            known: Vec::new(),
            left_out: Vec::new(),
        };
        let body = choice.of_block(&self.model.body, false);
        for name in names {
            if choice.left_out.contains(name) {
                return Err(NoChecks::NeedsRelease { name: name.clone() });
            }
            if !choice.known.contains(name) {
                let known = choice.known.iter().map(String::as_str);
                let near = nearest(name, known).map(str::to_owned);
                let name = name.clone();
                return Err(NoChecks::Unknown { name, near });
            }
        }
        if body.statements.is_empty() {
            return Err(NoChecks::None);
        }
        let mut model = self.model.clone();
        let title = model.title.get_or_insert_with(Vec::new);
        title.push(TextPart::Literal(" – checks".to_owned()));
        let plan = self
            .plan_that_looks(model, body, given)
            .map_err(NoChecks::Values)?;
        Ok(ChecksByHand {
            plan,
            left_out: choice.left_out,
        })
    }

    /// The names that [`Checked::plan_of_checks`] takes.
    pub fn names_of_checks(&self) -> Vec<String> {
        let mut choice = Choice {
            names: &[],
            known: Vec::new(),
            left_out: Vec::new(),
        };
        choice.of_block(&self.model.body, false);
        choice.known
    }

    fn plan_that_looks(
        &self,
        mut model: Model,
        body: Block,
        given: &BTreeMap<String, Given>,
    ) -> Result<RunnablePlan, Vec<Problem>> {
        model.body = body;
        model.lock = None;
        model.watches.clear();
        model.endings.clear();
        model.troubles.clear();
        let missing: Vec<usize> = parameters::missing(&model, given)
            .iter()
            .filter_map(|it| model.parameters.iter().position(|of| of.name == it.name))
            .collect();
        let is_missing = |variable: &Variable| match variable {
            Variable::Parameter(index) => missing.contains(index),
            _another => false,
        };
        // Only what it uses must be given.
        let values = if uses(&model, &is_missing) {
            parameters::bind(&model, given)?
        } else {
            parameters::bind_or_assume(&model, given.clone())?
        };
        let mut plan = self.plan_of(&model, values)?;
        plan.0.only_looks = true;
        if !uses(&model, &|variable| matches!(variable, Variable::Secret(_))) {
            plan.0.secrets.clear();
        }
        Ok(plan)
    }
}

/// Which checks are wanted, and what was seen on the way.
struct Choice<'n> {
    names: &'n [String],
    /// Names that stand for checks.
    known: Vec<String>,
    left_out: Vec<String>,
}

impl Choice<'_> {
    fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|it| it == name)
    }

    fn of_block(&mut self, block: &Block, all: bool) -> Block {
        let statements = block.statements.iter();
        Block {
            statements: statements.flat_map(|it| self.of(it, all)).collect(),
            rollback: None,
        }
    }

    fn of(&mut self, statement: &Statement, all: bool) -> Vec<Statement> {
        let all = all || self.wants(&statement.name);
        let like = |kind: StatementKind| Statement {
            after: None,
            kind,
            ..statement.clone()
        };
        let inner = match &statement.kind {
            StatementKind::Check(check) => {
                let check = self.check(&statement.name, check, all);
                return check
                    .map(StatementKind::Check)
                    .map(like)
                    .into_iter()
                    .collect();
            }
            StatementKind::Gate(gate) => return self.of_gate(statement, gate, all),
            StatementKind::Phase { body, .. }
            | StatementKind::Parallel { body }
            | StatementKind::For { body, .. }
            | StatementKind::With { body, .. } => self.of_block(body, all),
            StatementKind::Step(_)
            | StatementKind::Notify(_)
            | StatementKind::Postmortem(_)
            | StatementKind::Hole => return Vec::new(),
        };
        if inner.statements.is_empty() {
            return Vec::new();
        }
        self.known.push(statement.name.clone());
        let kind = match &statement.kind {
            StatementKind::Parallel { .. } => StatementKind::Parallel { body: inner },
            StatementKind::For {
                variable,
                list,
                batching,
                ..
            } => StatementKind::For {
                variable: *variable,
                list: list.clone(),
                batching: batching.clone(),
                body: inner,
            },
            _another => StatementKind::Phase {
                at: None,
                body: inner,
            },
        };
        vec![like(kind)]
    }

    fn of_gate(&mut self, statement: &Statement, gate: &model::Gate, all: bool) -> Vec<Statement> {
        let mut found = Vec::new();
        for condition in &gate.conditions {
            let GateCondition::Check { title, check } = condition else {
                continue;
            };
            let Some(check) = self.check(&statement.name, check, all) else {
                continue;
            };
            found.push(Statement {
                title: Some(title.clone()),
                after: None,
                kind: StatementKind::Check(check),
                ..statement.clone()
            });
        }
        found
    }

    fn check(&mut self, name: &str, check: &Check, wanted: bool) -> Option<Box<Check>> {
        let mut used = Vec::new();
        of_task(&check.task, &mut used);
        let needs_release = used
            .iter()
            .any(|variable| matches!(variable, Variable::Capture { .. } | Variable::Output { .. }));
        if needs_release {
            self.left_out.extend(wanted.then(|| name.to_owned()));
            return None;
        }
        self.known.push(name.to_owned());
        wanted.then(|| {
            Box::new(Check {
                otherwise: StepElse::Continue,
                ..check.clone()
            })
        })
    }
}

/// Whether what such a plan runs uses a variable like this.
fn uses(model: &Model, is_such: &dyn Fn(&Variable) -> bool) -> bool {
    let mut used = Vec::new();
    of_block(&model.body, &mut used);
    for binding in &model.environment {
        variables_of(&binding.value, &mut used);
    }
    used.into_iter().any(is_such)
}

fn of_block<'m>(block: &'m Block, used: &mut Vec<&'m Variable>) {
    for statement in block.all() {
        statement.when.iter().for_each(|it| variables_of(it, used));
        statement.title.iter().for_each(|it| of_text(it, used));
        match &statement.kind {
            StatementKind::Check(check) => {
                of_task(&check.task, used);
                of_retry(&check.retry, used);
            }
            StatementKind::For { list, .. } => variables_of(list, used),
            _without_a_command => {}
        }
    }
}

fn of_task<'m>(task: &'m Task, used: &mut Vec<&'m Variable>) {
    let bound = task.bindings.iter().map(|binding| &binding.value);
    let defaults = task.outputs.iter().filter_map(|it| it.default.as_ref());
    for expr in bound
        .chain(&task.directory)
        .chain(&task.host)
        .chain(&task.timeout)
        .chain(defaults)
    {
        variables_of(expr, used);
    }
    task.stdout_contains.iter().for_each(|it| of_text(it, used));
    if let Run::Http { url, options, .. } = &task.run {
        variables_of(url, used);
        of_options(options, used);
    }
}

fn of_options<'m>(options: &'m HttpOptions, used: &mut Vec<&'m Variable>) {
    let headers = options.headers.iter().map(|(_, value)| value);
    for expr in headers.chain(&options.body).chain(&options.timeout) {
        variables_of(expr, used);
    }
}

fn of_text<'m>(text: &'m Text, used: &mut Vec<&'m Variable>) {
    for part in text {
        if let TextPart::Value(value) = part {
            variables_of(value, used);
        }
    }
}

fn of_retry<'m>(retry: &'m Retry, used: &mut Vec<&'m Variable>) {
    let exprs: Vec<&Expr> = match retry {
        Retry::Never => Vec::new(),
        Retry::Times {
            times,
            every,
            backoff,
        } => [times].into_iter().chain(every).chain(backoff).collect(),
        Retry::Within { limit, every } => vec![limit, every],
    };
    exprs.into_iter().for_each(|it| variables_of(it, used));
}
