//! RB115: a series of shares whose way back ends at its first share.

use super::{Command, How, Role, Rule, Subject};
use crate::model::evaluate::any_variable;
use crate::model::{Block, Statement, StatementKind, Variable};
use crate::problem::{Code, Problem};
use crate::types::{Type, Unit};

pub static RULE: Rule = Rule {
    code: Code::RB115,
    how: How::Heuristic,
    wrong: r#"
for share in [10%, 50%, 100%] {
  step shift {
    $ ./traffic.sh --to green --share "$share"
    timeout 1m
    rollback $ ./traffic.sh --back-to green --share "$share"
  }
}
"#,
    right: r#"
for share in [10%, 50%, 100%] {
  step shift {
    $ ./traffic.sh --to green --share "$share"
    timeout 1m
  }
  rollback $ ./traffic.sh --to green --share 0
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut loops = Vec::new();
    of_shares(&subject.model.body, None, &mut loops);
    let mut problems = Vec::new();
    for (statement, variable, around) in loops {
        let of_step = |role: Role| {
            let mut parts = subject.parts.iter();
            parts.find(move |it| {
                it.role == role && it.statement.is_some_and(|of| std::ptr::eq(of, statement))
            })
        };
        let (Some(forward), Some(undo)) = (of_step(Role::Step), of_step(Role::Undo)) else {
            continue;
        };
        let binding = undo
            .task
            .bindings
            .iter()
            .find(|it| any_variable(&it.value, &|of| *of == Variable::Loop(variable)));
        let (Some(first), Some(back), Some(_)) =
            (forward.commands.first(), undo.commands.first(), binding)
        else {
            continue;
        };
        // The same words in another order move the share the other way.
        if first.program == back.program && sorted(first) != sorted(back) {
            let name = &statement.name;
            let message = format!(
                "the way back of `{name}` ends with the undo of its first round, which sets the share of that round, and not what was before"
            );
            problems.push(
                Problem::new(Code::RB115, undo.text.whole(), message)
                    .label("the share of its own round")
                    .and(around.span, "the rounds")
                    .help("let the loop have one `rollback`, which sets what was before the first round"),
            );
        }
    }
    problems
}

fn sorted<'a>(command: &Command<'a>) -> Vec<&'a str> {
    let mut words = command.words.clone();
    words.sort_unstable();
    words
}

/// The steps right inside loops over shares, with the variable and the loop.
fn of_shares<'m>(
    block: &'m Block,
    inside: Option<(usize, &'m Statement)>,
    found: &mut Vec<(&'m Statement, usize, &'m Statement)>,
) {
    for statement in &block.statements {
        match &statement.kind {
            StatementKind::For {
                variable,
                list,
                body,
                ..
            } => {
                let percent = match &list.ty {
                    Some(Type::List(of)) => of.unit() == Some(Unit::Percent),
                    Some(_) | None => false,
                };
                of_shares(body, percent.then_some((*variable, statement)), found);
            }
            StatementKind::Phase { body, .. }
            | StatementKind::Parallel { body }
            | StatementKind::With { body, .. } => of_shares(body, inside, found),
            StatementKind::Step(_) => {
                found.extend(inside.map(|(variable, around)| (statement, variable, around)));
            }
            StatementKind::Check(_)
            | StatementKind::Gate(_)
            | StatementKind::Notify(_)
            | StatementKind::Postmortem(_)
            | StatementKind::Hole => {}
        }
    }
}
