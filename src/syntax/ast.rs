//! The tree of one file as it was written. The first type of the pipeline:
//! names are not resolved, nothing is typed, and what could not be read stands
//! as a hole (`Bad`) so that the rest of the file still counts.

mod fleet;
mod gate;
mod measure;
mod reuse;
mod test;

pub use fleet::{Hosts, Via, ViaOption};
pub use gate::{ChecklistCheck, ChecklistItem, GateItem, GateItemKind};
pub use measure::{
    Comparison, ComparisonOption, Condition, ConditionKind, Measure, Metric, Operator, Query, Test,
    Thresholds,
};
pub use reuse::{
    Argument, ArgumentValue, Body, Call, ModulePath, ParameterKind, TemplateBody,
    TemplateDefinition, TemplateParameter, Use,
};
pub use test::{
    EventPlace, GateGets, Measured, NodeDoes, NodePart, RanItem, RanPart, Test as TestBlock,
    TestEvent, TestLine, TestLineKind, Trouble, TroubleLine, TroubleLineKind, TroubleMatch,
};

use rust_decimal::Decimal;

use crate::source::{FileId, Span};
use crate::types::Unit;

/// One file, its comments apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Ast {
    pub file: FileId,
    pub items: Vec<Item>,
    /// Every comment in the order of the text; `##` ones are also attached to
    /// what they document.
    pub comments: Vec<Comment>,
}

/// `# text` or `## text`, the marks included in the span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    pub span: Span,
    pub doc: bool,
}

/// A name as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    pub text: String,
    pub span: Span,
}

/// `http.ok`: names joined by dots. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    pub names: Vec<Name>,
    pub span: Span,
}

/// Something at the top of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub kind: ItemKind,
    /// The text of the `##` lines above it.
    pub doc: Option<String>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ItemKind {
    /// `runbook "Deploy {version}"`
    Runbook { title: Text },
    /// `param version: version = "1.0.0" "The release to ship"`
    Param(Param),
    /// `secret token from env "TOKEN"`
    Secret(Secret),
    /// `role managers = ["ada", "grace"] signed by "allowed_signers"`
    Role(Role),
    /// `hosts web = ["web1", "web2"] via ssh { … }`
    Hosts(Hosts),
    /// `lock "deploy/{environment}"`
    Lock { name: Text },
    /// `env VERSION = version`, or `env HOME` (comes from outside)
    Env(EnvVariable),
    /// `window hours { … }`
    Window(Window),
    /// `source prom = prometheus "http://…" { … }`
    Source(Source),
    /// ``metric errors: percent = prom `…` ``
    Metric(Metric),
    /// `thresholds healthy "Normal" { … }`
    Thresholds(Thresholds),
    /// `channel ops = slack slack_url`
    Channel(Channel),
    /// `message done to ops "…"`
    Message(Message),
    /// `defaults { timeout 30m }`: attributes every step and check starts with
    Defaults(Vec<Attribute>),
    /// `phase`, `gate`, … standing at the top
    Statement(Statement),
    /// `rollback { … }` of the whole file
    Rollback(Rollback),
    /// `watch production during deploy every 15s { … }`
    Watch(Watch),
    /// `on success { … }`, `always { … }`
    Ending(Ending),
    /// `use std.http`
    Use(Use),
    /// `action NAME(…) { … }`, and `check`, `strategy`, `bracket`, `metric`,
    /// `thresholds` and `message` alike
    Template(TemplateDefinition),
    /// `test "…" { … }`
    Test(TestBlock),
    /// `trouble "…" { … }`
    Trouble(Trouble),
    /// What could not be read; a problem says why.
    Bad,
}

/// `param NAME: TYPE = DEFAULT "description"`
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    pub name: Name,
    pub ty: TypeExpr,
    pub default: Option<Expr>,
    pub description: Option<Text>,
}

