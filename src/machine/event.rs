//! Facts. They are the only input of the machine and the records of the
//! journal, so a resumed run is these events applied again.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::plan::{EndingKind, MetricId, Millis, NodeId, Plan};

/// A fact and when it became one, on the run's clock: milliseconds since the
/// run was opened. Never goes back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stamped {
    pub at: Millis,
    #[serde(flatten)]
    pub event: Event,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The first event of every run.
    Opened {
        /// Who started it.
        starter: String,
        /// The moment T on the run's clock, where the run was given one. May
        /// lie before the run's start.
        start_at: Option<i64>,
    },
    /// An activity is about to start; recorded before it does.
    Intended { activity: Activity },
    /// An activity ended; recorded before anything follows from it.
    Ended {
        activity: Activity,
        result: Completion,
        /// What it gave: captures and outputs by name.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        values: Vec<(String, String)>,
        /// What else people should know of it, a sentence each: that it left
        /// processes behind, or that not all of its output was kept.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        remarks: Vec<String>,
    },
    /// Measurements were taken for an observer.
    Sampled {
        observer: Observer,
        readings: Vec<Reading>,
    },
    /// A gate's window was looked at.
    WindowSeen {
        gate: NodeId,
        condition: u32,
        open: bool,
        /// When that changes next, on the run's clock; `None`: never.
        until: Option<Millis>,
        /// Why it is closed.
        reason: Option<String>,
    },
    /// Records of rehearsals were looked for.
    RehearsalSeen {
        gate: NodeId,
        condition: u32,
        found: bool,
    },
    /// A person answered.
    Answered {
        question: Question,
        answer: Answer,
        by: String,
        how: How,
    },
    /// Nobody can be asked.
    Unanswerable { question: Question },
    /// Time passed; sent when the machine asked to be woken.
    Tick,
    /// A person, a signal or another process wants the run to go back.
    RollbackRequested { by: String, reason: String },
    /// A person wants the run to stop here: nothing new starts, and it can be
    /// resumed.
    PauseRequested { by: String },
    /// Another interpreter took over a run that had lost its own.
    Resumed { by: String },
    /// The last event.
    Closed { outcome: Outcome },
}

/// One thing that runs once: a process, usually.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Activity {
    pub node: NodeId,
    pub part: Part,
    /// Counted from one.
    pub attempt: u32,
}

/// Which part of a node an activity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Notes a value before the change.
    Capture(u32),
    /// Asks whether the change is already in place.
    Probe,
    /// What the node is for: the step, the check, `enter`, the notification.
    Forward,
    /// One attempt of the way back: a step's, a block's, a bracket's `leave`,
    /// also where it runs forward.
    Undo(u32),
    /// Says whether that attempt worked.
    Verify(u32),
    /// A gate's or checklist's check, by its condition.
    GateCheck(u32),
}

impl Part {
    /// Whether it belongs to the way back.
    pub fn is_of_undo(self) -> bool {
        match self {
            Part::Undo(_) | Part::Verify(_) => true,
            Part::Capture(_) | Part::Probe | Part::Forward | Part::GateCheck(_) => false,
        }
    }
}

/// How an activity ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Completion {
    Ok,
    Failed(Failure),
    TimedOut,
    /// Ended because the run goes back.
    Cancelled,
    /// The interpreter died and nobody knows how it ended.
    InDoubt,
}

/// Why an activity failed, in the user's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Of its process, where it had one that exited.
    pub exit: Option<i32>,
    pub message: String,
    /// It did what it does and ended well, and what it printed is not what its
    /// author expects.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub worked: bool,
}

impl Completion {
    /// Whether an attempt of something atomic that ended like this has left
    /// nothing behind.
    pub fn is_clean_failure(&self) -> bool {
        matches!(self, Completion::Failed(failure) if !failure.worked)
    }
}

/// Who measurements are taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Observer {
    /// The state before the first change.
    Baseline,
    Gate {
        gate: NodeId,
        condition: u32,
    },
    /// By index in the plan.
    Watch(u32),
}

/// What one measurement gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    pub metric: MetricId,
    pub result: ReadingResult,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingResult {
    /// One value a series, in the metric's base unit. Never empty.
    Values(Vec<Decimal>),
    /// Some of the series have a value and others, for the reason `why`, have
    /// none. Never empty.
    Partly { values: Vec<Decimal>, why: String },
    /// The source answered that there is none: no series, NaN, 0/0.
    NoData(String),
    /// The source did not answer, or not in a way that can be understood.
    Error(String),
}

