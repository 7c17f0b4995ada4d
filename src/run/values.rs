//! Values that only the run knows, for commands, requests and messages.

use std::collections::BTreeMap;
use std::ffi::OsString;

use zeroize::Zeroizing;

use crate::machine::Machine;
use crate::plan::{Binding, NodeId, RunValue, Task, Template, TemplatePart, ValueSource};
use crate::run::http::open_part;
use crate::types::text::elapsed;

/// Stands where a secret is.
const HIDDEN: &str = "***";

/// The secrets of a run, by name. Fetched before anything changes.
#[derive(Default)]
pub struct Secrets(BTreeMap<String, Zeroizing<String>>);

/// Never shows a secret.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Secrets {
    pub fn insert(&mut self, name: &str, value: Zeroizing<String>) {
        self.0.insert(name.to_owned(), value);
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.as_str())
    }

    /// The values, to be masked wherever they turn up.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(|value| value.as_str())
    }
}

/// Where values come from while the run goes on.
#[derive(Clone, Copy)]
pub struct Values<'r> {
    pub machine: &'r Machine,
    pub secrets: &'r Secrets,
    pub run_id: &'r str,
    pub starter: &'r str,
}

impl Values<'_> {
    /// The variables a task's command gets.
    ///
    /// # Errors
    /// A value that is not known, in words.
    pub fn environment(&self, task: &Task) -> Result<Vec<(String, OsString)>, String> {
        let everywhere = &self.machine.plan().environment;
        let mut variables: Vec<(String, OsString)> = Vec::new();
        for Binding { name, value } in everywhere {
            // What not every command uses need not be known to all.
            if let Ok(text) = self.value(value) {
                variables.push((name.clone(), text.into()));
            }
        }
        for Binding { name, value } in &task.bindings {
            let text = self
                .value(value)
                .map_err(|why| format!("`${name}` {why}"))?;
            variables.push((name.clone(), text.into()));
        }
        Ok(variables)
    }

    /// A template's text.
    ///
    /// # Errors
    /// A value that is not known, in words.
    pub fn fill(&self, template: &Template) -> Result<String, String> {
        template
            .0
            .iter()
            .map(|part| match part {
                TemplatePart::Text(text) => Ok(text.clone()),
                TemplatePart::Value(value) => self.value(value),
            })
            .collect()
    }

    /// The same for people: what is not known is said where it would stand.
    pub fn fill_in_words(&self, template: &Template) -> String {
        template
            .0
            .iter()
            .map(|part| match part {
                TemplatePart::Text(text) => text.clone(),
                TemplatePart::Value(value) => self
                    .value(value)
                    .unwrap_or_else(|why| format!("(it {why})")),
            })
            .collect()
    }

    /// An address for people: no secret, no query and no user is in it. Of one
    /// that is secret as a whole, where it leads is told.
    pub fn address(&self, template: &Template) -> String {
        let address = open_part(&self.fill_openly(template));
        if !address.starts_with(HIDDEN) {
            return address;
        }
        let whole = self.fill(template).unwrap_or_default();
        let whole = open_part(&whole);
        match whole.split('/').collect::<Vec<_>>().as_slice() {
            [scheme, "", host, ..] => format!("{scheme}//{host}/{HIDDEN}"),
            _no_address => address,
        }
    }

    fn fill_openly(&self, template: &Template) -> String {
        let parts = template.0.iter().map(|part| match part {
            TemplatePart::Text(text) => text.clone(),
            TemplatePart::Value(ValueSource::Secret(_)) => HIDDEN.to_owned(),
            TemplatePart::Value(ValueSource::Template(inner)) => self.fill_openly(inner),
            TemplatePart::Value(value) => self.value(value).unwrap_or_default(),
        });
        parts.collect()
    }

    fn value(&self, source: &ValueSource) -> Result<String, String> {
        match source {
            ValueSource::Known(text) => Ok(text.clone()),
            ValueSource::Capture { node, name } => self.given(*node, name, "captured"),
            ValueSource::Output {
                node,
                name,
                default,
            } => match (self.machine.value(*node, name), default) {
                (Some(value), _) => Ok(value.to_owned()),
                (None, Some(default)) => Ok(default.clone()),
                (None, None) => self.given(*node, name, "given"),
            },
            ValueSource::Secret(name) => match self.secrets.get(name) {
                Some(value) => Ok(value.to_owned()),
                None => Err(format!("is not known: the secret `{name}` was not fetched")),
            },
            ValueSource::Run(value) => Ok(self.of_run(*value)),
            ValueSource::Template(template) => self.fill(template),
        }
    }

    fn given(&self, node: NodeId, name: &str, how: &str) -> Result<String, String> {
        match self.machine.value(node, name) {
            Some(value) => Ok(value.to_owned()),
            None => {
                let step = &self.machine.plan().nodes[node.index()].name;
                Err(format!("is not known: `{name}` was not {how} by `{step}`"))
            }
        }
    }

    fn of_run(&self, value: RunValue) -> String {
        match value {
            RunValue::Id => self.run_id.to_owned(),
            RunValue::Reason => self
                .machine
                .headline()
                .map(|headline| headline.message.clone())
                .unwrap_or_default(),
            RunValue::Elapsed => elapsed(self.machine.now()),
            RunValue::Outcome => self
                .machine
                .expected_outcome()
                .map_or("", |outcome| outcome.name())
                .to_owned(),
            RunValue::Starter => self.starter.to_owned(),
        }
    }
}
