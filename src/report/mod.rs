//! A run's journal for people: the page, the text and the data of what happened
//! in it, and the postmortem that a run writes of itself.
//!
//! | file | its part |
//! | --- | --- |
//! | `story` | the facts as a timeline in words |
//! | `series` | what was measured, metric by metric, and its limits |
//! | `html`, `plot`, `bars` | one page that needs nothing else |
//! | `markdown` | the same as text, and the postmortem |
//! | `json` | the same as data |

mod bars;
mod html;
mod json;
mod markdown;
mod plot;
mod series;
mod story;
#[cfg(test)]
mod tests;

pub use html::html;
pub use json::json;
pub use markdown::{markdown, postmortem};

use crate::machine::Machine;
use crate::machine::event::{Activity, Stamped};

/// All that is known of a run.
#[derive(Clone, Copy)]
pub struct Account<'r> {
    /// In the state after the last fact.
    pub machine: &'r Machine,
    pub facts: &'r [Stamped],
    pub run: &'r str,
    pub starter: &'r str,
    pub host: &'r str,
    /// When the run was opened, in milliseconds since 1970, UTC.
    pub opened: i64,
    /// The hash of the journal's last record.
    pub hash: &'r str,
    /// The last words on the run: what each is about, and the words.
    pub words: &'r [(String, String)],
    /// What an activity printed, where that is kept.
    pub output: &'r dyn Fn(Activity) -> Option<String>,
}

impl std::fmt::Debug for Account<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("run", &self.run)
            .finish_non_exhaustive()
    }
}

impl Account<'_> {
    /// The name of the outcome so far.
    fn outcome(&self) -> &'static str {
        match (self.machine.outcome(), self.machine.expected_outcome()) {
            (Some(outcome), _) | (None, Some(outcome)) => outcome.name(),
            (None, None) => "unfinished",
        }
    }

    /// Why it did not simply succeed.
    fn reason(&self) -> Option<&str> {
        self.machine
            .headline()
            .map(|headline| headline.message.as_str())
    }
}
