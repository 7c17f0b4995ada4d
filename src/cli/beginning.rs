//! Runs that begin in the middle: `--from`.

use crate::cli::exec::Manner;
use crate::cli::{status, terminal};
use crate::plan::{Known, Plan, begin_as_before as plan_as_before, begin_at as plan_from};
use crate::run::terminal::Terminal;

/// The plan of a run that begins there. What is wrong with that is said; the
/// error is the exit status.
pub fn begin_at(plan: &Plan, step: &str, known: &[String]) -> Result<Plan, u8> {
    or_refused(plan_from(plan, step, &read_known(known)?))
}

/// The plan of a changed runbook, for a run that began where this recorded one did.
pub fn begin_as_before(plan: &Plan, recorded: &Plan) -> Result<Plan, u8> {
    or_refused(plan_as_before(plan, recorded))
}

fn or_refused(plan: Result<Plan, Vec<String>>) -> Result<Plan, u8> {
    plan.map_err(|why| {
        for line in why {
            terminal::error(&line);
        }
        terminal::say("nothing was changed");
        status::USAGE
    })
}

/// What this run undoes although it did not do it, in words.
fn covered(plan: &Plan) -> String {
    let covered = plan.covered_before().into_iter();
    let covered = covered.map(|(step, block)| {
        let (step, block) = (&step.name, &block.name);
        format!("`{step}` with the rollback of `{block}`")
    });
    let covered: Vec<String> = covered.collect();
    match covered.is_empty() {
        true => String::new(),
        false => format!(", but for {}", covered.join(", ")),
    }
}

/// Values that steps gave, each `step.name=value`.
pub fn read_known(known: &[String]) -> Result<Vec<Known>, u8> {
    let read = |text: &String| {
        Known::read(text).ok_or_else(|| {
            terminal::error(&format!("`--known {text}`: write it as `step.name=value`"));
            status::USAGE
        })
    };
    known.iter().map(read).collect()
}

/// Asks whether all that is taken as done is done. Checks and approvals are
/// among it, so nobody passes them over by the way.
pub fn confirm(plan: &Plan, manner: &Manner) -> Result<(), u8> {
    let Some(beginning) = plan.beginning().filter(|_| !manner.yes) else {
        return Ok(());
    };
    let taken: Vec<&str> = plan.taken_as_done().map(|it| &*it.name).collect();
    let taken = taken.join(", ");
    let Some(mut terminal) = Terminal::open().filter(|_| !manner.json) else {
        terminal::error(&format!(
            "somebody must confirm that all before `{beginning}` is done, and nobody can be asked here: {taken}"
        ));
        terminal::say("nothing was changed; `--yes` confirms it");
        return Err(status::PROBLEMS);
    };
    let but_for = covered(plan);
    loop {
        terminal.prompt(&format!(
            "before {beginning}: {taken}\n? is all of this done? This run does not undo it{but_for} [y]es, [n]o: "
        ));
        let answer = terminal.read_line().unwrap_or_else(|| "no".to_owned());
        match answer.trim().to_lowercase().as_str() {
            "y" | "yes" => return Ok(()),
            "n" | "no" => {
                terminal::say("nothing was changed");
                return Err(status::PROBLEMS);
            }
            _unclear => {}
        }
    }
}
