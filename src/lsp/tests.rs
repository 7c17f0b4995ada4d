//! Places and addresses, there and back; and every answer of every half-written
//! text.

use serde_json::{Value, json};

use super::documents::{At, Documents, address, path_of};
use super::position::Encoding;
use super::{Answer, REQUESTS, actions, diagnostics, folding, tokens};
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

const WHOLE: &str =
    include_str!("../../tests/suite/language_server/client/project/release.runbook");

/// Everything that can be asked of a text, at its end and in its middle.
fn ask_all(text: &str) {
    let path = std::path::Path::new("/no/such/folder/t.runbook");
    let mut documents = Documents::new(Encoding::Utf16, Vec::new());
    documents.open(path, text);
    let document = documents.document(path).unwrap();
    let mut answers = Vec::new();
    for (_, _, answer) in REQUESTS {
        match answer {
            Answer::At(make) => {
                for offset in [text.len(), text.floor_char_boundary(text.len() / 2)] {
                    answers.push(make(&At { document, offset }));
                }
            }
            Answer::Whole(make) => answers.push(make(document)),
            Answer::Part(make) => answers.push(make(document, 0, text.len())),
            Answer::More(_) => {}
        }
    }
    answers.push(actions::actions(document, 0, text.len(), &Value::Null));
    answers.push(tokens::full(document, &mut tokens::Told::default()));
    answers.push(diagnostics::diagnostics(document));
    let place = json!([document.encoding.position(document.file(), text.len() / 3)]);
    answers.push(folding::selections(document, &place).unwrap());
    assert!(answers.iter().all(|answer| answer.to_string().len() > 1));
}

#[test]
fn half_a_text_has_all_answers() {
    let starts = WHOLE.char_indices().map(|(at, _)| at).step_by(23);
    for end in starts.chain([WHOLE.len()]) {
        ask_all(&WHOLE[..end]);
    }
}

#[test]
fn odd_letters_have_all_answers() {
    for odd in [
        "\u{3000}", "\u{a0}", "\u{2028}", "🚀", "\r\n", "\t", "\"", "`", "{", "}", "(", "$ ",
    ] {
        ask_all(odd);
        for from in ["  ", "\n", " ", "\"", "{", "step"] {
            ask_all(&WHOLE.replace(from, &format!("{from}{odd}")));
            ask_all(&WHOLE.replace(from, odd));
        }
    }
}
