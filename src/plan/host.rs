//! Machines that tasks run on, besides this one.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::plan::{NodeId, Plan, WayBack};

/// A machine and how OpenSSH reaches it. What is not said here is left to the
/// user's own configuration of ssh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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

/// What ssh is told to run on another machine; it reads there, as one line, what is
/// to be done. Every login shell takes it alike: it holds no exclamation mark,
/// backslash or line end, and of single quotes only those around the whole.
pub const SSH_COMMAND: &str =
    r#"exec sh -c 'IFS= read -r program && eval "$(printf %b "$program")"'"#;

/// The end of what is to be done there: it carries out `$script` by `$shell`, after
/// `set_up`, and sees that nothing of it outlives the connection by more than
/// `$patience` seconds.
pub const SSH_WATCH: &str = include_str!("watch.sh");

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

/// A loop that takes several of its items at a time, or goes on although some
/// of them failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Rounds {
    /// So many at most.
    pub at_a_time: u32,
    /// So many of its rounds may fail, and the others go on.
    #[serde(default, skip_serializing_if = "is_none")]
    pub tolerate: u32,
    /// What is undone when more do.
    #[serde(default, skip_serializing_if = "Breach::is_all")]
    pub breach: Breach,
    /// In the order of the list.
    pub rounds: Vec<Round>,
}

/// What is done for one item of a loop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Round {
    pub item: String,
    /// Rounds of one batch go on together. Counted from zero.
    pub batch: u32,
    /// Its nodes stand together in the plan: from this one on, to before the
    /// other.
    pub first: NodeId,
    pub end: NodeId,
}

/// What is undone when more rounds of a loop failed than it tolerates. Rounds
/// that were tolerated are undone in any case, and brackets are left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Breach {
    /// The whole run.
    #[default]
    All,
    /// The rounds of the batch in which it happened.
    Batch,
    /// The rounds that did not come to their end.
    Failed,
    /// Nothing more.
    None,
}

impl Rounds {
    /// Whether some of them may be undone and the others not.
    pub fn stand_apart(&self) -> bool {
        self.tolerate > 0 || !self.breach.is_all()
    }
}

impl Breach {
    pub fn is_all(&self) -> bool {
        *self == Breach::All
    }

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Breach::All => "all",
            Breach::Batch => "batch",
            Breach::Failed => "failed",
            Breach::None => "none",
        }
    }
}

fn is_none(number: &u32) -> bool {
    *number == 0
}

/// A round by its loop and its place among the loop's rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoundId {
    /// The loop's `Open` node.
    pub open: NodeId,
    pub index: usize,
}

/// What keeps a round from being undone alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bond {
    /// A step that cannot be undone at all, or only together with others.
    Step(NodeId),
    /// Outside of the loop, `by` begins after `on` while the round goes on.
    Awaited { on: NodeId, by: NodeId },
}

impl Round {
    pub fn contains(&self, node: NodeId) -> bool {
        (self.first..self.end).contains(&node)
    }

    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<> {
        (self.first.0..self.end.0).map(NodeId)
    }
}

impl Plan {
    /// How the rounds of a loop go on together, where it says so.
    pub fn rounds_of(&self, open: NodeId) -> Option<&Rounds> {
        self.nodes[open.index()].opened()?.rounds.as_ref()
    }

    pub fn round(&self, id: RoundId) -> Option<&Round> {
        self.rounds_of(id.open)?.rounds.get(id.index)
    }

    /// The rounds that a node stands in, the innermost first.
    pub fn rounds_around(&self, node: NodeId) -> Vec<RoundId> {
        let mut around = Vec::new();
        let mut block = self.nodes[node.index()].block;
        while let Some(open) = block {
            if let Some(rounds) = self.rounds_of(open) {
                let index = rounds.rounds.partition_point(|round| round.end <= node);
                let round = rounds.rounds.get(index);
                if round.is_some_and(|round| round.contains(node)) {
                    around.push(RoundId { open, index });
                }
            }
            block = self.nodes[open.index()].block;
        }
        around
    }

    /// Why a round cannot be undone alone; `None` where it can.
    pub fn bound_to_others(&self, round: &Round) -> Option<Bond> {
        let is_bound = |way_back: &WayBack| match way_back {
            WayBack::Own(_) | WayBack::Harmless(_) => false,
            WayBack::Block(open) => !round.contains(*open),
            WayBack::Irreversible { .. } | WayBack::Missing => true,
        };
        let mut nodes = round.nodes();
        let step = nodes.find(|node| {
            let step = self.nodes[node.index()].step();
            step.is_some_and(|step| is_bound(&step.way_back))
        });
        step.map(Bond::Step).or_else(|| self.awaited_early(round))
    }

    /// What begins outside of a round's loop before the round is over, after
    /// something in it: it would rest on what is undone.
    fn awaited_early(&self, round: &Round) -> Option<Bond> {
        let open = self.nodes.get(round.first.index())?.block?;
        let close = self.close_of(open)?;
        let outside = (0_u32..).zip(&self.nodes);
        let mut outside = outside.filter(|(at, _)| *at < open.0 || *at > close.0);
        outside.find_map(|(at, node)| {
            let mut inside = node.needs.iter().filter(|need| round.contains(**need));
            let (on, by) = (*inside.next()?, NodeId(at));
            (!self.is_behind(by, round)).then_some(Bond::Awaited { on, by })
        })
    }

    /// Whether a node begins when a round is over.
    fn is_behind(&self, node: NodeId, round: &Round) -> bool {
        let mut before: BTreeSet<NodeId> = BTreeSet::new();
        let mut reached = vec![node];
        while let Some(node) = reached.pop() {
            let needs = self.nodes[node.index()].needs.iter();
            reached.extend(needs.filter(|need| before.insert(**need)));
        }
        round.nodes().all(|node| before.contains(&node))
    }

    /// What is undone when a round of a loop fails that is not tolerated. Where
    /// one cannot be undone by itself, its rule cannot be followed, and all is.
    pub fn breach_of(&self, open: NodeId) -> Breach {
        let Some(rounds) = self.rounds_of(open) else {
            return Breach::All;
        };
        let mut all = rounds.rounds.iter();
        match rounds.breach {
            Breach::Batch | Breach::Failed
                if all.any(|round| self.bound_to_others(round).is_some()) =>
            {
                Breach::All
            }
            rule => rule,
        }
    }

    /// How a task's host is reached.
    pub fn host(&self, name: &str) -> Host {
        let declared = self.hosts.iter().find(|host| host.name == name);
        declared.map_or_else(|| Host::named(name.to_owned()), Clone::clone)
    }
}
