//! By what a problem is known again when lines have moved.

use std::collections::BTreeMap;

use crate::problem::Problem;
use crate::source::digest_of;

/// Hands out a fingerprint for each problem of a report, in their order.
#[derive(Debug, Default)]
pub struct Fingerprints {
    seen: BTreeMap<String, u32>,
}

impl Fingerprints {
    /// Of a problem in the file of this path: what is said of it there, and the how
    /// many-th time. Lines do not count.
    pub fn of(&mut self, problem: &Problem, path: &str) -> String {
        let said = format!("{path} {} {}", problem.code, problem.message);
        let times = self.seen.entry(said.clone()).or_default();
        *times += 1;
        digest_of(&format!("{said} {times}"))
    }
}
