//! RB122: a block's rollback that comes too late or too early for a step inside.

use super::{How, Node, NodeId, NodeKind, Rule, Subject, is_inside, node_ids, undone_by};
use crate::machine::undo_of;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB122,
    // A step that a `when` skips, or that is in place already, is not undone.
    how: How::Conservative,
    wrong: r#"
parallel {
  phase east {
    step open {
      $ ./open.sh east
      timeout 1m
    }
    rollback $ ./close.sh east
  }
  phase west {
    step first {
      $ ./first.sh west
      timeout 1m
    }
    step join after open {
      $ ./join.sh west east
      timeout 1m
    }
    rollback $ ./close.sh west
  }
}
"#,
    right: r#"
phase east {
  step open {
    $ ./open.sh east
    timeout 1m
  }
  rollback $ ./close.sh east
}
phase west {
  step first {
    $ ./first.sh west
    timeout 1m
  }
  step join {
    $ ./join.sh west east
    timeout 1m
  }
  rollback $ ./close.sh west
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for id in node_ids(subject.plan) {
        for need in subject.node(id).needs.iter().copied() {
            if !leads_into(subject, need, id) {
                continue;
            }
            for block in blocks_around(subject, id) {
                let has_undo = !block_undos(subject, block).is_empty();
                if has_undo && block != need && !is_inside(subject, need, block) {
                    problems.extend(out_of_order(subject, block, id, need));
                }
            }
        }
    }
    problems.extend(node_ids(subject.plan).filter_map(|inner| too_late(subject, inner)));
    problems.extend(node_ids(subject.plan).filter_map(|bracket| left_too_early(subject, bracket)));
    problems
}

/// Where a bracket is left, if this is one.
fn leave_of(subject: &Subject<'_>, bracket: NodeId) -> Option<NodeId> {
    if !matches!(subject.node(bracket).kind, NodeKind::Enter(_)) {
        return None;
    }
    let leaves = |id: &NodeId| matches!(subject.node(*id).kind, NodeKind::Leave { enter } if enter == bracket);
    node_ids(subject.plan).find(leaves)
}

/// A bracket in a block with an undo that covers what is done while the bracket is
/// open: it is left before that is undone.
fn left_too_early(subject: &Subject<'_>, bracket: NodeId) -> Option<Problem> {
    let leave = leave_of(subject, bracket)?;
    let around = blocks_around(subject, bracket);
    let mut covered = node_ids(subject.plan).filter_map(|id| {
        let by = subject
            .node(id)
            .step()
            .and_then(|step| undone_by(id, step))?;
        let is_open =
            || subject.graph.is_before(bracket, id) && !subject.graph.is_before(leave, id);
        (by != id && around.contains(&by) && is_open()).then_some((id, by))
    });
    let (inside, block) = covered.next()?;
    let (step, open, around) = (
        subject.node(inside),
        subject.node(bracket),
        subject.node(block),
    );
    let (name, bracket) = (subject.statement(step), subject.statement(open));
    let outer = subject.statement(around);
    let message = format!(
        "`{name}` is done while `{bracket}` is open, so it has to be undone before that is left; but the rollback of `{outer}`, which undoes `{name}`, runs after that"
    );
    let problem = Problem::new(Code::RB122, subject.span(step), message)
        .label(format!("undone with all of `{outer}`"))
        .and(subject.span(open), "left before that")
        .help(format!(
            "give `{bracket}` a `rollback` inside that undoes `{name}`, or `{name}` one of its own"
        ));
    Some(problem)
}

