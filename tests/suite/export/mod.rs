//! Scripts that were exported do what `exec` does: in every shell there is, with
//! and without faults, held against the machine fact by fact.

mod deployment;
mod judge;
mod random;
mod scripts;
mod shells;
mod signals;
mod values;
mod world;
