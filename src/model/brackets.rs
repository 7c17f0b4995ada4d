//! Brackets: what is done first, and taken back at the end on every path.

use crate::model::attributes::Parts;
use crate::model::commands::TaskKind;
use crate::model::resolve::Resolver;
use crate::model::templates::Makes;
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
            Some(call) => self
                .ends_of_call(call, written)
                .unwrap_or_else(|| (self.no_enter(name.span), self.no_leave(name.span))),
            None => self.ends(written),
        };
        let body = self.block(body);
        StatementKind::With {
            enter: Box::new(enter),
            leave: Box::new(leave),
            body,
        }
    }

    /// The ends that a template makes; what is written at the call adds to them, or
    /// takes the place of what they say themselves.
    fn ends_of_call(&mut self, call: &Call, added: &Ends<'_>) -> Option<(Bracket, Undo)> {
        let called = self.called(call, Makes::Bracket)?;
        let template = self.template_ends(called.template)?;
        let name = template.name.span;
        let (mut enter, mut leave) = self.inside(called, |this| {
            this.tell_missing(&template);
            let enter = this.lines_of_end(template.enter, added.enter, TaskKind::Enter);
            let leave = this.lines_of_end(template.leave, added.leave, TaskKind::Undo);
            (enter, leave)
        })?;
        if let Some(parts) = &mut enter {
            self.add_end(added.enter, parts);
            let defaults = self.defaults.clone();
            self.add_defaults(&defaults, parts);
        }
        let enter = self.entering(enter, name);
        if let Some(parts) = &mut leave {
            self.add_end(added.leave, parts);
        }
        let leave = self.leaving(leave, name);
        Some(in_one_place(enter, leave))
    }

    /// What a template says of an end, but for what the call says otherwise.
    fn lines_of_end(
        &mut self,
        end: Option<&ast::Bracket>,
        added: Option<&ast::Bracket>,
        kind: TaskKind,
    ) -> Option<Parts> {
        let added = added.map_or(&[][..], |it| &it.attributes);
        end.map(|it| self.lines_of_template(&it.attributes, added, it.span, kind))
    }

    fn add_end(&mut self, added: Option<&ast::Bracket>, parts: &mut Parts) {
        if let Some(added) = added {
            self.add_at_call(&added.attributes, parts);
        }
    }

    fn tell_missing(&mut self, written: &Ends<'_>) {
        for (part, word) in [(written.enter, "enter"), (written.leave, "leave")] {
            if part.is_none() && !written.has_hole {
                let message = format!("bracket `{}` has no `{word}`", written.name.text);
                let problem = Problem::new(Code::RB941, written.name.span, message)
                    .help(format!("add a line `{word} $ …`"));
                self.report(problem);
            }
        }
    }

    /// Both ends, in the names of the place where they were written.
    pub fn ends(&mut self, written: &Ends<'_>) -> (Bracket, Undo) {
        self.tell_missing(written);
        let defaults = self.defaults.clone();
        let parts = written
            .enter
            .map(|it| self.parts(&it.attributes, &defaults, it.span));
        let enter = self.entering(parts, written.name.span);
        let parts = written
            .leave
            .map(|it| self.parts(&it.attributes, &[], it.span));
        let leave = self.leaving(parts, written.name.span);
        in_one_place(enter, leave)
    }

    /// The first end of a bracket that is named there; the parts are none where it
    /// is missing.
    fn entering(&mut self, parts: Option<Parts>, name: Span) -> Bracket {
        let Some(mut parts) = parts else {
            return self.no_enter(name);
        };
        parts.refuse_for_enter(self);
        Bracket {
            retry: parts.retry(self),
            touches: std::mem::take(&mut parts.touches),
            task: parts.task(self, TaskKind::Enter),
        }
    }

    /// The last end, likewise.
    fn leaving(&mut self, parts: Option<Parts>, name: Span) -> Undo {
        let Some(parts) = parts else {
            return self.no_leave(name);
        };
        let span = parts.span;
        let (attempt, best_effort) = self.undo_of(parts, None);
        Undo {
            attempts: vec![attempt],
            best_effort,
            span,
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

/// Where something was begun it is ended.
fn in_one_place(enter: Bracket, mut leave: Undo) -> (Bracket, Undo) {
    leave.stay_at(&enter.task.whereabouts());
    (enter, leave)
}
