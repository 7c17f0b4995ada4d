//! RB117: an undo that does what its step did.

use super::{How, Rule, Subject, node_ids, place};
use crate::plan::{NodeKind, Run, WayBack};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB117,
    how: How::Heuristic,
    wrong: r#"
param version: version
step deploy {
  $ ./deploy.sh --version "$version"
  timeout 1m
  rollback $ ./deploy.sh --version "$version"
}
"#,
    right: r#"
param version: version
param previous: version
step deploy {
  $ ./deploy.sh --version "$version"
  timeout 1m
  rollback $ ./deploy.sh --version "$previous"
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
        let WayBack::Own(undo) = &step.way_back else {
            continue;
        };
        let again = undo
            .attempts
            .first()
            .is_some_and(|attempt| same_text(&attempt.task.run, &step.task.run));
        if again {
            let name = subject.statement(node);
            let message = format!("the undo of `{name}` does what `{name}` did");
            problems.push(
                Problem::new(Code::RB117, place(undo.origin), message)
                    .label("the same commands")
                    .help("name what was there before: a parameter such as `previous`, or a `capture` of the step"),
            );
        }
    }
    problems
}

fn same_text(one: &Run, other: &Run) -> bool {
    match (one, other) {
        (Run::Script { text: one, .. }, Run::Script { text: other, .. }) => {
            one.trim() == other.trim()
        }
        (Run::Http(one), Run::Http(other)) => one == other,
        (Run::Script { .. } | Run::Http(_), _) => false,
    }
}
