//! What `--set` of a script may give, and what is said where nothing is given.

use super::text::{quote, quoted};
use crate::plan::lower::open::{Decided, OpenParameter};
use crate::types::Type;
use crate::types::text::example;

/// The parameters as data, in their order: a default may use those before it.
pub fn parameters(parameters: &[OpenParameter]) -> String {
    let mut text = String::from("\nrb_parameters() {\n  :\n");
    for parameter in parameters {
        let name = &parameter.name;
        let line = match &parameter.when {
            Decided::Now(value) => format!("decided {name} {}", quote(&value.to_string())),
            Decided::Later(default) => {
                let mut line = format!(
                    "parameter {name} {} {}",
                    type_word(&parameter.ty),
                    quoted(&looks_like(&parameter.ty))
                );
                if let Some(description) = &parameter.description {
                    line += &format!(" {}", quoted(description));
                }
                if let Some(default) = default {
                    line += &format!("\n  default {name} {}", quote(default));
                }
                if let Type::Choice(choices) = &parameter.ty {
                    let choices: Vec<String> = choices.iter().map(|one| quote(one)).collect();
                    line += &format!("\n  choices {name} {}", choices.join(" "));
                }
                line
            }
        };
        text += &format!("  {line}\n");
    }
    text + "}\n"
}

/// What is given on a command line, where a text needs no quotes.
fn looks_like(ty: &Type) -> String {
    match ty {
        Type::String => "any text".to_owned(),
        other => example(other),
    }
}

fn type_word(ty: &Type) -> &'static str {
    match ty {
        Type::String => "string",
        Type::Int => "int",
        Type::Number | Type::Count => "number",
        Type::Bool => "bool",
        Type::Percent => "percent",
        Type::Duration => "duration",
        Type::Bytes => "bytes",
        Type::Rate => "rate",
        Type::Version => "version",
        Type::Url => "url",
        Type::Host => "host",
        Type::Path => "path",
        Type::Time => "time",
        Type::Choice(_) => "choice",
        Type::List(_) => "list",
    }
}
