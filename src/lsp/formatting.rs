//! A document laid out, as the smallest edits that do it: the cursor and the
//! marks of the editor stay where they are.

use serde_json::{Value, json};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::documents::Document;
use crate::format::format;
use crate::source::Span;

/// The edits that lay a document out, or only those in a part of it; none where
/// it cannot be read.
pub fn formatting(document: &Document, part: Option<(usize, usize)>) -> Value {
    let file = document.file();
    let Ok(new) = format(&document.path, file.text.as_bytes()) else {
        return json!([]);
    };
    let before: Vec<&str> = file.text.split_inclusive('\n').collect();
    let after: Vec<&str> = new.split_inclusive('\n').collect();
    let changes = capture_diff_slices(Algorithm::Myers, &before, &after);
    let edits = changes.into_iter().filter_map(|change| {
        let (_, old, new) = match change {
            DiffOp::Equal { .. } => return None,
            DiffOp::Delete { .. } | DiffOp::Insert { .. } | DiffOp::Replace { .. } => {
                change.as_tag_tuple()
            }
        };
        let start: usize = before[..old.start].iter().map(|line| line.len()).sum();
        let length: usize = before[old.clone()].iter().map(|line| line.len()).sum();
        if let Some((first, last)) = part
            && (start + length < first || last < start)
        {
            return None;
        }
        let span = Span::new(document.analysis.file, start, start + length);
        Some(json!({ "range": document.range(span), "newText": after[new].concat() }))
    });
    edits.collect()
}
