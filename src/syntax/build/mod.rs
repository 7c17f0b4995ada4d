//! What the grammar matched, to the tree.

mod attributes;
mod expressions;
mod fleets;
mod items;
mod measures;
mod reuse;
mod statements;
mod testing;
mod text;

use pest::iterators::{Pair, Pairs};

use crate::problem::{Code, Problem};
use crate::source::{FileId, Span};
use crate::syntax::ast::{Ast, Comment, Item, ItemKind, Name};
use crate::syntax::limits::MAX_PROBLEMS;
use crate::syntax::recover::{Context, Kind};
use crate::syntax::{Parsed, Rule, recover};

/// A matched rule.
type Node<'t> = Pair<'t, Rule>;

/// Turns matches into trees, and collects what is wrong.
pub(super) struct Builder<'t> {
    file: FileId,
    text: &'t str,
    problems: Vec<Problem>,
    comments: Vec<Comment>,
    /// The indentation of statements whose `{` is missing, and whose `}` will
    /// therefore turn up.
    missing_opens: Vec<usize>,
    run: Option<Run>,
    /// Where something stands behind a block that was told of already.
    behind_blocks: Vec<usize>,
}

/// Lines that follow from the first of them: they are one problem.
struct Run {
    first: Kind,
    end: usize,
    /// The place of its problem.
    problem: usize,
}

pub(super) fn file<'t>(file: FileId, text: &'t str, pairs: Pairs<'t, Rule>) -> Parsed {
    let mut builder = Builder {
        file,
        text,
        problems: Vec::new(),
        comments: Vec::new(),
        missing_opens: Vec::new(),
        run: None,
        behind_blocks: Vec::new(),
    };
    builder.comments = builder.collect_comments(pairs.clone());
    builder.check_ends(pairs.clone());
    let items = builder.items(pairs);
    let mut problems = builder.problems;
    problems.sort_by_key(|problem| problem.span.map(|span| span.start));
    if problems.len() > MAX_PROBLEMS {
        problems.truncate(MAX_PROBLEMS);
        let message = format!("more than {MAX_PROBLEMS} problems: the rest is not listed");
        let span = problems.last().and_then(|last| last.span);
        let span = span.unwrap_or_default().after();
        problems.push(Problem::new(Code::RB902, span, message).help("is this a runbook?"));
    }
    Parsed {
        ast: Ast {
            file,
            items,
            comments: builder.comments,
        },
        problems,
    }
}

impl<'t> Builder<'t> {
    fn span(&self, node: &Node<'t>) -> Span {
        let span = node.as_span();
        Span::new(self.file, span.start(), span.end())
    }

    fn collect_comments(&self, pairs: Pairs<'t, Rule>) -> Vec<Comment> {
        let comments = pairs
            .flatten()
            .filter(|pair| pair.as_rule() == Rule::comment);
        comments
            .map(|pair| Comment {
                span: self.span(&pair),
                doc: pair.as_str().starts_with("##"),
            })
            .collect()
    }

    /// Reports what stands on a line behind the block that ends there.
    fn check_ends(&mut self, pairs: Pairs<'t, Rule>) {
        let missing = pairs
            .flatten()
            .filter(|pair| pair.as_rule() == Rule::missing_end);
        for end in missing {
            let rest = &self.text[end.as_span().start()..];
            let rest = rest.trim_start_matches([' ', '\t']);
            let start = self.text.len() - rest.len();
            let found = recover::found(rest);
            let span = Span::new(self.file, start, start + found.len());
            let message = format!("expected the end of the line behind `}}`, found `{found}`");
            let problem = Problem::new(Code::RB900, span, message)
                .help("what follows a block stands on a line of its own");
            self.problems.push(problem);
            self.behind_blocks.push(start);
        }
    }

    fn items(&mut self, pairs: Pairs<'t, Rule>) -> Vec<Item> {
        let mut items = Vec::new();
        let mut stray = false;
        for pair in pairs.flat_map(Pair::into_inner) {
            match pair.as_rule() {
                Rule::comment | Rule::EOI => {}
                Rule::stray if stray => {}
                Rule::stray => {
                    stray = true;
                    self.not_understood(&pair, Context::Item);
                }
                _an_item => {
                    let span = self.span(&pair);
                    let doc = self.doc_before(span);
                    let kind = self.item(pair);
                    if kind != ItemKind::Bad {
                        items.push(Item { kind, doc, span });
                    }
                }
            }
        }
        items
    }

