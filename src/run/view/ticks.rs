//! Checks by hand, as a table of ticks and crosses.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use crate::machine::event::{Completion, Event, Part, Stamped};
use crate::machine::{Machine, NodeState};
use crate::plan::{Millis, Node, NodeId, NodeKind, Plan};
use crate::problem::render::neutral::one_line;
use crate::run::view::marks::{LAST_LINES, Mark, last_lines};
use crate::run::view::{Closing, View};
use crate::types::text::elapsed;

/// Names longer than this do not widen the table.
const WIDEST: usize = 40;

/// Prints a line a check, and how many passed.
pub struct Ticks<W> {
    out: W,
    verbose: bool,
    width: usize,
    begun: BTreeMap<NodeId, Millis>,
    /// Why the last attempt of a check failed.
    whys: BTreeMap<NodeId, String>,
    states: BTreeMap<NodeId, NodeState>,
}

impl<W> std::fmt::Debug for Ticks<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ticks").finish_non_exhaustive()
    }
}

impl<W: Write> Ticks<W> {
    pub fn new(out: W, verbose: bool) -> Ticks<W> {
        Ticks {
            out,
            verbose,
            width: 0,
            begun: BTreeMap::new(),
            whys: BTreeMap::new(),
            states: BTreeMap::new(),
        }
    }

    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
        let _ = self.out.flush();
    }

    fn row(&mut self, mark: Mark, label: &str, text: &str) {
        let (style, sign) = (mark.style(), mark.sign());
        let text = one_line(text);
        let gap = " ".repeat(self.width.saturating_sub(label.chars().count()));
        self.line(&format!("  {style}{sign}{style:#} {label}{gap}  {text}"));
    }

    fn output(&mut self, output: Option<&Path>, lines: usize) {
        let printed = output.map(|it| last_lines(it, lines));
        for printed in printed.into_iter().flatten() {
            if printed.left_out > 0 {
                let more = printed.left_out;
                self.line(&format!(
                    "      | … {more} more lines: `--verbose` shows them"
                ));
            }
            for line in printed.lines {
                self.line(&format!("      | {line}"));
            }
        }
    }

    fn changed(&mut self, fact: &Stamped, machine: &Machine, output: Option<&Path>) {
        for (id, node) in checks(machine.plan()) {
            let state = machine.node_state(id);
            if self.states.insert(id, state) == Some(state) {
                continue;
            }
            let begun = *self.begun.entry(id).or_insert(fact.at);
            let took = elapsed(fact.at.saturating_sub(begun));
            let why = self.whys.get(&id).cloned().unwrap_or_default();
            match state {
                NodeState::Running => {
                    self.begun.insert(id, begun);
                }
                NodeState::Done | NodeState::AlreadyDone => {
                    self.row(Mark::Good, &label(node), &took);
                    if self.verbose {
                        self.output(output, usize::MAX);
                    }
                }
                NodeState::Retrying => {
                    self.row(
                        Mark::Wait,
                        &label(node),
                        &format!("{why}; it is tried again"),
                    );
                }
                NodeState::PassedOver | NodeState::Failed => {
                    self.row(Mark::Bad, &label(node), &why);
                    self.output(output, if self.verbose { usize::MAX } else { LAST_LINES });
                }
                NodeState::Skipped => self.row(Mark::Skip, &label(node), "skipped by its `when`"),
                NodeState::Cancelled => self.row(Mark::Warn, &label(node), "was ended"),
                NodeState::Waiting
                | NodeState::Scheduled
                | NodeState::Asking
                | NodeState::Undoing
                | NodeState::Undone
                | NodeState::UndoFailed => {
                    self.begun.remove(&id);
                }
            }
        }
    }
}

impl<W: Write> View for Ticks<W> {
    fn opening(&mut self, _run_id: &str, machine: &Machine) {
        let plan = machine.plan();
        let widths = checks(plan).map(|(_, node)| label(node).chars().count());
        self.width = widths.max().unwrap_or(0).min(WIDEST);
        let title = one_line(&plan.title).into_owned();
        self.line(&title);
    }

    fn fact(&mut self, fact: &Stamped, machine: &Machine, output: Option<&Path>) {
        if let Event::Ended {
            activity, result, ..
        } = &fact.event
            && activity.part == Part::Forward
        {
            let why = match result {
                Completion::Failed(failure) => failure.message.clone(),
                Completion::TimedOut => "took too long and was ended".to_owned(),
                Completion::InDoubt => "nobody knows how it ended".to_owned(),
                Completion::Ok | Completion::Cancelled => String::new(),
            };
            self.whys.insert(activity.node, why);
        }
        self.changed(fact, machine, output);
    }

    fn note(&mut self, text: &str) {
        let text = one_line(text).into_owned();
        self.line(&text);
    }

    fn beat(&mut self, _now: Millis, _machine: &Machine) {}

    fn closing(&mut self, closing: &Closing<'_>) {
        let machine = closing.machine;
        let count = |wanted: &[NodeState]| {
            let states = checks(machine.plan()).map(|(id, _)| machine.node_state(id));
            states.filter(|it| wanted.contains(it)).count()
        };
        let passed = count(&[NodeState::Done, NodeState::AlreadyDone]);
        let failed = count(&[NodeState::PassedOver, NodeState::Failed]);
        let all = checks(machine.plan()).count();
        let mut text = format!("{passed} of {all} passed");
        if failed > 0 {
            text += &format!(", {failed} failed");
        }
        if all > passed + failed {
            text += &format!(", {} did not run", all - passed - failed);
        }
        self.line(&text);
    }
}

fn checks(plan: &Plan) -> impl Iterator<Item = (NodeId, &Node)> {
    let nodes = plan.nodes.iter().enumerate();
    nodes
        .filter(|(_, node)| matches!(node.kind, NodeKind::Check(_)))
        .map(|(index, node)| (NodeId(u32::try_from(index).unwrap_or(u32::MAX)), node))
}

fn label(node: &Node) -> String {
    let text = match &node.title {
        Some(title) => format!("{}: {title}", node.name),
        None => node.name.clone(),
    };
    one_line(&text).into_owned()
}
