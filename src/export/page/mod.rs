//! A plan as a document to read, to tick off and to follow by hand. What it says
//! is decided once; the writers know only the syntax of their pages.

mod flow;
pub mod html;
pub mod markdown;
mod shell;
mod surroundings;

use std::collections::BTreeMap;

use super::comments::Said;
use super::outline::{numbers, points};
use crate::plan::{NodeId, Plan};
use crate::problem::render::neutral;
use crate::simulate::outlook::{Way, ways_back};

/// A document, before any syntax. User text in it is as its author wrote it:
/// the writers make it harmless.
#[derive(Debug)]
struct Page {
    title: String,
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    /// The level is 2 or 3.
    Heading(u8, String),
    Text(Words),
    List(Vec<Words>),
    Numbered(Vec<Words>),
    Table(Vec<(Words, Words)>),
    /// Something to do or to look at, with a box to tick.
    Item(Words, Vec<Part>),
    /// Lines for a shell of this name.
    Commands(&'static str, String),
    /// The drawing of the plan.
    Picture,
}

#[derive(Debug)]
enum Word {
    Plain(String),
    Strong(String),
    Code(String),
}

type Words = Vec<Word>;

/// A command or message as its author wrote it: whoever copies it has to get the same.
/// Only what drives a terminal, or hides what a text says, is shown by a sign.
fn verbatim(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        let next = letters.peek().copied().unwrap_or(' ');
        match c {
            '\t' => out.push(c),
            // One picture of several; between other letters nobody would see it.
            JOINER if !before.is_ascii() && !next.is_ascii() => out.push(c),
            JOINER => out.push(char::REPLACEMENT_CHARACTER),
            _ => out += &neutral::lines(c.encode_utf8(&mut [0; 4])),
        }
        before = c;
    }
    out
}

const JOINER: char = '\u{200d}';

fn plain(text: impl Into<String>) -> Words {
    vec![Word::Plain(text.into())]
}

fn strong(text: impl Into<String>) -> Words {
    vec![Word::Strong(text.into())]
}

fn code(text: impl Into<String>) -> Words {
    vec![Word::Code(text.into())]
}

/// The document of a plan, with what its author says of it.
fn page(plan: &Plan, said: &Said) -> Page {
    let points = points(plan).nodes;
    let ways = ways_back(plan, &points);
    let mut writer = Writer {
        plan,
        numbers: numbers(plan),
        ways: points.into_iter().zip(ways).collect(),
        said,
        parts: paragraphs(&said.about),
    };
    writer.head();
    writer.baseline();
    writer.release();
    writer.watches();
    writer.measures();
    writer.whole_way_back();
    writer.endings();
    writer.troubles();
    Page {
        title: plan.title.clone(),
        parts: writer.parts,
    }
}

/// Lines as paragraphs, which empty ones part, and as lists.
fn paragraphs(lines: &[String]) -> Vec<Part> {
    let mut parts = Vec::new();
    for lines in lines.split(String::is_empty) {
        let is_item = |line: &String| line.starts_with("- ") || line.starts_with("* ");
        let list = lines.iter().position(is_item).unwrap_or(lines.len());
        let (text, list) = lines.split_at(list);
        if !text.is_empty() {
            parts.push(Part::Text(plain(text.join(" "))));
        }
        // What follows an item on a line of its own belongs to it.
        let items = list.chunk_by(|_, next| !is_item(next));
        let items = items.map(|item| plain(item.join(" ").split_off(2)));
        let items: Vec<Words> = items.collect();
        if !items.is_empty() {
            parts.push(Part::List(items));
        }
    }
    parts
}

struct Writer<'p> {
    plan: &'p Plan,
    numbers: Vec<Option<usize>>,
    ways: BTreeMap<NodeId, Way>,
    said: &'p Said,
    parts: Vec<Part>,
}
