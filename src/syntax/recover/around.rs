//! What stands around a place in a text, whatever state the text is in: the
//! blocks it is in, and what the grammar would take next. For editors.

use super::forms::Form;
use super::furthest::wanted_behind;
use super::{Context, first_word};
use crate::syntax::scan::Scan;

/// A place in a text, and what is around it.
#[derive(Debug)]
pub struct Around<'t> {
    text: &'t str,
    at: usize,
    /// The blocks it is in, the outermost first.
    pub blocks: Vec<Opened<'t>>,
    pub inside: Inside,
    /// Where the statement begins that it is in.
    pub statement: usize,
    /// The `(` that is open in that statement, if one is.
    pub call: Option<usize>,
}

/// A block that is open at a place.
#[derive(Debug, Clone, Copy)]
pub struct Opened<'t> {
    /// What stands before its brace in the line.
    pub head: &'t str,
    pub brace: usize,
    pub context: Context,
}

/// What kind of text a place is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inside {
    /// The language itself.
    Code,
    /// Quotes.
    Text,
    /// `{…}` in quotes.
    Interpolation,
    /// Behind `$`.
    Command,
    Comment,
}

/// What could stand at a place.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Next {
    pub keywords: Vec<String>,
    /// A name.
    pub name: bool,
    /// An expression.
    pub value: bool,
    /// A type.
    pub ty: bool,
}

