//! RB221: what should only look changes something.

use super::changing::changes;
use super::{How, Role, Rule, Subject, of_commands};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB221,
    how: How::Heuristic,
    wrong: r#"
check fresh_pods {
  $ kubectl --context production rollout restart deployment/web
  $ kubectl --context production rollout status deployment/web
}
"#,
    right: r#"
step fresh_pods {
  $ kubectl --context production rollout restart deployment/web
  $ kubectl --context production rollout status deployment/web
  timeout 10m
  harmless "the same pods run again"
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    of_commands(subject, |part, command| {
        let only_looks = match part.role {
            Role::Check
            | Role::Capture
            | Role::Probe
            | Role::Verify
            | Role::Metric
            | Role::Diagnosis => true,
            Role::Step
            | Role::Enter
            | Role::Leave
            | Role::Undo
            | Role::Alternative
            | Role::Channel
            | Role::Secret => false,
        };
        let what = if only_looks {
            changes(command)?
        } else {
            return None;
        };
        let role = part.role.word();
        let message = format!(
            "a {role} only looks, and `{}` changes {what}: nothing would take that back",
            command.shown()
        );
        Some(
            Problem::new(Code::RB221, command.span(), message)
                .label("changes something")
                .help("make it a `step`, with a way back"),
        )
    })
}
