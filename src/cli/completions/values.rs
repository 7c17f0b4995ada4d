//! What the values of arguments can be: one table for all commands.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;

use clap::CommandFactory;
use clap::builder::StyledStr;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate, ValueCompleter};

use super::Candidate;
use super::line::Line;
use super::paths::{paths, place_of};
use crate::analysis::{Analysis, analyse};
use crate::cli::Cli;
use crate::machine::Machine;
use crate::machine::event::Question;
use crate::plan::{NodeId, NodeKind};
use crate::problem::{CodeEntry, Severity, all_codes};
use crate::run::journal::{is_open, read};
use crate::run::people::{answers, what_is_asked};
use crate::run::state::{RunDirectory, StateDirectory, state_directory};
use crate::source::Disk;
use crate::starting::STARTS;
use crate::types::Type;

/// Journals are read for what is said about runs, the newest first, as far as
/// this many bytes: nobody waits for a prompt.
const MOST_READ: u64 = 1 << 20;

/// No journal that is longer is read whole.
const LONGEST_JOURNAL: u64 = 8 << 20;

/// What an argument wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Files whose names end so, and directories on the way to them; all files,
    /// where no end is named.
    File(&'static [&'static str]),
    /// `name=value` of a parameter of the runbook on the line.
    Setting,
    /// A check of the runbook on the line.
    Check,
    /// What runs of the runbook on the line.
    Step,
    /// A trouble of the runbook on the line.
    Trouble,
    /// A test of the runbook on the line.
    Test,
    Code,
    /// A warning, or all `warnings`.
    Deny,
    /// A warning.
    Allow,
    /// A policy.
    Warn,
    /// What there is to start from.
    Start,
    Run,
    /// A run that can go on.
    OpenRun,
    /// A run, or a runbook.
    RunOrRunbook,
    /// A gate that the run on the line waits at for an approval.
    Gate,
    /// What the run on the line asks.
    Asked,
    /// An answer to that.
    Answer,
    Directory,
    /// A command of this program.
    Command,
    /// Nothing that could be known.
    Free,
}

const RUNBOOK: Wanted = Wanted::File(&["runbook"]);
const ANY: Wanted = Wanted::File(&[]);

/// What an argument of a command wants, where clap does not know it.
fn wanted(command: &str, argument: &str) -> Option<Wanted> {
    Some(match (command, argument) {
        ("import", "file") => Wanted::File(&["md", "markdown"]),
        ("new" | "check" | "fmt" | "test", "file" | "files" | "paths" | "stdin_filename")
        | ("plan" | "exec" | "graph" | "export" | "diagnose" | "doc", "file") => RUNBOOK,
        ("man", "output") => Wanted::Directory,
        (_, "params") => Wanted::File(&["toml", "json"]),
        (_, "output" | "baseline" | "write_baseline" | "sign_with") => ANY,
        (_, "set") => Wanted::Setting,
        ("exec", "only") => Wanted::Check,
        ("test", "only") => Wanted::Test,
        ("plan", "at") | ("exec", "from") => Wanted::Step,
        ("diagnose", "title") => Wanted::Trouble,
        ("explain", "code") => Wanted::Code,
        ("check", "deny") => Wanted::Deny,
        ("check", "allow") => Wanted::Allow,
        ("check", "warn") => Wanted::Warn,
        ("new", "from") => Wanted::Start,
        ("resume" | "approve" | "answer", "run") => Wanted::OpenRun,
        ("rollback", "run") => Wanted::RunOrRunbook,
        ("runs" | "report" | "verify", "run") => Wanted::Run,
        ("approve", "gate") => Wanted::Gate,
        ("answer", "name") => Wanted::Asked,
        ("answer", "answer") => Wanted::Answer,
        ("man", "command") => Wanted::Command,
        (_, "reason" | "reject" | "principal" | "known" | "hash")
        | ("test", "seed")
        | (_, "start_at" | "wait" | "grace") => Wanted::Free,
        (_, _) => return None,
    })
}

/// The command with what its arguments can be, as far as this line says it.
pub fn attach(mut command: clap::Command, line: &Line) -> clap::Command {
    let name = line.words.get(1).cloned().unwrap_or_default();
    let Some(found) = command.find_subcommand(&name) else {
        return command;
    };
    let given = Arc::new(Given::on(line, found));
    let arguments: Vec<String> = found
        .get_arguments()
        .map(|it| it.get_id().to_string())
        .collect();
    for argument in arguments {
        let Some(wanted) = wanted(&name, &argument) else {
            continue;
        };
        let given = given.clone();
        let completer = ArgValueCompleter::new(Completer { wanted, given });
        command = command.mut_subcommand(&name, |found| {
            found.mut_arg(&argument, |argument| argument.add(completer.clone()))
        });
    }
    command
}

