//! RB302: a value used by what does not surely come after its step.

use super::values::{Doubt, doubt};
use super::{How, Rule, Subject, node_ids};
use crate::machine::event::{Activity, Part};
use crate::machine::task_of;
use crate::plan::uses::uses;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB302,
    // An output with a default has a value in any case; which one would be a
    // matter of chance.
    how: How::Conservative,
    wrong: r#"
parallel {
  check build {
    $ ./build.sh
    output id from stdout `id: (\S+)`
  }
  check image {
    $ ./image_is_there.sh "$build_id"
  }
}
"#,
    right: r#"
parallel {
  check build {
    $ ./build.sh
    output id from stdout `id: (\S+)`
  }
  check image after build {
    $ ./image_is_there.sh "$build_id"
  }
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    found(subject, |doubt| *doubt == Doubt::NotBefore)
        .into_iter()
        .map(|(user, from, value, _)| {
            let (user, from) = (subject.node(user), subject.node(from));
            let (step, giver) = (subject.statement(user), subject.statement(from));
            let message = format!(
                "`{step}` uses `{value}` of `{giver}`, which does not surely come before it"
            );
            Problem::new(Code::RB302, subject.span(user), message)
                .label("may run while the value is not known")
                .and(subject.span(from), "gives the value")
                .help(format!("say `after {giver}`"))
        })
        .collect()
}

/// User, giver, value and doubt.
pub type Unsure = (crate::plan::NodeId, crate::plan::NodeId, String, Doubt);

/// Every forward use of a value that may not be there.
pub fn found(subject: &Subject<'_>, wanted: impl Fn(&Doubt) -> bool) -> Vec<Unsure> {
    let mut unsure = Vec::new();
    for id in node_ids(subject.plan) {
        let captures = (0..).map(Part::Capture);
        let gate_checks = (0..).map(Part::GateCheck);
        let task = |part: Part| {
            let activity = Activity {
                node: id,
                part,
                attempt: 1,
            };
            task_of(subject.plan, activity)
        };
        let tasks = [Part::Forward, Part::Probe]
            .into_iter()
            .filter_map(task)
            .chain(captures.map_while(task))
            .chain(gate_checks.map_while(task));
        for used in tasks.flat_map(uses) {
            if let Some(why) = doubt(subject, &used, id)
                && (used.from != id || !used.capture)
                && wanted(&why)
            {
                unsure.push((id, used.from, used.name, why));
            }
        }
    }
    unsure
}
