//! Machines that tasks run on, besides this one.

use serde::{Deserialize, Serialize};

use crate::plan::{NodeId, Plan};

/// A machine and how OpenSSH reaches it. What is not said here is left to the
/// user's own configuration of ssh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// As ssh is given it, and unique in the plan. Never begins with `-`.
    pub name: String,
    pub user: Option<String>,
    pub port: Option<u16>,
    /// The file of a private key; relative to [`Plan::directory`].
    pub identity: Option<String>,
    /// Options of ssh, each `Name=value`.
    pub options: Vec<String>,
}

impl Host {
    /// A host of which only the name is known.
    pub fn named(name: String) -> Host {
        Host {
            name,
            user: None,
            port: None,
            identity: None,
            options: Vec::new(),
        }
    }
}

/// A loop that takes several of its items at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rounds {
    /// So many at most.
    pub at_a_time: u32,
    /// In the order of the list.
    pub rounds: Vec<Round>,
}

/// What is done for one item of a loop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    pub item: String,
    /// Rounds of one batch go on together. Counted from zero.
    pub batch: u32,
    /// Its nodes stand together in the plan: from this one on, to before the
    /// other.
    pub first: NodeId,
    pub end: NodeId,
}

impl Plan {
    /// How a task's host is reached.
    pub fn host(&self, name: &str) -> Host {
        let declared = self.hosts.iter().find(|host| host.name == name);
        declared.map_or_else(|| Host::named(name.to_owned()), Clone::clone)
    }
}
