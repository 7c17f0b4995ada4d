//! Brackets: what is done first, and taken back at the end on every path.

use crate::model::commands::TaskKind;
use crate::model::resolve::Resolver;
use crate::model::{Bracket, Retry, StatementKind, Undo, UndoAttempt};
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::ast::{self, Call, StatementKind as Written};

/// The two ends of a bracket as they were written, at a `with` or in a template.
#[derive(Debug)]
pub struct Ends<'a> {
    pub name: &'a ast::Name,
    pub enter: Option<&'a ast::Bracket>,
    pub leave: Option<&'a ast::Bracket>,
    /// A line that could not be read may have been one of them.
    pub has_hole: bool,
}

impl<'a> Ends<'a> {
    pub fn of(
        name: &'a ast::Name,
        enter: Option<&'a ast::Bracket>,
        leave: Option<&'a ast::Bracket>,
        body: &ast::Block,
    ) -> Ends<'a> {
        let is_hole = |statement: &ast::Statement| statement.kind == Written::Bad;
        Ends {
            name,
            enter,
            leave,
            has_hole: body.statements.iter().any(is_hole),
        }
    }
}

impl Resolver<'_> {
    pub fn with(
        &mut self,
        name: &ast::Name,
        call: Option<&Call>,
        written: &Ends<'_>,
        body: &ast::Block,
    ) -> StatementKind {
        let (enter, leave) = match call {
            Some(call) => {
                self.refuse_own_ends(written);
                self.ends_of_call(call)
                    .unwrap_or_else(|| (self.no_enter(name.span), self.no_leave(name.span)))
            }
            None => self.ends(written),
        };
        let body = self.block(body);
        StatementKind::With {
            enter: Box::new(enter),
            leave: Box::new(leave),
            body,
        }
    }

    /// Where a template has both ends, the `with` has none.
    fn refuse_own_ends(&mut self, written: &Ends<'_>) {
        let own = [(written.enter, "enter"), (written.leave, "leave")];
        for (bracket, word) in own {
            let Some(bracket) = bracket else { continue };
            let message = format!("`{word}` is the template's: it cannot be written here, too");
            let problem = Problem::new(Code::RB941, bracket.span, message)
                .help("write a `with` inside this one, or one without a template");
            self.report(problem);
        }
    }

    /// Both ends, in the names of the place where they were written.
    pub fn ends(&mut self, written: &Ends<'_>) -> (Bracket, Undo) {
        let name = written.name;
        for (part, word) in [(written.enter, "enter"), (written.leave, "leave")] {
            if part.is_none() && !written.has_hole {
                let message = format!("bracket `{}` has no `{word}`", name.text);
                let problem = Problem::new(Code::RB941, name.span, message)
                    .help(format!("add a line `{word} $ …`"));
                self.report(problem);
            }
        }
        let enter = match written.enter {
            Some(enter) => self.enter(enter),
            None => self.no_enter(name.span),
        };
        let mut leave = match written.leave {
            Some(leave) => {
                let attempt = self.undo_attempt(&leave.attributes, None, leave.span);
                Undo {
                    attempts: vec![attempt.0],
                    best_effort: attempt.1,
                    span: leave.span,
                }
            }
            None => self.no_leave(name.span),
        };
        if let Some(host) = &enter.task.host {
            leave.run_on(host);
        }
        (enter, leave)
    }

    fn enter(&mut self, enter: &ast::Bracket) -> Bracket {
        let defaults = self.defaults.clone();
        let mut parts = self.parts(&enter.attributes, &defaults, enter.span);
        Bracket {
            retry: parts.retry(self),
            touches: std::mem::take(&mut parts.touches),
            task: parts.task(self, TaskKind::Enter),
        }
    }

    /// Stands where an `enter` is missing.
    fn no_enter(&self, span: Span) -> Bracket {
        Bracket {
            task: self.no_task(span),
            retry: Retry::Never,
            touches: Vec::new(),
        }
    }

    /// Stands where a `leave` is missing.
    fn no_leave(&self, span: Span) -> Undo {
        Undo {
            attempts: vec![UndoAttempt {
                why: None,
                task: self.no_task(span),
                retry: Retry::Never,
                verify: None,
            }],
            best_effort: false,
            span,
        }
    }
}
