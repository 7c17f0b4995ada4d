//! Brackets and quotes, and what is open where: one pass over a text that takes
//! anything, for what has to be known before or after the grammar read it.

/// A bracket or quote, and where it stands.
pub(super) type Open = (usize, &'static str);

/// Words that at the start of a line begin an item of the file, so that
/// whatever is still open there is not closed at all.
const TOP_WORDS: &[&str] = &[
    "runbook",
    "use",
    "param",
    "secret",
    "role",
    "lock",
    "source",
    "metric",
    "thresholds",
    "channel",
    "message",
    "phase",
    "watch",
    "hosts",
    "strategy",
    "trouble",
];

/// A pass over a text.
#[derive(Debug)]
pub(super) struct Scan<'t> {
    text: &'t str,
    at: usize,
    /// Where the line begins.
    line: usize,
    /// What is open, the innermost last.
    pub open: Vec<Open>,
    /// The first text whose quote is not closed.
    pub unclosed: Option<Open>,
    /// Whether a block was open where an item began.
    pub block_left_open: bool,
    /// Whether a `}` had no block to close.
    pub has_stray_close: bool,
    /// Whether what begins an item at the start of a line ends all that is open.
    heeds_layout: bool,
    /// Closing marks of long texts that are known not to come any more.
    gone: Vec<&'static str>,
}

