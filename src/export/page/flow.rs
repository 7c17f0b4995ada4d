//! What is done, in its order.

use super::shell::{commands, kept, noted, sending};
use super::{Part, Word, Words, Writer, paragraphs, plain, strong};
use crate::export::outline::is_item;
use crate::export::{in_order, words};
use crate::plan::{
    BlockKind, ChannelKind, Check, Enter, Gate, GateCondition, Message, Node, NodeId, NodeKind,
    Plan, Run, Step, StepElse, Task, Undo, WayBack,
};

impl Writer<'_> {
    pub(super) fn release(&mut self) {
        let mut open: Vec<NodeId> = Vec::new();
        for id in in_order(self.plan) {
            let node = &self.plan.nodes[id.index()];
            if self.plan.ending_of(id).is_some() || matches!(node.kind, NodeKind::Close { .. }) {
                continue;
            }
            let around = self.plan.blocks_around(id);
            let common = open.iter().zip(&around).take_while(|(a, b)| a == b).count();
            self.after(&open[common..], &around[common..]);
            for block in &around[common..] {
                self.block(*block);
            }
            open = around;
            if is_item(node) {
                let item = self.item(id, node);
                self.parts.push(item);
            }
        }
    }

    /// What comes after a block must not seem to stand in it.
    fn after(&mut self, closed: &[NodeId], opened: &[NodeId]) {
        let level = |blocks: &[NodeId]| {
            let mut blocks = blocks.iter().map(|id| &self.plan.nodes[id.index()]);
            blocks.find_map(|node| {
                let name = words::block_name(node.opened()?.kind, &node.name);
                heading_level(self.plan, node).map(|level| (level, name))
            })
        };
        let Some((of_closed, name)) = level(closed) else {
            return;
        };
        if level(opened).is_none_or(|(it, _)| it > of_closed) {
            let head = format!("After {name}");
            self.parts.push(Part::Heading(of_closed, head));
        }
    }

    fn block(&mut self, id: NodeId) {
        let node = &self.plan.nodes[id.index()];
        let NodeKind::Open(block) = &node.kind else {
            return;
        };
        let Some(level) = heading_level(self.plan, node) else {
            self.block_undo(id);
            return;
        };
        let name = words::block_name(block.kind, &node.name);
        let head = match &node.title {
            Some(title) => format!("{title} ({name})"),
            None => name,
        };
        self.parts.push(Part::Heading(level, head));
        let at = block.at.map(|at| format!("at {}", words::moment(at)));
        let rounds = words::rounds(block);
        let together = (block.kind == BlockKind::Parallel).then(|| "all at the same time".into());
        let remarks = [at, rounds, together, words::skip(&node.skip)];
        self.remarks(remarks.into_iter().flatten().collect());
        let said = self.said(id);
        self.parts.extend(said);
        self.block_undo(id);
    }

    /// A sentence of remarks, if there are any.
    fn remarks(&mut self, remarks: Vec<String>) {
        self.parts.extend(remark(&remarks));
    }

    fn block_undo(&mut self, open: NodeId) {
        let block = self.plan.nodes[open.index()].opened();
        if let Some(undo) = block.and_then(|it| it.undo.as_ref()) {
            let parts = self.undo("Undo of all of it:", undo);
            self.parts.extend(parts);
        }
    }

    /// One thing to do, with a box to tick.
    pub(super) fn item(&self, id: NodeId, node: &Node) -> Part {
        let number = self.numbers[id.index()].map(|number| format!("{number}. "));
        let name = self.item_name(node);
        let mut head = strong(number.unwrap_or_default() + &name);
        if let Some(title) = &node.title {
            head.push(Word::Plain(format!(" {title}")));
        }
        if let Some(skip) = words::skip(&node.skip) {
            head.push(Word::Plain(format!(" – {skip}")));
        }
        let below = match node.skip.is_skipped() {
            true => Vec::new(),
            false => {
                let mut below = self.said(id);
                below.extend(self.below(id, node));
                below
            }
        };
        Part::Item(head, below)
    }

    /// What the author says of a statement.
    fn said(&self, id: NodeId) -> Vec<Part> {
        let lines = self.said.nodes.get(&id);
        lines.map_or_else(Vec::new, |lines| paragraphs(lines))
    }

    fn item_name(&self, node: &Node) -> String {
        let word = match &node.kind {
            NodeKind::Step(_) => "step",
            NodeKind::Check(_) => "check",
            NodeKind::Gate(gate) if gate.checklist => "checklist",
            NodeKind::Gate(_) => "gate",
            NodeKind::Enter(_) => "with",
            NodeKind::Leave { enter } => {
                return format!("leave {}", self.plan.nodes[enter.index()].name);
            }
            NodeKind::Notify { messages } => {
                let messages = words::messages(self.plan, messages);
                return format!("notify {}", messages.join(", "));
            }
            NodeKind::Postmortem { path } => {
                return format!("postmortem {}", words::template_text(self.plan, path));
            }
            NodeKind::Open(_) | NodeKind::Close { .. } => "block",
        };
        format!("{word} {}", node.name)
    }

    fn below(&self, id: NodeId, node: &Node) -> Vec<Part> {
        let mut parts = match &node.kind {
            NodeKind::Step(step) => self.step(id, step),
            NodeKind::Check(check) => self.check(check),
            NodeKind::Gate(gate) => self.gate(gate),
            NodeKind::Enter(enter) => self.enter(enter),
            NodeKind::Leave { enter } => self.leave(*enter),
            NodeKind::Notify { messages } => self.messages(messages),
            NodeKind::Postmortem { .. } | NodeKind::Open(_) | NodeKind::Close { .. } => Vec::new(),
        };
        parts.extend(self.way_back(id));
        parts
    }

    fn step(&self, id: NodeId, step: &Step) -> Vec<Part> {
        let mut parts = Vec::new();
        for capture in &step.captures {
            let text = format!("Note this first{}:", on_its_host(&capture.task));
            parts.push(Part::Text(plain(text)));
            let (shell, text) = noted(self.plan, &capture.name, &capture.task);
            parts.push(Part::Commands(shell, text));
        }
        if let Some(probe) = &step.done_when {
            let on = on_its_host(probe);
            let text = format!("Already done, and left out, if this succeeds{on}:");
            parts.push(Part::Text(plain(text)));
            parts.push(self.commands(probe));
        }
        let (task, retry) = (&step.task, &step.retry);
        let mut remarks = words::limits(task.timeout, retry);
        remarks.extend(step.repeatable.then(|| "may be repeated".to_owned()));
        remarks.extend(words::step_else(step.otherwise).map(str::to_owned));
        parts.extend(self.task(task, remarks));
        let kept = kept(self.plan, id);
        if !kept.is_empty() {
            parts.push(Part::Text(plain("Note what it gave, for later commands:")));
            parts.push(Part::Commands("sh", kept));
        }
        parts.extend(self.step_undo(step));
        parts
    }

    fn step_undo(&self, step: &Step) -> Vec<Part> {
        match &step.way_back {
            WayBack::Own(undo) => self.undo("Undo:", undo),
            WayBack::Block(open) => {
                let block = &self.plan.nodes[open.index()];
                let whole = match block.block {
                    Some(_) => block.name.as_str(),
                    None => "everything",
                };
                vec![Part::Text(plain(format!("Undone with {whole}.")))]
            }
            WayBack::Harmless(why) => {
                vec![Part::Text(plain(ended(&format!("Nothing to undo: {why}"))))]
            }
            WayBack::Irreversible { why, then } => {
                let mut text = strong("Point of no return");
                let (why, then) = (ended(why), ended(then));
                text.push(Word::Plain(format!(": {why} Then: {then}")));
                vec![Part::Text(text)]
            }
            WayBack::Missing => vec![Part::Text(strong("No way back"))],
        }
    }

    fn check(&self, check: &Check) -> Vec<Part> {
        let mut remarks = words::limits(check.task.timeout, &check.retry);
        if check.otherwise != StepElse::Rollback {
            remarks.extend(words::step_else(check.otherwise).map(str::to_owned));
        }
        self.task(&check.task, remarks)
    }

    fn enter(&self, enter: &Enter) -> Vec<Part> {
        let remarks = words::limits(enter.task.timeout, &enter.retry);
        let mut parts = self.task(&enter.task, remarks);
        parts.extend(self.undo(
            "Left on every path, also when something fails:",
            &enter.leave,
        ));
        if let Some(undo) = &enter.undo {
            parts.extend(self.undo("Undo of all that is done in it:", undo));
        }
        parts
    }

    fn leave(&self, enter: NodeId) -> Vec<Part> {
        let NodeKind::Enter(enter) = &self.plan.nodes[enter.index()].kind else {
            return Vec::new();
        };
        let first = enter.leave.attempts.first();
        first.map_or_else(Vec::new, |it| {
            let limits = words::limits(it.task.timeout, &it.retry);
            self.task(&it.task, limits)
        })
    }

    fn messages(&self, messages: &[u32]) -> Vec<Part> {
        let messages = messages.iter();
        let messages = messages.filter_map(|at| self.plan.messages.get(*at as usize));
        messages.flat_map(|it| self.message(it)).collect()
    }

    /// A text, and the commands that send it somewhere.
    fn message(&self, message: &Message) -> Vec<Part> {
        let text = words::template_text(self.plan, &message.text);
        let mut parts = vec![Part::Commands("text", text.trim_end().to_owned())];
        let channels = message.channels.iter();
        for channel in channels.filter_map(|at| self.plan.channels.get(*at as usize)) {
            if let ChannelKind::Command(task) = &channel.kind {
                let (shell, commands) = sending(self.plan, task);
                let text = format!("To {}:", channel.name);
                parts.push(Part::Text(plain(text)));
                parts.push(Part::Commands(shell, commands));
            }
        }
        parts
    }

    fn gate(&self, gate: &Gate) -> Vec<Part> {
        let conditions = gate.conditions.iter();
        let mut parts: Vec<Part> = conditions.map(|it| self.condition(gate, it)).collect();
        let limit = gate
            .timeout
            .map(|limit| format!("Within {}, ", words::millis(limit)));
        let otherwise = words::gate_else(gate.otherwise);
        let sentence = limit.unwrap_or_default() + otherwise;
        parts.push(Part::Text(plain(capitalised(&sentence) + ".")));
        parts
    }

    fn condition(&self, gate: &Gate, condition: &GateCondition) -> Part {
        match condition {
            GateCondition::Confirm { text } => {
                let text = words::template_text(self.plan, text);
                Part::Item(plain(text), Vec::new())
            }
            GateCondition::Check { title, check } => {
                let title = words::template_text(self.plan, title);
                Part::Item(plain(title), self.check(check))
            }
            GateCondition::Approve { .. }
            | GateCondition::Window(_)
            | GateCondition::Wait(_)
            | GateCondition::Hold { .. }
            | GateCondition::Until { .. }
            | GateCondition::Rehearsed { .. } => {
                let one = Gate {
                    conditions: vec![condition.clone()],
                    ..gate.clone()
                };
                let words = words::gate(self.plan, &one).join(" ");
                Part::Item(plain(words), Vec::new())
            }
        }
    }

    pub(super) fn commands(&self, task: &Task) -> Part {
        let (shell, text) = commands(self.plan, task);
        Part::Commands(shell, text)
    }

    /// What a task runs, where, for how long, and what it must print.
    pub(super) fn task(&self, task: &Task, mut remarks: Vec<String>) -> Vec<Part> {
        remarks.splice(0..0, task.host.iter().map(|host| format!("on {host}")));
        if let Run::Http(request) = &task.run {
            remarks.extend(words::answer(request));
        }
        remarks.extend(words::expectations(&task.expect));
        remarks.extend(task.outputs.iter().map(words::output));
        let mut parts = vec![self.commands(task)];
        parts.extend(remark(&remarks));
        parts
    }

    pub(super) fn undo(&self, word: &str, undo: &Undo) -> Vec<Part> {
        let mut parts = Vec::new();
        for (at, attempt) in undo.attempts.iter().enumerate() {
            let word = match (at, &attempt.why) {
                (0, _) => word.to_owned(),
                (_, Some(why)) => format!("If that fails ({why}):"),
                (_, None) => "If that fails:".to_owned(),
            };
            parts.push(Part::Text(strong(word)));
            let said = self.said.undos.get(&(undo.origin.file, undo.origin.start));
            if let Some(lines) = said.filter(|_| at == 0) {
                parts.extend(paragraphs(lines));
            }
            let limits = words::limits(attempt.task.timeout, &attempt.retry);
            parts.extend(self.task(&attempt.task, limits));
            if let Some(verify) = &attempt.verify {
                let text = format!("It has worked if this succeeds{}:", on_its_host(verify));
                parts.push(Part::Text(plain(text)));
                parts.push(self.commands(verify));
            }
        }
        if undo.best_effort {
            let text = "If it fails, the rest of the way back goes on.";
            parts.push(Part::Text(plain(text)));
        }
        parts
    }

    /// The way back from a node, where it is another one than before.
    fn way_back(&self, id: NodeId) -> Option<Part> {
        let way = self.ways.get(&id)?;
        let mut text: Words = strong("Way back from here");
        let names = self.return_names(way);
        let limit = way.at_most(self.plan).filter(|limit| *limit > 0);
        let limit = limit.map(|limit| format!(" (at most {})", words::millis(limit)));
        let words = match names.is_empty() {
            true => ": nothing to undo.".to_owned(),
            false => format!(": {}{}.", names.join(", then "), limit.unwrap_or_default()),
        };
        text.push(Word::Plain(words));
        Some(Part::Text(text))
    }
}

