//! A text as the signs it is made of, each with its place, for whatever lays a
//! text out anew. Nothing but spaces and line ends stands between them.

use std::collections::BTreeMap;
use std::ops::Range;

use pest::Parser;
use pest::iterators::{Pair, Pairs};

use super::{Grammar, Rule, limits, rule_of};
use crate::source::FileId;

/// A sign, and how it stands among others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'t> {
    pub kind: TokenKind,
    pub text: &'t str,
    /// Where it starts, in bytes.
    pub start: usize,
    pub role: Role,
}

/// What a token is to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A word of the language
    Keyword,
    /// What the author named, or names
    Name,
    /// The name of a type
    Type,
    /// An amount, a date, a time
    Number,
    Operator,
    /// Brackets, commas, texts, commands, comments: their kind says it
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A name, keyword, number, or another sign with a space on both sides
    Word,
    /// A string, in any spelling
    Text,
    /// `$ …` to the end of its line, or of its fence
    Command,
    /// `# …`
    Comment,
    /// `{`
    OpenBlock,
    /// `}`
    CloseBlock,
    /// `(` or `[` of a value
    Open,
    /// `(` of a call or of parameters, which touches the name before it
    OpenCall,
    /// `)` or `]`
    Close,
    /// `,` or `:`, which touches what is before it
    Separator,
    /// `,` of a list without brackets, which may go on in the next line
    Continues,
    /// A sign that touches what is before it and what is behind it: `<` of `list<int>`
    Tight,
    /// `>` of `list<int>`, which touches what is before it
    TightEnd,
    /// A sign that touches what is behind it: `-` of `-1`
    Prefix,
}

/// A text that can be read, taken apart.
#[derive(Debug)]
pub struct Taken<'t> {
    pub tokens: Vec<Token<'t>>,
    /// What the grammar made of it, in order.
    shape: Vec<Rule>,
}

impl Taken<'_> {
    /// Whether two texts differ only in what stands between their tokens, and
    /// are read in the same way.
    pub fn means_the_same(&self, other: &Taken<'_>) -> bool {
        let sign = |token: &Token<'_>| (token.kind, token.text.to_owned());
        let signs = self.tokens.iter().map(sign);
        self.shape == other.shape && signs.eq(other.tokens.iter().map(sign))
    }
}

/// As the parser reads it.
fn read(text: &str) -> Option<Pairs<'_, Rule>> {
    let shape = limits::check(FileId::default(), text).ok()?;
    Grammar::parse(rule_of(shape), text).ok()
}

/// Takes a text apart, or not, if it is nothing the grammar reads at all.
pub fn take_apart(text: &str) -> Option<Taken<'_>> {
    let pairs = read(text)?;
    let mut taker = Taker {
        text,
        at: 0,
        list_end: 0,
        brackets: BTreeMap::new(),
        taken: Taken {
            tokens: Vec::new(),
            shape: Vec::new(),
        },
    };
    for pair in pairs.flatten() {
        taker.take(&pair);
    }
    taker.between(text.len());
    Some(taker.taken)
}

/// The parts of a text that the grammar has names for and that a place is in.
pub fn parts_around(text: &str, at: usize) -> Vec<Range<usize>> {
    let Some(pairs) = read(text) else {
        return Vec::new();
    };
    let spans = pairs.flatten().map(|pair| {
        let span = pair.as_span();
        span.start()..span.end()
    });
    spans
        .filter(|part| part.start <= at && at <= part.end && !part.is_empty())
        .collect()
}

struct Taker<'t> {
    text: &'t str,
    /// What is before this is taken.
    at: usize,
    /// Up to here a comma lets its list go on in the next line.
    list_end: usize,
    /// Brackets that are not what they look like, by their places.
    brackets: BTreeMap<usize, TokenKind>,
    taken: Taken<'t>,
}

