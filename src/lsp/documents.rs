//! The buffers of the editor, and what is known of each.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::position::Encoding;
use crate::analysis::{Analysis, analyse_text};
use crate::source::{Disk, FileId, Files, SourceFile};

/// All buffers that are open.
pub struct Documents {
    encoding: Encoding,
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
        Disk.runbooks_in(folder)
    }
}

/// A document, and what the compiler says of it.
pub struct Document {
    pub path: PathBuf,
    pub encoding: Encoding,
    pub analysis: Analysis,
}

/// A place in a document.
pub struct At<'d> {
    pub document: &'d Document,
    /// In bytes.
    pub offset: usize,
}

impl Document {
    pub fn file(&self) -> &SourceFile {
        self.analysis.sources.file(self.analysis.file)
    }

    /// Where a file of the analysis is, for the client; `None` for modules that
    /// come with the program.
    pub fn address_of(&self, file: FileId) -> Option<String> {
        let path = &self.analysis.sources.get(file)?.path;
        path.is_absolute().then(|| address(path))
    }
}

impl Documents {
    pub fn new(encoding: Encoding) -> Documents {
        Documents {
            encoding,
            buffers: Buffers::default(),
            analysed: BTreeMap::new(),
        }
    }

    pub fn open(&mut self, path: &Path, text: &str) {
        self.buffers.0.insert(path.to_owned(), text.to_owned());
    }

    pub fn close(&mut self, path: &Path) {
        self.buffers.0.remove(path);
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
        Ok(entry.or_insert_with(|| Document {
            path: path.to_owned(),
            encoding,
            analysis: analyse_text(path, text.as_bytes(), buffers),
        }))
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
