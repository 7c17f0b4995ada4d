//! A run's journal for people: the postmortem a run writes of itself.

mod postmortem;

pub use postmortem::postmortem;
