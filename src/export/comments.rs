//! What authors wrote for people beside what is carried out.

use crate::plan::{Origin, Plan};
use crate::source::{FileId, SourceMap, Span};

/// What authors wrote beside their statements, wherever that is in the source.
#[derive(Debug, Clone, Copy)]
pub struct Comments<'a> {
    pub sources: &'a SourceMap,
    pub places: &'a [Span],
}

impl Comments<'_> {
    /// Those in the lines right above a place.
    pub fn above(&self, origin: Origin) -> Vec<String> {
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
        comments
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
        let Some(undo) = undo else {
            return self.within(origin.file, origin.start, origin.end);
        };
        let mut comments = self.until(origin, undo);
        comments.extend(self.within(origin.file, undo.end, origin.end));
        comments
    }

    /// Those from the beginning of something to what stands in it next.
    pub fn until(&self, origin: Origin, next: Origin) -> Vec<String> {
        let mut comments = self.within(origin.file, origin.start, next.start);
        let of_next = self.above(next).len();
        comments.truncate(comments.len().saturating_sub(of_next));
        comments
    }

    /// Those above an undo, and in it.
    pub fn of_undo(&self, undo: Origin) -> Vec<String> {
        let mut comments = self.above(undo);
        comments.extend(self.within(undo.file, undo.start, undo.end));
        comments
    }

    /// The text of the file that a place is in, if it is one of these.
    fn text_around(&self, origin: Origin) -> Option<&str> {
        let mut files = self.sources.files();
        let file = files.find(|(id, _)| *id == FileId(origin.file));
        file.map(|(_, file)| &*file.text)
    }

    fn within(&self, file: u32, start: u32, end: u32) -> Vec<String> {
        let places = self.places.iter();
        let places =
            places.filter(|it| it.file == FileId(file) && it.start >= start && it.end <= end);
        let texts = places.filter_map(|it| {
            let text = &self.sources.file(it.file).text;
            text.get(it.start as usize..it.end as usize)
        });
        texts.map(words_of).collect()
    }
}

fn words_of(comment: &str) -> String {
    comment.trim().trim_start_matches('#').trim().to_owned()
}

/// Whether it is for the checks, and not for people.
pub fn speaks_to_the_checks(comment: &str) -> bool {
    comment.starts_with("allow(")
}
