//! What came from elsewhere: signs that only look like ours, words and texts of
//! other languages.

use super::furthest::Wanted;
use super::{Context, Piece, first_word, suggest};
use crate::problem::{Code, Edit, Problem};

/// Signs that look like others, or like nothing, and what is meant by them.
const LOOKALIKES: &[(char, &str)] = &[
    ('\u{a0}', " "),
    ('\u{2007}', " "),
    ('\u{202f}', " "),
    ('\u{3000}', " "),
    ('\u{ad}', ""),
    ('\u{200b}', ""),
    ('\u{200c}', ""),
    ('\u{200d}', ""),
    ('\u{2060}', ""),
    ('\u{feff}', ""),
    ('\u{2010}', "-"),
    ('\u{2011}', "-"),
    ('\u{2012}', "-"),
    ('\u{2013}', "-"),
    ('\u{2014}', "-"),
    ('\u{2212}', "-"),
    ('\u{2026}', "..."),
    ('\u{ff04}', "$"),
    ('\u{ff05}', "%"),
    ('\u{ff08}', "("),
    ('\u{ff09}', ")"),
    ('\u{ff0c}', ","),
    ('\u{ff1a}', ":"),
    ('\u{ff1b}', ";"),
    ('\u{ff1c}', "<"),
    ('\u{ff1d}', "="),
    ('\u{ff1e}', ">"),
    ('\u{ff5b}', "{"),
    ('\u{ff5d}', "}"),
];

/// A sign that is not what it looks like, in the word at a place.
pub(super) fn sign(piece: Piece, at: usize, token: &str) -> Option<Problem> {
    let meant = |c: char| LOOKALIKES.iter().find(|(sign, _)| *sign == c);
    let found = token.char_indices().find_map(|(offset, c)| {
        let (_, meant) = meant(c)?;
        Some((at + offset, c, *meant))
    });
    let (at, c, meant) = found?;
    let number = format!("U+{:04X}", u32::from(c));
    let message = match meant {
        "" => format!("an invisible sign ({number}) stands here"),
        " " => format!("this is no space, though it looks like one ({number})"),
        meant => format!("`{c}` ({number}) is no `{meant}`, though it looks like one"),
    };
    let edit = Edit {
        span: piece.span(at, c.len_utf8()),
        replacement: meant.to_owned(),
    };
    let title = match meant {
        "" => "take it out".to_owned(),
        " " => "type a space in its place".to_owned(),
        meant => format!("change to `{meant}`"),
    };
    let problem = Problem::new(Code::RB900, piece.span(at, c.len_utf8()), message);
    Some(problem.fix(title, vec![edit], false))
}

/// Words of other languages, and what stands in their place here.
const WORDS: &[(&[&str], &str)] = &[
    (
        &["if", "else", "elif", "unless", "switch", "case"],
        "a statement takes part only `when` something is so: `step NAME when CONDITION { … }`",
    ),
    (
        &["while", "loop", "repeat", "do", "until"],
        "nothing goes on without an end: `for NAME in LIST { … }`, or a check that waits, `within 5m every 10s`",
    ),
    (&["foreach", "each"], "write `for NAME in LIST { … }`"),
    (
        &["function", "func", "fn", "def", "macro", "proc", "sub"],
        "what is used often is a template: `action NAME(parameter: type) { … }`",
    ),
    (
        &["import", "include", "require", "load"],
        "write `use std.http`, or `use \"./common.runbook\"`",
    ),
    (
        &[
            "let",
            "var",
            "const",
            "val",
            "variable",
            "variables",
            "vars",
            "input",
            "inputs",
            "parameter",
            "parameters",
            "arg",
            "argument",
        ],
        "values have a name and a type: `param NAME: TYPE = value`",
    ),
    (
        &["task", "tasks", "job", "jobs", "action_step", "steps"],
        "what changes something is a step: `step NAME { … }`",
    ),
    (
        &[
            "stage", "stages", "section", "block", "pipeline", "workflow",
        ],
        "a part of the run is a phase: `phase NAME { … }`",
    ),
    (
        &["assert", "ensure", "expect_that"],
        "what only looks is a check: `check NAME $ …`",
    ),
    (
        &["approval", "manual", "prompt", "input_step"],
        "what people decide is a gate: `gate NAME { confirm \"…\" }`",
    ),
    (
        &["print", "log", "say", "notify_all", "alert"],
        "messages are sent with `notify NAME`, and declared with `message NAME to CHANNEL \"…\"`",
    ),
    (
        &["try", "catch", "finally", "rescue", "except"],
        "what undoes a step stands in it, `rollback { … }`; what is done in any case stands in `always { … }`",
    ),
];

