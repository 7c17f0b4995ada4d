//! Regular expressions as every awk knows them.
//!
//! Only those are written down that have one way to match from where they begin:
//! there the first match of one kind of engine is the longest of the other. Of what
//! has more ways, only `.*` is, once in a pattern: how far it reaches, from its
//! head to the rest, is looked for by the script itself. And blanks may stand before
//! the rest of a line, `\s*(.+)`: however they are shared out, a match ends with the
//! line, and the group begins as late as it can.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look, Repetition};

/// So often is one thing written that is to be repeated.
const MOST_COPIES: u32 = 40;
/// Longer expressions are more than some awks take.
const LONGEST_WRITTEN: usize = 4_000;

/// What an awk needs for the first group of a pattern, or for all of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Pattern {
    /// `^` where it begins with a line, `$` where it ends with one.
    pub anchors: String,
    pub before: String,
    pub group: String,
    pub after: String,
}

/// One thing that is matched, so many times.
#[derive(Debug, Clone)]
struct Atom {
    /// Bytes that it may begin with.
    first: Bytes,
    /// What is written for one of it.
    text: String,
    least: u32,
    most: Option<u32>,
    lazy: bool,
}

/// A set of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bytes([bool; 256]);

/// Whether all characters beyond ASCII are in a class, where that can be said: it
/// has all or none of them, or those of `\d`, `\w` and `\s`, or all but those, which
/// mean ASCII. And none are those that are capitals of ASCII letters, `(?i)k`.
fn has_all_beyond_ascii(class: &ClassUnicode) -> Option<bool> {
    let beyond = beyond_ascii(class);
    let all = beyond_ascii(&ClassUnicode::new([ClassUnicodeRange::new(
        '\u{80}',
        char::MAX,
    )]));
    for known in [
        "[ab]", r"\d", r"\s", r"[\d\s]", r"\w", r"[\w\s]", "(?i)k", "(?i)s", "(?i)[ks]",
    ] {
        let parsed = ParserBuilder::new().build().parse(known).ok()?;
        let HirKind::Class(Class::Unicode(known)) = parsed.kind() else {
            return None;
        };
        let known = beyond_ascii(known);
        if beyond == known {
            return Some(false);
        }
        let mut others = all.clone();
        others.difference(&known);
        if beyond == others {
            return Some(true);
        }
    }
    None
}

fn beyond_ascii(class: &ClassUnicode) -> ClassUnicode {
    let mut beyond = class.clone();
    beyond.difference(&ClassUnicode::new([ClassUnicodeRange::new('\0', '\u{7f}')]));
    beyond
}

/// A part of a pattern in its order.
enum Piece {
    Atom(Atom),
    LineStart,
    LineEnd,
    GroupStart,
    GroupEnd,
}

/// How a script finds a pattern in an output: the words behind it. `None`: it may
/// match in several ways, or counts characters that are no bytes.
pub fn words(pattern: &str) -> Option<(&'static str, Vec<String>)> {
    let sequence = Sequence::of(pattern)?;
    match ambiguous(&sequence.atoms, sequence.ends_line).as_slice() {
        [at] if !sequence.gives_way(*at) => Some(("reach", sequence.reach(*at)?)),
        [] | [_] => {
            let it = sequence.pattern()?;
            Some(("stdout", vec![it.anchors, it.before, it.group, it.after]))
        }
        _several => None,
    }
}

/// A pattern as its atoms, one after another.
struct Sequence {
    atoms: Vec<Atom>,
    begins_line: bool,
    ends_line: bool,
    /// Between which atoms the group is that is wanted.
    group: (usize, usize),
}

impl Sequence {
    fn of(pattern: &str) -> Option<Sequence> {
        let mut parser = ParserBuilder::new().multi_line(true).build();
        let hir = parser.parse(pattern).ok()?;
        let mut pieces = Vec::new();
        flatten(&hir, &mut pieces, true)?;
        Sequence::assemble(pieces)
    }

    fn assemble(pieces: Vec<Piece>) -> Option<Sequence> {
        let mut atoms = Vec::new();
        let mut group = None;
        let count = pieces.len();
        let mut begins_line = false;
        let mut ends_line = false;
        for (at, piece) in pieces.into_iter().enumerate() {
            match piece {
                Piece::Atom(atom) if !ends_line => atoms.push(atom),
                Piece::LineStart if atoms.is_empty() => begins_line = true,
                Piece::LineEnd if at + 2 >= count => ends_line = true,
                Piece::GroupStart => group = Some((atoms.len(), atoms.len())),
                Piece::GroupEnd => group = group.map(|(start, _)| (start, atoms.len())),
                Piece::Atom(_) | Piece::LineStart | Piece::LineEnd => return None,
            }
        }
        if begins_line && may_begin_with_newline(&atoms) {
            return None;
        }
        let group = group.unwrap_or((0, atoms.len()));
        Some(Sequence {
            atoms,
            begins_line,
            ends_line,
            group,
        })
    }

