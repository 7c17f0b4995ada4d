//! RB313: a `when` that nothing can change.

use super::{How, Rule, Subject};
use crate::model::evaluate::{Scope, variables_of};
use crate::model::{Expr, ExprKind};
use crate::plan::Relation;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB313,
    how: How::Exact,
    wrong: r#"
param environment: "staging" | "production"
step deploy when environment == environment {
  $ ./deploy.sh "$environment"
  timeout 10m
  rollback $ ./deploy_old.sh "$environment"
}
"#,
    right: r#"
param environment: "staging" | "production"
step deploy when environment == "staging" {
  $ ./deploy.sh "$environment"
  timeout 10m
  rollback $ ./deploy_old.sh "$environment"
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let statements = subject.model.body.all();
    let conditions = statements.into_iter().filter_map(|it| it.when.as_ref());
    conditions
        .filter_map(|when| {
            let always = decided(when)?;
            let word = if always { "always" } else { "never" };
            let text = subject.sources.slice(when.span);
            Some(
                Problem::new(
                    Code::RB313,
                    when.span,
                    format!("`{text}` is {word} so, whatever the parameters are"),
                )
                .label("decides nothing")
                .help(if always {
                    "take the `when` out, or compare with what was meant"
                } else {
                    "take the statement out, or compare with what was meant"
                }),
            )
        })
        .collect()
}

/// What a condition is, where it can be nothing else.
fn decided(when: &Expr) -> Option<bool> {
    let mut variables = Vec::new();
    variables_of(when, &mut variables);
    if variables.is_empty() {
        return Scope::default().truth(when).ok();
    }
    match &when.kind {
        ExprKind::Compare(left, relation, right) if same(left, right) => Some(match relation {
            Relation::Equal | Relation::LessOrEqual | Relation::GreaterOrEqual => true,
            Relation::NotEqual | Relation::Less | Relation::Greater => false,
        }),
        ExprKind::Not(inner) => decided(inner).map(|it| !it),
        ExprKind::And(left, right) => {
            let parts = [decided(left), decided(right)];
            if parts.contains(&Some(false)) || contradict(left, right) {
                Some(false)
            } else {
                parts[0].and(parts[1])
            }
        }
        ExprKind::Or(left, right) => {
            let parts = [decided(left), decided(right)];
            if parts.contains(&Some(true)) || contradict(left, right) {
                Some(true)
            } else {
                parts[0].and(parts[1])
            }
        }
        _another => None,
    }
}

/// Whether both say the same, in the same words.
pub fn same(one: &Expr, other: &Expr) -> bool {
    match (&one.kind, &other.kind) {
        (ExprKind::Value(one), ExprKind::Value(other)) => one == other,
        (ExprKind::Variable(one), ExprKind::Variable(other)) => one == other,
        (ExprKind::Compare(a, relation, b), ExprKind::Compare(c, other, d)) => {
            relation == other && same(a, c) && same(b, d)
        }
        (ExprKind::And(a, b), ExprKind::And(c, d)) | (ExprKind::Or(a, b), ExprKind::Or(c, d)) => {
            same(a, c) && same(b, d)
        }
        (ExprKind::Not(one), ExprKind::Not(other)) => same(one, other),
        (_, _) => false,
    }
}

/// Whether just one of the two is so, for certain.
pub fn contradict(one: &Expr, other: &Expr) -> bool {
    let negates = |one: &Expr, other: &Expr| match &one.kind {
        ExprKind::Not(inner) => same(inner, other),
        _another => false,
    };
    let opposite = match (&one.kind, &other.kind) {
        (ExprKind::Compare(a, first, b), ExprKind::Compare(c, second, d)) => {
            let opposed = matches!(
                (first, second),
                (Relation::Equal, Relation::NotEqual) | (Relation::NotEqual, Relation::Equal)
            );
            opposed && same(a, c) && same(b, d)
        }
        (_, _) => false,
    };
    negates(one, other) || negates(other, one) || opposite
}
