//! The files a run was made from, kept beside its journal. The run goes by its
//! own plan whatever becomes of them; but whoever goes on with it is told what
//! was changed since.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use similar::TextDiff;

use crate::plan::Plan;
use crate::problem::render::neutral::lines;
use crate::run::state::RunDirectory;

/// No runbook is longer, in bytes.
const LONGEST: u64 = 16 << 20;

/// A file that was kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// As people know it.
    shown: String,
    /// Where it was, absolute.
    path: PathBuf,
    /// The name of the copy.
    copy: String,
}

/// A file that is not what it was when the run began.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    pub path: String,
    /// What is different, line by line; or that it cannot be read any more.
    pub difference: String,
}

fn place(run: &RunDirectory) -> PathBuf {
    run.path().join("sources")
}

/// Keeps the files of a plan, in place of those of the plan before it. One that
/// cannot be kept is not: the run does not need it.
pub fn keep(run: &RunDirectory, plan: &Plan) {
    let place = place(run);
    // There is none yet when the run is new.
    let _ = std::fs::remove_dir_all(&place);
    if std::fs::DirBuilder::new()
        .mode(0o700)
        .create(&place)
        .is_err()
    {
        return;
    }
    let mut kept = Vec::new();
    for (number, file) in plan.files.iter().enumerate() {
        let copy = format!("{number}.runbook");
        let copied = std::path::absolute(&file.path).and_then(|path| {
            let bytes = read(&path)?;
            write(&place.join(&copy), &bytes)?;
            Ok(path)
        });
        if let Ok(path) = copied {
            kept.push(Kept {
                shown: file.path.clone(),
                path,
                copy,
            });
        }
    }
    if let Ok(list) = serde_json::to_vec(&kept) {
        let _ = write(&place.join("list.json"), &list);
    }
}

fn kept(run: &RunDirectory) -> Vec<Kept> {
    let list = read(&place(run).join("list.json")).unwrap_or_default();
    serde_json::from_slice(&list).unwrap_or_default()
}

/// Where the runbook of a run was, absolute; `None` where that was not kept.
pub fn runbook(run: &RunDirectory) -> Option<PathBuf> {
    kept(run).into_iter().next().map(|kept| kept.path)
}

/// What was changed in the files of a run since it began.
pub fn changes(run: &RunDirectory) -> Vec<Change> {
    let place = place(run);
    kept(run)
        .iter()
        .filter_map(|kept| {
            let was = read(&place.join(&kept.copy)).ok()?;
            let difference = match read(&kept.path) {
                Ok(is) if is == was => return None,
                Ok(is) => difference(&was, &is),
                Err(error) => format!("it cannot be read any more: {error}\n"),
            };
            Some(Change {
                path: kept.shown.clone(),
                difference,
            })
        })
        .collect()
}

fn difference(was: &[u8], is: &[u8]) -> String {
    let (was, is) = (String::from_utf8_lossy(was), String::from_utf8_lossy(is));
    let difference = TextDiff::from_lines(was.as_ref(), is.as_ref())
        .unified_diff()
        .context_radius(2)
        .header("as it was when the run began", "as it is now")
        .to_string();
    lines(&difference).into_owned()
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(LONGEST)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?
        .write_all(bytes)
}
