//! A file as a page of reference in Markdown: what it is for, what it offers to
//! others or wants from them, each with its `##` comment.

mod declared;
mod template;
mod words;

use std::fmt::Write;
use std::path::Path;

use template::Template;

use crate::modules::{STANDARD, StandardModule};
use crate::problem::Problem;
use crate::source::{FileId, SourceFile, SourceMap};
use crate::syntax::ast::{Ast, Item, ItemKind};
use crate::syntax::{decode, parse};

/// A file that was read, and what it is called on its page.
#[derive(Debug)]
pub struct Document {
    /// `std.http`, or the name of a file.
    name: String,
    ast: Ast,
    file: SourceFile,
}

/// Why a file has no page.
#[derive(Debug)]
pub struct Unreadable {
    pub problems: Vec<Problem>,
    pub sources: SourceMap,
}

/// The page of each module of the standard library, by its name.
pub fn standard() -> impl Iterator<Item = (&'static str, Document)> {
    STANDARD
        .iter()
        .map(|module| (module.name, Document::standard(module)))
}

/// The list of the standard library, with a link to each page if they stand in a
/// folder.
pub fn standard_list(folder: Option<&str>) -> String {
    let mut list = "| module | | templates |\n| --- | --- | --- |\n".to_owned();
    for (name, document) in standard() {
        let about = words::cell(&document.summary());
        let offers = document.offers();
        let module = match folder {
            Some(folder) => format!("[`std.{name}`]({folder}{name}.md)"),
            None => format!("`std.{name}`"),
        };
        let _ = writeln!(list, "| {module} | {about} | {offers} |");
    }
    list
}

impl Document {
    /// A file's page.
    ///
    /// # Errors
    /// A text that cannot be read has none.
    pub fn read(path: &Path, bytes: &[u8]) -> Result<Document, Unreadable> {
        let file_id = FileId::default();
        let (file, not_text) = decode(path, bytes, file_id);
        let parsed = parse(file_id, &file.text);
        let problems = not_text.into_iter().chain(parsed.problems);
        let problems: Vec<Problem> = problems.filter(Problem::is_error).collect();
        if !problems.is_empty() {
            let mut sources = SourceMap::default();
            sources.add(file);
            return Err(Unreadable { problems, sources });
        }
        let name = path.file_name().unwrap_or_default();
        Ok(Document {
            name: name.to_string_lossy().into_owned(),
            ast: parsed.ast,
            file,
        })
    }

    fn standard(module: &StandardModule) -> Document {
        let file = SourceFile::new(format!("std/{}.runbook", module.name), module.text);
        Document {
            name: format!("std.{}", module.name),
            ast: parse(FileId::default(), module.text).ast,
            file,
        }
    }

    /// The page of the file.
    pub fn page(&self) -> String {
        let mut page = format!("# {}\n\n", self.title());
        if let Some(about) = self.about() {
            page += &words::markdown(&about);
            page.push('\n');
        }
        let sections = declared::sections(self);
        page += &sections;
        let templates: Vec<_> = self.templates().collect();
        if !templates.is_empty() {
            // A module has nothing else.
            if !sections.is_empty() {
                page += "## Templates\n\n";
            }
            page += &contents(&templates);
        }
        for template in &templates {
            page += &template.section();
        }
        page.truncate(page.trim_end().len());
        page.push('\n');
        page
    }

    /// The first sentence of what the file is for, for a list of files.
    fn summary(&self) -> String {
        let about = self.about().unwrap_or_default();
        words::first_sentence(&about)
    }

    /// What it offers, kind after kind: checks `ok`, `says`; action `post`.
    fn offers(&self) -> String {
        let mut kinds: Vec<(&str, Vec<String>)> = Vec::new();
        for template in self.templates() {
            let name = format!("`{}`", template.name());
            match kinds.iter_mut().find(|(kind, _)| *kind == template.kind()) {
                Some((_, names)) => names.push(name),
                None => kinds.push((template.kind(), vec![name])),
            }
        }
        let kinds = kinds
            .iter()
            .map(|(kind, names)| format!("{kind} {}", names.join(", ")));
        kinds.collect::<Vec<_>>().join("; ")
    }

    fn title(&self) -> String {
        let mut items = self.ast.items.iter();
        let title = items.find_map(|item| match &item.kind {
            ItemKind::Runbook { title } => Some(self.written(title.span)),
            _something_else => None,
        });
        match title {
            Some(title) => title.trim_matches('"').to_owned(),
            None => self.name.to_owned(),
        }
    }

    /// The comment that the file begins with, if an empty line or the title
    /// comes behind it.
    fn about(&self) -> Option<String> {
        let lines = self.file.text.lines();
        let lines: Vec<&str> = lines
            .map_while(|line| line.trim_start().strip_prefix('#'))
            .collect();
        let behind = self.file.text.lines().nth(lines.len());
        let behind = behind.unwrap_or_default().trim();
        let is_of_file = behind.is_empty() || behind.starts_with("runbook ");
        let lines = lines.iter().map(|line| {
            let line = line.strip_prefix('#').unwrap_or(line);
            line.strip_prefix(' ').unwrap_or(line).trim_end()
        });
        let about = lines.collect::<Vec<_>>().join("\n");
        (is_of_file && !about.is_empty()).then_some(about)
    }

    /// Where some are described, those that are not are nobody else's business.
    fn templates(&self) -> impl Iterator<Item = Template<'_>> {
        let all = || {
            let items = self.ast.items.iter();
            items.filter_map(|item| Template::of(item, &self.file))
        };
        let some_are = all().any(|template| template.is_described());
        all().filter(move |template| template.is_described() || !some_are)
    }

    fn written(&self, span: crate::source::Span) -> String {
        words::on_one_line(self.file.slice(span))
    }

    /// What stands at the top, each with the first sentence of its comment.
    fn documented(&self) -> impl Iterator<Item = (&Item, String)> {
        let items = self.ast.items.iter();
        items.map(|item| {
            let doc = item.doc.as_deref().unwrap_or_default();
            (item, words::first_sentence(doc))
        })
    }
}

/// What the page has, with links.
fn contents(templates: &[Template<'_>]) -> String {
    let mut list = "| | | |\n| --- | --- | --- |\n".to_owned();
    for template in templates {
        let (kind, name) = (template.kind(), template.name());
        let about = words::cell(&template.summary());
        let _ = writeln!(list, "| {kind} | [`{name}`](#{kind}-{name}) | {about} |");
    }
    list.push('\n');
    list
}
