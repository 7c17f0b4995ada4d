//! What was expected where something could not be read, in words: by the place
//! it stands in and the word it begins with.

use pest::Parser;

use crate::problem::{Code, Edit, Problem};
use crate::source::{FileId, Span};
use crate::syntax::{Grammar, Rule};

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
}

/// A keyword, the rule it begins, and how it is written.
struct Form {
    word: &'static str,
    rule: Rule,
    example: &'static str,
}

const fn form(word: &'static str, rule: Rule, example: &'static str) -> Form {
    Form {
        word,
        rule,
        example,
    }
}

const STATEMENTS: &[Form] = &[
    form("phase", Rule::phase, "phase deploy \"title\" at T { … }"),
    form(
        "step",
        Rule::step,
        "step migrate { … }` or `step migrate $ ./migrate.sh",
    ),
    form(
        "check",
        Rule::check,
        "check healthy { … }` or `check healthy $ ./check.sh",
    ),
    form("gate", Rule::gate, "gate go { … }"),
    form("checklist", Rule::checklist, "checklist ready { … }"),
    form("with", Rule::with, "with maintenance { enter … leave … }"),
    form("parallel", Rule::parallel, "parallel { … }"),
    form("for", Rule::for_loop, "for weight in [10%, 50%] { … }"),
    form("notify", Rule::notify, "notify released"),
    form(
        "postmortem",
        Rule::postmortem,
        "postmortem \"postmortems/{run.id}.md\"",
    ),
    form(
        "rollback",
        Rule::rollback_line,
        "rollback { … }` or `rollback $ ./undo.sh",
    ),
];

const ITEMS: &[Form] = &[
    form("runbook", Rule::runbook, "runbook \"Deploy {version}\""),
    form(
        "param",
        Rule::param,
        "param version: version = \"1.0.0\" \"what it is\"",
    ),
    form("secret", Rule::secret, "secret token from env \"TOKEN\""),
    form("role", Rule::role, "role managers = [\"ada\", \"grace\"]"),
    form("lock", Rule::lock, "lock \"deploy/{environment}\""),
    form("env", Rule::env_item, "env HOME` or `env VERSION = version"),
    form(
        "window",
        Rule::window_decl,
        "window hours { allow mon..thu 09:00..16:00 in \"UTC\" }",
    ),
    form(
        "source",
        Rule::source,
        "source prom = prometheus \"http://prometheus:9090\"",
    ),
    form(
        "metric",
        Rule::metric,
        "metric errors: percent = prom `query`",
    ),
    form(
        "thresholds",
        Rule::thresholds,
        "thresholds healthy { errors < 1% }",
    ),
    form("channel", Rule::channel, "channel ops = slack slack_url"),
    form(
        "message",
        Rule::message,
        "message done to ops \"it is done\"",
    ),
    form("defaults", Rule::defaults, "defaults { timeout 30m }"),
    form(
        "watch",
        Rule::watch,
        "watch production during deploy every 15s { … }",
    ),
    form("on", Rule::ending, "on success { … }"),
    form("always", Rule::ending, "always { … }"),
];

const BRACKETS: &[Form] = &[
    form("enter", Rule::enter, "enter $ ./enable.sh"),
    form("leave", Rule::leave, "leave $ ./disable.sh"),
];

const ATTRIBUTES: &[Form] = &[
    form("timeout", Rule::timeout, "timeout 10m"),
    form("within", Rule::within, "within 5m every 10s"),
    form("retry", Rule::retry, "retry 2 every 10s backoff 2"),
    form(
        "expect",
        Rule::expect_contains,
        "expect stdout contains \"ok\"`, `expect stdout matches `…`` or `expect exit 0, 3",
    ),
    form("output", Rule::output, "output id from stdout `id: (\\S+)`"),
    form("capture", Rule::capture, "capture level $ ./level.sh"),
    form("env", Rule::env, "env VERSION = version"),
    form("dir", Rule::dir, "dir \"scripts\""),
    form("shell", Rule::shell, "shell bash"),
    form("touches", Rule::touches, "touches database"),
    form("destroys", Rule::touches, "destroys old_table"),
    form("saves", Rule::touches, "saves database"),
    form("needs", Rule::needs, "needs kubectl, jq"),
    form("done", Rule::done_when, "done when $ ./probe.sh"),
    form(
        "rollback",
        Rule::rollback,
        "rollback { … }` or `rollback $ ./undo.sh",
    ),
    form(
        "harmless",
        Rule::harmless,
        "harmless \"it only adds a backup\"",
    ),
    form(
        "irreversible",
        Rule::irreversible,
        "irreversible \"why\" then \"what to do next\"",
    ),
    form("verify", Rule::verify, "verify $ ./check.sh"),
    form("best", Rule::best_effort, "best effort"),
    form("repeatable", Rule::repeatable, "repeatable"),
    form("atomic", Rule::atomic, "atomic"),
    form("on", Rule::on_host, "on host"),
    form("else", Rule::otherwise, "else rollback"),
    form("http", Rule::http, "http POST \"https://…\" { … }"),
];

