//! A run shown again from its facts.

use std::sync::Arc;

use crate::machine::Machine;
use crate::machine::event::Stamped;
use crate::run::view::{Closing, View};

/// Shows what happened in a run to a view that has seen none of it.
pub fn replay(end: &Machine, facts: &[Stamped], view: &mut dyn View) {
    let mut machine = Machine::new(Arc::clone(end.plan()));
    view.opening("a dry run", end.plan());
    for fact in facts {
        machine.apply(fact);
        view.fact(fact, &machine, None);
    }
    view.closing(&Closing {
        machine: &machine,
        run_id: "a dry run",
        program: "runbook",
    });
}
