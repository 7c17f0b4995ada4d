//! The only scheduler, as a pure state machine: no clock, no I/O, no async.
//! Facts go in ([`Machine::apply`]), wishes come out ([`Machine::commands`]).
//! `run` and `simulate` are its drivers, so the release, a test and the proof
//! of the guarantee cannot disagree.
//!
//! | file | its part |
//! | --- | --- |
//! | `event`, `command` | what goes in and comes out |
//! | `state` | what is known of each node, and of the run |
//! | `forward` | starting what is ready, attempts, failures |
//! | `decisions` | what people decide of failures and doubts |
//! | `pausing` | rests, and what goes on after them |
//! | `gate`, `watch` | decisions before and beside the steps |
//! | `unwind` | the way back |
//! | `rounds` | rounds of a loop that failed while the others go on |
//! | `ending` | what runs when the outcome is known |
//! | `measure` | thresholds over time |

mod baseline;
pub mod command;
mod decisions;
mod ending;
pub mod event;
mod forward;
mod gate;
pub mod measure;
mod pausing;
mod rounds;
#[cfg(test)]
pub(crate) mod sabotage;
mod state;
mod tasks;
mod unwind;
mod watch;
mod wishes;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use command::Command;
use event::{Activity, Event, Outcome, Question, Stamped};
pub use rounds::Stage;
pub use state::{Headline, Mode, NodeState, Summary};
use state::{NodeRun, Running};
pub use tasks::{task_of, undo_of};

use crate::plan::{Millis, NodeId, Plan};

/// The state of one run: the fold of its events.
#[derive(Debug)]
pub struct Machine {
    plan: Arc<Plan>,
    /// What becomes possible when a node is done.
    successors: Vec<Vec<NodeId>>,
    /// The ending a node belongs to, by index; `None` for the release itself.
    ending_of: Vec<Option<usize>>,
    now: Millis,
    starter: String,
    /// The moment T on the run's clock. May lie before the run began.
    moment_zero: Option<i64>,
    mode: Mode,
    headline: Option<Headline>,
    nodes: Vec<NodeRun>,
    /// Nodes all of whose needs are done, in the order of the text.
    ready: BTreeSet<NodeId>,
    /// Nodes that wait for a moment: of the release, or of their next attempt.
    sleeping: BTreeMap<NodeId, Millis>,
    running: BTreeMap<Activity, Running>,
    wishes: wishes::Wishes,
    gates: gate::Gates,
    watches: Vec<watch::WatchRun>,
    baseline: baseline::Baseline,
    values: BTreeMap<(NodeId, String), String>,
    unwind: unwind::Unwind,
    endings: ending::Endings,
    outcome: Option<Outcome>,
}

/// Two machines are equal where nothing that happens can tell them apart, if
/// they run the same plan.
impl PartialEq for Machine {
    fn eq(&self, other: &Machine) -> bool {
        let of_the_run = |machine: &Machine| (machine.now, machine.moment_zero, machine.mode);
        of_the_run(self) == of_the_run(other)
            && self.starter == other.starter
            && self.headline == other.headline
            && self.outcome == other.outcome
            && self.nodes == other.nodes
            && self.ready == other.ready
            && self.sleeping == other.sleeping
            && self.running == other.running
            && self.wishes == other.wishes
            && self.gates == other.gates
            && self.watches == other.watches
            && self.baseline == other.baseline
            && self.values == other.values
            && self.unwind == other.unwind
            && self.endings == other.endings
    }
}

impl Machine {
    /// A run of this plan that has not been opened yet.
    pub fn new(plan: Arc<Plan>) -> Machine {
        let successors = successors(&plan);
        let ending_of = ending_of(&plan);
        let nodes = plan
            .nodes
            .iter()
            .map(|node| NodeRun::new(node.needs.len()))
            .collect();
        let watches = watch::watches(&plan);
        let baseline = baseline::Baseline::new(&plan);
        let unwind = unwind::Unwind::new(plan.nodes.len());
        Machine {
            successors,
            ending_of,
            now: 0,
            starter: String::new(),
            moment_zero: None,
            mode: Mode::Unopened,
            headline: None,
            nodes,
            ready: BTreeSet::new(),
            sleeping: BTreeMap::new(),
            running: BTreeMap::new(),
            wishes: wishes::Wishes::default(),
            gates: BTreeMap::new(),
            watches,
            baseline,
            values: BTreeMap::new(),
            unwind,
            endings: ending::Endings::default(),
            outcome: None,
            plan,
        }
    }

