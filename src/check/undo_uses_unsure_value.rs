//! RB107: an undo that uses a value which may not be there.

use super::values::{Doubt, doubt, undo_tasks};
use super::{How, Rule, Subject, node_ids};
use crate::plan::NodeId;
use crate::plan::uses::uses;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB107,
    how: How::Conservative,
    wrong: r#"
param keep_old: bool = true
step backup when keep_old {
  $ ./backup.sh
  timeout 1m
  output id from stdout `id: (\S+)`
  harmless "it only adds a backup"
}
step migrate {
  $ ./migrate.sh
  timeout 1m
  rollback $ ./restore.sh "$backup_id"
}
"#,
    right: r#"
step backup {
  $ ./backup.sh
  timeout 1m
  output id from stdout `id: (\S+)`
  harmless "it only adds a backup"
}
step migrate {
  $ ./migrate.sh
  timeout 1m
  rollback $ ./restore.sh "$backup_id"
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for id in node_ids(subject.plan) {
        for used in undo_tasks(subject.plan, id).into_iter().flat_map(uses) {
            if used.from != id
                && let Some(why) = doubt(subject, &used, id)
            {
                problems.push(problem(subject, id, used.from, &used.name, &why));
            }
        }
    }
    problems
}

fn problem(
    subject: &Subject<'_>,
    undone: NodeId,
    from: NodeId,
    value: &str,
    why: &Doubt,
) -> Problem {
    let (undone, from) = (subject.node(undone), subject.node(from));
    let (step, giver) = (subject.statement(undone), subject.statement(from));
    let (reason, label, help) = match why {
        Doubt::NotBefore => (
            format!("`{giver}` does not surely come before `{step}`"),
            "not surely done when the undo runs".to_owned(),
            format!("put `{giver}` before `{step}`, or say `after {giver}`"),
        ),
        Doubt::Skipped(condition) => (
            format!("`{giver}` may be skipped"),
            format!("skipped unless `{condition}`"),
            format!("let both have the same `when`, or give `{value}` a default"),
        ),
        Doubt::InPlace => (
            format!("`{giver}` is not run when its `done when` holds"),
            "in place already, it tells nothing".to_owned(),
            format!("give `{value}` a default, or let a step of its own look it up"),
        ),
        Doubt::Tolerated => (
            format!("`{giver}` stands in a round that may fail while the others go on"),
            "its round may fail".to_owned(),
            format!("give `{value}` a default, or use it in its round only"),
        ),
        Doubt::PassedOver => (
            format!("`{giver}` may fail and the run goes on"),
            "its failure is passed over".to_owned(),
            format!("take its `else` away, or give `{value}` a default"),
        ),
    };
    let message = format!("the undo of `{step}` needs `{value}` of `{giver}`, and {reason}");
    Problem::new(Code::RB107, subject.span(undone), message)
        .label("without the value there is no way back from here")
        .and(subject.span(from), label)
        .help(help)
}
