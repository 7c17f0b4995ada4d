//! RB606: an image that is another one tomorrow.

use super::{How, Rule, Subject, of_commands};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB606,
    how: How::Heuristic,
    wrong: r#"
step start {
  $ docker run -d --name web shop/web:latest
  timeout 1m
  rollback $ docker rm -f web
}
"#,
    right: r#"
param version: version
step start {
  $ docker run -d --name web "shop/web:$version"
  timeout 1m
  rollback $ docker rm -f web
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    const PROGRAMS: [&str; 7] = [
        "docker", "podman", "kubectl", "helm", "nerdctl", "crictl", "oc",
    ];
    of_commands(subject, |part, command| {
        if !part.role.changes() || !PROGRAMS.contains(&command.program) {
            return None;
        }
        let (at, word) = command.words.iter().enumerate().find(|(_, word)| {
            let word = word.trim_end_matches('"');
            word.ends_with(":latest") || word.ends_with("tag=latest")
        })?;
        // Giving a tag is no use of it.
        if command
            .verb(&["tag", "build", "push", "run", "pull"])
            .is_some_and(|it| matches!(it, "tag" | "build" | "push"))
        {
            return None;
        }
        Some(
            Problem::new(
                Code::RB606,
                command.word_span(at),
                format!("`{word}` is another image tomorrow: what was tried is not what runs, and there is no way back to it"),
            )
            .label("the tag moves")
            .help("name the version: a parameter, or the digest `@sha256:…`"),
        )
    })
}
