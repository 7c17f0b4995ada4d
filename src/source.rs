//! Files and the places in them. The first room of the pipeline: everything
//! later points back into a [`SourceMap`] by [`Span`].

use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

/// Which file of a [`SourceMap`] a [`Span`] points into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one file. Both ends lie on character
/// boundaries of that file's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    pub file: FileId,
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(file: FileId, start: usize, end: usize) -> Span {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span {
            file,
            start: clamp(start),
            end: clamp(end.max(start)),
        }
    }

    /// Whether another span stands in this one, or is this one.
    pub fn holds(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }

    /// The smallest span that holds both. Spans of different files do not mix:
    /// the first one wins.
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span {
            file: self.file,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The empty place just behind this span.
    pub fn after(self) -> Span {
        Span {
            start: self.end,
            ..self
        }
    }
}

/// A line and a column, both counted from one; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One file's path as the user gave it, its text and its line starts.
#[derive(Debug, Clone)]
pub struct SourceFile {
    pub path: PathBuf,
    pub text: Arc<str>,
    line_starts: Vec<u32>,
}

impl SourceFile {
    pub fn new(path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> SourceFile {
        let text = text.into();
        let mut line_starts = vec![0];
        line_starts.extend(
            text.bytes()
                .enumerate()
                .filter(|(_, byte)| *byte == b'\n')
                .filter_map(|(at, _)| u32::try_from(at + 1).ok()),
        );
        SourceFile {
            path: path.into(),
            text,
            line_starts,
        }
    }

    /// The zero-based line that holds a byte offset.
    pub fn line_of(&self, offset: usize) -> usize {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        match self.line_starts.binary_search(&offset) {
            Ok(line) => line,
            Err(next) => next - 1,
        }
    }

    /// The byte offset at which a zero-based line starts.
    pub fn line_start(&self, line: usize) -> Option<usize> {
        self.line_starts.get(line).map(|start| *start as usize)
    }

    /// Where a byte offset stands, for people.
    pub fn place(&self, offset: usize) -> Place {
        let offset = self.text.floor_char_boundary(offset.min(self.text.len()));
        let line = self.line_of(offset);
        let start = self.line_starts[line] as usize;
        Place {
            line: line + 1,
            column: self.text[start..offset].chars().count() + 1,
        }
    }

    /// The text a span covers; empty where the span does not fit this file.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }
}

/// All files of one analysis. Files are only ever added, so ids stay good.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    pub fn add(&mut self, file: SourceFile) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(file);
        id
    }

    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The file of an id, where this map gave it.
    pub fn get(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0u32..).map(FileId).zip(self.files.iter())
    }

    pub fn slice(&self, span: Span) -> &str {
        self.file(span.file).slice(span)
    }

    /// `path:line:column` of the start of a span.
    pub fn locate(&self, span: Span) -> String {
        let file = self.file(span.file);
        format!("{}:{}", file.path.display(), file.place(span.range().start))
    }
}

/// Where source text comes from: the disk, memory (tests), or the buffers of
/// an editor laid over the disk.
pub trait Files {
    /// The bytes of a file.
    ///
    /// # Errors
    /// Those of reading a file: it does not exist, is a directory, …
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Whether links lead from a path to somewhere outside a folder.
    fn leads_outside(&self, _path: &Path, _folder: &Path) -> bool {
        false
    }

    /// The names of the runbooks in a folder, as far as they can be known.
    fn runbooks_in(&self, _folder: &Path) -> Vec<String> {
        Vec::new()
    }
}

/// The largest file that is read, in bytes.
pub const MAX_FILE: usize = 16 << 20;

/// The files on disk. Of what is too large, or never ends, so much is read that
/// this can be told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

#[expect(clippy::disallowed_methods, reason = "this room reads source files")]
impl Files for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path)?;
        file.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn leads_outside(&self, path: &Path, folder: &Path) -> bool {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        match (path.canonicalize(), folder.canonicalize()) {
            (Ok(path), Ok(folder)) => !path.starts_with(folder),
            // What does not exist is reported when it is read.
            (Err(_), _) | (_, Err(_)) => false,
        }
    }

    fn runbooks_in(&self, folder: &Path) -> Vec<String> {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        names.filter(|name| name.ends_with(".runbook")).collect()
    }
}

impl Disk {
    /// The runbooks below a folder, so many at most. Hidden folders are left
    /// out, and so is what lies behind links: they may lead round in circles.
    pub fn runbooks_below(self, folder: &Path, most: usize) -> Vec<PathBuf> {
        /// Other entries cost time, too.
        const MOST_ENTRIES: usize = 100_000;
        let mut found = Vec::new();
        let mut folders = vec![folder.to_owned()];
        let mut entries = 0;
        while let Some(folder) = folders.pop() {
            let inside = std::fs::read_dir(folder).into_iter().flatten().flatten();
            for entry in inside {
                entries += 1;
                if found.len() >= most || entries > MOST_ENTRIES {
                    return found;
                }
                let name = entry.file_name();
                let name = name.to_string_lossy();
                let kind = entry.file_type();
                if kind.as_ref().is_ok_and(std::fs::FileType::is_dir) {
                    if !name.starts_with('.') && name != "target" && name != "node_modules" {
                        folders.push(entry.path());
                    }
                } else if name.ends_with(".runbook") && kind.is_ok_and(|it| it.is_file()) {
                    found.push(entry.path());
                }
            }
        }
        found
    }
}

/// Files that exist only in memory.
#[derive(Debug, Clone, Default)]
pub struct Memory(pub std::collections::BTreeMap<PathBuf, String>);

impl Files for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.0
            .get(path)
            .map(|text| text.clone().into_bytes())
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no such file"))
    }
}
/// The SHA-256 of a text, in hexadecimal.
pub fn digest_of(text: &str) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes()))
}

/// Bytes in hexadecimal, with small letters.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    let pairs = bytes
        .iter()
        .map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    let mut text = String::with_capacity(bytes.len() * 2);
    text.extend(pairs.flatten());
    text
}
