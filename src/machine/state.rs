//! What is known of the run, of each node and of what runs.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::machine::command::EndWhy;
use crate::machine::event::{Activity, Outcome, Part};
use crate::plan::{Millis, NodeId};

/// What the run as a whole is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing has happened yet.
    Unopened,
    Forward,
    /// Nothing new starts; when what runs has ended, the run waits for a
    /// person.
    Pausing,
    /// On the way back: what runs is being ended.
    Stopping,
    /// On the way back: undoing.
    Unwinding,
    /// The outcome is known and its endings run.
    Ending(Outcome),
    /// Wants to be closed.
    Closing(Outcome),
    Closed(Outcome),
}

/// How far a node has come, for whoever looks on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// What it needs is not done yet.
    Waiting,
    /// Waits for a moment of the release.
    Scheduled,
    Running,
    /// Waits before its next attempt.
    Retrying,
    /// Waits for a person.
    Asking,
    Done,
    Skipped,
    /// Its change was in place already.
    AlreadyDone,
    Failed,
    /// Failed, and the run goes on as if it had not.
    PassedOver,
    /// Ended because the run went back.
    Cancelled,
    Undoing,
    Undone,
    /// Its undo failed in all its tries.
    UndoFailed,
}

/// Why the run went back or stopped: the first error, which stays the headline
/// whatever comes after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    pub node: Option<NodeId>,
    pub message: String,
}

impl Headline {
    pub(super) fn at(node: NodeId, message: String) -> Headline {
        Headline {
            node: Some(node),
            message,
        }
    }

    pub(super) fn request(by: &str, reason: &str) -> Headline {
        Headline {
            node: None,
            message: format!("rollback requested by {by}: {reason}"),
        }
    }
}

/// What the way back came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// In the order their undo ended. A block stands for all its steps.
    pub undone: Vec<NodeId>,
    /// Their undo failed and a `best effort`, or a person, let it pass.
    pub passed_over: Vec<NodeId>,
    /// Their undo failed in all its tries.
    pub undo_failed: Vec<NodeId>,
    /// Not undone because an undo that failed may still need them.
    pub kept: Vec<NodeId>,
    /// Not undone because the rule of a loop says so.
    pub left: Vec<NodeId>,
    /// At or before a point of no return that was started.
    pub behind_barrier: Vec<NodeId>,
    /// Points of no return that were started.
    pub points_of_no_return: Vec<NodeId>,
    /// Started, and nothing to undo.
    pub harmless: Vec<NodeId>,
}

/// What the machine knows of one node.
#[derive(Debug, PartialEq)]
pub(super) struct NodeRun {
    pub state: NodeState,
    /// How many needs are not done.
    pub needs_left: usize,
    /// Whether its change was begun: the intent is on record.
    pub started: bool,
    /// Whether its change ended well.
    pub completed: bool,
    /// An `atomic` step's failed attempt, which left nothing behind.
    pub clean_failure: bool,
    /// Whether an attempt may have left something behind though it failed: it was
    /// ended from outside, or worked and printed something else than was expected.
    /// That stays there also when a later one leaves nothing.
    pub left_something: bool,
    /// When its first attempt of this try began.
    pub first_attempt_at: Option<Millis>,
    /// Attempts made before this try.
    pub before: u32,
    /// Whether what comes after it has been told that it is out of the way.
    pub freed: bool,
    /// Attempts so far of each part, over the whole run.
    pub attempts: BTreeMap<Part, u32>,
}

impl NodeRun {
    pub fn new(needs: usize) -> NodeRun {
        NodeRun {
            state: NodeState::Waiting,
            needs_left: needs,
            started: false,
            completed: false,
            clean_failure: false,
            left_something: false,
            first_attempt_at: None,
            before: 0,
            freed: false,
            attempts: BTreeMap::new(),
        }
    }

    pub fn next_attempt(&self, part: Part) -> u32 {
        self.attempts.get(&part).copied().unwrap_or(0) + 1
    }
}

/// An activity that was begun and has not ended.
#[derive(Debug, PartialEq)]
pub(super) struct Running {
    pub since: Millis,
    pub deadline: Option<Millis>,
    /// Being ended.
    pub ending: Option<EndWhy>,
}

impl Running {
    /// When something must be done about it.
    pub fn wake(&self) -> Option<Millis> {
        match self.ending {
            None => self.deadline,
            Some(_) => None,
        }
    }
}

/// `migrate` and `migrate: attempt 2 of its undo`, for messages.
pub(super) fn describe(name: &str, activity: Activity) -> String {
    match activity.part {
        Part::Forward => format!("`{name}`"),
        Part::Capture(_) => format!("a capture of `{name}`"),
        Part::Probe => format!("the `done when` probe of `{name}`"),
        Part::Undo(0) => format!("the undo of `{name}`"),
        Part::Undo(alternative) => format!("alternative {alternative} to the undo of `{name}`"),
        Part::Verify(_) => format!("the verification of the undo of `{name}`"),
        Part::GateCheck(_) => format!("a check of `{name}`"),
    }
}
