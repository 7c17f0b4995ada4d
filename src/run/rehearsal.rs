//! Runs that were tried elsewhere before.

use crate::machine::event::Outcome;
use crate::plan::{Millis, Plan};
use crate::run::clock::wall_millis;
use crate::run::journal::read;
use crate::run::state::RunDirectory;

/// Whether this very text both succeeded and was rolled back within so long on
/// this target: the value of any parameter, as in `environment = staging`.
pub fn found(run: &RunDirectory, plan: &Plan, on: &str, within: Millis) -> bool {
    let since = wall_millis().saturating_sub(i64::try_from(within).unwrap_or(i64::MAX));
    let (mut succeeded, mut rolled_back) = (false, false);
    let runs = run.state().map(|state| state.runs()).unwrap_or_default();
    for other in runs.iter().filter(|other| other.id() != run.id()) {
        let Ok(recorded) = read(other) else { continue };
        let same_text = digests(&recorded.plan).eq(digests(plan));
        let there = recorded
            .plan
            .parameters
            .iter()
            .any(|parameter| parameter.value.to_string() == on);
        // Of one whose text was changed on the way nothing is known.
        let changed = !recorded.replanned.is_empty();
        let whole = recorded.plan.beginning().is_none() && !recorded.plan.only_looks;
        if !same_text || changed || !whole || !there || recorded.wall < since {
            continue;
        }
        match recorded.outcome() {
            Some(Outcome::Succeeded) => succeeded = true,
            Some(Outcome::RolledBack) => rolled_back = true,
            Some(
                Outcome::Stopped | Outcome::RollbackIncomplete | Outcome::Frozen | Outcome::Waiting,
            )
            | None => {}
        }
    }
    succeeded && rolled_back
}

fn digests(plan: &Plan) -> impl Iterator<Item = &str> {
    plan.files.iter().map(|file| file.digest.as_str())
}
