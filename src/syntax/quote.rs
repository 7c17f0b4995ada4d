//! Texts, written as the language has them.

use std::fmt::Write;

/// A text between quotes: read again, it is the same.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '{' => quoted.push_str("{{"),
            '}' => quoted.push_str("}}"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            letter if letter.is_control() => {
                let _ = write!(quoted, "\\u{{{:X}}}", u32::from(letter));
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;
    use crate::syntax::ast::ItemKind;
    use crate::syntax::parse;
    use proptest::prelude::*;

    /// What is read where this is the title of a runbook.
    fn read(written: &str) -> String {
        let parsed = parse(FileId(0), &format!("runbook {written}\n"));
        assert!(parsed.problems.is_empty(), "{written}: {parsed:?}");
        let [item] = parsed.ast.items.as_slice() else {
            panic!("{written}: {parsed:?}");
        };
        let ItemKind::Runbook { title } = &item.kind else {
            panic!("{written}: {parsed:?}");
        };
        title.plain().expect("no holes")
    }

    #[test]
    fn texts_are_quoted() {
        assert_eq!(
            quoted("say \"{x}\" \\ now"),
            "\"say \\\"{{x}}\\\" \\\\ now\""
        );
        assert_eq!(quoted("a\n\tb\u{1b}"), "\"a\\n\\tb\\u{1B}\"");
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read_again(text in "[\"\\\\{}\n\t\r\u{1b}\u{85}\u{0}un a-c`$]{0,12}|\\PC{0,12}") {
            prop_assert_eq!(read(&quoted(&text)), text);
        }
    }
}
