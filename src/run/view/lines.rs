//! A run as lines of text: for terminals, logs and CI.

use std::io::Write;
use std::path::Path;

use anstyle::{AnsiColor, Style};

use crate::machine::Machine;
use crate::machine::NodeState;
use crate::machine::event::{Activity, Answer, Completion, Event, How, Part, Reading};
use crate::machine::event::{ReadingResult, Stamped};
use crate::plan::{BlockKind, Millis, Node, NodeId, NodeKind, Plan, Skip};
use crate::problem::render::neutral::one_line;
use crate::run::activity::look;
use crate::run::view::{Closing, View};
use crate::types::text::elapsed;
use crate::types::{Unit, Value};

/// So many last lines of a failed command are shown.
const LAST_LINES: usize = 20;

/// Prints lines.
pub struct Lines<W> {
    out: W,
    /// Also what went as it should: samples, attempts, the output of commands.
    verbose: bool,
    states: Vec<NodeState>,
    /// When the present activities began and which beats were shown of them.
    shown_until: Millis,
    /// Why a node failed last, for the line that says so.
    failure: Option<String>,
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
            shown_until: 0,
            failure: None,
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

    fn changes(&mut self, now: Millis, machine: &Machine) {
        let plan = machine.plan().clone();
        self.states.resize(plan.nodes.len(), NodeState::Waiting);
        for (index, node) in plan.nodes.iter().enumerate() {
            let id = NodeId(u32::try_from(index).unwrap_or(u32::MAX));
            let state = machine.node_state(id);
            if state != self.states[index] {
                self.states[index] = state;
                self.change(now, machine, node, state);
            }
        }
    }

