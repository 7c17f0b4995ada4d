//! A document as Markdown, as code hosts and wikis read it (CommonMark with
//! tables, task lists and Mermaid drawings).

use super::{Page, Part, Word, page, verbatim};
use crate::export::comments::Said;
use crate::export::mermaid::small_mermaid;
use crate::plan::Plan;
use crate::problem::render::neutral;

/// The plan as a Markdown page, with what its author says of it.
pub fn markdown(plan: &Plan, said: &Said) -> String {
    let Page { title, parts } = page(plan, said);
    let mut out = Out {
        plan,
        text: String::new(),
    };
    out.line(0, &format!("# {}", heading(&title)));
    for part in &parts {
        out.part(0, part);
    }
    out.text
}

/// Where the drawing would be.
const TOO_LARGE: &str = "The order is too large for a drawing here: `runbook graph` draws it.";

struct Out<'p> {
    plan: &'p Plan,
    text: String,
}

impl Out<'_> {
    fn line(&mut self, indent: usize, line: &str) {
        if !line.is_empty() {
            self.text += &" ".repeat(indent);
            self.text += line;
        }
        self.text.push('\n');
    }

    fn part(&mut self, indent: usize, part: &Part) {
        // An item follows the one above without a gap.
        let follows = matches!(part, Part::Item(..)) && indent > 0;
        if !follows {
            self.line(0, "");
        }
        match part {
            Part::Heading(level, text) => {
                let signs = "#".repeat(usize::from(*level));
                self.line(indent, &format!("{signs} {}", heading(text)));
            }
            Part::Text(words) => self.line(indent, &inline(words)),
            Part::List(items) => {
                for item in items {
                    self.line(indent, &format!("- {}", inline(item)));
                }
            }
            Part::Numbered(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.line(indent, &format!("{}. {}", at + 1, inline(item)));
                }
            }
            Part::Table(rows) => {
                self.line(indent, "| | |");
                self.line(indent, "| --- | --- |");
                for (about, words) in rows {
                    let row = format!("| {} | {} |", cell(about), cell(words));
                    self.line(indent, &row);
                }
            }
            Part::Item(words, below) => {
                self.line(indent, &format!("- [ ] {}", inline(words)));
                for part in below {
                    self.part(indent + 2, part);
                }
            }
            Part::Commands(language, text) => self.fenced(indent, language, text),
            Part::Picture => match small_mermaid(self.plan) {
                Some(drawing) => self.fenced(indent, "mermaid", drawing.trim_end()),
                None => self.line(indent, TOO_LARGE),
            },
        }
    }

    /// Text as it is, between fences that do not stand in it.
    fn fenced(&mut self, indent: usize, language: &str, text: &str) {
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        self.line(indent, &format!("{fence}{language}"));
        for line in verbatim(text).split('\n') {
            self.line(indent, line);
        }
        self.line(indent, &fence);
    }
}

fn inline(words: &[Word]) -> String {
    let mut text = String::new();
    for word in words {
        match word {
            Word::Plain(plain) => text += &with_code(plain),
            Word::Strong(strong) => text += &format!("**{}**", escape(strong.trim())),
            Word::Code(code) => text += &code_span(code),
        }
    }
    begun(&text)
}

/// The beginning of a line, which must not make a list, a heading or a quotation of it.
fn begun(line: &str) -> String {
    let line = line.trim_start();
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = line.split_at(digits);
    let is_sign = match digits {
        0 => rest.starts_with(['#', '+', '-', '=', '>']),
        _ => rest.starts_with(['.', ')']),
    };
    match is_sign {
        true => format!("{number}\\{rest}"),
        false => line.to_owned(),
    }
}

fn cell(words: &[Word]) -> String {
    inline(words).replace('|', "\\|")
}

/// Text in which what stands between backticks is code.
fn with_code(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // One backtick without its other half is only itself, and so are two in a row.
    let has_empty = parts.iter().skip(1).step_by(2).any(|it| it.is_empty());
    if parts.len().is_multiple_of(2) || has_empty {
        return escape(text);
    }
    let parts = parts.iter().enumerate();
    parts
        .map(|(at, part)| match at.is_multiple_of(2) {
            true => escape(part),
            false => code_span(part),
        })
        .collect()
}

/// A code span, with more backticks around it than stand in it.
fn code_span(text: &str) -> String {
    let text = neutral::one_line(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest + 1);
    // One blank at both ends is taken off.
    let is_between_blanks = text.starts_with(' ') && text.ends_with(' ');
    if longest > 0 || text.is_empty() || is_between_blanks {
        format!("{ticks} {text} {ticks}")
    } else {
        format!("{ticks}{text}{ticks}")
    }
}

/// Signs at the end of a heading would be taken for its frame.
fn heading(text: &str) -> String {
    let text = escape(text);
    match text.strip_suffix('#') {
        Some(before) if !before.is_empty() => format!("{before}\\#"),
        _without => text,
    }
}

/// Text on one line that cannot become markup.
fn escape(text: &str) -> String {
    let text = neutral::one_line(text);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '&' | '~') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
