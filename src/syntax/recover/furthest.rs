//! How far a text is right, and what could stand there.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use pest::Parser;

use crate::syntax::{Grammar, Rule, units};

/// Where reading stopped, and what was wanted.
#[derive(Debug)]
pub(super) struct Furthest {
    pub at: usize,
    pub wanted: Wanted,
}

/// What could stand at a place.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Literals; ranges of signs as `a..z`.
    tokens: BTreeSet<String>,
}

/// The grammar notes what it tried only when it is asked to, for the whole
/// process: it is slow.
static NOTING: Mutex<()> = Mutex::new(());

/// Reads a text that a rule does not match; `None` where it does match.
pub(super) fn furthest(rule: Rule, text: &str) -> Option<Furthest> {
    let (at, mut tokens) = attempts(rule, text)?;
    let read = &text[..at];
    let (begun, number) = begun(read);
    if begun > 0 {
        // Part of a word is right: `env` of `environment`. The word is wrong.
        let goes_on = |sign| is_of_word(sign) || number && matches!(sign, '.' | ':' | '-');
        let goes_on = text[at..].starts_with(goes_on);
        if goes_on {
            return wanted_at(rule, text, at - begun);
        }
        tokens.retain(|token| token != "_" && !token.contains(".."));
    }
    // What comes behind a space is wanted even where the space is missing.
    let with_space = format!("{} \u{1}", read.trim_end_matches([' ', '\t']));
    if let Some((behind, more)) = attempts(rule, &with_space)
        && behind + 1 == with_space.len()
    {
        tokens.extend(more);
    }
    Some(Furthest {
        at,
        wanted: Wanted { tokens },
    })
}

/// The bytes of the word that a text breaks off in, and whether it is a number.
fn begun(read: &str) -> (usize, bool) {
    let number = read.len()
        - read
            .trim_end_matches(|sign| is_of_word(sign) || sign == '.')
            .len();
    if read[read.len() - number..].starts_with(|sign: char| sign.is_ascii_digit()) {
        return (number, true);
    }
    let word = read.len() - read.trim_end_matches(is_of_word).len();
    (word, false)
}

fn is_of_word(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || sign == '_'
}

/// What is wanted at a place up to which a text is right.
fn wanted_at(rule: Rule, text: &str, at: usize) -> Option<Furthest> {
    let (_, tokens) = attempts(rule, &format!("{}\u{1}", &text[..at]))?;
    Some(Furthest {
        at,
        wanted: Wanted { tokens },
    })
}

/// What is wanted behind a text that is right as far as it goes; `None` where
/// it is wrong.
pub(super) fn wanted_behind(rule: Rule, text: &str) -> Option<Wanted> {
    let (at, tokens) = attempts(rule, &format!("{text}\u{1}"))?;
    (at == text.len()).then_some(Wanted { tokens })
}

fn attempts(rule: Rule, text: &str) -> Option<(usize, BTreeSet<String>)> {
    let _alone = NOTING.lock().unwrap_or_else(PoisonError::into_inner);
    pest::set_error_detail(true);
    let read = Grammar::parse(rule, text);
    pest::set_error_detail(false);
    let attempts = read.err()?.parse_attempts()?;
    let tokens = attempts.expected_tokens();
    let tokens = tokens.iter().map(ToString::to_string).collect();
    Some((attempts.max_position.min(text.len()), tokens))
}

/// Signs that together are one thing, by one sign that only it has.
struct Group {
    sign: &'static str,
    words: &'static [&'static str],
    with: &'static [&'static str],
}

const GROUPS: &[Group] = &[
    Group {
        sign: "mon",
        words: &[
            "days",
            "dates",
            "hours (`09:00..16:00`)",
            "a zone (`in \"UTC\"`)",
        ],
        with: &["tue", "wed", "thu", "fri", "sat", "sun", "in", "\""],
    },
    Group {
        sign: "list",
        words: &["a type such as `string`, `version` or `duration`"],
        with: &["\""],
    },
    Group {
        sign: "[",
        words: &["a value such as `30s`, `\"text\"` or a name"],
        with: &["(", "not", "true", "false", "\""],
    },
    Group {
        sign: "\"",
        words: &["text in quotes"],
        with: &[],
    },
    Group {
        sign: "T",
        words: &["a moment such as `T - 30m`"],
        with: &[],
    },
    Group {
        sign: "<",
        words: &["a comparison such as `< 1%`"],
        with: &["not", ">"],
    },
];

