//! Runs that begin in the middle: `--from`.

use crate::cli::exec::Manner;
use crate::cli::{status, terminal};
use crate::plan::{Known, Plan, begin_at as plan_from};
use crate::run::terminal::Terminal;

/// The plan of a run that begins there. What is wrong with that is said; the
/// error is the exit status.
pub fn begin_at(plan: &Plan, step: &str, known: &[String]) -> Result<Plan, u8> {
    begin_as_before(plan, step, &read_known(known)?)
}

/// The same, with values that were read already.
pub fn begin_as_before(plan: &Plan, step: &str, known: &[Known]) -> Result<Plan, u8> {
    plan_from(plan, step, known).map_err(|why| {
        for line in why {
            terminal::error(&line);
        }
        terminal::say("nothing was changed");
        status::USAGE
    })
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
    loop {
        terminal.prompt(&format!(
            "before {beginning}: {taken}\n? is all of this done? This run does not undo it [y]es, [n]o: "
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
