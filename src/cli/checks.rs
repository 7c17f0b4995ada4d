//! `exec --only`: checks by hand.

use std::path::Path;

use crate::analysis::NoChecks;
use crate::cli::exec::{Manner, ended};
use crate::cli::runbook::{Runbook, checked};
use crate::cli::{status, terminal};
use crate::machine::event::{Outcome, Stamped};
use crate::machine::{Machine, NodeState};
use crate::plan::{Millis, NodeId};
use crate::run::execute::{Conduct, Order, execute};
use crate::run::view::{Closing, Records, Ticks, View};

/// Runs checks and nothing else: those that are named, or all.
pub fn run(runbook: &Runbook, names: &[String], manner: &Manner) -> u8 {
    let checked = match checked(&runbook.file) {
        Ok(checked) => checked,
        Err(status) => return status,
    };
    let given = match runbook.values.given(&checked, false) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let checks = match checked.plan_of_checks(names, &given) {
        Ok(checks) => checks,
        Err(NoChecks::Values(problems)) => {
            terminal::show_problems(&problems, &checked.sources);
            return status::PROBLEMS;
        }
        Err(no_checks) => {
            terminal::error(&in_words(&no_checks));
            return status::USAGE;
        }
    };
    for name in &checks.left_out {
        terminal::say(&format!(
            "`{name}` is left out: it uses what a step of the release finds out"
        ));
    }
    // Looking is no run to go back to: what it needs to keep, it keeps until its end.
    let place = match tempfile::tempdir() {
        Ok(place) => place,
        Err(error) => {
            terminal::error(&format!("no temporary directory: {error}"));
            return status::PROBLEMS;
        }
    };
    let conduct = match manner.conduct() {
        Ok(conduct) => Conduct {
            state: place.path().to_path_buf(),
            ..conduct
        },
        Err(status) => return status,
    };
    let order = Order {
        plan: checks.plan.into_plan(),
        conduct,
        start_at: None,
    };
    let mut view = Verdict {
        view: view(manner),
        failed: false,
    };
    match execute(order, &mut view) {
        Ok(finished) if finished.outcome == Outcome::Succeeded && view.failed => status::PROBLEMS,
        other => ended(other),
    }
}

fn in_words(no_checks: &NoChecks) -> String {
    match no_checks {
        NoChecks::Unknown { name, near } => {
            let near = near.as_ref();
            let hint = near.map(|near| format!(" (did you mean `{near}`?)"));
            let hint = hint.unwrap_or_default();
            format!("the runbook has no check `{name}`{hint}; `--only` alone runs all")
        }
        NoChecks::NeedsRelease { name } => {
            format!("`{name}` cannot run alone: it uses what a step of the release finds out")
        }
        NoChecks::None => "the runbook has no check that can run alone".to_owned(),
        NoChecks::Values(_) => "the values do not fit".to_owned(),
    }
}

fn view(manner: &Manner) -> Box<dyn View> {
    if manner.json {
        Box::new(Records::new(std::io::stdout()))
    } else {
        Box::new(Ticks::new(anstream::stdout(), manner.verbose))
    }
}

/// Looks whether a check failed, and shows all to another view.
struct Verdict {
    view: Box<dyn View>,
    failed: bool,
}

impl View for Verdict {
    fn opening(&mut self, run_id: &str, machine: &Machine) {
        self.view.opening(run_id, machine);
    }

    fn fact(&mut self, fact: &Stamped, machine: &Machine, output: Option<&Path>) {
        self.view.fact(fact, machine, output);
    }

    fn note(&mut self, text: &str) {
        self.view.note(text);
    }

    fn beat(&mut self, now: Millis, machine: &Machine) {
        self.view.beat(now, machine);
    }

    fn closing(&mut self, closing: &Closing<'_>) {
        let nodes = (0..).map(NodeId).zip(&closing.machine.plan().nodes);
        self.failed = nodes
            .map(|(id, _)| closing.machine.node_state(id))
            .any(|state| matches!(state, NodeState::PassedOver | NodeState::Failed));
        self.view.closing(closing);
    }
}
