//! The lines of a step, check, bracket or rollback: gathered into [`Parts`],
//! from which each construct takes what may stand in it.

mod added;

use crate::model::commands::{Gathered, TaskKind};
use crate::model::expressions::Place;
use crate::model::resolve::Resolver;
use crate::model::{
    Binding, Expr, HttpOptions, Output, Retry, Run, StatementId, Task, Text, Undo, UndoAttempt,
    Variable, WayBack,
};
use crate::plan::{OutputFrom, StepElse, TouchKind};
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::ast::{self, Attribute, AttributeKind, Touch};
use crate::types::Type;

/// The default limit of an undo or a `leave`.
const UNDO_TIMEOUT_SECONDS: u32 = 300;

/// All that attributes said.
#[derive(Debug, Default)]
pub struct Parts {
    pub span: Span,
    commands: Vec<ast::Command>,
    /// What a template runs, its names found already.
    run: Option<(Run, Vec<Binding>)>,
    http: Option<(String, Expr, HttpOptions)>,
    timeout: Option<(Expr, Span)>,
    retry: Option<(Retry, Span)>,
    exit: Vec<u8>,
    stdout_contains: Vec<Text>,
    stdout_matches: Vec<String>,
    outputs: Vec<Output>,
    pub captures: Vec<(String, Task)>,
    environment: Vec<Binding>,
    directory: Option<Expr>,
    host: Option<Expr>,
    shell: Option<ast::Name>,
    pub touches: Vec<(String, TouchKind)>,
    needs: Vec<String>,
    pub repeatable: bool,
    pub done_when: Option<Task>,
    pub atomic: bool,
    pub otherwise: Option<StepElse>,
    pub ways_back: Vec<(WayBack, Span)>,
    verify: Option<Task>,
    best_effort: bool,
    /// Whether there was a line that could not be read.
    has_hole: bool,
    /// Where each attribute of a kind first stood, for doubles and refusals.
    seen: Vec<(&'static str, Span)>,
}

impl Resolver<'_> {
    /// Gathers attributes; those of `defaults` count where the construct has
    /// none of its own.
    pub fn parts(&mut self, attributes: &[Attribute], defaults: &[Attribute], span: Span) -> Parts {
        let mut parts = Parts {
            span,
            shell: shell_of(attributes).or_else(|| shell_of(defaults)),
            ..Parts::default()
        };
        self.add_attributes(attributes, &mut parts);
        self.add_defaults(defaults, &mut parts);
        parts
    }

    fn add_attributes(&mut self, attributes: &[Attribute], parts: &mut Parts) {
        self.add_environment(attributes, parts);
        for attribute in attributes {
            self.attribute(attribute, parts);
        }
    }

    /// What commands are given is known before they are read.
    fn add_environment(&mut self, attributes: &[Attribute], parts: &mut Parts) {
        for attribute in attributes {
            let AttributeKind::Env(variable) = &attribute.kind else {
                continue;
            };
            if variable.value.is_none() {
                self.names.declare_environment(&variable.name);
            }
            let binding = self.env_variable(variable);
            parts.environment.extend(binding);
        }
    }

    /// The file's `defaults`, which know the file's names only.
    pub fn add_defaults(&mut self, defaults: &[Attribute], parts: &mut Parts) {
        let own: Vec<&'static str> = parts.seen.iter().map(|(word, _)| *word).collect();
        self.as_root(|this| {
            this.add_environment(defaults, parts);
            for attribute in defaults {
                if !own.contains(&word_of(&attribute.kind)) {
                    this.attribute(attribute, parts);
                }
            }
        });
    }

    /// A template's captures are its own: its undo uses them, nobody else.
    pub fn declare_captures(&mut self, id: StatementId, attributes: &[Attribute]) {
        for attribute in attributes {
            if let AttributeKind::Capture { name, .. } = &attribute.kind {
                let variable = Variable::Capture {
                    step: id,
                    name: name.text.clone(),
                };
                self.declare_variable(name, variable, Type::String);
            }
        }
    }

    /// What a step or check is, by its own lines or those of a template.
    pub fn parts_of(
        &mut self,
        body: &ast::StepBody,
        id: StatementId,
        span: Span,
        kind: TaskKind,
    ) -> Parts {
        let defaults = self.defaults.clone();
        let Some(call) = &body.call else {
            return self.parts(&body.attributes, &defaults, span);
        };
        let mut parts = self.called_parts(call, &body.attributes, id, span, kind);
        self.add_defaults(&defaults, &mut parts);
        parts
    }

