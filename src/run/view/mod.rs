//! What a person, or a program, sees of a run while it goes on.
//!
//! A view is told every fact after the machine has taken it in. Nothing that
//! happens to it (a closed standard output, say) reaches the run.

mod closing;
mod gates;
mod lines;
mod live;
mod marks;
mod records;
mod ticks;

use std::path::Path;

use crate::machine::Machine;
use crate::machine::event::Stamped;
use crate::plan::Millis;

pub use closing::{Closing, next_behind_points_of_no_return};
pub use lines::Lines;
pub use live::Live;
pub use records::Records;
pub use ticks::Ticks;

/// Sees a run.
pub trait View {
    /// The run is about to begin, or to go on.
    fn opening(&mut self, run_id: &str, machine: &Machine);

    /// One fact; `output` is the directory that holds what its activity
    /// printed, where it is about one.
    fn fact(&mut self, fact: &Stamped, machine: &Machine, output: Option<&Path>);

    /// Something beside the facts: a signal, a repaired journal.
    fn note(&mut self, text: &str);

    /// A person is about to be asked at the terminal: leave its last lines
    /// alone until [`View::answered`].
    fn asking(&mut self) {}

    /// The person answered.
    fn answered(&mut self) {}

    /// Time passed, and something runs.
    fn beat(&mut self, now: Millis, machine: &Machine);

    /// The run is over.
    fn closing(&mut self, closing: &Closing<'_>);
}
