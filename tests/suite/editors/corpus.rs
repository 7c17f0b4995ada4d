//! Every text of this repository that the compiler reads without a word, taken
//! apart by the compiler itself.

use std::fs;
use std::path::Path;

use runbook::source::FileId;
use runbook::syntax::parse;
use runbook::syntax::tokens::{Role, Token, TokenKind, take_apart};

use super::{read, root};

#[derive(Debug)]
pub struct Sample {
    pub name: String,
    pub text: String,
}

impl Sample {
    pub fn tokens(&self) -> Vec<Token<'_>> {
        let taken = take_apart(&self.text);
        taken.expect("a clean text can be taken apart").tokens
    }

    /// Where something is, for people.
    pub fn place(&self, at: usize) -> String {
        let line = self.text[..at].matches('\n').count() + 1;
        let shown = self.text.lines().nth(line - 1).unwrap_or_default();
        format!("{}:{line}: {shown}", self.name)
    }
}

pub fn samples() -> Vec<Sample> {
    let mut samples = Vec::new();
    for folder in ["examples", "stdlib", "src/starting", "tests/cases"] {
        gather(&root().join(folder), &mut samples);
    }
    blocks_of(&root().join("README.md"), &mut samples);
    for page in fs::read_dir(root().join("docs")).unwrap() {
        let page = page.unwrap().path();
        if page.extension().is_some_and(|ending| ending == "md") {
            blocks_of(&page, &mut samples);
        }
    }
    samples.retain(|sample| is_clean(&sample.text));
    samples.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(samples.len() > 100, "only {} texts", samples.len());
    samples
}

pub fn is_clean(text: &str) -> bool {
    parse(FileId::default(), text).problems.is_empty()
}

fn gather(folder: &Path, samples: &mut Vec<Sample>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, samples);
        } else if path.extension().is_some_and(|ending| ending == "runbook") {
            let name = path.strip_prefix(root()).unwrap().display().to_string();
            // Some cases are there because they are no text.
            if let Ok(text) = fs::read_to_string(&path) {
                samples.push(Sample { name, text });
            }
        }
    }
}

/// The `runbook` blocks of a page.
fn blocks_of(page: &Path, samples: &mut Vec<Sample>) {
    let mut block: Option<Sample> = None;
    for (number, line) in read(page).lines().enumerate() {
        match &mut block {
            Some(open) if line == "```" => {
                let done = std::mem::take(&mut open.text);
                let name = open.name.clone();
                samples.push(Sample { name, text: done });
                block = None;
            }
            Some(open) => open.text = format!("{}{line}\n", open.text),
            None if line.starts_with("```runbook") => {
                let page = page.strip_prefix(root()).unwrap().display();
                let name = format!("{page}, the block at line {}", number + 1);
                let text = String::new();
                block = Some(Sample { name, text });
            }
            None => {}
        }
    }
}

/// What a token is that an editor may colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// A word of the language
    Keyword,
    /// A name, an amount, a bracket
    Other,
    Text,
    Command,
    Comment,
}

pub fn sign(token: &Token<'_>) -> Sign {
    match token.kind {
        TokenKind::Text => Sign::Text,
        TokenKind::Command => Sign::Command,
        TokenKind::Comment => Sign::Comment,
        // Methods of HTTP are in capitals, and are what their author likes.
        TokenKind::Word if token.role == Role::Keyword && !is_method(token.text) => Sign::Keyword,
        TokenKind::Word
        | TokenKind::OpenBlock
        | TokenKind::CloseBlock
        | TokenKind::Open
        | TokenKind::OpenCall
        | TokenKind::Close
        | TokenKind::Separator
        | TokenKind::Continues
        | TokenKind::Tight
        | TokenKind::TightEnd
        | TokenKind::Prefix => Sign::Other,
    }
}

fn is_method(text: &str) -> bool {
    text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}
