//! Drives the machine for real: the only room with threads, processes, sockets
//! and a clock.
//!
//! | file | its part |
//! | --- | --- |
