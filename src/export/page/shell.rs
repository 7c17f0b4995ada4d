//! Commands as a person runs them by hand: with the values they read above them.

use std::collections::BTreeSet;

use crate::export::words;
use crate::plan::{
    Binding, HttpRequest, NodeId, Plan, Run, SecretFrom, Shell, Task, TemplatePart, ValueSource,
};
use crate::problem::render::neutral::one_line;
use crate::shell::quote;

/// The values that every command reads, as assignments.
pub(super) fn settings(plan: &Plan) -> String {
    let parameters = plan.parameters.iter();
    let parameters = parameters.map(|it| assignment(&it.name, &it.value.shell_text()));
    let environment = plan.environment.iter();
    let environment = environment.map(|it| exported(it, setting(plan, it)));
    let lines: Vec<String> = parameters.chain(environment).collect();
    lines.join("\n")
}

/// `export NAME=value`, where the line only sets it.
fn exported(binding: &Binding, line: String) -> String {
    let name = &binding.name;
    let is_exported = line.ends_with(&format!("\nexport {name}"));
    match line.starts_with(&format!("{name}=")) && !is_exported {
        true => format!("export {line}"),
        false => line,
    }
}

fn assignment(name: &str, value: &str) -> String {
    format!("{name}={}", quote(value))
}

fn setting(plan: &Plan, binding: &Binding) -> String {
    let name = &binding.name;
    match &binding.value {
        ValueSource::Known(value) => assignment(name, value),
        ValueSource::Capture { node, .. } => {
            let of = &plan.nodes[node.index()].name;
            remark(name, &format!("noted before {of}, see there"))
        }
        ValueSource::Output { node, name: of, .. } => {
            let from = &plan.nodes[node.index()].name;
            remark(name, &format!("the {of} that {from} gave"))
        }
        ValueSource::Secret(secret) => of_secret(plan, name, secret),
        ValueSource::Run(_) => remark(name, &words::value(plan, &binding.value)),
        ValueSource::Template(template) => match (template.known(), template.0.as_slice()) {
            (Some(value), _) => assignment(name, &value),
            // Nothing but a value, as `"{password}"`.
            (None, [TemplatePart::Value(value)]) => {
                let value = value.clone();
                let name = name.clone();
                setting(plan, &Binding { name, value })
            }
            (None, _) => remark(name, &words::template_text(plan, template)),
        },
    }
}

/// Where a value comes from that a person puts in; on one line, or the next one would be
/// a command.
fn remark(name: &str, text: &str) -> String {
    format!("# ${name}: {}", one_line(text))
}

/// A secret where a command looks for it.
fn of_secret(plan: &Plan, name: &str, secret: &str) -> String {
    let from = plan.secrets.iter().find(|it| it.name == secret);
    match from.map(|secret| &secret.from) {
        Some(SecretFrom::Env(variable)) if variable != name => {
            format!("export {name}=\"${variable}\"")
        }
        Some(SecretFrom::File(path)) => {
            format!("export {name}=\"$(cat {})\"", quote(path))
        }
        Some(SecretFrom::Command(task)) => {
            format!("{}\nexport {name}", noted(plan, name, task).1)
        }
        Some(SecretFrom::Env(_)) | None => remark(name, &format!("the secret {secret}")),
    }
}

/// Where a person puts what a step gave, under the names by which later commands
/// read it.
pub(super) fn kept(plan: &Plan, node: NodeId) -> String {
    let mut lines = BTreeSet::new();
    for (_, task) in plan.tasks() {
        for binding in &task.bindings {
            if let ValueSource::Output { node: of, name, .. } = &binding.value
                && *of == node
            {
                lines.insert(format!("{}=  # the {name}", binding.name));
            }
        }
    }
    lines.into_iter().collect::<Vec<_>>().join("\n")
}

/// What a task runs, with the values that only it reads. What it sets for its programs,
/// and where it goes, is for nothing that is run after it in the same shell.
pub(super) fn commands(plan: &Plan, task: &Task) -> (&'static str, String) {
    let (shell, around, text) = command(plan, task);
    let text = [around.join("\n"), text];
    let text: Vec<String> = text.into_iter().filter(|it| !it.is_empty()).collect();
    let text = text.join("\n");
    let stays = |line: &String| {
        line.starts_with("export ") || line.contains("\nexport ") || line.starts_with("cd ")
    };
    match around.iter().any(stays) && matches!(task.run, Run::Script { .. }) {
        true => (shell, format!("(\n{text}\n)")),
        false => (shell, text),
    }
}

/// What sends a message, which it finds in a variable.
pub(super) fn sending(plan: &Plan, task: &Task) -> (&'static str, String) {
    let own = task.bindings.iter().filter(|it| it.name != "message");
    let task = Task {
        bindings: own.cloned().collect(),
        ..task.clone()
    };
    let (shell, text) = commands(plan, &task);
    (
        shell,
        format!("{}\n{text}", remark("message", "the text above")),
    )
}

/// The shell, what is set before, and the command itself.
fn command(plan: &Plan, task: &Task) -> (&'static str, Vec<String>, String) {
    let own = task.bindings.iter().filter(|it| !is_parameter(plan, it));
    let mut around: Vec<String> = own.map(|it| own_setting(plan, it)).collect();
    if let Some(directory) = &task.directory {
        let directory = words::template_text(plan, directory);
        around.push(format!("cd {} || exit", quote(&directory)));
    }
    match &task.run {
        Run::Script { text, shell } => (
            shell_name(*shell),
            around,
            text.trim_end_matches('\n').to_owned(),
        ),
        Run::Http(request) => {
            let mut lines = words::task(plan, task);
            lines.extend(sent(plan, request));
            ("http", around, lines.join("\n"))
        }
    }
}

/// What is in capitals is there for the programs that a command starts.
fn own_setting(plan: &Plan, binding: &Binding) -> String {
    let line = setting(plan, binding);
    let for_programs = !binding.name.contains(|c: char| c.is_ascii_lowercase());
    match for_programs {
        true => exported(binding, line),
        false => line,
    }
}

/// What a request sends with it, as it goes over the wire; secrets by their names.
fn sent(plan: &Plan, request: &HttpRequest) -> Vec<String> {
    let text = |it| words::template_text(plan, it);
    let headers = request.headers.iter();
    let headers = headers.map(|(name, value)| format!("{name}: {}", text(value)));
    let body = request.body.iter();
    let body = body.flat_map(|body| [String::new(), text(body).trim_end().to_owned()]);
    headers.chain(body).collect()
}

/// What a task prints, kept under a name.
pub(super) fn noted(plan: &Plan, name: &str, task: &Task) -> (&'static str, String) {
    let (shell, mut lines, text) = command(plan, task);
    lines.push(text);
    (shell, format!("{name}=$(\n{}\n)", lines.join("\n")))
}

fn shell_name(shell: Shell) -> &'static str {
    match shell {
        Shell::Sh => "sh",
        Shell::Bash => "bash",
    }
}

/// Whether a variable is a parameter with its value: that stands at the top.
fn is_parameter(plan: &Plan, binding: &Binding) -> bool {
    let ValueSource::Known(value) = &binding.value else {
        return false;
    };
    let mut parameters = plan.parameters.iter();
    parameters.any(|it| it.name == binding.name && it.value.shell_text() == *value)
}
