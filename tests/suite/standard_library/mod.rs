//! The standard library against what it is for: real servers that the tests
//! start themselves, real repositories; and for what no test machine has, programs
//! that write down how they were called. Each change is tried forwards and back.

mod databases;
mod doors;
mod fleets;
mod machines;
pub mod measured;
pub mod network;
pub mod place;
mod repositories;
mod tools;
