//! The plan as data: a line for each node, task and condition.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::functions::question;
use super::names::Names;
use super::tasks::{Body, Part, ShellTask, TaskList};
use super::text::{hundredths, pair, quoted, remarks_inside};
use super::{measures, windows};
use crate::export::comments::Comments;
use crate::export::words;
use crate::plan::graph::Graph;
use crate::plan::{
    BlockKind, EndingKind, Gate, GateCondition, GateElse, Millis, Node, NodeId, NodeKind, Output,
    Plan, Retry, Rounds, Run, Skip, StepElse, Undo, WayBack,
};

/// A pause is never longer.
const DAY: Millis = 86_400_000;

/// The plan as a table that the runtime reads.
pub fn table(plan: &Plan, names: &Names, tasks: &TaskList<'_>, comments: Comments<'_>) -> String {
    let table = Table {
        plan,
        names,
        tasks,
        endings: super::endings(plan),
        graph: has_points_of_no_return(plan).then(|| Graph::new(plan)),
    };
    let mut text = String::from(
        "# Times are in hundredths of a second.\n\
         # node NAME KIND 'WHAT MUST BE DONE BEFORE' FACTS...\n\
         # task FUNCTION NODE PART FACTS...\n\
         rb_the_plan() {\n",
    );
    for id in super::ids(plan) {
        if tasks.all_of(id).next().is_none() {
            text += &of_gate(comments, plan, id);
        }
        text += &table.node(id);
        for task in tasks.all_of(id) {
            text += &table.task(task);
        }
        match &plan.nodes[id.index()].kind {
            NodeKind::Gate(gate) => text += &table.conditions(id, gate),
            NodeKind::Open(block) => {
                if let Some(rounds) = block.rounds.as_ref().filter(|it| it.stand_apart()) {
                    text += &table.rounds(id, rounds);
                }
            }
            NodeKind::Close { .. }
            | NodeKind::Step(_)
            | NodeKind::Check(_)
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. }
            | NodeKind::Enter(_)
            | NodeKind::Leave { .. } => {}
        }
    }
    text += &windows::zone_table(plan);
    text += &measures::metric_table(plan);
    text += &measures::watch_table(plan, names, comments);
    for ending in &plan.endings {
        let name = names.node(ending.open);
        text += &format!("  ending {name} {}\n", ending_word(ending.on));
    }
    text += &format!("  rb_title_of_run={}\n", quoted(&plan.title));
    let target = plan.lock.as_deref().unwrap_or_default();
    text += &format!("  rb_target={}\n", quoted(target));
    text += &format!("  rb_release_end={}\n}}\n", table.release_end());
    text
}

/// What is said of a gate that runs nothing, and so has no function.
fn of_gate(comments: Comments<'_>, plan: &Plan, id: NodeId) -> String {
    let node = &plan.nodes[id.index()];
    if !matches!(node.kind, NodeKind::Gate(_)) {
        return String::new();
    }
    let said = [comments.above(node.origin), comments.in_statement(plan, id)].concat();
    remarks_inside(&said)
}

struct Table<'a> {
    plan: &'a Plan,
    names: &'a Names,
    tasks: &'a TaskList<'a>,
    endings: Vec<Option<NodeId>>,
    /// Where there are points of no return.
    graph: Option<Graph>,
}

fn has_points_of_no_return(plan: &Plan) -> bool {
    let mut steps = plan.nodes.iter().filter_map(Node::step);
    steps.any(|step| matches!(step.way_back, WayBack::Irreversible { .. }))
}

