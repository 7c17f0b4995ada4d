//! The buffers of the editor, and what is known of each.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::index::Index;
use super::position::Encoding;
use super::tokens::{self, Piece};
use crate::analysis::{Analysis, analyse_text};
use crate::project::{Baseline, Levels, Settings};
use crate::source::{Disk, FileId, Files, SourceFile, Span};

/// All buffers that are open.
pub struct Documents {
    pub encoding: Encoding,
    /// The folders that the client has open.
    roots: Vec<PathBuf>,
    buffers: Buffers,
    analysed: BTreeMap<PathBuf, Document>,
}

/// The texts of buffers, which count instead of what is on the disk.
#[derive(Default)]
struct Buffers(BTreeMap<PathBuf, String>);

impl Files for Buffers {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        match self.0.get(path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => Disk.read(path),
        }
    }

    fn leads_outside(&self, path: &Path, folder: &Path) -> bool {
        Disk.leads_outside(path, folder)
    }

    fn runbooks_in(&self, folder: &Path) -> Vec<String> {
        let mut names = Disk.runbooks_in(folder);
        let here = self.0.keys().filter(|path| path.parent() == Some(folder));
        let here = here.filter_map(|path| path.file_name()?.to_str().map(str::to_owned));
        names.extend(here);
        names.sort();
        names.dedup();
        names
    }
}

/// A document, and what the compiler says of it.
pub struct Document {
    pub path: PathBuf,
    pub encoding: Encoding,
    /// Its problems are those that its project wants to be told.
    pub analysis: Analysis,
    /// Why the settings of its project do not count.
    pub unsettled: Option<String>,
    index: OnceCell<Index>,
    tokens: OnceCell<Vec<Piece>>,
}

/// A place in a document.
#[derive(Clone, Copy)]
pub struct At<'d> {
    pub document: &'d Document,
    /// In bytes.
    pub offset: usize,
}

impl At<'_> {
    /// As an empty span.
    pub fn span(&self) -> Span {
        Span::new(self.document.analysis.file, self.offset, self.offset)
    }

    /// The text before it.
    pub fn before(&self) -> &str {
        let text = &self.document.file().text;
        text.get(..self.offset).unwrap_or(text)
    }
}

impl Document {
    fn new(path: &Path, encoding: Encoding, text: &str, files: &dyn Files) -> Document {
        let mut analysis = analyse_text(path, text.as_bytes(), files);
        let unsettled = settle(&mut analysis, path, files).err();
        Document {
            path: path.to_owned(),
            encoding,
            analysis,
            unsettled,
            index: OnceCell::new(),
            tokens: OnceCell::new(),
        }
    }

    pub fn file(&self) -> &SourceFile {
        self.analysis.sources.file(self.analysis.file)
    }

    /// What it and its modules declare.
    pub fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let modules = self.analysis.program.modules.iter();
            Index::new(modules.map(|module| &module.ast))
        })
    }

    /// Its text in the pieces that are coloured.
    pub fn tokens(&self) -> &[Piece] {
        self.tokens.get_or_init(|| tokens::pieces(self))
    }

    /// # Errors
    /// That is no range; in words.
    pub fn offsets(&self, range: &Value) -> Result<(usize, usize), String> {
        let offset = |place: &Value| self.encoding.offset(&self.file().text, place);
        match (offset(&range["start"]), offset(&range["end"])) {
            (Some(start), Some(end)) if start <= end => Ok((start, end)),
            (Some(_) | None, Some(_) | None) => Err("that is no range".to_owned()),
        }
    }

    pub fn range(&self, span: Span) -> Value {
        self.encoding.range(self.file(), span)
    }

    /// A place in any of its files, for the client.
    pub fn location(&self, span: Span) -> Option<Value> {
        let file = self.analysis.sources.get(span.file)?;
        let uri = self.address_of(span.file)?;
        Some(json!({ "uri": uri, "range": self.encoding.range(file, span) }))
    }

    /// Where a file of the analysis is, for the client; `None` for modules that
    /// come with the program.
    pub fn address_of(&self, file: FileId) -> Option<String> {
        let path = &self.analysis.sources.get(file)?.path;
        path.is_absolute().then(|| address(path))
    }

    /// Whether it was read from a file, or would be if that were there.
    fn depends_on(&self, path: &Path) -> bool {
        let mut files = self.analysis.sources.files();
        files.any(|(_, file)| file.path == path)
    }
}

/// Leaves the problems that the project of a runbook wants to be told.
///
/// # Errors
/// What the project has settled makes no sense; in words.
fn settle(analysis: &mut Analysis, path: &Path, files: &dyn Files) -> Result<(), String> {
    let settings = Settings::of(path.parent().unwrap_or(path), files)?;
    let levels = Levels::new(&[], &[], &[], &settings.check)?;
    levels.add_policies(&mut analysis.problems, &mut analysis.of_policies);
    let known = match &settings.check.baseline {
        Some(list) => Baseline::read(list, files),
        None => Ok(Baseline::default()),
    };
    let known = known.map(|mut known| known.take_out(&mut analysis.problems, &analysis.sources));
    levels.apply(&mut analysis.problems);
    known
}

/// No folder that somebody opens has more runbooks; a limit keeps a server in
/// the root of a disk from reading all of it.
const MOST_RUNBOOKS: usize = 2_000;