    fn change(&mut self, now: Millis, machine: &Machine, node: &Node, state: NodeState) {
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
            NodeState::Retrying => {
                let why = self.why();
                self.at(now, Mark::Wait, &format!("{name}{why}; it is tried again"));
            }
            NodeState::Asking => {
                let why = self.why();
                self.at(now, Mark::Wait, &format!("{name}{why}; a person decides"));
            }
            NodeState::Failed => {
                let why = self.why();
                self.at(now, Mark::Bad, &format!("{name}{why}"));
            }
            NodeState::PassedOver => {
                let why = self.why();
                self.at(now, Mark::Warn, &format!("{name}{why}; the run goes on"));
            }
            NodeState::Cancelled => self.at(now, Mark::Warn, &format!("{name} was ended")),
            NodeState::Undoing => self.at(now, Mark::Back, &format!("undoing {}", undone(node))),
            NodeState::Undone => {
                self.at(now, Mark::Back, &format!("{} is undone", undone(node)));
            }
            NodeState::UndoFailed => {
                let why = self.why();
                self.at(
                    now,
                    Mark::Bad,
                    &format!("the undo of {}{why}", undone(node)),
                );
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

    fn why(&mut self) -> String {
        match self.failure.take() {
            Some(why) => format!(": {why}"),
            None => String::new(),
        }
    }

    fn ended(&mut self, activity: Activity, result: &Completion, output: Option<&Path>) {
        let shown = match result {
            Completion::Ok => {
                if self.verbose {
                    self.output(activity, output, usize::MAX);
                }
                return;
            }
            Completion::Failed(failure) => failure.message.clone(),
            Completion::TimedOut => "took too long and was ended".to_owned(),
            Completion::Cancelled => return,
            Completion::InDoubt => "nobody knows whether it took effect".to_owned(),
        };
        self.failure = Some(shown);
        self.output(activity, output, LAST_LINES);
    }

    /// What an activity printed; only the last lines of it.
    fn output(&mut self, activity: Activity, output: Option<&Path>, lines: usize) {
        let Some(directory) = output else {
            return;
        };
        if activity.part == Part::Probe {
            return;
        }
        for stream in ["stdout", "stderr"] {
            let path = directory.join(stream);
            let (bytes, _) = look(&path);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let all: Vec<&str> = text.lines().collect();
            let left_out = all.len().saturating_sub(lines);
            if left_out > 0 {
                let path = path.display();
                self.line(&format!("          | … {left_out} more lines in {path}"));
            }
            for line in &all[left_out..] {
                let line = one_line(line).into_owned();
                self.line(&format!("          | {line}"));
            }
        }
    }

    fn sampled(&mut self, now: Millis, machine: &Machine, readings: &[Reading]) {
        let plan = machine.plan();
        for reading in readings {
            let metric = &plan.metrics[reading.metric.index()];
            let text = match &reading.result {
                ReadingResult::Values(values) | ReadingResult::Partly { values, .. } => {
                    let values = values.iter().map(|value| shown(*value, metric.unit));
                    values.collect::<Vec<_>>().join(", ")
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
                activity, result, ..
            } => self.ended(*activity, result, output),
            Event::Sampled { readings, .. } => self.sampled(now, machine, readings),
            Event::Answered {
                answer, by, how, ..
            } => self.at(now, Mark::Good, &answered(answer, by, how)),
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
            Event::Opened { .. }
            | Event::Intended { .. }
            | Event::WindowSeen { .. }
            | Event::RehearsalSeen { .. }
            | Event::Unanswerable { .. }
            | Event::Tick
            | Event::Closed { .. } => {}
        }
        self.changes(now, machine);
    }

    fn note(&mut self, text: &str) {
        let text = one_line(text).into_owned();
        self.line(&format!("          {text}"));
    }

    fn beat(&mut self, now: Millis, machine: &Machine) {
        let plan = machine.plan().clone();
        let running: Vec<(Activity, Millis)> = machine.running().collect();
        for (activity, since) in running {
            let (ran, ran_before) = (
                now.saturating_sub(since),
                self.shown_until.saturating_sub(since),
            );
            let is_due = |at: Millis| ran_before < at && at <= ran;
            let each_minute = ran / 60_000 > ran_before / 60_000;
            if is_due(5_000) || is_due(20_000) || each_minute {
                let name = &plan.nodes[activity.node.index()].name;
                let ran = elapsed(ran);
                self.at(
                    now,
                    Mark::Wait,
                    &format!("{name} has been running for {ran}"),
                );
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

/// What a line is about, for those who see colours and those who do not.
#[derive(Debug, Clone, Copy)]
enum Mark {
    Begin,
    Good,
    Bad,
    Warn,
    Back,
    Wait,
    Skip,
}

impl Mark {
    fn sign(self) -> &'static str {
        match self {
            Mark::Begin => "▸",
            Mark::Good => "✓",
            Mark::Bad => "✗",
            Mark::Warn => "!",
            Mark::Back => "↩",
            Mark::Wait => "…",
            Mark::Skip => "-",
        }
    }

    fn style(self) -> Style {
        match self {
            Mark::Begin => Style::new().bold(),
            Mark::Good => AnsiColor::Green.on_default(),
            Mark::Bad => AnsiColor::Red.on_default().bold(),
            Mark::Warn | Mark::Wait => AnsiColor::Yellow.on_default(),
            Mark::Back => AnsiColor::Cyan.on_default(),
            Mark::Skip => Style::new().dimmed(),
        }
    }
}

/// `12.3s`, `4m05s`: the run's clock at the head of a line.
fn clock(now: Millis) -> String {
    match now {
        0..60_000 => format!("{}.{}s", now / 1_000, now % 1_000 / 100),
        60_000..3_600_000 => format!("{}m{:02}s", now / 60_000, now % 60_000 / 1_000),
        _hours => format!("{}h{:02}m", now / 3_600_000, now % 3_600_000 / 60_000),
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

fn shown(value: rust_decimal::Decimal, unit: Unit) -> String {
    Value::quantity(value.round_dp(6), unit).to_string()
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
        How::Command => " (runbook approve)",
        How::Signature => " (signed)",
        How::Scripted => " (scripted)",
    };
    format!("{by}: {what}{how}")
}
