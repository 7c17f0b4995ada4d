//! Mistakes that have a name: each has a message and a remedy of its own.

use super::furthest::Wanted;
use super::{Context, Piece, first_word, foreign, found};
use crate::problem::{Code, Edit, Problem};
use crate::syntax::scan::Scan;
use crate::syntax::units;

/// Quotes that a word processor made of `"` and `'`.
const CURLY: [char; 8] = [
    '\u{201c}', '\u{201d}', '\u{201e}', '\u{201f}', '\u{2018}', '\u{2019}', '\u{ab}', '\u{bb}',
];

/// Words that begin commands rather than lines of a runbook.
const PROGRAMS: &[&str] = &[
    "ansible",
    "aws",
    "az",
    "bash",
    "cat",
    "cd",
    "chmod",
    "chown",
    "cp",
    "curl",
    "docker",
    "echo",
    "eval",
    "exit",
    "export",
    "fi",
    "find",
    "gcloud",
    "gh",
    "git",
    "grep",
    "helm",
    "if",
    "kill",
    "kubectl",
    "ls",
    "make",
    "mkdir",
    "mv",
    "npm",
    "printf",
    "psql",
    "python",
    "python3",
    "rm",
    "rsync",
    "scp",
    "sed",
    "set",
    "sh",
    "sleep",
    "source",
    "ssh",
    "sudo",
    "systemctl",
    "tar",
    "terraform",
    "test",
    "then",
    "trap",
    "wget",
    "while",
];

/// The slip in a line that is right up to a place, where a token stands.
pub(super) fn in_line(
    piece: Piece,
    context: Context,
    at: usize,
    token: &str,
    wanted: &Wanted,
) -> Option<Problem> {
    query_in_quotes(piece)
        .or_else(|| not_closed(piece, at))
        .or_else(|| foreign::sign(piece, at, token))
        .or_else(|| curly_quotes(piece, at, token))
        .or_else(|| single_quotes(piece, at, token))
        .or_else(|| distant_unit(piece, at, token))
        .or_else(|| bare_version(piece, at, token))
        .or_else(|| metric_without_type(piece, at))
        .or_else(|| decimal_comma(piece, at))
        .or_else(|| one_equals(piece, at, token))
        .or_else(|| needless_sign(piece, at, wanted))
        .or_else(|| bare_address(piece, at))
        .or_else(|| bare_path(piece, at, token, wanted))
        .or_else(|| type_first(piece, at, token, wanted))
        .or_else(|| missing_quotes(piece, at, token, wanted))
        .or_else(|| no_letter_first(piece, at, wanted))
        .or_else(|| no_space(piece, at, wanted))
        .or_else(|| bad_name(piece, at, wanted).filter(|_| context != Context::Window))
        .or_else(|| quoted_command(piece, at, wanted))
        .or_else(|| no_undo(piece, at, token))
        .or_else(|| people_without_role(piece, at, token))
        .or_else(|| missing_dollar(piece, at, token, wanted))
}

/// `approve by "ada"`: who may approve is said at the top of the file.
fn people_without_role(piece: Piece, at: usize, token: &str) -> Option<Problem> {
    let words: Vec<&str> = piece.lines()[..at].split_whitespace().collect();
    if !words.ends_with(&["approve", "by"]) || !token.starts_with(['"', '[']) {
        return None;
    }
    let message = format!("expected a role, found `{token}`");
    let problem = Problem::new(Code::RB900, piece.span(at, token.len()), message);
    Some(problem.help(
        "name the people in a role, at the top of the file: `role managers = [\"ada\", \"grace\"]`; then write `approve by managers`",
    ))
}

/// `rollback none`: that there is no way back is said otherwise.
fn no_undo(piece: Piece, at: usize, token: &str) -> Option<Problem> {
    let none = ["none", "nothing", "no", "null", "nil", "n/a", "-", "noop"];
    let before = piece.lines()[..at].trim_end();
    let is_meant = none.contains(&token.to_ascii_lowercase().as_str());
    if !is_meant || !before.ends_with("rollback") {
        return None;
    }
    // What stands behind it is at most why.
    let why = found_line(&piece.lines()[at..]).strip_prefix(token)?;
    if !why.is_empty() && !why.trim_start_matches([':', ' ', '\t']).starts_with('"') {
        return None;
    }
    let message = format!("expected a way back, found `{token}`");
    let problem = Problem::new(Code::RB900, piece.span(at, token.len()), message);
    Some(problem.help(
        "where there is nothing to undo write `harmless \"why\"` instead, where it cannot be undone `irreversible \"why\" then \"what next\"`",
    ))
}

