//! What the grammar matched, to the tree.

mod attributes;
mod expressions;
mod items;
mod measures;
mod statements;
mod text;

use pest::iterators::{Pair, Pairs};

use crate::problem::{Code, Problem};
use crate::source::{FileId, Span};
use crate::syntax::ast::{Ast, Comment, Item, ItemKind, Name};
use crate::syntax::recover::Context;
use crate::syntax::{Parsed, Rule, recover};

/// A matched rule.
type Node<'t> = Pair<'t, Rule>;

/// Turns matches into trees, and collects what is wrong.
pub(super) struct Builder<'t> {
    file: FileId,
    text: &'t str,
    problems: Vec<Problem>,
    comments: Vec<Comment>,
}

pub(super) fn file<'t>(file: FileId, text: &'t str, pairs: Pairs<'t, Rule>) -> Parsed {
    let mut builder = Builder {
        file,
        text,
        problems: Vec::new(),
        comments: Vec::new(),
    };
    builder.comments = builder.collect_comments(pairs.clone());
    let items = builder.items(pairs);
    let mut problems = builder.problems;
    problems.sort_by_key(|problem| problem.span.map(|span| span.start));
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
                Some(doc) => lines.push(doc.trim()),
                None => break,
            }
        }
        if lines.is_empty() {
            return None;
        }
        lines.reverse();
        Some(lines.join("\n"))
    }

    /// Reports what could not be read, by what was expected there.
    fn not_understood(&mut self, node: &Node<'t>, context: Context) {
        let span = node.as_span();
        let problem = recover::explain(self.file, self.text, span.start(), span.end(), context);
        self.problems.push(problem);
    }

    /// Reports a `{` that has no partner.
    fn unclosed(&mut self, block: &Node<'t>) {
        let start = block.as_span().start();
        let open = Span::new(self.file, start, start + 1);
        let problem = Problem::new(Code::RB901, open, "this `{` has no partner")
            .label("opened here")
            .help("add the missing `}`");
        self.problems.push(problem);
    }
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
