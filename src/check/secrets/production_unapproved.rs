//! RB610: production is changed and nobody approves.

use super::{How, Rule, Subject};
use crate::model::{Expr, ExprKind, Parameter};
use crate::plan::{GateCondition, NodeKind};
use crate::problem::{Code, Problem};
use crate::types::{Type, Value};

pub static RULE: Rule = Rule {
    code: Code::RB610,
    how: How::Heuristic,
    wrong: r#"
param environment: "staging" | "production"
step deploy {
  $ ./deploy.sh "$environment"
  timeout 10m
  rollback $ ./deploy_old.sh "$environment"
}
"#,
    right: r#"
param environment: "staging" | "production"
role managers = ["ada", "grace"]
gate go when environment == "production" {
  approve by managers
  timeout 30m
}
step deploy {
  $ ./deploy.sh "$environment"
  timeout 10m
  rollback $ ./deploy_old.sh "$environment"
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let approved = subject.plan.nodes.iter().any(|node| match &node.kind {
        NodeKind::Gate(gate) => gate
            .conditions
            .iter()
            .any(|it| matches!(it, GateCondition::Approve { .. })),
        _no_gate => false,
    });
    let target = subject
        .model
        .parameters
        .iter()
        .find(|it| names_production(it));
    match target {
        Some(parameter) if !approved => vec![
            Problem::new(
                Code::RB610,
                parameter.span,
                "this can change production, and nobody has to approve",
            )
            .label("may be production")
            .help("add a gate before the first change: `gate go { approve by ROLE }`"),
        ],
        Some(_) | None => Vec::new(),
    }
}

fn names_production(parameter: &Parameter) -> bool {
    let is_it = |text: &str| matches!(text, "production" | "prod" | "live");
    let of_default = |expr: &Expr| match &expr.kind {
        ExprKind::Value(Value::Text(text)) => is_it(text),
        _another => false,
    };
    match &parameter.ty {
        Type::Choice(choices) => choices.iter().any(|it| is_it(it)),
        _another => parameter.default.as_ref().is_some_and(of_default),
    }
}
