//! A run as lines of text: for terminals, logs and CI.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anstyle::Style;

use crate::machine::event::{Activity, Answer, Completion, Event, How, Part, Reading};
use crate::machine::event::{ReadingResult, Stamped};
use crate::machine::measure::amount;
use crate::machine::{Machine, NodeState, Stage};
use crate::plan::{BlockKind, Millis, Node, NodeId, NodeKind, Plan, RoundId, Skip, WayBack};
use crate::problem::render::neutral::one_line;
use crate::run::people::what_is_asked;
use crate::run::view::gates::Gates;
use crate::run::view::marks::{LAST_LINES, Mark, last_lines};
use crate::run::view::{Closing, View};
use crate::types::Unit;
use crate::types::text::elapsed;

/// Prints lines.
pub struct Lines<W> {
    out: W,
    /// Also what went as it should: samples, attempts, the output of commands.
    verbose: bool,
    states: Vec<NodeState>,
    /// Rounds that failed while the others go on.
    rounds: BTreeMap<RoundId, Stage>,
    /// Until when beats were shown of what runs and of the gates that are waited at.
    shown_until: Millis,
    gates: Gates,
    /// A person is being asked at the terminal, and sees what a gate waits for.
    asking: bool,
    /// What failed last, for the line that says what follows from it.
    failure: Option<FailedAttempt>,
    /// Why each node is being tried again: said once, not at every attempt.
    retried: BTreeMap<NodeId, String>,
}

/// An attempt that failed.
struct FailedAttempt {
    activity: Activity,
    why: String,
    output: Option<PathBuf>,
}

impl<W> std::fmt::Debug for Lines<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").finish_non_exhaustive()
    }
}

impl<W: Write> Lines<W> {
    pub fn new(out: W, verbose: bool) -> Lines<W> {
        Lines {
            out,
            verbose,
            states: Vec::new(),
            rounds: BTreeMap::new(),
            shown_until: 0,
            gates: Gates::default(),
            asking: false,
            failure: None,
            retried: BTreeMap::new(),
        }
    }
}

impl Lines<Vec<u8>> {
    /// What was printed since this was asked last.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }
}