    /// Takes in one fact. Facts that do not fit the state (an answer to a
    /// question that was withdrawn, say) change nothing.
    pub fn apply(&mut self, fact: &Stamped) {
        self.now = self.now.max(fact.at);
        match &fact.event {
            Event::Opened { starter, start_at } => self.open(starter, *start_at),
            Event::Intended { activity } => self.intended(*activity),
            Event::Ended {
                activity,
                result,
                values,
                remarks: _,
            } => self.ended(*activity, result, values),
            Event::Sampled { observer, readings } => self.sampled(*observer, readings),
            Event::WindowSeen {
                gate,
                condition,
                open,
                until,
                reason,
            } => self.window_seen(*gate, *condition, *open, *until, reason.as_deref()),
            Event::RehearsalSeen {
                gate,
                condition,
                found,
            } => self.rehearsal_seen(*gate, *condition, *found),
            Event::Answered {
                question,
                answer,
                by,
                how,
            } => self.answered(*question, answer, by, how),
            Event::Unanswerable { question } => self.unanswerable(*question),
            Event::Tick => {}
            Event::RollbackRequested { by, reason } => {
                self.rollback_requested(Headline::request(by, reason));
            }
            Event::PauseRequested { by } => self.pause(&format!("paused by {by}")),
            Event::Resumed { by: _ } => self.resumed(),
            Event::Closed { outcome } => self.closed(*outcome),
        }
        self.advance();
    }

    /// The next thing that the machine wants done and has not said yet. A
    /// driver carries it out and records what comes of it before it asks for
    /// another, since that may be of no use any more.
    pub fn next_command(&mut self) -> Option<Command> {
        let starting = self.may_start();
        self.wishes.take_next(starting)
    }

    /// Whether it has something to say.
    pub fn has_commands(&self) -> bool {
        self.wishes.has_next(self.may_start())
    }

    /// All that it wants done and has not said yet.
    pub fn commands(&mut self) -> Vec<Command> {
        std::iter::from_fn(|| self.next_command()).collect()
    }

    /// While the run is pausing or closed, what is wished of the way forward
    /// is kept for when it goes on.
    fn may_start(&self) -> bool {
        match self.mode {
            Mode::Pausing | Mode::Closing(_) | Mode::Closed(_) => false,
            Mode::Unopened | Mode::Forward | Mode::Stopping | Mode::Unwinding | Mode::Ending(_) => {
                true
            }
        }
    }

    /// When it wants an [`Event::Tick`], should nothing happen before.
    pub fn next_wake(&self) -> Option<Millis> {
        if matches!(self.mode, Mode::Unopened | Mode::Closed(_)) {
            return None;
        }
        let deadlines = self.running.values().filter_map(Running::wake);
        let sleepers = self.sleeping.values().copied();
        let sleepers = sleepers.filter(|_| self.may_start());
        let gates = self
            .gates
            .iter()
            .filter_map(|(node, gate)| gate.wake(*node, &self.wishes));
        let watches = self.watches.iter().filter_map(|watch| watch.wake());
        deadlines
            .chain(sleepers)
            .chain(gates.filter(|_| self.is_forward()))
            .chain(watches.filter(|_| self.is_forward()))
            .chain(self.baseline_wake().filter(|_| self.is_forward()))
            .min()
    }

    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The latest moment the machine has heard of.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// How the run ended, once it has been closed.
    pub fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    /// How the run will end, once that is decided; endings may still run.
    pub fn expected_outcome(&self) -> Option<Outcome> {
        match self.mode {
            Mode::Ending(outcome) | Mode::Closing(outcome) | Mode::Closed(outcome) => Some(outcome),
            Mode::Unopened | Mode::Forward | Mode::Pausing | Mode::Stopping | Mode::Unwinding => {
                None
            }
        }
    }

    /// The first error: why the run went back or stopped.
    pub fn headline(&self) -> Option<&Headline> {
        self.headline.as_ref()
    }

    /// A capture or output, once it is known.
    pub fn value(&self, node: NodeId, name: &str) -> Option<&str> {
        self.values
            .get(&(node, name.to_owned()))
            .map(String::as_str)
    }

