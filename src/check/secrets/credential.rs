//! RB601: a credential in the text.

use super::{How, Rule, Subject};
use crate::problem::{Code, Problem};
use crate::source::{FileId, SourceFile, Span};

pub static RULE: Rule = Rule {
    code: Code::RB601,
    how: How::Heuristic,
    wrong: r#"
step publish {
  env AWS_ACCESS_KEY_ID = "AKIAQ3EGRZJ7K2T5WXYZ"
  $ aws s3 sync build "s3://shop-assets"
  timeout 10m
  harmless "assets are only added"
}
"#,
    right: r#"
secret aws_key from env "AWS_ACCESS_KEY_ID"
step publish {
  env AWS_ACCESS_KEY_ID = aws_key
  $ aws s3 sync build "s3://shop-assets"
  timeout 10m
  harmless "assets are only added"
}
"#,
    check,
};

/// How a kind of token begins, how many letters and digits follow at least, and
/// what it is.
const SHAPES: &[(&str, usize, &str)] = &[
    ("AKIA", 16, "an access key of AWS"),
    ("ASIA", 16, "an access key of AWS"),
    ("ghp_", 36, "a token of GitHub"),
    ("gho_", 36, "a token of GitHub"),
    ("ghs_", 36, "a token of GitHub"),
    ("github_pat_", 40, "a token of GitHub"),
    ("glpat-", 20, "a token of GitLab"),
    ("xoxb-", 20, "a token of Slack"),
    ("xoxp-", 20, "a token of Slack"),
    (
        "hooks.slack.com/services/T",
        20,
        "an address of Slack that lets everybody write",
    ),
    ("sk_live_", 20, "a key of Stripe"),
    ("rk_live_", 20, "a key of Stripe"),
    ("AIza", 35, "a key of Google"),
    ("npm_", 36, "a token of npm"),
    ("pypi-AgEIcHlwaS5vcmc", 20, "a token of PyPI"),
    ("dckr_pat_", 20, "a token of Docker"),
    ("hvs.", 24, "a token of Vault"),
    ("SG.", 60, "a key of SendGrid"),
];

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (id, file) in subject.sources.files() {
        for (shape, least, what) in SHAPES {
            for (at, _) in file.text.match_indices(shape) {
                let end = token_end(file, at + shape.len());
                let token = &file.text[at..end];
                if end - at >= shape.len() + least && is_whole(file, at) && !is_made_up(token) {
                    problems.push(problem(id, at, end, what));
                }
            }
        }
        for (at, mark) in file.text.match_indices("-----BEGIN ") {
            let line = file.text[at..].lines().next().unwrap_or("");
            if line.contains("PRIVATE KEY-----") {
                problems.push(problem(id, at, at + mark.len(), "a private key"));
            }
        }
    }
    problems
}

fn problem(file: FileId, start: usize, end: usize, what: &str) -> Problem {
    let message = format!("this looks like {what}, for everybody who can read the file");
    Problem::new(Code::RB601, Span::new(file, start, end), message)
        .label("a credential")
        .help("take it out, and have a new one made: this one is known. A runbook asks for it with `secret NAME from env \"NAME\"`, `from file` or `from $ command`")
}

fn token_end(file: &SourceFile, from: usize) -> usize {
    let rest = &file.text[from..];
    let of_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '.');
    rest.find(|c| !of_token(c))
        .map_or(file.text.len(), |length| from + length)
}

/// Whether it begins here, and is not the end of a longer word.
fn is_whole(file: &SourceFile, at: usize) -> bool {
    let before = file.text[..at].chars().next_back();
    !before.is_some_and(|c| c.is_ascii_alphanumeric())
}

/// What stands in documentation.
fn is_made_up(token: &str) -> bool {
    let lower = token.to_ascii_lowercase();
    let repeats = |token: &str| {
        let mut letters: Vec<char> = token.chars().collect();
        letters.sort_unstable();
        letters.dedup();
        letters.len() < 8
    };
    ["example", "xxxx", "0000", "your", "redacted", "1234567890"]
        .iter()
        .any(|it| lower.contains(it))
        || repeats(token)
}