/// Something only a person can say. In order, they are as they stand in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// A `confirm` of a gate or checklist.
    Confirm { gate: NodeId, condition: u32 },
    /// An `approve by` of a gate.
    Approve { gate: NodeId, condition: u32 },
    /// A gate that cannot decide, or whose failure a person decides.
    GateFailed { gate: NodeId },
    /// A step or check whose failure a person decides.
    StepFailed { node: NodeId },
    /// A step of which nobody knows whether it took effect.
    InDoubt { node: NodeId },
    /// An undo failed in all its tries.
    UndoFailed { node: NodeId },
    /// A watch that asks, by index.
    Watch(u32),
}

impl Ord for Question {
    fn cmp(&self, other: &Question) -> Ordering {
        self.place().cmp(&other.place())
    }
}

impl PartialOrd for Question {
    fn partial_cmp(&self, other: &Question) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Question {
    /// Its node, which of the node's conditions it is about, and what it is; watches
    /// stand behind all nodes.
    fn place(self) -> (NodeId, u32, u8) {
        let (condition, kind) = match self {
            Question::Confirm { condition, .. } => (condition, 0),
            Question::Approve { condition, .. } => (condition, 1),
            Question::GateFailed { .. } => (u32::MAX, 2),
            Question::StepFailed { .. } => (0, 3),
            Question::InDoubt { .. } => (0, 4),
            Question::UndoFailed { .. } => (0, 5),
            Question::Watch(index) => (index, 6),
        };
        (self.node().unwrap_or(NodeId(u32::MAX)), condition, kind)
    }

    /// The node it is about; a watch is none.
    pub fn node(self) -> Option<NodeId> {
        match self {
            Question::Confirm { gate, .. }
            | Question::Approve { gate, .. }
            | Question::GateFailed { gate } => Some(gate),
            Question::StepFailed { node }
            | Question::InDoubt { node }
            | Question::UndoFailed { node } => Some(node),
            Question::Watch(_) => None,
        }
    }

    /// The name of what asks.
    pub fn name(self, plan: &Plan) -> &str {
        match self {
            Question::Confirm { gate, .. }
            | Question::Approve { gate, .. }
            | Question::GateFailed { gate } => &plan.nodes[gate.index()].name,
            Question::StepFailed { node }
            | Question::InDoubt { node }
            | Question::UndoFailed { node } => &plan.nodes[node.index()].name,
            Question::Watch(watch) => &plan.watches[watch as usize].name,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Yes,
    No {
        reason: String,
    },
    /// Go on as if it had worked.
    Continue,
    /// Try it again.
    Again,
    Rollback,
    /// Stop here, resumable.
    Stop,
    /// The change is in place (for a step in doubt).
    Done,
}

/// How an answer was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Typed at the run's terminal.
    Terminal,
    /// `--yes` on the command line.
    YesOption,
    /// `--on-doubt` on the command line.
    OnDoubtOption,
    /// `runbook approve` or `runbook answer` by a user of the machine.
    Command,
    /// An SSH signature.
    Signature,
    /// A test's script.
    Scripted,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Succeeded,
    /// Failed or aborted before anything had changed.
    Stopped,
    RolledBack,
    RollbackIncomplete,
    /// Past a point of no return.
    Frozen,
    /// At a gate, in doubt or paused: can be resumed.
    Waiting,
}

impl Outcome {
    /// The exit status of the process.
    pub fn exit_status(self) -> u8 {
        match self {
            Outcome::Succeeded => 0,
            Outcome::Stopped => 1,
            Outcome::RolledBack => 3,
            Outcome::RollbackIncomplete | Outcome::Frozen => 4,
            Outcome::Waiting => 5,
        }
    }

    /// The name used in files, journals and tests.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Succeeded => "succeeded",
            Outcome::Stopped => "stopped",
            Outcome::RolledBack => "rolled_back",
            Outcome::RollbackIncomplete => "rollback_incomplete",
            Outcome::Frozen => "frozen",
            Outcome::Waiting => "waiting",
        }
    }

    /// Whether endings of this kind run for it.
    pub fn runs(self, ending: EndingKind) -> bool {
        match ending {
            EndingKind::Success => self == Outcome::Succeeded,
            EndingKind::Rollback => self == Outcome::RolledBack,
            EndingKind::Stuck => matches!(self, Outcome::RollbackIncomplete | Outcome::Frozen),
            EndingKind::Failure => !matches!(self, Outcome::Succeeded | Outcome::Waiting),
            EndingKind::Always => self != Outcome::Waiting,
        }
    }
}