    fn anchors(&self) -> String {
        let begin = if self.begins_line { "^" } else { "" };
        let end = if self.ends_line { "$" } else { "" };
        format!("{begin}{end}")
    }

    fn pattern(&self) -> Option<Pattern> {
        let (start, end) = self.group;
        Some(Pattern {
            anchors: self.anchors(),
            before: write(&self.atoms[..start])?,
            group: write(&self.atoms[start..end])?,
            after: write(&self.atoms[end..])?,
        })
    }

    /// Whether only the rest of a line follows this atom, and is what is wanted, or
    /// everything is.
    fn gives_way(&self, at: usize) -> bool {
        let atom = &self.atoms[at];
        let last = self.atoms.len() - 1;
        let is_wanted = self.group == (last, last + 1) || self.group == (0, last + 1);
        let of_bytes = !atom.first.0[usize::from(u8::MAX)];
        let rest = &self.atoms[last];
        at + 1 == last
            && is_wanted
            && of_bytes
            && !atom.lazy
            && !rest.lazy
            && rest.is_text_of_a_line()
    }

    /// The same where an atom, `.*`, has several ways: the marks, the head and the
    /// rest beside it, and from where to where the group reaches, each measured
    /// from the head (h) or from the rest (r).
    fn reach(&self, at: usize) -> Option<Vec<String>> {
        let atom = &self.atoms[at];
        let rest = &self.atoms[at + 1..];
        if !atom.is_text_of_a_line() || !begins_with_whole_characters(rest) {
            return None;
        }
        let place = |to: usize| match to.checked_sub(at + 1) {
            None => Some(format!("h{}", write(&self.atoms[..to])?)),
            Some(count) => Some(format!("r{}", write(&rest[..count])?)),
        };
        let mut marks = self.anchors();
        marks += if atom.least == 1 { "+" } else { "" };
        marks += if atom.lazy { "?" } else { "" };
        let (start, end) = self.group;
        Some(vec![
            marks,
            write(&self.atoms[..at])?,
            write(rest)?,
            place(start)?,
            place(end)?,
        ])
    }
}

fn write(atoms: &[Atom]) -> Option<String> {
    atoms.iter().map(Atom::write).collect()
}

/// Whether a match of these may be looked for byte by byte: it cannot begin in the
/// middle of a character, and is never nothing.
fn begins_with_whole_characters(atoms: &[Atom]) -> bool {
    for atom in atoms {
        if atom.first.0[usize::from(u8::MAX)] {
            return false;
        }
        if atom.least > 0 {
            return true;
        }
    }
    false
}

/// A pattern of which only counts whether it matches at all: there every awk
/// says the same, however many ways there are. `None`: it looks around, or
/// counts characters that are no bytes.
pub fn whether(pattern: &str) -> Option<String> {
    whether_at_all(pattern, true)
}

/// The same in the words of a failure, which are no lines: `^` and `$` are where
/// they begin and end.
pub fn whether_in_words(pattern: &str) -> Option<String> {
    whether_at_all(pattern, false)
}

fn whether_at_all(pattern: &str, in_lines: bool) -> Option<String> {
    let mut parser = ParserBuilder::new().multi_line(in_lines).build();
    let hir = parser.parse(pattern).ok()?;
    let branches = match hir.kind() {
        HirKind::Alternation(branches) => branches.iter().map(branch).collect(),
        _one_branch => branch(&hir).map(|text| vec![text]),
    };
    let text = branches?.join("|");
    (text.len() <= LONGEST_WRITTEN).then_some(text)
}

/// With the line's ends, which only a branch's own ends may be.
fn branch(hir: &Hir) -> Option<String> {
    let single = std::slice::from_ref(hir);
    let mut parts = match hir.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        _one_part => single,
    };
    let mut text = String::new();
    if let [first, rest @ ..] = parts
        && let HirKind::Look(look) = first.kind()
    {
        text += match look {
            Look::StartLF => "(^|\n)",
            Look::Start => "^",
            _another => return None,
        };
        parts = rest;
    }
    let mut end = "";
    if let [rest @ .., last] = parts
        && let HirKind::Look(look) = last.kind()
    {
        end = match look {
            Look::EndLF => "(\n|$)",
            Look::End => "$",
            _another => return None,
        };
        parts = rest;
    }
    for part in parts {
        text += &extended(part)?;
    }
    text += end;
    (!text.is_empty()).then_some(text)
}