/// The same for the lines of a step.
const LINES: &[(&[&str], &str)] = &[
    (
        &[
            "if",
            "when",
            "unless",
            "after",
            "depends_on",
            "requires",
            "depends",
        ],
        "`when CONDITION` and `after NAME` stand behind the name: `step NAME when CONDITION { … }`",
    ),
    (
        &["description", "title", "name", "label"],
        "a title stands behind the name: `step NAME \"title\" { … }`",
    ),
    (
        &[
            "on_failure",
            "on_error",
            "onfailure",
            "undo",
            "revert",
            "catch",
            "finally",
            "compensate",
        ],
        "what undoes a step is its `rollback`: `rollback $ …`",
    ),
    (
        &["retries", "attempts", "tries"],
        "write `retry 2 every 10s`",
    ),
    (
        &["deadline", "time_limit", "limit", "max_time"],
        "write `timeout 10m`",
    ),
    (
        &["cwd", "workdir", "chdir", "directory"],
        "write `dir \"path\"`",
    ),
    (
        &["environment", "environ", "envs"],
        "write `env NAME = value`",
    ),
    (
        &["idempotent", "rerunnable"],
        "what may run again whatever an unfinished attempt left is `repeatable`",
    ),
    (
        &[
            "step", "check", "gate", "phase", "parallel", "for", "with", "notify",
        ],
        "a step holds no statements: let what is around it be a `phase NAME { … }`",
    ),
];

/// Words that begin a command elsewhere.
const RUNNERS: &[&str] = &[
    "run", "command", "commands", "cmd", "exec", "execute", "script", "bash", "sh", "system",
    "call", "do",
];

/// What a word of another language is called here.
pub(super) fn word(word: &str, context: Context) -> Option<&'static str> {
    let table = match context {
        Context::Item | Context::Block => WORDS,
        Context::Attribute => LINES,
        Context::Gate
        | Context::Checklist
        | Context::Condition
        | Context::Window
        | Context::Watch
        | Context::Request
        | Context::Test
        | Context::Trouble
        | Context::Via => &[],
    };
    let small = word.to_ascii_lowercase();
    let found = table
        .iter()
        .find(|(words, _)| words.contains(&small.as_str()));
    found.map(|(_, help)| *help)
}

/// `run ./deploy.sh`, `> ./deploy.sh`: a command that begins otherwise.
pub(super) fn command(written: &str, context: Context) -> Option<String> {
    if context != Context::Attribute {
        return None;
    }
    let line = written.lines().next().unwrap_or_default().trim_end();
    let first = first_word(line);
    let rest = match line.strip_prefix(['>', '%', '#', '!']) {
        Some(rest) => rest,
        None if RUNNERS.contains(&first) => line[first.len()..].trim_start_matches([':', '=', '(']),
        None => return None,
    };
    let rest = rest.trim().trim_end_matches(')');
    let bare = rest
        .strip_prefix('"')
        .and_then(|it| it.strip_suffix('"'))
        .unwrap_or(rest);
    let bare = bare.strip_prefix("$ ").unwrap_or(bare);
    if bare.is_empty() || bare.ends_with('{') {
        return Some("a command starts with `$`: `$ …`".to_owned());
    }
    Some(format!("a command starts with `$`: `$ {bare}`"))
}

