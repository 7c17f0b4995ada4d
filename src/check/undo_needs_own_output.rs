//! RB106: an undo that needs what its own step would have given.

use super::values::undo_tasks;
use super::{How, Rule, Subject, node_ids};
use crate::plan::uses::uses;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB106,
    how: How::Exact,
    wrong: r#"
step create {
  $ ./create_balancer.sh
  timeout 1m
  output id from stdout `id: (\S+)`
  rollback $ ./delete_balancer.sh "$create_id"
}
"#,
    right: r#"
step create {
  $ ./create_balancer.sh --name web
  timeout 1m
  output id from stdout `id: (\S+)`
  rollback $ ./delete_balancer.sh --name web
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for id in node_ids(subject.plan) {
        let node = &subject.plan.nodes[id.index()];
        let own = undo_tasks(subject.plan, id)
            .into_iter()
            .flat_map(uses)
            .find(|used| used.from == id && !used.capture && !used.default);
        if let Some(used) = own {
            let (step, name) = (subject.statement(node), &used.name);
            problems.push(
                Problem::new(
                    Code::RB106,
                    subject.span(node),
                    format!("the undo of `{step}` needs its output `{name}`, which is not known if `{step}` is cut off half-way"),
                )
                .label(format!("fails here, and nobody knows `{name}`"))
                .help(format!("use a name fixed beforehand, a `capture` taken before the change, look it up in the undo, or give `{name}` a default")),
            );
        }
    }
    problems
}
