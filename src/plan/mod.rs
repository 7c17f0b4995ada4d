//! The dependency graph of one release: the model with its parameters' values,
//! and no decisions left. Owned and serialisable: the journal holds it, so a
//! resumed run never reads a changed source file.
//!
//! Every statement becomes one or more [`Node`]s. A block (`phase`, `parallel`,
//! `for`, `with`, the file itself) becomes a pair: its `Open` node stands before
//! all that is inside, its `Close` node behind. An undo belongs to a node, so
//! the order of the way back is the graph's order reversed, blocks included.

mod beginning;
mod blocks;
mod gate;
pub mod graph;
mod guards;
mod host;
mod limits;
pub mod lower;
mod measure;
mod skip;
mod tasks;
mod trouble;
pub mod uses;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use crate::source::digest_of;
use crate::types::Value;
pub use crate::types::window::{Window, WindowSpan};
pub use beginning::{Known, begin_as_before, begin_at};
pub use gate::{Gate, GateCondition, GateElse};
pub use host::{Bond, Breach, Host, Round, RoundId, Rounds, SSH_COMMAND, SSH_WATCH};
pub use limits::tried_at_most;
pub use measure::{Bound, Comparison, Condition, Metric, NoData, Provider, Relation, Series, Test};
pub use skip::{Skip, TakenAsDone};

/// A duration or a moment of the run's clock, in milliseconds.
pub type Millis = u64;

/// The longest that something can last in a run, in days. Scripts count hundredths of
/// a second, in some shells with 32 bits, which are full after 248 days.
pub const LONGEST_DAYS: u64 = 100;

/// Index of a node in [`Plan::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct NodeId(pub u32);

/// Index of a metric in [`Plan::metrics`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct MetricId(pub u32);

impl NodeId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl MetricId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One release, decided to the last value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Plan {
    pub title: String,
    /// The files it was made from, the runbook first.
    pub files: Vec<PlanFile>,
    /// The directory commands run in when they name none: the runbook's own.
    pub directory: String,
    pub parameters: Vec<Parameter>,
    pub secrets: Vec<Secret>,
    /// All that are declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<Host>,
    /// Variables every command gets.
    pub environment: Vec<Binding>,
    pub lock: Option<String>,
    /// In the order of the text; the first opens the file's own block. What a
    /// node needs may stand behind it (`after`), so the order of this list is
    /// not an order to run in.
    pub nodes: Vec<Node>,
    pub metrics: Vec<Metric>,
    pub messages: Vec<Message>,
    pub channels: Vec<Channel>,
    pub watches: Vec<Watch>,
    pub endings: Vec<Ending>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub troubles: Vec<Trouble>,
    /// It is made of some looks of a runbook, as a diagnosis is, and never
    /// stands for the runbook itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub only_looks: bool,
}

/// What to look at, and to try, when something went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Trouble {
    pub title: String,
    pub symptoms: Vec<String>,
    pub matches: Vec<TroubleMatch>,
    /// Only looks.
    pub diagnose: Option<Task>,
    pub tries: Vec<String>,
}

/// Which failures a trouble is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TroubleMatch {
    pub failure: TroubleFailure,
    /// Nodes, blocks among them; empty: anywhere.
    pub within: Vec<NodeId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TroubleFailure {
    Any,
    TimeOut,
    /// A valid regular expression that finds the failure's message.
    Message(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlanFile {
    pub path: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub digest: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Parameter {
    pub name: String,
    pub value: Value,
}

/// Where a secret's value is fetched, before the first change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Secret {
    pub name: String,
    pub from: SecretFrom,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SecretFrom {
    Env(String),
    File(String),
    Command(Box<Task>),
}

/// Something of the release that starts and ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Node {
    /// Unique in the plan and what people type: `migrate`, `shift[10%]`.
    pub name: String,
    /// What the author calls it, for people.
    pub title: Option<String>,
    pub kind: NodeKind,
    /// What must be done before it starts. No doubles.
    pub needs: Vec<NodeId>,
    /// The innermost block it stands in: that block's `Open` or `Enter` node.
    /// A block's own two nodes have the block around it. `None` outermost.
    pub block: Option<NodeId>,
    pub skip: Skip,
    pub origin: Origin,
}

impl Node {
    /// The step that it is.
    pub fn step(&self) -> Option<&Step> {
        match &self.kind {
            NodeKind::Step(step) => Some(step),
            _no_step => None,
        }
    }

    /// The gate that it is.
    pub fn gate(&self) -> Option<&Gate> {
        match &self.kind {
            NodeKind::Gate(gate) => Some(gate),
            _no_gate => None,
        }
    }

    /// The block that begins with it.
    pub fn opened(&self) -> Option<&Block> {
        match &self.kind {
            NodeKind::Open(block) => Some(block),
            _no_block => None,
        }
    }

    /// The name without its rounds: `shift` of `shift[10%]`.
    pub fn base_name(&self) -> &str {
        base_name(&self.name)
    }

    /// Whether this name means it: its own, or that of all its rounds.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || !name.contains('[') && self.base_name() == name
    }
}

/// A statement's name without its rounds.
pub fn base_name(name: &str) -> &str {
    let end = name.find(['[', '#']).unwrap_or(name.len());
    &name[..end]
}

/// Where in the source a node comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Origin {
    /// Index in [`Plan::files`].
    pub file: u32,
    /// Counted from one.
    pub line: u32,
    /// Byte offsets in the file.
    pub start: u32,
    pub end: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// A block begins.
    Open(Block),
    /// The block that begins at this node ends.
    Close {
        open: NodeId,
    },
    Step(Box<Step>),
    Check(Box<Check>),
    Gate(Box<Gate>),
    /// Indices in [`Plan::messages`].
    Notify {
        messages: Vec<u32>,
    },
    /// Writes a postmortem; only in endings.
    Postmortem {
        path: Template,
    },
    /// A bracket's `enter`, which opens its block. Its undo is `leave`, until
    /// that has run forward.
    Enter(Box<Enter>),
    /// A bracket's `leave`, which closes its block.
    Leave {
        enter: NodeId,
    },
}

