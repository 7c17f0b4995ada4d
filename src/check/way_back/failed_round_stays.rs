//! RB137: a loop that goes on and leaves what a failed round changed.

use super::{How, Rule, Subject};
use crate::model::{Block, Statement, StatementKind, WayBack};
use crate::plan::StepElse;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB137,
    how: How::Exact,
    wrong: r#"
for server in ["web1", "web2"] {
  step install {
    $ ./install.sh "$server" new
    timeout 10m
    else continue
    rollback $ ./install.sh "$server" old
  }
}
"#,
    right: r#"
for server in ["web1", "web2"] {
  step install {
    $ ./install.sh "$server" new
    timeout 10m
    rollback $ ./install.sh "$server" old
  }
}
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    of_block(&subject.model.body, None, &mut problems);
    problems
}

fn of_block(block: &Block, inside: Option<&Statement>, problems: &mut Vec<Problem>) {
    for statement in &block.statements {
        match &statement.kind {
            StatementKind::For { body, .. } => of_block(body, Some(statement), problems),
            StatementKind::Phase { body, .. }
            | StatementKind::Parallel { body }
            | StatementKind::With { body, .. } => of_block(body, inside, problems),
            StatementKind::Step(step) => {
                let stays = step.otherwise == StepElse::Continue
                    && !step.atomic
                    && !matches!(step.way_back, WayBack::Harmless(_));
                if let (true, Some(around)) = (stays, inside) {
                    problems.push(problem(statement, around));
                }
            }
            StatementKind::Check(_)
            | StatementKind::Gate(_)
            | StatementKind::Notify(_)
            | StatementKind::Postmortem(_)
            | StatementKind::Hole => {}
        }
    }
}

fn problem(step: &Statement, around: &Statement) -> Problem {
    let name = &step.name;
    let message = format!(
        "if `{name}` fails in one round, the release goes on and succeeds, and what that round had changed stays half done"
    );
    Problem::new(Code::RB137, step.span, message)
        .label("`else continue` in a loop")
        .and(around.span, "the rounds")
        .help("say `atomic` if a failed attempt leaves nothing behind; or `else rollback`, which takes all rounds back; or `else ask`")
}
