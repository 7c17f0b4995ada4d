use crate::cli::approve::over;
use crate::cli::resume::{find, is_driven};
use crate::cli::{status, terminal};
use crate::machine::Machine;
use crate::machine::event::{Answer as Meaning, Question};
use crate::problem::nearest;
use crate::run::inbox::{Message, post};
use crate::run::journal::read;
use crate::run::people::{choices, understood, what_is_asked};
use crate::run::state::RunDirectory;
use crate::run::who;

/// Answer what a run asks, from another terminal or machine
///
/// Without an answer it shows what is asked, and what can be said. A run that
/// stands still is told when it is resumed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  runbook answer kex7                       (what is asked)\n  runbook answer kex7 migrate again\n  runbook answer kex7 go no --reason \"the error rate is up\""
)]
pub struct Answer {
    /// The run, or the beginning or end of its id
    run: String,

    /// The step, check, gate or watch that asks
    #[arg(requires = "answer")]
    name: Option<String>,

    /// One of the answers that are shown
    answer: Option<String>,

    /// Why, for a no
    #[arg(long, value_name = "REASON", default_value = "no reason given")]
    reason: String,
}

impl Answer {
    pub fn run(&self) -> u8 {
        let run = match find(&self.run) {
            Ok(run) => run,
            Err(status) => return status,
        };
        let machine = match read(&run) {
            Ok(recorded) => recorded.machine(),
            Err(error) => {
                terminal::error(&error.to_string());
                return status::PROBLEMS;
            }
        };
        let done = match (&self.name, &self.answer) {
            (Some(name), Some(answer)) => self.tell(&run, &machine, name, answer),
            (_, _) => {
                show(&run, &machine);
                Ok(())
            }
        };
        match done {
            Ok(()) => status::OK,
            Err(why) => {
                terminal::error(&why);
                status::PROBLEMS
            }
        }
    }

    fn tell(
        &self,
        run: &RunDirectory,
        machine: &Machine,
        name: &str,
        answer: &str,
    ) -> Result<(), String> {
        if let Some(over) = over(machine) {
            return Err(format!("the run {over}: it asks nothing"));
        }
        let question = asked(machine, name)?;
        let answer = match understood(question, answer) {
            Some(Meaning::No { .. }) => Meaning::No {
                reason: self.reason.clone(),
            },
            Some(answer) => answer,
            None => {
                let answers = choices(question, machine, run.id(), &who::user());
                return Err(format!("`{answer}` is no answer here: {answers}"));
            }
        };
        if let (Question::Approve { .. }, Meaning::Yes) = (question, &answer) {
            let id = run.id();
            return Err(format!(
                "approvals are given with `runbook approve {id} {name}`"
            ));
        }
        let message = Message::Answer {
            question,
            answer,
            by: who::user(),
            signature: None,
        };
        let id = run.id();
        post(run, &message).map_err(|error| format!("run {id} cannot be told: {error}"))?;
        terminal::say(&if is_driven(run) {
            format!("run {id} is told")
        } else {
            format!(
                "run {id} is not going on right now: it is told when it is resumed (`runbook resume {id}`)"
            )
        });
        Ok(())
    }
}

/// What is asked, and the answers.
fn show(run: &RunDirectory, machine: &Machine) {
    if let Some(over) = over(machine) {
        terminal::say(&format!("run {} {over}: it asks nothing", run.id()));
        return;
    }
    let mut any = false;
    for question in machine.questions() {
        any = true;
        let what = what_is_asked(question, machine);
        let answers = choices(question, machine, run.id(), &who::user());
        let name = question.name(machine.plan());
        terminal::say(&format!("{name}: {what}\n  {answers}"));
    }
    if !any {
        terminal::say(&format!("run {} asks nothing right now", run.id()));
    }
}

/// The first open question of this name.
fn asked(machine: &Machine, name: &str) -> Result<Question, String> {
    let plan = machine.plan();
    let mut questions = machine.questions();
    if let Some(question) = questions.find(|question| question.name(plan) == name) {
        return Ok(question);
    }
    let names: Vec<&str> = machine.questions().map(|it| it.name(plan)).collect();
    if names.is_empty() {
        return Err("the run asks nothing right now".to_owned());
    }
    let hint = nearest(name, names.iter().copied()).map_or_else(
        || format!("; it asks about {}", names.join(", ")),
        |near| format!(" (did you mean `{near}`?)"),
    );
    Err(format!("the run asks nothing about `{name}`{hint}"))
}