/// A `phase`, `parallel`, `for`, ending, or the file itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Block {
    pub kind: BlockKind,
    /// Undoes the whole block once, after the undos inside it.
    pub undo: Option<Undo>,
    /// `at T…`: when it may begin.
    pub at: Option<Moment>,
    /// How the rounds of a `for` go on together, where that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounds: Option<Rounds>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    File,
    Phase,
    Parallel,
    For,
    Ending,
}

/// Milliseconds from T, which is the start time the run was given, else the
/// moment the phase with offset zero begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Moment(pub i64);

/// Changes something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Step {
    /// Taken before the change, in this order, each under its name.
    pub captures: Vec<Capture>,
    /// Exits 0 if the change is already in place.
    pub done_when: Option<Task>,
    pub task: Task,
    pub retry: Retry,
    pub repeatable: bool,
    pub atomic: bool,
    pub otherwise: StepElse,
    pub way_back: WayBack,
    pub touches: Vec<Touch>,
}

/// A value read before a change: what the task prints, its final newlines
/// removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Capture {
    pub name: String,
    pub task: Task,
}

/// How a step is undone. Exactly one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WayBack {
    Own(Undo),
    /// The undo of the block opened by this node.
    Block(NodeId),
    Harmless(String),
    /// A point of no return: what to do next, should the run end behind it.
    Irreversible {
        why: String,
        then: String,
    },
    /// Nothing declared: only in plans that the checks refuse.
    Missing,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Touch {
    pub resource: String,
    pub how: TouchKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TouchKind {
    Changes,
    Destroys,
    Saves,
}

/// Only looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Check {
    pub task: Task,
    pub retry: Retry,
    pub otherwise: StepElse,
}

/// A bracket: what to run at its ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Enter {
    pub task: Task,
    pub retry: Retry,
    /// Runs forward at the bracket's end, and as its undo while it is open.
    pub leave: Undo,
    /// A `rollback` of the bracket's block: undoes the steps inside once,
    /// before `leave` runs.
    pub undo: Option<Undo>,
    pub touches: Vec<Touch>,
}

/// What a failure does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepElse {
    Rollback,
    /// Go on as if it had worked; it is still undone should the run go back.
    Continue,
    /// Start nothing new and leave things as they are, to be resumed or rolled
    /// back by a person.
    Stop,
    Ask,
}

/// When a failed attempt is made again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Retry {
    Never,
    /// So many more attempts, with a pause between them: each is the one
    /// before times `backoff`.
    Times {
        times: u32,
        every: Millis,
        backoff: Decimal,
    },
    /// Until it passes, for so long.
    Within {
        limit: Millis,
        every: Millis,
    },
}

/// A way back: attempts, each tried only when the one before failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Undo {
    /// Never empty.
    pub attempts: Vec<UndoAttempt>,
    /// Its failure does not hold up the undos behind it.
    pub best_effort: bool,
    pub origin: Origin,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct UndoAttempt {
    /// What the author says of an alternative.
    pub why: Option<String>,
    pub task: Task,
    pub retry: Retry,
    /// Says whether the undo worked.
    pub verify: Option<Task>,
}

