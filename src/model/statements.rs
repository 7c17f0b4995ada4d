//! What runs: phases, blocks, steps, checks, gates, endings.

use crate::model::attributes::Parts;
use crate::model::brackets::Ends;
use crate::model::commands::TaskKind;
use crate::model::expressions::Place;
use crate::model::names::Kind;
use crate::model::resolve::Resolver;
use crate::model::{
    After, Block, Check, Ending, Expr, Gate, GateCondition, Moment, Run, Statement, StatementKind,
    Step, Task, WayBack,
};
use crate::plan::{GateElse, Shell, StepElse};
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::ast::{self, ChecklistItem, GateItemKind, MomentSign, StatementKind as Written};
use crate::types::Type;

impl Resolver<'_> {
    pub fn block(&mut self, block: &ast::Block) -> Block {
        let mut resolved = Block::default();
        for statement in &block.statements {
            let statement = self.statement(statement);
            resolved.statements.push(statement);
        }
        self.undo_of_block(block, &mut resolved);
        resolved
    }

    /// The body of a loop, whose undo belongs to no round: it undoes all of them
    /// at once.
    pub fn body_of_loop(&mut self, body: &ast::Block) -> Block {
        let mut resolved = Block::default();
        for statement in &body.statements {
            let statement = self.statement(statement);
            resolved.statements.push(statement);
        }
        self.names.leave_loop();
        self.undo_of_block(body, &mut resolved);
        resolved
    }

    fn undo_of_block(&mut self, block: &ast::Block, resolved: &mut Block) {
        for rollback in &block.rollbacks {
            self.only_one_rollback(resolved.rollback.is_some(), rollback.span);
            resolved.rollback = Some(self.undo(rollback));
        }
    }

    pub fn statement(&mut self, statement: &ast::Statement) -> Statement {
        let head = &statement.head;
        let title = head.title.as_ref().map(|title| self.structure_text(title));
        let when = head
            .when
            .as_ref()
            .map(|when| self.typed(when, &Type::Bool, Place::Structure));
        let after = head.after.as_ref().map(|names| self.after(names));
        let moment = head.at.as_ref().map(|at| self.moment(at));
        if head.at.is_some() && !matches!(statement.kind, Written::Phase { .. }) {
            let span = head.at.as_ref().map_or(statement.span, |at| at.span);
            let problem = Problem::new(Code::RB941, span, "only a phase has a moment")
                .help("put the statement in a phase, or use `wait` in a gate");
            self.report(problem);
        }
        let (name, kind) = self.statement_kind(&statement.kind, moment);
        let names = head.after.iter().flatten();
        for itself in names.filter(|after| after.text == name) {
            let message = format!("`{name}` waits for itself");
            let problem = Problem::new(Code::RB401, itself.span, message)
                .help("name another statement, or take the `after` away");
            self.report(problem);
        }
        let prefix = if is_named(&statement.kind) {
            self.prefix.as_str()
        } else {
            ""
        };
        Statement {
            name: format!("{prefix}{name}"),
            title,
            after,
            when,
            kind,
            span: statement.span,
        }
    }

    fn after(&mut self, names: &[ast::Name]) -> Vec<After> {
        let mut resolved = Vec::new();
        for name in names {
            if self.find(name, &[Kind::Statement, Kind::Phase]).is_some() {
                resolved.push(After {
                    name: format!("{}{}", self.prefix, name.text),
                    span: name.span,
                });
            }
        }
        resolved
    }

    fn moment(&mut self, at: &ast::Moment) -> Moment {
        let offset = at
            .offset
            .as_ref()
            .map(|(_, offset)| self.typed(offset, &Type::Duration, Place::Structure));
        let before = matches!(at.offset, Some((MomentSign::Before, _)));
        Moment { offset, before }
    }

    fn statement_kind(
        &mut self,
        kind: &Written,
        moment: Option<Moment>,
    ) -> (String, StatementKind) {
        match kind {
            Written::Phase { name, body } => {
                let body = self.block(body);
                let kind = StatementKind::Phase { at: moment, body };
                (name.text.clone(), kind)
            }
            Written::PhaseFrom { name, call } => {
                let body = self.strategy(name, call);
                let kind = StatementKind::Phase { at: moment, body };
                (name.text.clone(), kind)
            }
            Written::Parallel { name, body } => {
                let body = self.block(body);
                let name = name
                    .as_ref()
                    .map_or("parallel".to_owned(), |name| name.text.clone());
                (name, StatementKind::Parallel { body })
            }
            Written::For {
                variable,
                list,
                batching,
                body,
            } => (
                format!("for {}", variable.text),
                self.for_loop(variable, list, batching, body),
            ),
            Written::With {
                name,
                call,
                enter,
                leave,
                body,
            } => {
                let ends = Ends::of(name, enter.as_ref(), leave.as_ref(), body);
                let kind = self.with(name, call.as_ref(), &ends, body);
                (name.text.clone(), kind)
            }
            Written::Step { name, body } => (name.text.clone(), self.step(name, body)),
            Written::Check { name, body } => {
                let check = self.check(name.span, body);
                (name.text.clone(), StatementKind::Check(Box::new(check)))
            }
            Written::Gate { name, items } => {
                let gate = self.gate(name, items);
                (name.text.clone(), StatementKind::Gate(Box::new(gate)))
            }
            Written::Checklist { name, items } => {
                let gate = self.checklist(name, items);
                (name.text.clone(), StatementKind::Gate(Box::new(gate)))
            }
            Written::Notify { messages } => {
                let mut indices = Vec::new();
                let mut names = Vec::new();
                for message in messages {
                    indices.extend(self.find(message, &[Kind::Message]));
                    names.push(message.text.as_str());
                }
                let name = format!("notify {}", names.join(", "));
                (name, StatementKind::Notify(indices))
            }
            Written::Postmortem { path } => {
                let path = self.text(path, Place::Shown);
                ("postmortem".to_owned(), StatementKind::Postmortem(path))
            }
            Written::Bad => (String::new(), StatementKind::Hole),
        }
    }

    /// Stands where a command is missing.
    pub fn no_task(&self, span: Span) -> Task {
        Task {
            run: Run::Hole,
            bindings: Vec::new(),
            directory: None,
            host: None,
            timeout: None,
            exit: vec![0],
            stdout_contains: Vec::new(),
            stdout_matches: Vec::new(),
            outputs: Vec::new(),
            needs: Vec::new(),
            span,
        }
    }

    pub fn step(&mut self, name: &ast::Name, body: &ast::StepBody) -> StatementKind {
        let id = self.take_id();
        let mut parts: Parts = self.parts_of(body, id, name.span, TaskKind::Step);
        parts.refuse_for_step(self);
        let way_back = self.way_back(&mut parts);
        let captures = std::mem::take(&mut parts.captures);
        let mut step = Step {
            id,
            captures,
            done_when: parts.done_when.take(),
            retry: parts.retry(self),
            repeatable: parts.repeatable,
            atomic: parts.atomic,
            otherwise: parts.otherwise.unwrap_or(StepElse::Rollback),
            way_back,
            touches: std::mem::take(&mut parts.touches),
            task: parts.task(self, TaskKind::Step),
        };
        step.stay_together();
        StatementKind::Step(Box::new(step))
    }

    /// Why nothing has to be undone.
    pub fn harmless(&mut self, why: &ast::Text) -> crate::model::Text {
        let says_nothing = why.plain().is_some_and(|why| why.trim().is_empty());
        if says_nothing {
            let message = "`harmless` does not say why nothing has to be undone";
            let problem = Problem::new(Code::RB941, why.span, message)
                .help("say what it leaves behind: `harmless \"it only adds a backup\"`");
            self.report(problem);
        }
        self.text(why, Place::Structure)
    }

    fn way_back(&mut self, parts: &mut Parts) -> WayBack {
        let ways = std::mem::take(&mut parts.ways_back);
        if let [(_, first), (_, second), ..] = &ways[..] {
            let problem = Problem::new(Code::RB941, *second, "a step has one way back")
                .label("a second one")
                .and(*first, "the first one")
                .help("keep one of `rollback`, `harmless` and `irreversible`; alternatives stand under `else`");
            self.report(problem);
        }
        ways.into_iter()
            .next()
            .map_or(WayBack::Covered, |(way, _)| way)
    }

    pub fn check(&mut self, span: Span, body: &ast::StepBody) -> Check {
        let id = self.take_id();
        self.check_body(id, span, body)
    }

    fn check_body(
        &mut self,
        id: crate::model::StatementId,
        span: Span,
        body: &ast::StepBody,
    ) -> Check {
        let mut parts = self.parts_of(body, id, span, TaskKind::Check);
        parts.refuse_for_check(self);
        Check {
            id,
            retry: parts.retry(self),
            otherwise: parts.otherwise.unwrap_or(StepElse::Rollback),
            task: parts.task(self, TaskKind::Check),
        }
    }

    fn gate(&mut self, name: &ast::Name, items: &[ast::GateItem]) -> Gate {
        let id = self.take_id();
        let mut gate = Gate {
            id,
            conditions: Vec::new(),
            timeout: None,
            otherwise: GateElse::Rollback,
            checklist: false,
        };
        for item in items {
            match &item.kind {
                GateItemKind::Timeout(limit) => {
                    gate.timeout = Some(self.typed(limit, &Type::Duration, Place::Structure));
                }
                GateItemKind::Else(word) => {
                    let choices = [
                        ("abort", GateElse::Abort),
                        ("rollback", GateElse::Rollback),
                        ("continue", GateElse::Continue),
                        ("ask", GateElse::Ask),
                    ];
                    if let Some(choice) = self.word(word, &choices) {
                        gate.otherwise = choice;
                    }
                }
                _a_condition => {
                    let condition = self.gate_condition(&item.kind, id);
                    gate.conditions.extend(condition);
                }
            }
        }
        let decides_nothing = |item: &ast::GateItem| {
            matches!(item.kind, GateItemKind::Timeout(_) | GateItemKind::Else(_))
        };
        if items.iter().all(decides_nothing) {
            let message = format!("gate `{}` decides nothing", name.text);
            let problem = Problem::new(Code::RB941, name.span, message)
                .help("give it a condition: `confirm \"…\"`, `approve by …`, `hold … for …`");
            self.report(problem);
        }
        gate
    }

    fn gate_condition(
        &mut self,
        item: &GateItemKind,
        id: crate::model::StatementId,
    ) -> Option<GateCondition> {
        let duration = Type::Duration;
        Some(match item {
            GateItemKind::Approve {
                role,
                count,
                or_starter,
            } => {
                let index = self.find(role, &[Kind::Role])?;
                let resolved = self.roles.get(index)?.clone();
                GateCondition::Approve {
                    role: role.text.clone(),
                    members: resolved.members,
                    signed_by: resolved.signed_by,
                    count: count
                        .as_ref()
                        .map(|count| self.typed(count, &Type::Int, Place::Structure)),
                    or_starter: *or_starter,
                }
            }
            GateItemKind::Confirm(text) => GateCondition::Confirm(self.text(text, Place::Shown)),
            GateItemKind::Window(name) => {
                let index = self.find(name, &[Kind::Window])?;
                GateCondition::Window(self.windows.get(index)?.clone()?)
            }
            GateItemKind::Wait(wait) => {
                GateCondition::Wait(self.typed(wait, &duration, Place::Structure))
            }
            GateItemKind::Hold {
                condition,
                lasting,
                every,
                tolerate,
            } => GateCondition::Hold {
                condition: self.condition(condition),
                lasting: self.typed(lasting, &duration, Place::Structure),
                every: self.optional(every.as_ref(), &duration),
                tolerate: self.optional(tolerate.as_ref(), &Type::Int),
            },
            GateItemKind::Until {
                condition,
                within,
                every,
            } => GateCondition::Until {
                condition: self.condition(condition),
                within: self.typed(within, &duration, Place::Structure),
                every: self.optional(every.as_ref(), &duration),
            },
            GateItemKind::Check(check) => self.checklist_check(check, id),
            GateItemKind::Rehearsed { on, within } => GateCondition::Rehearsed {
                on: self.typed(on, &Type::String, Place::Structure),
                within: self.typed(within, &duration, Place::Structure),
            },
            GateItemKind::Timeout(_) | GateItemKind::Else(_) | GateItemKind::Bad => return None,
        })
    }

    fn optional(&mut self, expr: Option<&ast::Expr>, ty: &Type) -> Option<Expr> {
        expr.map(|expr| self.typed(expr, ty, Place::Structure))
    }

    fn checklist_check(
        &mut self,
        check: &ast::ChecklistCheck,
        id: crate::model::StatementId,
    ) -> GateCondition {
        GateCondition::Check {
            title: self.text(&check.title, Place::Shown),
            check: Box::new(self.check_body(id, check.span, &check.body)),
        }
    }

    fn checklist(&mut self, name: &ast::Name, items: &[ChecklistItem]) -> Gate {
        let id = self.take_id();
        let mut conditions = Vec::new();
        for item in items {
            match item {
                ChecklistItem::Confirm(text) => {
                    let text = self.text(text, Place::Shown);
                    conditions.push(GateCondition::Confirm(text));
                }
                ChecklistItem::Check(check) => conditions.push(self.checklist_check(check, id)),
                ChecklistItem::Bad => {}
            }
        }
        if items.is_empty() {
            let message = format!("checklist `{}` has no items", name.text);
            self.report(Problem::new(Code::RB941, name.span, message));
        }
        Gate {
            id,
            conditions,
            timeout: None,
            otherwise: GateElse::Abort,
            checklist: true,
        }
    }

    pub fn ending(&mut self, ending: &ast::Ending, span: Span) -> Ending {
        let body = self.block(&ending.body);
        for statement in &body.statements {
            self.check_ending_statement(statement);
        }
        Ending {
            on: ending.on,
            body,
            span,
        }
    }

    /// When an ending runs the release is over: nothing in it can be undone.
    fn check_ending_statement(&mut self, statement: &Statement) {
        let refused = match &statement.kind {
            StatementKind::Check(_)
            | StatementKind::Notify(_)
            | StatementKind::Postmortem(_)
            | StatementKind::Hole => None,
            StatementKind::Step(step) => match step.way_back {
                WayBack::Harmless(_) => None,
                WayBack::Own(_) | WayBack::Irreversible { .. } | WayBack::Covered => {
                    Some("a step of an ending must be `harmless`")
                }
            },
            StatementKind::Phase { .. }
            | StatementKind::Parallel { .. }
            | StatementKind::For { .. }
            | StatementKind::With { .. }
            | StatementKind::Gate(_) => Some("this cannot stand in an ending"),
        };
        if let Some(message) = refused {
            let problem = Problem::new(Code::RB941, statement.span, message)
                .help("an ending holds checks, notifications, a postmortem and harmless steps: the release is over, and nothing undoes what it does");
            self.report(problem);
        }
    }

    /// The shell a task is written for.
    pub fn shell(&mut self, name: Option<&ast::Name>) -> Shell {
        let choices = [("sh", Shell::Sh), ("bash", Shell::Bash)];
        name.and_then(|name| self.word(name, &choices))
            .unwrap_or(Shell::Sh)
    }
}

/// Whether a statement has a name that others can use.
fn is_named(kind: &Written) -> bool {
    match kind {
        Written::Phase { .. }
        | Written::PhaseFrom { .. }
        | Written::Step { .. }
        | Written::Check { .. }
        | Written::Gate { .. }
        | Written::Checklist { .. }
        | Written::With { .. } => true,
        Written::Parallel { name, .. } => name.is_some(),
        Written::For { .. }
        | Written::Notify { .. }
        | Written::Postmortem { .. }
        | Written::Bad => false,
    }
}
