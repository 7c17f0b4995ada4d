//! What holds for every text, shell or not.

use std::ops::Range;

use proptest::prelude::*;

use crate::shell::{Dialect, Script, read};

/// Pieces that open, close and join, so that random texts reach every part of
/// the reader.
const PIECES: &[&str] = &[
    "a",
    "echo",
    " ",
    " ",
    "\n",
    "\t",
    "$x",
    "${y",
    "}",
    ":-",
    ":=",
    "#",
    "##",
    "/",
    "[",
    "]",
    "[@]",
    "$(",
    ")",
    "((",
    "))",
    "$((",
    "`",
    "\\`",
    "\\",
    "'",
    "\"",
    "$'",
    "$\"",
    "$",
    "<<E\n",
    "<<-'E'\n",
    "E\n",
    "<",
    ">",
    "<(",
    "<<<",
    "&",
    "&&",
    "|",
    "||",
    ";",
    ";;",
    "{",
    "{ ",
    " }",
    "(",
    "! ",
    "if ",
    "then ",
    "else ",
    "fi",
    "for i in ",
    "for ((",
    "do ",
    "done",
    "case x in ",
    "esac",
    "while ",
    "f()",
    "function f ",
    "[[ ",
    " ]]",
    "=~ ",
    "a=",
    "a+=",
    "a[i]=",
    "export ",
    "read -r ",
    "let ",
    "unset ",
    "local ",
    "getopts ab o ",
    "eval '",
    "trap '",
    "sh -c '",
    "printf -v ",
    "++",
    "1",
    "ä",
    "€",
    "𝄞",
];

fn shell_like() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn dialects() -> [Dialect; 2] {
    [Dialect::Sh, Dialect::Bash]
}

/// The text in `range`; panics if the range is none of this text.
fn slice<'t>(text: &'t str, range: &Range<usize>, what: &str) -> &'t str {
    text.get(range.clone())
        .unwrap_or_else(|| panic!("{what} at {range:?} is no range of {text:?}"))
}

fn check_ranges(text: &str, script: &Script) {
    for found in &script.uses {
        let source = slice(text, &found.range, "a use");
        assert!(
            source.starts_with('$') || source == found.name,
            "{found:?} in {text:?}"
        );
        assert!(source.contains(&found.name), "{found:?} in {text:?}");
        assert!(
            found
                .in_word_of
                .is_none_or(|index| index < script.commands.len()),
            "{found:?}"
        );
    }
    for set in &script.sets {
        let source = slice(text, &set.range, "a set");
        let unnamed = ["OPTARG", "OPTIND", "REPLY", "MAPFILE"].contains(&set.name.as_str());
        assert!(unnamed || source == set.name, "{set:?} in {text:?}");
    }
    for (name, range) in &script.unsets {
        assert_eq!(slice(text, range, "an unset"), name);
    }
    for (name, range) in &script.literal_mentions {
        let source = slice(text, range, "a mention");
        assert!(
            source.starts_with('$') && source.contains(name),
            "{source} in {text:?}"
        );
    }
    for fault in &script.faults {
        slice(text, &fault.range, "a fault");
        assert!(
            !fault.message.ends_with('.') && !fault.message.contains('\n'),
            "{fault:?}"
        );
    }
}

fn check_commands(text: &str, script: &Script) {
    for command in &script.commands {
        let source = slice(text, &command.range, "a command");
        assert!(!source.is_empty(), "{command:?} in {text:?}");
        let words = command.words.iter().map(|word| &word.range);
        let assignments = command
            .assignments
            .iter()
            .map(|assignment| &assignment.range);
        let mut last_end = command.range.start;
        for range in assignments.chain(words) {
            assert!(
                !slice(text, range, "a word").is_empty(),
                "{command:?} in {text:?}"
            );
            assert!(
                range.start >= last_end && range.end <= command.range.end,
                "{command:?} in {text:?}"
            );
            last_end = range.end;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn shell_like_text_gives_ranges_of_itself(text in shell_like()) {
        for dialect in dialects() {
            let script = read(&text, dialect);
            check_ranges(&text, &script);
            check_commands(&text, &script);
        }
    }

    #[test]
    fn any_text_can_be_read(text in any::<String>()) {
        for dialect in dialects() {
            let script = read(&text, dialect);
            check_ranges(&text, &script);
            check_commands(&text, &script);
        }
    }

    #[test]
    fn any_bytes_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        for dialect in dialects() {
            check_ranges(&text, &read(&text, dialect));
        }
    }

    #[test]
    fn every_start_of_a_text_can_be_read(text in shell_like()) {
        let ends = (0..text.len()).filter(|end| text.is_char_boundary(*end));
        for end in ends {
            check_ranges(&text[..end], &read(&text[..end], Dialect::Bash));
        }
    }

    #[test]
    fn a_quoted_value_is_one_literal_word(value in "[^\0]*") {
        let text = format!("echo {}", crate::shell::quote(&value));
        let script = read(&text, Dialect::Sh);
        prop_assert_eq!(&script.faults, &[]);
        prop_assert_eq!(script.commands[0].words.len(), 2);
        prop_assert_eq!(script.commands[0].words[1].literal.as_deref(), Some(value.as_str()));
    }
}

/// Each of these made some reader slow: with time that grows by the square of
/// the length, this test would take minutes.
#[test]
fn long_texts_are_read_in_one_go() {
    for piece in PIECES.iter().chain(&[
        "$((a) ", "a[ ", "a   ", "'' ", "<<E ", "\"$((\" ", "x=$y ", "a & ", "`a` ",
    ]) {
        let text = piece.repeat(30_000 / piece.len());
        for dialect in dialects() {
            check_ranges(&text, &read(&text, dialect));
        }
    }
}
