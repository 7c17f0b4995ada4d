//! Names resolved, expressions typed: what a runbook means, before its
//! parameters have values. What could not be understood has been reported and
//! stands as a hole ([`ExprKind::Hole`]), so that one mistake does not hide the
//! next.
//!
//! | file | its part |
//! | --- | --- |
//! | `names` | what is declared, and where |
//! | `expressions` | types and units of expressions |
//! | `commands`, `scripts` | the text of scripts, and the values they use |
//! | `declarations`, `measures`, `windows` | the top of the file |
//! | `fleets` | hosts, and loops over them |
//! | `statements`, `attributes`, `brackets` | what runs |
//! | `templates`, `arguments` | what is written once and used often, written out |
//! | `troubles` | what to look at when something went wrong |
//! | `testing` | runs written down before they happen |
//! | `top_lines` | lines that the top of a file lacks, as edits |
//! | `patterns` | regular expressions |
//! | `uses` | where declared names stand |
//! | `parameters` | values given from outside |
//! | `evaluate` | expressions to values |

mod arguments;
mod attributes;
mod brackets;
mod commands;
mod declarations;
pub mod evaluate;
mod expressions;
mod fleets;
mod measures;
mod names;
pub mod parameters;
mod patterns;
mod resolve;
mod scripts;
mod statements;
mod templates;
pub mod testing;
mod top_lines;
pub mod troubles;
mod uses;
mod windows;

pub use fleets::{Batching, Fleet, Via};
pub use resolve::resolve;
pub use scripts::ShellText;

use std::sync::Arc;

use rust_decimal::Decimal;

use crate::plan::{
    GateElse, NoData, Relation, RunValue, Series, StepElse, TouchKind, WatchAction, Window,
};
use crate::source::Span;
use crate::syntax::ast::EndingKind;
use crate::types::arithmetic::Arithmetic;
use crate::types::{Type, Unit, Value};

/// Index of a step, check or gate in the order of the text: its place in
/// [`Model::named`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementId(pub usize);

/// A runbook whose names are resolved.
#[derive(Debug, Clone, Default)]
pub struct Model {
    pub title: Option<Text>,
    pub parameters: Vec<Parameter>,
    pub secrets: Vec<Secret>,
    pub environment: Vec<Binding>,
    pub lock: Option<Text>,
    pub fleets: Vec<Fleet>,
    pub metrics: Vec<Metric>,
    pub channels: Vec<Channel>,
    pub messages: Vec<Message>,
    pub body: Block,
    pub watches: Vec<Watch>,
    pub endings: Vec<Ending>,
    /// Name and place of every statement that has a name.
    pub named: Vec<(String, Span)>,
    /// Where declared names are used.
    pub uses: Vec<Use>,
    /// How many loop variables there are; each has a number.
    pub loop_variables: usize,
    /// Where templates were written out.
    pub expansions: Vec<Expansion>,
    pub tests: Vec<testing::Test>,
    pub troubles: Vec<troubles::Trouble>,
}

/// A place where a declared name stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    pub at: Span,
    pub declared: Span,
}

/// A call of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expansion {
    /// The text of the template.
    pub template: Span,
    pub call: Span,
}