const GATE_ITEMS: &[Form] = &[
    form("approve", Rule::approve, "approve by managers count 2"),
    form("confirm", Rule::confirm, "confirm \"is everybody ready?\""),
    form("window", Rule::gate_window, "window release_hours"),
    form("wait", Rule::wait, "wait 5m"),
    form(
        "hold",
        Rule::hold,
        "hold healthy for 5m every 15s tolerate 2",
    ),
    form("until", Rule::until, "until healthy within 10m every 15s"),
    form(
        "check",
        Rule::titled_check,
        "check \"what it looks at\" $ ./check.sh",
    ),
    form(
        "rehearsed",
        Rule::rehearsed,
        "rehearsed on \"staging\" within 7d",
    ),
    form("timeout", Rule::timeout, "timeout 30m"),
    form("else", Rule::otherwise, "else abort"),
];

const WINDOW_RULES: &[Form] = &[
    form(
        "allow",
        Rule::allow,
        "allow mon..thu 09:00..16:00 in \"UTC\"",
    ),
    form(
        "deny",
        Rule::deny,
        "deny 2026-12-20..2027-01-03 \"year-end freeze\"",
    ),
];

const WATCH_RULES: &[Form] = &[
    form(
        "rollback",
        Rule::when_rule,
        "rollback when broken for 1m` or `rollback on request \"why\"",
    ),
    form("ask", Rule::when_rule, "ask when slow for 5m"),
];

const REQUEST_OPTIONS: &[Form] = &[
    form(
        "header",
        Rule::header,
        "header \"Authorization\" = \"Bearer {token}\"",
    ),
    form("timeout", Rule::option_timeout, "timeout 5s"),
    form("body", Rule::body, "body \"…\""),
    form("expect", Rule::expect_status, "expect status 200, 204"),
];

impl Context {
    fn forms(self) -> Vec<&'static Form> {
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
        }
    }
}

/// The problem of a piece of text that could not be read.
pub fn explain(file: FileId, text: &str, start: usize, end: usize, context: Context) -> Problem {
    let piece = &text[start..end];
    let word = first_word(piece);
    let at_word = Span::new(file, start, start + word.len().max(first_char(piece)));
    if piece.starts_with('}') {
        return Problem::new(Code::RB901, at_word, "this `}` has no partner")
            .help("remove it, or add the `{` it belongs to");
    }
    let forms = context.forms();
    if let Some(form) = forms.iter().find(|form| form.word == word) {
        return malformed(file, text, start, end, form);
    }
    let elsewhere = elsewhere(word, context);
    let message = match elsewhere {
        Some(place) => format!("`{word}` cannot stand here: it belongs in {place}"),
        None => format!("expected {}, found `{}`", context.wanted(), found(piece)),
    };
    let problem = Problem::new(Code::RB900, at_word, message);
    let near = crate::problem::nearest(word, forms.iter().map(|form| form.word));
    match near.filter(|_| elsewhere.is_none() && !word.is_empty()) {
        Some(near) => {
            let edit = Edit {
                span: at_word,
                replacement: near.to_owned(),
            };
            problem.help(format!("did you mean `{near}`?")).fix(
                format!("change to `{near}`"),
                vec![edit],
                false,
            )
        }
        None => problem,
    }
}

