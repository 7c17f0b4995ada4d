//! A document as Markdown, as code hosts and wikis read it (CommonMark with
//! tables, task lists and Mermaid drawings).

use super::{Page, Part, Word, page};
use crate::export::mermaid::mermaid;
use crate::plan::Plan;
use crate::problem::render::neutral;

/// The plan as a Markdown page; `about` is what its author says of it first, a line
/// each.
pub fn markdown(plan: &Plan, about: &[String]) -> String {
    let Page { title, parts } = page(plan, about);
    let mut out = Out {
        plan,
        text: String::new(),
    };
    out.line(0, &format!("# {}", escape(&title)));
    for part in &parts {
        out.part(0, part);
    }
    out.text
}

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
                self.line(indent, &format!("{signs} {}", escape(text)));
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
            Part::Picture => {
                let drawing = mermaid(self.plan);
                self.fenced(indent, "mermaid", drawing.trim_end());
            }
        }
    }

    /// Text as it is, between fences that do not stand in it.
    fn fenced(&mut self, indent: usize, language: &str, text: &str) {
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        self.line(indent, &format!("{fence}{language}"));
        for line in neutral::lines(text).lines() {
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
    text
}

fn cell(words: &[Word]) -> String {
    inline(words).replace('|', "\\|")
}

/// Text in which what stands between backticks is code.
fn with_code(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // One backtick without its other half is only itself.
    if parts.len().is_multiple_of(2) {
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
    if longest > 0 || text.is_empty() {
        format!("{ticks} {text} {ticks}")
    } else {
        format!("{ticks}{text}{ticks}")
    }
}

/// Text on one line that cannot become markup.
fn escape(text: &str) -> String {
    let text = neutral::one_line(text);
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.chars().enumerate() {
        let begins = at == 0 && matches!(c, '#' | '+' | '-' | '=' | '~' | '>');
        if begins || matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '&' | '~') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