/// An extended regular expression of what looks nowhere.
fn extended(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => None,
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            text.chars()
                .map(|c| Some(Atom::character(c)?.text))
                .collect()
        }
        HirKind::Class(class) => Some(Atom::class(class)?.text),
        HirKind::Capture(capture) => Some(format!("({})", extended(&capture.sub)?)),
        HirKind::Concat(parts) => parts.iter().map(extended).collect(),
        HirKind::Alternation(branches) => {
            let branches: Option<Vec<String>> = branches.iter().map(extended).collect();
            Some(format!("({})", branches?.join("|")))
        }
        HirKind::Repetition(repetition) => {
            let one = format!("({})", extended(&repetition.sub)?);
            let (least, most) = (repetition.min, repetition.max);
            let is_counted = least > 1 || most.is_some_and(|most| most > 1);
            let beyond = counts_bytes(&repetition.sub);
            if least > MOST_COPIES
                || most.is_some_and(|most| most > MOST_COPIES)
                || (is_counted && beyond)
            {
                return None;
            }
            let mut text = one.repeat(least as usize);
            match most {
                Some(most) => text += &format!("{one}?").repeat((most - least) as usize),
                None => text += &format!("{one}*"),
            }
            Some(text)
        }
    }
}

/// Whether something of it is one character and may be several bytes.
fn counts_bytes(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Class(class) => Atom::class(class).is_none_or(|it| it.first.0[255]),
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) => false,
        HirKind::Capture(capture) => counts_bytes(&capture.sub),
        HirKind::Repetition(repetition) => counts_bytes(&repetition.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(counts_bytes),
    }
}

/// Those repetitions of which one more may be taken for what follows.
fn ambiguous(atoms: &[Atom], ends_line: bool) -> Vec<usize> {
    let all = 0..atoms.len();
    all.filter(|at| !has_one_way(&atoms[*at], &atoms[at + 1..], ends_line))
        .collect()
}

/// Whether what follows a repetition can never be taken for one more of it.
fn has_one_way(atom: &Atom, following: &[Atom], ends_line: bool) -> bool {
    if atom.most == Some(atom.least) {
        return true;
    }
    for next in following {
        if atom.first.meets(&next.first) {
            return false;
        }
        if next.least > 0 {
            return true;
        }
    }
    let runs_over = ends_line && (atom.first.0[usize::from(b'\n')] || atom.most.is_some());
    !atom.lazy && !runs_over
}

fn may_begin_with_newline(atoms: &[Atom]) -> bool {
    for atom in atoms {
        if atom.first.0[usize::from(b'\n')] {
            return true;
        }
        if atom.least > 0 {
            return false;
        }
    }
    false
}

fn flatten(hir: &Hir, pieces: &mut Vec<Piece>, outermost: bool) -> Option<()> {
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?;
            for c in text.chars() {
                pieces.push(Piece::Atom(Atom::character(c)?));
            }
        }
        HirKind::Class(class) => pieces.push(Piece::Atom(Atom::class(class)?)),
        HirKind::Look(Look::StartLF | Look::Start) if outermost => pieces.push(Piece::LineStart),
        HirKind::Look(Look::EndLF) if outermost => pieces.push(Piece::LineEnd),
        HirKind::Look(_) => return None,
        HirKind::Repetition(repetition) => pieces.push(Piece::Atom(repeated(repetition)?)),
        HirKind::Capture(capture) if capture.index == 1 => {
            pieces.push(Piece::GroupStart);
            flatten(&capture.sub, pieces, outermost)?;
            pieces.push(Piece::GroupEnd);
        }
        HirKind::Capture(capture) => flatten(&capture.sub, pieces, outermost)?,
        HirKind::Concat(parts) => {
            for part in parts {
                flatten(part, pieces, outermost)?;
            }
        }
        HirKind::Alternation(branches) => pieces.push(Piece::Atom(alternatives(branches)?)),
    }
    Some(())
}

fn repeated(repetition: &Repetition) -> Option<Atom> {
    let atom = match repetition.sub.kind() {
        HirKind::Class(class) => Atom::class(class)?,
        HirKind::Literal(literal) if literal.0.len() == 1 => {
            Atom::character(char::from(literal.0[0]))?
        }
        _longer => return None,
    };
    Some(Atom {
        least: repetition.min,
        most: repetition.max,
        lazy: !repetition.greedy,
        ..atom
    })
}

