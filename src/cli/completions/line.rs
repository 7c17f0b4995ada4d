//! The line that is typed: its words as the shell would read them, up to the
//! cursor.

/// The words up to the cursor. The last is the one that is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub words: Vec<String>,
}

impl Line {
    /// Of shells that split the line themselves; the last word may still have
    /// the quotes that were typed.
    pub fn new(mut words: Vec<String>) -> Line {
        if let Some(last) = words.last_mut() {
            *last = unquoted(last).text;
        }
        Line { words }
    }

    pub fn current(&self) -> &str {
        self.words.last().map_or("", String::as_str)
    }
}

/// A piece of a line without its quotes.
struct Unquoted {
    text: String,
    /// The quote that is still open, and where what it holds begins.
    open: Option<(char, usize)>,
    /// Whether a quote was closed.
    closed: bool,
}

fn unquoted(word: &str) -> Unquoted {
    let mut text = String::new();
    let mut open: Option<(char, usize)> = None;
    let mut closed = false;
    let mut letters = word.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        match (c, open) {
            ('\'' | '"', Some((quote, _))) if quote == c => {
                open = None;
                closed = true;
            }
            ('\'' | '"', None) => open = Some((c, at + 1)),
            ('\\', None | Some(('"', _))) => text.extend(letters.next().map(|(_, next)| next)),
            (_, _) => text.push(c),
        }
    }
    Unquoted { text, open, closed }
}

/// A line of bash, which replaces only a part of the word at the cursor.
#[derive(Debug)]
pub struct BashLine {
    pub line: Line,
    /// What of the word stays as it is, without its quotes.
    kept: String,
    /// The quote that is open at the cursor.
    quote: Option<char>,
}

/// Reads the line up to the cursor. `breaks` are the characters at which bash
/// begins to replace (`COMP_WORDBREAKS`). `None`: of a word whose quotes are
/// closed already nothing can be said.
pub fn bash_line(text: &str, breaks: &str) -> Option<BashLine> {
    let raw = split(text);
    let current = raw.last()?;
    let read = unquoted(current);
    let (start, quote) = match read.open {
        Some((quote, start)) => (start, Some(quote)),
        None if read.closed => return None,
        None => (behind_break(current, breaks), None),
    };
    let kept = unquoted(current.get(..start).unwrap_or_default()).text;
    let words = raw.iter().map(|word| unquoted(word).text).collect();
    Some(BashLine {
        line: Line { words },
        kept,
        quote,
    })
}

/// The words as they were typed; the last is empty behind a blank.
fn split(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut letters = text.chars();
    while let Some(c) = letters.next() {
        if quote.is_none() && c.is_whitespace() {
            if words.last().is_some_and(|word| !word.is_empty()) {
                words.push(String::new());
            }
            continue;
        }
        let Some(word) = words.last_mut() else {
            continue;
        };
        word.push(c);
        match (c, quote) {
            ('\\', None | Some('"')) => word.extend(letters.next()),
            ('\'' | '"', None) => quote = Some(c),
            (_, Some(open)) if open == c => quote = None,
            (_, _) => {}
        }
    }
    words
}

fn behind_break(word: &str, breaks: &str) -> usize {
    let mut start = 0;
    let mut letters = word.char_indices();
    while let Some((at, c)) = letters.next() {
        if c == '\\' {
            letters.next();
        } else if breaks.contains(c) {
            start = at + c.len_utf8();
        }
    }
    start
}

impl BashLine {
    /// What bash is to put there. The only candidate is finished: behind it a
    /// new word begins.
    pub fn reply(&self, value: &str, is_only: bool) -> String {
        let rest = value.strip_prefix(self.kept.as_str()).unwrap_or(value);
        let is_open = value.ends_with(['=', '/']);
        match self.quote {
            // The quotes are closed by bash.
            Some('\'') => rest.replace('\'', "'\\''"),
            Some(_) => escaped(rest, |c| matches!(c, '"' | '\\' | '$' | '`')),
            None => {
                let home = if rest.starts_with("~/") { "~/" } else { "" };
                let escaped = escaped(&rest[home.len()..], |c| {
                    c.is_ascii() && !c.is_ascii_alphanumeric() && !"_./=:,@%+-".contains(c)
                });
                let end = if is_only && !is_open { " " } else { "" };
                format!("{home}{escaped}{end}")
            }
        }
    }
}

fn escaped(text: &str, must: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if must(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const BREAKS: &str = " \t\n\"'@><=;|&(:";

    fn typed(text: &str) -> BashLine {
        let none = BashLine {
            line: Line { words: Vec::new() },
            kept: String::new(),
            quote: None,
        };
        bash_line(text, BREAKS).unwrap_or(none)
    }

    #[test]
    fn words_are_read_as_the_shell_reads_them() {
        let words = |text: &str| typed(text).line.words;
        assert_eq!(words("runbook ex"), ["runbook", "ex"]);
        assert_eq!(words("runbook  exec "), ["runbook", "exec", ""]);
        assert_eq!(
            words(r#"r "two words" one\ word 'a"b' "open wo"#),
            ["r", "two words", "one word", "a\"b", "open wo"]
        );
        assert_eq!(
            words("r --set env=pro"),
            ["r", "--set", "env=pro"],
            "bash would make three words of it"
        );
    }

    #[test]
    fn a_reply_takes_the_place_of_what_bash_replaces() {
        let reply = |text: &str, value: &str| typed(text).reply(value, true);
        assert_eq!(reply("r --set env=pro", "env=production"), "production ");
        assert_eq!(reply("r --set=e", "--set=env="), "env=");
        assert_eq!(reply("r --set env=", "env=a b"), "a\\ b ");
        assert_eq!(reply("r --set 'env=a", "env=a b"), "env=a b");
        assert_eq!(reply("r --set env=\"a", "env=a $b"), "a \\$b");
        assert_eq!(reply("r ~/fi", "~/file~1"), "~/file\\~1 ");
        assert_eq!(reply("r dir", "directory/"), "directory/");
        // One that is known by its end.
        assert_eq!(reply("r kex7", "2026-kex7"), "2026-kex7 ");
        assert_eq!(typed("r a").reply("ab", false), "ab");
    }

    #[test]
    fn a_word_whose_quotes_are_closed_is_left_alone() {
        assert!(bash_line("r \"a\"", BREAKS).is_none());
    }
}
