//! The world outside, as bad as it can be: servers of measurements and of
//! messages, people at terminals. All of it is real, with real sockets,
//! terminals and processes, through the real program.

mod bad_files;
pub mod hostile;
mod messages;
mod prometheus;
mod prompts;
pub mod server;
