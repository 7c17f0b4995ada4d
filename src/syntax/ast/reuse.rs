//! What is written once and used often: modules, templates, and calls of them.

use crate::source::Span;
use crate::syntax::ast::{
    Block, Bracket, Condition, Expr, Measure, Name, Path, StepBody, Text, TypeExpr,
};

/// `use std.http`, `use "./common.runbook" as common`
#[derive(Debug, Clone, PartialEq)]
pub struct Use {
    pub module: ModulePath,
    /// `as NAME`: what it is called here; else the last part of its path.
    pub alias: Option<Name>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ModulePath {
    /// `std.http`: comes with the program
    Standard(Path),
    /// `"./common.runbook"`: relative to the file it stands in
    File(Text),
}

/// `action NAME(p: type = default) { … }`, and the other kinds alike.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateDefinition {
    pub name: Name,
    pub parameters: Vec<TemplateParameter>,
    pub body: TemplateBody,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TemplateBody {
    /// Makes a step.
    Action(StepBody),
    /// Makes a check.
    Check(StepBody),
    /// Makes a phase.
    Strategy(Block),
    /// Makes the two ends of a `with`.
    Bracket {
        enter: Option<Bracket>,
        leave: Option<Bracket>,
        /// Whether a line could not be read: it may have been the one.
        has_hole: bool,
    },
    /// Makes a metric.
    Metric(Box<Measure>),
    Thresholds(Vec<Condition>),
    /// Makes a message, whose channels are said where it is made.
    Message(Text),
}

/// What something declared consists of.
#[derive(Debug, Clone, PartialEq)]
pub enum Body<T> {
    /// Written down where it is declared.
    Written(T),
    /// `= module.template(…)`
    Made(Call),
}

impl TemplateBody {
    pub fn is_strategy(&self) -> bool {
        matches!(self, TemplateBody::Strategy(_))
    }
}

/// `p: type = default "what it is"`
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateParameter {
    pub name: Name,
    pub kind: ParameterKind,
    pub default: Option<Expr>,
    pub description: Option<Text>,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ParameterKind {
    /// A value; also `thresholds`, `metric` and `source`, which the model tells
    /// apart by their names.
    Value(TypeExpr),
    /// `action(weight: percent)`: an action that takes these
    Action(Vec<(Name, TypeExpr)>),
}

/// `path.name(arg: expr, …)`
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub path: Path,
    pub arguments: Vec<Argument>,
    pub span: Span,
}

/// `name: value`; the name may be missing for the first ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument {
    pub name: Option<Name>,
    pub value: ArgumentValue,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ArgumentValue {
    /// A value, or the name of thresholds, a metric, a source, an action.
    Expr(Expr),
    /// `haproxy.weight(backend: "web")`: an action with some of its parameters
    /// given.
    Call(Box<Call>),
}

impl ArgumentValue {
    pub fn span(&self) -> Span {
        match self {
            ArgumentValue::Expr(expr) => expr.span,
            ArgumentValue::Call(call) => call.span,
        }
    }
}
