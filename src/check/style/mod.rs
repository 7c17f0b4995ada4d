//! Rules on how a runbook reads.

pub(super) mod long_script;
pub(super) mod phase_untitled;
pub(super) mod repeated_bound;
pub(super) mod step_untitled;

use super::{How, Rule, Subject};
use crate::model::{Block, Statement, StatementKind};

/// Every statement of the release.
fn statements<'m>(subject: &Subject<'m>) -> Vec<&'m Statement> {
    let mut found = Vec::new();
    of_block(&subject.model.body, &mut found);
    found
}

fn of_block<'m>(block: &'m Block, found: &mut Vec<&'m Statement>) {
    for statement in &block.statements {
        found.push(statement);
        match &statement.kind {
            StatementKind::Phase { body, .. }
            | StatementKind::Parallel { body }
            | StatementKind::For { body, .. }
            | StatementKind::With { body, .. } => of_block(body, found),
            StatementKind::Step(_)
            | StatementKind::Check(_)
            | StatementKind::Gate(_)
            | StatementKind::Notify(_)
            | StatementKind::Postmortem(_)
            | StatementKind::Hole => {}
        }
    }
}