impl Table<'_> {
    fn release_end(&self) -> &str {
        let ends = |node: &Node| matches!(node.kind, NodeKind::Close { open } if open.0 == 0);
        super::ids(self.plan)
            .find(|id| ends(&self.plan.nodes[id.index()]))
            .map_or("", |id| self.names.node(id))
    }

    fn node(&self, id: NodeId) -> String {
        let node = &self.plan.nodes[id.index()];
        let mut facts = vec![pair("name", &node.name)];
        if let Some(title) = &node.title {
            facts.push(pair("title", title));
        }
        if let Some(ending) = self.endings[id.index()] {
            facts.push(pair("ending", self.names.node(ending)));
        }
        match &node.skip {
            Skip::No => self.facts(id, node, &mut facts),
            Skip::Yes(why) | Skip::Maybe(why) => {
                facts.push(pair("skip", why));
                if self.goes_without_saying(node) {
                    facts.push(pair("inner", "yes"));
                }
            }
            // A script is told where to begin when it is run.
            Skip::TakenAsDone(_) => {}
        }
        let needs = quoted(&self.names.list(&node.needs));
        let name = self.names.node(id);
        format!("  node {name} {} {needs} {}\n", kind(node), facts.join(" "))
    }

    /// Of something skipped: whether what it stands in or ends is, too.
    fn goes_without_saying(&self, node: &Node) -> bool {
        let around = node.block.map(|block| &self.plan.nodes[block.index()].skip);
        matches!(around, Some(Skip::Yes(_)))
            || matches!(node.kind, NodeKind::Close { .. } | NodeKind::Leave { .. })
    }

    fn facts(&self, id: NodeId, node: &Node, facts: &mut Vec<String>) {
        self.task_facts(id, facts);
        match &node.kind {
            NodeKind::Open(block) => {
                match block.kind {
                    BlockKind::Phase => facts.push(pair("block", "phase")),
                    BlockKind::Ending => facts.push(pair("block", "ending")),
                    BlockKind::File | BlockKind::Parallel | BlockKind::For => {}
                }
                if let Some(at) = block.at {
                    let hundredths = at.0.div_euclid(10);
                    facts.push(pair("at", &hundredths.to_string()));
                }
                self.undo("undo", block.undo.as_ref(), facts);
            }
            NodeKind::Step(step) => {
                if step.repeatable {
                    facts.push(pair("repeatable", "yes"));
                }
                if step.atomic {
                    facts.push(pair("atomic", "yes"));
                }
                self.otherwise(step.otherwise, facts);
                self.way_back(&step.way_back, facts);
                if let Some(graph) = &self.graph
                    && matches!(step.way_back, WayBack::Irreversible { .. })
                {
                    let mut guards = self.plan.guards(graph, id);
                    guards.retain(|gate| !self.plan.nodes[gate.index()].skip.is_skipped());
                    facts.push(pair("guards", &self.names.list(&guards)));
                }
            }
            NodeKind::Check(check) => self.otherwise(check.otherwise, facts),
            NodeKind::Enter(enter) => {
                self.undo("undo", enter.undo.as_ref(), facts);
                self.undo("leaveundo", Some(&enter.leave), facts);
                if let Some(leave) = self.plan.close_of(id) {
                    facts.push(pair("leave", self.names.node(leave)));
                }
            }
            NodeKind::Gate(gate) => {
                if let Some(limit) = gate.timeout {
                    facts.push(pair("limit", &hundredths(limit).to_string()));
                }
                if gate.checklist {
                    facts.push(pair("checklist", "yes"));
                }
                facts.push(pair("else", gate_else(gate.otherwise)));
            }
            NodeKind::Notify { .. } | NodeKind::Postmortem { .. } => {
                facts.push(pair("else", "continue"));
            }
            NodeKind::Close { open: begin } | NodeKind::Leave { enter: begin } => {
                facts.push(pair("ends", self.names.node(*begin)));
            }
        }
    }

    /// A loop of which some rounds may be undone and the others not.
    fn rounds(&self, open: NodeId, rounds: &Rounds) -> String {
        let own = self.names.node(open);
        let (tolerate, rule) = (rounds.tolerate, self.plan.breach_of(open).name());
        let mut text = format!("    loop {own} {tolerate} {rule}\n");
        for (number, round) in (1..).zip(&rounds.rounds) {
            let nodes: Vec<NodeId> = round.nodes().collect();
            let nodes = quoted(&self.names.list(&nodes));
            let (batch, item) = (round.batch, quoted(&round.item));
            let bound = match self.plan.bound_to_others(round) {
                Some(_) => " bound",
                None => "",
            };
            text += &format!("      round {own}_{number} {own} {batch} {nodes} {item}{bound}\n");
        }
        text
    }

    /// What a node runs, and begins with.
    fn task_facts(&self, id: NodeId, facts: &mut Vec<String>) {
        let captures: Vec<&str> = self.part(id, Part::Capture);
        let probe = self.part(id, Part::Probe);
        let run = self.part(id, Part::Forward);
        let undos = self.part(id, Part::Undo);
        for (fact, tasks) in [
            ("run", &run),
            ("captures", &captures),
            ("probe", &probe),
            ("undos", &undos),
        ] {
            if !tasks.is_empty() {
                facts.push(pair(fact, &tasks.join(" ")));
            }
        }
        if let Some(first) = captures.first().or(probe.first()) {
            facts.push(pair("first", first));
        }
    }

    fn part(&self, id: NodeId, part: Part) -> Vec<&str> {
        let tasks = self.tasks.of_node(id, part);
        tasks.map(|task| task.name.as_str()).collect()
    }

    fn undo(&self, fact: &str, undo: Option<&Undo>, facts: &mut Vec<String>) {
        if let Some(task) = undo.and_then(|undo| self.tasks.undo_of(undo)) {
            facts.push(pair(fact, &task.name));
        }
    }

    fn otherwise(&self, otherwise: StepElse, facts: &mut Vec<String>) {
        let word = match otherwise {
            StepElse::Rollback => return,
            StepElse::Continue => "continue",
            StepElse::Stop => "stop",
            StepElse::Ask => "ask",
        };
        facts.push(pair("else", word));
    }

    fn way_back(&self, way: &WayBack, facts: &mut Vec<String>) {
        match way {
            WayBack::Own(undo) => {
                facts.push(pair("back", "own"));
                self.undo("undo", Some(undo), facts);
            }
            WayBack::Block(open) => {
                facts.push(pair("back", &format!("block:{}", self.names.node(*open))));
            }
            WayBack::Harmless(why) => {
                facts.push(pair("back", "harmless"));
                facts.push(pair("why", why));
            }
            WayBack::Irreversible { why, then } => {
                facts.push(pair("back", "irreversible"));
                facts.push(pair("why", why));
                facts.push(pair("whatnext", then));
            }
            WayBack::Missing => {}
        }
    }

    fn task(&self, task: &ShellTask<'_>) -> String {
        let mut facts = vec![pair("label", &task.label)];
        let named = |at: usize| self.tasks.all[at].name.as_str();
        if let Some(limit) = task.limit {
            facts.push(pair("limit", &hundredths(limit).to_string()));
        }
        retry(&task.retry, &mut facts);
        for (fact, other) in [
            ("then", task.then),
            ("verify", task.verify),
            ("verifies", task.verifies),
            ("else", task.otherwise),
        ] {
            if let Some(other) = other {
                facts.push(pair(fact, named(other)));
            }
        }
        if task.best_effort {
            facts.push(pair("best", "yes"));
        }
        if let Some(condition) = task.condition {
            facts.push(pair(
                "condition",
                &self.condition_name(task.node, condition),
            ));
        }
        match task.body {
            Body::Task(run) => {
                if matches!(run.run, Run::Http(_)) {
                    facts.push(pair("request", "yes"));
                }
                outputs(&run.outputs, &mut facts);
            }
            Body::Capture(capture) => facts.push(pair("gives", &capture.name)),
            Body::Messages(_) | Body::Postmortem(_) => {}
            Body::SameAs(other) => facts.push(pair("run", named(other))),
        }
        let (name, node, part) = (&task.name, self.names.node(task.node), task.part.word());
        format!("    task {name} {node} {part} {}\n", facts.join(" "))
    }

    fn condition_name(&self, gate: NodeId, index: usize) -> String {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        self.names.condition(gate, index)
    }

    fn conditions(&self, id: NodeId, gate: &Gate) -> String {
        let mut text = String::new();
        for (index, condition) in gate.conditions.iter().enumerate() {
            let name = self.condition_name(id, index);
            let (kind, facts) = self.condition(id, index, condition);
            let gate = self.names.node(id);
            text += &format!("    condition {name} {gate} {kind} {}\n", facts.join(" "));
            if let GateCondition::Hold { condition, .. } | GateCondition::Until { condition, .. } =
                condition
            {
                text += &measures::condition_table(self.plan, &name, condition);
            }
            if let GateCondition::Window(window) = condition {
                let spans = windows::window_table(window).unwrap_or_default();
                for span in spans {
                    text += &format!("      span {name} {span}\n");
                }
            }
        }
        text
    }

    fn condition(
        &self,
        id: NodeId,
        index: usize,
        condition: &GateCondition,
    ) -> (&'static str, Vec<String>) {
        match condition {
            GateCondition::Confirm { text } => {
                let words = words::template_text(self.plan, text);
                let mut facts = vec![pair("words", &words)];
                if text.reads_steps() {
                    facts.push(pair("asks", &question(&self.condition_name(id, index))));
                }
                ("confirm", facts)
            }
            GateCondition::Approve {
                role,
                members,
                count,
                or_starter,
                ..
            } => {
                let mut facts = vec![
                    pair(
                        "words",
                        &format!(
                            "{count} {} of {role} ({})",
                            if *count == 1 { "approval" } else { "approvals" },
                            members.join(", ")
                        ),
                    ),
                    pair("members", &members_words(members)),
                    pair("role", role),
                    pair("count", &count.to_string()),
                ];
                if *or_starter {
                    facts.push(pair("orstarter", "yes"));
                }
                ("approve", facts)
            }
            GateCondition::Wait(wait) => {
                ("wait", vec![pair("for", &hundredths(*wait).to_string())])
            }
            GateCondition::Check { title, .. } => {
                let mut facts = vec![pair("words", &words::template_text(self.plan, title))];
                let mut checks = self.tasks.of_node(id, Part::GateCheck);
                if let Some(task) = checks.find(|task| task.condition == Some(index)) {
                    facts.push(pair("task", &task.name));
                }
                ("check", facts)
            }
            GateCondition::Window(window) => {
                let words = format!("window `{}`", window.name);
                ("window", vec![pair("words", &words)])
            }
            GateCondition::Hold {
                condition,
                lasting,
                every,
                tolerate,
            } => {
                let mut facts = vec![
                    pair("for", &lasting.div_ceil(10).to_string()),
                    pair("every", &hundredths(*every).to_string()),
                    pair("tolerate", &tolerate.to_string()),
                ];
                facts.extend(measures::facts(self.plan, condition));
                ("hold", facts)
            }
            GateCondition::Until {
                condition,
                within,
                every,
            } => {
                let mut facts = vec![
                    pair("for", &within.div_ceil(10).to_string()),
                    pair("every", &hundredths(*every).to_string()),
                ];
                facts.extend(measures::facts(self.plan, condition));
                ("until", facts)
            }
            GateCondition::Rehearsed { on, within } => {
                let facts = vec![
                    pair("words", &format!("a rehearsal on `{on}`")),
                    pair("on", on),
                    pair("within", &within.div_ceil(1_000).to_string()),
                ];
                ("rehearsed", facts)
            }
        }
    }
}

