//! Strings and commands.

use super::{Builder, Node};
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::Rule;
use crate::syntax::ast::{Command, Expr, ExprKind, Text, TextPart};
use crate::syntax::limits::MAX_TEXT;

impl<'t> Builder<'t> {
    /// A `string` rule, of any spelling.
    pub(super) fn string(&mut self, node: Node<'t>) -> Text {
        let span = self.span(&node);
        if span.range().len() > MAX_TEXT {
            let message = format!("the text is longer than {} KiB", MAX_TEXT >> 10);
            let problem = Problem::new(Code::RB902, span, message).help("keep it in a file");
            self.problems.push(problem);
        }
        let mut parts = Vec::new();
        for spelled in node.into_inner() {
            parts = match spelled.as_rule() {
                Rule::quoted => self.parts(spelled),
                Rule::block_string => dedent(self.parts(spelled)),
                Rule::raw => literal(inner_text(spelled)),
                Rule::block_raw => dedent(literal(inner_text(spelled))),
                _not_a_spelling => Vec::new(),
            };
        }
        Text { parts, span }
    }

    fn parts(&mut self, node: Node<'t>) -> Vec<TextPart> {
        let mut parts: Vec<TextPart> = Vec::new();
        for part in node.into_inner() {
            match part.as_rule() {
                Rule::quoted_text | Rule::block_text => push(&mut parts, part.as_str()),
                Rule::braces => push(&mut parts, &part.as_str()[..1]),
                Rule::escape => {
                    let text = self.escape(&part);
                    push(&mut parts, &text);
                }
                Rule::interpolation => {
                    let expr = self.interpolation(part);
                    parts.push(TextPart::Interpolation(expr));
                }
                _nothing_else => {}
            }
        }
        parts
    }

    fn interpolation(&mut self, node: Node<'t>) -> Expr {
        let span = self.span(&node);
        let is_closed = node.as_str().ends_with('}');
        let inner = node.into_inner().next();
        match inner {
            Some(expr) if expr.as_rule() == Rule::expr => self.expr(expr),
            _bad => {
                let (message, help) = if is_closed {
                    (
                        "expected a value between the braces, such as `{version}`",
                        "for a brace itself write `{{` or `}}`",
                    )
                } else {
                    (
                        "this `{` is not closed",
                        "add the missing `}`, as in `{version}`; a brace itself is written `{{`",
                    )
                };
                let problem = Problem::new(Code::RB900, span, message).help(help);
                self.problems.push(problem);
                Expr {
                    kind: ExprKind::Bad,
                    span,
                }
            }
        }
    }

    fn escape(&mut self, node: &Node<'t>) -> String {
        let written = node.as_str();
        let text = match &written[1..] {
            "n" => Some("\n".to_owned()),
            "t" => Some("\t".to_owned()),
            "\"" => Some("\"".to_owned()),
            "\\" => Some("\\".to_owned()),
            hex if hex.starts_with("u{") => {
                let digits = hex.trim_start_matches("u{").trim_end_matches('}');
                let code = u32::from_str_radix(digits, 16).ok();
                code.and_then(char::from_u32).map(String::from)
            }
            _unknown => None,
        };
        text.unwrap_or_else(|| {
            let message = match written.trim_end() {
                "\\" => "there is no escape at the end of a line".to_owned(),
                written => format!("there is no escape `{written}`"),
            };
            let problem = Problem::new(Code::RB900, self.span(node), message)
                .help("escapes are `\\n`, `\\t`, `\\\"`, `\\\\` and `\\u{1F680}`; text in backquotes has none");
            self.problems.push(problem);
            String::new()
        })
    }

    /// A `command` or `commands` rule: one script.
    pub(super) fn command(&mut self, node: Node<'t>) -> Command {
        let span = self.span(&node);
        let mut text = String::new();
        let mut lines = Vec::new();
        for line in node.into_inner() {
            match line.as_rule() {
                Rule::command_line => {
                    if !text.is_empty() || !lines.is_empty() {
                        text.push('\n');
                    }
                    let inner = line.clone().into_inner().next();
                    let (start, written) = match &inner {
                        Some(inner) => (inner.as_span().start(), inner.as_str()),
                        None => (line.as_span().end(), ""),
                    };
                    push_lines(&mut text, &mut lines, start, written.trim_end_matches('\r'));
                }
                Rule::fenced => {
                    if let Some(inner) = line.into_inner().next() {
                        push_fenced(&mut text, &mut lines, &inner);
                    }
                }
                _nothing_else => {}
            }
        }
        self.check_command(&text, span);
        Command { text, lines, span }
    }

