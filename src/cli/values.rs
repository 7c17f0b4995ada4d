//! Parameters' values: `--set`, `--params`, and asked for at a terminal.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rust_decimal::Decimal;

use crate::analysis::Analysis;
use crate::cli::{status, terminal};
use crate::model::parameters::{Given, missing, read};
use crate::problem::render::neutral::one_line;
use crate::run::terminal::Terminal;
use crate::types::text::example;
use crate::types::{Type, Unit, Value};

/// Values of the runbook's parameters.
#[derive(Debug, Clone, clap::Args)]
pub struct Values {
    /// Give a parameter its value
    #[arg(long = "set", short = 's', value_name = "NAME=VALUE")]
    pub set: Vec<String>,

    /// Read parameters from a TOML or JSON file
    #[arg(long, value_name = "FILE")]
    pub params: Vec<PathBuf>,
}

impl Values {
    pub fn are_given(&self) -> bool {
        !self.set.is_empty() || !self.params.is_empty()
    }

    /// All values given, those asked for too. The error is the exit status.
    pub fn given(&self, analysis: &Analysis, ask: bool) -> Result<BTreeMap<String, Given>, u8> {
        let mut given = BTreeMap::new();
        for file in &self.params {
            match read_file(file) {
                Ok(values) => given.extend(values),
                Err(why) => {
                    terminal::error(&format!("`{}`: {why}", file.display()));
                    return Err(status::USAGE);
                }
            }
        }
        for setting in &self.set {
            let Some((name, value)) = setting.split_once('=') else {
                terminal::error(&format!(
                    "`--set {setting}` has no `=`: write `--set name=value`"
                ));
                return Err(status::USAGE);
            };
            given.insert(name.trim().to_owned(), Given::Text(value.to_owned()));
        }
        if ask && let Some(terminal) = Terminal::open() {
            ask_for_missing(terminal, analysis, &mut given);
        }
        Ok(given)
    }
}

fn ask_for_missing(
    mut terminal: Terminal,
    analysis: &Analysis,
    given: &mut BTreeMap<String, Given>,
) {
    for parameter in missing(&analysis.model, given) {
        let description = parameter.description.as_deref().unwrap_or("a parameter");
        terminal.prompt(&format!("{}: {}\n", parameter.name, one_line(description)));
        loop {
            // What is typed here needs no quotes.
            let wanted = match parameter.ty == Type::String {
                true => "text".to_owned(),
                false => example(&parameter.ty),
            };
            terminal.prompt(&format!("  {wanted}: "));
            // At the end of the input there is nobody: it stays missing.
            let Some(line) = terminal.read_line() else {
                return;
            };
            let value = Given::Text(line.trim().to_owned());
            match read(&value, &parameter.ty) {
                Ok(_) => {
                    given.insert(parameter.name.clone(), value);
                    break;
                }
                Err(why) => terminal.prompt(&format!("  {why}\n")),
            }
        }
    }
}

fn read_file(path: &Path) -> Result<BTreeMap<String, Given>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let is_json = path.extension().is_some_and(|it| it == "json");
    let document: serde_json::Value = if is_json {
        serde_json::from_str(&text).map_err(|error| error.to_string())?
    } else {
        toml::from_str(&text).map_err(|error| error.to_string())?
    };
    let serde_json::Value::Object(entries) = document else {
        return Err("expected an object of parameters".to_owned());
    };
    entries
        .into_iter()
        .map(|(name, value)| {
            let given = given(&value).map_err(|why| format!("`{name}`: {why}"))?;
            Ok((name, given))
        })
        .collect()
}

/// Text is read as the parameter's type, as on the command line.
fn given(value: &serde_json::Value) -> Result<Given, String> {
    match value {
        serde_json::Value::String(text) => Ok(Given::Text(text.clone())),
        other => typed(other).map(Given::Typed),
    }
}

fn typed(value: &serde_json::Value) -> Result<Value, String> {
    match value {
        serde_json::Value::Bool(value) => Ok(Value::Bool(*value)),
        serde_json::Value::Number(number) => {
            let amount = Decimal::from_str_exact(&number.to_string())
                .or_else(|_| Decimal::from_scientific(&number.to_string()))
                .map_err(|_| format!("`{number}` has too many digits"))?;
            Ok(Value::quantity(amount, Unit::Number))
        }
        serde_json::Value::String(text) => Ok(Value::Text(text.clone())),
        serde_json::Value::Array(items) => {
            let items: Result<Vec<Value>, String> = items.iter().map(typed).collect();
            items.map(Value::List)
        }
        serde_json::Value::Null => Err("null is no value".to_owned()),
        serde_json::Value::Object(_) => Err("an object is no value".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> Result<BTreeMap<String, Given>, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let path = directory.path().join(name);
        write(&path, text);
        read_file(&path)
    }

    fn write(path: &Path, text: &str) {
        assert!(std::fs::write(path, text).is_ok());
    }

    #[test]
    fn files_hold_text_numbers_booleans_and_lists() {
        let toml = "version = \"1.2.3\"\nreplicas = 3\nratio = 0.1\nsafe = true\nwho = [\"a\"]\n";
        let json =
            r#"{"version": "1.2.3", "replicas": 3, "ratio": 0.1, "safe": true, "who": ["a"]}"#;
        let from_toml = file("values.toml", toml);
        assert_eq!(from_toml, file("values.json", json));
        let values = from_toml.unwrap_or_default();
        assert_eq!(values["version"], Given::Text("1.2.3".to_owned()));
        let ratio = Value::quantity(Decimal::new(1, 1), Unit::Number);
        assert_eq!(values["ratio"], Given::Typed(ratio));
        assert_eq!(values["safe"], Given::Typed(Value::Bool(true)));
    }

    #[test]
    fn what_is_no_value_is_named() {
        let why = file("values.json", r#"{"a": null}"#);
        assert_eq!(why, Err("`a`: null is no value".to_owned()));
        assert!(file("values.json", "[1]").is_err());
        assert!(file("values.toml", "a = ").is_err());
    }
}
