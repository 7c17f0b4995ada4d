//! Which values of other steps a task uses.

use crate::plan::{Binding, HttpRequest, NodeId, Run, Task, Template, TemplatePart, ValueSource};

/// A capture or output that a task uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The step that gives it.
    pub from: NodeId,
    pub name: String,
    /// Whether it was noted before that step's change, and not given by it.
    pub capture: bool,
    /// Whether something stands in for it where it is missing.
    pub default: bool,
}

/// The values of steps that a task uses.
pub fn uses(task: &Task) -> Vec<Use> {
    let mut found = Vec::new();
    for Binding { value, .. } in &task.bindings {
        of_value(value, &mut found);
    }
    if let Some(directory) = &task.directory {
        of_template(directory, &mut found);
    }
    if let Run::Http(request) = &task.run {
        of_request(request, &mut found);
    }
    found
}

fn of_request(request: &HttpRequest, found: &mut Vec<Use>) {
    of_template(&request.url, found);
    for (_, value) in &request.headers {
        of_template(value, found);
    }
    if let Some(body) = &request.body {
        of_template(body, found);
    }
}

/// The values of steps that a text uses.
pub fn uses_of_text(template: &Template) -> Vec<Use> {
    let mut found = Vec::new();
    of_template(template, &mut found);
    found
}

fn of_template(template: &Template, found: &mut Vec<Use>) {
    for part in &template.0 {
        if let TemplatePart::Value(value) = part {
            of_value(value, found);
        }
    }
}

fn of_value(value: &ValueSource, found: &mut Vec<Use>) {
    let used = match value {
        ValueSource::Capture { node, name } => Use {
            from: *node,
            name: name.clone(),
            capture: true,
            default: false,
        },
        ValueSource::Output {
            node,
            name,
            default,
        } => Use {
            from: *node,
            name: name.clone(),
            capture: false,
            default: default.is_some(),
        },
        ValueSource::Template(template) => return of_template(template, found),
        ValueSource::Known(_) | ValueSource::Secret(_) | ValueSource::Run(_) => return,
    };
    if !found.contains(&used) {
        found.push(used);
    }
}
