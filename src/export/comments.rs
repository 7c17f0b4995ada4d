//! What authors wrote for people beside what is carried out.

use std::collections::BTreeMap;

use crate::machine::undo_of;
use crate::plan::{NodeId, NodeKind, Origin, Plan};
use crate::source::{FileId, SourceMap, Span};

/// What an author says to people, a line each.
#[derive(Debug, Default)]
pub struct Said {
    /// Of the runbook, before it begins.
    pub about: Vec<String>,
    /// Of statements.
    pub nodes: BTreeMap<NodeId, Vec<String>>,
    /// Of undos, by where they begin.
    pub undos: BTreeMap<(u32, u32), Vec<String>>,
}

/// What authors wrote beside their statements, wherever that is in the source.
#[derive(Debug, Clone, Copy)]
pub struct Comments<'a> {
    pub sources: &'a SourceMap,
    pub places: &'a [Span],
}

impl Comments<'_> {
    /// Those in the lines right above a place.
    pub fn above(&self, origin: Origin) -> Vec<String> {
        words(self.lines_above(origin))
    }

    fn lines_above(&self, origin: Origin) -> Vec<Line> {
        let Some(text) = self.text_around(origin) else {
            return Vec::new();
        };
        let before = text.get(..origin.start as usize).unwrap_or_default();
        // The first piece is what stands before it on its own line.
        let mut comments: Vec<String> = before
            .rsplit('\n')
            .skip(1)
            .map(|line| line.trim())
            .take_while(|line| line.starts_with('#'))
            .map(words_of)
            .collect();
        comments.reverse();
        let lines = comments.into_iter().enumerate();
        let line = |(at, words)| Line {
            words,
            follows: at > 0,
        };
        lines.map(line).collect()
    }

    /// All that the author says to people.
    pub fn said(&self, plan: &Plan) -> Said {
        let mut said = Said {
            about: self.about(plan),
            ..Said::default()
        };
        // The first one is the runbook itself.
        for (id, node) in (0..).map(NodeId).zip(&plan.nodes).skip(1) {
            for undo in undo_of(plan, id) {
                let lines = paragraphs(self.lines_of_undo(undo.origin));
                let place = (undo.origin.file, undo.origin.start);
                said.undos.insert(place, lines);
            }
            if !matches!(node.kind, NodeKind::Close { .. } | NodeKind::Leave { .. }) {
                let mut lines = self.lines_above(node.origin);
                lines.extend(self.lines_in_statement(plan, id));
                said.nodes.insert(id, paragraphs(lines));
            }
        }
        said
    }

    /// Those in a statement, but of its undo.
    pub fn in_statement(&self, plan: &Plan, id: NodeId) -> Vec<String> {
        words(self.lines_in_statement(plan, id))
    }

    fn lines_in_statement(&self, plan: &Plan, id: NodeId) -> Vec<Line> {
        let node = &plan.nodes[id.index()];
        match &node.kind {
            NodeKind::Step(_) | NodeKind::Check(_) | NodeKind::Gate(_) => {
                let undo = undo_of(plan, id).first().map(|undo| undo.origin);
                self.lines_inside(node.origin, undo)
            }
            // Up to its way back, or to what is done in it.
            NodeKind::Enter(enter) => {
                let begins = node.origin;
                let inner = plan.nodes.iter().filter(|it| it.block == Some(id));
                let next = inner.map(|it| it.origin).chain([enter.leave.origin]);
                let next = next.filter(|it| it.file == begins.file && it.start > begins.start);
                let next = next.min_by_key(|it| it.start);
                next.map_or_else(Vec::new, |next| self.until(begins, next))
            }
            // What stands in these says so itself.
            NodeKind::Open(_)
            | NodeKind::Close { .. }
            | NodeKind::Notify { .. }
            | NodeKind::Postmortem { .. }
            | NodeKind::Leave { .. } => Vec::new(),
        }
    }

    /// What the author says of a runbook before it begins, a line each.
    pub fn about(&self, plan: &Plan) -> Vec<String> {
        let release = plan.nodes.first();
        let said = release.map_or(Vec::new(), |it| self.at_top(it.origin));
        said.into_iter()
            .filter(|it| !speaks_to_the_checks(it))
            .collect()
    }

    fn at_top(&self, origin: Origin) -> Vec<String> {
        let Some(text) = self.text_around(origin) else {
            return Vec::new();
        };
        let lines = text.lines().map(str::trim);
        let lines = lines.take_while(|line| line.is_empty() || line.starts_with('#'));
        let lines = lines.filter(|line| !line.starts_with("#!"));
        let mut comments: Vec<String> = lines.map(words_of).collect();
        while comments.last().is_some_and(String::is_empty) {
            comments.pop();
        }
        comments
    }

    /// Those inside of a step, a check or a gate, but for what is said of its undo.
    pub fn inside(&self, origin: Origin, undo: Option<Origin>) -> Vec<String> {
        words(self.lines_inside(origin, undo))
    }

    fn lines_inside(&self, origin: Origin, undo: Option<Origin>) -> Vec<Line> {
        let Some(undo) = undo else {
            return self.within(origin.file, origin.start, origin.end);
        };
        let mut comments = self.until(origin, undo);
        comments.extend(self.within(origin.file, undo.end, origin.end));
        comments
    }

    /// Those from the beginning of something to what stands in it next.
    fn until(&self, origin: Origin, next: Origin) -> Vec<Line> {
        let mut comments = self.within(origin.file, origin.start, next.start);
        let of_next = self.lines_above(next).len();
        comments.truncate(comments.len().saturating_sub(of_next));
        comments
    }

    /// Those above an undo, and in it.
    pub fn of_undo(&self, undo: Origin) -> Vec<String> {
        words(self.lines_of_undo(undo))
    }

    fn lines_of_undo(&self, undo: Origin) -> Vec<Line> {
        let mut comments = self.lines_above(undo);
        comments.extend(self.within(undo.file, undo.start, undo.end));
        comments
    }

    /// The text of the file that a place is in, if it is one of these.
    fn text_around(&self, origin: Origin) -> Option<&str> {
        let mut files = self.sources.files();
        let file = files.find(|(id, _)| *id == FileId(origin.file));
        file.map(|(_, file)| &*file.text)
    }

    fn within(&self, file: u32, start: u32, end: u32) -> Vec<Line> {
        let places = self.places.iter();
        let places =
            places.filter(|it| it.file == FileId(file) && it.start >= start && it.end <= end);
        let mut lines = Vec::new();
        let mut before = None;
        for place in places {
            let text = &self.sources.file(place.file).text;
            let piece = |from: u32, to: u32| text.get(from as usize..to as usize);
            let Some(comment) = piece(place.start, place.end) else {
                continue;
            };
            let between = before.and_then(|before| piece(before, place.start));
            lines.push(Line {
                words: words_of(comment),
                follows: between.is_some_and(|it| it.trim().is_empty()),
            });
            before = Some(place.end);
        }
        lines
    }
}

/// One line of a comment.
struct Line {
    words: String,
    /// Nothing else stands between it and the one before.
    follows: bool,
}

fn words(lines: Vec<Line>) -> Vec<String> {
    lines.into_iter().map(|line| line.words).collect()
}

/// Lines for people, with an empty one between those that do not belong together.
fn paragraphs(lines: Vec<Line>) -> Vec<String> {
    let mut paragraphs = Vec::new();
    for line in lines {
        if !line.follows {
            paragraphs.push(String::new());
        }
        if !speaks_to_the_checks(&line.words) {
            paragraphs.push(line.words);
        }
    }
    paragraphs
}

fn words_of(comment: &str) -> String {
    comment.trim().trim_start_matches('#').trim().to_owned()
}

/// Whether it is for the checks, and not for people.
pub fn speaks_to_the_checks(comment: &str) -> bool {
    comment.starts_with("allow(")
}