/// What stands on the line before the word that is typed.
#[derive(Debug, Default)]
struct Given {
    positional: Vec<String>,
    /// Names of parameters that have a value already.
    set: Vec<String>,
}

impl Given {
    fn on(line: &Line, command: &clap::Command) -> Given {
        let mut given = Given::default();
        let before = line.words.len().saturating_sub(1);
        let mut words = line.words.get(2..before).unwrap_or_default().iter();
        while let Some(word) = words.next() {
            let (option, value) = match word.split_once('=') {
                Some((option, value)) => (option, Some(value)),
                None => (word.as_str(), None),
            };
            if word == "--" {
                given.positional.extend(words.by_ref().cloned());
            } else if !option.starts_with('-') {
                given.positional.push(word.clone());
            } else if let Some(argument) = option_of(command, option) {
                let value = value.map(str::to_owned);
                let value = value.or_else(|| words.next().cloned()).unwrap_or_default();
                if argument.get_id() == "set" {
                    let name = value.split('=').next().unwrap_or_default();
                    given.set.push(name.to_owned());
                }
            }
        }
        given
    }

    fn runbook(&self) -> Option<Analysis> {
        let path = place_of(self.positional.first()?);
        // A pipe would keep the prompt waiting.
        path.is_file().then(|| analyse(&path, &Disk))
    }

    fn run(&self) -> Option<Machine> {
        let run = runs()?.find(self.positional.first()?).ok()?;
        (length(&run) <= LONGEST_JOURNAL)
            .then(|| read(&run).ok())?
            .map(|recorded| recorded.machine())
    }
}

/// The option of this name, if a value follows it.
fn option_of<'c>(command: &'c clap::Command, name: &str) -> Option<&'c clap::Arg> {
    let long = name.strip_prefix("--");
    let short = name.strip_prefix('-').and_then(|it| it.chars().next());
    let mut options = command.get_arguments().filter(|it| !it.is_positional());
    options.find(|it| {
        let is_it = match long {
            Some(long) => it.get_long() == Some(long),
            None => it.get_short() == short && name.chars().count() == 2,
        };
        is_it && it.get_action().takes_values()
    })
}

#[derive(Debug, Clone)]
struct Completer {
    wanted: Wanted,
    given: Arc<Given>,
}

impl ValueCompleter for Completer {
    fn complete(&self, current: &OsStr) -> Vec<CompletionCandidate> {
        let Some(typed) = current.to_str() else {
            return Vec::new();
        };
        let found = self.candidates(typed).into_iter();
        found
            .map(|it| {
                let about = (!it.about.is_empty()).then(|| StyledStr::from(it.about));
                CompletionCandidate::new(it.value).help(about)
            })
            .collect()
    }
}

impl Completer {
    fn candidates(&self, typed: &str) -> Vec<Candidate> {
        let beginning = |mut found: Vec<Candidate>| {
            found.retain(|it| it.value.starts_with(typed));
            found
        };
        match self.wanted {
            Wanted::File(ends) => files(typed, ends),
            Wanted::Setting => settings(typed, &self.given),
            Wanted::Check => beginning(checks(&self.given)),
            Wanted::Step => beginning(steps(&self.given)),
            Wanted::Trouble => beginning(troubles(&self.given)),
            Wanted::Test => beginning(tests(&self.given)),
            Wanted::Code => beginning(codes(&|_| true)),
            Wanted::Allow => beginning(codes(&is_warning)),
            Wanted::Warn => beginning(codes(&|it| it.policy)),
            Wanted::Deny => {
                let all = Candidate::new("warnings", "all of them");
                beginning([vec![all], codes(&is_warning)].concat())
            }
            Wanted::Start => {
                let starts = STARTS.iter();
                beginning(starts.map(|it| Candidate::new(it.name, it.about)).collect())
            }
            Wanted::Run => identified(typed, |_| true),
            Wanted::OpenRun => identified(typed, is_open),
            Wanted::RunOrRunbook => {
                [identified(typed, |_| true), files(typed, &["runbook"])].concat()
            }
            Wanted::Gate => beginning(gates(&self.given)),
            Wanted::Asked => beginning(asked(&self.given)),
            Wanted::Answer => beginning(possible_answers(&self.given)),
            Wanted::Directory => paths(typed, &|_| false),
            Wanted::Command => beginning(commands()),
            Wanted::Free => Vec::new(),
        }
    }
}

