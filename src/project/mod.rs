//! `runbook.toml`: what a project wants of all that goes through its runbooks, found upwards from where
//! its runbooks are.

mod baseline;
mod levels;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use crate::source::{Files, SourceFile};
pub use baseline::{Baseline, written};
pub use levels::Levels;

/// The name of the file.
const NAME: &str = "runbook.toml";

/// What a project has settled.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub check: CheckSettings,
}

#[derive(Debug, Clone, Default)]
pub struct CheckSettings {
    /// Codes, or `warnings`, that count as errors.
    pub deny: Vec<Setting>,
    /// Codes of warnings that are not told.
    pub allow: Vec<Setting>,
    /// Codes of policies that are told as warnings.
    pub warn: Vec<Setting>,
    /// How problems are told where the command line does not say.
    pub format: Option<Setting>,
    /// The list of the warnings that are known.
    pub baseline: Option<PathBuf>,
    /// Files and directories that are left out where directories are gone through.
    exclude: Vec<PathBuf>,
}

/// A word of the file.
#[derive(Debug, Clone)]
pub struct Setting {
    pub text: String,
    /// `runbook.toml:2:9`
    place: String,
}

impl Setting {
    /// What is wrong with it, with where it stands.
    pub fn wrong(&self, why: impl std::fmt::Display) -> String {
        format!("{}: {why}", self.place)
    }
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Document {
    check: CheckTable,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CheckTable {
    deny: Vec<Spanned<String>>,
    allow: Vec<Spanned<String>>,
    warn: Vec<Spanned<String>>,
    format: Option<Spanned<String>>,
    baseline: Option<Spanned<String>>,
    exclude: Vec<Spanned<String>>,
}

impl Settings {
    /// Those that count in a directory; none where there is no such file.
    ///
    /// # Errors
    /// The file cannot be read or understood; in words.
    pub fn of(directory: &Path, files: &dyn Files) -> Result<Settings, String> {
        let Ok(directory) = std::path::absolute(directory) else {
            return Ok(Settings::default());
        };
        for root in directory.ancestors() {
            let path = root.join(NAME);
            let said = |why: &dyn std::fmt::Display| format!("`{}`: {why}", path.display());
            let bytes = match files.read(&path) {
                Ok(bytes) => bytes,
                Err(error) if is_no_file(error.kind()) => continue,
                Err(error) => return Err(said(&error)),
            };
            let text = String::from_utf8(bytes).map_err(|error| said(&error))?;
            let check = Reader::new(&path, root, text).check()?;
            return Ok(Settings { check });
        }
        Ok(Settings::default())
    }

    pub fn leaves_out(&self, file: &Path) -> bool {
        let Ok(file) = std::path::absolute(file) else {
            return false;
        };
        let mut excluded = self.check.exclude.iter();
        excluded.any(|path| file.starts_with(path))
    }
}

/// The text of a settings file, and where it lies: paths in it count from there.
struct Reader<'a> {
    file: SourceFile,
    root: &'a Path,
}

impl Reader<'_> {
    fn new<'a>(path: &Path, root: &'a Path, text: String) -> Reader<'a> {
        let file = SourceFile::new(path, text);
        Reader { file, root }
    }

    fn check(&self) -> Result<CheckSettings, String> {
        let document: Document = toml::from_str(&self.file.text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            format!("{}: {}", self.place(start), error.message())
        })?;
        let table = document.check;
        let exclude = table.exclude.into_iter().map(|it| self.excluded(it));
        Ok(CheckSettings {
            deny: self.settings(table.deny),
            allow: self.settings(table.allow),
            warn: self.settings(table.warn),
            format: table.format.map(|it| self.setting(it)),
            baseline: table.baseline.map(|it| self.root.join(it.into_inner())),
            exclude: exclude.collect::<Result<_, _>>()?,
        })
    }

    fn excluded(&self, path: Spanned<String>) -> Result<PathBuf, String> {
        let path = self.setting(path);
        if path.text.contains(['*', '?']) {
            let why = "`exclude` takes files and directories, not patterns: name the directory";
            return Err(path.wrong(why));
        }
        Ok(self.root.join(path.text))
    }

    fn settings(&self, words: Vec<Spanned<String>>) -> Vec<Setting> {
        words.into_iter().map(|it| self.setting(it)).collect()
    }

    fn setting(&self, word: Spanned<String>) -> Setting {
        let place = self.place(word.span().start);
        let text = word.into_inner();
        Setting { text, place }
    }

    fn place(&self, offset: usize) -> String {
        format!("{}:{}", self.file.path.display(), self.file.place(offset))
    }
}

fn is_no_file(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory
    )
}