impl Documents {
    pub fn new(encoding: Encoding, roots: Vec<PathBuf>) -> Documents {
        Documents {
            encoding,
            roots,
            buffers: Buffers::default(),
            analysed: BTreeMap::new(),
        }
    }

    pub fn open(&mut self, path: &Path, text: &str) {
        self.buffers.0.insert(path.to_owned(), text.to_owned());
        // What could not be read before may be there now.
        self.analysed.clear();
    }

    pub fn close(&mut self, path: &Path) {
        self.buffers.0.remove(path);
        self.analysed.clear();
    }

    /// Folders were opened and closed, each with its address.
    pub fn change_roots(&mut self, added: &Value, removed: &Value) {
        let paths = |folders: &Value| -> Vec<PathBuf> {
            let folders = folders.as_array().into_iter().flatten();
            folders
                .filter_map(|folder| path_of(&folder["uri"]).ok())
                .collect()
        };
        let removed = paths(removed);
        self.roots.retain(|root| !removed.contains(root));
        self.roots.extend(paths(added));
    }

    pub fn is_open(&self, path: &Path) -> bool {
        self.buffers.0.contains_key(path)
    }

    /// A part of a buffer, or all of it, is replaced. A change that makes no
    /// sense changes nothing.
    pub fn change(&mut self, path: &Path, change: &Value) {
        let (Some(text), Some(new)) = (self.buffers.0.get_mut(path), change["text"].as_str())
        else {
            return;
        };
        let Some(range) = change.get("range").filter(|range| !range.is_null()) else {
            new.clone_into(text);
            return;
        };
        let start = self.encoding.offset(text, &range["start"]);
        let end = self.encoding.offset(text, &range["end"]);
        if let (Some(start), Some(end)) = (start, end)
            && start <= end
        {
            text.replace_range(start..end, new);
        }
    }

    /// The open documents that a change of a file is a change of; what was known
    /// of them is forgotten.
    pub fn touched(&mut self, path: &Path) -> Vec<PathBuf> {
        let known = &self.analysed;
        let stale = |it: &PathBuf| {
            let analysed = known.get(it);
            it == path || analysed.is_none_or(|document| document.depends_on(path))
        };
        let stale: Vec<PathBuf> = self
            .buffers
            .0
            .keys()
            .filter(|it| stale(it))
            .cloned()
            .collect();
        for path in &stale {
            self.analysed.remove(path);
        }
        stale
    }

    pub fn paths(&self) -> Vec<PathBuf> {
        self.buffers.0.keys().cloned().collect()
    }

    pub fn forget_analyses(&mut self) {
        self.analysed.clear();
    }

    /// # Errors
    /// It is not open; in words.
    pub fn document(&mut self, path: &Path) -> Result<&Document, String> {
        let Some(text) = self.buffers.0.get(path) else {
            return Err(format!("`{}` is not open", path.display()));
        };
        let buffers = &self.buffers;
        let encoding = self.encoding;
        let entry = self.analysed.entry(path.to_owned());
        Ok(entry.or_insert_with(|| Document::new(path, encoding, text, buffers)))
    }

    /// # Errors
    /// It is not open, or that is no place.
    pub fn at(&mut self, path: &Path, position: &Value) -> Result<At<'_>, String> {
        let encoding = self.encoding;
        let document = self.document(path)?;
        let offset = encoding.offset(&document.file().text, position);
        let offset = offset.ok_or_else(|| "that is no position".to_owned())?;
        Ok(At { document, offset })
    }

    /// Every runbook that is open, or lies in a folder that is.
    pub fn everywhere(&self, beside: Option<&Path>) -> Vec<PathBuf> {
        let mut folders: Vec<&Path> = self.roots.iter().map(PathBuf::as_path).collect();
        if let Some(folder) = beside.and_then(Path::parent)
            && !folders.iter().any(|root| folder.starts_with(root))
        {
            folders.push(folder);
        }
        let mut paths = self.paths();
        for folder in folders {
            let left = MOST_RUNBOOKS.saturating_sub(paths.len());
            paths.extend(Disk.runbooks_below(folder, left));
        }
        paths.sort();
        paths.dedup();
        paths
    }

    /// The text of a file, as the editor has it.
    pub fn text(&self, path: &Path) -> Option<String> {
        let bytes = self.buffers.read(path).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// What is known of any runbook, open or not; it is not kept.
    pub fn look_at(&self, path: &Path, text: &str) -> Document {
        Document::new(path, self.encoding, text, &self.buffers)
    }
}

/// The file of an address.
///
/// # Errors
/// It is the address of no file; in words.
pub fn path_of(address: &Value) -> Result<PathBuf, String> {
    let address = address.as_str().unwrap_or_default();
    let Some(path) = address.strip_prefix("file://") else {
        return Err(format!("`{address}` is no file"));
    };
    use std::os::unix::ffi::OsStringExt;
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let digits = (byte == b'%').then(|| [rest.next(), rest.next()]);
        match digits {
            None => bytes.push(byte),
            Some([Some(high), Some(low)]) => {
                let digits = [high, low];
                let digits = std::str::from_utf8(&digits).unwrap_or_default();
                let byte = u8::from_str_radix(digits, 16);
                bytes.push(byte.map_err(|_| format!("`{address}` is no address"))?);
            }
            Some(_) => return Err(format!("`{address}` is no address")),
        }
    }
    Ok(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

/// The address of a file.
pub fn address(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let mut address = "file://".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                address.push(char::from(*byte));
            }
            byte => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}
