//! Places and addresses, there and back.

use serde_json::json;

use super::documents::{address, path_of};
use super::position::Encoding;
use crate::source::SourceFile;

#[test]
fn columns_count_what_was_agreed_on() {
    let text = "aü🚀b\r\nsecond\n";
    let file = SourceFile::new("t", text);
    for (encoding, column) in [(Encoding::Utf8, 7), (Encoding::Utf16, 4)] {
        let offset = text.find('b').unwrap_or(0);
        let place = json!({ "line": 0, "character": column });
        assert_eq!(encoding.position(&file, offset), place);
        assert_eq!(encoding.offset(text, &place), Some(offset));
        // Beyond the line is its end, beyond the text is that.
        let far = json!({ "line": 0, "character": 99 });
        assert_eq!(encoding.offset(text, &far), Some(offset + 1));
        let below = json!({ "line": 99, "character": 0 });
        assert_eq!(encoding.offset(text, &below), Some(text.len()));
    }
    assert_eq!(
        Encoding::Utf8.offset(text, &json!({ "line": -1, "character": 0 })),
        None
    );
}

#[test]
fn addresses_lead_back_to_their_files() {
    let path = std::path::Path::new("/tmp/ü b%/t#.runbook");
    assert_eq!(address(path), "file:///tmp/%C3%BC%20b%25/t%23.runbook");
    assert_eq!(path_of(&json!(address(path))), Ok(path.to_owned()));
    assert!(path_of(&json!("untitled:1")).is_err());
    assert!(path_of(&json!("file:///a%zz")).is_err());
    assert!(path_of(&json!("file:///a%2")).is_err());
}
