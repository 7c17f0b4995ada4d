//! The lines of a template and those that its call adds, which change how it does
//! its work, but not what that is.

use super::{Parts, word_of};
use crate::model::StatementId;
use crate::model::commands::{Gathered, TaskKind};
use crate::model::resolve::Resolver;
use crate::model::templates::Makes;
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::ast::{self, Attribute, AttributeKind};

impl Resolver<'_> {
    /// A template's lines, and those added at its call, which take their place
    /// where only one can stand.
    pub(super) fn called_parts(
        &mut self,
        call: &ast::Call,
        added: &[Attribute],
        id: StatementId,
        span: Span,
        kind: TaskKind,
    ) -> Parts {
        let makes = match kind {
            TaskKind::Check => Makes::Check,
            _a_step => Makes::Step,
        };
        let called = self.called(call, makes);
        let template = called.and_then(|called| {
            let body = self.step_template(called.template)?;
            self.inside(called, |this| {
                this.template_parts(body, added, id, span, kind)
            })
        });
        let mut parts = template.unwrap_or_else(|| Parts {
            span,
            has_hole: true,
            ..Parts::default()
        });
        self.add_at_call(added, &mut parts);
        parts
    }

    /// Lines added at a call, which can change how the template does its work.
    pub fn add_at_call(&mut self, added: &[Attribute], parts: &mut Parts) {
        self.refuse_commands(added);
        self.refuse_doubled_values(added, parts);
        let added: Vec<Attribute> = added.iter().filter(|it| !runs(&it.kind)).cloned().collect();
        self.add_attributes(&added, parts);
    }

    /// A template's own lines, in its own names.
    fn template_parts(
        &mut self,
        body: &ast::StepBody,
        added: &[Attribute],
        id: StatementId,
        span: Span,
        kind: TaskKind,
    ) -> Parts {
        self.declare_captures(id, &body.attributes);
        match &body.call {
            Some(inner) => {
                let (kept, replaced) = not_replaced(&body.attributes, added);
                let mut parts = self.called_parts(inner, &kept, id, span, kind);
                parts.drop_replaced(&replaced);
                parts
            }
            None => self.lines_of_template(&body.attributes, added, span, kind),
        }
    }

    /// What a template's lines say where a call adds some, its commands read.
    pub fn lines_of_template(
        &mut self,
        attributes: &[Attribute],
        added: &[Attribute],
        span: Span,
        kind: TaskKind,
    ) -> Parts {
        let (kept, _) = not_replaced(attributes, added);
        let mut parts = self.parts(&kept, &[], span);
        if !parts.commands.is_empty() {
            let gathered = Gathered {
                commands: std::mem::take(&mut parts.commands),
                shell: parts.shell.take(),
                environment: Gathered::names(&parts.environment),
            };
            parts.run = Some(self.script(gathered, kind));
        }
        parts
    }

    fn refuse_commands(&mut self, added: &[Attribute]) {
        for attribute in added.iter().filter(|it| runs(&it.kind)) {
            let message = "what runs is the template's: this cannot be added to it";
            let problem = Problem::new(Code::RB941, attribute.span, message)
                .help("write it without a template, or beside what the template makes");
            self.report(problem);
        }
    }

    fn refuse_doubled_values(&mut self, added: &[Attribute], parts: &Parts) {
        for attribute in added {
            let (name, doubled) = match &attribute.kind {
                AttributeKind::Capture { name, .. } => {
                    (name, parts.captures.iter().any(|(of, _)| *of == name.text))
                }
                AttributeKind::Output { name, .. } => {
                    (name, parts.outputs.iter().any(|of| of.name == name.text))
                }
                _no_value => continue,
            };
            if doubled {
                let message = format!("the template has a value `{}` already", name.text);
                let problem = Problem::new(Code::RB921, name.span, message)
                    .help("give this one another name");
                self.report(problem);
            }
        }
    }
}

impl Parts {
    /// Forgets what a call further out says otherwise.
    fn drop_replaced(&mut self, replaced: &[&str]) {
        for slot in replaced {
            match *slot {
                "timeout" => self.timeout = None,
                "retry" => self.retry = None,
                "dir" => self.directory = None,
                "on" => self.host = None,
                "else" => self.otherwise = None,
                "way back" => self.ways_back.clear(),
                "done when" => self.done_when = None,
                "atomic" => self.atomic = false,
                "repeatable" => self.repeatable = false,
                _nothing_here => {}
            }
        }
        self.seen
            .retain(|(word, _)| slot_of_word(word).is_none_or(|slot| !replaced.contains(&slot)));
    }
}

/// Whether a line is what a step runs.
fn runs(kind: &AttributeKind) -> bool {
    matches!(
        kind,
        AttributeKind::Command(_) | AttributeKind::Http { .. } | AttributeKind::Shell(_)
    )
}

/// The lines of a template that stay where a call adds some, and the places that
/// those take.
fn not_replaced(
    attributes: &[Attribute],
    added: &[Attribute],
) -> (Vec<Attribute>, Vec<&'static str>) {
    let slots = added.iter().filter_map(|it| slot_of(&it.kind));
    let replaced: Vec<&str> = slots.collect();
    let stays = |it: &&Attribute| slot_of(&it.kind).is_none_or(|slot| !replaced.contains(&slot));
    let kept = attributes.iter().filter(stays).cloned().collect();
    (kept, replaced)
}

/// The place of which a step has one, where a line added at a call takes that of
/// the template's.
fn slot_of(kind: &AttributeKind) -> Option<&'static str> {
    slot_of_word(word_of(kind))
}

fn slot_of_word(word: &str) -> Option<&'static str> {
    Some(match word {
        "timeout" => "timeout",
        "within" | "retry" => "retry",
        "dir" => "dir",
        "on" => "on",
        "else" => "else",
        "rollback" | "harmless" | "irreversible" => "way back",
        "done when" => "done when",
        "atomic" => "atomic",
        "repeatable" => "repeatable",
        _there_may_be_several => return None,
    })
}
