//! A run as JSON, one object a line, for programs.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use crate::machine::Machine;
use crate::machine::event::{Event, Stamped};
use crate::plan::{Millis, NodeId};
use crate::run::view::{Closing, View};

/// Prints each fact as it stands in the journal, with the names of the nodes it
/// is about, and at the end what the run came to.
pub struct Records<W> {
    out: W,
}

impl<W> std::fmt::Debug for Records<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Records").finish_non_exhaustive()
    }
}

impl<W: Write> Records<W> {
    pub fn new(out: W) -> Records<W> {
        Records { out }
    }

    /// A closed standard output must not end a release.
    fn put(&mut self, value: &Value) {
        let _ = writeln!(self.out, "{value}");
        let _ = self.out.flush();
    }
}

impl<W: Write> View for Records<W> {
    fn fact(&mut self, fact: &Stamped, machine: &Machine, output: Option<&Path>) {
        let Ok(mut record) = serde_json::to_value(fact) else {
            return;
        };
        if let (Some(node), Value::Object(record)) = (node(&fact.event), &mut record) {
            let name = &machine.plan().nodes[node.index()].name;
            let state = machine.node_state(node);
            record.insert("name".to_owned(), json!(name));
            record.insert("state".to_owned(), json!(state));
            if let Some(output) = output {
                record.insert("output".to_owned(), json!(output));
            }
        }
        self.put(&record);
    }

    fn opening(&mut self, run_id: &str, machine: &Machine) {
        let plan = machine.plan();
        let mut opening = json!({ "run": run_id, "title": plan.title });
        if let Some(beginning) = plan.beginning() {
            let taken: Vec<&str> = plan.taken_as_done().map(|it| &*it.name).collect();
            opening["from"] = json!(beginning);
            opening["taken_as_done"] = json!(taken);
        }
        self.put(&opening);
    }

    fn note(&mut self, text: &str) {
        self.put(&json!({ "note": text }));
    }

    fn beat(&mut self, _now: Millis, _machine: &Machine) {}

    fn closing(&mut self, closing: &Closing<'_>) {
        let machine = closing.machine;
        let names = |nodes: &[NodeId]| -> Vec<&str> {
            nodes
                .iter()
                .map(|node| machine.plan().nodes[node.index()].name.as_str())
                .collect()
        };
        let summary = machine.summary();
        let failed_rounds: Vec<Value> = machine
            .failed_rounds()
            .map(|(item, why)| json!({ "item": item, "reason": why }))
            .collect();
        self.put(&json!({
            "run": closing.run_id,
            "outcome": closing.outcome().name(),
            "status": closing.outcome().exit_status(),
            "reason": machine.headline().map(|headline| &headline.message),
            "undone": names(&summary.undone),
            "passed_over": names(&summary.passed_over),
            "undo_failed": names(&summary.undo_failed),
            "kept": names(&summary.kept),
            "left": names(&summary.left),
            "failed_rounds": failed_rounds,
            "behind_barrier": names(&summary.behind_barrier),
            "harmless": names(&summary.harmless),
            "words": closing.words(),
        }));
    }
}

fn node(event: &Event) -> Option<NodeId> {
    match event {
        Event::Intended { activity } | Event::Ended { activity, .. } => Some(activity.node),
        Event::WindowSeen { gate, .. } | Event::RehearsalSeen { gate, .. } => Some(*gate),
        Event::Opened { .. }
        | Event::Sampled { .. }
        | Event::Answered { .. }
        | Event::Unanswerable { .. }
        | Event::Tick
        | Event::RollbackRequested { .. }
        | Event::PauseRequested { .. }
        | Event::Resumed { .. }
        | Event::Closed { .. } => None,
    }
}
