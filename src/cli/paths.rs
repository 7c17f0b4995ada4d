//! Runbooks on the disk: found in directories, and written back whole.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::cli::{status, terminal};
use crate::project::Settings;
use crate::source::Disk;

/// What the project of the first path says.
///
/// # Errors
/// It cannot be read or understood; in words.
pub fn settings_of(paths: &[PathBuf]) -> Result<Settings, String> {
    let first = paths.first().map_or(Path::new("."), PathBuf::as_path);
    Settings::of(&directory_of(first), &Disk)
}

/// All runbooks that are meant, each once. What is wrong is told; the error is the
/// exit status.
pub fn meant(paths: &[PathBuf], settings: &Settings) -> Result<Vec<PathBuf>, u8> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in paths {
        for file in meant_by(path, settings)? {
            if !files.contains(&file) {
                files.push(file);
            }
        }
    }
    Ok(files)
}

/// The file that is named, or those in the directory that the project does not
/// leave out. What is wrong is told; the error is the exit status.
pub fn meant_by(path: &Path, settings: &Settings) -> Result<Vec<PathBuf>, u8> {
    let mut found = runbooks(path).map_err(|error| {
        terminal::error(&format!("cannot read `{}`: {error}", path.display()));
        status::USAGE
    })?;
    if path.is_dir() {
        found.retain(|file| !settings.leaves_out(file));
        if found.is_empty() {
            terminal::error(&format!("there is no runbook in `{}`", path.display()));
            return Err(status::PROBLEMS);
        }
    }
    Ok(found)
}

/// The path itself, or the directory it is in.
pub fn directory_of(path: &Path) -> PathBuf {
    if path.is_dir() {
        return path.to_owned();
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        Some(_) | None => PathBuf::from("."),
    }
}

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
