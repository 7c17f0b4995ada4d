//! RB508: a window that begins or ends at a time that some days do not have.

use super::{Code, GateCondition, How, NodeKind, Problem, Rule, Subject, Window};
use crate::source::Span;
use crate::syntax::ast::ItemKind;
use crate::types::window::doubtful_time;

pub static RULE: Rule = Rule {
    code: Code::RB508,
    how: How::Exact,
    wrong: r#"
window nights { allow 02:30..05:00 in "Europe/Berlin" }
gate night { window nights }
"#,
    right: r#"
window nights { allow 03:30..05:00 in "Europe/Berlin" }
gate night { window nights }
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut known: Vec<&str> = Vec::new();
    for node in &subject.plan.nodes {
        let NodeKind::Gate(gate) = &node.kind else {
            continue;
        };
        for condition in &gate.conditions {
            let GateCondition::Window(window) = condition else {
                continue;
            };
            if !known.contains(&window.name.as_str()) {
                known.push(&window.name);
                let place = declared(subject, window).unwrap_or_else(|| subject.span(node));
                problems.extend(problem(window, place));
            }
        }
    }
    problems
}

fn declared(subject: &Subject<'_>, window: &Window) -> Option<Span> {
    subject.ast.items.iter().find_map(|item| match &item.kind {
        ItemKind::Window(it) if it.name.text == window.name => Some(it.name.span),
        _another => None,
    })
}

fn problem(window: &Window, place: Span) -> Option<Problem> {
    let spans = window.allow.iter().chain(&window.deny);
    let (zone, (time, is_missing)) = spans
        .into_iter()
        .find_map(|span| Some((span.zone.as_str(), doubtful_time(span)?)))?;
    let how = if is_missing {
        "is missing"
    } else {
        "is there twice"
    };
    Some(
        Problem::new(
            Code::RB508,
            place,
            format!(
                "{time} {how} in {zone}, and `{}` begins or ends then",
                window.name
            ),
        )
        .label("an hour early or late on that day")
        .help("choose another hour, or say it `in \"UTC\"`"),
    )
}
