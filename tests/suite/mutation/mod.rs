//! Runbooks with one thing taken away or broken: the checks notice, or the
//! promise is kept all the same. The tests of the checks, tested.

mod cuts;
mod example;

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use runbook::analysis::{Analysis, Checked, analyse_text};
use runbook::plan::Plan;
use runbook::simulate::faults::{every_failure, single_faults};
use runbook::simulate::guarantee::breaches;
use runbook::source::Disk;
use runbook::testing;

use crate::chance;
use crate::machine_guarantee::a_few_faults;
use cuts::{Mutant, mutants};

/// What came of a mutant.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// A check has something to say about it.
    Checked(&'static str),
    /// A test of the file itself fails.
    Tested,
    /// The failures that were tried, all of them in a long run, still have a way
    /// back that works.
    Harmless,
    /// Nobody noticed, and the promise is broken.
    Survived(String),
}

/// What may be missing without harm, and why. Whatever else is left out of a
/// file must be noticed.
const HARMLESS: &[(&str, &str)] = &[
    (
        "without gate",
        "what it guards has a way back, so going on without a decision can be undone",
    ),
    (
        "without checklist",
        "it only looks and asks; what comes after it has a way back",
    ),
    (
        "without check",
        "it only looks; what comes after it has a way back",
    ),
    (
        "without repeatable",
        "a step with a way back is undone instead of run again",
    ),
    (
        "without verify",
        "an undo that ends well is believed, which is what its author says",
    ),
    (
        "without a rule of a watch",
        "a watch only turns the run back earlier; the way back is the same",
    ),
    (
        "without saves",
        "nothing in the file says that it destroys what was saved",
    ),
    (
        "without output",
        "no command reads it: it is for people and the record",
    ),
    (
        "without done when",
        "the step is run although its work is done already, and undone like any other",
    ),
    (
        "without retry",
        "it fails at its first failure, and the run goes back",
    ),
    (
        "without within",
        "it fails at its first failure, and the run goes back",
    ),
    (
        "without an alternative",
        "an undo that fails is told to people, without another try",
    ),
];

fn files_in(folder: &str, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|why| panic!("{folder}: {why}"));
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files_in(path.to_str().expect("text"), found);
        } else if path.extension().is_some_and(|it| it == "runbook") {
            found.push(path);
        }
    }
}

fn analysed(path: &Path, text: &str) -> Analysis {
    analyse_text(path, text.as_bytes(), &Disk)
}

fn judge(path: &Path, mutant: &Mutant) -> Verdict {
    let analysis = analysed(path, &mutant.text);
    if let Some(problem) = analysis.problems.first() {
        return Verdict::Checked(problem.code.name());
    }
    let Ok(checked) = analysis.clean() else {
        return Verdict::Checked("unclean");
    };
    for plan in plans(&checked) {
        let faults = match chance::is_long() {
            true => single_faults(&plan),
            false => a_few_faults(&plan),
        };
        let mut broken = Vec::new();
        every_failure(&plan, &faults, chance::is_long(), |_, trace, world| {
            broken.extend(breaches(&plan, trace, world));
            ControlFlow::Continue(())
        });
        if let Some(breach) = broken.into_iter().next() {
            return Verdict::Survived(breach);
        }
    }
    if testing::run(&checked, &testing::Asked::default()).good() {
        Verdict::Harmless
    } else {
        Verdict::Tested
    }
}

/// The plans of a file's tests, or that of a runbook without any.
fn plans(checked: &Checked) -> Vec<Arc<Plan>> {
    let mut plans: Vec<Arc<Plan>> = Vec::new();
    for test in &checked.model.tests {
        let Ok(plan) = checked.plan_of_test(test) else {
            continue;
        };
        let plan = Arc::new(plan.into_plan());
        if !plans.contains(&plan) {
            plans.push(plan);
        }
    }
    if plans.is_empty() && checked.model.title.is_some() {
        plans.push(Arc::new(checked.plan.clone()));
    }
    plans
}

#[test]
fn what_is_taken_away_or_broken_is_noticed_or_does_no_harm() {
    let mut files = Vec::new();
    for folder in ["examples", "stdlib", "src/starting"] {
        files_in(folder, &mut files);
    }
    files.sort();
    let mut score: BTreeMap<(&'static str, String), usize> = BTreeMap::new();
    let mut survivors = Vec::new();
    let mut count = 0;
    for path in &files {
        let text = fs::read_to_string(path).expect("a file");
        let whole = analysed(path, &text);
        assert!(
            whole.problems.is_empty(),
            "{}: {:?}",
            path.display(),
            whole.problems
        );
        for mutant in mutants(&text) {
            count += 1;
            let verdict = judge(path, &mutant);
            let place = format!("{}:{}: {}", path.display(), mutant.line, mutant.what);
            let word = match &verdict {
                Verdict::Checked(code) => (*code).to_owned(),
                Verdict::Tested => "its tests".to_owned(),
                Verdict::Harmless => "harmless".to_owned(),
                Verdict::Survived(_) => "survived".to_owned(),
            };
            let may_be_harmless = HARMLESS.iter().any(|(what, _)| *what == mutant.what);
            if matches!(verdict, Verdict::Survived(_))
                || verdict == Verdict::Harmless && !may_be_harmless
            {
                survivors.push(format!("{place}: {verdict:?}\n{}", mutant.cut));
            }
            *score.entry((mutant.what, word)).or_default() += 1;
        }
    }
    for ((what, word), count) in &score {
        chance::say(&format!("{count:>5}  {what}: {word}"));
    }
    chance::say(&format!("{count} mutants of {} files", files.len()));
    assert!(survivors.is_empty(), "{}", survivors.join("\n---\n"));
    assert!(count >= 300, "only {count} mutants");
}
