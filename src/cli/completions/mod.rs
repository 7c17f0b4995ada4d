//! `runbook completions`: the script that makes a shell complete what is typed
//! after `runbook`, and what that script asks for each time.
//!
//! A script is small and knows nothing: it hands the words of the line to
//! `runbook __complete` and shows what comes back, one candidate a line, a tab
//! before what is said about it. Nothing is started, asked or written for that.

mod line;
mod paths;
mod values;

use std::ffi::OsString;

use clap::CommandFactory;
use clap_complete::engine::{CompletionCandidate, complete};

use crate::cli::{Cli, status, terminal};
use crate::problem::render::neutral::one_line;
use line::{Line, bash_line};

/// Print what makes a shell complete commands, files, parameters and runs
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  eval \"$(runbook completions bash)\"                     (in ~/.bashrc)\n  eval \"$(runbook completions zsh)\"                      (in ~/.zshrc, after compinit)\n  runbook completions fish | source                      (in ~/.config/fish/config.fish)\n  eval (runbook completions elvish | slurp)              (in ~/.config/elvish/rc.elv)\n  runbook completions powershell | Out-String | Invoke-Expression   (in $PROFILE)"
)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Elvish,
    Powershell,
}

impl Completions {
    pub fn run(&self) -> u8 {
        terminal::print(match self.shell {
            Shell::Bash => include_str!("scripts/bash.sh"),
            Shell::Zsh => include_str!("scripts/zsh.zsh"),
            Shell::Fish => include_str!("scripts/fish.fish"),
            Shell::Elvish => include_str!("scripts/elvish.elv"),
            Shell::Powershell => include_str!("scripts/powershell.ps1"),
        });
        status::OK
    }
}

/// What could stand at the cursor; only the scripts ask.
#[derive(Debug, clap::Args)]
pub struct Complete {
    shell: Shell,

    /// The word at the cursor is empty: some shells cannot pass an empty word
    #[arg(long)]
    new_word: bool,

    /// What bash takes for the end of a word
    #[arg(long, default_value = "")]
    breaks: String,

    /// The words up to the cursor, the last one as far as it was typed; of bash
    /// the text of the line
    #[arg(last = true, allow_hyphen_values = true)]
    words: Vec<OsString>,
}

impl Complete {
    pub fn run(&self) -> u8 {
        let mut words: Vec<String> = Vec::new();
        for word in &self.words {
            // What is no text is no text of ours.
            let Some(word) = word.to_str() else {
                return status::OK;
            };
            words.push(word.to_owned());
        }
        if self.new_word {
            words.push(String::new());
        }
        match self.shell {
            Shell::Bash => answer_bash(&words.concat(), &self.breaks),
            Shell::Zsh | Shell::Fish | Shell::Elvish | Shell::Powershell => {
                answer(&Line::new(words));
            }
        }
        status::OK
    }
}

fn answer(line: &Line) {
    let mut text = String::new();
    for candidate in candidates(line) {
        text += &candidate.value;
        if !candidate.about.is_empty() {
            text += &format!("\t{}", candidate.about);
        }
        text.push('\n');
    }
    terminal::print(&text);
}

/// Bash puts what it is told in the place of a part of the word, as it stands.
fn answer_bash(text: &str, breaks: &str) {
    let Some(typed) = bash_line(text, breaks) else {
        return;
    };
    let found = candidates(&typed.line);
    let is_only = found.len() == 1;
    let text: String = found
        .iter()
        .map(|it| format!("{}\n", typed.reply(&it.value, is_only)))
        .collect();
    terminal::print(&text);
}

/// What can stand at a place, and what that is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    value: String,
    about: String,
}

impl Candidate {
    fn new(value: impl Into<String>, about: impl Into<String>) -> Candidate {
        Candidate {
            value: value.into(),
            about: about.into(),
        }
    }
}

fn candidates(line: &Line) -> Vec<Candidate> {
    let Some(at) = line.words.len().checked_sub(1) else {
        return Vec::new();
    };
    let mut command = values::attach(Cli::command(), line);
    let words = line.words.iter().map(OsString::from).collect();
    let directory = std::env::current_dir().ok();
    let found = complete(&mut command, words, at, directory.as_deref());
    let wants_option = line.current().starts_with('-');
    let found = found.unwrap_or_default().into_iter().map(plain);
    // Options are many: they are shown where one is begun.
    found
        .filter(|it| wants_option || !it.value.starts_with('-'))
        .filter(|it| !it.value.chars().any(char::is_control))
        .collect()
}

fn plain(candidate: CompletionCandidate) -> Candidate {
    let about = candidate.get_help().map(ToString::to_string);
    let about = about.unwrap_or_default();
    let about = about.lines().next().unwrap_or_default();
    Candidate::new(
        candidate.get_value().to_string_lossy(),
        one_line(about).into_owned(),
    )
}
