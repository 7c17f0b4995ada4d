//! RB715: a program that no `needs` names, so that nobody looks for it before
//! the first change.

use super::{How, Rule, Subject, of_commands};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB715,
    how: How::Heuristic,
    wrong: r#"
step purge {
  $ varnishadm ban "req.url ~ /"
  timeout 1m
  harmless "the cache fills again"
}
"#,
    right: r#"
step purge {
  needs varnishadm
  $ varnishadm ban "req.url ~ /"
  timeout 1m
  harmless "the cache fills again"
}
"#,
    check,
};

/// What every system has, and what shells do themselves.
const EVERYWHERE: &[&str] = &[
    "", ".", ":", "[", "[[", "alias", "awk", "basename", "bg", "break", "builtin", "cat", "cd",
    "chgrp", "chmod", "chown", "cmp", "command", "comm", "continue", "cp", "cut", "date", "dd",
    "declare", "df", "diff", "dirname", "du", "echo", "env", "eval", "exec", "exit", "expand",
    "export", "expr", "false", "fg", "find", "fold", "getopts", "grep", "hash", "head", "hostname",
    "id", "jobs", "join", "kill", "let", "link", "ln", "local", "logger", "ls", "mapfile", "mkdir",
    "mkfifo", "mktemp", "mv", "nice", "nohup", "od", "paste", "pathchk", "popd", "pr", "printf",
    "ps", "pushd", "pwd", "read", "readonly", "readlink", "realpath", "return", "rm", "rmdir",
    "sed", "seq", "set", "sh", "shift", "shopt", "sleep", "sort", "source", "split", "stat",
    "tail", "tar", "tee", "test", "time", "times", "touch", "tr", "trap", "true", "tsort", "tty",
    "type", "typeset", "ulimit", "umask", "unalias", "uname", "uniq", "unlink", "unset", "wait",
    "wc", "who", "xargs", "yes", "bash", "gzip", "gunzip",
];

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    of_commands(subject, |part, command| {
        let program = command.program;
        let written = command
            .simple
            .words
            .iter()
            .filter_map(|it| it.literal.as_deref());
        let by_path = written
            .into_iter()
            .any(|word| word.contains('/') && word.ends_with(program));
        // One of the script's own, or one that runs elsewhere.
        let own = part.text.text.contains(&format!("{program}()"));
        let known = EVERYWHERE.contains(&program)
            || part.task.needs.iter().any(|tool| tool == program)
            || part.task.host.is_some();
        if by_path || own || known {
            return None;
        }
        Some(
            Problem::new(
                Code::RB715,
                command.word_span(0),
                format!("nothing looks for `{program}` before the first change"),
            )
            .label("missing, it is missed in the middle of the release")
            .help(format!("add a line `needs {program}`")),
        )
    })
}