impl<'t> Taker<'t> {
    fn take(&mut self, pair: &Pair<'t, Rule>) {
        let rule = pair.as_rule();
        let span = pair.as_span();
        self.taken.shape.push(rule);
        if span.start() < self.at {
            return;
        }
        if let Some(kind) = whole(rule) {
            self.between(span.start());
            // What is behind a command's last sign is part of it.
            let text = match kind {
                TokenKind::Command => span.as_str(),
                _other => span.as_str().trim_end_matches([' ', '\t']),
            };
            self.push(kind, text, span.start(), role(rule));
            self.at = span.end();
            return;
        }
        match rule {
            Rule::call | Rule::template_params | Rule::action_type => {
                self.bracket(pair, '(', TokenKind::OpenCall);
            }
            Rule::type_list => self.bracket(pair, '<', TokenKind::Tight),
            Rule::set | Rule::given_metric | Rule::ran => self.list_end = span.end(),
            _other => {}
        }
    }

    /// The first bracket of something: only names and spaces are before it.
    fn bracket(&mut self, pair: &Pair<'t, Rule>, sign: char, kind: TokenKind) {
        if let Some(behind) = pair.as_str().find(sign) {
            self.brackets.insert(pair.as_span().start() + behind, kind);
        }
    }

    /// Keywords and signs up to a place.
    fn between(&mut self, end: usize) {
        while self.at < end {
            let start = self.at;
            let rest = &self.text[start..end];
            let text = &rest[..word_length(rest)];
            self.at += text.len();
            let kind = match self.brackets.get(&start) {
                Some(kind) => Some(*kind),
                None if text == "," && start < self.list_end => Some(TokenKind::Continues),
                None => sign(text),
            };
            if let Some(kind) = kind {
                let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic());
                let role = if is_word { Role::Keyword } else { Role::Other };
                self.push(kind, text, start, role);
            }
        }
    }

    fn push(&mut self, kind: TokenKind, text: &'t str, start: usize, role: Role) {
        let token = Token {
            kind,
            text,
            start,
            role,
        };
        self.taken.tokens.push(token);
    }
}

/// The kind of a sign that the grammar gives no name; `None` for a space.
fn sign(text: &str) -> Option<TokenKind> {
    Some(match text {
        "{" => TokenKind::OpenBlock,
        "}" => TokenKind::CloseBlock,
        "(" | "[" => TokenKind::Open,
        ")" | "]" => TokenKind::Close,
        "," | ":" => TokenKind::Separator,
        // Comparisons have a name; so this closes a list.
        ">" => TokenKind::TightEnd,
        _word
            if text
                .trim_matches([' ', '\t', '\r', '\n', '\u{feff}'])
                .is_empty() =>
        {
            return None;
        }
        _word => TokenKind::Word,
    })
}

/// The length of the word that a text starts with, or of one other sign.
fn word_length(text: &str) -> usize {
    let word = text
        .bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count();
    match word {
        0 => text.chars().next().map_or(1, char::len_utf8),
        length => length,
    }
}

/// What a token with a name in the grammar is to a reader.
fn role(rule: Rule) -> Role {
    match rule {
        Rule::name | Rule::path | Rule::node_ref | Rule::tool | Rule::env_name => Role::Name,
        Rule::type_name => Role::Type,
        Rule::quantity | Rule::day_range | Rule::date_range | Rule::hours => Role::Number,
        Rule::operator | Rule::arithmetic | Rule::moment_sign | Rule::minus => Role::Operator,
        Rule::method => Role::Keyword,
        _other => Role::Other,
    }
}

/// What is one token although it has parts.
fn whole(rule: Rule) -> Option<TokenKind> {
    Some(match rule {
        Rule::string => TokenKind::Text,
        Rule::command_line | Rule::fenced => TokenKind::Command,
        Rule::comment => TokenKind::Comment,
        Rule::minus => TokenKind::Prefix,
        Rule::name
        | Rule::path
        | Rule::quantity
        | Rule::operator
        | Rule::arithmetic
        | Rule::moment_sign
        | Rule::node_ref
        | Rule::tool
        | Rule::env_name
        | Rule::type_name
        | Rule::day_range
        | Rule::date_range
        | Rule::hours
        | Rule::method => TokenKind::Word,
        _other => return None,
    })
}
