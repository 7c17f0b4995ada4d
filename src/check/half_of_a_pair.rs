//! RB131: one half of a pair, such as `drain` without its `uncordon`.

use super::not_ended;
use super::pairs::Pair;
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
    let spoken = subject.spoken();
    let half = node_ids(subject.plan).filter_map(|id| {
        let (pair, line) = spoken.begun_by(id)?;
        let is_ended = || {
            let mut ended = spoken.ended_by(pair, line);
            ended.any(|end| is_step(subject, end) && subject.graph.is_before(id, end))
        };
        (!not_ended::speaks_of(subject, id) && !is_ended())
            .then(|| problem(subject, subject.node(id), pair))
    });
    half.collect()
}

fn is_step(subject: &Subject<'_>, id: NodeId) -> bool {
    matches!(subject.node(id).kind, NodeKind::Step(_))
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
