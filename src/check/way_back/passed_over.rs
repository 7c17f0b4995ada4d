//! RB135: an undo that may be passed over, and one that rests on it.

use std::collections::HashMap;

use super::{How, NodeId, Rule, Subject, node_ids, place, undone_by};
use crate::machine::undo_of;
use crate::plan::TouchKind;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB135,
    // What an undo rests on is taken from what the steps say that they touch.
    how: How::Conservative,
    wrong: r#"
step schema {
  $ ./migrate.sh
  timeout 10m
  touches database
  rollback $ ./migrate_back.sh
}
step data {
  $ ./fill.sh
  timeout 10m
  touches database
  rollback best effort {
    $ ./empty.sh
  }
}
"#,
    right: r#"
step schema {
  $ ./migrate.sh
  timeout 10m
  touches database
  rollback $ ./migrate_back.sh
}
step data {
  $ ./fill.sh
  timeout 10m
  touches database
  rollback $ ./empty.sh
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    // By host and resource, the steps that change it and can be undone.
    let mut changing: HashMap<(Option<&str>, &str), Vec<NodeId>> = HashMap::new();
    let mut problems = Vec::new();
    for id in node_ids(subject.plan) {
        let Some(step) = subject.node(id).step() else {
            continue;
        };
        let Some(by) = undone_by(id, step) else {
            continue;
        };
        let passes = undo_of(subject.plan, by)
            .into_iter()
            .find(|undo| undo.best_effort);
        for touch in step
            .touches
            .iter()
            .filter(|it| it.how == TouchKind::Changes)
        {
            let key = (step.task.host.as_deref(), touch.resource.as_str());
            let others = changing.entry(key).or_default();
            // The nearest before it is the first to be undone after it.
            let earlier = others
                .iter()
                .rev()
                .find(|it| subject.graph.is_before(**it, id));
            if let (Some(undo), Some(earlier)) = (passes, earlier) {
                let (node, earlier) = (subject.node(id), subject.node(*earlier));
                let (name, other) = (subject.statement(node), subject.statement(earlier));
                let resource = &touch.resource;
                let message = format!(
                    "if the undo of `{name}` fails, it is passed over, and the undo of `{other}` works on a `{resource}` that `{name}` has changed"
                );
                problems.push(
                    Problem::new(Code::RB135, place(undo.origin), message)
                        .label("may be passed over")
                        .and(subject.span(earlier), "rests on it")
                        .help("leave `best effort` out: then the way back stops, and somebody mends it"),
                );
            }
            others.push(id);
        }
    }
    problems
}