fn files(typed: &str, ends: &[&str]) -> Vec<Candidate> {
    paths(typed, &|path: &Path| {
        let end = path.extension().and_then(OsStr::to_str);
        ends.is_empty() || end.is_some_and(|end| ends.contains(&end))
    })
}

fn commands() -> Vec<Candidate> {
    let all = Cli::command();
    let commands = all.get_subcommands().filter(|it| !it.is_hide_set());
    commands
        .map(|it| {
            let about = it.get_about().map(ToString::to_string);
            Candidate::new(it.get_name(), about.unwrap_or_default())
        })
        .collect()
}

fn is_warning(entry: &CodeEntry) -> bool {
    entry.severity != Severity::Error
}

fn codes(fits: &dyn Fn(&CodeEntry) -> bool) -> Vec<Candidate> {
    let codes = all_codes().iter().filter(|it| fits(it));
    codes
        .map(|it| Candidate::new(it.code.name(), it.title))
        .collect()
}

/// `name=` for what is not given yet; behind it what the value can be.
fn settings(typed: &str, given: &Given) -> Vec<Candidate> {
    let Some(analysis) = given.runbook() else {
        return Vec::new();
    };
    let parameters = &analysis.model.parameters;
    let Some((name, value)) = typed.split_once('=') else {
        let open = parameters.iter().filter(|it| !given.set.contains(&it.name));
        return open
            .filter(|it| it.name.starts_with(typed))
            .map(|it| {
                let about = it.description.clone().unwrap_or_else(|| it.ty.to_string());
                Candidate::new(format!("{}=", it.name), about)
            })
            .collect();
    };
    let Some(parameter) = parameters.iter().find(|it| it.name == name) else {
        return Vec::new();
    };
    values_of(&parameter.ty, value)
        .into_iter()
        .map(|it| Candidate::new(format!("{name}={}", it.value), it.about))
        .collect()
}

fn values_of(ty: &Type, typed: &str) -> Vec<Candidate> {
    let among = |values: &[&str]| {
        let values = values.iter().filter(|it| it.starts_with(typed));
        values.map(|it| Candidate::new(*it, "")).collect()
    };
    match ty {
        Type::Bool => among(&["true", "false"]),
        Type::Choice(choices) => {
            let choices: Vec<&str> = choices.iter().map(String::as_str).collect();
            among(&choices)
        }
        Type::Path => paths(typed, &|_| true),
        Type::String
        | Type::Int
        | Type::Number
        | Type::Percent
        | Type::Duration
        | Type::Bytes
        | Type::Rate
        | Type::Count
        | Type::Version
        | Type::Url
        | Type::Host
        | Type::Time
        | Type::List(_) => Vec::new(),
    }
}

fn checks(given: &Given) -> Vec<Candidate> {
    let checked = given.runbook().and_then(|it| it.clean().ok());
    let names = checked.map(|it| it.names_of_checks()).unwrap_or_default();
    let mut found: Vec<Candidate> = Vec::new();
    for name in names {
        let candidate = Candidate::new(name, "");
        if !found.contains(&candidate) {
            found.push(candidate);
        }
    }
    found
}

fn steps(given: &Given) -> Vec<Candidate> {
    let Some(analysis) = given.runbook() else {
        return Vec::new();
    };
    let plan = &analysis.plan;
    let named = (0_u32..).map(NodeId).zip(&plan.nodes).filter(|(id, node)| {
        let is_step = matches!(node.kind, NodeKind::Step(_) | NodeKind::Enter(_));
        is_step && plan.ending_of(*id).is_none()
    });
    named
        .map(|(_, node)| Candidate::new(node.name.clone(), node.title.clone().unwrap_or_default()))
        .collect()
}

fn troubles(given: &Given) -> Vec<Candidate> {
    let Some(analysis) = given.runbook() else {
        return Vec::new();
    };
    let troubles = analysis.plan.troubles.iter();
    troubles
        .map(|it| {
            let about = it.symptoms.first().cloned();
            Candidate::new(it.title.clone(), about.unwrap_or_default())
        })
        .collect()
}

