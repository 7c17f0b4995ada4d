//! What nodes run.

use rust_decimal::Decimal;

use super::Lowering;
use crate::model::{self, HttpOptions, Undo};
use crate::plan::{
    Capture, Check, Enter, Expect, HttpRequest, Output, Retry, Run, Shell, Step, Task, Template,
    Touch, TouchKind, UndoAttempt, WayBack,
};

/// The pause before a retry that names none.
const RETRY_PAUSE: u64 = 1_000;

impl Lowering<'_> {
    pub(super) fn task(&mut self, task: &model::Task) -> Task {
        let run = match &task.run {
            model::Run::Script(script) => Run::Script {
                text: script.text.clone(),
                shell: script.shell,
            },
            model::Run::Http {
                method,
                url,
                options,
            } => {
                let request = self.request(method, url, options);
                Run::Http(Box::new(request))
            }
            model::Run::Hole => Run::Script {
                text: String::new(),
                shell: Shell::Sh,
            },
        };
        let contains = task.stdout_contains.iter();
        let stdout_contains = contains.map(|text| self.structure_text(text)).collect();
        Task {
            run,
            bindings: task
                .bindings
                .iter()
                .map(|binding| self.binding(binding))
                .collect(),
            directory: task.directory.as_ref().map(|path| self.template(path)),
            host: task.host.as_ref().and_then(|host| self.host_of(host)),
            timeout: self.optional_millis(task.timeout.as_ref()),
            expect: Expect {
                exit: task.exit.clone(),
                stdout_contains,
                stdout_matches: task.stdout_matches.clone(),
            },
            outputs: task.outputs.iter().map(|it| self.output(it)).collect(),
            needs: task.needs.clone(),
        }
    }

    fn output(&mut self, output: &model::Output) -> Output {
        Output {
            name: output.name.clone(),
            from: output.from.clone(),
            default: output.default.as_ref().and_then(|default| {
                let value = self.scope.value(default);
                value.ok().map(|value| value.shell_text())
            }),
        }
    }

    pub(super) fn request(
        &mut self,
        method: &str,
        url: &model::Expr,
        options: &HttpOptions,
    ) -> HttpRequest {
        HttpRequest {
            method: method.to_owned(),
            url: self.template(url),
            headers: self.headers(options),
            body: options.body.as_ref().map(|body| self.template(body)),
            timeout: self.optional_millis(options.timeout.as_ref()),
            expect_status: options.expect_status.clone(),
        }
    }

    pub(super) fn headers(&mut self, options: &HttpOptions) -> Vec<(String, Template)> {
        let headers = options.headers.iter();
        headers
            .map(|(name, value)| (name.clone(), self.template(value)))
            .collect()
    }

    pub(super) fn retry(&mut self, retry: &model::Retry) -> Retry {
        match retry {
            model::Retry::Never => Retry::Never,
            model::Retry::Times {
                times,
                every,
                backoff,
            } => {
                let growth = backoff.as_ref().map(|backoff| {
                    let growth = self.number(backoff);
                    if growth < Decimal::ONE {
                        let message = format!("a backoff is at least 1, this is {growth}");
                        self.amount_problem(backoff.span, message);
                    }
                    growth.max(Decimal::ONE)
                });
                Retry::Times {
                    times: self.whole(times, 1),
                    every: self.optional_millis(every.as_ref()).unwrap_or(RETRY_PAUSE),
                    backoff: growth.unwrap_or(Decimal::ONE),
                }
            }
            model::Retry::Within { limit, every } => Retry::Within {
                limit: self.millis(limit),
                every: self.millis(every),
            },
        }
    }

    pub(super) fn undo(&mut self, undo: &Undo) -> crate::plan::Undo {
        let attempts = undo.attempts.iter().map(|attempt| UndoAttempt {
            why: attempt.why.as_ref().map(|why| self.structure_text(why)),
            task: self.task(&attempt.task),
            retry: self.retry(&attempt.retry),
            verify: attempt.verify.as_ref().map(|verify| self.task(verify)),
        });
        crate::plan::Undo {
            attempts: attempts.collect(),
            best_effort: undo.best_effort,
            origin: self.origin(undo.span),
        }
    }

    pub(super) fn touches(touches: &[(String, TouchKind)]) -> Vec<Touch> {
        let touches = touches.iter().map(|(resource, how)| Touch {
            resource: resource.clone(),
            how: *how,
        });
        touches.collect()
    }

    /// `covered` is the innermost block around with a rollback.
    pub(super) fn step(
        &mut self,
        step: &model::Step,
        covered: Option<crate::plan::NodeId>,
    ) -> Step {
        let captures = step.captures.iter().map(|(name, task)| Capture {
            name: name.clone(),
            task: self.task(task),
        });
        Step {
            captures: captures.collect(),
            done_when: step.done_when.as_ref().map(|probe| self.task(probe)),
            task: self.task(&step.task),
            retry: self.retry(&step.retry),
            repeatable: step.repeatable,
            atomic: step.atomic,
            otherwise: step.otherwise,
            way_back: self.way_back(&step.way_back, covered),
            touches: Lowering::touches(&step.touches),
        }
    }

    fn way_back(&mut self, way: &model::WayBack, covered: Option<crate::plan::NodeId>) -> WayBack {
        match way {
            model::WayBack::Own(undo) => WayBack::Own(self.undo(undo)),
            model::WayBack::Harmless(why) => {
                WayBack::Harmless(self.text_template(why).known().unwrap_or_default())
            }
            model::WayBack::Irreversible { why, then } => WayBack::Irreversible {
                why: self.text_template(why).known().unwrap_or_default(),
                then: self.text_template(then).known().unwrap_or_default(),
            },
            model::WayBack::Covered => covered.map_or(WayBack::Missing, WayBack::Block),
        }
    }

    pub(super) fn check(&mut self, check: &model::Check) -> Check {
        Check {
            task: self.task(&check.task),
            retry: self.retry(&check.retry),
            otherwise: check.otherwise,
        }
    }

    pub(super) fn enter(
        &mut self,
        enter: &model::Bracket,
        leave: &Undo,
        undo: Option<&Undo>,
    ) -> Enter {
        Enter {
            task: self.task(&enter.task),
            retry: self.retry(&enter.retry),
            leave: self.undo(leave),
            undo: undo.map(|undo| self.undo(undo)),
            touches: Lowering::touches(&enter.touches),
        }
    }
}
