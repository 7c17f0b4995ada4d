//! Parameters' values: given on the command line or in a file, else their
//! defaults.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::model::evaluate::Scope;
use crate::model::names::nearest;
use crate::model::{Model, Parameter};
use crate::problem::{Code, Problem};
use crate::types::text::{fit, read_value};
use crate::types::{Type, Unit, Value};

/// A value from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// Text of the command line or a prompt.
    Text(String),
    /// A value of a TOML or JSON file.
    Typed(Value),
}

/// The parameters without a default that have not been given.
pub fn missing<'a>(model: &'a Model, given: &BTreeMap<String, Given>) -> Vec<&'a Parameter> {
    let parameters = model.parameters.iter();
    parameters
        .filter(|parameter| parameter.default.is_none() && !given.contains_key(&parameter.name))
        .collect()
}

/// Gives every parameter its value.
///
/// # Errors
/// A problem for each value that is missing, unknown or of the wrong type.
pub fn bind(model: &Model, given: &BTreeMap<String, Given>) -> Result<Vec<Value>, Vec<Problem>> {
    let mut problems = Vec::new();
    for name in given.keys() {
        if !model.parameters.iter().any(|known| known.name == *name) {
            problems.push(unknown_parameter(model, name));
        }
    }
    let mut scope = Scope::default();
    for parameter in &model.parameters {
        let value = match given.get(&parameter.name) {
            Some(given) => read(given, &parameter.ty)
                .map_err(|why| Some(Box::new(wrong_value(parameter, &why)))),
            None => default(parameter, &scope),
        };
        match value {
            Ok(value) => scope.parameters.push(value),
            Err(problem) => {
                problems.extend(problem.map(|problem| *problem));
                scope.parameters.push(stand_in(parameter));
            }
        }
    }
    if problems.is_empty() {
        Ok(scope.parameters)
    } else {
        Err(problems)
    }
}

/// Gives every parameter its value; one that is missing gets a stand-in.
///
/// # Errors
/// A problem for each value that is unknown or of the wrong type.
pub fn bind_or_assume(
    model: &Model,
    mut given: BTreeMap<String, Given>,
) -> Result<Vec<Value>, Vec<Problem>> {
    let assumed: Vec<(String, Given)> = missing(model, &given)
        .into_iter()
        .map(|parameter| (parameter.name.clone(), Given::Typed(stand_in(parameter))))
        .collect();
    given.extend(assumed);
    bind(model, &given)
}

/// Values to check a runbook with before it has any: defaults, and stand-ins of
/// the right type.
pub fn assume(model: &Model) -> Vec<Value> {
    let mut scope = Scope::default();
    for parameter in &model.parameters {
        let value = default(parameter, &scope).unwrap_or_else(|_| stand_in(parameter));
        scope.parameters.push(value);
    }
    scope.parameters
}

/// Reads one value as a parameter's type.
///
/// # Errors
/// What was expected, in words.
pub fn read(given: &Given, ty: &Type) -> Result<Value, String> {
    match given {
        Given::Text(text) => read_value(text, ty),
        // Quantities are written as text in files too: `"10%"`.
        Given::Typed(Value::Text(text)) if ty.unit().is_some() => read_value(text, ty),
        Given::Typed(Value::List(items)) => match ty {
            Type::List(item) => {
                let items = items
                    .iter()
                    .map(|value| read(&Given::Typed(value.clone()), item));
                Ok(Value::List(items.collect::<Result<_, _>>()?))
            }
            _not_a_list => fit(Value::List(items.clone()), ty),
        },
        Given::Typed(value) => fit(value.clone(), ty),
    }
}

fn default(parameter: &Parameter, scope: &Scope) -> Result<Value, Option<Box<Problem>>> {
    let Some(default) = &parameter.default else {
        return Err(Some(Box::new(missing_value(parameter))));
    };
    let value = scope.value(default).map_err(|fault| {
        let message = fault.message?;
        Some(Box::new(Problem::new(Code::RB306, fault.span, message)))
    })?;
    fit(value, &parameter.ty).map_err(|why| Some(Box::new(wrong_value(parameter, &why))))
}

/// Says of a parameter that it has no value.
pub fn missing_value(parameter: &Parameter) -> Problem {
    let what = parameter
        .description
        .as_ref()
        .map(|description| format!(": {description}"))
        .unwrap_or_default();
    let message = format!("parameter `{}` has no value", parameter.name);
    Problem::new(Code::RB960, parameter.span, message)
        .label(format!("{}{what}", parameter.ty))
        .help(format!("give it with `--set {}=…`", parameter.name))
}

fn wrong_value(parameter: &Parameter, why: &str) -> Problem {
    let message = format!("parameter `{}`: {why}", parameter.name);
    Problem::new(Code::RB306, parameter.span, message)
        .label(format!("declared here as {}", parameter.ty))
}

fn unknown_parameter(model: &Model, name: &str) -> Problem {
    let names = || model.parameters.iter().map(|known| known.name.as_str());
    let problem = Problem::general(
        Code::RB961,
        format!("the runbook has no parameter `{name}`"),
    );
    match nearest(name, names()) {
        Some(nearest) => problem.help(format!("did you mean `{nearest}`?")),
        None => {
            let names: Vec<&str> = names().collect();
            problem.help(if names.is_empty() {
                "it has none".to_owned()
            } else {
                format!("it has {}", names.join(", "))
            })
        }
    }
}

fn stand_in(parameter: &Parameter) -> Value {
    value_of(&parameter.ty, &parameter.name)
}

fn value_of(ty: &Type, name: &str) -> Value {
    match ty {
        Type::Bool => Value::Bool(true),
        Type::Int | Type::Number | Type::Count => Value::quantity(Decimal::ONE, Unit::Number),
        Type::Percent => Value::quantity(Decimal::ONE, Unit::Percent),
        Type::Duration => Value::quantity(Decimal::ONE, Unit::Duration),
        Type::Bytes => Value::quantity(Decimal::ONE, Unit::Bytes),
        Type::Rate => Value::quantity(Decimal::ONE, Unit::Rate),
        Type::Version => Value::Text("0.0.0".to_owned()),
        Type::Url => Value::Text("http://localhost/".to_owned()),
        Type::Time => Value::Text("2000-01-01T00:00:00Z".to_owned()),
        Type::String | Type::Host | Type::Path => Value::Text(name.to_owned()),
        Type::Choice(choices) => Value::Text(choices.first().cloned().unwrap_or_default()),
        Type::List(item) => Value::List(vec![
            value_of(item, &format!("{name}_1")),
            value_of(item, &format!("{name}_2")),
        ]),
    }
}