    /// Whether two machines know the same of a node, each in its plan.
    pub fn knows_the_same_of(&self, other: &Machine, node: NodeId) -> bool {
        let values = |machine: &Machine| -> BTreeMap<String, String> {
            let all = machine.values.iter();
            let of_node = all.filter(|((of, _), _)| *of == node);
            of_node
                .map(|((_, name), value)| (name.clone(), value.clone()))
                .collect()
        };
        self.nodes.get(node.index()) == other.nodes.get(node.index())
            && values(self) == values(other)
    }

    /// How far a node has come.
    pub fn node_state(&self, node: NodeId) -> NodeState {
        self.nodes[node.index()].state
    }

    /// The activities that run, each with the moment it began.
    pub fn running(&self) -> impl Iterator<Item = (Activity, Millis)> {
        self.running
            .iter()
            .map(|(activity, running)| (*activity, running.since))
    }

    /// Whether an activity runs and is being ended.
    pub fn is_ending(&self, activity: Activity) -> bool {
        let running = self.running.get(&activity);
        running.is_some_and(|running| running.ending.is_some())
    }

    /// The questions that are open.
    pub fn questions(&self) -> impl Iterator<Item = Question> {
        self.wishes.questions()
    }

    fn is_forward(&self) -> bool {
        matches!(self.mode, Mode::Forward)
    }

    fn open(&mut self, starter: &str, start_at: Option<i64>) {
        if !matches!(self.mode, Mode::Unopened) {
            return;
        }
        starter.clone_into(&mut self.starter);
        self.moment_zero = start_at;
        self.mode = Mode::Forward;
        self.baseline.open(self.now);
        for (index, node) in self.plan.nodes.iter().enumerate() {
            if node.needs.is_empty() && self.ending_of[index].is_none() {
                self.ready.insert(node_id(index));
            }
        }
    }

    /// Lets everything happen that time and facts allow.
    fn advance(&mut self) {
        self.expire();
        loop {
            let before = self.mode;
            match self.mode {
                Mode::Unopened | Mode::Closed(_) => return,
                Mode::Forward => self.advance_forward(),
                Mode::Pausing => self.advance_pausing(),
                Mode::Stopping => self.advance_stopping(),
                Mode::Unwinding => self.advance_unwinding(),
                Mode::Ending(outcome) => self.advance_ending(outcome),
                Mode::Closing(_) => return,
            }
            if self.mode == before {
                return;
            }
        }
    }

    fn closed(&mut self, outcome: Outcome) {
        match outcome {
            // What is still wished is wished again when the run is resumed.
            Outcome::Waiting => self.wishes.unclose(),
            Outcome::Succeeded
            | Outcome::Stopped
            | Outcome::RolledBack
            | Outcome::RollbackIncomplete
            | Outcome::Frozen => self.wishes.clear(),
        }
        self.mode = Mode::Closed(outcome);
        self.outcome = Some(outcome);
    }

    /// Wishes the run closed with this outcome.
    fn close(&mut self, outcome: Outcome) {
        self.mode = Mode::Closing(outcome);
        self.wishes.close(outcome);
    }
}

fn node_id(index: usize) -> NodeId {
    NodeId(u32::try_from(index).unwrap_or(u32::MAX))
}

fn successors(plan: &Plan) -> Vec<Vec<NodeId>> {
    let mut successors = vec![Vec::new(); plan.nodes.len()];
    for (index, node) in plan.nodes.iter().enumerate() {
        for need in &node.needs {
            successors[need.index()].push(node_id(index));
        }
    }
    successors
}

/// Which ending each node stands in: the one whose `Open` is its outermost
/// block.
fn ending_of(plan: &Plan) -> Vec<Option<usize>> {
    let openers: HashMap<NodeId, usize> = plan
        .endings
        .iter()
        .enumerate()
        .map(|(index, ending)| (ending.open, index))
        .collect();
    (0..plan.nodes.len())
        .map(|index| {
            let mut at = node_id(index);
            while let Some(block) = plan.nodes[at.index()].block {
                at = block;
            }
            // An ending's `Close` has no block of its own: it names its `Open`.
            if let crate::plan::NodeKind::Close { open } = &plan.nodes[at.index()].kind {
                at = *open;
            }
            openers.get(&at).copied()
        })
        .collect()
}
