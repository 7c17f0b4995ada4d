//! Wishes of the machine to its driver. They follow from the state, so a
//! driver that lost them (a crash) is given them again.

use crate::machine::event::{Activity, Observer, Outcome, Question};
use crate::plan::{MetricId, NodeId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Record the intent ([`Event::Intended`](super::event::Event::Intended)),
    /// then start it.
    Start(Activity),
    /// End it: TERM to its group, grace, KILL. Then report how it ended: with
    /// the completion that stands here, unless it had ended by itself before.
    End { activity: Activity, why: EndWhy },
    /// Take these measurements and report them together.
    Sample {
        observer: Observer,
        metrics: Vec<MetricId>,
    },
    /// Look at the clock on the wall for a gate's window.
    LookAtWindow { gate: NodeId, condition: u32 },
    /// Look for the record of a rehearsal.
    LookForRehearsal { gate: NodeId, condition: u32 },
    /// Ask people, and keep asking until it is withdrawn.
    Ask(Question),
    /// Ask no longer: it was decided otherwise.
    Withdraw(Question),
    /// Record this outcome and end the run.
    Close(Outcome),
}

/// Why an activity is ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndWhy {
    TimedOut,
    Cancelled,
}
