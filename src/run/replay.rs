//! A run shown again from its facts.

use std::sync::Arc;

use crate::machine::Machine;
use crate::machine::event::Stamped;
use crate::run::view::{Closing, View};

/// Shows what happened in a run to a view that has seen none of it. Only the
/// plan of `of` matters.
pub fn replay(of: &Machine, facts: &[Stamped], run_id: &str, view: &mut dyn View) {
    let mut machine = Machine::new(Arc::clone(of.plan()));
    view.opening(run_id, &machine);
    for fact in facts {
        machine.apply(fact);
        view.fact(fact, &machine, None);
    }
    view.closing(&Closing {
        machine: &machine,
        run_id,
        program: "runbook",
    });
}