impl<'t> Around<'t> {
    pub fn new(text: &'t str, at: usize) -> Around<'t> {
        let at = text.floor_char_boundary(at.min(text.len()));
        let before = &text[..at];
        let mut scan = Scan::new(before);
        let mut last = 0;
        loop {
            let here = scan.at();
            if !scan.step() {
                break;
            }
            last = here;
        }
        let line = line_start(before);
        let mut around = Around {
            text,
            at,
            blocks: Vec::new(),
            inside: Inside::Code,
            statement: line,
            call: None,
        };
        let unclosed = scan.unclosed.map(|(_, sign)| sign);
        around.inside = inside(before, last, unclosed, &scan.open);
        around.open(&scan.open);
        around
    }

    fn open(&mut self, open: &[(usize, &'static str)]) {
        let mut quoted = false;
        let mut first_bracket = None;
        for (at, sign) in open {
            match *sign {
                "{" if !quoted => {
                    self.block(*at);
                    first_bracket = None;
                    self.call = None;
                }
                "(" | "[" => {
                    first_bracket = first_bracket.or(Some(*at));
                    if *sign == "(" && !quoted {
                        self.call = Some(*at);
                    }
                }
                quote if quote.starts_with('"') => {
                    quoted = true;
                    first_bracket = first_bracket.or(Some(*at));
                }
                _other => {}
            }
        }
        if let Some(first) = first_bracket {
            self.statement = line_start(&self.text[..first]);
        }
        let block = self.blocks.last().map(|block| block.brace + 1);
        // `{ timeout 1m`: the statement begins behind the brace.
        self.statement = self.statement.max(block.unwrap_or(0));
    }

    fn block(&mut self, brace: usize) {
        let before = &self.text[..brace];
        let head = before[line_start(before)..].trim();
        let outer = self.context();
        self.blocks.push(Opened {
            head,
            brace,
            context: context_of(head, outer),
        });
    }

    /// What the lines around the place are.
    pub fn context(&self) -> Context {
        self.blocks
            .last()
            .map_or(Context::Item, |block| block.context)
    }

    /// The statement up to the place.
    pub fn begun(&self) -> &'t str {
        self.text[self.statement..self.at].trim_start()
    }

    /// The keywords with which a line can begin here.
    pub fn forms(&self) -> Vec<&'static Form> {
        let context = self.context();
        let mut forms = context.forms();
        let opens = |word: &str| {
            self.blocks
                .last()
                .is_some_and(|it| it.head.starts_with(word))
        };
        let in_undo = opens("rollback") || opens("else") || opens("} else");
        match context {
            Context::Block if opens("bracket") => {
                forms.retain(|form| matches!(form.word, "enter" | "leave"));
            }
            Context::Block if !opens("with") => {
                forms.retain(|form| !matches!(form.word, "enter" | "leave"));
            }
            Context::Attribute => forms.retain(|form| fits(form.word, in_undo, opens)),
            _others => {}
        }
        forms
    }

    /// What the grammar would take behind `begun`, a part of the statement.
    pub fn next(&self, begun: &str) -> Next {
        let Some(wanted) = wanted_behind(self.context().rule(), begun) else {
            return Next::default();
        };
        let ty = wanted.has("list");
        Next {
            keywords: wanted
                .keywords()
                .filter(|word| !(ty && *word == "list"))
                .map(str::to_owned)
                .collect(),
            name: wanted.name(),
            value: wanted.has("["),
            ty,
        }
    }
}

/// Which attributes fit a step, a check, an undo.
fn fits(word: &str, in_undo: bool, opens: impl Fn(&str) -> bool) -> bool {
    let way_back = matches!(
        word,
        "rollback"
            | "harmless"
            | "irreversible"
            | "capture"
            | "done"
            | "atomic"
            | "touches"
            | "destroys"
            | "saves"
            | "else"
            | "repeatable"
            | "output"
    );
    match word {
        "verify" | "best" => in_undo,
        "else" if opens("check") => true,
        "output" => !in_undo,
        _other if in_undo || opens("check") || opens("diagnose") => !way_back,
        "within" => !opens("step") && !opens("action"),
        _other => true,
    }
}

fn line_start(text: &str) -> usize {
    text.rfind(['\n', '\r']).map_or(0, |at| at + 1)
}

fn inside(
    before: &str,
    last: usize,
    unclosed: Option<&str>,
    open: &[(usize, &'static str)],
) -> Inside {
    let piece = &before[last..];
    if let Some((_, quote)) = open.last()
        && quote.starts_with('"')
    {
        return Inside::Text;
    }
    let in_quotes = open.iter().any(|(_, sign)| sign.starts_with('"'));
    if in_quotes {
        return Inside::Interpolation;
    }
    match unclosed {
        Some("\"\"\"") => return Inside::Text,
        Some("```") => {
            let fence = before.rfind("```").unwrap_or(0);
            let script = before[..fence].trim_end_matches([' ', '\t']).ends_with('$');
            return if script {
                Inside::Command
            } else {
                Inside::Text
            };
        }
        Some("`") if before[line_start(before)..].matches('`').count() % 2 == 1 => {
            return Inside::Text;
        }
        Some(_) | None => {}
    }
    if piece.starts_with('#') && !piece.contains('\n') {
        Inside::Comment
    } else if piece.starts_with("$ ") && !piece.ends_with('\n') {
        Inside::Command
    } else {
        Inside::Code
    }
}

/// What the lines of a block are, by what stands before its brace.
fn context_of(head: &str, outer: Context) -> Context {
    let head = head.trim_start_matches('}').trim_start();
    let asks = head.split([' ', '\t']).any(|word| word == "http");
    match first_word(head) {
        "phase" | "parallel" | "for" | "with" | "strategy" | "bracket" | "always" | "on" => {
            Context::Block
        }
        "http" | "source" | "channel" | "metric" => Context::Request,
        "step" | "check" | "action" | "rollback" | "enter" | "leave" if asks => Context::Request,
        "rollback" | "ask" if outer == Context::Watch => Context::Condition,
        "step" | "check" | "action" | "rollback" | "else" | "enter" | "leave" | "defaults"
        | "diagnose" | "verify" => Context::Attribute,
        "gate" => Context::Gate,
        "checklist" => Context::Checklist,
        "thresholds" | "any" | "all" | "hold" | "until" => Context::Condition,
        "window" => Context::Window,
        "watch" => Context::Watch,
        "hosts" => Context::Via,
        "test" => Context::Test,
        "trouble" => Context::Trouble,
        _unknown if outer == Context::Item => Context::Block,
        _unknown => outer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(text: &str) -> Around<'_> {
        let at = text.find('‸').unwrap_or(text.len());
        Around::new(text, at)
    }

    #[test]
    fn a_place_knows_its_blocks() {
        let cases = [
            ("‸", Context::Item, Inside::Code),
            ("phase a {\n  ‸", Context::Block, Inside::Code),
            (
                "phase a {\n  step b {\n    $ echo {\n    ‸",
                Context::Attribute,
                Inside::Code,
            ),
            (
                "step b {\n    $ echo {‸",
                Context::Attribute,
                Inside::Command,
            ),
            (
                "step b {\n  rollback {\n  } else \"x\" {\n  ‸",
                Context::Attribute,
                Inside::Code,
            ),
            (
                "gate a {\n  hold any {\n ‸",
                Context::Condition,
                Inside::Code,
            ),
            ("gate a {\n  confirm \"really‸", Context::Gate, Inside::Text),
            (
                "gate a {\n  confirm \"really {‸",
                Context::Gate,
                Inside::Interpolation,
            ),
            (
                "check a http GET \"x\" {\n‸",
                Context::Request,
                Inside::Code,
            ),
            (
                "step b {\n  $ ```\n  echo ‸",
                Context::Attribute,
                Inside::Command,
            ),
            ("# {‸", Context::Item, Inside::Comment),
        ];
        for (text, context, inside) in cases {
            let around = around(text);
            assert_eq!(
                (around.context(), around.inside),
                (context, inside),
                "{text}"
            );
        }
    }

    #[test]
    fn the_grammar_says_what_comes_next() {
        let text = "step b {\n  retry 2 ‸";
        let around = around(text);
        let next = around.next("retry 2 ");
        assert_eq!(next.keywords, ["backoff", "every"]);
        assert!(around.next("retry 2 2 ") == Next::default());
        let names = around.forms();
        assert!(names.iter().any(|form| form.word == "timeout"));
        assert!(!names.iter().any(|form| form.word == "verify"));
    }
}