    /// What stands in a block, line by line, each with its place. A line that is not
    /// understood is reported, and `bad`; so is that the block is not closed.
    fn lines<T: Clone>(
        &mut self,
        block: &Node<'t>,
        context: Context,
        bad: &T,
        mut read: impl FnMut(&mut Self, Node<'t>) -> T,
    ) -> Vec<(T, Span)> {
        let mut lines = Vec::new();
        for line in block.clone().into_inner() {
            let span = self.span(&line);
            match line.as_rule() {
                Rule::comment => {}
                Rule::missing_close => self.unclosed(block),
                Rule::bad_line => {
                    self.not_understood(&line, context);
                    lines.push((bad.clone(), span));
                }
                _understood => lines.push((read(self, line), span)),
            }
        }
        lines
    }

    fn name(&self, node: &Node<'t>) -> Name {
        Name {
            text: node.as_str().to_owned(),
            span: self.span(node),
        }
    }

    /// A `names` rule's names.
    fn names(&self, node: Node<'t>) -> Vec<Name> {
        let names = node.into_inner().filter(|child| is_name(child));
        names.map(|child| self.name(&child)).collect()
    }

    /// The text of the `##` lines directly above a place.
    fn doc_before(&self, span: Span) -> Option<String> {
        let before = self.text.get(..span.start as usize)?;
        let mut lines: Vec<&str> = Vec::new();
        // What stands before the item on its own line is indentation.
        let above = before.rsplit_once('\n')?.0;
        for line in above.rsplit('\n') {
            match line.trim().strip_prefix("##") {
                Some(doc) => lines.push(doc.strip_prefix(' ').unwrap_or(doc).trim_end()),
                None => break,
            }
        }
        if lines.is_empty() {
            return None;
        }
        lines.reverse();
        Some(lines.join("\n"))
    }

    /// Reports what could not be read, by what was expected there. What only
    /// follows from a mistake further up is not a second one.
    fn not_understood(&mut self, node: &Node<'t>, context: Context) {
        let span = node.as_span();
        let (start, end) = (span.start(), span.end());
        // What is not told need not be explained; that something is not told is.
        if self.problems.len() > MAX_PROBLEMS {
            return;
        }
        if self.behind_blocks.binary_search(&start).is_ok() {
            return;
        }
        let explained = recover::explain(self.file, self.text, start, end, context);
        if self.follows(explained.kind, start) {
            self.extend_run(span);
            return;
        }
        let indent = self.indent(start);
        match explained.kind {
            Kind::StrayClose => {
                let opened = self.missing_opens.iter().rposition(|of| *of == indent);
                if let Some(opened) = opened {
                    self.missing_opens.truncate(opened);
                    return;
                }
            }
            Kind::MissingOpen => self.missing_opens.push(indent),
            Kind::Misplaced | Kind::Unknown | Kind::Malformed => {}
        }
        self.run = Some(Run {
            first: explained.kind,
            end,
            problem: self.problems.len(),
        });
        self.problems.push(explained.problem);
    }

    /// Whether a line goes on with what was not understood before it: with a
    /// file of another kind, pasted in, or a block whose `{` is missing.
    fn follows(&self, kind: Kind, start: usize) -> bool {
        let Some(run) = &self.run else { return false };
        let same = match (run.first, kind) {
            (Kind::Unknown, Kind::Unknown)
            | (Kind::MissingOpen, Kind::Misplaced | Kind::Unknown) => true,
            (
                Kind::StrayClose
                | Kind::MissingOpen
                | Kind::Misplaced
                | Kind::Unknown
                | Kind::Malformed,
                _,
            ) => false,
        };
        let between = self.text.get(run.end..start);
        let nothing = |line: &str| line.trim().is_empty() || line.trim().starts_with('#');
        same && between.is_some_and(|between| between.lines().all(nothing))
    }

    fn extend_run(&mut self, span: pest::Span<'t>) {
        let Some(run) = &mut self.run else { return };
        run.end = span.end();
        let text = if run.first == Kind::Unknown {
            "nor is this understood"
        } else {
            "this would stand in it"
        };
        let Some(problem) = self.problems.get_mut(run.problem) else {
            return;
        };
        let more = Span::new(self.file, span.start(), span.end());
        match problem.labels.first_mut() {
            Some(label) => label.span.end = more.end,
            None => problem.labels.push(crate::problem::Label {
                span: more,
                text: text.to_owned(),
            }),
        }
    }

    /// How far a line is indented.
    fn indent(&self, start: usize) -> usize {
        let before = &self.text[..start];
        let line = before.rsplit('\n').next().unwrap_or_default();
        line.len() - line.trim_start_matches([' ', '\t']).len()
    }

    /// Reports a `{` that has no partner.
    fn unclosed(&mut self, block: &Node<'t>) {
        let (start, end) = (block.as_span().start(), block.as_span().end());
        // Text that is not closed takes the `}` with it.
        let swallowed = self.problems.last().is_some_and(|last| {
            let inside = |span: Span| (start..end).contains(&span.range().start);
            last.code == Code::RB901
                && last.message.ends_with("is not closed")
                && last.span.is_some_and(inside)
        });
        if swallowed {
            return;
        }
        let problem = |open: usize| {
            let open = Span::new(self.file, open, open + 1);
            Problem::new(Code::RB901, open, "this `{` has no partner").label("opened here")
        };
        let problem = match brace_in_command(&self.text[start..end]) {
            Some((open, close)) => problem(start + open)
                .help("a command goes to the end of its line, the `}` included: put the `}` on a line of its own")
                .and(
                    Span::new(self.file, start + close, start + close + 1),
                    "this one is of the command",
                ),
            None => problem(start).help("add the missing `}`"),
        };
        self.problems.push(problem);
    }
}

/// In a block that nothing closes: the first command that takes a `}` with it, and
/// the `{` for which that was meant, in the same line or else that of the block.
fn brace_in_command(text: &str) -> Option<(usize, usize)> {
    let mut begin = 0;
    for line in text.split_inclusive('\n') {
        let written = line.trim_end();
        if written.ends_with('}')
            && let Some(dollar) = written.find("$ ")
        {
            let (before, command) = written.split_at(dollar);
            if command.matches('}').count() > command.matches('{').count() {
                let open = before.rfind('{').map_or(0, |open| begin + open);
                return Some((open, begin + written.len() - 1));
            }
        }
        begin += line.len();
    }
    None
}

fn is_name(node: &Node) -> bool {
    node.as_rule() == Rule::name
}

/// The first child that matched a rule.
fn child<'t>(node: &Node<'t>, rule: Rule) -> Option<Node<'t>> {
    node.clone()
        .into_inner()
        .find(|child| child.as_rule() == rule)
}