/// A type as written.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeExpr {
    pub kind: TypeExprKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TypeExprKind {
    /// `version`; also names that are no type, which the model reports
    Named(String),
    /// `"a" | "b"`
    Choice(Vec<Text>),
    /// `list<T>`
    List(Box<TypeExpr>),
    Bad,
}

/// `secret NAME from env "X"` | `from file "path"` | `from $ command`
#[derive(Debug, Clone, PartialEq)]
pub struct Secret {
    pub name: Name,
    pub from: SecretFrom,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SecretFrom {
    Env(Text),
    File(Text),
    Command(Command),
}

/// `role NAME = LIST [signed by "file"]`
#[derive(Debug, Clone, PartialEq)]
pub struct Role {
    pub name: Name,
    pub members: Expr,
    pub signed_by: Option<Text>,
}

/// `env VERSION = version`, or `env HOME`. The name is the process's own, in
/// any case.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvVariable {
    pub name: Name,
    pub value: Option<Expr>,
}

/// `window NAME { allow …  deny … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    pub name: Name,
    pub rules: Vec<WindowRule>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum WindowRule {
    /// `allow mon..thu 09:00..16:00 in "UTC"`
    Allow(WindowSpan),
    /// `deny fri 12:00..24:00 in "UTC" "why"`
    Deny(WindowSpan),
    Bad,
}

/// Days, hours and a zone of a window; each part may be missing.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowSpan {
    /// `mon..thu, sat`; each a range, inclusive.
    pub days: Vec<(Weekday, Weekday)>,
    /// `2026-12-20..2027-01-03`, inclusive.
    pub dates: Vec<(Date, Date)>,
    /// `09:00..16:00`, minutes since midnight; the end may be 24:00, or before
    /// the start, which means overnight.
    pub hours: Option<(u16, u16)>,
    pub zone: Option<Text>,
    pub reason: Option<Text>,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// A day of the calendar that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    pub year: i16,
    pub month: i8,
    pub day: i8,
}

/// `source NAME = prometheus URL { header "X" = expr, timeout 5s }`
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub name: Name,
    /// `prometheus`; the model reports kinds that do not exist.
    pub kind: Name,
    pub url: Expr,
    pub options: Vec<HttpOption>,
}

/// An option of an HTTP request.
#[derive(Debug, Clone, PartialEq)]
pub enum HttpOption {
    /// `header "Authorization" = "Bearer {token}"`
    Header {
        name: Text,
        value: Expr,
    },
    /// `timeout 5s`
    Timeout(Expr),
    /// `body "…"`
    Body(Expr),
    /// `expect status 200, 204`
    ExpectStatus(Vec<Expr>),
    Bad,
}

/// `channel NAME = slack EXPR` | `webhook EXPR` | `$ command`
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    pub name: Name,
    pub kind: ChannelKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ChannelKind {
    /// A JSON body `{"text": …}`
    Slack {
        url: Expr,
    },
    /// A JSON body with run, message and text
    Webhook {
        url: Expr,
        options: Vec<HttpOption>,
    },
    /// A command with the text in `$message`
    Command(Command),
    Bad,
}

/// `message NAME to CHANNEL, … TEXT`, or `… = template(…)`
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub name: Name,
    pub channels: Vec<Name>,
    pub text: Body<Text>,
}

/// Something that stands in a block and runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    pub kind: StatementKind,
    pub head: Head,
    pub doc: Option<String>,
    pub span: Span,
}

/// What may follow a statement's keyword and name, in any order:
/// `"title" after a, b when expr at T-30m`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Head {
    pub title: Option<Text>,
    /// `None`: the order written; `Some`: replaces the implied predecessor.
    pub after: Option<Vec<Name>>,
    pub when: Option<Expr>,
    /// Only for phases.
    pub at: Option<Moment>,
}

/// `T`, `T - 30m`, `T + soak`: relative to the release.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    pub offset: Option<(MomentSign, Expr)>,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MomentSign {
    Before,
    After,
}