impl<W: Write> Lines<W> {
    /// A closed standard output must not end a release.
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
        let _ = self.out.flush();
    }

    fn at(&mut self, now: Millis, mark: Mark, text: &str) {
        let text = one_line(text);
        let (style, sign) = (mark.style(), mark.sign());
        self.line(&format!("{:>8}  {style}{sign} {text}{style:#}", clock(now)));
    }

    /// What the last fact changed: first what ended, then what follows from it.
    fn changes(&mut self, now: Millis, machine: &Machine) {
        let nodes = machine.plan().nodes.len();
        self.states.resize(nodes, NodeState::Waiting);
        let mut undoing = Vec::new();
        for index in 0..nodes {
            let id = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
            let state = machine.node_state(id);
            if state == self.states[index] {
                continue;
            }
            self.states[index] = state;
            if state == NodeState::Undoing {
                undoing.push(id);
            } else {
                self.change(now, machine, id, state);
            }
        }
        self.rounds(now, machine);
        self.rest(now, machine);
        for id in undoing {
            self.change(now, machine, id, NodeState::Undoing);
        }
    }

    /// What is new of rounds that failed while the others go on.
    fn rounds(&mut self, now: Millis, machine: &Machine) {
        for (id, stage, _) in machine.rounds_aside() {
            let before = self.rounds.insert(id, stage);
            let plan = machine.plan();
            let (Some(rounds), Some(round)) = (plan.rounds_of(id.open), plan.round(id)) else {
                continue;
            };
            let item = &round.item;
            if before.is_none() {
                let failed = machine.rounds_aside().filter(|(of, ..)| of.open == id.open);
                let (failed, most) = (failed.count(), rounds.tolerate);
                let text = format!(
                    "round {item} is taken back, and the others go on ({failed} of {most} tolerated)"
                );
                self.at(now, Mark::Warn, &text);
            }
            if stage == Stage::Through && before != Some(Stage::Through) {
                self.at(now, Mark::Back, &format!("round {item} is taken back"));
            }
        }
    }

    /// What was waiting for its moment already, and still is.
    fn scheduled(&self, machine: &Machine) -> impl Iterator<Item = NodeId> {
        let is_scheduled = |state: &NodeState| *state == NodeState::Scheduled;
        (0..)
            .map(NodeId)
            .zip(&self.states)
            .filter(move |(id, was)| is_scheduled(was) && is_scheduled(&machine.node_state(*id)))
            .map(|(id, _)| id)
    }

    /// Whether it is time to tell of what goes on since then.
    fn is_told(&self, now: Millis, since: Millis) -> bool {
        beats(now.saturating_sub(since)) > beats(self.shown_until.saturating_sub(since))
    }

    fn change(&mut self, now: Millis, machine: &Machine, id: NodeId, state: NodeState) {
        let node = &machine.plan().nodes[id.index()];
        let name = &node.name;
        match state {
            NodeState::Done => self.done(now, node),
            NodeState::AlreadyDone => {
                self.at(now, Mark::Good, &format!("{name}: already in place"));
            }
            NodeState::Skipped => self.skipped(now, machine.plan(), node),
            NodeState::Scheduled => {
                let moment = self.moment(machine, node);
                self.at(now, Mark::Wait, &format!("{name} waits{moment}"));
            }
            NodeState::Retrying => self.retrying(now, id, name),
            NodeState::Asking => {
                let why = self.why(id);
                self.at(now, Mark::Wait, &format!("{name}{why}; a person decides"));
            }
            NodeState::Failed => {
                let why = self.why(id);
                self.at(now, Mark::Bad, &format!("{name}{why}"));
            }
            NodeState::PassedOver => {
                let why = self.why(id);
                self.at(now, Mark::Warn, &format!("{name}{why}; the run goes on"));
            }
            NodeState::Cancelled => self.at(now, Mark::Warn, &format!("{name} was ended")),
            NodeState::Undoing => self.at(now, Mark::Back, &format!("undoing {}", undone(node))),
            NodeState::Undone => {
                self.at(now, Mark::Back, &format!("{} is undone", undone(node)));
            }
            NodeState::UndoFailed => {
                let why = self.why(id);
                let what = match &node.kind {
                    // It has none: behind it only its end leads on.
                    NodeKind::Step(step)
                        if matches!(step.way_back, WayBack::Irreversible { .. }) =>
                    {
                        format!("{name} could not be finished")
                    }
                    _undone => format!("the undo of {}", undone(node)),
                };
                self.at(now, Mark::Bad, &format!("{what}{why}"));
            }
            NodeState::Running => {
                if self.verbose && !matches!(node.kind, NodeKind::Open(_) | NodeKind::Close { .. })
                {
                    self.at(now, Mark::Begin, name);
                }
            }
            NodeState::Waiting => {}
        }
    }

    fn done(&mut self, now: Millis, node: &Node) {
        let title = node.title.as_ref().map(|title| format!(": {title}"));
        let title = title.unwrap_or_default();
        match &node.kind {
            NodeKind::Open(block) => match block.kind {
                BlockKind::Phase => {
                    self.line("");
                    self.at(now, Mark::Begin, &format!("phase {}{title}", node.name));
                }
                BlockKind::Ending => {
                    self.line("");
                    self.at(now, Mark::Begin, &node.name);
                }
                BlockKind::File | BlockKind::Parallel | BlockKind::For => {}
            },
            NodeKind::Close { .. } => {}
            NodeKind::Step(_)
            | NodeKind::Check(_)
            | NodeKind::Gate(_)
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. }
            | NodeKind::Enter(_)
            | NodeKind::Leave { .. } => {
                self.at(now, Mark::Good, &format!("{}{title}", node.name));
            }
        }
    }

    fn skipped(&mut self, now: Millis, plan: &Plan, node: &Node) {
        let Skip::Yes(condition) = &node.skip else {
            return;
        };
        // What stands in a block that is skipped goes without saying.
        let around = node.block.map(|block| &plan.nodes[block.index()].skip);
        let is_inner = matches!(around, Some(Skip::Yes(_)));
        let is_end = matches!(node.kind, NodeKind::Close { .. } | NodeKind::Leave { .. });
        if !is_inner && !is_end {
            let text = format!("{} is skipped: not {condition}", node.name);
            self.at(now, Mark::Skip, &text);
        }
    }

    fn moment(&self, machine: &Machine, node: &Node) -> String {
        let wake = machine.next_wake().filter(|wake| *wake > machine.now());
        match (&node.kind, wake) {
            (NodeKind::Open(_), Some(wake)) => {
                format!(
                    " for its moment, {} from now at most",
                    elapsed(wake - machine.now())
                )
            }
            _other => String::new(),
        }
    }

    /// Why a node failed, with what it printed above.
    fn why(&mut self, node: NodeId) -> String {
        self.retried.remove(&node);
        match self.failure.take() {
            Some(failed) if failed.activity.node == node => {
                self.output(failed.output.as_deref(), LAST_LINES);
                format!(": {}", failed.why)
            }
            Some(other) => {
                self.failure = Some(other);
                String::new()
            }
            None => String::new(),
        }
    }

    /// An attempt failed and another follows: what it printed is shown only if
    /// the last one fails too.
    fn retrying(&mut self, now: Millis, node: NodeId, name: &str) {
        let why = self.failure.take().map(|failed| failed.why);
        let why = why.unwrap_or_default();
        if self.retried.get(&node) != Some(&why) {
            self.at(
                now,
                Mark::Wait,
                &format!("{name}: {why}; it is tried again"),
            );
            self.retried.insert(node, why);
        }
    }

    fn ended(&mut self, activity: Activity, result: &Completion, output: Option<&Path>) {
        let why = match result {
            Completion::Ok => {
                if self.verbose {
                    self.output(output, usize::MAX);
                }
                return;
            }
            Completion::Failed(failure) => failure.message.clone(),
            Completion::TimedOut => "took too long and was ended".to_owned(),
            Completion::Cancelled => return,
            Completion::InDoubt => "nobody knows whether it took effect".to_owned(),
        };
        // A probe that says no is no failure.
        if activity.part != Part::Probe {
            self.failure = Some(FailedAttempt {
                activity,
                why,
                output: output.map(Path::to_path_buf),
            });
        }
    }

    /// A failure from which no state of a node follows: of one undo among
    /// several, say.
    fn rest(&mut self, now: Millis, machine: &Machine) {
        if let Some(failed) = self.failure.take() {
            self.output(failed.output.as_deref(), LAST_LINES);
            let node = &machine.plan().nodes[failed.activity.node.index()];
            let what = doing(node, failed.activity);
            self.at(now, Mark::Bad, &format!("{what}: {}", failed.why));
        }
    }

    /// What an activity printed; only the last lines of it.
    fn output(&mut self, output: Option<&Path>, lines: usize) {
        let printed = output.map(|it| last_lines(it, lines));
        for printed in printed.into_iter().flatten() {
            if printed.left_out > 0 {
                let (more, path) = (printed.left_out, printed.file.display());
                self.line(&format!("          | … {more} more lines in {path}"));
            }
            for line in printed.lines {
                self.line(&format!("          | {line}"));
            }
        }
    }

    fn sampled(&mut self, now: Millis, machine: &Machine, readings: &[Reading]) {
        let plan = machine.plan();
        for reading in readings {
            let metric = &plan.metrics[reading.metric.index()];
            let text = match &reading.result {
                ReadingResult::Values(values) => all_shown(values, metric.unit),
                ReadingResult::Partly { values, why } => {
                    format!("{}, in part: {why}", all_shown(values, metric.unit))
                }
                ReadingResult::NoData(why) => format!("no data: {why}"),
                ReadingResult::Error(why) => format!("error: {why}"),
            };
            let is_bad = matches!(reading.result, ReadingResult::Error(_));
            if self.verbose || is_bad {
                let mark = if is_bad { Mark::Warn } else { Mark::Skip };
                self.at(now, mark, &format!("{} {text}", metric.name));
            }
        }
    }
}

