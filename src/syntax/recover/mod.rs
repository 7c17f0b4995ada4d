//! What was expected where something could not be read, in words: by the place
//! it stands in and the word it begins with.
//!
//! | file | its part |
//! | --- | --- |
//! | `around` | what stands around a place, for editors |
//! | `forms` | the keywords, with examples and what they are for |
//! | `foreign` | signs, words and texts that came from elsewhere |
//! | `furthest` | how far a text is right, and what could stand there |
//! | `slips` | mistakes with a name: a quote not closed, a `$` forgotten |

mod around;
mod foreign;
mod forms;
mod furthest;
mod slips;

use crate::problem::{Code, Edit, Problem};
use crate::source::{FileId, Span};
use crate::syntax::Rule;
pub use around::{Around, Inside, Next};
use forms::{
    ATTRIBUTES, BRACKETS, CONDITION, GATE_ITEMS, ITEMS, REQUEST_OPTIONS, STATEMENTS, TEST_LINES,
    TROUBLE_LINES, VIA_OPTIONS, WATCH_RULES, WINDOW_RULES,
};
pub use forms::{Form, forms};
use furthest::{Wanted, furthest};

/// Where a piece of text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    Item,
    Block,
    Attribute,
    Gate,
    Checklist,
    Condition,
    Window,
    Watch,
    Request,
    Test,
    Trouble,
    Via,
}

/// What there is to say about a piece of text that could not be read.
#[derive(Debug)]
pub struct Explained {
    pub problem: Problem,
    pub kind: Kind,
}

/// What is wrong with a piece, as far as others depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A `}` without partner.
    StrayClose,
    /// A statement whose `{` is missing: its lines and its `}` follow.
    MissingOpen,
    /// A keyword, a command: it would be right elsewhere.
    Misplaced,
    /// Nothing that the language knows.
    Unknown,
    Malformed,
}

/// A piece of text that could not be read, and where it stands.
#[derive(Debug, Clone, Copy)]
struct Piece<'t> {
    file: FileId,
    text: &'t str,
    start: usize,
    end: usize,
}

impl<'t> Piece<'t> {
    fn as_str(self) -> &'t str {
        &self.text[self.start..self.end]
    }

    /// From its start to the end of its last line.
    fn lines(self) -> &'t str {
        let rest = &self.text[self.end..];
        let line = rest.find(['\n', '\r']).unwrap_or(rest.len());
        &self.text[self.start..self.end + line]
    }

    /// A place in it, counted from its start.
    fn span(self, at: usize, length: usize) -> Span {
        let start = self.start + at;
        Span::new(self.file, start, start + length)
    }
}

impl Context {
    /// The keywords that begin a line of it.
    pub fn forms(self) -> Vec<&'static Form> {
        let lists: &[&[Form]] = match self {
            Context::Item => &[ITEMS, STATEMENTS],
            Context::Block => &[STATEMENTS, BRACKETS],
            Context::Attribute => &[ATTRIBUTES],
            Context::Gate => &[GATE_ITEMS],
            Context::Checklist => &[GATE_ITEMS],
            Context::Condition => &[],
            Context::Window => &[WINDOW_RULES],
            Context::Watch => &[WATCH_RULES],
            Context::Request => &[REQUEST_OPTIONS],
            Context::Test => &[TEST_LINES],
            Context::Trouble => &[TROUBLE_LINES],
            Context::Via => &[VIA_OPTIONS],
        };
        let all = lists.iter().flat_map(|list| list.iter());
        all.filter(|form| self != Context::Checklist || matches!(form.word, "confirm" | "check"))
            .collect()
    }

    /// What can stand there, in words.
    fn wanted(self) -> &'static str {
        match self {
            Context::Item => "a declaration or a statement, such as `param`, `phase` or `step`",
            Context::Block => "a statement, such as `step`, `check` or `gate`",
            Context::Attribute => {
                "a command (`$ …`) or an attribute, such as `timeout` or `rollback`"
            }
            Context::Gate => "a condition, such as `confirm`, `approve by` or `hold`",
            Context::Checklist => "`confirm \"…\"` or `check \"…\" $ …`",
            Context::Condition => "a comparison, such as `error_rate < 0.1%`",
            Context::Window => "`allow …` or `deny …`",
            Context::Watch => "`rollback when …`, `ask when …` or `rollback on request \"…\"`",
            Context::Request => "`header`, `timeout`, `body` or `expect status`",
            Context::Test => "`set …`, `given …` or `expect …`",
            Context::Trouble => "`symptom`, `matches`, `diagnose` or `try`",
            Context::Via => "`user`, `port`, `identity` or `options`",
        }
    }
}