    fn check_command(&mut self, text: &str, span: Span) {
        if text.trim().is_empty() {
            let problem = Problem::new(Code::RB900, span, "expected a command after `$`");
            self.problems.push(problem);
        } else if text.len() > MAX_TEXT {
            let message = format!("the script is longer than {} KiB", MAX_TEXT >> 10);
            let problem = Problem::new(Code::RB902, span, message)
                .help("keep it in a file beside the runbook");
            self.problems.push(problem);
        } else if text.contains('\0') {
            let problem = Problem::new(Code::RB900, span, "a command cannot hold a NUL byte");
            self.problems.push(problem);
        }
    }
}

fn number(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// Adds a piece of source as it stands, noting where each of its lines starts.
fn push_lines(text: &mut String, lines: &mut Vec<(u32, u32)>, start: usize, written: &str) {
    let mut at = start;
    for line in written.split_inclusive('\n') {
        lines.push((number(text.len()), number(at)));
        text.push_str(line);
        at += line.len();
    }
    if written.is_empty() {
        lines.push((number(text.len()), number(at)));
    }
}

/// Adds a fenced script without the indentation its lines share.
fn push_fenced(text: &mut String, lines: &mut Vec<(u32, u32)>, node: &Node) {
    let start = node.as_span().start();
    let written = node.as_str();
    let body = written.trim_end_matches([' ', '\t']);
    let body = body.strip_suffix('\n').unwrap_or(body);
    let shared = shared_indent(body.lines());
    let mut at = start;
    for (index, line) in body.split('\n').enumerate() {
        if index > 0 {
            text.push('\n');
        }
        let cut = shared.min(line.len());
        let cut = if line.trim().is_empty() {
            line.len()
        } else {
            cut
        };
        lines.push((number(text.len()), number(at + cut)));
        text.push_str(line[cut..].trim_end_matches('\r'));
        at += line.len() + 1;
    }
}

/// The bytes of indentation that all lines with text share.
fn shared_indent<'a>(lines: impl Iterator<Item = &'a str>) -> usize {
    lines
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches([' ', '\t']).len())
        .min()
        .unwrap_or(0)
}

fn inner_text<'t>(node: Node<'t>) -> &'t str {
    node.into_inner().next().map_or("", |inner| inner.as_str())
}

fn literal(text: &str) -> Vec<TextPart> {
    if text.is_empty() {
        Vec::new()
    } else {
        vec![TextPart::Literal(text.to_owned())]
    }
}

fn push(parts: &mut Vec<TextPart>, text: &str) {
    match parts.last_mut() {
        Some(TextPart::Literal(last)) => last.push_str(text),
        Some(TextPart::Interpolation(_)) | None => parts.push(TextPart::Literal(text.to_owned())),
    }
}

/// A block string without the line of its opening mark, the line of its
/// closing one, and the indentation of the latter.
fn dedent(mut parts: Vec<TextPart>) -> Vec<TextPart> {
    let starts_a_line = matches!(parts.first(), Some(TextPart::Literal(text)) if text.trim_start_matches([' ', '\t', '\r']).starts_with('\n'));
    if !starts_a_line {
        return parts;
    }
    let indent = match parts.last() {
        Some(TextPart::Literal(text)) => match text.rsplit_once('\n') {
            Some((_, last)) if last.trim().is_empty() => last.len(),
            Some(_) | None => 0,
        },
        Some(TextPart::Interpolation(_)) | None => 0,
    };
    for part in &mut parts {
        if let TextPart::Literal(text) = part {
            *text = outdented(text, indent);
        }
    }
    if let Some(TextPart::Literal(first)) = parts.first_mut()
        && let Some((_, rest)) = first.split_once('\n')
    {
        *first = rest.to_owned();
    }
    if let Some(TextPart::Literal(last)) = parts.last_mut()
        && let Some((text, end)) = last.rsplit_once('\n')
        && end.trim().is_empty()
    {
        *last = text.to_owned();
    }
    parts.retain(|part| *part != TextPart::Literal(String::new()));
    parts
}

/// Text with up to so much white space taken from behind each line end.
fn outdented(text: &str, indent: usize) -> String {
    let mut lines = text.split('\n');
    let mut out = lines.next().unwrap_or("").trim_end_matches('\r').to_owned();
    for line in lines {
        let line = line.trim_end_matches('\r');
        let white = line.len() - line.trim_start_matches([' ', '\t']).len();
        out.push('\n');
        out.push_str(&line[white.min(indent)..]);
    }
    out
}
