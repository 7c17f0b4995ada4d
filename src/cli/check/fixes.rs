//! Fixes that need no person to look at them, applied.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use similar::TextDiff;

use crate::analysis::Analysis;
use crate::cli::paths::replace;
use crate::cli::terminal;
use crate::problem::{Edit, safe_edits};
use crate::source::SourceFile;

/// Applies the safe fixes of runbooks and of the files they use, each file once;
/// with `diff` it only shows them. Gives what that changes.
///
/// # Errors
/// A file cannot be written; in words.
pub fn apply(analyses: &[Analysis], diff: bool) -> Result<Mended, String> {
    let mut mended: BTreeMap<&Path, Mending<'_>> = BTreeMap::new();
    for analysis in analyses {
        for (file, edits) in safe_edits(&analysis.problems) {
            let Some(file) = analysis.sources.get(file) else {
                continue;
            };
            let none = Mending {
                file,
                edits: Vec::new(),
            };
            let mending = mended.entry(&file.path).or_insert(none);
            for edit in edits {
                if mending.edits.iter().all(|other| apart(edit, other)) {
                    mending.edits.push(edit);
                }
            }
        }
    }
    let mut made = Mended::default();
    for Mending { file, edits } in mended.into_values() {
        let all = edits.iter().map(|edit| change(edit));
        made.0.insert(file.path.clone(), all.collect());
        let text = edited(file, edits);
        let shown = file.path.display().to_string();
        if diff {
            let difference = TextDiff::from_lines(file.text.as_ref(), text.as_str())
                .unified_diff()
                .header(&shown, &format!("{shown}, mended"))
                .to_string();
            terminal::print(&difference);
        } else if file.path.is_file() {
            replace(&file.path, &text)
                .map_err(|error| format!("cannot write `{shown}`: {error}"))?;
            terminal::say(&format!("mended {shown}"));
        }
    }
    Ok(made)
}

/// What was changed in each file. A fix that is in the way of another one is
/// not among it.
#[derive(Debug, Default)]
pub struct Mended(BTreeMap<PathBuf, BTreeSet<Change>>);

/// From where to where, and what stands there now.
type Change = (u32, u32, String);

fn change(edit: &Edit) -> Change {
    let Edit { span, replacement } = edit;
    (span.start, span.end, replacement.clone())
}

impl Mended {
    /// Leaves out the problems that are mended by it.
    pub fn leave_out(&self, analyses: &mut [Analysis]) {
        for Analysis {
            problems, sources, ..
        } in analyses
        {
            let is_made = |edit: &Edit| {
                let file = sources.get(edit.span.file);
                let made = file.and_then(|file| self.0.get(&file.path));
                made.is_some_and(|made| made.contains(&change(edit)))
            };
            problems.retain(|problem| {
                let fix = problem.fix.as_ref().filter(|fix| fix.safe);
                !fix.is_some_and(|fix| fix.edits.iter().all(is_made))
            });
        }
    }
}

/// A file, and what is changed in it; several runbooks may use it.
struct Mending<'a> {
    file: &'a SourceFile,
    edits: Vec<&'a Edit>,
}

fn apart(one: &Edit, other: &Edit) -> bool {
    one.span.end < other.span.start || other.span.end < one.span.start
}

fn edited(file: &SourceFile, mut edits: Vec<&Edit>) -> String {
    // From the end, so that the places before stay good.
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    let mut text = file.text.to_string();
    for edit in edits {
        if text.get(edit.span.range()).is_some() {
            text.replace_range(edit.span.range(), &edit.replacement);
        }
    }
    text
}
