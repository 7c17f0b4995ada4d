//! A template: how it is called, what it takes, how what it makes is undone.

use std::fmt::Write;

use super::words;
use crate::source::{SourceFile, Span};
use crate::syntax::ast::{
    Attribute, AttributeKind, Block, Item, ItemKind, ParameterKind, StatementKind, StepBody,
    TemplateBody, TemplateDefinition, TemplateParameter, Touch,
};

#[derive(Debug, Clone, Copy)]
pub struct Template<'a> {
    definition: &'a TemplateDefinition,
    doc: &'a str,
    file: &'a SourceFile,
}

impl<'a> Template<'a> {
    pub fn of(item: &'a Item, file: &'a SourceFile) -> Option<Template<'a>> {
        match &item.kind {
            ItemKind::Template(definition) => Some(Template {
                definition,
                doc: item.doc.as_deref().unwrap_or_default(),
                file,
            }),
            _something_else => None,
        }
    }

    pub fn is_described(&self) -> bool {
        !self.doc.is_empty()
    }

    pub fn name(&self) -> &'a str {
        &self.definition.name.text
    }

    pub fn kind(&self) -> &'static str {
        match &self.definition.body {
            TemplateBody::Action(_) => "action",
            TemplateBody::Check(_) => "check",
            TemplateBody::Strategy(_) => "strategy",
            TemplateBody::Bracket { .. } => "bracket",
            TemplateBody::Metric(_) => "metric",
            TemplateBody::Thresholds(_) => "thresholds",
            TemplateBody::Message(_) => "message",
        }
    }

    pub fn summary(&self) -> String {
        words::first_sentence(self.doc)
    }

    pub fn section(&self) -> String {
        let mut text = format!("## {} `{}`\n\n", self.kind(), self.name());
        if !self.doc.is_empty() {
            text += &words::markdown(self.doc);
            text.push('\n');
        }
        text += &self.parameters();
        text += &self.text_block();
        for fact in self.facts() {
            let _ = writeln!(text, "- {fact}");
        }
        text.truncate(text.trim_end().len());
        text += "\n\n";
        text
    }

    fn parameters(&self) -> String {
        if self.definition.parameters.is_empty() {
            return String::new();
        }
        let mut table = "| parameter | type | default | |\n| --- | --- | --- | --- |\n".to_owned();
        for parameter in &self.definition.parameters {
            table += &self.parameter(parameter);
        }
        table.push('\n');
        table
    }

    fn parameter(&self, parameter: &TemplateParameter) -> String {
        let default = parameter.default.as_ref();
        let default = default.map(|default| words::code_cell(&self.written(default.span)));
        let about = parameter.description.as_ref().and_then(|it| it.plain());
        format!(
            "| `{}` | {} | {} | {} |\n",
            parameter.name.text,
            words::cell(&self.ty(parameter)),
            default.unwrap_or_default(),
            words::cell(&about.unwrap_or_default())
        )
    }

    fn ty(&self, parameter: &TemplateParameter) -> String {
        match &parameter.kind {
            ParameterKind::Value(ty) => self.written(ty.span),
            ParameterKind::Action(takes) => {
                let takes = takes
                    .iter()
                    .map(|(name, ty)| format!("{}: {}", name.text, self.written(ty.span)));
                format!("action({})", takes.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// What else is good to know, a sentence each.
    fn facts(&self) -> Vec<String> {
        match &self.definition.body {
            TemplateBody::Action(body) | TemplateBody::Check(body) => self.of_step(body),
            TemplateBody::Strategy(block) => {
                let mut names = Vec::new();
                statements(block, &mut names);
                vec![format!("Makes {}.", names.join(", "))]
            }
            TemplateBody::Bracket { enter, .. } => {
                let enter = enter.iter().flat_map(|enter| &enter.attributes);
                enter.filter_map(|it| self.fact(it)).collect()
            }
            TemplateBody::Metric(measure) => {
                vec![format!("It is a `{}`.", self.written(measure.ty.span))]
            }
            TemplateBody::Thresholds(_) | TemplateBody::Message(_) => Vec::new(),
        }
    }

    /// What is short enough to be shown as it was written: the text of a message,
    /// the lines of thresholds.
    fn text_block(&self) -> String {
        let written = match &self.definition.body {
            TemplateBody::Message(text) => self.file.slice(text.span).trim_matches('"'),
            TemplateBody::Thresholds(lines) => match (lines.first(), lines.last()) {
                (Some(first), Some(last)) => {
                    let whole = first.span.range().start..last.span.range().end;
                    self.file.text.get(whole).unwrap_or_default()
                }
                (None, _) | (_, None) => "",
            },
            TemplateBody::Action(_)
            | TemplateBody::Check(_)
            | TemplateBody::Strategy(_)
            | TemplateBody::Bracket { .. }
            | TemplateBody::Metric(_) => "",
        };
        let lines = written.lines();
        let lines: Vec<&str> = lines
            .map(|line| line.strip_prefix("  ").unwrap_or(line).trim_end())
            .collect();
        let text = lines.join("\n");
        match text.trim() {
            "" => String::new(),
            text => format!("```text\n{text}\n```\n\n"),
        }
    }

    fn of_step(&self, body: &StepBody) -> Vec<String> {
        let mut facts = Vec::new();
        if let Some(call) = &body.call {
            facts.push(format!("It is `{}`.", self.written(call.span)));
        }
        facts.extend(body.attributes.iter().filter_map(|it| self.fact(it)));
        facts
    }

    fn fact(&self, attribute: &Attribute) -> Option<String> {
        let listed = |names: &[crate::syntax::ast::Name]| {
            let names = names.iter().map(|name| format!("`{}`", name.text));
            names.collect::<Vec<_>>().join(", ")
        };
        Some(match &attribute.kind {
            AttributeKind::Needs(tools) => format!("Needs {}.", listed(tools)),
            AttributeKind::Timeout(limit) => {
                format!("It may take `{}`.", self.written(limit.span))
            }
            AttributeKind::Repeatable => "It may be run again, so it can be retried.".to_owned(),
            AttributeKind::Output { name, .. } => format!("It gives the output `{}`.", name.text),
            AttributeKind::Touches { how, resources } => {
                let how = match how {
                    Touch::Touches => "Touches",
                    Touch::Destroys => "Destroys",
                    Touch::Saves => "Saves",
                };
                format!("{how} {}.", listed(resources))
            }
            AttributeKind::Rollback(rollback) => match rollback.alternatives.len() {
                0 => "It is undone by what it comes with.".to_owned(),
                others => {
                    let others = rollback.alternatives.iter().take(others);
                    let others = others.filter_map(|it| it.why.as_ref()?.plain());
                    let others: Vec<String> = others.collect();
                    format!(
                        "It is undone by what it comes with; if that fails: {}.",
                        others.join(", ")
                    )
                }
            },
            AttributeKind::Harmless(why) => {
                format!("Nothing is undone: {}.", why.plain().unwrap_or_default())
            }
            AttributeKind::Irreversible { why, .. } => {
                let why = why.as_ref().and_then(|why| why.plain());
                format!("A point of no return: {}.", why.unwrap_or_default())
            }
            AttributeKind::Command(_)
            | AttributeKind::Http { .. }
            | AttributeKind::Within { .. }
            | AttributeKind::Retry { .. }
            | AttributeKind::ExpectContains(_)
            | AttributeKind::ExpectMatches(_)
            | AttributeKind::ExpectExit(_)
            | AttributeKind::Capture { .. }
            | AttributeKind::Env(_)
            | AttributeKind::Dir(_)
            | AttributeKind::Shell(_)
            | AttributeKind::DoneWhen(_)
            | AttributeKind::Atomic
            | AttributeKind::On(_)
            | AttributeKind::Else(_)
            | AttributeKind::Verify(_)
            | AttributeKind::BestEffort
            | AttributeKind::Bad => return None,
        })
    }

    fn written(&self, span: Span) -> String {
        words::on_one_line(self.file.slice(span))
    }
}

/// The statements of a strategy, as a run names them behind the phase.
fn statements(block: &Block, names: &mut Vec<String>) {
    for statement in &block.statements {
        match &statement.kind {
            StatementKind::Phase { name, body } => {
                names.push(format!("phase `{}`", name.text));
                statements(body, names);
            }
            StatementKind::PhaseFrom { name, .. } => names.push(format!("phase `{}`", name.text)),
            StatementKind::Step { name, .. } => names.push(format!("step `{}`", name.text)),
            StatementKind::Check { name, .. } => names.push(format!("check `{}`", name.text)),
            StatementKind::Gate { name, .. } => names.push(format!("gate `{}`", name.text)),
            StatementKind::Checklist { name, .. } => {
                names.push(format!("checklist `{}`", name.text));
            }
            StatementKind::With { name, body, .. } => {
                names.push(format!("bracket `{}`", name.text));
                statements(body, names);
            }
            StatementKind::Parallel { body, .. } | StatementKind::For { body, .. } => {
                statements(body, names);
            }
            StatementKind::Notify { .. }
            | StatementKind::Postmortem { .. }
            | StatementKind::Bad => {}
        }
    }
}