    fn attribute(&mut self, attribute: &Attribute, parts: &mut Parts) {
        let span = attribute.span;
        let word = word_of(&attribute.kind);
        if let Some((_, first)) = parts.seen.iter().find(|(seen, _)| *seen == word)
            && once(&attribute.kind)
        {
            let problem = Problem::new(Code::RB941, span, format!("`{word}` stands here twice"))
                .label("again here")
                .and(*first, "first here");
            self.report(problem);
            return;
        }
        parts.seen.push((word, span));
        match &attribute.kind {
            AttributeKind::Command(command) => parts.commands.push(command.clone()),
            AttributeKind::Http {
                method,
                url,
                options,
            } => {
                let url = self.typed(url, &Type::Url, Place::Private);
                let options = self.http_options(options);
                parts.http = Some((self.method(method), url, options));
            }
            AttributeKind::Timeout(limit) => {
                let limit = self.typed(limit, &Type::Duration, Place::Structure);
                parts.timeout = Some((limit, span));
            }
            AttributeKind::Within { limit, every } => {
                let retry = Retry::Within {
                    limit: self.typed(limit, &Type::Duration, Place::Structure),
                    every: self.typed(every, &Type::Duration, Place::Structure),
                };
                self.set_retry(parts, retry, span);
            }
            AttributeKind::Retry {
                times,
                every,
                backoff,
            } => {
                let retry = Retry::Times {
                    times: self.typed(times, &Type::Int, Place::Structure),
                    every: every
                        .as_ref()
                        .map(|every| self.typed(every, &Type::Duration, Place::Structure)),
                    backoff: backoff
                        .as_ref()
                        .map(|backoff| self.typed(backoff, &Type::Number, Place::Structure)),
                };
                self.set_retry(parts, retry, span);
            }
            AttributeKind::ExpectContains(text) => {
                let text = self.text(text, Place::Structure);
                parts.stdout_contains.push(text);
            }
            AttributeKind::ExpectMatches(pattern) => {
                let pattern = self.pattern(pattern);
                parts.stdout_matches.push(pattern);
            }
            AttributeKind::ExpectExit(statuses) => {
                for status in statuses {
                    let status: Option<u8> = self.small_number(status, 0, 255, "an exit status");
                    parts.exit.extend(status);
                }
            }
            AttributeKind::Output {
                name,
                from,
                default,
            } => self.output(name, from, default.as_ref(), parts),
            AttributeKind::Capture { name, command } => {
                let task = self.command_task_in(command, TaskKind::Capture, parts.shell.as_ref());
                parts.captures.push((name.text.clone(), task));
            }
            // Gathered before the commands.
            AttributeKind::Env(_) | AttributeKind::Shell(_) => {}
            AttributeKind::Dir(path) => {
                parts.directory = Some(self.typed(path, &Type::Path, Place::Shown));
            }
            AttributeKind::Touches { how, resources } => {
                let how = match how {
                    Touch::Touches => TouchKind::Changes,
                    Touch::Destroys => TouchKind::Destroys,
                    Touch::Saves => TouchKind::Saves,
                };
                let named = resources
                    .iter()
                    .map(|resource| (resource.text.clone(), how));
                parts.touches.extend(named);
            }
            AttributeKind::Needs(tools) => {
                parts
                    .needs
                    .extend(tools.iter().map(|tool| tool.text.clone()));
            }
            AttributeKind::Repeatable => parts.repeatable = true,
            AttributeKind::DoneWhen(command) => {
                let task = self.command_task_in(command, TaskKind::Probe, parts.shell.as_ref());
                parts.done_when = Some(task);
            }
            AttributeKind::Atomic => parts.atomic = true,
            AttributeKind::On(host) => {
                parts.host = Some(self.typed(host, &Type::Host, Place::Structure));
            }
            AttributeKind::Else(word) => {
                let choices = [
                    ("rollback", StepElse::Rollback),
                    ("continue", StepElse::Continue),
                    ("stop", StepElse::Stop),
                    ("ask", StepElse::Ask),
                ];
                parts.otherwise = self.word(word, &choices);
            }
            AttributeKind::Rollback(rollback) => {
                let undo = self.undo(rollback);
                parts.ways_back.push((WayBack::Own(undo), span));
            }
            AttributeKind::Harmless(why) => {
                let why = self.harmless(why);
                parts.ways_back.push((WayBack::Harmless(why), span));
            }
            AttributeKind::Irreversible { why, then } => {
                let way = self.irreversible(why.as_ref(), then.as_ref(), span);
                parts.ways_back.push((way, span));
            }
            AttributeKind::Verify(command) => {
                let task = self.command_task_in(command, TaskKind::Verify, parts.shell.as_ref());
                parts.verify = Some(task);
            }
            AttributeKind::BestEffort => parts.best_effort = true,
            AttributeKind::Bad => parts.has_hole = true,
        }
    }