/// Words of which none begins with another.
fn alternatives(branches: &[Hir]) -> Option<Atom> {
    let words: Option<Vec<&[u8]>> = branches
        .iter()
        .map(|branch| match branch.kind() {
            HirKind::Literal(literal) => Some(&*literal.0),
            _no_word => None,
        })
        .collect();
    let words = words?;
    let is_beginning = |one: &[u8], of: &[u8]| of.starts_with(one);
    let clash = words.iter().enumerate().any(|(at, one)| {
        let others = words.iter().enumerate().filter(|(other, _)| *other != at);
        others.into_iter().any(|(_, of)| is_beginning(one, of))
    });
    if clash {
        return None;
    }
    let mut first = Bytes([false; 256]);
    let mut written = Vec::new();
    for word in words {
        first.0[usize::from(*word.first()?)] = true;
        let word = std::str::from_utf8(word).ok()?;
        let atoms: Option<Vec<Atom>> = word.chars().map(Atom::character).collect();
        let text: Option<String> = atoms?.iter().map(Atom::write).collect();
        written.push(text?);
    }
    Some(Atom {
        first,
        text: format!("({})", written.join("|")),
        least: 1,
        most: Some(1),
        lazy: false,
    })
}

impl Atom {
    /// `.*` or `.+`.
    fn is_text_of_a_line(&self) -> bool {
        let but_for_ends = |byte: u8| byte != b'\n';
        let all = (0..=u8::MAX).all(|byte| self.first.0[usize::from(byte)] == but_for_ends(byte));
        all && self.most.is_none() && self.least <= 1
    }

    /// One character, of one byte or more.
    fn character(c: char) -> Option<Atom> {
        let mut first = Bytes([false; 256]);
        let mut bytes = [0; 4];
        c.encode_utf8(&mut bytes);
        first.0[usize::from(bytes[0])] = true;
        let text = match c.is_ascii() {
            true => first.write()?,
            false => c.to_string(),
        };
        Some(Atom {
            text,
            first,
            least: 1,
            most: Some(1),
            lazy: false,
        })
    }

    /// Characters beyond ASCII are bytes here: all of them are meant, or none.
    fn class(class: &Class) -> Option<Atom> {
        let mut first = Bytes([false; 256]);
        let Class::Unicode(class) = class else {
            return None;
        };
        for range in class.ranges() {
            let (start, end) = (u32::from(range.start()), u32::from(range.end()));
            for byte in start..=end.min(127) {
                first.0[usize::try_from(byte).ok()?] = true;
            }
        }
        if has_all_beyond_ascii(class)? {
            first.0[128..].fill(true);
        }
        Some(Atom {
            text: first.write()?,
            first,
            least: 1,
            most: Some(1),
            lazy: false,
        })
    }

    /// All of it. Not every awk knows `{2,3}`.
    fn write(&self) -> Option<String> {
        if self.least > MOST_COPIES || self.most.is_some_and(|most| most > MOST_COPIES) {
            return None;
        }
        // How many characters there are, bytes do not tell.
        let counts = self.least > 1 || self.most.is_some_and(|most| most > 1);
        if counts && self.first.0[128..].contains(&true) {
            return None;
        }
        let mut text = self.text.repeat(self.least as usize);
        match self.most {
            Some(most) => {
                let more = format!("{}?", self.text);
                text += &more.repeat((most - self.least) as usize);
            }
            None => text += &format!("{}*", self.text),
        }
        Some(text)
    }
}

impl Bytes {
    fn meets(&self, other: &Bytes) -> bool {
        self.0
            .iter()
            .zip(&other.0)
            .any(|(one, other)| *one && *other)
    }

    /// As a bracket expression; `None` for nothing at all.
    fn write(&self) -> Option<String> {
        let held = |wanted: bool| -> Vec<u8> {
            let bytes = (1..=255_u8).filter(|byte| self.0[usize::from(*byte)] == wanted);
            bytes.collect()
        };
        let all = held(true);
        match all.as_slice() {
            [] => None,
            [one] if one.is_ascii_alphanumeric() || b" _:=,-/@%#<>!~'\"&;".contains(one) => {
                Some(char::from(*one).to_string())
            }
            [one] if one.is_ascii() => Some(match one {
                b'\\' => "[\\\\]".to_owned(),
                b'^' => "\\^".to_owned(),
                _other => format!("[{}]", char::from(*one)),
            }),
            // Half a character cannot be written.
            _many if all.iter().all(|byte| *byte >= 128) => None,
            _many if self.0[255] => {
                let without = held(false);
                match without.is_empty() {
                    true => Some("(.|\n)".to_owned()),
                    false => bracket("^", &without),
                }
            }
            _many => bracket("", &all),
        }
    }
}