/// What a piece that nothing is known of looks like.
pub(super) fn text(written: &str) -> Option<&'static str> {
    let line = written.lines().next().unwrap_or_default().trim();
    let is_key = |line: &str| {
        let end = line.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
        end.is_some_and(|end| end > 0 && line[end..].starts_with(':'))
    };
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let is_number = digits > 0 && line[digits..].starts_with(['.', ')']);
    let item = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
    if ["//", "/*", "--", ";", "%"]
        .iter()
        .any(|it| line.starts_with(it))
        && line != "---"
    {
        Some("a comment begins with `#`")
    } else if ["<<<<<<<", "=======", ">>>>>>>"]
        .iter()
        .any(|it| line.starts_with(it))
    {
        Some("this is left of a merge: keep one of the two sides, and take these lines out")
    } else if line == "---" || item.is_some_and(is_key) || is_key(line) {
        Some(
            "this looks like YAML, and a runbook is none: `runbook new FILE` writes one to start from",
        )
    } else if line.starts_with("\"") || line == "{" || line == "[" {
        Some(
            "this looks like JSON, and a runbook is none: `runbook new FILE` writes one to start from",
        )
    } else if item.is_some() || is_number || line.starts_with("```") || line.starts_with("**") {
        Some("this looks like Markdown: `runbook import PAGE.md` makes a runbook of a page")
    } else {
        None
    }
}

/// Words for which others stand in the language.
const SYNONYMS: &[(&str, &[&str])] = &[
    ("failure", &["error", "fail", "failed", "fails", "failures"]),
    (
        "success",
        &["ok", "done", "finish", "finished", "succeeded", "complete"],
    ),
    ("rollback", &["undo", "revert", "rolled_back", "back"]),
    ("abort", &["cancel", "fail", "quit", "exit", "die"]),
    ("continue", &["ignore", "proceed", "pass", "skip", "go"]),
    ("mon", &["monday"]),
    ("tue", &["tuesday", "tues"]),
    ("wed", &["wednesday"]),
    ("thu", &["thursday", "thur", "thurs"]),
    ("fri", &["friday"]),
    ("sat", &["saturday"]),
    ("sun", &["sunday"]),
];

/// Comparisons and operators of other languages.
const OPERATORS: &[(&str, &str)] = &[
    ("=>", ">="),
    ("=<", "<="),
    ("<>", "!="),
    ("===", "=="),
    ("≤", "<="),
    ("≥", ">="),
    ("≠", "!="),
    ("below", "<"),
    ("under", "<"),
    ("less", "<"),
    ("above", ">"),
    ("over", ">"),
    ("more", ">"),
    ("greater", ">"),
    ("is", "=="),
    ("equals", "=="),
    ("&&", "and"),
    ("||", "or"),
    ("!", "not"),
];

/// What is meant by a word that could not stand at a place, if that could.
pub(super) fn meant(
    problem: &Problem,
    piece: Piece,
    at: usize,
    token: &str,
    wanted: &Wanted,
) -> Option<Problem> {
    let written = first_word(token);
    let small = written.to_ascii_lowercase();
    let synonym = SYNONYMS
        .iter()
        .find(|(meant, words)| wanted.has(meant) && words.contains(&small.as_str()));
    if let Some((meant, _)) = synonym {
        let span = piece.span(at, written.len());
        return Some(suggest(problem.clone(), span, meant));
    }
    let operator = OPERATORS.iter().find(|(sign, meant)| {
        (*sign == token || *sign == written)
            && (wanted.has(meant) || wanted.has("<") && meant.starts_with(['<', '>', '=', '!']))
    });
    let (sign, meant) = operator?;
    let span = piece.span(at, sign.len());
    Some(suggest(problem.clone(), span, meant))
}
