//! One numbered item of an outline: what runs, its limits, its way back.

use super::{BELOW, Outline};
use crate::export::words;
use crate::plan::{
    Check, Enter, Gate, Node, NodeId, NodeKind, Plan, Step, Task, Undo, UndoAttempt, WayBack,
};
use crate::problem::render::neutral;

impl Outline<'_> {
    pub(super) fn item(&mut self, id: NodeId, node: &Node, depth: usize) {
        let number = self.numbers[id.index()].map_or(String::new(), |n| n.to_string());
        let mut head = self
            .emphasis
            .bold(&neutral::one_line(&self.item_name(node)));
        if let Some(title) = &node.title {
            head += &format!(": {}", neutral::one_line(title));
        }
        if let Some(after) = self.after(id, node) {
            head += &format!(", {}", neutral::one_line(&after));
        }
        if let Some(skip) = words::skip(&node.skip) {
            let skip = neutral::one_line(&skip).into_owned();
            let head = self.emphasis.faint(&format!("{head}, {skip}"));
            self.styled(depth, &format!("{number:>4}  {head}"));
            return;
        }
        self.styled(depth, &format!("{number:>4}  {head}"));
        self.body(id, node, depth + BELOW);
    }

    fn body(&mut self, id: NodeId, node: &Node, depth: usize) {
        match &node.kind {
            NodeKind::Step(step) => self.step(step, depth),
            NodeKind::Check(check) => self.check(check, depth),
            NodeKind::Gate(gate) => self.gate(gate, depth),
            // Their heads say it all.
            NodeKind::Notify { .. } | NodeKind::Postmortem { .. } => {}
            NodeKind::Enter(enter) => self.enter(id, enter, depth),
            NodeKind::Leave { enter } => {
                if let NodeKind::Enter(enter) = &self.plan.nodes[enter.index()].kind {
                    for attempt in enter.leave.attempts.iter().take(1) {
                        self.task(depth, "", &attempt.task);
                    }
                }
            }
            NodeKind::Open(_) | NodeKind::Close { .. } => {}
        }
        self.way_back(id, depth);
    }

    fn step(&mut self, step: &Step, depth: usize) {
        for capture in &step.captures {
            self.task(depth, &format!("note {}  ", capture.name), &capture.task);
        }
        if let Some(probe) = &step.done_when {
            self.task(depth, "done when  ", probe);
        }
        self.task(depth, "", &step.task);
        let mut remarks = words::limits(step.task.timeout, &step.retry);
        remarks.extend(step.repeatable.then(|| "repeatable".to_owned()));
        remarks.extend(step.atomic.then(|| "all or nothing".to_owned()));
        remarks.extend(words::step_else(step.otherwise).map(str::to_owned));
        self.remarks(depth, &remarks);
        match &step.way_back {
            WayBack::Own(undo) => self.undo("undo", undo, depth),
            WayBack::Block(open) => {
                let block = &self.plan.nodes[open.index()];
                let whole = match block.block {
                    Some(_) => block.name.as_str(),
                    None => "everything",
                };
                self.line(depth, &format!("undone with {whole}"));
            }
            WayBack::Harmless(why) => self.line(depth, &format!("nothing to undo: {why}")),
            WayBack::Irreversible { why, then } => {
                let danger = self.emphasis.danger("POINT OF NO RETURN");
                self.styled(depth, &format!("{danger}: {}", neutral::one_line(why)));
                self.line(depth, &format!("then {then}"));
            }
            WayBack::Missing => {
                let danger = self.emphasis.danger("NO WAY BACK");
                self.styled(depth, &danger);
            }
        }
    }

    fn check(&mut self, check: &Check, depth: usize) {
        self.task(depth, "", &check.task);
        let mut remarks = words::limits(check.task.timeout, &check.retry);
        remarks.extend(words::step_else(check.otherwise).map(str::to_owned));
        self.remarks(depth, &remarks);
    }

    fn gate(&mut self, gate: &Gate, depth: usize) {
        for condition in words::gate(self.plan, gate) {
            self.line(depth, &condition);
        }
        let limit = gate
            .timeout
            .map(|timeout| format!("within {}, ", words::millis(timeout)))
            .unwrap_or_default();
        let otherwise = words::gate_else(gate.otherwise);
        self.line(depth, &format!("{limit}{otherwise}"));
    }

    fn enter(&mut self, id: NodeId, enter: &Enter, depth: usize) {
        self.task(depth, "", &enter.task);
        let remarks = words::limits(enter.task.timeout, &enter.retry);
        self.remarks(depth, &remarks);
        self.undo("left on every path", &enter.leave, depth);
        self.block_undo(id, depth);
    }

    /// The rollback of the block that begins at a node, if it has one.
    pub(super) fn block_undo(&mut self, open: NodeId, depth: usize) {
        let undo = match &self.plan.nodes[open.index()].kind {
            NodeKind::Open(block) => &block.undo,
            NodeKind::Enter(enter) => &enter.undo,
            NodeKind::Close { .. }
            | NodeKind::Step(_)
            | NodeKind::Check(_)
            | NodeKind::Gate(_)
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. }
            | NodeKind::Leave { .. } => return,
        };
        if let Some(undo) = undo {
            self.undo("undo of all of it", undo, depth);
        }
    }

    pub(super) fn undo(&mut self, word: &str, undo: &Undo, depth: usize) {
        for (at, attempt) in undo.attempts.iter().enumerate() {
            let word = match (at, &attempt.why) {
                (0, _) if word.is_empty() => String::new(),
                (0, _) => format!("{word}  "),
                (_, Some(why)) => format!("else ({why})  "),
                (_, None) => "else  ".to_owned(),
            };
            self.attempt(&word, attempt, depth);
        }
        if undo.best_effort {
            self.line(depth, "best effort: its failure does not hold up the rest");
        }
    }

    fn attempt(&mut self, word: &str, attempt: &UndoAttempt, depth: usize) {
        self.task(depth, word, &attempt.task);
        if let Some(verify) = &attempt.verify {
            self.task(depth, "verified by  ", verify);
        }
    }

    /// What a task runs, behind a word; further lines stand below.
    pub(super) fn task(&mut self, depth: usize, word: &str, task: &Task) {
        let below = " ".repeat(word.chars().count());
        for (at, line) in words::task(self.plan, task).iter().enumerate() {
            let before = if at == 0 { word } else { &below };
            self.line(depth, &format!("{before}{line}"));
        }
    }

    pub(super) fn remarks(&mut self, depth: usize, remarks: &[String]) {
        if !remarks.is_empty() {
            let text = neutral::one_line(&remarks.join(", ")).into_owned();
            let text = self.emphasis.faint(&text);
            self.styled(depth, &text);
        }
    }

    /// What an item waits for, where that is not simply what stands above it.
    fn after(&self, id: NodeId, node: &Node) -> Option<String> {
        let own = self.numbers[id.index()]?;
        let mut waits: Vec<usize> = Vec::new();
        let mut todo = node.needs.clone();
        let mut seen = std::collections::BTreeSet::new();
        while let Some(need) = todo.pop() {
            if !seen.insert(need) {
                continue;
            }
            match self.numbers[need.index()] {
                Some(number) => waits.push(number),
                None => todo.extend(&self.plan.nodes[need.index()].needs),
            }
        }
        waits.sort_unstable();
        let usual = waits.is_empty() || waits == [own - 1] || is_next_in_its_block(self.plan, node);
        let waits: Vec<String> = waits.iter().map(usize::to_string).collect();
        (!usual).then(|| format!("after {}", waits.join(", ")))
    }

    fn item_name(&self, node: &Node) -> String {
        let word = match &node.kind {
            NodeKind::Step(_) => "step",
            NodeKind::Check(_) => "check",
            NodeKind::Gate(gate) if gate.checklist => "checklist",
            NodeKind::Gate(_) => "gate",
            NodeKind::Notify { messages } => {
                let messages = words::messages(self.plan, messages).join(", ");
                return format!("notify {messages}");
            }
            NodeKind::Postmortem { path } => {
                return format!("postmortem {}", words::template_text(self.plan, path));
            }
            NodeKind::Enter(_) => "with",
            NodeKind::Leave { enter } => {
                return format!("leave {}", self.plan.nodes[enter.index()].name);
            }
            NodeKind::Open(_) | NodeKind::Close { .. } => "block",
        };
        format!("{word} {}", node.name)
    }
}

/// Whether it starts with its block, or when the block before it has ended.
fn is_next_in_its_block(plan: &Plan, node: &Node) -> bool {
    let [only] = node.needs.as_slice() else {
        return false;
    };
    let is_end = matches!(plan.nodes[only.index()].kind, NodeKind::Close { .. });
    Some(*only) == node.block || is_end
}
