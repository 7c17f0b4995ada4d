//! What holds for every text, however wrong: it is parsed, in bounded time, to a
//! tree and problems that point into it, and nothing of it is lost silently.
//!
//! `RUNBOOK_FUZZ=200000 cargo test --test suite parser_properties` tries more
//! texts than usual.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};
use runbook::problem::Problem;
use runbook::source::{FileId, Span};
use runbook::syntax::{Parsed, decode, parse};

const EXAMPLE: &str = include_str!("../../examples/deployment/deploy.runbook");

/// Pieces of the language, and what comes between and instead of them.
const TOKENS: &[&str] = &[
    "runbook",
    "param",
    "secret",
    "role",
    "lock",
    "env",
    "window",
    "source",
    "metric",
    "thresholds",
    "channel",
    "message",
    "defaults",
    "watch",
    "on",
    "success",
    "always",
    "phase",
    "with",
    "parallel",
    "for",
    "in",
    "step",
    "check",
    "gate",
    "checklist",
    "notify",
    "postmortem",
    "enter",
    "leave",
    "rollback",
    "else",
    "best effort",
    "timeout",
    "within",
    "every",
    "retry",
    "backoff",
    "expect",
    "stdout",
    "contains",
    "matches",
    "exit",
    "output",
    "from",
    "json",
    "file",
    "capture",
    "dir",
    "shell",
    "touches",
    "needs",
    "done when",
    "harmless",
    "irreversible",
    "then",
    "verify",
    "repeatable",
    "atomic",
    "http",
    "header",
    "body",
    "approve",
    "by",
    "count",
    "confirm",
    "wait",
    "hold",
    "until",
    "tolerate",
    "rehearsed",
    "any",
    "all",
    "fail",
    "min",
    "samples",
    "no data",
    "series",
    "baseline",
    "not",
    "worse",
    "than",
    "during",
    "when",
    "after",
    "at",
    "T",
    "allow",
    "deny",
    "mon",
    "09:00..16:00",
    "2026-12-20",
    "use",
    "test",
    "trouble",
    "action",
    "strategy",
    "hosts",
    "list<",
    "name",
    "other_name",
    "Name",
    "$",
    "$ ",
    "$ echo \"$name\" {",
    "$ ```",
    "```",
    "`",
    "\"",
    "\"\"\"",
    "\"text\"",
    "\"a {name} b\"",
    "{{",
    "}}",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "==",
    "=",
    ":",
    ",",
    ".",
    "..",
    "+",
    "-",
    "*",
    "/",
    "|",
    "30s",
    "1h30m",
    "0.1%",
    "3",
    "3x",
    "#",
    "## doc",
    "# {",
    "\\",
    "\\n",
    "\n",
    "\n",
    "\n",
    "\n  ",
    "\r\n",
    "\r",
    "\t",
    " ",
    " ",
    " ",
    "\u{feff}",
    "\u{2028}",
    "é",
    "🚀",
    "“",
    "\0",
    "\u{1b}",
];

fn config() -> Config {
    let cases = std::env::var("RUNBOOK_FUZZ").ok();
    let cases = cases.and_then(|cases| cases.parse().ok()).unwrap_or(200);
    Config {
        cases,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    }
}

/// A text is parsed as all texts must be.
fn holds(text: &str) -> Result<(), TestCaseError> {
    let parsed = parse(FileId::default(), text);
    for span in spans(&parsed) {
        prop_assert!(
            text.get(span.range()).is_some(),
            "{span:?} does not fit the text"
        );
    }
    comments_are_kept(text, &parsed)?;
    nothing_is_lost(text, &parsed)
}

