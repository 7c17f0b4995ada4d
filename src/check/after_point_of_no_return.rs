//! RB111: a step behind a point of no return that leads neither back to it nor
//! on.

use super::{How, Rule, Subject, node_ids};
use crate::plan::{NodeId, NodeKind, WayBack};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB111,
    // Two `when`s may shut each other out.
    how: How::Conservative,
    wrong: r#"
phase cut {
  gate sure { confirm "Drop the old table for good?" }
  step drop {
    $ ./drop_old_table.sh --if-exists
    timeout 1m
    repeatable
    irreversible "the data is gone" then "go on with the release"
  }
  step rename {
    $ ./rename_new_table.sh
    timeout 1m
  }
  rollback $ ./restore_everything.sh
}
"#,
    right: r#"
phase cut {
  gate sure { confirm "Drop the old table for good?" }
  step drop {
    $ ./drop_old_table.sh --if-exists
    timeout 1m
    repeatable
    irreversible "the data is gone" then "go on with the release"
  }
  step rename {
    $ ./rename_new_table.sh
    timeout 1m
    rollback $ ./rename_back.sh
  }
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let points: Vec<NodeId> = node_ids(subject.plan)
        .filter(|id| {
            matches!(
                &subject.node(*id).kind,
                NodeKind::Step(step) if matches!(step.way_back, WayBack::Irreversible { .. })
            )
        })
        .collect();
    let mut problems = Vec::new();
    for id in node_ids(subject.plan) {
        let NodeKind::Step(step) = &subject.node(id).kind else {
            continue;
        };
        let WayBack::Block(open) = step.way_back else {
            continue;
        };
        // The block's undo is behind the barrier once the point was started.
        let passed = points.iter().find(|point| {
            subject.graph.is_before(open, **point) && !subject.graph.is_before(id, **point)
        });
        if let Some(point) = passed
            && !step.repeatable
        {
            problems.push(problem(subject, id, open, *point));
        }
    }
    problems
}

fn problem(subject: &Subject<'_>, step: NodeId, open: NodeId, point: NodeId) -> Problem {
    let (step, open, point) = (subject.node(step), subject.node(open), subject.node(point));
    let name = subject.statement(step);
    let passed = subject.statement(point);
    let block = subject.statement(open);
    let message = format!(
        "if `{name}` fails here, `{passed}` has been passed, and the rollback of `{block}` that covers `{name}` would undo `{passed}` too, so it does not run"
    );
    Problem::new(Code::RB111, subject.span(step), message)
        .label("no way back to the point of no return")
        .and(subject.span(point), "the point of no return")
        .and(subject.span(open), "its rollback covers both")
        .help(format!("give `{name}` a `rollback` of its own in a block behind the point, or make it `repeatable`"))
}
