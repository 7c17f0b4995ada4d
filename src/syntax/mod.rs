//! Text to [`Ast`]. Total: any bytes give a tree, its comments and problems.
//!
//! | file | its part |
//! | --- | --- |
//! | `../../grammar/runbook.pest` | the language |
//! | `ast` | the tree |
//! | `build` | what the grammar matched, to the tree |
//! | `recover` | what was expected where something could not be read |
//! | `limits` | what keeps any input from exhausting the machine |
//! | `tokens` | a text as the signs it is made of, for what lays it out anew |
//! | `units` | amounts as people write them by mistake |
//! | `quote` | texts, written as the language has them |
//! | `scan` | brackets and quotes, and what is open where |

pub mod ast;
mod build;
mod limits;
mod quote;
mod recover;
mod scan;
pub mod tokens;
mod units;

pub use ast::Ast;
pub use quote::quoted;
pub use recover::{Around, Context, Form, Inside, Next, forms};

use pest::Parser;

use crate::problem::{Code, Problem};
use crate::source::{FileId, SourceFile, Span};
use limits::Shape;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/runbook.pest"]
pub(crate) struct Grammar;

/// A tree, and what is wrong with the text it was made from.
#[derive(Debug)]
pub struct Parsed {
    pub ast: Ast,
    pub problems: Vec<Problem>,
}

/// Parses one file.
pub fn parse(file: FileId, text: &str) -> Parsed {
    let shape = match limits::check(file, text) {
        Ok(shape) => shape,
        Err(problem) => {
            return Parsed {
                ast: empty(file),
                problems: vec![*problem],
            };
        }
    };
    match Grammar::parse(rule_of(shape), text) {
        Ok(pairs) => build::file(file, text, pairs),
        // The grammar takes any text, but it does not recurse beyond the stack:
        // that is said, wherever it happens.
        Err(error) => {
            let at = match error.location {
                pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => {
                    at
                }
            };
            let span = Span::new(file, at, at);
            Parsed {
                ast: empty(file),
                problems: vec![
                    Problem::new(Code::RB902, span, "this is too deeply nested to be read")
                        .help("is a closing bracket missing further up?"),
                ],
            }
        }
    }
}

/// How a text of a shape is read.
fn rule_of(shape: Shape) -> Rule {
    match shape {
        Shape::Whole => Rule::file,
        Shape::OpenBlock => Rule::file_with_open_block,
        Shape::Broken => Rule::file_by_layout,
    }
}

fn empty(file: FileId) -> Ast {
    Ast {
        file,
        items: Vec::new(),
        comments: Vec::new(),
    }
}

/// A file's bytes as text. What is not UTF-8 is replaced, so that the rest of
/// the file still counts; the problem says where the first such byte stands.
pub fn decode(
    path: impl Into<std::path::PathBuf>,
    bytes: &[u8],
    file: FileId,
) -> (SourceFile, Option<Problem>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let zero = text.find('\0').map(|at| {
                let message = "there is a zero byte: this is no text";
                Problem::new(Code::RB966, Span::new(file, at, at + 1), message)
                    .help("is it a runbook? save it as UTF-8")
            });
            (SourceFile::new(path, text), zero)
        }
        Err(error) => {
            let at = error.valid_up_to();
            let text = String::from_utf8_lossy(bytes).into_owned();
            let byte = bytes.get(at).copied().unwrap_or_default();
            let span = Span::new(file, at, at + char::REPLACEMENT_CHARACTER.len_utf8());
            let message = format!("this is not UTF-8 text: found the byte 0x{byte:02x}");
            let problem =
                Problem::new(Code::RB966, span, message).help("is it a runbook? save it as UTF-8");
            (SourceFile::new(path, text), Some(problem))
        }
    }
}
