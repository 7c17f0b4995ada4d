//! Rules on how long things take, and when.

pub(super) mod gate_ends_first;
pub(super) mod longer_than_window;
pub(super) mod no_time_to_go_back;
pub(super) mod same_pause;
pub(super) mod skipped_hour;
pub(super) mod worst_case;

use super::{How, Rule, Subject, node_ids};
use crate::plan::{GateCondition, Millis, Node, NodeId, NodeKind, Retry, Task, Window};
use crate::problem::{Code, Problem};
use crate::types::text::elapsed;
