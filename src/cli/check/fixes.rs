//! Fixes that need no person to look at them, applied.

use std::collections::BTreeMap;
use std::path::Path;

use similar::TextDiff;

use crate::analysis::Analysis;
use crate::cli::paths::replace;
use crate::cli::terminal;
use crate::problem::{Edit, Problem, safe_edits};
use crate::source::SourceFile;

/// Applies the safe fixes of runbooks and of the files they use, each file once;
/// with `diff` it only shows them.
///
/// # Errors
/// A file cannot be written; in words.
pub fn apply(analyses: &[Analysis], diff: bool) -> Result<(), String> {
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
    for Mending { file, edits } in mended.into_values() {
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

/// Leaves out what a shown difference mends.
pub fn leave_out_mended(analyses: &mut [Analysis]) {
    let is_mended = |problem: &Problem| problem.fix.as_ref().is_some_and(|fix| fix.safe);
    for analysis in analyses {
        analysis.problems.retain(|problem| !is_mended(problem));
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
