//! Runbooks on the disk: found in directories, and written back whole.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The file, or all runbooks below the directory. Links to directories are not
/// followed: they may lead round in circles.
pub fn runbooks(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let place = entry.path();
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if entry.file_type()?.is_dir() && !is_hidden {
            found.extend(runbooks(&place)?);
        } else if place.is_file() && place.extension().is_some_and(|it| it == "runbook") {
            found.push(place);
        }
    }
    found.sort();
    Ok(found)
}

/// Puts a text in the place of a file, all at once and with its permissions. A
/// link stays a link.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let mode = std::fs::metadata(&path)?.permissions().mode();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = write_new(&beside, text, mode).and_then(|()| std::fs::rename(&beside, &path));
    if written.is_err() {
        // What cannot be removed either is only a leftover beside the file.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

fn write_new(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    use std::io::Write;
    let mut file = std::fs::File::create_new(path)?;
    file.set_permissions(std::fs::Permissions::from_mode(mode))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
