//! `runbook.toml`: what a project wants of `check`, found upwards from where
//! its runbooks are.

use std::path::{Path, PathBuf};

use serde::Deserialize;

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
    /// Files and directories that are left out where directories are checked.
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
    pub fn of(directory: &Path) -> Result<Settings, String> {
        let Ok(directory) = std::path::absolute(directory) else {
            return Ok(Settings::default());
        };
        let mut places = directory.ancestors().map(|it| it.join(NAME));
        let Some(path) = places.find(|path| path.is_file()) else {
            return Ok(Settings::default());
        };
        let said = |why: &dyn std::fmt::Display| format!("`{}`: {why}", path.display());
        let text = std::fs::read_to_string(&path).map_err(|error| said(&error))?;
        let document: Document = toml::from_str(&text).map_err(|error| said(&error))?;
        Ok(Settings {
            check: document.check,
            root: path.parent().map(Path::to_owned).unwrap_or_default(),
        })
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