/// `metric errors: percent = prom "rate(errors{code=\"500\"}[5m])"`.
fn query_in_quotes(piece: Piece) -> Option<Problem> {
    let line = piece.lines().lines().next()?.strip_prefix("metric ")?;
    let start = piece.lines().find('"')?;
    let end = "metric ".len() + line.rfind('"')?;
    let written = piece.lines().get(start + 1..end)?;
    if !selects_labels(written) {
        return None;
    }
    let query = written.replace("\\\"", "\"").replace("\\\\", "\\");
    let span = piece.span(start, end + 1 - start);
    let message = "a query with braces stands between backquotes";
    let problem = Problem::new(Code::RB900, span, message)
        .label("in quotes braces are for values, such as `{version}`");
    if query.contains('`') {
        return Some(problem);
    }
    let replacement = format!("`{query}`");
    let edit = Edit { span, replacement };
    Some(problem.fix("use backquotes", vec![edit], false))
}

/// Whether there are braces as in `errors{code="500"}`, which are none of a text.
fn selects_labels(text: &str) -> bool {
    let is_of_name = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    let mut behind = text.split('{').skip(1);
    behind.any(|rest| {
        let sign = rest
            .trim_start()
            .trim_start_matches(is_of_name)
            .trim_start();
        sign.starts_with(['=', '!']) && !sign.starts_with("==")
    })
}

/// Text or a bracket that is not closed and was opened before the place where
/// reading stopped.
fn not_closed(piece: Piece, at: usize) -> Option<Problem> {
    let mut scan = Scan::new(piece.lines());
    while scan.step() {}
    let brackets = scan.open.into_iter().find(|(_, sign)| *sign != "{");
    let (open, sign) = scan.unclosed.or(brackets).filter(|(open, _)| *open <= at)?;
    let (message, help) = match sign {
        "`" => ("this backquote".to_owned(), "a backquote".to_owned()),
        "```" => ("this fence".to_owned(), "three backquotes".to_owned()),
        sign => (format!("this `{sign}`"), format!("`{sign}`")),
    };
    let message = format!("{message} is not closed");
    let help = match sign {
        "\"" => "add the missing `\"`; text of several lines stands in `\"\"\"`".to_owned(),
        "[" => "add the missing `]`".to_owned(),
        "(" => "add the missing `)`".to_owned(),
        "<" => "add the missing `>`".to_owned(),
        _another_quote => format!("close it with {help}"),
    };
    let problem = Problem::new(Code::RB901, piece.span(open, sign.len()), message);
    Some(problem.label("opened here").help(help))
}

/// `metric errors = prom "query"`: only what a template makes says no type.
fn metric_without_type(piece: Piece, at: usize) -> Option<Problem> {
    let read = piece.lines().get(..at)?;
    let (head, made_of) = read.strip_prefix("metric ")?.split_once('=')?;
    if head.contains([':', '(']) || made_of.contains('(') {
        return None;
    }
    let name = head.trim();
    let sign = piece.span(read.len() - made_of.len() - 1, 1);
    let message = "a metric says what kind of number it is";
    let problem = Problem::new(Code::RB900, sign, message).label("the type stands before this");
    Some(problem.help(format!(
        "write `metric {name}: percent = …`; what a template makes knows it: `metric {name} = red.error_rate(prom)`"
    )))
}

fn curly_quotes(piece: Piece, at: usize, token: &str) -> Option<Problem> {
    let quote = token.chars().next().filter(|c| CURLY.contains(c))?;
    let message = format!("`{quote}` is no quote here: it comes from a word processor");
    let line = &piece.lines()[at..];
    let line = &line[..line.find(['\n', '\r']).unwrap_or(line.len())];
    let inner = &line[quote.len_utf8()..];
    let close = inner
        .char_indices()
        .find(|(_, c)| CURLY.contains(c) || *c == '"');
    let (text, length) = match close {
        Some((end, c)) => (&inner[..end], quote.len_utf8() + end + c.len_utf8()),
        None => {
            let span = piece.span(at, quote.len_utf8());
            let problem = Problem::new(Code::RB900, span, message);
            return Some(problem.help("text stands in `\"`"));
        }
    };
    let edit = Edit {
        span: piece.span(at, length),
        replacement: format!("\"{text}\""),
    };
    let problem = Problem::new(Code::RB900, piece.span(at, length), message)
        .help("text stands in `\"`")
        .fix("use plain quotes", vec![edit], false);
    Some(problem)
}

