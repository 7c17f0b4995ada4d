//! RB131: one half of a pair, such as `drain` without its `uncordon`.

use super::not_ended;
use super::pairs::{PAIRS, Pair, script, script_of};
use super::{How, Rule, Subject, node_ids};
use crate::plan::{Node, NodeId, NodeKind};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB131,
    how: How::Heuristic,
    wrong: r#"
step alerts {
  $ ./alerts.sh mute
  timeout 1m
  rollback $ ./alerts.sh unmute
}
step deploy {
  $ ./deploy.sh new
  timeout 5m
  rollback $ ./deploy.sh old
}
"#,
    right: r#"
with quiet_alerts {
  enter $ ./alerts.sh mute
  leave $ ./alerts.sh unmute
  step deploy {
    $ ./deploy.sh new
    timeout 5m
    rollback $ ./deploy.sh old
  }
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
        let text = script(&step.task);
        let mut begun = PAIRS
            .iter()
            .filter_map(|pair| Some((pair, pair.begun_in(text)?)));
        if let Some((pair, line)) = begun.next()
            && !not_ended::speaks_of(subject, id)
            && !is_ended_later(subject, id, pair, line)
        {
            problems.push(problem(subject, node, pair));
        }
    }
    problems
}

fn problem(subject: &Subject<'_>, node: &Node, pair: &Pair) -> Problem {
    let name = subject.statement(node);
    let (begin, end) = (pair.begin.join(" "), pair.end_words());
    let message = format!(
        "`{name}` begins a `{begin}` that no step ends with `{end}` when the release succeeds"
    );
    Problem::new(Code::RB131, subject.span(node), message)
        .label("one half of a pair")
        .help("a bracket ends it on every path: `with NAME { enter $ … leave $ … }`")
}

fn is_ended_later(subject: &Subject<'_>, begin: NodeId, pair: &Pair, line: &str) -> bool {
    node_ids(subject.plan).any(|id| {
        let is_step = matches!(subject.node(id).kind, NodeKind::Step(_));
        is_step
            && pair.is_ended_in(script_of(subject.plan, id), line)
            && subject.graph.is_before(begin, id)
    })
}
