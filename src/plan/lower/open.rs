//! A plan whose texts leave room for parameters that are given later, when what
//! was made of it runs. A parameter that decides anything else of the plan, its
//! lists, conditions or durations, is decided now.
//!
//! A parameter's name between two characters of private use stands for its
//! value: texts go through all that is done with them, and nothing has to know
//! of it but what writes them down in the end.

use std::collections::BTreeSet;

use super::Lowering;
use crate::model::parameters::missing_value;
use crate::model::{Expr, ExprKind, Model, TextPart, Variable};
use crate::plan::Plan;
use crate::problem::Problem;
use crate::source::{FileId, SourceMap, Span};
use crate::types::{Type, Value};

const BEGIN: char = '\u{f0000}';
const FOR_COMMANDS: char = '\u{f0001}';
const FOR_PEOPLE: char = '\u{f0002}';

/// A plan and what it leaves open.
#[derive(Debug, Clone)]
pub struct OpenPlan {
    pub plan: Plan,
    /// In the order of the text.
    pub parameters: Vec<OpenParameter>,
    /// Where the secrets of the plan are declared, in its order.
    pub secrets: Vec<Span>,
    /// Where its troubles are told of, likewise.
    pub troubles: Vec<Span>,
    /// Where the variables of every command are given their values, likewise.
    pub environment: Vec<Span>,
}

/// A parameter of a plan that leaves some open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenParameter {
    pub name: String,
    pub ty: Type,
    pub description: Option<String>,
    pub when: Decided,
}

/// When a parameter gets its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// It has this one in all of the plan.
    Now(Value),
    /// When the plan runs. Where nothing is given then, this text is read, in
    /// which others may stand.
    Later(Option<String>),
}

