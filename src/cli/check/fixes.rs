//! Fixes that need no person to look at them, applied.

use std::collections::BTreeMap;

use similar::TextDiff;

use crate::analysis::Analysis;
use crate::cli::paths::replace;
use crate::cli::terminal;
use crate::problem::Edit;
use crate::source::{FileId, SourceFile};

/// Applies the safe fixes of a runbook and of the files it uses; with `diff` it
/// only shows them.
///
/// # Errors
/// A file cannot be written; in words.
pub fn apply(analysis: &Analysis, diff: bool) -> Result<(), String> {
    let mut edits: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    let fixes = analysis.problems.iter().filter_map(|it| it.fix.as_ref());
    for fix in fixes.filter(|fix| fix.safe) {
        // A fix is applied whole or not at all.
        let fits = fix.edits.iter().all(|edit| {
            let others = edits.get(&edit.span.file).into_iter().flatten();
            others.into_iter().all(|other| apart(edit, other))
        });
        if fits {
            for edit in &fix.edits {
                edits.entry(edit.span.file).or_default().push(edit);
            }
        }
    }
    for (file, edits) in edits {
        let Some(file) = analysis.sources.get(file) else {
            continue;
        };
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
    Ok(())
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