/// `'text'`: what a shell would take.
fn single_quotes(piece: Piece, at: usize, token: &str) -> Option<Problem> {
    let inner = piece.lines()[at..].strip_prefix('\'')?;
    let close = inner.find(['\'', '\n', '"', '\\', '{', '}'])?;
    let is_whole = inner[close..].starts_with('\'');
    let length = if is_whole { close + 2 } else { 1 };
    let token = if is_whole {
        &piece.lines()[at..at + length]
    } else {
        token
    };
    let message = format!("text stands in double quotes, found `{token}`");
    let problem = Problem::new(Code::RB900, piece.span(at, length), message);
    if !inner[close..].starts_with('\'') {
        return Some(problem.help("write `\"text\"`, or text between backquotes"));
    }
    let text = &inner[..close];
    let edit = Edit {
        span: piece.span(at, close + 2),
        replacement: format!("\"{text}\""),
    };
    let problem = problem.help(format!("write `\"{}\"`", found_line(text)));
    Some(problem.fix("use double quotes", vec![edit], false))
}

/// `0,1%`: as it is written in many countries.
fn decimal_comma(piece: Piece, at: usize) -> Option<Problem> {
    let lines = piece.lines();
    let rest = lines[at..].strip_prefix(',')?;
    let is_digit = |c: char| c.is_ascii_digit();
    let start = lines[..at].trim_end_matches(is_digit).len();
    if start == at || !rest.starts_with(is_digit) {
        return None;
    }
    let is_end = |c: char| !c.is_ascii_alphanumeric() && c != '%' && c != '/';
    let end = at + 1 + rest.find(is_end).unwrap_or(rest.len());
    let written = &lines[start..end];
    let span = piece.span(start, written.len());
    let message = format!("a number is written with a point, found `{written}`");
    let problem = Problem::new(Code::RB900, span, message);
    Some(super::suggest(problem, span, &written.replace(',', ".")))
}

/// `when environment = "production"`.
fn one_equals(piece: Piece, at: usize, token: &str) -> Option<Problem> {
    let before = piece.lines()[..at].trim_end();
    let head = before.strip_suffix('=').filter(|it| !it.ends_with('='))?;
    let (_, condition) = head.rsplit_once(" when ")?;
    if condition.contains(['{', '"']) || !token.starts_with('"') {
        return None;
    }
    let span = piece.span(head.len(), 1);
    let problem = Problem::new(Code::RB900, span, "one `=` does not compare");
    Some(super::suggest(problem, span, "=="))
}

/// `timeout = 5m`, `retry: 3`, `check well;`: a sign that other languages want.
fn needless_sign(piece: Piece, at: usize, wanted: &Wanted) -> Option<Problem> {
    let lines = piece.lines();
    let word = lines[..at].trim_end();
    let sign = lines[at..].chars().next()?;
    if lines[at + sign.len_utf8()..].starts_with(['<', '>', '=']) || wanted.has("<") {
        return None;
    }
    let span = piece.span(at, 1);
    let message = match sign {
        ';' if wanted.ends() => "a statement ends with its line, without `;`".to_owned(),
        '=' | ':'
            if first_word(word) == word
                && !word.is_empty()
                && !wanted.has("=")
                && !wanted.name() =>
        {
            format!("`{word}` is written without `{sign}`")
        }
        _another => return None,
    };
    let edit = Edit {
        span,
        replacement: String::new(),
    };
    let problem = Problem::new(Code::RB900, span, message);
    let rest = found_line(lines[at + 1..].trim_start());
    let problem = match sign {
        ';' => problem,
        _equals => problem.help(format!("write `{word} {rest}`")),
    };
    Some(problem.fix(format!("take the `{sign}` out"), vec![edit], false))
}

/// `https://example.com`: an address is text.
fn bare_address(piece: Piece, at: usize) -> Option<Problem> {
    let lines = piece.lines();
    if !lines[at..].starts_with("://") {
        return None;
    }
    let is_letter = |c: char| c.is_ascii_alphanumeric();
    let start = lines[..at].trim_end_matches(is_letter).len();
    let end = lines[start..].find(char::is_whitespace);
    let written = &lines[start..end.map_or(lines.len(), |end| start + end)];
    let span = piece.span(start, written.len());
    let message = format!("an address stands in quotes, found `{written}`");
    let problem = Problem::new(Code::RB900, span, message);
    Some(super::suggest(problem, span, &format!("\"{written}\"")))
}