/// A piece of a text with room for parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'t> {
    Text(&'t str),
    Parameter { name: &'t str, for_people: bool },
}

pub(super) fn stand_in(name: &str, for_people: bool) -> String {
    let end = if for_people { FOR_PEOPLE } else { FOR_COMMANDS };
    format!("{BEGIN}{name}{end}")
}

/// The pieces of a text.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let Some(end) = after.find([FOR_COMMANDS, FOR_PEOPLE]) else {
            break;
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(Piece::Parameter {
            name: &after[..end],
            for_people: after[end..].starts_with(FOR_PEOPLE),
        });
        rest = &after[end + FOR_PEOPLE.len_utf8()..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// Whether a text holds characters that stand for parameters.
pub fn is_mistakable(text: &str) -> bool {
    text.contains([BEGIN, FOR_COMMANDS, FOR_PEOPLE])
}

/// The plan with all parameters left open that decide nothing but texts.
/// `given` are those whose values come from outside.
///
/// # Errors
/// Parameters without a value that decide something.
pub fn lower_open(
    model: &Model,
    values: &[Value],
    given: &dyn Fn(&str) -> bool,
    sources: &SourceMap,
    file: FileId,
) -> Result<OpenPlan, Vec<Problem>> {
    let mistakable = sources.files().any(|(_, file)| is_mistakable(&file.text))
        || values.iter().any(|value| is_mistakable(&value.to_string()));
    let parameters = model.parameters.iter();
    let mut open: Vec<bool> = parameters
        .map(|parameter| !mistakable && can_be_open(&parameter.ty))
        .collect();
    loop {
        let mut lowering = Lowering::new(model, values.to_vec(), sources, file, false);
        lowering.open.clone_from(&open);
        let (plan, used) = lowering.run_open();
        let decides =
            |index: usize| used.contains(&index) || decides_a_default(model, given, &open, index);
        let still: Vec<bool> = (0..open.len())
            .map(|index| open[index] && !decides(index))
            .collect();
        if still == open {
            return finish(model, plan, values, given, &open);
        }
        open = still;
    }
}

fn finish(
    model: &Model,
    plan: Plan,
    values: &[Value],
    given: &dyn Fn(&str) -> bool,
    open: &[bool],
) -> Result<OpenPlan, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut parameters = Vec::new();
    for ((parameter, value), is_open) in model.parameters.iter().zip(values).zip(open) {
        let is_given = given(&parameter.name);
        let default = parameter.default.as_ref();
        if !is_open && !is_given && default.is_none() {
            problems.push(missing_value(parameter));
        }
        let when = match default {
            _ if !is_open => Decided::Now(value.clone()),
            _ if is_given => Decided::Later(Some(value.to_string())),
            Some(default) => {
                let text = default_text(model, open, default);
                Decided::Later(Some(text.unwrap_or_else(|| value.to_string())))
            }
            None => Decided::Later(None),
        };
        parameters.push(OpenParameter {
            name: parameter.name.clone(),
            ty: parameter.ty.clone(),
            description: parameter.description.clone(),
            when,
        });
    }
    match problems.is_empty() {
        true => Ok(OpenPlan {
            plan,
            parameters,
            secrets: model.secrets.iter().map(|it| it.span).collect(),
            troubles: model.troubles.iter().map(|it| it.span).collect(),
            environment: model.environment.iter().map(|it| it.value.span).collect(),
        }),
        false => Err(problems),
    }
}

/// Values that can be checked without this program.
fn can_be_open(ty: &Type) -> bool {
    match ty {
        Type::String
        | Type::Int
        | Type::Number
        | Type::Count
        | Type::Bool
        | Type::Percent
        | Type::Duration
        | Type::Bytes
        | Type::Version
        | Type::Url
        | Type::Host
        | Type::Path
        | Type::Choice(_) => true,
        Type::Rate | Type::Time | Type::List(_) => false,
    }
}

/// Whether a default needs this parameter's value now.
fn decides_a_default(
    model: &Model,
    given: &dyn Fn(&str) -> bool,
    open: &[bool],
    index: usize,
) -> bool {
    let mut others = model.parameters.iter().zip(open);
    others.any(|(other, is_open)| {
        let Some(default) = &other.default else {
            return false;
        };
        let uses = crate::model::evaluate::any_variable(default, &|variable| {
            *variable == Variable::Parameter(index)
        });
        let can_wait = *is_open && default_text(model, open, default).is_some();
        uses && !given(&other.name) && !can_wait
    })
}

/// A default that is only put together from others, as text.
fn default_text(model: &Model, open: &[bool], default: &Expr) -> Option<String> {
    let named = |index: usize| {
        let is_open = open.get(index).copied().unwrap_or_default();
        is_open.then(|| stand_in(&model.parameters[index].name, true))
    };
    match &default.kind {
        ExprKind::Value(value) => Some(value.to_string()),
        ExprKind::Variable(Variable::Parameter(index)) => named(*index),
        ExprKind::Text(parts) => parts
            .iter()
            .map(|part| match part {
                TextPart::Literal(text) => Some(text.clone()),
                TextPart::Value(expr) => default_text(model, open, expr),
            })
            .collect(),
        ExprKind::Variable(_)
        | ExprKind::Arithmetic(..)
        | ExprKind::Compare(..)
        | ExprKind::And(..)
        | ExprKind::Or(..)
        | ExprKind::Not(_)
        | ExprKind::Negate(_)
        | ExprKind::List(_)
        | ExprKind::Hole => None,
    }
}

impl Lowering<'_> {
    /// The plan, and the parameters that decided something of it. What is wrong
    /// with it has been said of the plan with values.
    fn run_open(mut self) -> (Plan, BTreeSet<usize>) {
        self.lay_out();
        (self.plan, self.scope.used.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_taken_to_pieces() {
        let text = format!("a {}b{}", stand_in("x", true), stand_in("y", false));
        let parameter = |name, for_people| Piece::Parameter { name, for_people };
        assert_eq!(
            pieces(&text),
            [
                Piece::Text("a "),
                parameter("x", true),
                Piece::Text("b"),
                parameter("y", false)
            ]
        );
        assert_eq!(pieces(""), []);
        assert_eq!(pieces("plain"), [Piece::Text("plain")]);
    }
}
