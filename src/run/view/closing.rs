//! The last words of a run: what failed, what was undone, what the state is
//! now, and what to do.

use serde::Serialize;

use crate::machine::event::{Outcome, Question};
use crate::machine::{Machine, Summary};
use crate::plan::{Node, NodeId, NodeKind, Plan, WayBack};
use crate::shell::word;
use crate::types::text::elapsed;

/// The end of a run.
#[derive(Debug)]
pub struct Closing<'r> {
    pub machine: &'r Machine,
    pub run_id: &'r str,
    /// The command that people run to go on with it.
    pub program: &'r str,
}

/// One line of the last words: what it is about, and the words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastWord {
    pub about: &'static str,
    pub text: String,
}

impl Closing<'_> {
    pub fn outcome(&self) -> Outcome {
        self.machine.outcome().unwrap_or(Outcome::Waiting)
    }

    /// The last lines, the most important last.
    pub fn words(&self) -> Vec<LastWord> {
        let mut words = Vec::new();
        let mut say = |about: &'static str, text: String| {
            if !text.is_empty() {
                words.push(LastWord { about, text });
            }
        };
        let summary = self.machine.summary();
        let plan = self.machine.plan();
        if let Some(headline) = self.machine.headline() {
            let about = match self.outcome() {
                Outcome::Waiting => "waiting",
                Outcome::Succeeded
                | Outcome::Stopped
                | Outcome::RolledBack
                | Outcome::RollbackIncomplete
                | Outcome::Frozen => "failed",
            };
            say(about, headline.message.clone());
        }
        for (item, why) in self.machine.failed_rounds() {
            say("tolerated", format!("{item}: {why}"));
        }
        say("undone", names(plan, &summary.undone));
        say("passed over", names(plan, &summary.passed_over));
        say("undo failed", names(plan, &summary.undo_failed));
        say("kept", self.kept(summary));
        say("left", self.left(summary));
        say("not undone", behind(plan, &summary.behind_barrier));
        say("not undone", self.done_before());
        for (_, message) in self.machine.ending_failures() {
            say("warning", message.clone());
        }
        say("remains", remains(plan, &summary.harmless));
        for hint in self.hints() {
            say("trouble", hint);
        }
        say("state", self.state(summary));
        say("next", self.next(summary));
        words
    }

    /// What is told of the troubles of the runbook that the failure looks like.
    fn hints(&self) -> Vec<String> {
        let plan = self.machine.plan();
        let Some(headline) = self.machine.headline() else {
            return Vec::new();
        };
        let file = plan.files.first().map_or("runbook", |file| &file.path);
        let troubles = plan.troubles.iter();
        troubles
            .filter(|trouble| trouble.is_like(plan, headline.node, &headline.message))
            .map(|trouble| trouble.hint(self.program, file))
            .collect()
    }

    fn kept(&self, summary: &Summary) -> String {
        if summary.kept.is_empty() {
            return String::new();
        }
        let kept = names(self.machine.plan(), &summary.kept);
        format!("{kept}: an undo that failed may still need what they did")
    }

    fn left(&self, summary: &Summary) -> String {
        if summary.left.is_empty() {
            return String::new();
        }
        let left = names(self.machine.plan(), &summary.left);
        let rule = self.machine.breached().and_then(|id| {
            let rounds = self.machine.plan().rounds_of(id.open)?;
            Some(rounds.breach.name())
        });
        let rule = rule.unwrap_or_default();
        format!("{left}: changed, and not undone (`on breach rollback {rule}`)")
    }

    /// Changes that stay because this run began behind them.
    fn done_before(&self) -> String {
        let plan = self.machine.plan();
        let stays = |node: &&Node| match node.step().map(|step| &step.way_back) {
            Some(WayBack::Block(open)) => !self.machine.block_is_undone(*open),
            _undone_by_no_other => true,
        };
        let before = plan.changed_before().filter(stays);
        let before: Vec<&str> = before.map(|it| &*it.name).collect();
        match (plan.beginning(), self.outcome()) {
            (None, _) | (_, Outcome::Succeeded | Outcome::Waiting) => String::new(),
            _ if before.is_empty() => String::new(),
            (Some(beginning), _) => {
                let before = before.join(", ");
                format!("{before}: not done by this run, which began at {beginning}")
            }
        }
    }

    fn state(&self, summary: &Summary) -> String {
        let took = elapsed(self.machine.now());
        match self.outcome() {
            Outcome::Succeeded => match self.machine.rounds_aside().count() {
                0 => format!("succeeded after {took}"),
                1 => format!("succeeded after {took}, but for one round that failed"),
                failed => format!("succeeded after {took}, but for {failed} rounds that failed"),
            },
            Outcome::Stopped if self.machine.plan().beginning().is_some() => {
                "stopped before this run changed anything".to_owned()
            }
            Outcome::Stopped => "stopped before anything was changed".to_owned(),
            Outcome::RolledBack if summary.passed_over.is_empty() => {
                format!("rolled back after {took}: every change of this run was undone")
            }
            Outcome::RolledBack => format!(
                "rolled back after {took}: every change was undone but for what was passed over"
            ),
            Outcome::RollbackIncomplete if self.only_left(summary) => {
                "stopped half-way: what was changed is left as it is, and a person is needed"
                    .to_owned()
            }
            Outcome::RollbackIncomplete => {
                "rollback incomplete: production is between two states, and a person is needed"
                    .to_owned()
            }
            Outcome::Frozen => "frozen past a point of no return: a person is needed".to_owned(),
            Outcome::Waiting if summary.undone.is_empty() => {
                "waiting: nothing new starts, and nothing was undone".to_owned()
            }
            Outcome::Waiting => "waiting: nothing new starts".to_owned(),
        }
    }

    /// Whether all that is not undone is left on purpose.
    fn only_left(&self, summary: &Summary) -> bool {
        !summary.left.is_empty() && summary.kept.is_empty() && summary.undo_failed.is_empty()
    }

    fn next(&self, summary: &Summary) -> String {
        let (program, run) = (self.program, self.run_id);
        match self.outcome() {
            Outcome::Succeeded | Outcome::Stopped | Outcome::RolledBack => String::new(),
            Outcome::RollbackIncomplete if self.only_left(summary) => {
                format!("look at it; `{program} rollback {run}` undoes what is left")
            }
            Outcome::RollbackIncomplete => {
                format!("mend the cause, then `{program} rollback {run}`")
            }
            Outcome::Frozen => next_behind_points_of_no_return(self.machine),
            Outcome::Waiting => self.ways_on(),
        }
    }

    /// What to type where a run stands still: also for what it asks, since where it
    /// runs there may be nobody who could answer.
    fn ways_on(&self) -> String {
        let (program, run) = (self.program, self.run_id);
        let ways =
            format!("`{program} resume {run}` goes on, `{program} rollback {run}` goes back");
        let Some(question) = self.machine.questions().next() else {
            return ways;
        };
        let name = word(question.name(self.machine.plan()));
        match question {
            Question::Approve { .. } => {
                format!("`{program} approve {run} {name}` lets it through; {ways}")
            }
            Question::Confirm { .. }
            | Question::GateFailed { .. }
            | Question::StepFailed { .. }
            | Question::InDoubt { .. }
            | Question::UndoFailed { .. }
            | Question::Watch(_) => {
                format!("`{program} answer {run} {name}` tells the answers; {ways}")
            }
        }
    }
}

