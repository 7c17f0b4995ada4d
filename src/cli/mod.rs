//! The command line: arguments in, exit status out. One file a command, no
//! logic of its own.

#![allow(
    clippy::disallowed_methods,
    reason = "arguments, files of parameters and the environment come in here"
)]

mod answer;
mod approve;
mod beginning;
pub mod bug;
mod check;
mod checks;
mod completions;
mod diagnose;
mod doc;
mod emergency;
mod exec;
mod explain;
mod export;
mod fmt;
mod graph;
mod import;
mod lsp;
mod man;
mod new;
mod paths;
mod plan;
mod report;
mod resume;
mod runbook;
mod runs;
mod terminal;
mod test;
mod values;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Exit statuses that are not a run's outcome; those are in
/// [`Outcome::exit_status`](crate::machine::event::Outcome::exit_status).
pub mod status {
    /// All is well.
    pub const OK: u8 = 0;
    /// Problems were found, or something is missing; nothing was changed.
    pub const PROBLEMS: u8 = 1;
    /// The command line makes no sense.
    pub const USAGE: u8 = 2;
    /// A run stands still in doubt and can be resumed.
    pub const RESUMABLE: u8 = 5;
    /// Another run has the target.
    pub const LOCKED: u8 = 6;
    /// A bug in this program.
    pub const BUG: u8 = 70;
}

/// What each exit status says.
const STATUSES: &[(u8, &str)] = &[
    (0, "succeeded, or nothing is wrong"),
    (1, "problems were found, or it failed with nothing changed"),
    (2, "wrong usage"),
    (3, "failed, and fully rolled back"),
    (
        4,
        "a person is needed: a way back failed, or a point of no return was passed",
    ),
    (5, "waiting at a gate, paused or in doubt: resume it"),
    (6, "another run has the lock"),
    (70, "a bug in runbook"),
];

const EXAMPLES: &str = "\
Examples:
  runbook check deploy.runbook
  runbook plan deploy.runbook --set version=1.2.3
  runbook exec deploy.runbook --set version=1.2.3

Exit status:
  0 succeeded, or nothing wrong      1 problems, or failed with nothing changed
  2 wrong usage                      3 failed, and fully rolled back
  4 a person is needed               5 waiting or in doubt: resume it
  6 locked by another run            70 a bug in runbook";

/// Operations procedures as programs: checked before they run, undone when
/// they fail.
#[derive(Debug, Parser)]
#[command(name = "runbook", version, about, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    New(new::New),
    Import(import::Import),
    Check(check::Check),
    Fmt(fmt::Fmt),
    Plan(plan::PlanCommand),
    Test(test::Test),
    Exec(exec::Exec),
    Resume(resume::Resume),
    Rollback(resume::Rollback),
    Approve(approve::Approve),
    Answer(answer::Answer),
    Runs(runs::Runs),
    Report(report::Report),
    Verify(verify::Verify),
    Graph(graph::GraphCommand),
    Export(export::Export),
    Diagnose(diagnose::Diagnose),
    Doc(doc::Doc),
    Explain(explain::Explain),
    Lsp(lsp::Lsp),
    Completions(completions::Completions),
    Man(man::ManPages),
    /// What the scripts of `completions` ask.
    #[command(name = "__complete", hide = true)]
    Complete(completions::Complete),
}

/// Does what the arguments say.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let status = if error.use_stderr() {
                status::USAGE
            } else {
                status::OK
            };
            // Where nobody reads it, nobody misses it.
            let _ = error.print();
            return ExitCode::from(status);
        }
    };
    let status = match cli.command {
        Command::New(command) => command.run(),
        Command::Import(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Fmt(command) => command.run(),
        Command::Plan(command) => command.run(),
        Command::Test(command) => command.run(),
        Command::Exec(command) => command.run(),
        Command::Resume(command) => command.run(),
        Command::Rollback(command) => command.run(),
        Command::Approve(command) => command.run(),
        Command::Answer(command) => command.run(),
        Command::Runs(command) => command.run(),
        Command::Report(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Graph(command) => command.run(),
        Command::Export(command) => command.run(),
        Command::Diagnose(command) => command.run(),
        Command::Doc(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Lsp(command) => command.run(),
        Command::Completions(command) => command.run(),
        Command::Man(command) => command.run(),
        Command::Complete(command) => command.run(),
    };
    ExitCode::from(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_well_formed() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
