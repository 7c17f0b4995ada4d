//! Why a node is not run.

use serde::{Deserialize, Serialize};

/// Whether a node is not run. It counts as done then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    No,
    /// Skipped; the condition that was false.
    Yes(String),
    /// Only in plans made for checking: it depends on values not yet given.
    Maybe(String),
    /// The run begins behind it.
    TakenAsDone(TakenAsDone),
}

impl Skip {
    /// Whether it is surely not run.
    pub fn is_skipped(&self) -> bool {
        match self {
            Skip::Yes(_) | Skip::TakenAsDone(_) => true,
            Skip::No | Skip::Maybe(_) => false,
        }
    }
}

/// How a node was done that the run does not do, as a person says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TakenAsDone {
    /// The node at which the run begins.
    pub beginning: String,
    /// What it gave, as far as that is known, by name.
    pub gave: Vec<(String, String)>,
}
