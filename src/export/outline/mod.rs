//! A plan to read before a release: what will run, in order, numbered, with the
//! times, the decisions, and at each point the way back from there.

mod at;
mod item;
mod way_back;

use super::picture::in_order;
use super::words;
use crate::plan::{BlockKind, Node, NodeId, NodeKind, Plan, SecretFrom};
use crate::problem::render::neutral;
use crate::simulate::outlook::Way;
pub use at::way_back_from;
pub use way_back::{Points, points, return_name};

/// The ways back from some nodes of a plan.
pub type WaysBack = std::collections::BTreeMap<NodeId, Way>;

/// How far an item's head is set in behind its number, in twos.
const NUMBER_COLUMN: usize = 3;
/// How far the lines below it are.
const BELOW: usize = 4;

/// How to emphasise on a terminal. Words say all that emphasis says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emphasis(pub bool);

impl Emphasis {
    fn with(self, style: anstyle::Style, text: &str) -> String {
        if self.0 {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    fn bold(self, text: &str) -> String {
        self.with(anstyle::Style::new().bold(), text)
    }

    fn faint(self, text: &str) -> String {
        self.with(anstyle::Style::new().dimmed(), text)
    }

    fn danger(self, text: &str) -> String {
        self.with(anstyle::AnsiColor::Red.on_default().bold(), text)
    }
}

/// The outline of a plan, with the ways back that are known.
pub fn outline(plan: &Plan, ways_back: &WaysBack, emphasis: Emphasis) -> String {
    let mut outline = Outline {
        plan,
        ways_back,
        emphasis,
        numbers: numbers(plan),
        text: String::new(),
    };
    outline.head();
    outline.release();
    outline.watches();
    outline.measured();
    outline.endings();
    outline.text
}

struct Outline<'a> {
    plan: &'a Plan,
    ways_back: &'a WaysBack,
    emphasis: Emphasis,
    /// The number of each node that has one.
    numbers: Vec<Option<usize>>,
    text: String,
}

/// Numbers what runs of the release itself, in the order it is begun.
pub(super) fn numbers(plan: &Plan) -> Vec<Option<usize>> {
    let mut numbers = vec![None; plan.nodes.len()];
    let mut next = 1;
    for id in in_order(plan) {
        let node = &plan.nodes[id.index()];
        if is_item(node) && plan.ending_of(id).is_none() && !node.skip.is_skipped() {
            numbers[id.index()] = Some(next);
            next += 1;
        }
    }
    numbers
}

pub(super) fn is_item(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Open(_) | NodeKind::Close { .. } => false,
        NodeKind::Step(_)
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Enter(_)
        | NodeKind::Leave { .. } => true,
    }
}

