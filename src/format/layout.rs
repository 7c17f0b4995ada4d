//! Where each sign goes.

use crate::syntax::tokens::{Token, TokenKind};

const INDENT: usize = 2;

/// Writes the signs of a text down in order.
pub fn lay_out(text: &str, tokens: &[Token<'_>]) -> String {
    let mut page = Page::default();
    for token in tokens {
        page.put(text, token);
    }
    page.text.push('\n');
    if tokens.is_empty() {
        page.text.clear();
    }
    page.text
}

#[derive(Default)]
struct Page<'t> {
    text: String,
    /// The brackets that are open, with the indentation of their lines.
    open: Vec<(TokenKind, usize)>,
    /// That of this line.
    indent: usize,
    last: Option<Token<'t>>,
}

impl<'t> Page<'t> {
    fn put(&mut self, text: &str, token: &Token<'t>) {
        if let Some(last) = self.last {
            let between = &text[last.start + last.text.len()..token.start];
            match line_ends(between) {
                0 if touch(last.kind, token.kind) => {}
                0 => self.text.push(' '),
                ends => self.new_line(ends, last.kind, token.kind),
            }
        }
        self.text.push_str(token.text);
        if opens(token.kind) {
            self.open.push((token.kind, self.indent));
        } else if closes(token.kind) {
            self.open.pop();
        }
        self.last = Some(*token);
    }

    fn new_line(&mut self, ends: usize, last: TokenKind, next: TokenKind) {
        self.text.push('\n');
        if ends > 1 && !opens(last) && !closes(next) {
            self.text.push('\n');
        }
        let inside = self.open.last();
        self.indent = match inside {
            Some((_, outside)) if closes(next) => *outside,
            Some((_, outside)) => outside + INDENT,
            None => 0,
        };
        let is_in_brackets = inside.is_some_and(|(kind, _)| *kind != TokenKind::OpenBlock);
        if last == TokenKind::Continues && !is_in_brackets {
            self.indent += INDENT;
        }
        self.text.extend(std::iter::repeat_n(' ', self.indent));
    }
}

/// Whether nothing stands between two signs of one line.
fn touch(last: TokenKind, next: TokenKind) -> bool {
    use TokenKind::{
        Close, CloseBlock, Continues, Open, OpenBlock, OpenCall, Prefix, Separator, Tight, TightEnd,
    };
    matches!(last, Open | OpenCall | Prefix | Tight)
        || matches!(
            next,
            Close | Continues | OpenCall | Separator | Tight | TightEnd
        )
        || (last, next) == (OpenBlock, CloseBlock)
}

fn opens(kind: TokenKind) -> bool {
    use TokenKind::{Open, OpenBlock, OpenCall};
    matches!(kind, Open | OpenBlock | OpenCall)
}

fn closes(kind: TokenKind) -> bool {
    use TokenKind::{Close, CloseBlock};
    matches!(kind, Close | CloseBlock)
}

/// How many line ends there are, of any kind.
fn line_ends(between: &str) -> usize {
    let unix = between.replace("\r\n", "\n");
    unix.chars()
        .filter(|sign| matches!(sign, '\n' | '\r'))
        .count()
}
