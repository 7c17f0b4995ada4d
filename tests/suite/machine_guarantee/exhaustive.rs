//! Every runbook of one and of two steps, with every combination of what
//! matters to the way back. Each is judged by the rules of a small model of its
//! own, which shares no code with the checks: the checks must say the same.
//! What passes keeps the promise; what is refused breaks it.
//!
//! The model knows undos that do not accept a half-done step, or may not be run
//! twice. The language does not: to write a `rollback` is to promise both. And
//! it has a step with both an undo and no way back, which the language cannot
//! say either. These are counted, and left out.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use runbook::analysis::analyse_bytes;
use runbook::model::parameters::bind;
use runbook::plan::{Plan, lower};
use runbook::problem::Problem;

use super::{broken_promises, faults_of};
use crate::chance;

/// An undo of the model.
#[derive(Debug, Clone, Copy)]
struct Undo {
    accepts_half_done: bool,
    may_run_twice: bool,
    uses_own_output: bool,
    /// The output of the other step.
    uses_other: bool,
}

/// A step of the model.
#[derive(Debug, Clone, Copy)]
struct Step {
    changes: bool,
    undo: Option<Undo>,
    no_return: bool,
    repeatable: bool,
    retried: bool,
}

/// One step, or two of which the second may come after the first.
#[derive(Debug, Clone)]
struct Case {
    steps: Vec<Step>,
    in_order: bool,
}

const BOTH: [bool; 2] = [true, false];

fn undos(other: bool) -> Vec<Option<Undo>> {
    let others: &[bool] = if other { &[false, true] } else { &[false] };
    let mut undos = vec![None];
    for accepts_half_done in BOTH {
        for may_run_twice in BOTH {
            for uses_own_output in BOTH {
                for uses_other in others {
                    undos.push(Some(Undo {
                        accepts_half_done,
                        may_run_twice,
                        uses_own_output,
                        uses_other: *uses_other,
                    }));
                }
            }
        }
    }
    undos
}

fn steps(other: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    for changes in BOTH {
        for undo in undos(other) {
            for no_return in BOTH {
                for repeatable in BOTH {
                    for retried in BOTH {
                        if changes || (undo.is_none() && !no_return) {
                            steps.push(Step {
                                changes,
                                undo,
                                no_return,
                                repeatable,
                                retried,
                            });
                        }
                    }
                }
            }
        }
    }
    steps
}

fn cases() -> Vec<Case> {
    let alone = steps(false).into_iter().map(|step| Case {
        steps: vec![step],
        in_order: false,
    });
    let mut cases: Vec<Case> = alone.collect();
    for in_order in BOTH {
        for first in steps(true) {
            for second in steps(true) {
                cases.push(Case {
                    steps: vec![first, second],
                    in_order,
                });
            }
        }
    }
    cases
}

impl Case {
    /// Whether the model lets it pass.
    fn is_sound(&self) -> bool {
        let sound = |(at, step): (usize, &Step)| {
            if !step.changes {
                return true;
            }
            let comes_after_other = at == 1 && self.in_order;
            let undo = step.undo.is_none_or(|undo| {
                undo.accepts_half_done
                    && undo.may_run_twice
                    && !undo.uses_own_output
                    && (!undo.uses_other || comes_after_other)
            });
            undo && (step.undo.is_some() || step.no_return)
                && (!step.no_return || step.repeatable)
                && (!step.retried || step.repeatable)
        };
        self.steps.iter().enumerate().all(sound)
    }

    /// Whether the language has words for it.
    fn can_be_said(&self) -> bool {
        self.steps.iter().all(|step| match step.undo {
            Some(undo) => undo.accepts_half_done && undo.may_run_twice && !step.no_return,
            None => true,
        })
    }

    fn text(&self) -> String {
        let mut text = String::from(
            "runbook \"case\"\ndefaults { timeout 1m }\ngate sure {\n  confirm \"Sure?\"\n  timeout 5m\n  else rollback\n}\nparallel {\n",
        );
        for (at, step) in self.steps.iter().enumerate() {
            self.write(&mut text, at, step);
        }
        text.push_str("}\n");
        text
    }

    fn write(&self, text: &mut String, at: usize, step: &Step) {
        let kind = if step.changes { "step" } else { "check" };
        let after = if at == 1 && self.in_order {
            " after s0"
        } else {
            ""
        };
        let _ = writeln!(text, "  {kind} s{at}{after} {{\n    $ ./act do s{at}");
        let _ = writeln!(text, "    output id from stdout `id: (\\S+)`");
        if step.changes && step.repeatable {
            text.push_str("    repeatable\n");
        }
        match (step.retried, step.changes) {
            (true, true) => text.push_str("    retry 1 every 5s\n"),
            (true, false) => text.push_str("    within 30s every 5s\n"),
            (false, _) => {}
        }
        if step.no_return {
            text.push_str("    irreversible \"it is gone\" then \"go on\"\n");
        }
        if let Some(undo) = step.undo {
            let mut uses = String::new();
            if undo.uses_own_output {
                let _ = write!(uses, " \"$s{at}_id\"");
            }
            if undo.uses_other {
                let _ = write!(uses, " \"$s{}_id\"", 1 - at);
            }
            let _ = writeln!(text, "    rollback $ ./act undo s{at}{uses}");
        }
        text.push_str("  }\n");
    }
}

/// What the checks say, and the plan, which there is all the same where a name
/// is not used before it is known.
fn judged(text: &str) -> (bool, Vec<Problem>, Option<Arc<Plan>>) {
    let analysis = analyse_bytes(Path::new("case.runbook"), text.as_bytes());
    let values = bind(&analysis.model, &BTreeMap::new()).expect("no parameters");
    let (plan, problems) = lower::lower(&analysis.model, values, &analysis.sources, analysis.file);
    let refused = analysis.problems.iter().any(Problem::is_error);
    let plan = problems.is_empty().then(|| Arc::new(plan));
    (!refused, analysis.problems, plan)
}

#[test]
fn the_checks_agree_with_the_model_on_every_small_runbook() {
    let cases = cases();
    assert_eq!(cases.len(), 39_276);
    // Simulating them all takes a minute.
    let stride = if chance::is_long() { 1 } else { 31 };
    let (mut said, mut passed, mut broken) = (0, 0, 0);
    for case in cases.iter().filter(|case| case.can_be_said()) {
        let text = case.text();
        let (accepted, problems, plan) = judged(&text);
        assert_eq!(accepted, case.is_sound(), "{text}\n{problems:#?}");
        said += 1;
        passed += usize::from(accepted);
        if said % stride != 0 {
            continue;
        }
        if accepted {
            let plan = plan.expect("what passes has a plan");
            let (_, how) = broken_promises(&plan, &faults_of(&plan), true);
            assert!(how.is_empty(), "{text}\n{how}");
        } else if let Some(plan) = plan {
            let (_, how) = broken_promises(&plan, &faults_of(&plan), false);
            assert!(!how.is_empty(), "refused, and keeps the promise:\n{text}");
            broken += 1;
        }
    }
    assert_eq!(said, 1_588);
    assert!(passed > 50, "only {passed} pass");
    assert!(broken * stride > 300, "only {broken} break the promise");
}

/// What the language has no words for, the model refuses; but for a step with
/// both an undo and no way back.
#[test]
fn what_cannot_be_said_is_not_sound() {
    let odd = cases().into_iter().filter(|case| {
        let both = case
            .steps
            .iter()
            .any(|step| step.undo.is_some() && step.no_return);
        !case.can_be_said() && !both && case.is_sound()
    });
    assert_eq!(odd.count(), 0);
}