impl<W: Write> View for Lines<W> {
    fn fact(&mut self, fact: &Stamped, machine: &Machine, output: Option<&Path>) {
        let now = fact.at;
        match &fact.event {
            Event::Ended {
                activity,
                result,
                remarks,
                values: _,
            } => {
                let what = doing(&machine.plan().nodes[activity.node.index()], *activity);
                for remark in remarks {
                    self.at(now, Mark::Warn, &format!("{what}: {remark}"));
                }
                self.ended(*activity, result, output);
            }
            Event::Sampled { readings, .. } => self.sampled(now, machine, readings),
            Event::Answered {
                question,
                answer,
                by,
                how,
            } => {
                let what = what_is_asked(*question, machine);
                let answer = answered(answer, by, how);
                self.at(now, Mark::Good, &format!("{what} – {answer}"));
            }
            Event::RollbackRequested { by, reason } => {
                self.at(
                    now,
                    Mark::Back,
                    &format!("{by} asks to roll back: {reason}"),
                );
            }
            Event::PauseRequested { by } => {
                self.at(now, Mark::Wait, &format!("{by} asks to pause"));
            }
            Event::Resumed { by } => self.at(now, Mark::Begin, &format!("resumed by {by}")),
            Event::WindowSeen {
                open: false,
                reason,
                ..
            } => {
                let why = reason.as_deref().unwrap_or("closed");
                self.at(now, Mark::Wait, &format!("the window is closed: {why}"));
            }
            Event::Opened {
                start_at: Some(at), ..
            } if *at < 0 => {
                let ago = elapsed(at.unsigned_abs() / 1_000 * 1_000);
                self.at(now, Mark::Warn, &format!("T was {ago} ago"));
            }
            Event::Opened { .. }
            | Event::Intended { .. }
            | Event::WindowSeen { .. }
            | Event::RehearsalSeen { .. }
            | Event::Unanswerable { .. }
            | Event::Tick
            | Event::Closed { .. } => {}
        }
        let waited: Vec<NodeId> = match &fact.event {
            Event::Resumed { .. } => self.scheduled(machine).collect(),
            _other => Vec::new(),
        };
        self.changes(now, machine);
        for id in waited {
            self.change(now, machine, id, NodeState::Scheduled);
        }
        self.gates.keep(now, machine);
    }

