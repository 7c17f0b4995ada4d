//! RB134: a loop goes on although rounds of it failed, or undoes some of them
//! only, and one of its steps cannot be undone with its round alone.

use super::{How, Rule, Subject, node_ids};
use crate::plan::{Bond, Breach, NodeId, NodeKind, Rounds, WayBack};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB134,
    // Such a round is not set aside in a run, so the promise is kept; but what
    // is written is not what would happen.
    how: How::Conservative,
    wrong: r#"
for host in ["web1", "web2", "web3"], tolerate 1 {
  step upgrade {
    $ ./upgrade.sh "$host"
    timeout 5m
  }
  rollback $ ./downgrade.sh all
}
"#,
    right: r#"
for host in ["web1", "web2", "web3"], tolerate 1 {
  step upgrade {
    $ ./upgrade.sh "$host"
    timeout 5m
    rollback $ ./downgrade.sh "$host"
  }
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for open in node_ids(subject.plan) {
        let Some(rounds) = subject.plan.rounds_of(open) else {
            continue;
        };
        let Some(why) = undone_apart(rounds) else {
            continue;
        };
        let mut all = rounds.rounds.iter();
        match all.find_map(|round| subject.plan.bound_to_others(round)) {
            Some(Bond::Step(step)) => problems.push(not_alone(subject, open, step, why)),
            Some(Bond::Awaited { on, by }) => problems.push(awaited(subject, (on, by), open, why)),
            None => {}
        }
    }
    problems
}

/// The word that lets a round be undone while others stay.
fn undone_apart(rounds: &Rounds) -> Option<&'static str> {
    if rounds.tolerate > 0 {
        return Some("tolerate");
    }
    match rounds.breach {
        Breach::Batch => Some("on breach rollback batch"),
        Breach::Failed => Some("on breach rollback failed"),
        Breach::All | Breach::None => None,
    }
}

fn not_alone(subject: &Subject<'_>, open: NodeId, step: NodeId, why: &str) -> Problem {
    let (around, node) = (subject.node(open), subject.node(step));
    let name = subject.statement(node);
    let message = format!(
        "`{why}` undoes rounds one by one, and `{name}` cannot be undone with its round alone"
    );
    let problem = Problem::new(Code::RB134, subject.span(node), message);
    let problem = match &node.kind {
        NodeKind::Step(it) => match &it.way_back {
            WayBack::Block(by) => problem
                .label("undone by a block around the loop's rounds, all of them at once")
                .and(subject.span(subject.node(*by)), "by this one"),
            WayBack::Irreversible { .. } => problem.label("a point of no return"),
            WayBack::Own(_) | WayBack::Harmless(_) | WayBack::Missing => {
                problem.label("nothing undoes it")
            }
        },
        _no_step => problem,
    };
    let inside = subject.span(around) != subject.span(node);
    let problem = if inside {
        problem.and(subject.span(around), "the loop")
    } else {
        problem
    };
    problem.help(format!(
        "give `{name}` a `rollback` of its own, or take `{why}` away"
    ))
}

fn awaited(subject: &Subject<'_>, (on, by): (NodeId, NodeId), open: NodeId, why: &str) -> Problem {
    let (around, on, by) = (subject.node(open), subject.node(on), subject.node(by));
    let (step, later) = (subject.statement(on), subject.statement(by));
    let message = format!(
        "`{later}` begins after `{step}` while its round goes on, and `{why}` may undo that round"
    );
    Problem::new(Code::RB134, subject.span(by), message)
        .label("begins before the loop is over")
        .and(subject.span(on), "after this one")
        .and(subject.span(around), "the loop")
        .help(format!(
            "let `{later}` begin after the whole loop, or take `{why}` away"
        ))
}