/// A block with an undo in one that has an undo, too, which covers a step that
/// comes after: the inner undo runs first, and should run last.
fn too_late(subject: &Subject<'_>, inner: NodeId) -> Option<Problem> {
    // A step's own undo in such a block is another rule's.
    let is_block = matches!(
        subject.node(inner).kind,
        NodeKind::Open(_) | NodeKind::Enter(_)
    );
    if !is_block || block_undos(subject, inner).is_empty() {
        return None;
    }
    let around = blocks_around(subject, inner);
    let mut around = around.into_iter();
    let outer = around.find(|block| !block_undos(subject, *block).is_empty())?;
    let covered = |by: NodeId| {
        node_ids(subject.plan).filter(move |id| {
            subject.node(*id).step().and_then(|it| undone_by(*id, it)) == Some(by)
        })
    };
    let behind = covered(outer).filter(|step| subject.graph.is_before(inner, *step));
    let mut pairs = behind.filter_map(|step| {
        let mut before = covered(inner).filter(|it| subject.graph.is_before(*it, step));
        before.next().map(|first| (first, step))
    });
    let (first, step) = pairs.next()?;
    let (outside, around) = (subject.node(first), subject.node(outer));
    let (name, before) = (
        subject.statement(subject.node(step)),
        subject.statement(outside),
    );
    let (inner_name, outer_name) = (
        subject.statement(subject.node(inner)),
        subject.statement(around),
    );
    let message = format!(
        "`{name}` comes after `{before}`, so it has to be undone first; but the rollback of `{outer_name}`, which undoes `{name}`, runs after that of `{inner_name}` inside it"
    );
    let problem = Problem::new(Code::RB122, subject.span(subject.node(step)), message)
        .label(format!("undone last, with the rest of `{outer_name}`"))
        .and(subject.span(outside), format!("undone before that, with all of `{inner_name}`"))
        .help(format!(
            "put `{name}` into a block with a `rollback` beside `{inner_name}`, or let the rollback of `{outer_name}` undo both"
        ));
    Some(problem)
}

/// Whether an edge goes into a block by another way than its beginning.
fn leads_into(subject: &Subject<'_>, from: NodeId, to: NodeId) -> bool {
    let (first, second) = (subject.node(from), subject.node(to));
    let closes = match &second.kind {
        NodeKind::Close { open } => first.block == Some(*open) || from == *open,
        NodeKind::Leave { enter } => first.block == Some(*enter) || from == *enter,
        _another => false,
    };
    first.block != second.block && second.block != Some(from) && !closes
}

fn blocks_around(subject: &Subject<'_>, node: NodeId) -> Vec<NodeId> {
    let mut blocks = Vec::new();
    let mut at = subject.node(node).block;
    while let Some(open) = at {
        blocks.push(open);
        at = subject.node(open).block;
    }
    blocks
}

/// The undos of the whole of a block.
fn block_undos<'s>(subject: &Subject<'s>, block: NodeId) -> Vec<&'s crate::plan::Undo> {
    match &subject.node(block).kind {
        // The other one is its `leave`.
        NodeKind::Enter(enter) => enter.undo.iter().collect(),
        _another_block => undo_of(subject.plan, block),
    }
}

/// A step outside whose undo the block's would have to come before, and a step
/// inside that makes it so.
fn out_of_order(
    subject: &Subject<'_>,
    block: NodeId,
    entered: NodeId,
    from: NodeId,
) -> Option<Problem> {
    let covered = node_ids(subject.plan).find(|id| {
        let is_covered = subject.node(*id).step().and_then(|it| undone_by(*id, it)) == Some(block);
        is_covered && (*id == entered || subject.graph.is_before(entered, *id))
    })?;
    // What came before, as far as the block does not come after it.
    let mut seen = vec![false; subject.plan.nodes.len()];
    let mut todo = vec![from];
    while let Some(id) = todo.pop() {
        if std::mem::replace(&mut seen[id.index()], true) || subject.graph.is_before(id, block) {
            continue;
        }
        let by = subject.node(id).step().and_then(|step| undone_by(id, step));
        let is_open = leave_of(subject, id)
            .is_some_and(|leave| leave != entered && !subject.graph.is_before(leave, entered));
        if let Some(by) = by.or(is_open.then_some(id))
            && by != block
            && !is_inside(subject, id, block)
            && !subject.graph.is_before(by, block)
        {
            return Some(problem(subject, block, covered, id));
        }
        todo.extend(&subject.node(id).needs);
    }
    None
}

fn problem(subject: &Subject<'_>, block: NodeId, inside: NodeId, outside: NodeId) -> Problem {
    let node = |id: NodeId| -> &Node { subject.node(id) };
    let (around, step, before) = (node(block), node(inside), node(outside));
    let (around_name, name) = (subject.statement(around), subject.statement(step));
    let before_name = subject.statement(before);
    let message = format!(
        "`{name}` comes after `{before_name}`, so it has to be undone first; but the rollback of `{around_name}`, which undoes `{name}`, does not surely run before the undo of `{before_name}`"
    );
    Problem::new(Code::RB122, subject.span(step), message)
        .label(format!("undone with all of `{around_name}`"))
        .and(subject.span(before), "to be undone after that")
        .help(format!(
            "put `{around_name}` behind `{before_name}`, or give `{name}` a `rollback` of its own instead of the block's"
        ))
}
