//! RB314: a statement whose `when` contradicts one around it.

use super::always_the_same::contradict;
use super::{How, Rule, Subject};
use crate::model::{Block, Expr, ExprKind};
use crate::plan::Relation;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB314,
    how: How::Exact,
    wrong: r#"
param environment: "staging" | "production"
phase live when environment == "production" {
  step try_out when environment == "staging" {
    $ ./try_out.sh
    timeout 10m
    rollback $ ./clean_up.sh
  }
}
"#,
    right: r#"
param environment: "staging" | "production"
phase try_out when environment == "staging" {
  step try_out_all {
    $ ./try_out.sh
    timeout 10m
    rollback $ ./clean_up.sh
  }
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    of_block(subject, &subject.model.body, &mut Vec::new(), &mut problems);
    problems
}

fn of_block<'m>(
    subject: &Subject<'_>,
    block: &'m Block,
    around: &mut Vec<&'m Expr>,
    problems: &mut Vec<Problem>,
) {
    for statement in &block.statements {
        let when = statement.when.as_ref();
        let against = when.and_then(|when| {
            let mut parts = Vec::new();
            conjuncts(when, &mut parts);
            let shuts_out = |outer: &&&Expr| parts.iter().any(|it| excludes(it, outer));
            around.iter().find(shuts_out).map(|outer| (when, *outer))
        });
        if let Some((when, outer)) = against {
            let (inner, other) = (
                subject.sources.slice(when.span),
                subject.sources.slice(outer.span),
            );
            problems.push(
                Problem::new(
                    Code::RB314,
                    when.span,
                    format!("`{inner}` cannot be so where `{other}` is, so this never runs"),
                )
                .label("shut out")
                .and(outer.span, "by this")
                .help("take the statement out of the block, or mend one of the conditions"),
            );
        }
        let known = around.len();
        if let Some(when) = when {
            conjuncts(when, around);
        }
        if let Some(body) = statement.kind.body() {
            of_block(subject, body, around, problems);
        }
        around.truncate(known);
    }
}

/// What must all be so.
fn conjuncts<'m>(expr: &'m Expr, found: &mut Vec<&'m Expr>) {
    match &expr.kind {
        ExprKind::And(left, right) => {
            conjuncts(left, found);
            conjuncts(right, found);
        }
        _another => found.push(expr),
    }
}

/// Whether both cannot be so at once: one is what the other denies, or they
/// compare one value with two.
fn excludes(one: &Expr, other: &Expr) -> bool {
    if contradict(one, other) {
        return true;
    }
    let (
        ExprKind::Compare(value, Relation::Equal, is),
        ExprKind::Compare(again, Relation::Equal, is_not),
    ) = (&one.kind, &other.kind)
    else {
        return false;
    };
    let same_variable = match (&value.kind, &again.kind) {
        (ExprKind::Variable(one), ExprKind::Variable(other)) => one == other,
        (_, _) => false,
    };
    let differ = match (&is.kind, &is_not.kind) {
        (ExprKind::Value(one), ExprKind::Value(other)) => one != other,
        (_, _) => false,
    };
    same_variable && differ
}
