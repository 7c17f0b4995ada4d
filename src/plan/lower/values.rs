//! Expressions to amounts, texts and bindings.

use std::collections::HashMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::{Lowering, open};
use crate::model::evaluate::Fault;
use crate::model::{
    Block, Expr, ExprKind, Model, StatementId, StatementKind, Text, TextPart, Variable,
};
use crate::plan::{Binding, LONGEST_DAYS, Millis, Template, TemplatePart, ValueSource};
use crate::problem::{Code, Problem};
use crate::source::Span;

/// The most days ago that something may have been.
const LONGEST_AGO: Millis = 366;

const DAY: Millis = 86_400_000;

impl Lowering<'_> {
    pub(super) fn report_fault(&mut self, fault: Fault) {
        // Stand-ins can be too small or large where real values would not be.
        if let Some(message) = fault.message
            && !self.for_check
        {
            self.problems
                .push(Problem::new(Code::RB506, fault.span, message));
        }
    }

    /// Text known when the run starts.
    pub(super) fn structure_text(&mut self, text: &Text) -> String {
        let mut whole = String::new();
        for part in text {
            let stand_in = match part {
                TextPart::Value(expr) => self.stand_in(expr, true),
                TextPart::Literal(_) => None,
            };
            if let Some(stand_in) = stand_in {
                whole += &stand_in;
                continue;
            }
            match self.scope.text(std::slice::from_ref(part)) {
                Ok(text) => whole += &text,
                Err(fault) => {
                    self.report_fault(fault);
                    return String::new();
                }
            }
        }
        whole
    }

    /// What stands for the value of a parameter that is given later.
    fn stand_in(&self, expr: &Expr, for_people: bool) -> Option<String> {
        let ExprKind::Variable(Variable::Parameter(index)) = &expr.kind else {
            return None;
        };
        let is_open = self.open.get(*index).copied().unwrap_or_default();
        let name = &self.model.parameters[*index].name;
        is_open.then(|| open::stand_in(name, for_people))
    }

    /// A duration in milliseconds, rounded up, so that nothing that was given
    /// becomes nothing.
    pub(super) fn millis(&mut self, expr: &Expr) -> Millis {
        self.up_to(LONGEST_DAYS, expr)
    }

    /// The same of what was before the run.
    pub(super) fn millis_ago(&mut self, expr: &Expr) -> Millis {
        self.up_to(LONGEST_AGO, expr)
    }

    fn up_to(&mut self, days: Millis, expr: &Expr) -> Millis {
        let quantity = match self.scope.quantity(expr) {
            Ok(quantity) => quantity,
            Err(fault) => {
                self.report_fault(fault);
                return 1;
            }
        };
        let millis = quantity
            .amount
            .checked_mul(Decimal::ONE_THOUSAND)
            .and_then(|millis| millis.ceil().to_u64())
            .filter(|millis| *millis <= days * DAY);
        match millis {
            Some(millis) if millis > 0 => millis,
            Some(_) | None => {
                let message = format!(
                    "a duration is more than nothing and at most {days} days, this is {quantity}"
                );
                self.amount_problem(expr.span, message);
                1
            }
        }
    }

    pub(super) fn optional_millis(&mut self, expr: Option<&Expr>) -> Option<Millis> {
        expr.map(|expr| self.millis(expr))
    }

    /// A whole number from `least` up.
    pub(super) fn whole(&mut self, expr: &Expr, least: u32) -> u32 {
        let quantity = match self.scope.quantity(expr) {
            Ok(quantity) => quantity,
            Err(fault) => {
                self.report_fault(fault);
                return least;
            }
        };
        let whole = quantity.amount.fract().is_zero();
        match quantity.amount.to_u32().filter(|_| whole) {
            Some(number) if number >= least => number,
            Some(_) | None => {
                let message =
                    format!("expected a whole number of at least {least}, found {quantity}");
                self.amount_problem(expr.span, message);
                least
            }
        }
    }

    pub(super) fn number(&mut self, expr: &Expr) -> Decimal {
        match self.scope.quantity(expr) {
            Ok(quantity) => quantity.amount,
            Err(fault) => {
                self.report_fault(fault);
                Decimal::ONE
            }
        }
    }

    pub(super) fn amount_problem(&mut self, span: Span, message: String) {
        self.problems.push(Problem::new(Code::RB506, span, message));
    }

    /// What fills a hole, for people (`10%`) or for commands (`10`).
    fn source(&mut self, expr: &Expr, for_people: bool) -> ValueSource {
        let late = match &expr.kind {
            ExprKind::Variable(variable) => self.late_source(variable, expr.span),
            ExprKind::Text(parts) => {
                let template = self.text_template(parts);
                return match template.known() {
                    Some(text) => ValueSource::Known(text),
                    None => ValueSource::Template(template),
                };
            }
            _known => None,
        };
        if let Some(late) = late {
            return late;
        }
        if let Some(stand_in) = self.stand_in(expr, for_people) {
            return ValueSource::Known(stand_in);
        }
        match self.scope.value(expr) {
            Ok(value) if for_people => ValueSource::Known(value.to_string()),
            Ok(value) => ValueSource::Known(value.shell_text()),
            Err(fault) => {
                self.report_fault(fault);
                ValueSource::Known(String::new())
            }
        }
    }

    /// The source of a value that only the run knows.
    fn late_source(&mut self, variable: &Variable, span: Span) -> Option<ValueSource> {
        Some(match variable {
            Variable::Secret(index) => ValueSource::Secret(self.model.secrets[*index].name.clone()),
            Variable::Run(value) => ValueSource::Run(*value),
            Variable::Given(_) => ValueSource::Known(String::new()),
            Variable::Capture { step, name } | Variable::Output { step, name } => {
                let Some(node) = self.nodes.get(step).copied() else {
                    self.not_there_yet(*step, name, span);
                    return Some(ValueSource::Known(String::new()));
                };
                match variable {
                    Variable::Capture { .. } => ValueSource::Capture {
                        node,
                        name: name.clone(),
                    },
                    _output => {
                        let default = self.defaults.get(&(*step, name.clone())).copied();
                        let default = default.and_then(|it| self.scope.value(it).ok());
                        ValueSource::Output {
                            node,
                            name: name.clone(),
                            default: default.map(|it| it.shell_text()),
                        }
                    }
                }
            }
            Variable::Parameter(_) | Variable::Loop(_) | Variable::Baseline | Variable::Unbound => {
                return None;
            }
        })
    }

    fn not_there_yet(&mut self, step: crate::model::StatementId, name: &str, span: Span) {
        let declared = self.model.named.get(step.0);
        let of = declared.map_or("a later step", |(name, _)| name.as_str());
        let message = format!("`{name}` of `{of}` is used before `{of}` has run");
        let mut problem = Problem::new(Code::RB302, span, message).label("not known yet here");
        if let Some((_, at)) = declared {
            problem = problem.and(*at, "it becomes known here");
        }
        self.problems.push(problem);
    }

    pub(super) fn template(&mut self, expr: &Expr) -> Template {
        match self.source(expr, true) {
            ValueSource::Known(text) => Template::text(text),
            ValueSource::Template(template) => template,
            source => Template(vec![TemplatePart::Value(source)]),
        }
    }

    pub(super) fn text_template(&mut self, text: &Text) -> Template {
        let mut parts: Vec<TemplatePart> = Vec::new();
        for part in text {
            match part {
                TextPart::Literal(literal) => push_text(&mut parts, literal),
                TextPart::Value(expr) => match self.source(expr, true) {
                    ValueSource::Known(text) => push_text(&mut parts, &text),
                    source => parts.push(TemplatePart::Value(source)),
                },
            }
        }
        Template(parts)
    }

    pub(super) fn binding(&mut self, binding: &crate::model::Binding) -> Binding {
        Binding {
            name: binding.name.clone(),
            value: self.source(&binding.value, false),
        }
    }
}

fn push_text(parts: &mut Vec<TemplatePart>, text: &str) {
    match parts.last_mut() {
        Some(TemplatePart::Text(last)) => last.push_str(text),
        _a_value_or_nothing => parts.push(TemplatePart::Text(text.to_owned())),
    }
}

/// The defaults of all outputs.
pub(super) fn defaults(model: &Model) -> HashMap<(StatementId, String), &Expr> {
    let mut defaults = HashMap::new();
    let endings = model.endings.iter().map(|ending| &ending.body);
    let blocks = std::iter::once(&model.body).chain(endings);
    for statement in blocks.flat_map(Block::all) {
        let (id, task) = match &statement.kind {
            StatementKind::Step(step) => (step.id, &step.task),
            StatementKind::Check(check) => (check.id, &check.task),
            _without_outputs => continue,
        };
        for output in &task.outputs {
            if let Some(default) = &output.default {
                defaults.insert((id, output.name.clone()), default);
            }
        }
    }
    defaults
}