impl Outline<'_> {
    /// One line; user text in it is made harmless.
    fn line(&mut self, depth: usize, text: &str) {
        let text = neutral::one_line(text);
        self.styled(depth, text.trim_end());
    }

    /// One line that may hold styles; user text in it is harmless already.
    fn styled(&mut self, depth: usize, text: &str) {
        if !text.is_empty() {
            self.text += &" ".repeat(depth * 2);
            self.text += text;
        }
        self.text.push('\n');
    }

    fn head(&mut self) {
        let title = self.emphasis.bold(&neutral::one_line(&self.plan.title));
        self.styled(0, &title);
        let files: Vec<&str> = self.plan.files.iter().map(|f| f.path.as_str()).collect();
        self.line(0, &format!("from {}", files.join(", ")));
        if let Some(lock) = &self.plan.lock {
            self.line(0, &format!("lock {lock}"));
        }
        for parameter in &self.plan.parameters {
            self.line(1, &format!("{} = {}", parameter.name, parameter.value));
        }
        for secret in &self.plan.secrets {
            let from = match &secret.from {
                SecretFrom::Env(name) => format!("the environment's {name}"),
                SecretFrom::File(path) => format!("the file {path}"),
                SecretFrom::Command(task) => words::task(self.plan, task).join(" "),
            };
            self.line(1, &format!("secret {} from {from}", secret.name));
        }
    }

    fn release(&mut self) {
        let mut open: Vec<NodeId> = Vec::new();
        for id in in_order(self.plan) {
            let node = &self.plan.nodes[id.index()];
            if self.plan.ending_of(id).is_some() || matches!(node.kind, NodeKind::Close { .. }) {
                continue;
            }
            let around = self.plan.blocks_around(id);
            self.enter_blocks(&mut open, &around);
            if is_item(node) {
                self.item(id, node, item_depth(self.plan, node));
            }
        }
    }

    /// Says which blocks begin here, where the item before stood in others.
    fn enter_blocks(&mut self, open: &mut Vec<NodeId>, around: &[NodeId]) {
        let common = open.iter().zip(around).take_while(|(a, b)| a == b).count();
        if open.len() > 1 && around.len() == 1 {
            // A phase has ended and no other one begins.
            self.styled(0, "");
        }
        for block in &around[common..] {
            self.block(*block);
        }
        *open = around.to_vec();
    }

    fn block(&mut self, id: NodeId) {
        let node = &self.plan.nodes[id.index()];
        let NodeKind::Open(block) = &node.kind else {
            return;
        };
        if matches!(block.kind, BlockKind::File | BlockKind::Ending) {
            return self.file_undo(id);
        }
        let mut head = words::block_name(block.kind, &node.name);
        if let Some(title) = &node.title {
            head += &format!(": {title}");
        }
        if let Some(at) = block.at {
            head += &format!(", at {}", words::moment(at));
        }
        if let Some(rounds) = words::rounds(block) {
            head += &format!(", {rounds}");
        }
        if block.kind == BlockKind::Parallel {
            head += ", all at the same time";
        }
        if let Some(skip) = words::skip(&node.skip) {
            head += &format!(", {skip}");
        }
        let head = self.emphasis.bold(&neutral::one_line(&head));
        let outer = enclosing(self.plan, node.block);
        if outer == 0 {
            self.styled(0, "");
            self.styled(0, &head);
            self.block_undo(id, BELOW);
        } else {
            let depth = outer - 1 + NUMBER_COLUMN;
            self.styled(depth, &head);
            self.block_undo(id, depth + 1);
        }
    }

    fn file_undo(&mut self, id: NodeId) {
        if matches!(&self.plan.nodes[id.index()].kind, NodeKind::Open(block) if block.undo.is_some())
        {
            self.styled(0, "");
            self.line(0, "the whole of it");
            self.block_undo(id, 1);
        }
    }

    fn watches(&mut self) {
        for watch in &self.plan.watches {
            let during: Vec<&str> = watch
                .during
                .iter()
                .map(|open| self.plan.nodes[open.index()].name.as_str())
                .collect();
            let every = words::millis(watch.every);
            self.styled(0, "");
            let head = format!(
                "watch {} during {}, every {every}",
                watch.name,
                during.join(", ")
            );
            let head = self.emphasis.bold(&neutral::one_line(&head));
            self.styled(0, &head);
            for rule in words::watch(watch) {
                self.line(NUMBER_COLUMN, &rule);
            }
        }
    }

    /// How each metric that a decision hangs on is measured.
    fn measured(&mut self) {
        if self.plan.metrics.is_empty() {
            return;
        }
        self.styled(0, "");
        let head = self.emphasis.bold("what is measured");
        self.styled(0, &head);
        for metric in &self.plan.metrics {
            let (asked, where_from) = words::provider(self.plan, &metric.provider);
            let text = format!("{}  {asked} {where_from}", metric.name);
            self.line(NUMBER_COLUMN, &text);
        }
    }

    fn endings(&mut self) {
        for ending in &self.plan.endings {
            self.styled(0, "");
            let head = self.emphasis.bold(words::ending(ending.on));
            self.styled(0, &head);
            for id in in_order(self.plan) {
                let node = &self.plan.nodes[id.index()];
                let around = self.plan.blocks_around(id);
                if around.first() == Some(&ending.open) && is_item(node) {
                    self.item(id, node, 0);
                }
            }
        }
    }
}

/// How far an item is set in: the blocks around it, the outermost apart.
fn item_depth(plan: &Plan, node: &Node) -> usize {
    let block = match &node.kind {
        NodeKind::Leave { enter } => plan.nodes[enter.index()].block,
        NodeKind::Open(_)
        | NodeKind::Close { .. }
        | NodeKind::Step(_)
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Notify { .. }
        | NodeKind::Postmortem { .. }
        | NodeKind::Enter(_) => node.block,
    };
    enclosing(plan, block).saturating_sub(1)
}

/// How many blocks there are from this one outwards, the file itself apart.
fn enclosing(plan: &Plan, mut block: Option<NodeId>) -> usize {
    let mut count = 0;
    while let Some(id) = block {
        let node = &plan.nodes[id.index()];
        let counts = match &node.kind {
            NodeKind::Open(block) => !matches!(block.kind, BlockKind::File | BlockKind::Ending),
            NodeKind::Enter(_) => true,
            NodeKind::Close { .. }
            | NodeKind::Step(_)
            | NodeKind::Check(_)
            | NodeKind::Gate(_)
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. }
            | NodeKind::Leave { .. } => false,
        };
        count += usize::from(counts);
        block = node.block;
    }
    count
}