#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind {
    /// `phase NAME { … }`
    Phase {
        name: Name,
        body: Block,
    },
    /// `phase NAME = strategy(…)`: from a template
    PhaseFrom {
        name: Name,
        call: Call,
    },
    /// `step NAME { … }`, `step NAME $ command`
    Step {
        name: Name,
        body: StepBody,
    },
    /// `check NAME { … }`, `check NAME $ command`
    Check {
        name: Name,
        body: StepBody,
    },
    /// `gate NAME { … }`
    Gate {
        name: Name,
        items: Vec<GateItem>,
    },
    /// `checklist NAME { … }`
    Checklist {
        name: Name,
        items: Vec<ChecklistItem>,
    },
    /// `with NAME { enter … leave … statements }`, `with NAME = bracket(…) { statements }`
    With {
        name: Name,
        /// Its two ends, from a template
        call: Option<Call>,
        enter: Option<Bracket>,
        leave: Option<Bracket>,
        body: Block,
    },
    /// `parallel NAME { … }`; the name may be missing
    Parallel {
        name: Option<Name>,
        body: Block,
    },
    /// `for x in LIST { … }`
    For {
        variable: Name,
        list: Expr,
        batching: Batching,
        body: Block,
    },
    /// `notify MESSAGE, …`
    Notify {
        messages: Vec<Name>,
    },
    /// `postmortem "path"`: only in endings
    Postmortem {
        path: Text,
    },
    Bad,
}

/// `, 25% at a time, tolerate 1, on breach rollback batch`. More than one of each
/// is an error that the model reports.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batching {
    pub at_a_time: Vec<Expr>,
    pub tolerate: Vec<Expr>,
    pub breach: Vec<Name>,
}

/// Statements in braces, and the way back of them all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Block {
    pub statements: Vec<Statement>,
    /// More than one is an error that the model reports.
    pub rollbacks: Vec<Rollback>,
    pub span: Span,
}

/// `enter $ …` or `enter { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Bracket {
    pub attributes: Vec<Attribute>,
    pub span: Span,
}

/// What a step or check does and how.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StepBody {
    /// `= http.ok(url: …)`: from a template.
    pub call: Option<Call>,
    pub attributes: Vec<Attribute>,
}

/// One line of a step, check, bracket, rollback or `defaults`.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    pub kind: AttributeKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum AttributeKind {
    /// Consecutive `$` lines: one script
    Command(Command),
    /// `http POST "url" { … }`
    Http {
        method: Name,
        url: Expr,
        options: Vec<HttpOption>,
    },
    /// `timeout 10m`
    Timeout(Expr),
    /// `within 5m every 10s`
    Within {
        limit: Expr,
        every: Expr,
    },
    /// `retry 2 every 10s backoff 2`
    Retry {
        times: Expr,
        every: Option<Expr>,
        backoff: Option<Expr>,
    },
    /// `expect stdout contains "…"`
    ExpectContains(Text),
    /// ``expect stdout matches `…` ``
    ExpectMatches(Text),
    /// `expect exit 0, 3`
    ExpectExit(Vec<Expr>),
    /// ``output id from stdout `…` default "none"``
    Output {
        name: Name,
        from: OutputFrom,
        default: Option<Expr>,
    },
    /// `capture level $ ./schema_level.sh`
    Capture {
        name: Name,
        command: Command,
    },
    /// `env VERSION = version`
    Env(EnvVariable),
    /// `dir "path"`
    Dir(Expr),
    /// `shell bash`
    Shell(Name),
    /// `touches database`, `destroys …`, `saves …`
    Touches {
        how: Touch,
        resources: Vec<Name>,
    },
    /// `needs kubectl, jq`
    Needs(Vec<Name>),
    /// `repeatable`
    Repeatable,
    /// `done when $ probe`
    DoneWhen(Command),
    /// `atomic`
    Atomic,
    /// `on HOST`: runs there
    On(Expr),
    /// `else rollback | continue | stop | ask`
    Else(Name),
    /// `rollback …`
    Rollback(Rollback),
    /// `harmless "why"`
    Harmless(Text),
    /// `irreversible "why" then "what to do next"`
    Irreversible {
        why: Option<Text>,
        then: Option<Text>,
    },
    /// `verify $ command`: only in a rollback
    Verify(Command),
    /// `best effort`: only in a rollback
    BestEffort,
    Bad,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Touch {
    Touches,
    Destroys,
    Saves,
}

