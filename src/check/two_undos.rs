//! RB132: a block's rollback and a step's own that would both undo one step.

use super::{How, Rule, Subject, node_ids, place};
use crate::machine::undo_of;
use crate::plan::{NodeId, NodeKind, WayBack};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB132,
    // What would run is decided all the same (a step's own undo, and the block's
    // where some step inside has none): but not everybody would guess it.
    how: How::Conservative,
    wrong: r#"
phase switch {
  step east {
    $ ./switch.sh east green
    timeout 1m
    rollback $ ./switch.sh east blue
  }
  step west {
    $ ./switch.sh west green
    timeout 1m
  }
  rollback $ ./switch.sh all blue
}
"#,
    right: r#"
phase switch {
  step east {
    $ ./switch.sh east green
    timeout 1m
  }
  step west {
    $ ./switch.sh west green
    timeout 1m
  }
  rollback $ ./switch.sh all blue
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for id in node_ids(subject.plan) {
        let node = subject.node(id);
        let NodeKind::Step(step) = &node.kind else {
            continue;
        };
        let WayBack::Own(own) = &step.way_back else {
            continue;
        };
        if let Some((block, undo)) = covering(subject, id) {
            let (name, around) = (subject.statement(node), subject.statement(block));
            let message = format!("two undos cover `{name}`: its own, and that of `{around}`");
            problems.push(
                Problem::new(Code::RB132, place(own.origin), message)
                    .label("undoes it once")
                    .and(undo, "and undoes it again")
                    .help(format!("take one of them away, or put `{name}` into a block of its own beside `{around}`")),
            );
        }
    }
    problems
}

/// The nearest block around that has an undo of its own, with its place.
fn covering<'s>(
    subject: &'s Subject<'_>,
    step: NodeId,
) -> Option<(&'s crate::plan::Node, crate::source::Span)> {
    let mut at = subject.node(step).block;
    while let Some(open) = at {
        let node = subject.node(open);
        let undo = match &node.kind {
            NodeKind::Enter(enter) => enter.undo.as_ref(),
            _other_block => undo_of(subject.plan, open).into_iter().next(),
        };
        if let Some(undo) = undo {
            return Some((node, place(undo.origin)));
        }
        at = node.block;
    }
    None
}
