//! What a bug of this program looks like from outside.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;

use crate::cli::{status, terminal};

/// From now on a panic, in any thread, ends the process with the status of a
/// bug, and says what becomes of a run.
///
/// It ends at once, without unwinding: a run goes on only by what its journal
/// holds, and what it started has keepers of its own.
pub fn end_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        terminal::error(&told(&what(panic)));
        let trace = Backtrace::capture();
        if trace.status() == BacktraceStatus::Captured {
            terminal::say(&trace.to_string());
        }
        std::process::exit(i32::from(status::BUG));
    }));
}

fn what(panic: &PanicHookInfo<'_>) -> String {
    let message = panic.payload_as_str().unwrap_or("no message");
    match panic.location() {
        Some(place) => format!("{message} ({place})"),
        None => message.to_owned(),
    }
}

fn told(what: &str) -> String {
    format!(
        "this is a bug in runbook {}: {what}
  if a run was going on, it stands still: what it did is recorded, and a command that was started goes on by itself
  `runbook runs` lists it; `runbook resume RUN` goes on, `runbook rollback RUN` goes back
  please report this text, with the runbook if you can",
        env!("CARGO_PKG_VERSION")
    )
}