fn spans(parsed: &Parsed) -> Vec<Span> {
    let of_problem = |problem: &Problem| {
        let labels = problem.labels.iter().map(|label| label.span);
        let edits = problem.fix.iter().flat_map(|fix| &fix.edits);
        let edits = edits.map(|edit| edit.span);
        let spans: Vec<Span> = problem
            .span
            .into_iter()
            .chain(labels)
            .chain(edits)
            .collect();
        spans
    };
    let of_problems = parsed.problems.iter().flat_map(of_problem);
    let of_items = parsed.ast.items.iter().map(|item| item.span);
    let of_comments = parsed.ast.comments.iter().map(|comment| comment.span);
    of_problems
        .chain(of_items)
        .chain(of_comments)
        .chain(spans_written(&format!("{:?}", parsed.ast)))
        .collect()
}

/// Every span in a tree's debug output: no tree walk can forget one.
fn spans_written(tree: &str) -> Vec<Span> {
    let number = |text: &str, name: &str| -> usize {
        let (_, behind) = text.split_once(name).expect("a span has both ends");
        let digits = behind.find(|c: char| !c.is_ascii_digit());
        behind[..digits.unwrap_or(behind.len())]
            .parse()
            .expect("an end of a span is a number")
    };
    tree.split("Span { file: FileId(0), ")
        .skip(1)
        .map(|part| {
            Span::new(
                FileId::default(),
                number(part, "start: "),
                number(part, "end: "),
            )
        })
        .collect()
}

/// The comments of the tree are comments, in their order. That none is missing
/// follows from [`nothing_is_lost`] and, inside items, from
/// [`comments_inside_items_are_kept`].
fn comments_are_kept(text: &str, parsed: &Parsed) -> Result<(), TestCaseError> {
    for comment in &parsed.ast.comments {
        prop_assert!(text[comment.span.range()].starts_with('#'));
    }
    for pair in parsed.ast.comments.windows(2) {
        prop_assert!(pair[0].span.end <= pair[1].span.start, "comments overlap");
    }
    Ok(())
}

/// Whatever stands in no item and in no comment is told of, and so is every
/// hole in the tree.
fn nothing_is_lost(text: &str, parsed: &Parsed) -> Result<(), TestCaseError> {
    let tree = format!("{:?}", parsed.ast);
    prop_assert!(
        !tree.contains("kind: Bad") || !parsed.problems.is_empty(),
        "a hole in the tree is not told of"
    );
    let mut covered = vec![false; text.len()];
    let mut items: Vec<std::ops::Range<usize>> = Vec::new();
    for item in &parsed.ast.items {
        covered[item.span.range()].fill(true);
        items.push(item.span.range());
    }
    for comment in &parsed.ast.comments {
        covered[comment.span.range()].fill(true);
    }
    let starts = parsed.problems.iter().filter_map(|problem| problem.span);
    let starts: Vec<usize> = starts.map(|span| span.range().start).collect();
    for (at, sign) in text.char_indices() {
        if covered[at] || sign.is_whitespace() || sign == '\u{feff}' {
            continue;
        }
        let after = items
            .iter()
            .map(|item| item.end)
            .filter(|end| *end <= at)
            .max();
        let until = items
            .iter()
            .map(|item| item.start)
            .filter(|start| *start > at)
            .min();
        let gap = after.unwrap_or(0)..=until.unwrap_or(text.len());
        let told = starts.iter().any(|start| gap.contains(start));
        // A `}` can belong to a `{` that was said to be missing.
        let of_missing = sign == '}' && starts.iter().any(|start| *start < at);
        prop_assert!(told || of_missing, "{sign:?} at {at} is lost");
    }
    Ok(())
}

fn soup() -> impl Strategy<Value = String> {
    let token = prop::sample::select(TOKENS);
    let space = prop::sample::select(&["", " ", " ", " ", "\n"][..]);
    prop::collection::vec((token, space), 0..60).prop_map(|parts| {
        parts
            .into_iter()
            .flat_map(|(token, space)| [token, space])
            .collect()
    })
}

