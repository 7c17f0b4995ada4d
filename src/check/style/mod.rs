//! Rules on how a runbook reads.

pub(super) mod long_script;
pub(super) mod phase_untitled;
pub(super) mod repeated_bound;
pub(super) mod step_untitled;

use super::{How, Rule, Subject};
