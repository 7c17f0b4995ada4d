//! Files and directories as far as they are typed.

use std::path::{Path, PathBuf};

use super::Candidate;

/// Directories, and the files that fit, that begin as what is typed does.
pub fn paths(typed: &str, fits: &dyn Fn(&Path) -> bool) -> Vec<Candidate> {
    let behind = typed.rfind('/').map_or(0, |at| at + 1);
    let (folder, stem) = typed.split_at(behind);
    let Ok(entries) = std::fs::read_dir(place_of(folder)) else {
        return Vec::new();
    };
    let mut found: Vec<Candidate> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let is_hidden = name.starts_with('.') && !stem.starts_with('.');
            if is_hidden || !name.starts_with(stem) {
                return None;
            }
            let path = entry.path();
            if path.is_dir() {
                Some(Candidate::new(format!("{folder}{name}/"), ""))
            } else {
                fits(&path).then(|| Candidate::new(format!("{folder}{name}"), ""))
            }
        })
        .collect();
    found.sort_by(|one, other| one.value.cmp(&other.value));
    found
}

/// Where a path leads that was typed into a shell.
pub fn place_of(typed: &str) -> PathBuf {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty());
    match (typed.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        (_, _) if typed.is_empty() => PathBuf::from("."),
        (_, _) => PathBuf::from(typed),
    }
}
