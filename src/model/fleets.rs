//! Hosts, how they are reached, and loops that take several of them at a time.

use crate::model::expressions::Place;
use crate::model::names::Kind;
use crate::model::resolve::Resolver;
use crate::model::{Expr, Run, StatementKind, Step, Task, Text, Undo, UndoAttempt, WayBack};
use crate::plan::Breach;
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::ast::{self, ViaOption};
use crate::types::Type;

/// `hosts NAME = LIST via ssh { … }`
#[derive(Debug, Clone)]
pub struct Fleet {
    pub name: String,
    /// A list of hosts.
    pub hosts: Expr,
    pub via: Option<Via>,
    pub span: Span,
}

/// How the hosts of a fleet are reached.
#[derive(Debug, Clone, Default)]
pub struct Via {
    pub user: Option<Expr>,
    pub port: Option<Expr>,
    pub identity: Option<Expr>,
    pub options: Vec<(Text, Span)>,
}

/// How many rounds of a loop go on together.
#[derive(Debug, Clone, Default)]
pub struct Batching {
    /// A number or a share of the items; one without it.
    pub at_a_time: Option<Expr>,
    /// So many rounds may fail, and the others go on; none without it.
    pub tolerate: Option<Expr>,
    /// What is undone when more do; everything without it.
    pub breach: Option<Breach>,
}

/// Where a task runs: on which host, and in which directory there.
#[derive(Debug, Clone)]
pub struct Whereabouts {
    host: Option<Expr>,
    directory: Option<Expr>,
}

impl Step {
    /// What belongs to a step runs where the step does.
    pub fn stay_together(&mut self) {
        let place = self.task.whereabouts();
        for (_, capture) in &mut self.captures {
            capture.stay_at(&place);
        }
        if let Some(probe) = &mut self.done_when {
            probe.stay_at(&place);
        }
        match &mut self.way_back {
            WayBack::Own(undo) => undo.stay_at(&place),
            WayBack::Harmless(_) | WayBack::Irreversible { .. } | WayBack::Covered => {}
        }
    }
}

impl Undo {
    pub fn stay_at(&mut self, place: &Whereabouts) {
        for attempt in &mut self.attempts {
            attempt.stay_at(place);
        }
    }
}

impl UndoAttempt {
    pub fn stay_at(&mut self, place: &Whereabouts) {
        self.task.stay_at(place);
        if let Some(verify) = &mut self.verify {
            verify.stay_at(place);
        }
    }
}

impl Task {
    pub fn whereabouts(&self) -> Whereabouts {
        Whereabouts {
            host: self.host.clone(),
            directory: self.directory.clone(),
        }
    }

    /// Commands that name no host of their own run on this one, and there in this
    /// directory unless they name another.
    pub fn stay_at(&mut self, place: &Whereabouts) {
        match &self.run {
            Run::Script(_) if self.host.is_none() => {
                self.host.clone_from(&place.host);
                if self.directory.is_none() {
                    self.directory.clone_from(&place.directory);
                }
            }
            Run::Script(_) | Run::Http { .. } | Run::Hole => {}
        }
    }
}