/// Names with blanks in them stay one word.
fn members_words(members: &[String]) -> String {
    let words: Vec<String> = members
        .iter()
        .map(|member| member.replace(char::is_whitespace, "\u{1f}"))
        .collect();
    words.join(" ")
}

fn outputs(outputs: &[Output], facts: &mut Vec<String>) {
    if outputs.is_empty() {
        return;
    }
    let names: Vec<&str> = outputs.iter().map(|it| it.name.as_str()).collect();
    facts.push(pair("gives", &names.join(" ")));
    let must = outputs.iter().filter(|it| it.default.is_none());
    let must: Vec<&str> = must.map(|it| it.name.as_str()).collect();
    if !must.is_empty() {
        facts.push(pair("must", &must.join(" ")));
    }
}

fn retry(retry: &Retry, facts: &mut Vec<String>) {
    match retry {
        Retry::Never => {}
        Retry::Times {
            times,
            every,
            backoff,
        } => {
            facts.push(pair("retry", &times.to_string()));
            facts.push(pair("every", &hundredths(*every).to_string()));
            if *backoff != Decimal::ONE {
                let pauses = pauses(*times, *every, *backoff).into_iter();
                let pauses: Vec<String> = pauses.map(|it| hundredths(it).to_string()).collect();
                facts.push(pair("pauses", &pauses.join(" ")));
            }
        }
        Retry::Within { limit, every } => {
            facts.push(pair("within", &hundredths(*limit).to_string()));
            facts.push(pair("every", &hundredths(*every).to_string()));
        }
    }
}

