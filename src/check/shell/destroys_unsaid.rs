//! RB710: a step that destroys data and does not say so.

use super::changing::destroys;
use super::{How, Part, Role, Rule, Subject, of_commands};
use crate::model::WayBack;
use crate::plan::TouchKind;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB710,
    how: How::Heuristic,
    wrong: r#"
step clear_cache {
  $ redis-cli -h cache flushall
  timeout 1m
  rollback $ ./warm_up.sh
}
"#,
    right: r#"
step save_cache {
  $ redis-cli -h cache --rdb cache.rdb
  timeout 5m
  saves cache
  harmless "it only adds a file"
}
step clear_cache {
  $ redis-cli -h cache flushall
  timeout 1m
  destroys cache
  rollback $ ./load.sh cache.rdb
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    of_commands(subject, |part, command| {
        if part.role != Role::Step || is_said(part) {
            return None;
        }
        destroys(command)?;
        let message = format!(
            "`{}` destroys data, and the step does not say so: nothing makes sure that it was saved",
            command.shown()
        );
        Some(
            Problem::new(Code::RB710, command.span(), message)
                .label("no undo brings this back by itself")
                .help("say `destroys NAME` and let a step before it say `saves NAME`; or `irreversible \"why\" then \"what next\"` behind a gate"),
        )
    })
}

/// Whether a step owns up to what it destroys.
pub fn is_said(part: &Part<'_>) -> bool {
    part.step.is_some_and(|step| {
        let destroys = step
            .touches
            .iter()
            .any(|(_, how)| *how == TouchKind::Destroys);
        destroys || matches!(step.way_back, WayBack::Irreversible { .. })
    })
}