/// Where a keyword that is wrong here can stand.
fn elsewhere(word: &str, context: Context) -> Option<&'static str> {
    let knows = |forms: &[Form]| forms.iter().any(|form| form.word == word);
    if word.is_empty() {
        None
    } else if context != Context::Attribute && knows(ATTRIBUTES) {
        Some("a step, check or rollback")
    } else if context != Context::Item && knows(ITEMS) {
        Some("the top of the file")
    } else if knows(STATEMENTS) {
        Some("a phase or the top of the file")
    } else if context != Context::Gate && knows(GATE_ITEMS) {
        Some("a gate")
    } else if knows(BRACKETS) {
        Some("a `with` block")
    } else {
        None
    }
}

/// A known keyword whose rest is wrong: read again with the rule it begins, to
/// find how far it is right.
fn malformed(file: FileId, text: &str, start: usize, end: usize, form: &Form) -> Problem {
    let (reached, wanted) = match Grammar::parse(form.rule, &text[start..]) {
        Ok(pairs) => {
            let read = pairs.last().map_or(0, |pair| pair.as_span().end());
            (read, Some("the end of the line"))
        }
        Err(error) => {
            let at = match error.location {
                pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => {
                    at
                }
            };
            (at, wanted(&error))
        }
    };
    // Spaces before what is wrong are not what is wrong.
    let rest = &text[start + reached..];
    let skipped = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let line_end = text[start..]
        .find(['\n', '\r'])
        .map_or(text.len(), |at| start + at);
    let at = (start + reached + skipped)
        .min(line_end.max(end))
        .min(text.len());
    let token = found(&text[at..]);
    let length = if token.is_empty() || text[at..].starts_with(['\n', '\r']) {
        0
    } else {
        token.len()
    };
    let span = Span::new(file, at, at + length);
    let what = wanted.map_or_else(
        || format!("`{}` is not written like this", form.word),
        |wanted| format!("expected {wanted}"),
    );
    let message = if length == 0 {
        format!("{what}, found the end of the line")
    } else {
        format!("{what}, found `{token}`")
    };
    Problem::new(Code::RB900, span, message).help(format!("write `{}`", form.example))
}

/// The one thing the grammar wanted, in words.
fn wanted(error: &pest::error::Error<Rule>) -> Option<&'static str> {
    let pest::error::ErrorVariant::ParsingError { positives, .. } = &error.variant else {
        return None;
    };
    positives.iter().find_map(|rule| words(*rule))
}

fn words(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::name | Rule::names => "a name in small letters",
        Rule::string | Rule::quoted | Rule::raw | Rule::description => "text in quotes",
        Rule::expr | Rule::amount | Rule::amounts | Rule::operand | Rule::primary => {
            "a value such as `30s`, `\"text\"` or a name"
        }
        Rule::type_expr | Rule::type_name | Rule::type_choice | Rule::type_list => {
            "a type such as `string`, `version` or `duration`"
        }
        Rule::block
        | Rule::attributes
        | Rule::gate_block
        | Rule::checklist_block
        | Rule::conditions
        | Rule::window_block
        | Rule::watch_block => "`{`",
        Rule::command | Rule::commands => "a command (`$ …`)",
        Rule::query | Rule::http_query | Rule::source_query => {
            "a query: a source and its text, `http \"…\"` or a command"
        }
        Rule::moment => "a moment such as `T - 30m`",
        Rule::every => "`every` and a duration",
        Rule::condition | Rule::comparison | Rule::named_condition => {
            "a condition: the name of thresholds, or `metric < value`"
        }
        Rule::output_from | Rule::from_stdout => "`stdout`, `json` or `file`",
        Rule::window_part | Rule::days | Rule::hours => {
            "days, dates, hours (`09:00..16:00`) or a zone (`in \"UTC\"`)"
        }
        Rule::ending_kind => "`success`, `rollback`, `stuck` or `failure`",
        Rule::call | Rule::path => "a name",
        _too_fine => return None,
    })
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
fn found(piece: &str) -> &str {
    let end = piece
        .find(|c: char| c.is_whitespace() || c == '{' || c == '}' || c == ',')
        .unwrap_or(piece.len());
    let end = if end == 0 { first_char(piece) } else { end };
    let mut shown = end.min(40);
    while !piece.is_char_boundary(shown) {
        shown -= 1;
    }
    &piece[..shown]
}
