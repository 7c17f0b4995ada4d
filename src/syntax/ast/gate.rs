//! Decisions before what follows: the lines of gates and checklists.

use crate::source::Span;
use crate::syntax::ast::{Condition, Expr, Name, StepBody, Text};

/// One line of a gate.
#[derive(Debug, Clone, PartialEq)]
pub struct GateItem {
    pub kind: GateItemKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub enum GateItemKind {
    /// `approve by ROLE [count N] [or starter]`
    Approve {
        role: Name,
        count: Option<Expr>,
        or_starter: bool,
    },
    /// `confirm "text"`
    Confirm(Text),
    /// `window NAME`
    Window(Name),
    /// `wait D`
    Wait(Expr),
    /// `hold T for D every D tolerate N`
    Hold {
        condition: Condition,
        lasting: Expr,
        every: Option<Expr>,
        tolerate: Option<Expr>,
    },
    /// `until T within D every D`
    Until {
        condition: Condition,
        within: Expr,
        every: Option<Expr>,
    },
    /// `check "title" $ command`, `check "title" { … }`
    Check(ChecklistCheck),
    /// `rehearsed on "staging" within 7d`
    Rehearsed {
        on: Expr,
        within: Expr,
    },
    /// `timeout D`
    Timeout(Expr),
    /// `else abort | rollback | continue | ask`
    Else(Name),
    Bad,
}

/// One item of a checklist.
#[derive(Debug, Clone, PartialEq)]
pub enum ChecklistItem {
    /// `confirm "text"`
    Confirm(Text),
    /// `check "title" $ command`
    Check(ChecklistCheck),
    Bad,
}

#[derive(Debug, Clone, PartialEq)]
pub struct ChecklistCheck {
    pub title: Text,
    pub body: StepBody,
    pub span: Span,
}
