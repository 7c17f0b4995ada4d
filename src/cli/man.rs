//! `runbook man`: what `--help` says, as manual pages.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::cli::{Cli, STATUSES, status, terminal};

/// Write the manual pages, one for each command
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook man --output ~/.local/share/man/man1\n  runbook man exec | man -l -"
)]
pub struct ManPages {
    /// The command; without it the page of all
    #[arg(conflicts_with = "output")]
    command: Option<String>,

    /// Write the pages of all commands into this directory
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

impl ManPages {
    pub fn run(&self) -> u8 {
        let pages = pages();
        if let Some(directory) = &self.output {
            return write_all(&pages, directory);
        }
        let name = match &self.command {
            Some(command) => format!("runbook-{command}"),
            None => "runbook".to_owned(),
        };
        match pages.iter().find(|page| page.name == name) {
            Some(page) => {
                terminal::print(&page.text);
                status::OK
            }
            None => {
                let command = self.command.as_deref().unwrap_or_default();
                terminal::error(&format!(
                    "there is no command `{command}`: `runbook --help` lists them"
                ));
                status::USAGE
            }
        }
    }
}

fn write_all(pages: &[Page], directory: &Path) -> u8 {
    let written = std::fs::create_dir_all(directory).and_then(|()| {
        pages.iter().try_for_each(|page| {
            let mut file = std::fs::File::create(directory.join(format!("{}.1", page.name)))?;
            file.write_all(page.text.as_bytes())
        })
    });
    let shown = directory.display();
    match written {
        Ok(()) => {
            terminal::say(&format!("wrote {} pages to {shown}", pages.len()));
            status::OK
        }
        Err(error) => {
            terminal::error(&format!("cannot write to `{shown}`: {error}"));
            status::PROBLEMS
        }
    }
}

struct Page {
    /// `runbook-check`
    name: String,
    text: String,
}

/// The page of all, and one for each command.
fn pages() -> Vec<Page> {
    let mut all = Cli::command().disable_help_subcommand(true);
    all.build();
    let commands: Vec<&clap::Command> = all
        .get_subcommands()
        .filter(|it| !it.is_hide_set())
        .collect();
    let names: Vec<String> = commands
        .iter()
        .map(|it| format!("runbook-{}", it.get_name()))
        .collect();
    let mut pages = vec![page(&all, "runbook", &names)];
    for (command, name) in commands.into_iter().zip(&names) {
        pages.push(page(command, name, &["runbook".to_owned()]));
    }
    pages
}

fn page(command: &clap::Command, name: &str, see_also: &[String]) -> Page {
    let version = env!("CARGO_PKG_VERSION");
    let man = Man::new(command.clone())
        .title(name.to_uppercase())
        .source(format!("runbook {version}"))
        .manual("Runbook");
    let mut bytes = Vec::new();
    let written = standard_sections(&man, command, &mut bytes)
        .and_then(|()| own_sections(command, see_also).to_writer(&mut bytes));
    debug_assert!(written.is_ok(), "memory takes all that is written");
    Page {
        name: name.to_owned(),
        text: String::from_utf8_lossy(&bytes).into_owned(),
    }
}

fn standard_sections(
    man: &Man,
    command: &clap::Command,
    out: &mut Vec<u8>,
) -> Result<(), std::io::Error> {
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    if command.has_subcommands() {
        man.render_subcommands_section(out)?;
    }
    Ok(())
}

fn own_sections(command: &clap::Command, see_also: &[String]) -> Roff {
    let mut roff = Roff::new();
    let help = command.get_after_help();
    let help = help.map(ToString::to_string).unwrap_or_default();
    let examples: Vec<&str> = help
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .collect();
    if !examples.is_empty() {
        roff.control("SH", ["EXAMPLES"]);
        roff.control("nf", []);
        for example in examples {
            roff.text([roman(example.trim())]);
        }
        roff.control("fi", []);
    }
    roff.control("SH", ["EXIT STATUS"]);
    for (status, meaning) in STATUSES {
        roff.control("TP", []);
        roff.text([bold(status.to_string())]);
        roff.text([roman(*meaning)]);
    }
    roff.control("SH", ["SEE ALSO"]);
    let pages: Vec<String> = see_also.iter().map(|name| format!("{name}(1)")).collect();
    roff.text([roman(pages.join(", "))]);
    roff
}
