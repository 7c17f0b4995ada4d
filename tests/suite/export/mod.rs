//! Scripts that were exported do what `exec` does: in every shell there is, with
//! and without faults, held against the machine fact by fact.

mod at_a_terminal;
mod beginning;
mod begun;
mod changed;
mod deployment;
mod forsaken;
mod gates;
mod header;
mod hosts;
mod http;
mod judge;
mod library;
mod measuring;
mod network;
mod no_room;
mod options;
mod parameters;
mod patterns;
mod random;
mod rounds;
mod scripts;
mod secrets;
mod several_runs;
mod shells;
mod signals;
mod surroundings;
mod taken_up;
mod torn;
mod troubles;
mod unlocking;
mod values;
mod world;
