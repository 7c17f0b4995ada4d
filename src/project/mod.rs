//! `runbook.toml`: what a project wants of all that goes through its runbooks, found upwards from where
//! its runbooks are.

mod levels;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::source::Files;
pub use levels::Levels;

/// The name of the file.
const NAME: &str = "runbook.toml";

/// What a project has settled.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub check: CheckSettings,
    /// Where the file lies; paths in it count from there.
    root: PathBuf,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CheckSettings {
    /// Codes, or `warnings`, that count as errors.
    pub deny: Vec<String>,
    /// Codes of warnings that are not told.
    pub allow: Vec<String>,
    /// Codes of policies that are told as warnings.
    pub warn: Vec<String>,
    /// Files and directories that are left out where directories are gone through.
    exclude: Vec<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Document {
    check: CheckSettings,
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
            let document: Document = toml::from_str(&text).map_err(|error| said(&error))?;
            return Ok(Settings {
                check: document.check,
                root: root.to_owned(),
            });
        }
        Ok(Settings::default())
    }

    pub fn leaves_out(&self, file: &Path) -> bool {
        let Ok(file) = std::path::absolute(file) else {
            return false;
        };
        let excluded = self.check.exclude.iter();
        excluded
            .map(|path| self.root.join(path))
            .any(|path| file.starts_with(path))
    }
}

fn is_no_file(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::IsADirectory
    )
}
