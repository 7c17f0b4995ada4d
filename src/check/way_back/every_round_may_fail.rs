//! RB138: a loop that tolerates the failure of each of its rounds.

use super::{How, Rule, Subject, node_ids};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB138,
    how: How::Exact,
    wrong: r#"
for host in ["web1", "web2"], tolerate 2 {
  step upgrade {
    $ ./upgrade.sh "$host"
    timeout 5m
    rollback $ ./downgrade.sh "$host"
  }
}
"#,
    right: r#"
for host in ["web1", "web2"], tolerate 1 {
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
        let count = rounds.rounds.len();
        if count == 0 || usize::try_from(rounds.tolerate).is_ok_and(|it| it < count) {
            continue;
        }
        let node = subject.node(open);
        let message = format!(
            "should every round of `{}` fail, the release goes on and succeeds",
            subject.statement(node)
        );
        problems.push(
            Problem::new(Code::RB138, subject.span(node), message)
                .label(match count {
                    1 => "its one round may fail".to_owned(),
                    _ => format!("each of its {count} rounds may fail"),
                })
                .help(
                    "tolerate less than there are: `tolerate 1`, or a share such as `tolerate 25%`",
                ),
        );
    }
    problems
}
