//! Drives the machine for real: the only room with processes, sockets, people
//! and a clock.
//!
//! | file | its part |
//! | --- | --- |
//! | `execute` | a run from its first preparations to its last words |
//! | `driver` | the loop: wishes carried out, facts recorded |
//! | `activity`, `process` | what is started, and how it ended |
//! | `expectation` | whether that is what the author expects |
//! | `sampling`, `http` | measurements and requests |
//! | `values`, `secrets`, `mask` | what commands are given, and what nobody may see |
//! | `preflight` | what must be there before the first change |
//! | `people`, `terminal`, `signals`, `inbox`, `signature` | what people want |
//! | `journal`, `state`, `lock`, `sources` | what is kept on disk |
//! | `remote` | commands on other machines |
//! | `replan` | going on with a runbook that was changed |
//! | `rehearsal` | runs that were tried elsewhere before |
//! | `view` | what is shown while it goes on |
//! | `replay` | a run shown again |
//! | `clock`, `who` | when, and by whom |

#![allow(
    clippy::disallowed_methods,
    reason = "processes, files, the environment and clocks are this room's business"
)]

mod activity;
mod clock;
mod driver;
pub mod execute;
mod expectation;
mod http;
pub mod inbox;
pub mod journal;
pub mod lock;
mod mask;
pub mod people;
mod preflight;
pub mod process;
mod rehearsal;
mod remote;
mod replan;
pub mod replay;
mod sampling;
mod secrets;
mod signals;
pub mod signature;
pub mod sources;
pub mod state;
pub mod terminal;
mod values;
pub mod view;
pub mod who;

pub use activity::printed;

/// Whether it becomes so before long. A lock that was let go stays with a child that
/// another test forks right now, until that becomes its program.
#[cfg(test)]
pub(crate) fn becomes_so(is_so: impl Fn() -> bool) -> bool {
    (0..3_000).any(|_| {
        is_so() || {
            std::thread::sleep(std::time::Duration::from_millis(10));
            false
        }
    })
}
