//! Whether a failure is one that a trouble is about, and what is told then.

use crate::plan::{NodeId, Plan, Trouble, TroubleFailure, TroubleMatch};

impl Trouble {
    /// Whether a failure with this message, of this node, may be this.
    pub fn is_like(&self, plan: &Plan, node: Option<NodeId>, message: &str) -> bool {
        let mut matches = self.matches.iter();
        matches.any(|it| it.matches(plan, node, message))
    }

    /// What it looks like, what to try, and how to look closer: `program` is the
    /// command that people run, `file` the runbook.
    pub fn hint(&self, program: &str, file: &str) -> String {
        let mut hint = format!("this looks like \"{}\"", self.title);
        for symptom in &self.symptoms {
            hint += &format!(": {symptom}");
        }
        for advice in &self.tries {
            hint += &format!("; try: {advice}");
        }
        if self.diagnose.is_some() {
            let title = &self.title;
            hint += &format!("; `{program} diagnose {file} \"{title}\"` looks closer");
        }
        hint
    }
}

impl TroubleMatch {
    /// Whether a failure with this message, of this node, is meant.
    fn matches(&self, plan: &Plan, node: Option<NodeId>, message: &str) -> bool {
        let is_so = match &self.failure {
            TroubleFailure::Any => true,
            TroubleFailure::TimeOut => message.contains(" timed out"),
            TroubleFailure::Message(pattern) => {
                regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(message))
            }
        };
        is_so && self.is_within(plan, node)
    }

    /// Whether a node is one of those it is about, or stands in one.
    pub fn is_within(&self, plan: &Plan, node: Option<NodeId>) -> bool {
        if self.within.is_empty() {
            return true;
        }
        let around = |node: &NodeId| plan.nodes.get(node.index()).and_then(|node| node.block);
        std::iter::successors(node, around).any(|node| self.within.contains(&node))
    }
}