    fn opening(&mut self, run_id: &str, machine: &Machine) {
        // Of a run that goes on, what was shown before is not shown again.
        let nodes = 0..machine.plan().nodes.len();
        self.states = nodes
            .filter_map(|index| u32::try_from(index).ok())
            .map(|index| machine.node_state(NodeId(index)))
            .collect();
        let bold = Style::new().bold();
        let title = one_line(&machine.plan().title).into_owned();
        self.line(&format!("{bold}{title}{bold:#}"));
        self.line(&format!("run {run_id}"));
        if let Some(beginning) = machine.plan().beginning() {
            let taken: Vec<&str> = machine.plan().taken_as_done().map(|it| &*it.name).collect();
            let taken = taken.join(", ");
            self.line(&format!("begins at {beginning}; taken as done: {taken}"));
        }
    }

    fn note(&mut self, text: &str) {
        let text = one_line(text).into_owned();
        self.line(&format!("          {text}"));
    }

    fn asking(&mut self) {
        self.asking = true;
    }

    fn answered(&mut self) {
        self.asking = false;
    }

    fn beat(&mut self, now: Millis, machine: &Machine) {
        let name = |node: NodeId| &machine.plan().nodes[node.index()].name;
        for (activity, since) in machine.running() {
            if self.is_told(now, since) {
                let ran = elapsed(now.saturating_sub(since) / 1_000 * 1_000);
                let text = format!("{} has been running for {ran}", name(activity.node));
                self.at(now, Mark::Wait, &text);
            }
        }
        let gates: Vec<(NodeId, Millis)> = self.gates.iter().collect();
        for (gate, since) in gates {
            let missing = machine.gate_progress(gate, now);
            if !self.asking && !missing.is_empty() && self.is_told(now, since) {
                let text = format!("{} still waits: {}", name(gate), missing.join(", "));
                self.at(now, Mark::Wait, &text);
            }
        }
        self.shown_until = now;
    }

