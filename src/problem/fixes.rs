//! Which fixes can be applied together.

use std::collections::BTreeMap;

use super::{Edit, Problem};
use crate::source::FileId;

/// The edits of all fixes that need no person to look at them and do not get in
/// one another's way, by the file they change: what `check --fix` writes, and
/// what editors apply.
pub fn safe_edits(problems: &[Problem]) -> BTreeMap<FileId, Vec<&Edit>> {
    let mut edits: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    let fixes = problems.iter().filter_map(|it| it.fix.as_ref());
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
    edits
}

fn apart(one: &Edit, other: &Edit) -> bool {
    one.span.end < other.span.start || other.span.end < one.span.start
}
