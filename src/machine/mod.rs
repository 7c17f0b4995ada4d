//! The only scheduler, as a pure state machine: no clock, no I/O, no async.
//! Facts go in ([`Machine::apply`](event::Event)), wishes come out. `run` and
//! `simulate` are its drivers, so the release, a test and the proof of the
//! guarantee cannot disagree.

pub mod command;
pub mod event;
