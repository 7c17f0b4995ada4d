//! Text as a shell reads it.

use crate::export::comments::speaks_to_the_checks;
use crate::plan::Millis;
use crate::plan::lower::open::{Piece, is_mistakable, pieces};
use crate::problem::render::neutral::one_line;

/// In quotes, unless it needs none.
pub fn quote(text: &str) -> String {
    if is_mistakable(text) || !crate::shell::is_plain(text) {
        return quoted(text);
    }
    text.to_owned()
}

/// In quotes, always. Parameters that are given later are expanded.
pub fn quoted(text: &str) -> String {
    let word: String = pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => crate::shell::quote(text),
            Piece::Parameter { name, for_people } => {
                format!("\"${}\"", parameter_variable(name, for_people))
            }
        })
        .collect();
    if word.is_empty() {
        "''".to_owned()
    } else {
        word
    }
}

/// What holds the value of a parameter that is given later.
pub fn parameter_variable(name: &str, for_people: bool) -> String {
    let how = if for_people { "said" } else { "value" };
    format!("rba_{how}_{name}")
}

/// A text for readers of the script: parameters are named.
pub fn named(text: &str) -> String {
    pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Parameter { name, .. } => format!("{{{name}}}"),
        })
        .collect()
}

/// `name=value` as one word.
pub fn pair(name: &str, value: &str) -> String {
    format!("{name}={}", quote(value))
}

/// A here-document: its first line, and the text with the line that ends it.
pub fn here(command: &str, text: &str) -> String {
    let text = text.trim_end_matches('\n');
    let mut end = "END".to_owned();
    let mut number = 2;
    while text.lines().any(|line| line == end) {
        end = format!("END_{number}");
        number += 1;
    }
    format!("  {command} <<'{end}'\n{text}\n{end}\n")
}

/// A text as lines of a comment; control characters made harmless.
pub fn comment(text: &str) -> String {
    named(text)
        .lines()
        .map(|line| format!("# {}", one_line(line)).trim_end().to_owned() + "\n")
        .collect()
}

/// Hundredths of a second, rounded up, so that nothing that was given becomes
/// nothing.
pub fn hundredths(millis: Millis) -> u64 {
    millis.div_ceil(10).max(1)
}

/// Comments as those of a script, but for those that speak to the checks.
pub fn remarks(comments: &[String]) -> String {
    let comments = comments.iter().filter(|it| !speaks_to_the_checks(it));
    let lines = comments.map(|line| match line.is_empty() {
        true => "#\n".to_owned(),
        false => comment(line),
    });
    lines.collect()
}

/// The same within a function.
pub fn remarks_inside(comments: &[String]) -> String {
    let lines = remarks(comments);
    lines.lines().map(|line| format!("  {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_anything() {
        assert_eq!(quote("a-b"), "a-b");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("it's"), "'it'\\''s'");
        assert_eq!(quote("a b"), "'a b'");
    }

    #[test]
    fn a_here_document_ends_at_its_own_end() {
        let text = here("rb_sh", "a\nEND\nEND_2");
        assert!(text.starts_with("  rb_sh <<'END_3'\n"), "{text}");
        assert!(text.ends_with("\nEND_3\n"), "{text}");
    }

    #[test]
    fn durations_are_rounded_up() {
        assert_eq!(hundredths(1), 1);
        assert_eq!(hundredths(1_001), 101);
    }
}
