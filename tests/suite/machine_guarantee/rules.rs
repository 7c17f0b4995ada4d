//! Each rule that the promise rests on is needed: its wrong example, which the
//! other rules let pass, breaks the promise once the rule is not asked.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use runbook::analysis::analyse_bytes;
use runbook::check::{RULES, Rule};
use runbook::model::parameters::bind_or_assume;
use runbook::plan::{Plan, lower};
use runbook::problem::Problem;
use runbook::simulate::faults::{every_failure, single_faults};
use runbook::types::Value;

use super::broken_by;

/// What a simulated world does not know of, and why the rule is there.
const NOT_SIMULATED: &[(&str, &str)] = &[("RB401", "a plan in which nothing could start")];

/// The plans of an example, the rules not asked: with the parameters as they
/// are, and with those turned that are true or false.
fn plans(rule: &Rule) -> Vec<Arc<Plan>> {
    let text = format!("runbook \"case\"\n{}", rule.wrong);
    let analysis = analyse_bytes(Path::new("case.runbook"), text.as_bytes());
    let others = analysis
        .problems
        .iter()
        .filter(|it| it.is_error() && it.code != rule.code);
    assert_eq!(others.count(), 0, "{} alone refuses its example", rule.code);
    let values = bind_or_assume(&analysis.model, BTreeMap::new());
    let values = values.expect("values for all parameters");
    let turned: Vec<Value> = values
        .iter()
        .map(|value| match value {
            Value::Bool(it) => Value::Bool(!it),
            another => another.clone(),
        })
        .collect();
    let plan = |values: Vec<Value>| {
        let (plan, problems) =
            lower::lower(&analysis.model, values, &analysis.sources, analysis.file);
        (!problems.iter().any(Problem::is_error)).then(|| Arc::new(plan))
    };
    [values, turned].into_iter().filter_map(plan).collect()
}

fn is_broken(plan: &Arc<Plan>) -> bool {
    let mut found = false;
    every_failure(plan, &single_faults(plan), false, |story, trace, world| {
        found = !broken_by(plan, story, trace, world).is_empty();
        match found {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    found
}

#[test]
fn a_rule_switched_off_lets_a_broken_promise_through() {
    let mut idle = Vec::new();
    let guarded = RULES.iter().filter(|rule| rule.code.entry().guarantee);
    for rule in guarded {
        let code = rule.code.name();
        let known = NOT_SIMULATED.iter().any(|(of, _)| *of == code);
        // Without an order there is nothing to simulate.
        let broken = code != "RB401" && plans(rule).iter().any(is_broken);
        if broken == known {
            idle.push(format!(
                "{code}: broken {broken}, said not to be simulated {known}"
            ));
        }
    }
    assert!(idle.is_empty(), "{idle:#?}");
}
