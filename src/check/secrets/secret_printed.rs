//! RB603: a command that prints a secret.

use super::{Command, How, Joint, Part, Role, Rule, Subject};
use crate::model::Variable;
use crate::model::evaluate::any_variable;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB603,
    how: How::Heuristic,
    wrong: r#"
secret token from env "TOKEN"
step publish {
  $ echo "publishing with $token"
  $ ./publish.sh
  timeout 1m
  harmless "it only adds a page"
}
"#,
    right: r#"
secret token from env "TOKEN"
step publish {
  env PUBLISH_TOKEN = token
  $ ./publish.sh
  timeout 1m
  harmless "it only adds a page"
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for part in subject.parts.iter().filter(|it| it.role != Role::Secret) {
        let secrets = secrets(part);
        if secrets.is_empty() {
            continue;
        }
        for command in &part.commands {
            if let Some(name) = printed(part, command, &secrets) {
                let message = format!(
                    "this prints the secret `{name}`: what is known of it is masked, a part of it or another form of it is not"
                );
                problems.push(
                    Problem::new(Code::RB603, command.span(), message)
                        .label("goes into the record of the run")
                        .help("leave it out, or pass it on: `printf '%s' \"$token\" | ./login.sh`"),
                );
            }
            let traces = command.program == "set"
                && command
                    .words
                    .iter()
                    .any(|it| *it == "xtrace" || is_trace(it));
            if traces {
                let message =
                    "`set -x` prints every command with its values, the secrets among them";
                problems.push(
                    Problem::new(Code::RB603, command.span(), message)
                        .label("goes into the record of the run")
                        .help("leave it out of what uses secrets"),
                );
            }
        }
    }
    problems
}

fn is_trace(word: &str) -> bool {
    word.strip_prefix('-')
        .is_some_and(|letters| letters.contains('x') && letters.len() <= 4)
}

/// The variables of the commands that are secret.
fn secrets<'p>(part: &Part<'p>) -> Vec<&'p str> {
    let bindings =
        part.task.bindings.iter().filter(|binding| {
            any_variable(&binding.value, &|it| matches!(it, Variable::Secret(_)))
        });
    bindings.map(|it| it.name.as_str()).collect()
}

fn printed<'s>(part: &Part<'_>, command: &Command<'_>, secrets: &[&'s str]) -> Option<&'s str> {
    let prints = matches!(command.program, "echo" | "printf");
    // A `}` or `)` and a pipe behind it pass on what a group prints.
    let passed_on = command.simple.in_pipeline
        || command.simple.nested
        || command.after() == Joint::Pipe
        || part.text.text.contains(['}', ')'])
        || command
            .redirections()
            .iter()
            .any(|it| it.sign.starts_with('>'));
    if !prints || passed_on {
        return None;
    }
    let range = &command.simple.range;
    let mut uses = part.text.script.uses.iter();
    let used = uses.find(|it| {
        range.start <= it.range.start
            && it.range.end <= range.end
            && secrets.contains(&it.name.as_str())
    })?;
    secrets.iter().find(|name| **name == used.name).copied()
}