impl Resolver<'_> {
    pub fn hosts(&mut self, hosts: &ast::Hosts) {
        let list = Type::List(Box::new(Type::Host));
        let fleet = Fleet {
            name: hosts.name.text.clone(),
            hosts: self.typed(&hosts.list, &list, Place::Structure),
            via: hosts.via.as_ref().map(|via| self.via(via)),
            span: hosts.list.span,
        };
        self.model.fleets.push(fleet);
    }

    fn via(&mut self, via: &ast::Via) -> Via {
        if via.by.text != "ssh" {
            let message = format!("hosts are not reached via `{}`", via.by.text);
            let problem = Problem::new(Code::RB920, via.by.span, message).help("write `via ssh`");
            self.report(problem);
        }
        let mut resolved = Via::default();
        for option in &via.options {
            match option {
                ViaOption::User(user) => {
                    self.only_one_of(resolved.user.as_ref(), "user", user.span);
                    resolved.user = Some(self.typed(user, &Type::String, Place::Structure));
                }
                ViaOption::Port(port) => {
                    self.only_one_of(resolved.port.as_ref(), "port", port.span);
                    resolved.port = Some(self.typed(port, &Type::Int, Place::Structure));
                }
                ViaOption::Identity(path) => {
                    self.only_one_of(resolved.identity.as_ref(), "identity", path.span);
                    resolved.identity = Some(self.typed(path, &Type::Path, Place::Structure));
                }
                ViaOption::Options(texts) => {
                    for text in texts {
                        let option = (self.text(text, Place::Structure), text.span);
                        resolved.options.push(option);
                    }
                }
                ViaOption::Bad => {}
            }
        }
        resolved
    }

    fn only_one_of(&mut self, first: Option<&Expr>, word: &str, span: Span) {
        if let Some(first) = first {
            let problem = Problem::new(Code::RB941, span, format!("`{word}` stands here twice"))
                .label("again here")
                .and(first.span, "first here");
            self.report(problem);
        }
    }

    /// `hosts.web`: the list itself.
    pub fn fleet_path(&mut self, name: &ast::Name, span: Span) -> Expr {
        let Some(index) = self.find(name, &[Kind::Hosts]) else {
            return Expr::hole(span);
        };
        match self.model.fleets.get(index) {
            Some(fleet) => Expr {
                span,
                ..fleet.hosts.clone()
            },
            // It stands further down, among the declarations.
            None => {
                let message = format!("`{}` is used before it is declared", name.text);
                let problem =
                    Problem::new(Code::RB920, name.span, message).help("move the line `hosts` up");
                self.report(problem);
                Expr::hole(span)
            }
        }
    }

    pub fn for_loop(
        &mut self,
        variable: &ast::Name,
        list: &ast::Expr,
        batching: &ast::Batching,
        body: &ast::Block,
    ) -> StatementKind {
        let list = self.expr(list, Place::Structure);
        let batching = self.batching(batching);
        let item = match &list.ty {
            Some(Type::List(item)) => (**item).clone(),
            Some(other) => {
                let message = format!("expected a list, found `{other}`");
                let problem = Problem::new(Code::RB940, list.span, message)
                    .help("write `[10%, 50%, 100%]`, or name a parameter of type `list<…>`");
                self.report(problem);
                Type::String
            }
            None => Type::String,
        };
        if let Some(declared) = self.names.variable(&variable.text) {
            let problem = Problem::new(
                Code::RB305,
                variable.span,
                format!("`{}` is already a variable", variable.text),
            )
            .and(declared.span, "declared here")
            .help("give the loop's variable another name");
            self.report(problem);
        }
        let number = self.model.loop_variables;
        self.model.loop_variables += 1;
        self.names.enter_loop(variable, number, item);
        let body = self.body_of_loop(body);
        StatementKind::For {
            variable: number,
            list,
            batching,
            body,
        }
    }

    fn batching(&mut self, batching: &ast::Batching) -> Batching {
        Batching {
            at_a_time: self.share(&batching.at_a_time, "at a time"),
            tolerate: self.share(&batching.tolerate, "tolerate"),
            breach: self.breach(&batching.breach),
        }
    }

    fn breach(&mut self, written: &[ast::Name]) -> Option<Breach> {
        if let [first, second, ..] = written {
            let message = "`on breach` stands here twice";
            let problem = Problem::new(Code::RB941, second.span, message)
                .label("again here")
                .and(first.span, "first here");
            self.report(problem);
        }
        let choices = [
            ("all", Breach::All),
            ("batch", Breach::Batch),
            ("failed", Breach::Failed),
            ("none", Breach::None),
        ];
        self.word(written.first()?, &choices)
    }

    /// A number of items, or a share of them.
    fn share(&mut self, written: &[ast::Expr], word: &str) -> Option<Expr> {
        let mut shares = Vec::new();
        for share in written {
            let share = self.expr(share, Place::Structure);
            self.only_one_of(shares.first(), word, share.span);
            shares.push(share);
        }
        let share = shares.into_iter().next()?;
        match &share.ty {
            Some(Type::Int | Type::Percent) | None => Some(share),
            Some(other) => {
                let message = format!(
                    "expected a number such as `2` or a share such as `25%`, found `{other}`"
                );
                self.report(Problem::new(Code::RB940, share.span, message));
                None
            }
        }
    }
}