/// `dir /srv/shop`: a path is text.
fn bare_path(piece: Piece, at: usize, token: &str, wanted: &Wanted) -> Option<Problem> {
    let is_path = ["/", "./", "../", "~/"]
        .iter()
        .any(|start| token.starts_with(start));
    if !is_path || !wanted.has("\"") || wanted.has("$") {
        return None;
    }
    let span = piece.span(at, token.len());
    let message = format!("a path stands in quotes, found `{token}`");
    let problem = Problem::new(Code::RB900, span, message);
    Some(super::suggest(problem, span, &format!("\"{token}\"")))
}

/// Names of types, for what stands in their place.
const TYPES: &[&str] = &[
    "string", "int", "number", "bool", "percent", "duration", "bytes", "rate", "count", "version",
    "url", "host", "path", "time",
];

/// `param string environment`, `param environment string`.
fn type_first(piece: Piece, at: usize, token: &str, wanted: &Wanted) -> Option<Problem> {
    let (word, before) = piece.lines()[..at].trim_end().split_once(' ')?;
    let is_word = !token.is_empty() && first_word(token) == token;
    if word != "param" || !wanted.has(":") || !is_word {
        return None;
    }
    let (name, ty) = match (TYPES.contains(&before), TYPES.contains(&token)) {
        (_, true) => (before, token),
        (true, false) => (token, before),
        (false, false) => return None,
    };
    let message = format!("expected `:`, found `{token}`");
    let problem = Problem::new(Code::RB900, piece.span(at, token.len()), message);
    Some(problem.help(format!(
        "the type stands behind the name: write `param {name}: {ty}`"
    )))
}

/// `harmless it only adds`: words where a text is wanted.
fn missing_quotes(piece: Piece, at: usize, token: &str, wanted: &Wanted) -> Option<Problem> {
    let text = wanted.has("\"") && !wanted.has("[") && !wanted.name();
    let line = found_line(piece.lines()[at..].lines().next().unwrap_or_default());
    let is_prose = token.starts_with(char::is_alphabetic)
        && !line.contains(['"', '{', '}', '`', '$', '\\'])
        && wanted.keywords().next().is_none();
    if !text || wanted.ends() || !is_prose || line.len() >= 60 {
        return None;
    }
    let span = piece.span(at, line.len());
    let message = format!("expected text in quotes, found `{token}`");
    let edit = Edit {
        span,
        replacement: format!("\"{line}\""),
    };
    let before = piece.lines()[..at].trim_end();
    let problem =
        Problem::new(Code::RB900, span, message).help(format!("write `{before} \"{line}\"`"));
    Some(problem.fix("put it in quotes", vec![edit], false))
}

/// `1_deploy`, `veröffentlichen`: what is no name, and is like none.
fn no_letter_first(piece: Piece, at: usize, wanted: &Wanted) -> Option<Problem> {
    let lines = piece.lines();
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let start = lines[..at].trim_end_matches(is_of_word).len();
    let end = at
        + lines[at..]
            .find(|c| !is_of_word(c))
            .unwrap_or(lines.len() - at);
    let written = &lines[start..end];
    let is_broken = start < at && !lines[at..].starts_with(|c: char| c.is_ascii());
    let has_letters = written.contains(char::is_alphabetic);
    if !has_letters || !(is_broken || start == at && wanted.name()) {
        return None;
    }
    let why = if !written.is_ascii() {
        "small letters from `a` to `z`, digits and `_`"
    } else if written.starts_with(|c: char| c.is_ascii_digit()) {
        "a letter at its start"
    } else {
        return None;
    };
    let span = piece.span(start, written.len());
    let message = format!("a name has {why}, found `{written}`");
    Some(Problem::new(Code::RB900, span, message))
}

/// `rollback $./undo.sh`.
fn no_space(piece: Piece, at: usize, wanted: &Wanted) -> Option<Problem> {
    let lines = piece.lines();
    let rest = &lines[at..];
    let (dollar, rest) = match rest.strip_prefix('$') {
        Some(rest) if wanted.has("$") => (at, rest),
        _nothing => (lines[..at].strip_suffix('$')?.len(), rest),
    };
    if rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r']) {
        return None;
    }
    let edit = Edit {
        span: piece.span(dollar + 1, 0),
        replacement: " ".to_owned(),
    };
    let problem = Problem::new(
        Code::RB900,
        piece.span(dollar, 1),
        "expected a space behind `$`",
    );
    let line = found_line(rest.lines().next().unwrap_or_default());
    Some(
        problem
            .help(format!("write `$ {line}`"))
            .fix("add a space", vec![edit], true),
    )
}