/// Something to run once, with all it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Task {
    pub run: Run,
    pub bindings: Vec<Binding>,
    /// Relative to [`Plan::directory`]; `None` is that directory itself.
    pub directory: Option<Template>,
    /// The host it runs on; `None` is here.
    pub host: Option<String>,
    pub timeout: Option<Millis>,
    pub expect: Expect,
    pub outputs: Vec<Output>,
    /// Tools that must be found before the first change.
    pub needs: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Run {
    /// A script, verbatim.
    Script {
        text: String,
        shell: Shell,
    },
    Http(Box<HttpRequest>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Shell {
    /// `sh -eu`
    Sh,
    /// `bash -euo pipefail`
    Bash,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HttpRequest {
    pub method: String,
    pub url: Template,
    pub headers: Vec<(String, Template)>,
    pub body: Option<Template>,
    /// For the whole exchange.
    pub timeout: Option<Millis>,
    /// Statuses that are a success; empty: any 2xx.
    pub expect_status: Vec<u16>,
}

/// What counts as success, besides not being ended early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Expect {
    /// Exit statuses that are a success.
    pub exit: Vec<u8>,
    pub stdout_contains: Vec<String>,
    /// Regular expressions, valid ones.
    pub stdout_matches: Vec<String>,
}

impl Default for Expect {
    fn default() -> Expect {
        Expect {
            exit: vec![0],
            stdout_contains: Vec::new(),
            stdout_matches: Vec::new(),
        }
    }
}

/// A value a task gives to what comes after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Output {
    pub name: String,
    pub from: OutputFrom,
    /// Used where the output cannot be read; without one that is a failure.
    pub default: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OutputFrom {
    /// A valid regular expression; its first group, or all of it without one.
    Stdout(String),
    /// A valid JSON path into the standard output.
    Json(String),
    /// The content of a file, final newlines removed. A path relative to the
    /// task's directory.
    File(String),
}

/// A variable of a command and where its value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Binding {
    pub name: String,
    pub value: ValueSource,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ValueSource {
    /// As commands see it: base unit, plain number.
    Known(String),
    /// What a step noted before its change.
    Capture {
        node: NodeId,
        name: String,
    },
    Output {
        node: NodeId,
        name: String,
        /// Used where the output is missing.
        default: Option<String>,
    },
    Secret(String),
    Run(RunValue),
    /// Several of these in a row.
    Template(Template),
}

/// What only the run itself knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunValue {
    Id,
    /// Why it is being rolled back; empty before that.
    Reason,
    /// Since it began, as people write it.
    Elapsed,
    Outcome,
    /// Who started it.
    Starter,
}

impl RunValue {
    pub const ALL: [RunValue; 5] = [
        RunValue::Id,
        RunValue::Reason,
        RunValue::Elapsed,
        RunValue::Outcome,
        RunValue::Starter,
    ];

    /// As it is written behind `run.`.
    pub fn name(self) -> &'static str {
        match self {
            RunValue::Id => "id",
            RunValue::Reason => "reason",
            RunValue::Elapsed => "elapsed",
            RunValue::Outcome => "outcome",
            RunValue::Starter => "starter",
        }
    }
}

/// Text with holes that are filled when it is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Template(pub Vec<TemplatePart>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TemplatePart {
    Text(String),
    Value(ValueSource),
}

impl Template {
    /// Whether a value of a step stands in it.
    pub fn reads_steps(&self) -> bool {
        self.0.iter().any(|part| {
            matches!(
                part,
                TemplatePart::Value(ValueSource::Capture { .. } | ValueSource::Output { .. })
            )
        })
    }

    pub fn text(text: impl Into<String>) -> Template {
        Template(vec![TemplatePart::Text(text.into())])
    }

    /// The text, where it has no holes.
    pub fn known(&self) -> Option<String> {
        self.0
            .iter()
            .map(|part| match part {
                TemplatePart::Text(text) | TemplatePart::Value(ValueSource::Known(text)) => {
                    Some(text.as_str())
                }
                TemplatePart::Value(_) => None,
            })
            .collect()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Message {
    pub name: String,
    /// Indices in [`Plan::channels`].
    pub channels: Vec<u32>,
    pub text: Template,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Channel {
    pub name: String,
    pub kind: ChannelKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChannelKind {
    Slack {
        url: Template,
    },
    Webhook {
        url: Template,
        headers: Vec<(String, Template)>,
        timeout: Option<Millis>,
    },
    /// Gets the text as `$message`.
    Command(Box<Task>),
}

/// Looks at measurements beside the phases it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Watch {
    pub name: String,
    /// The `Open` nodes of those phases.
    pub during: Vec<NodeId>,
    pub every: Millis,
    pub rules: Vec<WatchRule>,
    /// Reasons a person may give to roll back at once.
    pub requests: Vec<String>,
    pub origin: Origin,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WatchRule {
    pub action: WatchAction,
    pub condition: Condition,
    /// How long it must be true without a break.
    pub lasting: Millis,
    /// As the author wrote it.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WatchAction {
    Rollback,
    Ask,
}

/// What runs when the outcome is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ending {
    pub on: EndingKind,
    /// Its `Open` node; all its nodes have it as their outermost block.
    pub open: NodeId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndingKind {
    Success,
    Rollback,
    Stuck,
    Failure,
    Always,
}
