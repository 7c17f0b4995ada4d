//! RB720: `export x=$(…)`, which hides the failure of what is inside.

use super::{How, Rule, Subject, of_commands};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB720,
    how: How::Heuristic,
    wrong: r#"
step deploy {
  $ ```
    export VERSION="$(./newest.sh)"
    ./deploy.sh
    ```
  timeout 5m
  rollback $ ./deploy_old.sh
}
"#,
    right: r#"
step deploy {
  $ ```
    VERSION="$(./newest.sh)"
    export VERSION
    ./deploy.sh
    ```
  timeout 5m
  rollback $ ./deploy_old.sh
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    of_commands(subject, |_, command| {
        let declares = matches!(
            command.program,
            "export" | "local" | "declare" | "readonly" | "typeset"
        );
        let computes = |word: &&str| {
            let value = word.split_once('=').map_or("", |(_, value)| value);
            let value = value.trim_start_matches('"');
            (value.starts_with("$(") && !value.starts_with("$((")) || value.starts_with('`')
        };
        let word = command.words.iter().find(|word| computes(word))?;
        let (program, name) = (command.program, word.split('=').next().unwrap_or(word));
        if !declares {
            return None;
        }
        Some(
            Problem::new(
                Code::RB720,
                command.span(),
                format!("the status is that of `{program}`: should the command inside fail, `{name}` is empty and the script goes on"),
            )
            .label("hides the failure inside")
            .help(format!("set it first, on a line of its own: `{name}=$(…)`, then `{program} {name}`")),
        )
    })
}