/// A change to a text, at places given as shares of its length.
#[derive(Debug, Clone)]
enum Change {
    Delete(f64, usize),
    Duplicate(f64, usize),
    Swap(f64, f64, usize),
    Truncate(f64),
    Insert(f64, &'static str),
}

fn change() -> impl Strategy<Value = Change> {
    let place = 0.0..1.0f64;
    prop_oneof![
        (place.clone(), 1..80usize).prop_map(|(at, length)| Change::Delete(at, length)),
        (place.clone(), 1..200usize).prop_map(|(at, length)| Change::Duplicate(at, length)),
        (place.clone(), place.clone(), 1..40usize)
            .prop_map(|(one, other, length)| Change::Swap(one, other, length)),
        place.clone().prop_map(Change::Truncate),
        (place, prop::sample::select(TOKENS)).prop_map(|(at, token)| Change::Insert(at, token)),
    ]
}

impl Change {
    fn apply(&self, text: &mut String) {
        match self {
            Change::Delete(at, length) => {
                let range = range(text, *at, *length);
                text.replace_range(range, "");
            }
            Change::Duplicate(at, length) => {
                let range = range(text, *at, *length);
                let piece = text[range.clone()].to_owned();
                text.insert_str(range.end, &piece);
            }
            Change::Swap(one, other, length) => {
                let (one, other) = (range(text, *one, *length), range(text, *other, *length));
                let piece = text[one].to_owned();
                text.replace_range(other, &piece);
            }
            Change::Truncate(at) => {
                let start = range(text, *at, 0).start;
                text.truncate(start);
            }
            Change::Insert(at, token) => {
                let start = range(text, *at, 0).start;
                text.insert_str(start, token);
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a length is a place in it"
)]
fn range(text: &str, at: f64, length: usize) -> std::ops::Range<usize> {
    let start = text.floor_char_boundary((text.len() as f64 * at) as usize);
    let end = text.ceil_char_boundary((start + length).min(text.len()));
    start..end
}

/// Texts to start from: the example and the cases.
static TEXTS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/syntax");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("the cases")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "runbook"))
        .collect();
    paths.sort();
    let texts = paths
        .iter()
        .map(|path| fs::read_to_string(path).expect("a case"));
    texts.chain([EXAMPLE.to_owned()]).collect()
});

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let (source, _) = decode("x.runbook", &bytes, FileId::default());
        holds(&source.text)?;
    }

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        holds(&text)?;
    }

    #[test]
    fn token_soup(text in soup()) {
        holds(&text)?;
    }

    #[test]
    fn soup_in_a_block(text in soup(), open in prop::sample::select(&[
        "phase p {\n", "step s {\n", "gate g {\n", "checklist c {\n", "thresholds t {\n",
        "window w {\n", "watch w during p {\n", "step s http GET \"x\" {\n", "param p: string = \"\"\"\n",
        "step s {\n$ ", "param p: list<int> = [", "test \"t\" {\n", "foo {\n",
    ][..])) {
        holds(&format!("{open}{text}"))?;
        holds(&format!("{open}{text}\n}}\n"))?;
    }

    #[test]
    fn changed_texts(which in any::<prop::sample::Index>(), changes in prop::collection::vec(change(), 1..6)) {
        let mut text = TEXTS[which.index(TEXTS.len())].clone();
        for change in &changes {
            change.apply(&mut text);
        }
        holds(&text)?;
    }
}

/// One more comment between any two lines of the example is one more comment
/// in its tree, and changes nothing else.
#[test]
fn comments_inside_items_are_kept() {
    let before = parse(FileId::default(), EXAMPLE).ast.comments.len();
    for (every, from) in [(1, 0), (2, 0), (2, 1), (7, 3)] {
        let mut text = String::new();
        let mut count = 0;
        let mut in_text = false;
        for (number, line) in EXAMPLE.lines().enumerate() {
            // In a text of several lines it would be text.
            if number % every == from && !in_text {
                text += "  # one more\n";
                count += 1;
            }
            in_text ^= line.matches("\"\"\"").count() % 2 == 1;
            text += line;
            text += "\n";
        }
        let parsed = parse(FileId::default(), &text);
        assert_eq!(parsed.problems, vec![]);
        assert_eq!(parsed.ast.comments.len(), before + count);
        let comments = parsed.ast.comments.iter();
        let more = comments.filter(|comment| &text[comment.span.range()] == "# one more");
        assert_eq!(more.count(), count);
    }
}