#[derive(Debug, Clone, PartialEq)]
pub enum OutputFrom {
    /// The first group of a regular expression, or all of it without one
    Stdout(Text),
    /// A JSON path into the standard output
    Json(Text),
    /// The content of a file
    File(Text),
}

/// A way back: attempts, tried in order until one works.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollback {
    pub attributes: Vec<Attribute>,
    /// `else "why" { … }`
    pub alternatives: Vec<Alternative>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    pub why: Option<Text>,
    pub attributes: Vec<Attribute>,
    pub span: Span,
}

/// A script exactly as it is handed to the shell.
#[derive(Debug, Clone, PartialEq)]
pub struct Command {
    /// The `$ ` marks removed, lines joined by newlines, nothing else changed.
    pub text: String,
    /// Where each line of `text` starts: offset in `text`, offset in the file.
    /// Spans inside the script map through this.
    pub lines: Vec<(u32, u32)>,
    pub span: Span,
}

/// `watch NAME during PHASE, … every D { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    pub name: Name,
    pub during: Vec<Name>,
    pub every: Option<Expr>,
    pub rules: Vec<WatchRule>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct WatchRule {
    pub kind: WatchRuleKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum WatchRuleKind {
    /// `rollback when COND for D`, `ask when COND for D`
    When {
        action: WatchAction,
        condition: Condition,
        lasting: Option<Expr>,
    },
    /// `rollback on request "reason"`
    OnRequest {
        reason: Text,
    },
    Bad,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchAction {
    Rollback,
    Ask,
}

/// `on success { … }`, `on rollback`, `on stuck`, `on failure`, `always`
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    pub on: EndingKind,
    pub body: Block,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndingKind {
    Success,
    Rollback,
    Stuck,
    Failure,
    Always,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `"text {expr}"`
    Text(Text),
    /// `30`, `5m`, `0.1%`: in the base unit of its kind
    Quantity(Decimal, Unit),
    /// `true`, `false`
    Bool(bool),
    /// `version`, `run.id`, `backup.id`
    Path(Path),
    /// `a + b`
    Binary(Box<Expr>, BinaryOperator, Box<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `-a`
    Negate(Box<Expr>),
    /// `[a, b]`
    List(Vec<Expr>),
    Bad,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    Or,
    And,
    Compare(Operator),
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// A string of any spelling, its interpolations parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    pub parts: Vec<TextPart>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TextPart {
    /// Escapes resolved, block strings dedented.
    Literal(String),
    Interpolation(Expr),
}

impl StatementKind {
    /// The statements in it.
    pub fn body(&self) -> Option<&Block> {
        match self {
            StatementKind::Phase { body, .. }
            | StatementKind::Parallel { body, .. }
            | StatementKind::For { body, .. }
            | StatementKind::With { body, .. } => Some(body),
            StatementKind::PhaseFrom { .. }
            | StatementKind::Step { .. }
            | StatementKind::Check { .. }
            | StatementKind::Gate { .. }
            | StatementKind::Checklist { .. }
            | StatementKind::Notify { .. }
            | StatementKind::Postmortem { .. }
            | StatementKind::Bad => None,
        }
    }
}

impl Text {
    /// The text, where it has no interpolation.
    pub fn plain(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                TextPart::Literal(text) => Some(text.as_str()),
                TextPart::Interpolation(_) => None,
            })
            .collect()
    }
}
