//! What is measured, and what it is compared with.

use crate::source::Span;
use crate::syntax::ast::{Body, Command, Expr, HttpOption, Name, Text, TypeExpr};

/// `metric NAME: TYPE = QUERY`, or `metric NAME = template(…)`
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    pub name: Name,
    pub body: Body<Measure>,
}

/// `TYPE = QUERY [of requests_metric]`
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    pub ty: TypeExpr,
    pub query: Query,
    /// `of requests`: the metric that counts its samples.
    pub of: Option<Name>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// ``prom `…` ``: asked of a source
    Source {
        source: Name,
        query: Text,
    },
    /// `http "url" at "$.path" { … }`
    Http {
        url: Expr,
        at: Option<Text>,
        options: Vec<HttpOption>,
    },
    /// `$ command` printing a number
    Command(Command),
    Bad,
}

/// `thresholds NAME "description" { lines }`, or `… = template(…)`
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    pub name: Name,
    pub description: Option<Text>,
    pub lines: Body<Vec<Condition>>,
}

/// A condition over measurements.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub kind: ConditionKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ConditionKind {
    /// `healthy`: thresholds by name
    Named(Name),
    /// `error_rate < 0.1% fail > 1%` and its options
    Compare(Box<Comparison>),
    /// `any { … }`
    Any(Vec<Condition>),
    /// `all { … }`, also bare braces
    All(Vec<Condition>),
    Bad,
}

/// One line of a `thresholds` block.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    pub metric: Name,
    pub test: Test,
    /// `fail > 1%`
    pub fail: Option<(Operator, Expr)>,
    pub options: Vec<ComparisonOption>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// `< 0.1%`, also `> baseline + 50%`
    Against(Operator, Expr),
    /// `within 20% of baseline`
    Within {
        by: Expr,
        of: Expr,
    },
    /// `not worse than baseline`
    NotWorseThanBaseline,
    Bad,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ComparisonOption {
    /// `min 100 samples`
    MinSamples(Expr),
    /// `no data hold | pass | fail`
    NoData(Name),
    /// `series worst | all | any`
    Series(Name),
}