#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: String,
    pub ty: Type,
    pub default: Option<Expr>,
    pub description: Option<String>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Secret {
    pub name: String,
    pub from: SecretFrom,
    /// Of its name.
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum SecretFrom {
    Env(String),
    File(String),
    Command(Box<Task>),
}

/// A variable that commands get.
#[derive(Debug, Clone)]
pub struct Binding {
    pub name: String,
    pub value: Expr,
}

/// An expression and its type; no type where it is a hole.
#[derive(Debug, Clone)]
pub struct Expr {
    pub kind: ExprKind,
    pub ty: Option<Type>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum ExprKind {
    Value(Value),
    Variable(Variable),
    /// Text with interpolations.
    Text(Vec<TextPart>),
    Arithmetic(Box<Expr>, Arithmetic, Box<Expr>),
    Compare(Box<Expr>, Relation, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Negate(Box<Expr>),
    List(Vec<Expr>),
    Hole,
}

#[derive(Debug, Clone)]
pub enum TextPart {
    Literal(String),
    Value(Expr),
}

/// Text with interpolations, in the order written.
pub type Text = Vec<TextPart>;

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variable {
    Parameter(usize),
    Secret(usize),
    /// By its number.
    Loop(usize),
    Capture {
        step: StatementId,
        name: String,
    },
    Output {
        step: StatementId,
        name: String,
    },
    Run(RunValue),
    /// Only in comparisons.
    Baseline,
    /// Given by whoever runs the task: `$message` of a channel.
    Given(String),
    /// Stands for what a template's parameter will be given, while the template
    /// is read by itself. Never in a model.
    Unbound,
}

#[derive(Debug, Clone)]
pub struct Metric {
    pub name: String,
    pub unit: Unit,
    pub query: Query,
}

#[derive(Debug, Clone)]
pub enum Query {
    Prometheus {
        url: Expr,
        query: Text,
        /// Where the query is written.
        place: Span,
        options: HttpOptions,
    },
    Json {
        url: Expr,
        at: Option<String>,
        options: HttpOptions,
    },
    Command(Box<Task>),
    Hole,
}

#[derive(Debug, Clone, Default)]
pub struct HttpOptions {
    pub headers: Vec<(String, Expr)>,
    pub timeout: Option<Expr>,
    pub body: Option<Expr>,
    pub expect_status: Vec<u16>,
}

#[derive(Debug, Clone)]
pub enum Condition {
    Compare(Box<Comparison>),
    Any(Vec<Condition>),
    All(Vec<Condition>),
    Hole,
}

#[derive(Debug, Clone)]
pub struct Comparison {
    /// Index in [`Model::metrics`].
    pub metric: usize,
    pub test: Test,
    pub fail: Option<(Relation, Expr)>,
    pub min_samples: Option<Expr>,
    pub counted_by: Option<usize>,
    pub no_data: NoData,
    pub series: Series,
    pub text: String,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum Test {
    Against(Relation, Expr),
    Within { by: Expr, of: Expr },
    NotWorseThanBaseline,
}

#[derive(Debug, Clone)]
pub struct Channel {
    pub name: String,
    pub kind: ChannelKind,
}

#[derive(Debug, Clone)]
pub enum ChannelKind {
    Slack {
        url: Expr,
    },
    Webhook {
        url: Expr,
        options: Box<HttpOptions>,
    },
    Command(Box<Task>),
    Hole,
}

#[derive(Debug, Clone)]
pub struct Message {
    pub name: String,
    /// Indices in [`Model::channels`].
    pub channels: Vec<usize>,
    pub text: Text,
}

/// Statements in their order, and the way back of them all.
#[derive(Debug, Clone, Default)]
pub struct Block {
    pub statements: Vec<Statement>,
    pub rollback: Option<Undo>,
}

#[derive(Debug, Clone)]
pub struct Statement {
    pub name: String,
    pub title: Option<Text>,
    pub after: Option<Vec<After>>,
    pub when: Option<Expr>,
    pub kind: StatementKind,
    pub span: Span,
}

/// A statement that must be done before, by name.
#[derive(Debug, Clone)]
pub struct After {
    pub name: String,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum StatementKind {
    Phase {
        at: Option<Moment>,
        body: Block,
    },
    Parallel {
        body: Block,
    },
    For {
        variable: usize,
        list: Expr,
        batching: Batching,
        body: Block,
    },
    With {
        enter: Box<Bracket>,
        leave: Box<Undo>,
        body: Block,
    },
    Step(Box<Step>),
    Check(Box<Check>),
    Gate(Box<Gate>),
    Notify(Vec<usize>),
    Postmortem(Text),
    Hole,
}

/// `T - 30m`.
#[derive(Debug, Clone)]
pub struct Moment {
    pub offset: Option<Expr>,
    pub before: bool,
}

#[derive(Debug, Clone)]
pub struct Bracket {
    pub task: Task,
    pub retry: Retry,
    pub touches: Vec<(String, TouchKind)>,
}

#[derive(Debug, Clone)]
pub struct Step {
    pub id: StatementId,
    pub captures: Vec<(String, Task)>,
    pub done_when: Option<Task>,
    pub task: Task,
    pub retry: Retry,
    pub repeatable: bool,
    pub atomic: bool,
    pub otherwise: StepElse,
    pub way_back: WayBack,
    pub touches: Vec<(String, TouchKind)>,
}

#[derive(Debug, Clone)]
pub enum WayBack {
    Own(Undo),
    Harmless(Text),
    Irreversible {
        why: Text,
        then: Text,
    },
    /// A block's around it, if one has any.
    Covered,
}

#[derive(Debug, Clone)]
pub struct Check {
    pub id: StatementId,
    pub task: Task,
    pub retry: Retry,
    pub otherwise: StepElse,
}

#[derive(Debug, Clone)]
pub enum Retry {
    Never,
    Times {
        times: Expr,
        every: Option<Expr>,
        backoff: Option<Expr>,
    },
    Within {
        limit: Expr,
        every: Expr,
    },
}

#[derive(Debug, Clone)]
pub struct Undo {
    pub attempts: Vec<UndoAttempt>,
    pub best_effort: bool,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct UndoAttempt {
    pub why: Option<Text>,
    pub task: Task,
    pub retry: Retry,
    pub verify: Option<Task>,
}

#[derive(Debug, Clone)]
pub struct Task {
    pub run: Run,
    pub bindings: Vec<Binding>,
    pub directory: Option<Expr>,
    /// The machine it runs on; here without it.
    pub host: Option<Expr>,
    pub timeout: Option<Expr>,
    pub exit: Vec<u8>,
    pub stdout_contains: Vec<Text>,
    pub stdout_matches: Vec<String>,
    pub outputs: Vec<Output>,
    pub needs: Vec<String>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum Run {
    Script(Arc<ShellText>),
    Http {
        method: String,
        url: Box<Expr>,
        options: Box<HttpOptions>,
    },
    Hole,
}

#[derive(Debug, Clone)]
pub struct Output {
    pub name: String,
    pub from: crate::plan::OutputFrom,
    pub default: Option<Expr>,
}

#[derive(Debug, Clone)]
pub struct Gate {
    pub id: StatementId,
    pub conditions: Vec<GateCondition>,
    pub timeout: Option<Expr>,
    pub otherwise: GateElse,
    pub checklist: bool,
}

#[derive(Debug, Clone)]
pub enum GateCondition {
    Approve {
        role: String,
        members: Expr,
        signed_by: Option<String>,
        count: Option<Expr>,
        or_starter: bool,
    },
    Confirm(Text),
    Window(Window),
    Wait(Expr),
    Hold {
        condition: Condition,
        lasting: Expr,
        every: Option<Expr>,
        tolerate: Option<Expr>,
    },
    Until {
        condition: Condition,
        within: Expr,
        every: Option<Expr>,
    },
    Check {
        title: Text,
        check: Box<Check>,
    },
    Rehearsed {
        on: Expr,
        within: Expr,
    },
}

#[derive(Debug, Clone)]
pub struct Watch {
    pub name: String,
    /// Names of phases.
    pub during: Vec<String>,
    pub every: Option<Expr>,
    pub rules: Vec<WatchRule>,
    pub requests: Vec<Text>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct WatchRule {
    pub action: WatchAction,
    pub condition: Condition,
    pub lasting: Option<Expr>,
    pub text: String,
}

#[derive(Debug, Clone)]
pub struct Ending {
    pub on: EndingKind,
    pub body: Block,
    pub span: Span,
}

impl Block {
    /// Every statement of the block and of those in it, in the order of the source.
    pub fn all(&self) -> Vec<&Statement> {
        let mut found = Vec::new();
        self.note_all(&mut found);
        found
    }

    fn note_all<'m>(&'m self, found: &mut Vec<&'m Statement>) {
        for statement in &self.statements {
            found.push(statement);
            if let Some(body) = statement.kind.body() {
                body.note_all(found);
            }
        }
    }
}

impl StatementKind {
    /// The statements in it.
    pub fn body(&self) -> Option<&Block> {
        match self {
            StatementKind::Phase { body, .. }
            | StatementKind::Parallel { body }
            | StatementKind::For { body, .. }
            | StatementKind::With { body, .. } => Some(body),
            StatementKind::Step(_)
            | StatementKind::Check(_)
            | StatementKind::Gate(_)
            | StatementKind::Notify(_)
            | StatementKind::Postmortem(_)
            | StatementKind::Hole => None,
        }
    }
}

impl Expr {
    pub fn value(value: Value, ty: Type, span: Span) -> Expr {
        Expr {
            kind: ExprKind::Value(value),
            ty: Some(ty),
            span,
        }
    }

    pub fn number(amount: u32, span: Span) -> Expr {
        let amount = Value::quantity(Decimal::from(amount), Unit::Number);
        Expr::value(amount, Type::Int, span)
    }

    pub fn hole(span: Span) -> Expr {
        Expr {
            kind: ExprKind::Hole,
            ty: None,
            span,
        }
    }
}
