//! RB304: a parameter, secret, capture or output that nothing uses.

use std::collections::HashSet;

use super::{How, Rule, Subject};
use crate::problem::{Code, Problem};
use crate::source::Span;
use crate::syntax::ast::{AttributeKind, ItemKind, Name, Statement, StatementKind, StepBody};

pub static RULE: Rule = Rule {
    code: Code::RB304,
    how: How::Exact,
    wrong: r#"
param version: version
param region: string
step deploy {
  $ ./deploy.sh "$version"
  timeout 10m
  rollback $ ./deploy_old.sh
}
"#,
    right: r#"
param version: version
param region: string
step deploy {
  $ ./deploy.sh "$version" --region "$region"
  timeout 10m
  rollback $ ./deploy_old.sh
}
"#,
    check,
};

/// A declared value, and what it is.
struct Declared<'a> {
    what: &'static str,
    name: &'a Name,
    help: &'static str,
}

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let used: HashSet<Span> = subject.model.uses.iter().map(|it| it.declared).collect();
    let mut declared = Vec::new();
    for item in &subject.ast.items {
        match &item.kind {
            ItemKind::Param(it) => declared.push(Declared {
                what: "parameter",
                name: &it.name,
                help: match it.default {
                    None => "use it, or take it out: everybody who runs this is asked for it",
                    Some(_) => {
                        "use it, or take it out: whoever gives it a value expects something of it"
                    }
                },
            }),
            ItemKind::Secret(it) => declared.push(Declared {
                what: "secret",
                name: &it.name,
                help: "use it, or take it out: it is fetched before every run",
            }),
            ItemKind::Statement(statement) => of_statement(statement, &mut declared),
            _another => {}
        }
    }
    declared
        .into_iter()
        .filter(|it| !used.contains(&it.name.span))
        .map(|it| {
            let Declared { what, name, help } = it;
            Problem::new(
                Code::RB304,
                name.span,
                format!("nothing uses the {what} `{}`", name.text),
            )
            .label("declared here")
            .help(help)
        })
        .collect()
}

fn of_statement<'a>(statement: &'a Statement, found: &mut Vec<Declared<'a>>) {
    if let StatementKind::Step { body, .. } | StatementKind::Check { body, .. } = &statement.kind {
        of_body(body, found);
    }
    let inner = statement.kind.body();
    for statement in inner.iter().flat_map(|block| &block.statements) {
        of_statement(statement, found);
    }
}

fn of_body<'a>(body: &'a StepBody, found: &mut Vec<Declared<'a>>) {
    for attribute in &body.attributes {
        if let AttributeKind::Capture { name, .. } = &attribute.kind {
            found.push(Declared {
                what: "capture",
                name,
                help: "use it in the `rollback`, or take it out",
            });
        }
    }
}
