//! A run as Markdown: the report of it, and the postmortem with the questions
//! that only people can answer.

use crate::machine::Machine;
use crate::machine::event::Stamped;
use crate::plan::{NodeId, Plan};
use crate::problem::render::neutral;
use crate::report::Account;
use crate::report::series::series;
use crate::report::story::story;
use crate::types::text::elapsed;

/// The report of a run.
pub fn markdown(account: &Account<'_>) -> String {
    let mut text = Text::default();
    let machine = account.machine;
    text.line(&format!("# {}", inline(&machine.plan().title)));
    text.line("");
    let started = crate::types::text::moment(account.opened);
    let mut rows = vec![
        ("Run", format!("`{}`", account.run)),
        (
            "Started",
            format!("{started} by {} on {}", account.starter, account.host),
        ),
    ];
    rows.extend(
        account
            .words
            .iter()
            .map(|(about, words)| (about.as_str(), words.clone())),
    );
    text.table(machine, account.outcome(), account.reason(), &rows);
    text.what_was_undone(machine);
    text.timeline(machine.plan(), account.facts);
    text.measurements(machine.plan(), account.facts);
    text.0
}

/// The postmortem of a run that is about to end, from its facts so far.
pub fn postmortem(machine: &Machine, facts: &[Stamped], run: &str) -> String {
    let mut text = Text::default();
    let plan = machine.plan();
    let outcome = machine
        .expected_outcome()
        .map_or("unfinished", |outcome| outcome.name());
    let reason = machine.headline().map(|headline| headline.message.as_str());
    text.line(&format!("# Postmortem: {}", inline(&plan.title)));
    text.line("");
    text.table(machine, outcome, reason, &[("Run", format!("`{run}`"))]);
    text.what_was_undone(machine);
    text.timeline(plan, facts);
    text.measurements(plan, facts);
    text.line("");
    text.line("## To be answered");
    text.line("");
    text.line("1. What went wrong?");
    text.line("2. Why was it not caught before?");
    text.line("3. How will it be prevented?");
    text.0
}

/// Markdown as it is written.
#[derive(Default)]
struct Text(String);

impl Text {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn heading(&mut self, text: &str) {
        self.line("");
        self.line(&format!("## {text}"));
        self.line("");
    }

    fn table(
        &mut self,
        machine: &Machine,
        outcome: &str,
        reason: Option<&str>,
        rows: &[(&str, String)],
    ) {
        self.line("| | |");
        self.line("| --- | --- |");
        self.line(&format!("| Outcome | {outcome} |"));
        self.line(&format!("| Reason | {} |", cell(reason.unwrap_or("none"))));
        self.line(&format!("| Took | {} |", elapsed(machine.now())));
        for (about, words) in rows {
            self.line(&format!("| {} | {} |", cell(about), cell(words)));
        }
        for parameter in &machine.plan().parameters {
            let value = cell(&parameter.value.to_string());
            self.line(&format!("| `{}` | {value} |", parameter.name));
        }
    }

    fn what_was_undone(&mut self, machine: &Machine) {
        self.heading("What was undone");
        let (plan, summary) = (machine.plan(), machine.summary());
        let lists = [
            ("Undone", &summary.undone),
            ("Passed over", &summary.passed_over),
            ("Undo failed", &summary.undo_failed),
            ("Kept, because a failed undo may need it", &summary.kept),
            ("Left, as the rule of a loop says", &summary.left),
            ("At or before a point of no return", &summary.behind_barrier),
            ("Remains, harmless", &summary.harmless),
        ];
        let mut nothing = true;
        for (item, why) in machine.failed_rounds() {
            nothing = false;
            let (item, why) = (inline(item), inline(why));
            self.line(&format!(
                "- Round {item} failed, and the others went on: {why}"
            ));
        }
        for (title, nodes) in lists {
            if !nodes.is_empty() {
                nothing = false;
                self.line(&format!("- {title}: {}", names(plan, nodes)));
            }
        }
        if nothing {
            self.line("Nothing was undone.");
        }
    }

    fn timeline(&mut self, plan: &Plan, facts: &[Stamped]) {
        self.heading("Timeline");
        self.line("| after | what |");
        self.line("| --- | --- |");
        for entry in story(plan, facts) {
            self.line(&format!(
                "| {} | {} |",
                elapsed(entry.at),
                cell(&entry.text)
            ));
        }
    }

    fn measurements(&mut self, plan: &Plan, facts: &[Stamped]) {
        self.heading("Measurements");
        let measured = series(plan, facts);
        if measured.is_empty() {
            self.line("None were taken.");
            return;
        }
        self.line("| metric | after | value |");
        self.line("| --- | --- | --- |");
        for series in &measured {
            for point in &series.points {
                let (name, at) = (&series.name, elapsed(point.at));
                let words = cell(&point.words(series.unit));
                self.line(&format!("| `{name}` | {at} | {words} |"));
            }
        }
    }
}

fn names(plan: &Plan, nodes: &[NodeId]) -> String {
    let names: Vec<String> = nodes
        .iter()
        .map(|node| format!("`{}`", plan.nodes[node.index()].name))
        .collect();
    names.join(", ")
}

/// Text on one line, that cannot become markup of a page.
fn inline(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    neutral::one_line(&words.join(" ")).replace('<', "\\<")
}

/// Text that cannot break out of a table's cell.
fn cell(text: &str) -> String {
    inline(text).replace('|', "\\|")
}