fn name(plan: &Plan, node: NodeId) -> &str {
    &plan.nodes[node.index()].name
}

fn names(plan: &Plan, nodes: &[NodeId]) -> String {
    let names: Vec<&str> = nodes.iter().map(|node| name(plan, *node)).collect();
    names.join(", ")
}

fn behind(plan: &Plan, nodes: &[NodeId]) -> String {
    if nodes.is_empty() {
        return String::new();
    }
    format!("{}: at or before a point of no return", names(plan, nodes))
}

/// What stays because nothing needs to be undone, and why.
fn remains(plan: &Plan, nodes: &[NodeId]) -> String {
    let remaining: Vec<String> = nodes
        .iter()
        .map(|node| {
            let node = &plan.nodes[node.index()];
            match &node.kind {
                NodeKind::Step(step) => match &step.way_back {
                    WayBack::Harmless(why) => format!("{} ({why})", node.name),
                    WayBack::Own(_)
                    | WayBack::Block(_)
                    | WayBack::Irreversible { .. }
                    | WayBack::Missing => node.name.clone(),
                },
                _no_step => node.name.clone(),
            }
        })
        .collect();
    remaining.join(", ")
}

/// What to do next where a run has ended behind points of no return.
pub fn next_behind_points_of_no_return(machine: &Machine) -> String {
    let points = machine.summary().points_of_no_return.iter();
    let thens = points.filter_map(|node| then(&machine.plan().nodes[node.index()]));
    thens.collect::<Vec<&str>>().join("; ")
}

/// What to do next, should the run end behind it: of a point of no return.
fn then(node: &Node) -> Option<&str> {
    match &node.step()?.way_back {
        WayBack::Irreversible { then, .. } => Some(then),
        WayBack::Own(_) | WayBack::Block(_) | WayBack::Harmless(_) | WayBack::Missing => None,
    }
}