/// The pause after each attempt, until they are a day long.
pub fn pauses(times: u32, every: Millis, backoff: Decimal) -> Vec<Millis> {
    let mut pauses = Vec::new();
    let mut pause = Decimal::from(every);
    while pauses.len() < times as usize && pause < Decimal::from(DAY) {
        pauses.push(pause.to_u64().unwrap_or(DAY));
        pause = pause.checked_mul(backoff).unwrap_or(Decimal::from(DAY));
    }
    pauses
}

fn kind(node: &Node) -> &'static str {
    match &node.kind {
        NodeKind::Open(_) => "open",
        NodeKind::Close { .. } => "close",
        NodeKind::Step(_) => "step",
        NodeKind::Check(_) => "check",
        NodeKind::Gate(_) => "gate",
        NodeKind::Notify { .. } => "notify",
        NodeKind::Postmortem { .. } => "postmortem",
        NodeKind::Enter(_) => "enter",
        NodeKind::Leave { .. } => "leave",
    }
}

fn gate_else(otherwise: GateElse) -> &'static str {
    match otherwise {
        GateElse::Abort => "abort",
        GateElse::Rollback => "rollback",
        GateElse::Continue => "continue",
        GateElse::Ask => "ask",
    }
}

fn ending_word(on: EndingKind) -> &'static str {
    match on {
        EndingKind::Success => "success",
        EndingKind::Rollback => "rollback",
        EndingKind::Stuck => "stuck",
        EndingKind::Failure => "failure",
        EndingKind::Always => "always",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_day() {
        assert_eq!(pauses(3, 100, Decimal::TWO), [100, 200, 400]);
        let long = pauses(u32::MAX, 1_000, Decimal::TWO);
        assert!(long.len() < 30 && long.iter().all(|pause| *pause < DAY));
    }
}
