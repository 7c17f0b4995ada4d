//! RB303: a value of a step that may be skipped or passed over.

use super::unsure_value::found;
use super::values::Doubt;
use super::{How, Rule, Subject};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB303,
    how: How::Conservative,
    wrong: r#"
param smoke_test: bool = true
check smoke when smoke_test {
  $ ./smoke.sh
  output id from stdout `id: (\S+)`
}
check report {
  $ ./report.sh "$smoke_id"
}
"#,
    right: r#"
param smoke_test: bool = true
check smoke when smoke_test {
  $ ./smoke.sh
  output id from stdout `id: (\S+)`
}
check report when smoke_test {
  $ ./report.sh "$smoke_id"
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    found(subject, |doubt| *doubt != Doubt::NotBefore)
        .into_iter()
        .map(|(user, from, value, why)| {
            let (user, from) = (subject.node(user), subject.node(from));
            let (step, giver) = (subject.statement(user), subject.statement(from));
            let (reason, label) = match why {
                Doubt::Skipped(condition) => ("may be skipped", format!("skipped unless `{condition}`")),
                Doubt::InPlace => ("is not run when its `done when` holds", "in place already, it tells nothing".to_owned()),
                Doubt::Tolerated => (
                    "stands in a round that may fail while the others go on",
                    "its round may fail".to_owned(),
                ),
                Doubt::PassedOver | Doubt::NotBefore => {
                    ("may fail and the run goes on", "its failure is passed over".to_owned())
                }
            };
            let message = format!("`{step}` uses `{value}` of `{giver}`, which {reason}");
            Problem::new(Code::RB303, subject.span(user), message)
                .label("the value may be missing here")
                .and(subject.span(from), label)
                .help(format!("let both have the same `when`, or give the output a default: `output {value} … default \"…\"`"))
        })
        .collect()
}