/// `1.2.3`: a version is text.
fn bare_version(piece: Piece, at: usize, token: &str) -> Option<Problem> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = token.splitn(3, '.');
    let version = parts.next().is_some_and(digits) && parts.next().is_some_and(digits);
    let rest = parts.next()?;
    if !version || !rest.starts_with(|sign: char| sign.is_ascii_digit()) {
        return None;
    }
    let span = piece.span(at, token.len());
    let message = format!("a version stands in quotes, found `{token}`");
    let problem = Problem::new(Code::RB900, span, message);
    Some(super::suggest(problem, span, &format!("\"{token}\"")))
}

/// `30 s`: a unit that stands alone behind its number.
fn distant_unit(piece: Piece, at: usize, token: &str) -> Option<Problem> {
    let unit = units::meant(token)?;
    let before = &piece.lines()[..at];
    let number_end = before.trim_end_matches([' ', '\t']);
    let digits = number_end.len()
        - number_end
            .trim_end_matches(|c: char| c.is_ascii_digit() || c == '.')
            .len();
    if digits == 0 || number_end.len() == before.len() {
        return None;
    }
    let start = number_end.len() - digits;
    let amount = format!("{}{unit}", &number_end[start..]);
    let span = piece.span(start, at + token.len() - start);
    let message = format!("the unit stands right behind the number: `{amount}`");
    Some(super::suggest(
        Problem::new(Code::RB900, span, message),
        span,
        &amount,
    ))
}

/// A name with capitals, dashes or quotes.
fn bad_name(piece: Piece, at: usize, wanted: &Wanted) -> Option<Problem> {
    let lines = piece.lines();
    let start = lines[..at].len() - name_like(lines[..at].chars().rev());
    let end = at + name_like(lines[at..].chars());
    let written = &lines[start..end];
    let begins = start == at && wanted.name();
    // A name broken off in its middle: `four-five`.
    let goes_on = |c: char| c == '-' || c.is_ascii_uppercase();
    let broken = start < at && lines[at..].starts_with(goes_on) && end > at + 1;
    let quoted = begins && written.is_empty() && lines[at..].starts_with('"');
    let (written, end) = if quoted {
        let inner = &lines[at + 1..];
        let close = inner.find('"')?;
        (&inner[..close], at + close + 2)
    } else if begins || broken {
        (written, end)
    } else {
        return None;
    };
    // The names of environment variables have capitals.
    let any_case = lines.starts_with("env");
    let name = as_name(written, any_case)?;
    let whole = &lines[start..end];
    if name == whole {
        return None;
    }
    let span = piece.span(start, whole.len());
    if quoted && lines.starts_with("approve") {
        let message = format!("a role approves, found `{whole}`");
        let problem = Problem::new(Code::RB900, span, message);
        return Some(problem.help(format!(
            "declare one at the top, `role managers = [{whole}]`, and name it: `approve by managers`"
        )));
    }
    let message = if quoted {
        format!("a name stands without quotes, found `{whole}`")
    } else {
        format!("expected a name in small letters, digits and `_`, found `{whole}`")
    };
    let problem = Problem::new(Code::RB900, span, message);
    Some(super::suggest(problem, span, &name))
}

/// The bytes of the signs that names are made of, rightly or wrongly.
fn name_like(signs: impl Iterator<Item = char>) -> usize {
    signs
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        .count()
}

/// The nearest name to what was written.
fn as_name(written: &str, any_case: bool) -> Option<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut name = String::new();
    for sign in written.chars() {
        let was_small = name.ends_with(|c: char| c.is_ascii_lowercase());
        if sign.is_ascii_uppercase() && was_small && !any_case {
            name.push('_');
        }
        match sign {
            '-' | ' ' | '.' => name.push('_'),
            _ if is_name(sign) && any_case => name.push(sign),
            _ if is_name(sign) => name.push(sign.to_ascii_lowercase()),
            _no_sign_of_names => return None,
        }
    }
    name.starts_with(|c: char| c.is_ascii_lowercase() || any_case && c.is_ascii_uppercase())
        .then_some(name)
}

