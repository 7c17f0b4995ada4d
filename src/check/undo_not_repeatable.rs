//! RB105: an undo whose commands fail where they ran before.

use super::{How, Rule, Subject, node_ids, place};
use crate::machine::undo_of;
use crate::plan::{Run, Shell, Task};
use crate::problem::{Code, Problem};
use crate::shell::{self, Dialect, SimpleCommand};

pub static RULE: Rule = Rule {
    code: Code::RB105,
    how: How::Heuristic,
    wrong: r#"
step swap {
  $ mv app app.old
  $ mv app.new app
  timeout 1m
  rollback $ mv app.old app
}
"#,
    right: r#"
step swap {
  $ ln -sfn releases/new current
  timeout 1m
  rollback $ ln -sfn releases/old current
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let undos = node_ids(subject.plan).flat_map(|id| undo_of(subject.plan, id));
    let attempts = undos.flat_map(|undo| {
        undo.attempts
            .iter()
            .map(move |attempt| (undo.origin, &attempt.task))
    });
    attempts
        .filter_map(|(origin, task)| {
            let (command, instead) = not_repeatable(task)?;
            let message = format!("`{command}` fails where it has run before, and an undo that is cut off is run again");
            Some(
                Problem::new(Code::RB105, place(origin), message)
                    .label("this undo may run twice")
                    .help(instead),
            )
        })
        .collect()
}

/// A command that cannot run twice, and what to write instead. A script that
/// asks before it acts is trusted.
fn not_repeatable(task: &Task) -> Option<(String, &'static str)> {
    let Run::Script { text, shell } = &task.run else {
        return None;
    };
    let asks = ["if ", "||", "&&", "[ ", "test ", "case "];
    if asks.iter().any(|word| text.contains(word)) {
        return None;
    }
    let dialect = match shell {
        Shell::Sh => Dialect::Sh,
        Shell::Bash => Dialect::Bash,
    };
    let script = shell::read(text, dialect);
    script.commands.iter().find_map(|command| {
        let instead = instead_of(command)?;
        Some((text.get(command.range.clone())?.trim().to_owned(), instead))
    })
}

fn instead_of(command: &SimpleCommand) -> Option<&'static str> {
    let words: Vec<&str> = command
        .words
        .iter()
        .map(|word| word.literal.as_deref().unwrap_or(""))
        .collect();
    let has = |letter: char, long: &str| {
        words
            .iter()
            .any(|word| *word == long || is_short_option(word, letter))
    };
    match *words.first()? {
        "mv" => Some("ask first: `[ ! -e app.old ] || mv -f app.old app`"),
        "mkdir" if !has('p', "--parents") => Some("`mkdir -p` accepts a directory that is there"),
        "rmdir" => Some("ask first: `[ ! -d it ] || rmdir it`"),
        "rm" if !has('f', "--force") => Some("`rm -f` accepts a file that is gone"),
        "ln" if !has('f', "--force") => Some("`ln -sfn` replaces a link that is there"),
        _ => None,
    }
}

/// Whether a word is a group of short options with this one among them.
fn is_short_option(word: &str, letter: char) -> bool {
    word.strip_prefix('-')
        .is_some_and(|letters| !letters.starts_with('-') && letters.contains(letter))
}
