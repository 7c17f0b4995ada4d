//! How long it takes to try everything that can go wrong with a plan, once.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use divan::Bencher;
use runbook::analysis::analyse_bytes;
use runbook::model::parameters::Given;
use runbook::plan::Plan;
use runbook::simulate::faults::{every_failure, single_faults};
use runbook::simulate::guarantee::breaches;

fn main() {
    divan::main();
}

fn plan(text: &str, given: &[(&str, &str)]) -> Arc<Plan> {
    let analysis = analyse_bytes(Path::new("bench.runbook"), text.as_bytes());
    let Ok(checked) = analysis.clean() else {
        panic!("the runbook has problems");
    };
    let given: BTreeMap<String, Given> = given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Given::Text((*value).to_owned())))
        .collect();
    let plan = checked.plan(&given).expect("a plan");
    Arc::new(plan.into_plan())
}

/// About so many nodes: phases of nine steps, some of them side by side.
fn generated(nodes: usize) -> String {
    let mut text = String::from("runbook \"generated\"\ndefaults { timeout 1m }\n");
    for phase in 0..nodes / 14 {
        let _ = writeln!(text, "phase p{phase} {{");
        for step in 0..9 {
            match step {
                3 => text.push_str("parallel {\n"),
                6 => text.push_str("}\n"),
                _ => {}
            }
            let _ = writeln!(
                text,
                "step s{phase}_{step} {{\n$ ./change {step}\nrollback $ ./undo {step}\n}}"
            );
        }
        let _ = writeln!(text, "check c{phase} $ ./look\n}}");
    }
    text
}

/// Every single failure; gives how many runs there were.
fn try_everything(plan: &Arc<Plan>) -> usize {
    every_failure(plan, &single_faults(plan), false, |story, trace, world| {
        let broken = breaches(plan, trace, world);
        assert!(broken.is_empty(), "{story:?}: {broken:?}");
        ControlFlow::Continue(())
    })
}

const EXAMPLE: &str = include_str!("../examples/deployment/deploy.runbook");

#[divan::bench(sample_count = 3)]
fn example(bencher: Bencher) {
    let given = [
        ("version", "1.4.0"),
        ("previous", "1.3.2"),
        ("needs_maintenance", "true"),
    ];
    let plan = plan(EXAMPLE, &given);
    bencher.bench_local(|| try_everything(&plan));
}

#[divan::bench(args = [50, 200], sample_count = 3)]
fn nodes(bencher: Bencher, nodes: usize) {
    let plan = plan(&generated(nodes), &[]);
    bencher.bench_local(|| try_everything(&plan));
}
