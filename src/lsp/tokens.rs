//! Semantic tokens: a document in pieces that are coloured by what they are,
//! whole, in a part, or as what changed since the last time.

use serde_json::{Value, json};

use super::documents::Document;
use super::index::Kind;
use super::position::Encoding;
use crate::source::{SourceFile, Span};
use crate::syntax::tokens::{Role, TokenKind, take_apart};

/// The kinds of pieces, in the order of [`TYPES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    Keyword,
    Comment,
    Text,
    Number,
    Operator,
    Type,
    /// A command's own text
    Shell,
    Namespace,
    Function,
    /// Something that runs, or a block of it
    Event,
    /// A parameter of a template
    Argument,
    Variable,
    /// What measures, groups, receives
    Property,
}

/// Their names in the protocol.
pub const TYPES: &[&str] = &[
    "keyword",
    "comment",
    "string",
    "number",
    "operator",
    "type",
    "macro",
    "namespace",
    "function",
    "event",
    "parameter",
    "variable",
    "property",
];

/// That it is declared here, and that it cannot be another thing later.
pub const MODIFIERS: &[&str] = &["declaration", "readonly", "defaultLibrary"];
const DECLARATION: u32 = 1;
const READONLY: u32 = 2;
const LIBRARY: u32 = 4;

/// A part of one or more lines that is painted alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    pub start: usize,
    pub end: usize,
    paint: Paint,
    modifiers: u32,
}

/// A document's pieces: what the grammar says of them, and over that what the
/// model does.
pub fn pieces(document: &Document) -> Vec<Piece> {
    let text = &document.file().text;
    let Some(taken) = take_apart(text) else {
        return Vec::new();
    };
    let mut over = named(document).into_iter().peekable();
    let mut pieces = Vec::with_capacity(taken.tokens.len());
    for token in &taken.tokens {
        let end = token.start + token.text.len();
        let base = paint(token.kind, token.role);
        let mut at = token.start;
        while let Some(piece) = over.next_if(|piece| piece.start < end) {
            if piece.start < at {
                continue;
            }
            push(&mut pieces, at, piece.start, base);
            at = piece.end.min(end);
            pieces.push(Piece { end: at, ..piece });
        }
        push(&mut pieces, at, end, base);
    }
    pieces
}

fn push(pieces: &mut Vec<Piece>, start: usize, end: usize, paint: Option<Paint>) {
    if let Some(paint) = paint.filter(|_| start < end) {
        pieces.push(Piece {
            start,
            end,
            paint,
            modifiers: 0,
        });
    }
}

fn paint(kind: TokenKind, role: Role) -> Option<Paint> {
    match kind {
        TokenKind::Comment => Some(Paint::Comment),
        TokenKind::Text => Some(Paint::Text),
        TokenKind::Command => Some(Paint::Shell),
        TokenKind::Word | TokenKind::Prefix | TokenKind::Tight => match role {
            Role::Keyword => Some(Paint::Keyword),
            Role::Type => Some(Paint::Type),
            Role::Number => Some(Paint::Number),
            Role::Operator => Some(Paint::Operator),
            Role::Name => Some(Paint::Property),
            Role::Other => None,
        },
        TokenKind::OpenBlock
        | TokenKind::CloseBlock
        | TokenKind::Open
        | TokenKind::OpenCall
        | TokenKind::Close
        | TokenKind::Separator
        | TokenKind::Continues
        | TokenKind::TightEnd => None,
    }
}

/// Every name whose declaration is known, in the order of the text.
fn named(document: &Document) -> Vec<Piece> {
    let file = document.analysis.file;
    let index = document.index();
    let piece = |at: Span, declared: Span| {
        let kind = index.at(declared)?.kind;
        let (paint, mut modifiers) = look(kind);
        if at == declared {
            modifiers |= DECLARATION;
        }
        let address = document.address_of(declared.file);
        if address.is_none() && declared.file != file {
            modifiers |= LIBRARY;
        }
        // A path in quotes is a text still.
        let quoted = document.file().slice(at).starts_with('"');
        let range = at.range();
        (at.file == file && !quoted).then_some(Piece {
            start: range.start,
            end: range.end,
            paint,
            modifiers,
        })
    };
    let uses = &document.analysis.model.uses;
    let used = uses.iter().filter_map(|it| piece(it.at, it.declared));
    let declared = index.all.iter().filter_map(|it| piece(it.at, it.at));
    let mut pieces: Vec<Piece> = used.chain(declared).collect();
    pieces.sort_by_key(|piece| (piece.start, piece.end, piece.modifiers));
    pieces.dedup_by_key(|piece| (piece.start, piece.end));
    pieces
}