    fn set_retry(&mut self, parts: &mut Parts, retry: Retry, span: Span) {
        if let Some((_, first)) = &parts.retry {
            let problem = Problem::new(
                Code::RB941,
                span,
                "`retry` and `within` say the same thing in two ways",
            )
            .and(*first, "the first one")
            .help("keep one of them");
            self.report(problem);
            return;
        }
        parts.retry = Some((retry, span));
    }

    fn method(&mut self, method: &ast::Name) -> String {
        const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];
        let upper = method.text.to_ascii_uppercase();
        if !METHODS.contains(&upper.as_str()) {
            let message = format!("there is no HTTP method `{}`", method.text);
            let problem = Problem::new(Code::RB900, method.span, message)
                .help(format!("use one of {}", METHODS.join(", ")));
            self.report(problem);
        }
        upper
    }

    fn output(
        &mut self,
        name: &ast::Name,
        from: &ast::OutputFrom,
        default: Option<&ast::Expr>,
        parts: &mut Parts,
    ) {
        let from = match from {
            ast::OutputFrom::Stdout(pattern) => OutputFrom::Stdout(self.pattern(pattern)),
            ast::OutputFrom::Json(path) => OutputFrom::Json(self.json_path(path)),
            ast::OutputFrom::File(path) => OutputFrom::File(self.plain_text(path)),
        };
        let default = default.map(|default| self.typed(default, &Type::String, Place::Structure));
        parts.outputs.push(Output {
            name: name.text.clone(),
            from,
            default,
        });
    }

    fn irreversible(
        &mut self,
        why: Option<&ast::Text>,
        then: Option<&ast::Text>,
        span: Span,
    ) -> WayBack {
        for (part, what) in [(why, "a reason"), (then, "`then \"what to do next\"`")] {
            if part.is_none_or(|text| text.parts.is_empty()) {
                let problem =
                    Problem::new(Code::RB103, span, format!("`irreversible` without {what}"))
                        .help("write `irreversible \"why\" then \"what to do next\"`: whoever stands there at night reads it");
                self.report(problem);
            }
        }
        // A plan says it before anything runs.
        let mut text = |text: Option<&ast::Text>| match text {
            Some(text) => self.text(text, Place::Structure),
            None => Text::new(),
        };
        let why = text(why);
        let then = text(then);
        WayBack::Irreversible { why, then }
    }

    pub fn undo(&mut self, rollback: &ast::Rollback) -> Undo {
        let (first, best_effort) = self.undo_attempt(&rollback.attributes, None, rollback.span);
        let mut undo = Undo {
            attempts: vec![first],
            best_effort,
            span: rollback.span,
        };
        for alternative in &rollback.alternatives {
            let why = alternative
                .why
                .as_ref()
                .map(|why| self.text(why, Place::Structure));
            let (attempt, best_effort) =
                self.undo_attempt(&alternative.attributes, why, alternative.span);
            undo.best_effort |= best_effort;
            undo.attempts.push(attempt);
        }
        undo
    }

    /// One way of undoing, and whether its failure may be passed over.
    pub fn undo_attempt(
        &mut self,
        attributes: &[Attribute],
        why: Option<Text>,
        span: Span,
    ) -> (UndoAttempt, bool) {
        let parts = self.parts(attributes, &[], span);
        self.undo_of(parts, why)
    }

    /// The attempt that these lines describe, and whether it may fail.
    pub fn undo_of(&mut self, mut parts: Parts, why: Option<Text>) -> (UndoAttempt, bool) {
        let span = parts.span;
        parts.refuse_for_undo(self);
        if !parts.runs_something() && !parts.has_hole {
            let problem = Problem::new(Code::RB102, span, "this undoes nothing")
                .help("write the commands that undo it, or `harmless \"why\"` on the step");
            self.report(problem);
        }
        parts.limit_as_undo(span);
        let mut attempt = UndoAttempt {
            why,
            retry: parts.retry(self),
            verify: parts.verify.take(),
            task: parts.task(self, TaskKind::Undo),
        };
        // A look that hangs would hold up the whole way back.
        if let Some(verify) = &mut attempt.verify {
            verify.timeout = attempt.task.timeout.clone();
        }
        let place = attempt.task.whereabouts();
        if let Some(verify) = &mut attempt.verify {
            verify.stay_at(&place);
        }
        (attempt, parts.best_effort)
    }
}