impl<'t> Scan<'t> {
    pub fn new(text: &'t str) -> Scan<'t> {
        Scan {
            text,
            at: 0,
            line: 0,
            open: Vec::new(),
            unclosed: None,
            block_left_open: false,
            has_stray_close: false,
            heeds_layout: true,
            gone: Vec::new(),
        }
    }

    /// A pass that goes by the brackets alone.
    pub fn of_signs(text: &'t str) -> Scan<'t> {
        Scan {
            heeds_layout: false,
            ..Scan::new(text)
        }
    }

    pub fn has_open_block(&self) -> bool {
        self.open.iter().any(|(_, sign)| *sign == "{")
    }

    /// Goes on by a sign; false at the end of the text.
    pub fn step(&mut self) -> bool {
        let Some(rest) = self.text.get(self.at..).filter(|rest| !rest.is_empty()) else {
            return false;
        };
        match self.open.last() {
            Some((_, quote)) if quote.starts_with('"') => self.in_text(rest, quote),
            Some(_) | None => self.in_code(rest),
        }
        true
    }

    /// Where the pass is.
    pub fn at(&self) -> usize {
        self.at
    }

    fn in_code(&mut self, rest: &str) {
        if rest.starts_with('#') {
            self.at += line_length(rest);
        } else if rest.starts_with("$ ") || rest.starts_with("$```") {
            self.command(rest);
        } else if let Some(fence) = ["```", "`"].iter().find(|fence| rest.starts_with(**fence)) {
            self.raw(rest, fence);
        } else if let Some(quote) = ["\"\"\"", "\""]
            .iter()
            .find(|quote| rest.starts_with(**quote))
        {
            self.quote(rest, quote);
        } else if rest.starts_with('\n') {
            self.line_end(rest);
        } else {
            self.bracket(rest);
        }
    }

    /// Skips a command: to the end of its line, or of its fence.
    fn command(&mut self, rest: &str) {
        let behind = rest[1..].trim_start_matches([' ', '\t']);
        if behind.starts_with("```") {
            self.at += rest.len() - behind.len();
            return;
        }
        let mut length = 0;
        for line in rest.split_inclusive('\n') {
            length += line.len();
            if !line.trim_end_matches(['\n', '\r']).ends_with('\\') {
                break;
            }
        }
        // The line end itself is code.
        let ends_line = rest[..length].ends_with('\n');
        self.at += length - usize::from(ends_line);
    }

    fn raw(&mut self, rest: &str, fence: &'static str) {
        let inner = &rest[fence.len()..];
        let closing = if fence.len() == 1 {
            let end = inner.find(['`', '\n', '\r']);
            end.filter(|end| inner[*end..].starts_with('`'))
        } else {
            self.find(inner, fence)
        };
        self.at += match closing {
            Some(length) => length + 2 * fence.len(),
            None => {
                self.unclosed = self.unclosed.or(Some((self.at, fence)));
                fence.len()
            }
        };
    }

    fn quote(&mut self, rest: &str, quote: &'static str) {
        if quote.len() > 1 && self.find(&rest[quote.len()..], quote).is_none() {
            self.unclosed = self.unclosed.or(Some((self.at, quote)));
        } else {
            self.open.push((self.at, quote));
        }
        self.at += quote.len();
    }

    /// The closing mark of a long text, looked for to the end only once.
    fn find(&mut self, inner: &str, mark: &'static str) -> Option<usize> {
        if mark.len() > 1 && self.gone.contains(&mark) {
            return None;
        }
        let found = inner.find(mark);
        if mark.len() > 1 && found.is_none() {
            self.gone.push(mark);
        }
        found
    }

    fn line_end(&mut self, rest: &str) {
        self.at += 1;
        self.leave_line();
        self.line = self.at;
        if self.open.is_empty() || !self.heeds_layout {
            return;
        }
        let line = &rest[1..];
        let begins_item = TOP_WORDS.iter().any(|word| {
            let behind = line.strip_prefix(word);
            behind.is_some_and(|behind| behind.starts_with([' ', '\t']))
        });
        if begins_item {
            self.block_left_open |= self.has_open_block();
            self.open.clear();
        }
    }

    /// Text in single quotes of its kind ends with its line.
    fn leave_line(&mut self) {
        let of_line = self.open.partition_point(|(at, _)| *at < self.line);
        let mut opened = self.open[of_line..].iter();
        if let Some(within) = opened.position(|(_, sign)| *sign == "\"") {
            let index = of_line + within;
            self.unclosed = self.unclosed.or(Some(self.open[index]));
            self.open.truncate(index);
        }
    }

    fn bracket(&mut self, rest: &str) {
        const PAIRS: [(char, &str, char); 3] = [('{', "{", '}'), ('[', "[", ']'), ('(', "(", ')')];
        let sign = rest.chars().next().unwrap_or_default();
        let is_list = || self.text[..self.at].ends_with("list");
        if let Some((_, open, _)) = PAIRS.iter().find(|(open, _, _)| *open == sign) {
            self.open.push((self.at, open));
        } else if let Some((_, open, _)) = PAIRS.iter().find(|(_, _, close)| *close == sign) {
            self.close(open);
        } else if sign == '<' && is_list() {
            self.open.push((self.at, "<"));
        } else if sign == '>' {
            self.close("<");
        }
        self.at += sign.len_utf8();
    }

    /// Closes the innermost bracket of a kind; a `}` closes what is open inside
    /// its block as well, but no text.
    fn close(&mut self, sign: &str) {
        match self.open.last() {
            Some((_, last)) if *last == sign => {
                self.open.pop();
            }
            Some(_) if sign == "{" => {
                let inside = |(_, open): &&Open| !open.starts_with('"');
                let brackets = self.open.iter().rev().take_while(inside);
                let block = brackets.clone().position(|(_, open)| *open == "{");
                match block {
                    Some(above) => self.open.truncate(self.open.len() - above - 1),
                    None => self.has_stray_close = true,
                }
            }
            None => self.has_stray_close |= sign == "{",
            Some(_) => {}
        }
    }

    fn in_text(&mut self, rest: &str, quote: &str) {
        let length = if rest.starts_with(quote) {
            self.open.pop();
            quote.len()
        } else if quote.len() == 1 && rest.starts_with('\n') {
            self.line_end(rest);
            0
        } else if rest.starts_with("{{") || rest.starts_with("}}") {
            2
        } else if rest.starts_with('{') {
            self.open.push((self.at, "{"));
            1
        } else if let Some(escaped) = rest.strip_prefix('\\') {
            let escaped = escaped.chars().next().filter(|sign| *sign != '\n');
            1 + escaped.map_or(0, char::len_utf8)
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        self.at += length;
    }
}

fn line_length(rest: &str) -> usize {
    rest.find(['\n', '\r']).unwrap_or(rest.len())
}
