//! The standard library against what it is for: real servers that the tests
//! start themselves, real repositories; and for what no test machine has, programs
//! that write down how they were called. Each change is tried forwards and back.

mod databases;
mod doors;
mod fleets;
mod machines;
mod measured;
mod network;
mod place;
mod repositories;
mod tools;
