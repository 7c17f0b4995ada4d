//! Runbooks to start from.

/// A runbook to start from.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    pub name: &'static str,
    /// What it is good for.
    pub about: &'static str,
    pub text: &'static str,
}

/// All of them, the plainest first.
pub const STARTS: &[Start] = &[
    Start {
        name: "plain",
        about: "a checklist, one change with its way back, a check",
        text: include_str!("plain.runbook"),
    },
    Start {
        name: "canary",
        about: "a share of the traffic first, more while the metrics stay well",
        text: include_str!("canary.runbook"),
    },
    Start {
        name: "blue-green",
        about: "the new version beside the old one, all traffic moved at once",
        text: include_str!("blue-green.runbook"),
    },
    Start {
        name: "rolling",
        about: "one server after another, out of the balancer and back in",
        text: include_str!("rolling.runbook"),
    },
    Start {
        name: "migration",
        about: "a database migration with a backup and two ways back",
        text: include_str!("migration.runbook"),
    },
    Start {
        name: "incident",
        about: "look, do what helps, look again, write down what happened",
        text: include_str!("incident.runbook"),
    },
];
