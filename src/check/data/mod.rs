//! Rules on values, conditions and files.

pub(super) mod always_the_same;
pub(super) mod files;
pub(super) mod made_later;
pub(super) mod never_runs;
pub(super) mod unused;
pub(super) mod written_by_both;

use super::scripts::{Part, Role};
use super::{How, Rule, Subject};
