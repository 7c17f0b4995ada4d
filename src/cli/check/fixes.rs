//! Fixes that need no person to look at them, applied.

use similar::TextDiff;

use crate::analysis::Analysis;
use crate::cli::paths::replace;
use crate::cli::terminal;
use crate::problem::{Edit, safe_edits};
use crate::source::SourceFile;

/// Applies the safe fixes of a runbook and of the files it uses; with `diff` it
/// only shows them.
///
/// # Errors
/// A file cannot be written; in words.
pub fn apply(analysis: &Analysis, diff: bool) -> Result<(), String> {
    for (file, edits) in safe_edits(&analysis.problems) {
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