/// `rollback "./undo.sh"`: a command in quotes.
fn quoted_command(piece: Piece, at: usize, wanted: &Wanted) -> Option<Problem> {
    let inner = piece.lines()[at..].strip_prefix('"')?;
    let close = inner.find(['"', '\n'])?;
    if !wanted.has("$") || wanted.has("\"") || !inner[close..].starts_with('"') {
        return None;
    }
    let span = piece.span(at, close + 2);
    let command = &inner[..close];
    let message = format!("a command stands without quotes, found `\"{command}\"`");
    let problem = Problem::new(Code::RB900, span, message);
    Some(super::suggest(problem, span, &format!("$ {command}")))
}

/// `rollback ./undo.sh`: a command where its `$` is missing.
fn missing_dollar(piece: Piece, at: usize, token: &str, wanted: &Wanted) -> Option<Problem> {
    let line = found_line(&piece.lines()[at..]);
    let opens = line.trim_end().ends_with('{') || line.contains("$ ");
    let path = token.starts_with(['.', '/', '~']);
    let word = token.starts_with(|c: char| c.is_ascii_alphabetic());
    let program = PROGRAMS.contains(&first_word(token));
    let only = wanted.body() || wanted.keywords().next().is_none();
    if !wanted.has("$") || opens || !(path || program || word && only) {
        return None;
    }
    let words = wanted.words()?;
    let message = format!("expected {words}, found `{token}`");
    let problem = Problem::new(Code::RB900, piece.span(at, token.len()), message);
    Some(with_dollar(problem, piece, at))
}

fn with_dollar(problem: Problem, piece: Piece, at: usize) -> Problem {
    let line = piece.lines()[at..].lines().next().unwrap_or_default();
    let edit = Edit {
        span: piece.span(at, 0),
        replacement: "$ ".to_owned(),
    };
    problem
        .help(format!(
            "a command starts with `$`: `$ {}`",
            found_line(line)
        ))
        .fix("add `$`", vec![edit], false)
}

/// The start of a line, for messages.
fn found_line(line: &str) -> &str {
    let line = line.split(" #").next().unwrap_or_default();
    line[..line.floor_char_boundary(line.len().min(60))].trim_end()
}

/// A line that is a command, without its `$` or where none can stand.
pub(super) fn command(piece: Piece, context: Context) -> Option<Problem> {
    let written = piece.as_str();
    let token = found(written);
    let message_span = piece.span(0, token.len());
    if let Some(command) = written.strip_prefix('$') {
        if let Some(open) = not_closed(piece, written.len()).filter(|_| command.contains("```")) {
            return Some(open);
        }
        if context == Context::Attribute {
            let message = "expected a space behind `$`";
            let edit = Edit {
                span: piece.span(1, 0),
                replacement: " ".to_owned(),
            };
            return Some(
                Problem::new(Code::RB900, piece.span(0, 1), message)
                    .help(format!("write `$ {}`", found_line(command.trim_start())))
                    .fix("add a space", vec![edit], true),
            );
        }
        let message = format!("a command cannot stand here: expected {}", context.wanted());
        return Some(homeless(
            Problem::new(Code::RB900, piece.span(0, 1), message),
            context,
        ));
    }
    let path = ["./", "../", "/", "~/"]
        .iter()
        .any(|start| written.starts_with(start));
    if !path && !PROGRAMS.contains(&first_word(written)) {
        return None;
    }
    let message = format!("expected {}, found `{token}`", context.wanted());
    let problem = Problem::new(Code::RB900, message_span, message);
    Some(match context {
        Context::Attribute => with_dollar(problem, piece, 0),
        Context::Item
        | Context::Block
        | Context::Gate
        | Context::Checklist
        | Context::Condition
        | Context::Window
        | Context::Watch
        | Context::Request
        | Context::Test
        | Context::Via
        | Context::Trouble => homeless(problem, context),
    })
}

/// Says where a command can stand.
fn homeless(problem: Problem, context: Context) -> Problem {
    let help = match context {
        Context::Gate | Context::Checklist => {
            "a command stands in a check: `check \"what it looks at\" $ …`"
        }
        Context::Item
        | Context::Block
        | Context::Attribute
        | Context::Condition
        | Context::Window
        | Context::Watch
        | Context::Request
        | Context::Test
        | Context::Via
        | Context::Trouble => "a command stands in a step or a check: `step NAME $ …`",
    };
    problem.help(help)
}
