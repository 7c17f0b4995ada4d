//! Runs the `test` blocks of a file: the real scheduler, a virtual clock, and a
//! world that does what the test says. Half an hour of soaking takes no time.
//!
//! | file | its part |
//! | --- | --- |
//! | `script` | what a test gives, by the nodes of its plan |
//! | `world` | a world in which that happens |
//! | `ran` | what ran, held against what was expected |
//! | `coverage` | the ways back that no test went |
//! | `failures` | every single failure, held against the promise |
//! | `report` | the results as text, JSON and JUnit |

mod coverage;
mod failures;
mod ran;
pub mod report;
mod script;
mod world;

use std::sync::Arc;

pub use coverage::Way;
pub use failures::{Failures, Sampled};

use crate::analysis::Checked;
use crate::model::testing::{ExpectationKind, Test};
use crate::plan::{Millis, Plan};
use crate::problem::{Code, Problem};
use crate::simulate::{Trace, simulate};
use crate::source::Span;
use coverage::Coverage;
use ran::Ran;
use script::Script;
use world::ScriptedWorld;

/// Who starts the runs of tests.
const STARTER: &str = "starter";

/// What of the tests of a file is to run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// The tests of these titles; all, where there is none.
    pub only: &'a [String],
    /// Each plan that they make also meets everything that can go wrong, or of a
    /// large one as much of it as this number chooses.
    pub every_failure: Option<u64>,
}

/// What came of the tests of one file.
#[derive(Debug)]
pub struct Results {
    pub tests: Vec<TestResult>,
    /// Of some of the tests nothing can be said.
    pub ways: Option<Ways>,
    pub failures: Option<Failures>,
}

/// How far the tests went the ways back.
#[derive(Debug, PartialEq, Eq)]
pub struct Ways {
    pub all: usize,
    /// Those that no test went.
    pub untried: Vec<Way>,
}

/// What came of one test.
#[derive(Debug)]
pub struct TestResult {
    pub title: String,
    pub span: Span,
    /// None where it went as expected.
    pub problems: Vec<Problem>,
    /// How long the run took, by its own clock.
    pub lasted: Millis,
}

impl Results {
    pub fn good(&self) -> bool {
        let kept = self.failures.as_ref().is_none_or(Failures::good);
        kept && self.tests.iter().all(|test| test.problems.is_empty())
    }
}

/// Runs the tests of a file.
pub fn run(checked: &Checked, asked: &Asked<'_>) -> Results {
    let mut coverage = Coverage::default();
    if checked.model.title.is_some() {
        coverage.expect(&checked.plan);
    }
    let mut plans: Vec<Arc<Plan>> = Vec::new();
    let mut tests = Vec::new();
    let takes_all = asked.only.is_empty();
    let wanted = checked.model.tests.iter();
    for test in wanted.filter(|test| takes_all || asked.only.contains(&test.title)) {
        let (result, plan) = run_test(checked, test, &mut coverage);
        tests.push(result);
        if let Some(plan) = plan.filter(|plan| !plans.contains(plan)) {
            plans.push(plan);
        }
    }
    let failures = asked.every_failure.map(|seed| {
        if plans.is_empty() && checked.model.title.is_some() {
            plans.push(Arc::new(checked.plan.clone()));
        }
        Failures::of(&plans, seed)
    });
    let ways = takes_all.then(|| Ways {
        all: coverage.ways(),
        untried: coverage.untried(),
    });
    Results {
        tests,
        ways,
        failures,
    }
}

fn run_test(
    checked: &Checked,
    test: &Test,
    coverage: &mut Coverage,
) -> (TestResult, Option<Arc<Plan>>) {
    let mut result = TestResult {
        title: test.title.clone(),
        span: test.span,
        problems: Vec::new(),
        lasted: 0,
    };
    let plan = match checked.plan_of_test(test) {
        Ok(plan) => Arc::new(plan.into_plan()),
        Err(problems) => {
            result.problems = problems;
            return (result, None);
        }
    };
    coverage.expect(&plan);
    let script = match Script::of(&plan, &test.givens) {
        Ok(script) => script,
        Err(problems) => {
            result.problems = problems;
            return (result, Some(plan));
        }
    };
    let mut world = ScriptedWorld::new(&plan, script);
    let trace = simulate(plan.clone(), STARTER, &mut world);
    coverage.hear(&trace);
    result.lasted = trace.events.last().map_or(0, |fact| fact.at);
    result.problems = judge(&trace, test);
    result.problems.extend(world.unheard());
    (result, Some(plan))
}

/// Where a run did not go as expected.
fn judge(trace: &Trace, test: &Test) -> Vec<Problem> {
    let ran = Ran::of(trace);
    let mut problems = Vec::new();
    for expectation in &test.expectations {
        let found = match &expectation.kind {
            ExpectationKind::Outcome(wanted) => outcome(trace, wanted, expectation.span, &ran),
            ExpectationKind::Ran(items) => ran.in_order(items),
            ExpectationKind::NotRan(items) => ran.none_of(items),
        };
        problems.extend(found);
    }
    problems
}

fn outcome(trace: &Trace, wanted: &str, span: Span, ran: &Ran) -> Option<Problem> {
    let found = trace.outcome.map(|outcome| outcome.name());
    if found == Some(wanted) {
        return None;
    }
    let message = match found {
        Some(found) => format!("the run ended `{found}`, not `{wanted}`"),
        None => "the run does not end: something hangs that has no time limit".to_owned(),
    };
    let problem = Problem::new(Code::RB964, span, message);
    let problem = match trace.machine.headline() {
        Some(headline) => problem.label(headline.message.clone()),
        None => problem,
    };
    Some(problem.help(ran.words()))
}
