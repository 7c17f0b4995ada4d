//! A document as one page that needs nothing else: no script, no font, no picture
//! from elsewhere.

use std::fmt::Write;

use super::{Page, Part, Word, page, verbatim};
use crate::export::comments::Said;
use crate::export::svg;
use crate::plan::Plan;
use crate::problem::render::neutral::one_line;

const STYLE: &str = include_str!("style.css");

/// The plan as a page for browsers, with boxes to tick, good to print, and with what
/// its author says of it.
pub fn html(plan: &Plan, said: &Said) -> String {
    let Page { title, parts } = page(plan, said);
    let mut out = head(&title, STYLE);
    let _ = writeln!(out, "<h1>{}</h1>", escape(&title));
    write_parts(&mut out, plan, &parts);
    out.push_str("</body>\n</html>\n");
    out
}

/// The head of a page that asks nothing of the net, whatever stands in it.
pub fn head(title: &str, style: &str) -> String {
    let title = escape(title);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
    )
}

fn write_parts(out: &mut String, plan: &Plan, parts: &[Part]) {
    let mut in_items = false;
    for part in parts {
        let is_item = matches!(part, Part::Item(..));
        if is_item != in_items {
            out.push_str(if is_item {
                "<ul class=\"items\">\n"
            } else {
                "</ul>\n"
            });
            in_items = is_item;
        }
        write_part(out, plan, part);
    }
    if in_items {
        out.push_str("</ul>\n");
    }
}

fn write_part(out: &mut String, plan: &Plan, part: &Part) {
    let _ = match part {
        Part::Heading(level, text) => writeln!(out, "<h{level}>{}</h{level}>", escape(text)),
        Part::Text(words) => writeln!(out, "<p>{}</p>", inline(words)),
        Part::List(items) => writeln!(out, "<ul>{}</ul>", listed(items)),
        Part::Numbered(items) => writeln!(out, "<ol>{}</ol>", listed(items)),
        Part::Table(rows) => {
            out.push_str("<table>\n");
            for (about, words) in rows {
                let (about, words) = (inline(about), inline(words));
                let _ = writeln!(out, "<tr><th>{about}</th><td>{words}</td></tr>");
            }
            writeln!(out, "</table>")
        }
        Part::Item(words, below) => {
            let words = inline(words);
            let _ = writeln!(out, "<li><label><input type=\"checkbox\"> {words}</label>");
            write_parts(out, plan, below);
            writeln!(out, "</li>")
        }
        // A line end right behind the tag would be left out.
        Part::Commands(_, text) => writeln!(out, "<pre>\n{}</pre>", escape_text(&verbatim(text))),
        Part::Picture => writeln!(
            out,
            "<details><summary>the order, as a drawing</summary>\n{}</details>",
            svg::inline(plan)
        ),
    };
}

fn listed(items: &[super::Words]) -> String {
    let items = items
        .iter()
        .map(|item| format!("<li>{}</li>", inline(item)));
    items.collect()
}

fn inline(words: &[Word]) -> String {
    let words = words.iter().map(|word| match word {
        Word::Plain(text) => marked(text),
        Word::Strong(text) => format!("<strong>{}</strong>", escape(text)),
        Word::Code(text) => format!("<code>{}</code>", escape(text)),
    });
    words.collect()
}

/// Text on one line that cannot become anything else on a page, nor hide.
pub fn escape(text: &str) -> String {
    escape_text(&one_line(text))
}

/// Text that may have several lines.
pub fn escape_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// The same, with what stands in backticks as code.
pub fn marked(text: &str) -> String {
    let mut out = String::new();
    let escaped = escape(text);
    let parts: Vec<&str> = escaped.split('`').collect();
    // One backtick without its other half is only itself.
    let has_empty = parts.iter().skip(1).step_by(2).any(|it| it.is_empty());
    let pairs = match has_empty {
        // Two in a row are only themselves, too.
        true => 1,
        false => parts.len() - usize::from(parts.len().is_multiple_of(2)),
    };
    for (index, part) in parts.iter().enumerate() {
        if index >= pairs {
            out.push('`');
            out.push_str(part);
        } else if index.is_multiple_of(2) {
            out.push_str(part);
        } else {
            let _ = write!(out, "<code>{part}</code>");
        }
    }
    out
}
