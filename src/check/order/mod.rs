//! Rules on what runs beside what.

pub(super) mod beside_change;
pub(super) mod implied;
pub(super) mod one_at_a_time;

use super::scripts::{Part, Role};
use super::{How, Rule, Subject, node_ids};
use crate::plan::NodeId;
