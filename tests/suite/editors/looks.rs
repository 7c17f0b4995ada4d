//! How a text looks in an editor, held against how the compiler reads it. An
//! editor is asked what is at the beginning and at the end of each sign.

use std::fs;
use std::path::Path;

use runbook::syntax::tokens::Token;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::corpus::{Sample, Sign, samples, sign};
use super::read;

/// What a place looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Keyword,
    /// A value or a type that the language knows: `true`, `list`, `T`
    Known,
    Text,
    /// The shell's
    Command,
    Comment,
    /// A name, a number, a sign
    Other,
}

/// Words that are no keyword everywhere.
const KNOWN: &[&str] = &["true", "false", "T", "list", "action", "and", "or", "not"];

/// The places of a sign that are looked at: the first byte, and the last one.
fn places(token: &Token<'_>) -> [usize; 2] {
    let last = token.text.char_indices().next_back();
    [token.start, token.start + last.map_or(0, |(at, _)| at)]
}

fn is_right(token: &Token<'_>, first: Look, last: Look) -> bool {
    let both = |look| first == look && last == look;
    match sign(token) {
        Sign::Keyword if KNOWN.contains(&token.text) => {
            [Look::Keyword, Look::Known].contains(&first)
        }
        Sign::Keyword => both(Look::Keyword),
        Sign::Text => both(Look::Text),
        // The `$` itself has a colour of its own.
        Sign::Command => token.text.len() < 3 || last == Look::Command,
        Sign::Comment => both(Look::Comment),
        Sign::Other => {
            let other = [Look::Known, Look::Other];
            other.contains(&first) && other.contains(&last)
        }
    }
}

/// Editors that read a text line by line do not know what began in another one:
/// a word behind a bracket that closes what was opened there may go unseen.
fn is_behind_a_bracket(sample: &Sample, token: &Token<'_>) -> bool {
    let line = sample.text[..token.start]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    let mut open = 0_i32;
    for sign in sample.text[line..token.start].chars() {
        match sign {
            '(' | '[' | '{' => open += 1,
            ')' | ']' | '}' => open -= 1,
            _other => {}
        }
        if open < 0 {
            return token.text != "else";
        }
    }
    false
}

/// Lets an editor look at every text. It is given a file with
/// `[{"file": …, "at": [bytes…]}, …]`, and writes into another one a list for each
/// file with what it calls each place; `look` says what that means.
pub fn look_right(editor: impl FnOnce(&Path, &Path), look: impl Fn(&Value) -> Look) {
    let folder = TempDir::new().unwrap();
    let samples: Vec<Sample> = samples().into_iter().filter(is_plain).collect();
    let asked: Vec<Value> = (samples.iter().enumerate())
        .map(|(number, sample)| {
            let file = folder.path().join(format!("{number}.runbook"));
            fs::write(&file, &sample.text).unwrap();
            let at: Vec<usize> = sample.tokens().iter().flat_map(places).collect();
            json!({ "file": file, "at": at })
        })
        .collect();
    let asking = folder.path().join("asked.json");
    fs::write(&asking, Value::from(asked).to_string()).unwrap();
    let answers = folder.path().join("answers.json");
    editor(&asking, &answers);
    let answers: Value = serde_json::from_str(&read(&answers)).unwrap();
    let answers = answers.as_array().expect("a list of answers");
    assert_eq!(answers.len(), samples.len());
    let mut faults = Vec::new();
    for (sample, answer) in samples.iter().zip(answers) {
        faults.extend(wrong_looks(sample, answer.as_array().unwrap(), &look));
    }
    assert!(
        faults.is_empty(),
        "{} faults\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// Other line ends and byte order marks are not what an editor has in its buffer.
fn is_plain(sample: &Sample) -> bool {
    !sample.text.contains(['\r', '\u{feff}'])
}

fn wrong_looks(sample: &Sample, answer: &[Value], look: impl Fn(&Value) -> Look) -> Vec<String> {
    let tokens = sample.tokens();
    assert_eq!(answer.len(), 2 * tokens.len(), "{}", sample.name);
    let mut faults = Vec::new();
    for (token, said) in tokens.iter().zip(answer.chunks(2)) {
        let is_right = is_right(token, look(&said[0]), look(&said[1]));
        if !is_right && !is_behind_a_bracket(sample, token) {
            let (kind, text) = (sign(token), token.text);
            let place = sample.place(token.start);
            faults.push(format!(
                "{kind:?} `{text}` is {} … {} in {place}",
                said[0], said[1]
            ));
        }
    }
    faults
}
