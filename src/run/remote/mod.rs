//! Commands on other machines, through the system's OpenSSH.
//!
//! | file | its part |
//! | --- | --- |
//! | `program` | what the other machine is sent, and what it does with it |
//! | `connection` | how it is reached; one connection for many commands |
//! | `trouble` | what ssh says, in words |

mod connection;
mod program;
mod trouble;

pub use connection::{Connection, Connections};
pub use program::Program;
pub use trouble::{Broken, broken};

/// The file in an activity's directory that holds what ssh itself says: on its
/// standard error it would stand among the words of the command.
pub const LOG: &str = "ssh.log";

/// With what ssh ends when it is ssh that failed.
pub const SSH_FAILED: i32 = 255;