impl Parts {
    fn runs_something(&self) -> bool {
        !self.commands.is_empty() || self.run.is_some() || self.http.is_some()
    }

    pub fn retry(&mut self, _resolver: &mut Resolver) -> Retry {
        self.retry.take().map_or(Retry::Never, |(retry, _)| retry)
    }

    /// Gives it the limit that an undo has that names none.
    pub fn limit_as_undo(&mut self, span: Span) {
        if self.timeout.is_none() {
            let seconds = crate::types::Value::quantity(
                rust_decimal::Decimal::from(UNDO_TIMEOUT_SECONDS),
                crate::types::Unit::Duration,
            );
            let limit = Expr::value(seconds, Type::Duration, span);
            self.timeout = Some((limit, span));
        }
    }

    /// The task these attributes describe.
    pub fn task(&mut self, resolver: &mut Resolver, kind: TaskKind) -> Task {
        let gathered = Gathered {
            commands: std::mem::take(&mut self.commands),
            shell: self.shell.take(),
            environment: Gathered::names(&self.environment),
        };
        let (run, mut bindings) = if let Some(run) = self.run.take() {
            run
        } else {
            self.own_run(resolver, gathered, kind)
        };
        bindings.splice(0..0, std::mem::take(&mut self.environment));
        let exit = if self.exit.is_empty() {
            vec![0]
        } else {
            std::mem::take(&mut self.exit)
        };
        let host = self.host_for(resolver, &run);
        Task {
            run,
            bindings,
            directory: self.directory.take(),
            host,
            timeout: self.timeout.take().map(|(limit, _)| limit),
            exit,
            stdout_contains: std::mem::take(&mut self.stdout_contains),
            stdout_matches: std::mem::take(&mut self.stdout_matches),
            outputs: std::mem::take(&mut self.outputs),
            needs: std::mem::take(&mut self.needs),
            span: self.span,
        }
    }

    /// The host it runs on, where what it does can be done there.
    fn host_for(&mut self, resolver: &mut Resolver, run: &Run) -> Option<Expr> {
        let host = self.host.take()?;
        let from_file = self.outputs.iter().any(|it| match &it.from {
            OutputFrom::File(_) => true,
            OutputFrom::Stdout(_) | OutputFrom::Json(_) => false,
        });
        let refused = match run {
            Run::Http { .. } => Some((
                "a request is sent from here, whatever stands behind `on`",
                "leave `on` out, or send the request with a command",
            )),
            Run::Script(_) | Run::Hole if from_file => Some((
                "the file of an output is read here, and this runs on another host",
                "print it, and read the output from `stdout`",
            )),
            Run::Script(_) | Run::Hole => None,
        };
        if let Some((message, help)) = refused {
            resolver.report(Problem::new(Code::RB941, host.span, message).help(help));
        }
        Some(host)
    }

    /// What its own lines run.
    fn own_run(
        &mut self,
        resolver: &mut Resolver,
        gathered: Gathered,
        kind: TaskKind,
    ) -> (Run, Vec<Binding>) {
        match self.http.take() {
            Some((method, url, options)) => {
                if let Some(command) = gathered.commands.first() {
                    let problem = Problem::new(
                        Code::RB941,
                        command.span,
                        "a step runs commands or sends one request, not both",
                    )
                    .help("make it two steps: each has a way back of its own");
                    resolver.report(problem);
                }
                (
                    Run::Http {
                        method,
                        url: Box::new(url),
                        options: Box::new(options),
                    },
                    Vec::new(),
                )
            }
            None if gathered.commands.is_empty() => {
                if kind != TaskKind::Undo && !self.has_hole {
                    let problem = Problem::new(Code::RB941, self.span, "this runs nothing")
                        .help("add a line `$ command`");
                    resolver.report(problem);
                }
                (Run::Hole, Vec::new())
            }
            None => resolver.script(gathered, kind),
        }
    }

    fn refuse(&self, resolver: &mut Resolver, words: &[&str], where_: &str, help: &str) {
        for (word, span) in &self.seen {
            if words.contains(word) {
                let message = format!("`{word}` cannot stand in {where_}");
                resolver.report(Problem::new(Code::RB941, *span, message).help(help));
            }
        }
    }