impl Context {
    /// What reads one line of it.
    fn rule(self) -> Rule {
        match self {
            Context::Item => Rule::good_item,
            Context::Block => Rule::good_line,
            Context::Attribute => Rule::good_attribute,
            Context::Gate => Rule::good_gate_item,
            Context::Checklist => Rule::good_checklist_item,
            Context::Condition => Rule::good_condition,
            Context::Window => Rule::good_window_rule,
            Context::Watch => Rule::good_watch_rule,
            Context::Request => Rule::good_option,
            Context::Test => Rule::good_test_line,
            Context::Trouble => Rule::good_trouble_line,
            Context::Via => Rule::good_via_option,
        }
    }
}

/// The problem of a piece of text that could not be read.
pub fn explain(file: FileId, text: &str, start: usize, end: usize, context: Context) -> Explained {
    let piece = Piece {
        file,
        text,
        start,
        end,
    };
    if piece.as_str().starts_with('}') {
        let problem = Problem::new(Code::RB901, piece.span(0, 1), "this `}` has no partner")
            .help("remove it, or add the `{` it belongs to");
        return Explained {
            problem,
            kind: Kind::StrayClose,
        };
    }
    let word = first_word(piece.as_str());
    let forms = context.forms();
    let is_keyword = context != Context::Item || !is_of_something_else(piece.as_str(), word);
    if let Some(form) = forms.iter().find(|form| form.word == word && is_keyword) {
        return malformed(piece, context, Some(form));
    }
    if context == Context::Condition && !word.is_empty() {
        return malformed(piece, context, Some(&CONDITION));
    }
    misplaced(piece, word, context).unwrap_or_else(|| unknown(piece, word, context, &forms))
}

/// What would be right elsewhere.
fn misplaced(piece: Piece, word: &str, context: Context) -> Option<Explained> {
    if let Some(place) = elsewhere(word, context) {
        let message = format!("`{word}` cannot stand here: it belongs {place}");
        let problem = Problem::new(Code::RB900, piece.span(0, word.len()), message);
        let problem = match (foreign::word(word, context), word) {
            (Some(help), _) => problem.help(help),
            (None, "timeout") => {
                problem.help("for all steps of the file: `defaults { timeout 10m }`")
            }
            (None, _) => problem,
        };
        return Some(Explained {
            problem,
            kind: Kind::Misplaced,
        });
    }
    let line = piece.as_str().lines().next().unwrap_or_default();
    if line.trim_end().ends_with('{') && foreign::word(word, context).is_some() {
        // `if …  {`, which some shells know as well.
        return None;
    }
    if written_is_comment(line) {
        return None;
    }
    let kind = if context == Context::Attribute {
        Kind::Misplaced
    } else {
        // A script that was pasted in is one problem.
        Kind::Unknown
    };
    Some(Explained {
        problem: slips::command(piece, context)?,
        kind,
    })
}

/// A comment as other languages write it, which is no path.
fn written_is_comment(line: &str) -> bool {
    line.starts_with("//") || line.starts_with("/*")
}

fn unknown(piece: Piece, word: &str, context: Context, forms: &[&Form]) -> Explained {
    let written = piece.as_str();
    let length = word.len().max(first_char(written));
    let at_word = piece.span(0, length);
    let message = format!("expected {}, found `{}`", context.wanted(), found(written));
    let problem = Problem::new(Code::RB900, at_word, message);
    if let Some(problem) = foreign::sign(piece, 0, found(written)) {
        return Explained {
            problem,
            kind: Kind::Malformed,
        };
    }
    let help = foreign::word(word, context).filter(|_| !is_of_something_else(written, word));
    let help = help.map(str::to_owned);
    if let Some(help) = foreign::command(written, context).or(help) {
        return Explained {
            problem: problem.help(help),
            kind: Kind::Unknown,
        };
    }
    let words = forms.iter().map(|form| form.word);
    let small = word.to_ascii_lowercase();
    let near = (!word.is_empty()).then(|| crate::problem::nearest(&small, words));
    let foreign = is_of_something_else(written, word);
    let near = near.map(|near| near.filter(|near| !foreign || *near == small && small != word));
    match near.flatten() {
        Some(near) => Explained {
            problem: suggest(problem, at_word, near),
            kind: Kind::Malformed,
        },
        None => Explained {
            problem: match foreign::text(written) {
                Some(help) => problem.help(help),
                None => problem,
            },
            kind: Kind::Unknown,
        },
    }
}

/// No keyword is followed by a colon: `dest: x` is a line of another language.
fn is_of_something_else(written: &str, word: &str) -> bool {
    written[word.len()..].starts_with(':')
}

/// Adds `did you mean` and its fix.
pub(super) fn suggest(problem: Problem, span: Span, near: &str) -> Problem {
    let edit = Edit {
        span,
        replacement: near.to_owned(),
    };
    let title = format!("change to `{near}`");
    problem
        .help(format!("did you mean `{near}`?"))
        .fix(title, vec![edit], false)
}

