//! RB707: `rm -rf "$directory/…"` where the variable may be empty.

use super::{Command, How, Part, Rule, Subject};
use crate::problem::{Code, Edit, Problem};
use crate::shell::{VariableUse, Word};
use crate::types::Type;

pub static RULE: Rule = Rule {
    code: Code::RB707,
    how: How::Heuristic,
    wrong: r#"
param directory: path
step clean {
  $ rm -rf "$directory/cache"
  timeout 1m
  harmless "it is filled again"
}
"#,
    right: r#"
param directory: path
step clean {
  $ rm -rf "${directory:?}/cache"
  timeout 1m
  harmless "it is filled again"
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for part in &subject.parts {
        for command in part.commands.iter().filter(|it| removes_all(it)) {
            for word in &command.simple.words {
                let inside = part.text.script.uses.iter().filter(|it| {
                    it.range.start >= word.range.start && it.range.end <= word.range.end
                });
                let begins = inside.into_iter().find(|it| begins_path(part, word, it));
                if let Some(used) = begins {
                    problems.push(problem(part, used));
                }
            }
        }
    }
    problems
}

fn removes_all(command: &Command<'_>) -> bool {
    command.program == "rm"
        && (command.has_short('r') || command.has_short('R') || command.has(&["--recursive"]))
}

/// Whether the word is this value and a `/` behind it.
fn begins_path(part: &Part<'_>, word: &Word, used: &VariableUse) -> bool {
    let text = &part.text.text;
    let head = text.get(word.range.start..used.range.start);
    let tail = text.get(used.range.end..word.range.end).unwrap_or("");
    let expansion = text.get(used.range.clone()).unwrap_or("");
    let slash = tail.trim_start_matches('"').starts_with('/');
    matches!(head, Some("" | "\""))
        && slash
        && !expansion.contains(":?")
        && !expansion.contains(":-")
        && may_be_empty(part, &used.name)
}

fn may_be_empty(part: &Part<'_>, name: &str) -> bool {
    const NEVER: [&str; 3] = ["HOME", "PWD", "TMPDIR"];
    let bound = part.task.bindings.iter().find(|it| it.name == name);
    match bound.map(|binding| &binding.value.ty) {
        Some(Some(ty)) => matches!(ty, Type::String | Type::Path),
        Some(None) => true,
        None => !NEVER.contains(&name),
    }
}

fn problem(part: &Part<'_>, used: &VariableUse) -> Problem {
    let name = &used.name;
    let span = part.text.span(&used.range);
    let message = format!("where `${name}` is empty, this removes from `/`");
    let edit = Edit {
        span,
        replacement: format!("${{{name}:?}}"),
    };
    Problem::new(Code::RB707, span, message)
        .label("may be empty")
        .help(format!("`${{{name}:?}}` ends the command instead"))
        .fix("end the command where it is empty", vec![edit], true)
}
