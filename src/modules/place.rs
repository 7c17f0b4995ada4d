//! Paths of modules: relative, with `/`, and never out of the project.

use std::path::{Component, Path, PathBuf};

/// Why a path is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    Empty,
    Absolute,
    Leaves,
    Backslash,
}

impl Refused {
    pub fn message(self, written: &str) -> String {
        match self {
            Refused::Empty => "the path of the module is empty".to_owned(),
            Refused::Absolute => {
                format!("`{written}` starts at the root: the path of a module is relative")
            }
            Refused::Leaves => format!("`{written}` leads out of the folder of the runbook"),
            Refused::Backslash => {
                format!("`{written}` has a backslash: paths are written with `/` everywhere")
            }
        }
    }
}

/// A path without `.`, and without `..` behind a name.
pub fn normal(path: &Path) -> PathBuf {
    let mut parts: Vec<Component> = Vec::new();
    for part in path.components() {
        match (part, parts.last()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                parts.pop();
            }
            (Component::ParentDir, Some(Component::RootDir)) => {}
            _goes_on => parts.push(part),
        }
    }
    parts.into_iter().collect()
}

/// The path of a module that a file in `folder` calls `written`.
///
/// # Errors
/// Why that path is not taken.
pub fn inside(project: &Path, folder: &Path, written: &str) -> Result<PathBuf, Refused> {
    if written.trim().is_empty() {
        return Err(Refused::Empty);
    }
    if written.contains('\\') {
        return Err(Refused::Backslash);
    }
    let relative = Path::new(written);
    if relative.has_root() || matches!(relative.components().next(), Some(Component::Prefix(_))) {
        return Err(Refused::Absolute);
    }
    let path = normal(&folder.join(relative));
    let project = normal(project);
    match path.strip_prefix(&project) {
        Ok(rest) if !rest.starts_with("..") => Ok(path),
        Ok(_) | Err(_) => Err(Refused::Leaves),
    }
}
