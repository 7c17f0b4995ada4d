//! RB708: a command that acts where its user happens to be.

use super::{Command, How, Rule, Subject, of_commands};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB708,
    how: How::Heuristic,
    wrong: r#"
step scale {
  $ kubectl scale deployment/web --replicas 6
  $ kubectl rollout status deployment/web
  timeout 10m
  rollback $ kubectl --context production scale deployment/web --replicas 3
}
"#,
    right: r#"
step scale {
  $ kubectl --context production scale deployment/web --replicas 6
  $ kubectl --context production rollout status deployment/web
  timeout 10m
  rollback $ kubectl --context production scale deployment/web --replicas 3
}
"#,
    check,
};

/// Programs, the options that say where, and the variables that do.
const PLACES: &[(&str, &[&str], &[&str])] = &[
    (
        "kubectl",
        &["--context", "--kubeconfig", "--server"],
        &["KUBECONFIG"],
    ),
    ("helm", &["--kube-context", "--kubeconfig"], &["KUBECONFIG"]),
    (
        "aws",
        &["--profile", "--region"],
        &["AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"],
    ),
    (
        "gcloud",
        &["--project", "--configuration"],
        &["CLOUDSDK_CORE_PROJECT", "CLOUDSDK_ACTIVE_CONFIG_NAME"],
    ),
    ("az", &["--subscription"], &["AZURE_SUBSCRIPTION_ID"]),
];

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let of_file = subject.model.environment.iter().map(|it| it.name.as_str());
    let of_file: Vec<&str> = of_file.collect();
    of_commands(subject, |part, command| {
        let (program, options, variables) = place_of(command)?;
        let bound = part.task.bindings.iter().map(|it| it.name.as_str());
        let assigned = command.simple.assignments.iter().map(|it| it.name.as_str());
        let said = bound
            .chain(assigned)
            .chain(of_file.iter().copied())
            .any(|name| variables.contains(&name));
        if said || !part.role.changes() || command.has(options) || is_declared(part, variables) {
            return None;
        }
        let message = format!(
            "`{program}` acts where whoever runs this happens to be: nothing says which one"
        );
        Some(
            Problem::new(Code::RB708, command.span(), message)
                .label("taken from the user's own settings")
                .help(format!(
                    "say it: `{program} {} …`, from a parameter",
                    options[0]
                )),
        )
    })
}

fn place_of(
    command: &Command<'_>,
) -> Option<(
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
)> {
    let found = PLACES.iter().find(|(name, ..)| *name == command.program);
    found.copied()
}

/// Whether the script sets one of the variables itself.
fn is_declared(part: &super::Part<'_>, variables: &[&str]) -> bool {
    let mut sets = part.text.script.sets.iter();
    sets.any(|set| variables.contains(&set.name.as_str()))
}
