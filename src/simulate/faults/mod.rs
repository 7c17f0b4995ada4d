//! Everything that can go wrong in a run of a plan, one thing at a time, and
//! then an undo that fails on the way back.
//!
//! | file | its part |
//! | --- | --- |
//! | `world` | a world in which that happens |
//! | `effects` | what is changed in it |
//! | `stores` | what lies in the things that are changed |
//! | `list` | all that can happen to a plan |

mod effects;
mod list;
mod stores;
mod world;

use std::ops::ControlFlow;
use std::sync::Arc;

pub use effects::{Effect, Effects, things_of};
pub use list::{ALL_FAILURES_UP_TO, Chosen, sample, second_faults, single_faults};
pub use stores::{Loss, Stores, Thing};
pub use world::{Closing, FaultyWorld};

use crate::machine::event::Part;
use crate::plan::{NodeId, Plan};
use crate::simulate::{Takeover, Trace, simulate};

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing does.
    Nothing,
    /// To one part of a node.
    At {
        node: NodeId,
        part: Part,
        /// At every attempt, or only at the first.
        always: bool,
        how: How,
        /// How far its change had come by then.
        done: Effect,
    },
    /// When so many facts are on record.
    Between { applied: usize, what: Interruption },
    /// To a condition of a gate.
    Gate {
        node: NodeId,
        condition: u32,
        how: GateFault,
    },
    /// To a step of so many rounds of a loop, the first or the last of each.
    Rounds {
        open: NodeId,
        count: usize,
        last: bool,
    },
    /// A rule of a watch becomes true, by their indices.
    Watch { watch: u32, rule: usize },
    /// Nothing, and when the run has ended it is taken back.
    Afterwards,
    /// Everything else goes well and quickly; what runs beside this node is
    /// done before it.
    Slow { node: NodeId },
}

/// What happens to an activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Fails,
    /// It ends well, and what it printed is not as expected.
    Disappoints,
    /// It does not end by itself.
    Hangs,
    /// It does not end by itself at its first attempt, and fails at the next.
    HangsThenFails,
    /// Nobody knows how it ended: the connection to its host broke, say.
    IsLost,
    /// A rollback is requested while it runs.
    RollbackMeanwhile,
    /// A pause is requested while it runs.
    PauseMeanwhile,
    /// The interpreter dies while it runs.
    CrashMeanwhile(Found, Takeover),
}

/// How the next interpreter finds an activity that ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Done,
    Failed,
    InDoubt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    Rollback,
    Pause,
    /// What runs is found like this.
    Crash(Found, Takeover),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateFault {
    Rejected,
    /// People are asked and say nothing.
    Silent,
    /// Nobody can be asked.
    Unanswerable,
    /// What is measured is not what is hoped for.
    Failing,
    NoData,
    Erring,
    WindowClosed,
    NotRehearsed,
}

/// An undo that does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UndoFault {
    pub node: NodeId,
    pub how: UndoHow,
    /// What comes of it, once all its tries have failed.
    pub then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndoHow {
    /// Its first attempt fails.
    FailsOnce,
    /// All its attempts fail, and those of its alternatives.
    Fails,
    Hangs,
    /// The interpreter dies while it runs for the first time.
    Crash(Takeover),
}

/// What a person does about an undo that failed for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nothing, ever.
    Stuck,
    /// Has it tried again, when it works.
    Again,
    Skip,
    /// Lets the run end stuck, mends the cause, and has it go on.
    Mended,
}

/// What people say who are asked what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum People {
    GoBack,
    /// They know what is in place, and go on where they can.
    GoOn,
    /// Nobody is there; the run that waits is resumed, and they go on.
    AbsentThenGoOn,
    /// Nobody is there; the run that waits is taken back.
    AbsentThenBack,
}

/// All that happens in one simulated run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Story {
    pub fault: Fault,
    pub undo_fault: Option<UndoFault>,
    pub people: People,
}

impl Story {
    pub fn of(fault: Fault) -> Story {
        Story {
            fault,
            undo_fault: None,
            people: People::GoBack,
        }
    }
}

/// Runs a plan in a world where this happens.
pub fn tell(plan: &Arc<Plan>, story: &Story) -> (Trace, FaultyWorld) {
    let mut world = FaultyWorld::new(plan, *story);
    let trace = simulate(plan.clone(), "starter", &mut world);
    (trace, world)
}

/// Calls back with every run of a plan in which one of these faults happens
/// and, with `second`, in which then an undo fails too, until it is told to
/// stop. Gives how many there were.
pub fn every_failure(
    plan: &Arc<Plan>,
    faults: &[Fault],
    second: bool,
    mut seen: impl FnMut(&Story, &Trace, &FaultyWorld) -> ControlFlow<()>,
) -> usize {
    let mut count = 0;
    let mut one = |story: &Story| {
        let (trace, world) = tell(plan, story);
        count += 1;
        match seen(story, &trace, &world) {
            ControlFlow::Continue(()) => ControlFlow::Continue((trace, world)),
            ControlFlow::Break(()) => ControlFlow::Break(()),
        }
    };
    let _stopped = faults.iter().try_for_each(|fault| {
        let base = Story::of(*fault);
        let (trace, world) = one(&base)?;
        if world.was_asked() {
            for people in [People::GoOn, People::AbsentThenGoOn, People::AbsentThenBack] {
                one(&Story { people, ..base })?;
            }
        }
        if second {
            for undo_fault in second_faults(&base.fault, &trace) {
                one(&Story {
                    undo_fault: Some(undo_fault),
                    ..base
                })?;
            }
        }
        ControlFlow::Continue(())
    });
    count
}
