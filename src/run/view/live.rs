//! A run on a terminal: the lines of [`Lines`], and below them, always in the
//! same place, what runs right now.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::machine::Machine;
use crate::machine::event::{Activity, Event, Stamped};
use crate::plan::Millis;
use crate::problem::render::neutral::one_line;
use crate::run::activity::last_line;
use crate::run::view::gates::Gates;
use crate::run::view::lines::doing;
use crate::run::view::{Closing, Lines, View};
use crate::types::text::elapsed;

/// More than these are counted, not shown.
const MOST_ACTIVITIES: usize = 6;

/// Draws on a terminal.
#[derive(Debug)]
pub struct Live<W> {
    lines: Lines<Vec<u8>>,
    out: W,
    /// The columns of the terminal.
    width: usize,
    /// So many lines are drawn below the others now.
    drawn: usize,
    /// A person is being asked: the last lines are theirs.
    asking: bool,
    /// Where what runs prints to.
    outputs: BTreeMap<Activity, PathBuf>,
    gates: Gates,
}

impl<W: Write> Live<W> {
    pub fn new(out: W, width: usize, verbose: bool) -> Live<W> {
        Live {
            lines: Lines::new(Vec::new(), verbose),
            out,
            width: width.max(20),
            drawn: 0,
            asking: false,
            outputs: BTreeMap::new(),
            gates: Gates::default(),
        }
    }

    /// Takes the drawing away and prints what there is to print.
    fn flush_lines(&mut self) {
        self.erase();
        let text = self.lines.take();
        // A closed standard output must not end a release.
        let _ = self.out.write_all(&text);
        let _ = self.out.flush();
    }

    fn erase(&mut self) {
        for _ in 0..self.drawn {
            // Up one line, and clear it.
            let _ = self.out.write_all(b"\x1b[1A\x1b[2K");
        }
        self.drawn = 0;
    }

    fn draw(&mut self, now: Millis, machine: &Machine) {
        self.flush_lines();
        if self.asking || machine.outcome().is_some() {
            return;
        }
        for line in self.status(now, machine) {
            let line = cut(&line, self.width - 1);
            let _ = writeln!(self.out, "\x1b[2m{line}\x1b[0m");
            self.drawn += 1;
        }
        let _ = self.out.flush();
    }

    fn status(&self, now: Millis, machine: &Machine) -> Vec<String> {
        let plan = machine.plan();
        let mut status = Vec::new();
        let running: Vec<(Activity, Millis)> = machine.running().collect();
        for (activity, since) in running.iter().take(MOST_ACTIVITIES) {
            let node = &plan.nodes[activity.node.index()];
            let what = doing(node, *activity);
            let took = elapsed(now.saturating_sub(*since) / 100 * 100);
            let output = self
                .outputs
                .get(activity)
                .and_then(|place| last_line(place));
            let output = output.map_or(String::new(), |line| format!(" | {}", one_line(&line)));
            status.push(format!("  » {what} {took}{output}"));
        }
        if running.len() > MOST_ACTIVITIES {
            status.push(format!("  » and {} more", running.len() - MOST_ACTIVITIES));
        }
        for (gate, since) in self.gates.iter() {
            let node = &plan.nodes[gate.index()];
            let took = elapsed(now.saturating_sub(since) / 1_000 * 1_000);
            let words = machine.gate_progress(gate, now).join(", ");
            status.push(format!("  » gate {} {took}: {words}", node.name));
        }
        if status.is_empty()
            && let Some(wake) = machine.next_wake().filter(|wake| *wake > now)
        {
            let left = elapsed((wake - now).div_ceil(1_000) * 1_000);
            status.push(format!("  » waiting, {left} at most"));
        }
        status
    }
}

impl<W: Write> View for Live<W> {
    fn fact(&mut self, fact: &Stamped, machine: &Machine, output: Option<&Path>) {
        self.lines.fact(fact, machine, output);
        match (&fact.event, output) {
            (Event::Intended { activity }, Some(output)) => {
                self.outputs.insert(*activity, output.to_path_buf());
            }
            (Event::Ended { activity, .. }, _) => {
                self.outputs.remove(activity);
            }
            _no_activity => {}
        }
        self.gates.keep(fact.at, machine);
        self.draw(fact.at, machine);
    }

    fn opening(&mut self, run_id: &str, machine: &Machine) {
        self.lines.opening(run_id, machine);
        self.flush_lines();
    }

    fn note(&mut self, text: &str) {
        self.lines.note(text);
        self.flush_lines();
    }

    fn asking(&mut self) {
        self.flush_lines();
        self.asking = true;
    }

    fn answered(&mut self) {
        self.asking = false;
    }

    fn beat(&mut self, now: Millis, machine: &Machine) {
        self.draw(now, machine);
    }

    fn closing(&mut self, closing: &Closing<'_>) {
        self.lines.closing(closing);
        self.flush_lines();
    }
}

/// As much of a line as fits; wide characters count as they are shown.
fn cut(line: &str, width: usize) -> String {
    let mut used = 0;
    line.chars()
        .take_while(|c| {
            used += unicode_width::UnicodeWidthChar::width(*c).unwrap_or(0);
            used <= width
        })
        .collect()
}
