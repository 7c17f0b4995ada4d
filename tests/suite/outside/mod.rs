//! The world outside, as bad as it can be: servers of measurements and of
//! messages, people at terminals. All of it is real, with real sockets,
//! terminals and processes, through the real program.

mod bad_files;
mod hostile;
mod messages;
mod place;
mod prometheus;
mod prompts;
mod server;
