//! RB403: a check beside a step that changes what it looks at.

use super::{How, NodeId, Part, Role, Rule, Subject, node_ids};
use crate::plan::{NodeKind, TouchKind};
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB403,
    how: How::Heuristic,
    wrong: r#"
parallel {
  step migrate {
    $ ./migrate.sh
    timeout 10m
    touches database
    rollback $ ./migrate_back.sh
  }
  check database_is_well {
    $ ./check.sh database
  }
}
"#,
    right: r#"
parallel {
  step migrate {
    $ ./migrate.sh
    timeout 10m
    touches database
    rollback $ ./migrate_back.sh
  }
  check database_is_well after migrate {
    $ ./check.sh database
  }
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let changing: Vec<(NodeId, &str)> = node_ids(subject.plan)
        .flat_map(|id| {
            let touches = match &subject.node(id).kind {
                NodeKind::Step(step) => step.touches.as_slice(),
                _another => &[],
            };
            touches
                .iter()
                .filter(|it| it.how != TouchKind::Saves)
                .map(move |it| (id, it.resource.as_str()))
        })
        .collect();
    if !subject.has_branches() || changing.is_empty() {
        return Vec::new();
    }
    let checks = subject.parts.iter().filter(|it| it.role == Role::Check);
    checks
        .filter_map(|part| problem(subject, part, &changing))
        .collect()
}

fn problem(subject: &Subject<'_>, part: &Part<'_>, changing: &[(NodeId, &str)]) -> Option<Problem> {
    let statement = part.statement?;
    let words: Vec<&str> = part
        .text
        .text
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .collect();
    let mut named = changing
        .iter()
        .filter(|(_, resource)| words.contains(resource))
        .peekable();
    named.peek()?;
    let nodes = subject.nodes_at(statement.span);
    let (step, resource) = named.find(|(step, _)| {
        nodes
            .iter()
            .any(|node| subject.graph.may_overlap(*step, *node))
    })?;
    let (node, name) = (subject.node(*step), &statement.name);
    let changer = subject.statement(node);
    Some(
        Problem::new(
            Code::RB403,
            part.text.whole(),
            format!("what `{name}` sees of `{resource}` depends on how far `{changer}` is"),
        )
        .label("looks at it")
        .and(subject.span(node), "changes it meanwhile")
        .help(format!("say `after {changer}`, or put it before")),
    )
}