    fn closing(&mut self, closing: &Closing<'_>) {
        self.line("");
        for word in closing.words() {
            let text = one_line(&word.text).into_owned();
            self.line(&format!("{:>12}: {text}", word.about));
        }
    }
}

/// How often it was told, after so long, that something still goes on: ever more
/// seldom.
fn beats(lasted: Millis) -> Millis {
    let early = [5_000, 20_000].iter().filter(|at| **at <= lasted).count();
    let minutes = lasted.min(10 * MINUTE) / MINUTE;
    let later = lasted.saturating_sub(10 * MINUTE) / (10 * MINUTE);
    early as Millis + minutes + later
}

const MINUTE: Millis = 60_000;

/// `12.3s`, `4m05s`: the run's clock at the head of a line.
fn clock(now: Millis) -> String {
    match now {
        0..60_000 => format!("{}.{}s", now / 1_000, now % 1_000 / 100),
        60_000..3_600_000 => format!("{}m{:02}s", now / 60_000, now % 60_000 / 1_000),
        _hours => format!("{}h{:02}m", now / 3_600_000, now % 3_600_000 / 60_000),
    }
}

/// What an activity does, for people.
pub(super) fn doing(node: &Node, activity: Activity) -> String {
    let name = &node.name;
    match activity.part {
        Part::Forward => name.clone(),
        Part::Capture(_) => format!("{name} (capture)"),
        Part::Probe => format!("{name} (done when)"),
        Part::Undo(0) => format!("the undo of {name}"),
        Part::Undo(alternative) => format!("alternative {alternative} to the undo of {name}"),
        Part::Verify(_) => format!("the verification of the undo of {name}"),
        Part::GateCheck(_) => format!("a check of {name}"),
    }
}

/// What an undo on this node undoes.
fn undone(node: &Node) -> String {
    match &node.kind {
        NodeKind::Open(_) => format!("all of {}", node.name),
        NodeKind::Enter(_) => format!("{} (leave)", node.name),
        NodeKind::Step(_)
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Close { .. }
        | NodeKind::Leave { .. } => node.name.clone(),
    }
}

fn all_shown(values: &[rust_decimal::Decimal], unit: Unit) -> String {
    let values = values.iter().map(|value| amount(*value, unit));
    values.collect::<Vec<_>>().join(", ")
}

fn answered(answer: &Answer, by: &str, how: &How) -> String {
    let what = match answer {
        Answer::Yes => "yes".to_owned(),
        Answer::No { reason } => format!("no ({reason})"),
        Answer::Continue => "go on".to_owned(),
        Answer::Again => "again".to_owned(),
        Answer::Rollback => "roll back".to_owned(),
        Answer::Stop => "stop here".to_owned(),
        Answer::Done => "it is done".to_owned(),
    };
    let how = match how {
        How::Terminal => "",
        How::YesOption => " (--yes)",
        How::OnDoubtOption => " (--on-doubt)",
        How::Command => " (runbook approve)",
        How::Signature => " (signed)",
        How::Scripted => " (scripted)",
    };
    format!("{what}, says {by}{how}")
}