/// Of what stands above the things in a block.
fn heading_level(plan: &Plan, node: &Node) -> Option<u8> {
    let outer = node
        .block
        .map_or_else(Vec::new, |it| plan.blocks_around(it));
    let mut outer = outer
        .iter()
        .filter_map(|it| plan.nodes[it.index()].opened());
    match node.opened()?.kind {
        BlockKind::File | BlockKind::Ending => None,
        BlockKind::Phase if outer.all(|it| it.kind == BlockKind::File) => Some(2),
        BlockKind::Phase | BlockKind::Parallel | BlockKind::For => Some(3),
    }
}

/// A sentence of remarks, if there are any.
fn remark(remarks: &[String]) -> Option<Part> {
    if remarks.is_empty() {
        return None;
    }
    let sentence = capitalised(&remarks.join(", ")) + ".";
    Some(Part::Text(plain(sentence)))
}

/// A sentence with its end, which its author may have written.
pub(super) fn ended(text: &str) -> String {
    match text.ends_with(['.', '!', '?']) {
        true => text.to_owned(),
        false => format!("{text}."),
    }
}

/// ` on web1`, where it does not run here.
fn on_its_host(task: &Task) -> String {
    let host = task.host.as_ref();
    host.map_or(String::new(), |host| format!(" on {host}"))
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
