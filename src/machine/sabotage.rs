//! Deliberate faults of the way back, to see that the tests of the promise
//! notice them. Not part of the product.

use std::cell::Cell;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// What was started first is undone first.
    UndoInStartOrder,
    /// Only what ended well is undone.
    RegisteredOnSuccess,
    /// Points of no return hold nothing back.
    BarrierIgnored,
    /// A point of no return that was cut off stays half-way.
    PointNotFinished,
    /// An undo that a crash cut off counts as done.
    CutUndoNotRepeated,
    /// Undos begin while something still runs.
    UndoBesideRunning,
    /// What a failed undo may need is undone all the same.
    FailedUndoHoldsNothing,
    /// A bracket is not left on the way back.
    BracketStaysOpen,
    /// A round that was set aside is not undone.
    RoundStaysChanged,
    /// More rounds may fail than is tolerated.
    TooManyTolerated,
}

thread_local! {
    static PRESENT: Cell<Option<Sabotage>> = const { Cell::new(None) };
}

/// Runs something with all machines of this thread faulty.
pub fn with<T>(fault: Sabotage, run: impl FnOnce() -> T) -> T {
    PRESENT.set(Some(fault));
    let result = run();
    PRESENT.set(None);
    result
}

pub fn is(fault: Sabotage) -> bool {
    PRESENT.get() == Some(fault)
}