fn problems_of(text: &str) -> Vec<Problem> {
    parse(FileId::default(), text).problems
}

/// Nests deeper than any stack is: refused, in words, once.
#[test]
fn deep_nesting_is_refused() {
    let deep = 50_000;
    for (before, open) in [
        ("", "{"),
        ("foo ", "{"),
        ("", "foo {\n"),
        ("phase p {\n", "with w {\n"),
        ("param a: int = ", "("),
        ("param a: int = ", "["),
        ("param a: int = [", "1, [\n"),
        ("param a: ", "list<"),
        ("thresholds t {\n", "any {\n"),
        ("lock \"", "{\""),
        ("lock \"", "{("),
        ("lock ", "\"{"),
        ("foo $ ", "("),
        ("foo $ ", "{ # {"),
    ] {
        let text = format!("{before}{}", open.repeat(deep));
        let problems = problems_of(&text);
        let limit = |problem: &&Problem| problem.code.name() == "RB902";
        assert!(
            problems.iter().filter(limit).count() == 1 || problems.len() == 1,
            "{open:?}: {problems:?}"
        );
    }
}

/// Text of another kind is no flood of problems.
#[test]
fn problems_without_end_are_cut_off() {
    for line in [
        "lock 5\n",
        "phase p {\n  with w {\n",
        "timeout: 3\nx y\n",
        "}\n",
    ] {
        let problems = problems_of(&line.repeat(1_500));
        assert_eq!(problems.len(), 501, "{line:?}");
        assert!(problems[500].message.contains("the rest is not listed"));
    }
}

/// Chains that nest nothing in the text, but do in the tree.
#[test]
fn long_chains_are_refused() {
    let long = 20_000;
    for (link, end) in [
        ("not ", "true"),
        ("-", "1"),
        ("- ", "1"),
        ("1 + ", "1"),
        ("true or ", "true"),
    ] {
        let text = format!("param a: int = {}{end}\n", link.repeat(long));
        let problems = problems_of(&text);
        assert!(
            matches!(&problems[..], [one] if one.code.name() == "RB902"),
            "{link:?}: {problems:?}"
        );
        let nested = format!("lock \"{{{}{end}}}\"\n", link.repeat(long));
        assert_eq!(problems_of(&nested).len(), 1, "{link:?}");
    }
}

/// Many brackets that are closed, and text that only looks like brackets, are
/// no nesting.
#[test]
fn what_does_not_nest_is_not_refused() {
    for line in [
        "param a%: list<int> = [(1), (2)]\n",
        "param a%: string = \"{{ ( [ {{\"\n",
        "param a%: string = `{ ( [`\n",
        "step a% $ echo '{{{' \"((\" # [[[\n",
        "# {{{ ((( [[[\n",
        "message a% to ops \"\"\"\n  :( :( {{\n  \"\"\"\n",
        "thresholds a% {\n  m < 5\n  n < 6\n}\n",
        "step a% $ x <<< y < z\n",
        "step a% {\n  $ ```\n  if [ { ( <\n  ```\n}\n",
    ] {
        let number = |number: usize| line.replace('%', &number.to_string());
        let text: String = (0..200).map(number).collect();
        assert_eq!(problems_of(&text), vec![], "{line:?}");
    }
}

/// A file may end with anything that may stand in it, without a line end.
#[test]
fn a_last_line_needs_no_end() {
    for text in [
        "# c",
        "  # c",
        "runbook \"A\"\n# c",
        "runbook \"A\" # c",
        "lock \"a\"\n\t## c",
    ] {
        let parsed = parse(FileId::default(), text);
        assert!(parsed.problems.is_empty(), "{text}: {:?}", parsed.problems);
        assert_eq!(parsed.ast.comments.len(), 1, "{text}");
    }
}