/// `[^…]` or `[…]`, of ASCII.
fn bracket(start: &str, bytes: &[u8]) -> Option<String> {
    let has = |byte: u8| bytes.contains(&byte);
    let mut text = format!("[{start}");
    if has(b']') {
        text.push(']');
    }
    let mut middle = String::new();
    for (from, to) in [(b'0', b'9'), (b'A', b'Z'), (b'a', b'z')] {
        if (from..=to).all(has) {
            middle += &format!("{}-{}", char::from(from), char::from(to));
        } else {
            middle.extend((from..=to).filter(|byte| has(*byte)).map(char::from));
        }
    }
    for byte in bytes.iter().filter(|byte| !byte.is_ascii_alphanumeric()) {
        match byte {
            b']' | b'-' | b'^' => {}
            b'\\' => middle += "\\\\",
            128.. => return None,
            other => middle.push(char::from(*other)),
        }
    }
    text += &middle;
    if has(b'^') {
        if text == "[" {
            return None;
        }
        text.push('^');
    }
    if has(b'-') {
        text.push('-');
    }
    text.push(']');
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(pattern: &str) -> Option<(String, String, String)> {
        match words(pattern)? {
            ("stdout", words) => Some((words[1].clone(), words[2].clone(), words[3].clone())),
            _reach => None,
        }
    }

    fn all(before: &str, group: &str, after: &str) -> Option<(String, String, String)> {
        Some((before.to_owned(), group.to_owned(), after.to_owned()))
    }

    #[test]
    fn patterns_with_one_way_are_written_for_awk() {
        assert_eq!(parts("id: (.+)"), all("id: ", "[^\n][^\n]*", ""));
        assert_eq!(
            parts(r"v(\d{1,2}\.\d+);"),
            all("v", "[0-9][0-9]?[.][0-9][0-9]*", ";")
        );
        assert_eq!(parts("(yes|no)!"), all("", "(yes|no)", "!"));
        assert_eq!(
            words("^a$").map(|it| it.1[0].clone()),
            Some("^$".to_owned())
        );
    }

    #[test]
    fn whether_something_matches_is_written_for_more() {
        for (pattern, wanted) in [
            (".*x", "([^\n])*x"),
            ("(ab)+", "((ab))((ab))*"),
            ("^a|b$", "(^|\n)a|b(\n|$)"),
            (r"\Aa{1,2}\z", "^(a)(a)?$"),
        ] {
            assert_eq!(whether(pattern).as_deref(), Some(wanted), "{pattern}");
        }
        for pattern in [r"\bword", "x^y", ".{3}", "", "(^a)b", "a{1,99}"] {
            assert_eq!(whether(pattern), None, "{pattern}");
        }
        assert_eq!(whether_in_words("^a|b$").as_deref(), Some("^a|b$"));
    }

    #[test]
    fn patterns_with_several_ways_are_not() {
        for pattern in [
            "a*ab", "(a|ab)c", "a+?", r"\bword", "(ab)+", "x^", "é+", "..é{2}", r".*(\S+)", ".*x*",
            "a.*b.*c", "x*.*y", ".{2,}x",
        ] {
            assert_eq!(words(pattern), None, "{pattern}");
        }
    }

    /// A byte is no character: of those beyond ASCII all are meant, or none.
    #[test]
    fn classes_are_of_ascii_or_of_all_that_is_not() {
        for pattern in [
            "id: ([^,]+)",
            r"([\w.-]+);",
            r"(\D)1",
            r"(\S+) ",
            "(?i)(ok)",
            "(?i)ask",
        ] {
            assert!(words(pattern).is_some(), "{pattern}");
        }
        for pattern in ["[aé]x", "[^é]x", "[à-ü]x", r"\p{Greek}x", "(?i)é"] {
            assert_eq!(words(pattern), None, "{pattern}");
            assert_eq!(whether(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn text_of_a_line_reaches_from_its_head_to_the_rest() {
        for (pattern, wanted) in [
            (
                r"^.*: (\S+)$",
                [
                    "^$",
                    "",
                    ": [^\t\n\u{b}\u{c}\r ][^\t\n\u{b}\u{c}\r ]*",
                    "r: ",
                    "r: [^\t\n\u{b}\u{c}\r ][^\t\n\u{b}\u{c}\r ]*",
                ],
            ),
            ("name=(.+?);", ["+?", "name=", ";", "hname=", "r"]),
            (".*x", ["", "", "x", "h", "rx"]),
        ] {
            let words = words(pattern).expect("it can be written");
            assert_eq!(
                (words.0, words.1.as_slice()),
                ("reach", &wanted.map(str::to_owned)[..])
            );
        }
    }
}