    pub fn refuse_for_step(&self, resolver: &mut Resolver) {
        self.refuse(
            resolver,
            &["verify", "best effort"],
            "a step",
            "it belongs in the step's `rollback`",
        );
        self.refuse(
            resolver,
            &["within"],
            "a step",
            "a step is tried again with `retry N every D`; what waits for something is a check",
        );
    }

    pub fn refuse_for_check(&self, resolver: &mut Resolver) {
        self.refuse(
            resolver,
            &[
                "rollback",
                "harmless",
                "irreversible",
                "capture",
                "done when",
                "atomic",
                "repeatable",
                "touches",
                "verify",
                "best effort",
            ],
            "a check",
            "a check only looks; what changes something is a `step`",
        );
    }

    pub fn refuse_for_enter(&self, resolver: &mut Resolver) {
        self.refuse(
            resolver,
            &[
                "rollback",
                "harmless",
                "irreversible",
                "verify",
                "best effort",
                "done when",
                "capture",
                "output",
                "else",
            ],
            "an `enter`",
            "its way back is the `leave`; what else a step can say is said in a step",
        );
    }

    fn refuse_for_undo(&self, resolver: &mut Resolver) {
        self.refuse(
            resolver,
            &[
                "rollback",
                "harmless",
                "irreversible",
                "capture",
                "done when",
                "atomic",
                "repeatable",
                "else",
                "output",
                "within",
            ],
            "a rollback",
            "a rollback has commands, `timeout`, `retry`, `verify` and `best effort`",
        );
    }
}

fn shell_of(attributes: &[Attribute]) -> Option<ast::Name> {
    attributes
        .iter()
        .find_map(|attribute| match &attribute.kind {
            AttributeKind::Shell(name) => Some(name.clone()),
            _something_else => None,
        })
}

/// Whether an attribute may stand only once.
fn once(kind: &AttributeKind) -> bool {
    match kind {
        AttributeKind::Command(_)
        | AttributeKind::ExpectContains(_)
        | AttributeKind::ExpectMatches(_)
        | AttributeKind::ExpectExit(_)
        | AttributeKind::Output { .. }
        | AttributeKind::Capture { .. }
        | AttributeKind::Env(_)
        | AttributeKind::Touches { .. }
        | AttributeKind::Needs(_)
        // Reported where the way back is chosen.
        | AttributeKind::Rollback(_)
        | AttributeKind::Harmless(_)
        | AttributeKind::Irreversible { .. }
        | AttributeKind::Bad => false,
        AttributeKind::Http { .. }
        | AttributeKind::Timeout(_)
        | AttributeKind::Within { .. }
        | AttributeKind::Retry { .. }
        | AttributeKind::Dir(_)
        | AttributeKind::Shell(_)
        | AttributeKind::Repeatable
        | AttributeKind::DoneWhen(_)
        | AttributeKind::Atomic
        | AttributeKind::On(_)
        | AttributeKind::Else(_)
        | AttributeKind::Verify(_)
        | AttributeKind::BestEffort => true,
    }
}

fn word_of(kind: &AttributeKind) -> &'static str {
    match kind {
        AttributeKind::Command(_) => "$",
        AttributeKind::Http { .. } => "http",
        AttributeKind::Timeout(_) => "timeout",
        AttributeKind::Within { .. } => "within",
        AttributeKind::Retry { .. } => "retry",
        AttributeKind::ExpectContains(_)
        | AttributeKind::ExpectMatches(_)
        | AttributeKind::ExpectExit(_) => "expect",
        AttributeKind::Output { .. } => "output",
        AttributeKind::Capture { .. } => "capture",
        AttributeKind::Env(_) => "env",
        AttributeKind::Dir(_) => "dir",
        AttributeKind::Shell(_) => "shell",
        AttributeKind::Touches { .. } => "touches",
        AttributeKind::Needs(_) => "needs",
        AttributeKind::Repeatable => "repeatable",
        AttributeKind::DoneWhen(_) => "done when",
        AttributeKind::Atomic => "atomic",
        AttributeKind::On(_) => "on",
        AttributeKind::Else(_) => "else",
        AttributeKind::Rollback(_) => "rollback",
        AttributeKind::Harmless(_) => "harmless",
        AttributeKind::Irreversible { .. } => "irreversible",
        AttributeKind::Verify(_) => "verify",
        AttributeKind::BestEffort => "best effort",
        AttributeKind::Bad => "",
    }
}