fn tests(given: &Given) -> Vec<Candidate> {
    let Some(analysis) = given.runbook() else {
        return Vec::new();
    };
    let tests = analysis.model.tests.iter();
    tests.map(|it| Candidate::new(&it.title, "")).collect()
}

/// The runs there are. Nothing is made where there are none yet.
fn runs() -> Option<StateDirectory> {
    let place = state_directory(|name| std::env::var_os(name)).ok()?;
    Some(StateDirectory::at(place))
}

fn length(run: &RunDirectory) -> u64 {
    std::fs::metadata(run.journal()).map_or(u64::MAX, |it| it.len())
}

/// Runs by their id, or by the letters at its end where those are typed.
fn identified(typed: &str, fits: impl Fn(&RunDirectory) -> bool) -> Vec<Candidate> {
    let runs = runs().map(|state| state.runs()).unwrap_or_default();
    let by = |name: fn(&RunDirectory) -> &str| -> Vec<(String, &RunDirectory)> {
        let found = runs.iter().filter(|run| name(run).starts_with(typed));
        let found = found.filter(|run| fits(run));
        found.map(|run| (name(run).to_owned(), run)).collect()
    };
    let mut found = by(RunDirectory::id);
    if found.is_empty() {
        found = by(last_letters);
    }
    let mut left = MOST_READ;
    found
        .into_iter()
        .map(|(name, run)| {
            let about = title(run, &mut left);
            Candidate::new(name, about)
        })
        .collect()
}

fn last_letters(run: &RunDirectory) -> &str {
    run.id().rsplit('-').next().unwrap_or_default()
}

fn title(run: &RunDirectory, left: &mut u64) -> String {
    let length = length(run);
    let Some(rest) = left.checked_sub(length) else {
        *left = 0;
        return String::new();
    };
    *left = rest;
    read(run).map_or(String::new(), |recorded| recorded.plan.title.clone())
}

fn gates(given: &Given) -> Vec<Candidate> {
    questions(given, |question| {
        matches!(question, Question::Approve { .. })
    })
}

fn asked(given: &Given) -> Vec<Candidate> {
    questions(given, |_| true)
}

fn questions(given: &Given, fits: impl Fn(Question) -> bool) -> Vec<Candidate> {
    let Some(machine) = given.run() else {
        return Vec::new();
    };
    let mut found: Vec<Candidate> = Vec::new();
    for question in machine.questions().filter(|it| fits(*it)) {
        let name = question.name(machine.plan());
        if !found.iter().any(|known| known.value == name) {
            found.push(Candidate::new(name, what_is_asked(question, &machine)));
        }
    }
    found
}

fn possible_answers(given: &Given) -> Vec<Candidate> {
    let (Some(machine), Some(name)) = (given.run(), given.positional.get(1)) else {
        return Vec::new();
    };
    let mut questions = machine.questions();
    let found = questions.find(|it| it.name(machine.plan()) == name);
    let answers = found.map(answers).unwrap_or_default();
    answers.iter().map(|it| Candidate::new(*it, "")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever adds an argument says what its values can be.
    #[test]
    fn of_every_argument_it_is_known_what_it_wants() {
        let mut unknown = Vec::new();
        let command = Cli::command();
        for command in command.get_subcommands().filter(|it| !it.is_hide_set()) {
            let arguments = command.get_arguments();
            for argument in arguments.filter(|it| it.get_action().takes_values()) {
                let id = argument.get_id().as_str();
                let is_chosen = !argument.get_possible_values().is_empty();
                if !is_chosen && wanted(command.get_name(), id).is_none() {
                    unknown.push(format!("{} {id}", command.get_name()));
                }
            }
        }
        assert!(
            unknown.is_empty(),
            "say in `wanted` what these want (`Wanted::Free`, where nobody can know it): {unknown:?}"
        );
    }

    #[test]
    fn what_is_given_already_is_known() {
        let command = Cli::command();
        let exec = command.find_subcommand("exec");
        let words = "runbook exec -s a=1 -v --set=b=2 --grace 5s t.runbook --set c=3 --set";
        let words = words.split(' ').map(str::to_owned).collect();
        let given = exec.map(|exec| Given::on(&Line::new(words), exec));
        let given = given.unwrap_or_default();
        assert_eq!(given.positional, ["t.runbook"]);
        assert_eq!(given.set, ["a", "b", "c"]);
    }
}