/// Where a keyword that is wrong here can stand.
fn elsewhere(word: &str, context: Context) -> Option<&'static str> {
    let knows = |forms: &[Form]| forms.iter().any(|form| form.word == word);
    if word.is_empty() {
        None
    } else if word == "on" && context == Context::Block {
        // `on success`; in a step it is `on HOST`.
        Some("at the top of the file")
    } else if context != Context::Attribute && knows(ATTRIBUTES) {
        Some("in a step, check or rollback")
    } else if context != Context::Item && knows(ITEMS) {
        Some("at the top of the file")
    } else if knows(STATEMENTS) {
        Some("in a phase or at the top of the file")
    } else if context != Context::Gate && knows(GATE_ITEMS) {
        Some("in a gate")
    } else if knows(BRACKETS) {
        Some("in a `with` block")
    } else {
        None
    }
}

/// Something known whose rest is wrong: read again, to find how far it is right.
fn malformed(piece: Piece, context: Context, form: Option<&Form>) -> Explained {
    let lines = piece.lines();
    let reached = furthest(context.rule(), lines);
    let (at, wanted) = reached.map_or((0, Wanted::default()), |furthest| {
        (furthest.at, furthest.wanted)
    });
    // Spaces before what is wrong are not what is wrong.
    let at = lines.len() - lines[at..].trim_start_matches([' ', '\t']).len();
    let token = match &lines[at..] {
        end if end.starts_with(['\n', '\r', '#']) => "",
        rest => found(rest),
    };
    let kind = if wanted.body() && (token.is_empty() || token.starts_with('\u{ff5b}')) {
        Kind::MissingOpen
    } else {
        Kind::Malformed
    };
    let problem = slips::in_line(piece, context, at, token, &wanted).unwrap_or_else(|| {
        let words = wanted.words_behind(&lines[..at]);
        let what = match (words, form) {
            (Some(words), _) => format!("expected {words}"),
            (None, Some(form)) => format!("`{}` is not written like this", form.word),
            (None, None) => format!("expected {}", context.wanted()),
        };
        let message = if token.is_empty() {
            format!("{what}, found the end of the line")
        } else {
            format!("{what}, found `{token}`")
        };
        let problem = Problem::new(Code::RB900, piece.span(at, token.len()), message);
        with_help(problem, piece, context, (at, token), &wanted, form)
    });
    Explained { problem, kind }
}

fn with_help(
    problem: Problem,
    piece: Piece,
    context: Context,
    (at, token): (usize, &str),
    wanted: &Wanted,
    form: Option<&Form>,
) -> Problem {
    if let Some(problem) = foreign::meant(&problem, piece, at, token, wanted) {
        return problem;
    }
    let word = first_word(token);
    let near = (!word.is_empty()).then(|| crate::problem::nearest(word, wanted.keywords()));
    if let Some(near) = near.flatten() {
        return suggest(problem, piece.span(at, word.len()), near);
    }
    if let Some(problem) = misspelt_before(piece, context, at) {
        return problem;
    }
    match form {
        _ if wanted.ends()
            && goes_on(&piece.lines()[at + word.len()..])
            && context.forms().iter().any(|it| it.word == word) =>
        {
            problem.help(format!("`{word} …` stands on a line of its own"))
        }
        Some(form) => problem.help(format!("write `{}`", form.example)),
        None => problem,
    }
}

/// A keyword with a letter wrong that was taken for a name: what stands behind it is
/// where reading stopped.
fn misspelt_before(piece: Piece, context: Context, at: usize) -> Option<Problem> {
    let before = piece.lines()[..at].trim_end_matches([' ', '\t']);
    let is_sign = |sign: char| !sign.is_ascii_alphanumeric() && sign != '_';
    let begin = before.rfind(is_sign).map_or(0, |sign| sign + 1);
    let word = &before[begin..];
    let wanted = furthest::wanted_behind(context.rule(), &before[..begin])?;
    let near = crate::problem::nearest(word, wanted.keywords()).filter(|near| *near != word)?;
    let span = piece.span(begin, word.len());
    let message = format!("expected {}, found `{word}`", wanted.words()?);
    Some(suggest(
        Problem::new(Code::RB900, span, message),
        span,
        near,
    ))
}

/// Whether more than a comment follows.
fn goes_on(rest: &str) -> bool {
    let rest = rest.trim_start();
    !rest.is_empty() && !rest.starts_with('#')
}

fn first_word(piece: &str) -> &str {
    let end = piece
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(piece.len());
    &piece[..end]
}

fn first_char(piece: &str) -> usize {
    piece.chars().next().map_or(0, char::len_utf8)
}

/// The word or sign a piece begins with, for messages.
pub(super) fn found(piece: &str) -> &str {
    let end = piece
        .find(|c: char| c.is_whitespace() || c == '{' || c == '}' || c == ',')
        .unwrap_or(piece.len());
    let end = if end == 0 { first_char(piece) } else { end };
    &piece[..piece.floor_char_boundary(end.min(40))]
}