fn look(kind: Kind) -> (Paint, u32) {
    match kind {
        Kind::Module => (Paint::Namespace, 0),
        Kind::Action
        | Kind::CheckTemplate
        | Kind::Strategy
        | Kind::BracketTemplate
        | Kind::MetricTemplate
        | Kind::ThresholdsTemplate
        | Kind::MessageTemplate => (Paint::Function, 0),
        Kind::Argument => (Paint::Argument, READONLY),
        Kind::Phase
        | Kind::Step
        | Kind::Check
        | Kind::Gate
        | Kind::Checklist
        | Kind::With
        | Kind::Parallel
        | Kind::Watch
        | Kind::Message => (Paint::Event, 0),
        Kind::Parameter
        | Kind::Secret
        | Kind::Environment
        | Kind::Capture
        | Kind::Output
        | Kind::Loop => (Paint::Variable, READONLY),
        Kind::Role
        | Kind::Hosts
        | Kind::Window
        | Kind::Source
        | Kind::Metric
        | Kind::Thresholds
        | Kind::Channel => (Paint::Property, 0),
    }
}

/// What the client was told last, to tell it what changed.
#[derive(Debug, Default)]
pub struct Told {
    number: u64,
    data: Vec<u32>,
}

pub fn full(document: &Document, told: &mut Told) -> Value {
    told.number += 1;
    told.data = encoded(document, document.tokens());
    json!({ "resultId": told.number.to_string(), "data": told.data })
}

/// The difference to what was told under a number; all of it where that is not
/// known any more.
pub fn delta(document: &Document, previous: &Value, told: &mut Told) -> Value {
    if previous.as_str() != Some(told.number.to_string().as_str()) {
        return full(document, told);
    }
    let data = encoded(document, document.tokens());
    let before = &told.data;
    let pairs = data.iter().zip(before);
    let same_start = pairs.take_while(|(new, old)| new == old).count();
    let least = data.len().min(before.len()) - same_start;
    let ends = data.iter().rev().zip(before.iter().rev()).take(least);
    let same_end = ends.take_while(|(new, old)| new == old).count();
    let removed = before.len() - same_start - same_end;
    let added = &data[same_start..data.len() - same_end];
    let edits = match (removed, added.len()) {
        (0, 0) => json!([]),
        _some => json!([{ "start": same_start, "deleteCount": removed, "data": added }]),
    };
    told.number += 1;
    told.data = data;
    json!({ "resultId": told.number.to_string(), "edits": edits })
}

pub fn range(document: &Document, start: usize, end: usize) -> Value {
    let pieces = document.tokens();
    let first = pieces.partition_point(|piece| piece.end <= start);
    let last = pieces.partition_point(|piece| piece.start < end);
    json!({ "data": encoded(document, pieces.get(first..last).unwrap_or(&[])) })
}

/// As the protocol wants them: five numbers each, lines and columns as the
/// difference to the one before, and none that goes over a line's end.
fn encoded(document: &Document, pieces: &[Piece]) -> Vec<u32> {
    let file = document.file();
    let mut encoder = Encoder {
        file,
        encoding: document.encoding,
        line: 0,
        column: 0,
        data: Vec::with_capacity(pieces.len() * 5),
    };
    for piece in pieces {
        let text = file.text.get(piece.start..piece.end).unwrap_or("");
        let mut start = piece.start;
        for line in text.split_inclusive('\n') {
            let shown = line.trim_end_matches(['\n', '\r']);
            encoder.add(start, shown, piece);
            start += line.len();
        }
    }
    encoder.data
}

struct Encoder<'d> {
    file: &'d SourceFile,
    encoding: Encoding,
    line: usize,
    column: usize,
    data: Vec<u32>,
}

impl Encoder<'_> {
    fn add(&mut self, start: usize, text: &str, piece: &Piece) {
        if text.is_empty() {
            return;
        }
        let (line, column) = self.encoding.line_and_column(self.file, start);
        let (down, right) = match line - self.line {
            0 => (0, column - self.column),
            down => (down, column),
        };
        (self.line, self.column) = (line, column);
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        self.data.extend([
            number(down),
            number(right),
            number(self.encoding.length(text)),
            piece.paint as u32,
            piece.modifiers,
        ]);
    }
}
