//! Whether a failure is one that a trouble is about.

use crate::plan::{NodeId, Plan, TroubleFailure, TroubleMatch};

impl TroubleMatch {
    /// Whether a failure with this message, of this node, is meant.
    pub fn matches(&self, plan: &Plan, node: Option<NodeId>, message: &str) -> bool {
        let is_so = match &self.failure {
            TroubleFailure::Any => true,
            TroubleFailure::TimeOut => message.contains(" timed out"),
            TroubleFailure::Message(pattern) => {
                regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(message))
            }
        };
        is_so && self.is_within(plan, node)
    }

    fn is_within(&self, plan: &Plan, node: Option<NodeId>) -> bool {
        if self.within.is_empty() {
            return true;
        }
        let around = |node: &NodeId| plan.nodes.get(node.index()).and_then(|node| node.block);
        std::iter::successors(node, around).any(|node| self.within.contains(&node))
    }
}
