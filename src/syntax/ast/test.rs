//! `test` blocks: a run written down before it happens. And `trouble` blocks:
//! what to look at when one went wrong.

use crate::source::Span;
use crate::syntax::ast::{Attribute, Expr, Name, Statement, Text};

/// `test "an error spike rolls back" { lines }`
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    pub title: Text,
    pub lines: Vec<TestLine>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TestLine {
    pub kind: TestLineKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TestLineKind {
    /// `set version = "1.2.3", previous = "1.2.2"`
    Set(Vec<(Name, Expr)>),
    /// `given step migrate fails exit 3 on attempt 1`
    GivenNode {
        part: NodePart,
        node: Name,
        /// `given check ready "The logs are quiet" fails`: a check in a gate
        item: Option<Text>,
        does: NodeDoes,
        /// Only this attempt; else every one.
        attempt: Option<Expr>,
    },
    /// `given error_rate = 0.05%, then 2.3% after 40m`
    GivenMetric {
        metric: Name,
        /// Each from so long after the start on; the first from the start.
        readings: Vec<(Option<Expr>, Measured)>,
    },
    /// `given go approved by "ada", "grace"`
    GivenGate {
        gate: Name,
        gets: GateGets,
    },
    /// `given crash after migrate`
    GivenEvent {
        event: TestEvent,
        place: EventPlace,
        node: Name,
    },
    /// `expect rolled_back`
    ExpectOutcome(Name),
    /// `expect ran a, rollback of b`, `expect not ran c`
    ExpectRan {
        not: bool,
        items: Vec<RanItem>,
    },
    /// What runs, in a module, which has nothing else that does
    Statement(Statement),
    Bad,
}

/// Which commands of a statement a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NodePart {
    /// `step x`
    Step,
    /// `check x`
    Check,
    /// `enter x`
    Enter,
    /// `leave x`
    Leave,
    /// `rollback of x`
    Rollback,
}

#[derive(Debug, Clone, PartialEq)]
pub enum NodeDoes {
    /// `fails exit 3`
    Fail(Option<Expr>),
    /// `times out`
    TimeOut,
    /// `takes 20m`
    Take(Expr),
    /// `gives id "b-17"`
    Give(Name, Text),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Measured {
    Amount(Expr),
    /// `no data`
    Nothing,
}

#[derive(Debug, Clone, PartialEq)]
pub enum GateGets {
    /// `approved by "ada", "grace"`
    Approved(Vec<Text>),
    /// `confirmed`
    Confirmed,
    /// `rejected`
    Rejected,
    /// `unanswered`
    Unanswered,
    /// `closed`: its window is
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TestEvent {
    /// The interpreter dies, and another takes over
    Crash,
    /// Ctrl-C
    Interrupt,
    /// A person asks for the way back
    Request,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventPlace {
    After,
    During,
}

/// `shift[10%]`, `rollback of shift`, `leave maintenance`
#[derive(Debug, Clone, PartialEq)]
pub struct RanItem {
    pub part: RanPart,
    pub node: Name,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RanPart {
    Itself,
    Rollback,
    /// The end of a bracket, on the way there or back.
    Leave,
}

/// `trouble "Deployment hangs" { lines }`
#[derive(Debug, Clone, PartialEq)]
pub struct Trouble {
    pub title: Text,
    pub lines: Vec<TroubleLine>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct TroubleLine {
    pub kind: TroubleLineKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TroubleLineKind {
    /// `symptom "The script does not complete"`
    Symptom(Text),
    /// `matches timeout in deploy`, ``matches `ImagePullBackOff` ``
    Matches {
        what: TroubleMatch,
        /// Statements and phases; empty: anywhere.
        within: Vec<Name>,
    },
    /// `diagnose { $ … }`
    Diagnose(Vec<Attribute>),
    /// `try "Increase timeout values"`
    Try(Text),
    Bad,
}

#[derive(Debug, Clone, PartialEq)]
pub enum TroubleMatch {
    /// `timeout`, `failure`
    Word(Name),
    /// A regular expression that finds the failure's message.
    Text(Text),
}
