//! User text made harmless: a runbook from somewhere else must not be able to
//! drive the terminal of the person who reads a message about it.

use std::borrow::Cow;

/// What stands for a character that would act on a terminal or hide what a text
/// says; `None` for characters that may stand for themselves.
fn stand_in(c: char) -> Option<&'static str> {
    const PICTURES: [&str; 32] = [
        "␀", "␁", "␂", "␃", "␄", "␅", "␆", "␇", "␈", "␉", "␊", "␋", "␌", "␍", "␎", "␏", "␐", "␑",
        "␒", "␓", "␔", "␕", "␖", "␗", "␘", "␙", "␚", "␛", "␜", "␝", "␞", "␟",
    ];
    match c {
        '\0'..='\u{1f}' => Some(PICTURES[c as usize]),
        '\u{7f}' => Some("␡"),
        // The second set of control characters; some terminals obey them.
        '\u{80}'..='\u{9f}' => Some("�"),
        // The order of the text on the screen.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            Some("�")
        }
        // Line ends that editors do not count.
        '\u{2028}' | '\u{2029}' => Some("�"),
        // Characters without a width, which make two texts look alike.
        '\u{ad}'
        | '\u{180e}'
        | '\u{200b}'
        | '\u{200c}'
        | '\u{2060}'..='\u{2064}'
        | '\u{206a}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => Some("�"),
        // No characters at all, which XML forbids.
        '\u{fffe}' | '\u{ffff}' => Some("�"),
        // Joins emoji; terminals disagree about the width of the result.
        '\u{200d}' => Some(""),
        _ => None,
    }
}

/// A text on one line: control characters, line ends included, are shown as
/// pictures, and what would reorder or hide text as `�`.
pub fn one_line(text: &str) -> Cow<'_, str> {
    replaced(text, stand_in)
}

/// The same for a text that may have several lines; tabs become four spaces.
pub fn lines(text: &str) -> Cow<'_, str> {
    replaced(text, |c| match c {
        '\n' => None,
        '\t' => Some("    "),
        _ => stand_in(c),
    })
}

fn replaced(text: &str, stand_in: impl Fn(char) -> Option<&'static str>) -> Cow<'_, str> {
    if !text.chars().any(|c| stand_in(c).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match stand_in(c) {
            Some(other) => out.push_str(other),
            None => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(one_line("Größe 日本 🚀"), Cow::Borrowed(_)));
    }

    #[test]
    fn nothing_that_acts_on_a_terminal_is_left() {
        let everything: String = ('\0'..=char::MAX).collect();
        let shown = one_line(&everything);
        assert!(!shown.chars().any(char::is_control));
        assert!(!shown.contains(['\u{202e}', '\u{2066}', '\u{200f}', '\u{feff}', '\u{2028}']));
        assert!(!shown.contains(['\u{fffe}', '\u{ffff}']));
    }

    #[test]
    fn line_ends_stay_only_where_there_may_be_lines() {
        assert_eq!(one_line("a\nb\tc"), "a␊b␉c");
        assert_eq!(lines("a\nb\tc\r\u{1b}[1m"), "a\nb    c␍␛[1m");
    }
}