impl Wanted {
    pub fn has(&self, sign: &str) -> bool {
        self.tokens.contains(sign)
    }

    /// The keywords that could stand there.
    pub fn keywords(&self) -> impl Iterator<Item = &str> {
        self.tokens
            .iter()
            .map(String::as_str)
            .filter(|token| token.len() > 1 && token.bytes().all(|b| b.is_ascii_lowercase()))
    }

    /// Whether a name could begin there.
    pub fn name(&self) -> bool {
        self.has("a..z") && !self.has("[")
    }

    /// A command or a block, without which the statement is not whole.
    pub fn body(&self) -> bool {
        self.has("{")
    }

    /// Whether the line could end there.
    pub fn ends(&self) -> bool {
        self.has("\n") && !self.has("]") && !self.has(")")
    }

    /// In words, behind a text; `None` where it would say nothing.
    pub fn words_behind(&self, before: &str) -> Option<String> {
        let value = self.has("[") || self.has("a..z") && self.has("A..Z");
        let kind = value.then(|| units::wanted_behind(before)).flatten();
        match kind {
            Some(kind) => Some(kind.to_owned()),
            None => self.words(),
        }
    }

    /// In words; `None` where it would say nothing.
    pub fn words(&self) -> Option<String> {
        let words = self.list();
        let (last, first) = words.split_last()?;
        if first.is_empty() {
            return Some(last.clone());
        }
        Some(format!("{} or {last}", first.join(", ")))
    }

    fn list(&self) -> Vec<String> {
        if let Some(whole) = self.whole() {
            return whole.iter().map(|&words| words.to_owned()).collect();
        }
        let mut words: Vec<String> = Vec::new();
        let mut said: Vec<&str> = Vec::new();
        // A value that could go on with an operator is no reason to name all
        // of them.
        if self.has("*") {
            said.extend(["<", ">", "and", "or"]);
        }
        for group in GROUPS {
            if self.has(group.sign) && !said.contains(&group.sign) {
                said.push(group.sign);
                said.extend(group.with);
                words.extend(group.words.iter().map(|&words| words.to_owned()));
            }
        }
        if words.is_empty() && self.name() {
            let any_case = self.has("A..Z");
            words.push(
                if any_case {
                    "a name"
                } else {
                    "a name in small letters"
                }
                .to_owned(),
            );
        }
        let keywords = self.keywords().filter(|word| !said.contains(word));
        words.extend(keywords.map(|word| format!("`{word}`")));
        let signs = ["=", ":", ">", ",", "]", ")", "("];
        let signs = signs.iter().filter(|sign| !said.contains(sign));
        words.extend(
            signs
                .filter(|sign| self.has(sign))
                .map(|sign| format!("`{sign}`")),
        );
        if self.has("$") {
            words.push("a command (`$ …`)".to_owned());
        }
        if !self.has("]") && !self.has(")") {
            // With a comma what stands before could have gone on.
            words.retain(|word| word != "`,`");
        }
        if self.ends() {
            words.retain(|word| word != "`(`");
            words.push("the end of the line".to_owned());
        }
        words
    }

    /// What is wanted in whole, where its parts would say less.
    fn whole(&self) -> Option<&'static [&'static str]> {
        if self.has("any") && self.has("all") && !self.has("<") {
            Some(&["a condition: the name of thresholds, or `metric < value`"])
        } else if self.body() && !self.ends() {
            Some(if self.has("$") {
                &["`{`", "a command (`$ …`)"]
            } else {
                &["`{`"]
            })
        } else if self.has("http") && self.has("$") {
            Some(&[
                "a source and its query",
                "`http \"…\"`",
                "a command (`$ …`)",
            ])
        } else {
            None
        }
    }
}
