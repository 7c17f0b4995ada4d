//! When everything of a run went on, and waited, as a drawing.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::export::page::html::escape;
use crate::machine::event::Stamped;
use crate::machine::{Machine, NodeState};
use crate::plan::{Millis, NodeId, NodeKind, Plan};
use crate::types::text::elapsed;

/// With more of them a drawing tells nothing.
const MOST_ROWS: usize = 200;
const WIDTH: f64 = 900.0;
const LEFT: f64 = 210.0;
const RIGHT: f64 = 70.0;
const ROW: f64 = 18.0;
/// Letters of a name; the page has all of it.
const LONGEST_NAME: usize = 30;

/// What went on with a node for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Working,
    /// For a person, a moment, a threshold or its next attempt.
    Waiting,
    Undoing,
}

impl Doing {
    fn class(self) -> &'static str {
        match self {
            Doing::Working => "working",
            Doing::Waiting => "waiting",
            Doing::Undoing => "undoing",
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Bar {
    doing: Doing,
    from: Millis,
    to: Millis,
}

/// The bars of a run; nothing where they would tell nothing.
pub fn svg(machine: &Machine, facts: &[Stamped]) -> Option<String> {
    let plan = machine.plan();
    let bars = bars(machine, facts);
    if bars.len() < 2 || bars.len() > MOST_ROWS {
        return None;
    }
    let end = (machine.now() as f64).max(1.0);
    let x = |at: Millis| LEFT + (WIDTH - LEFT - RIGHT) * (at as f64 / end);
    let height = ROW * bars.len() as f64 + 8.0;
    let mut out = format!(
        "<svg class=\"bars\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n<title>when everything went on</title>\n"
    );
    let mut y = 4.0;
    for (node, bars) in bars {
        let name = &plan.nodes[node.index()].name;
        let text = y + ROW * 0.7;
        // Writing to a string cannot fail.
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{text:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            escape(&cut(name))
        );
        let mut last = LEFT;
        for bar in &bars {
            let (from, to) = (x(bar.from), x(bar.to).max(x(bar.from) + 1.5));
            last = to;
            let _ = writeln!(
                out,
                "<rect class=\"{}\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{} {} for {}</title></rect>",
                bar.doing.class(),
                y + 3.0,
                to - from,
                ROW - 6.0,
                escape(name),
                bar.doing.class(),
                elapsed(bar.to.saturating_sub(bar.from))
            );
        }
        let whole: Millis = bars.iter().map(|bar| bar.to.saturating_sub(bar.from)).sum();
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{text:.1}\">{}</text>",
            last + 5.0,
            elapsed(whole)
        );
        y += ROW;
    }
    out.push_str("</svg>\n<p class=\"under\">filled: it worked; dashed: it waited; outlined: it was undone</p>\n");
    Some(out)
}

fn cut(name: &str) -> String {
    let mut letters = name.chars();
    let mut cut: String = letters.by_ref().take(LONGEST_NAME).collect();
    if letters.next().is_some() {
        cut.push('…');
    }
    cut
}

/// What went on with each node, the first to begin first.
fn bars(machine: &Machine, facts: &[Stamped]) -> Vec<(NodeId, Vec<Bar>)> {
    let plan = machine.plan();
    let nodes: Vec<NodeId> = (0u32..)
        .map(NodeId)
        .zip(&plan.nodes)
        .filter(|(_, node)| is_shown(&node.kind))
        .map(|(id, _)| id)
        .collect();
    let mut now = Machine::new(plan.clone());
    let mut doing: BTreeMap<NodeId, (Doing, Millis)> = BTreeMap::new();
    let mut bars: BTreeMap<NodeId, Vec<Bar>> = BTreeMap::new();
    for fact in facts {
        now.apply(fact);
        for node in &nodes {
            let was = doing.get(node).copied();
            let is = what(plan, *node, now.node_state(*node));
            if was.map(|(was, _)| was) == is {
                continue;
            }
            if let Some((was, from)) = was {
                let bar = Bar {
                    doing: was,
                    from,
                    to: fact.at,
                };
                bars.entry(*node).or_default().push(bar);
            }
            match is {
                Some(is) => doing.insert(*node, (is, fact.at)),
                None => doing.remove(node),
            };
        }
    }
    for (node, (doing, from)) in doing {
        let to = machine.now();
        bars.entry(node).or_default().push(Bar { doing, from, to });
    }
    let mut rows: Vec<(NodeId, Vec<Bar>)> = bars.into_iter().collect();
    rows.sort_by_key(|(node, bars)| (bars.first().map(|bar| bar.from), *node));
    rows
}

fn is_shown(kind: &NodeKind) -> bool {
    match kind {
        NodeKind::Step(_)
        | NodeKind::Check(_)
        | NodeKind::Gate(_)
        | NodeKind::Enter(_)
        | NodeKind::Leave { .. }
        | NodeKind::Notify { .. } => true,
        NodeKind::Open(block) => block.undo.is_some(),
        NodeKind::Close { .. } | NodeKind::Postmortem { .. } => false,
    }
}

fn what(plan: &Plan, node: NodeId, state: NodeState) -> Option<Doing> {
    let is_gate = matches!(plan.nodes[node.index()].kind, NodeKind::Gate(_));
    match state {
        NodeState::Running if is_gate => Some(Doing::Waiting),
        NodeState::Running => Some(Doing::Working),
        NodeState::Retrying | NodeState::Asking | NodeState::Scheduled => Some(Doing::Waiting),
        NodeState::Undoing => Some(Doing::Undoing),
        NodeState::Waiting
        | NodeState::Done
        | NodeState::Skipped
        | NodeState::AlreadyDone
        | NodeState::Failed
        | NodeState::PassedOver
        | NodeState::Cancelled
        | NodeState::Undone
        | NodeState::UndoFailed => None,
    }
}
