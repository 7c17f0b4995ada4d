//! `runbook check`: what was found, in the format that is wanted.

mod fixes;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use clap::ValueEnum;

use crate::analysis::{Analysis, analyse, analyse_text, compare};
use crate::cli::paths::{directory_of, meant, runbooks, settings_of};
use crate::cli::{status, terminal};
use crate::problem::any_errors;
use crate::problem::render::neutral::one_line;
use crate::problem::render::{Findings, Format, in_order, render};
use crate::project::{Baseline, Levels, Settings, written};
use crate::source::Disk;

/// How often `--watch` looks whether a file has changed.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Below errors for which a runbook is not understood.
const NOT_ASKED: &str =
    "whether everything has a way back is looked at once these errors are mended";

/// Prove that no single failure can leave production without a way back
///
/// Reads the runbooks and nothing else: no command is started, no address
/// asked.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook check deploy.runbook\n  runbook check --deny warnings --format github .\n  runbook check --fix --diff .\n  runbook check - --stdin-filename deploy.runbook <draft"
)]
pub struct Check {
    /// Runbooks, and directories in which all are checked; `-` is standard input
    #[arg(required = true)]
    paths: Vec<PathBuf>,

    /// How it is told: as `runbook.toml` says, or else for people
    #[arg(long, value_enum)]
    format: Option<Form>,

    /// Count this warning as an error, or all `warnings`
    #[arg(long, value_name = "CODE|warnings")]
    deny: Vec<String>,

    /// Do not tell this warning
    #[arg(long, value_name = "CODE")]
    allow: Vec<String>,

    /// Tell a policy too: a rule that is off otherwise, such as RB121
    #[arg(long, value_name = "CODE")]
    warn: Vec<String>,

    /// Apply the fixes that are safe
    #[arg(long)]
    fix: bool,

    /// With `--fix`: print what would change, and write nothing
    #[arg(long, requires = "fix")]
    diff: bool,

    /// Leave out the warnings that this file knows, instead of the one that `runbook.toml` names
    #[arg(long, value_name = "FILE", conflicts_with = "write_baseline")]
    baseline: Option<PathBuf>,

    /// Write the warnings that there are now to this file, for `--baseline`
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,

    /// What the standard input is called, and where what it uses is
    #[arg(long, value_name = "FILE")]
    stdin_filename: Option<PathBuf>,

    /// Check again whenever a file changes, until Ctrl-C
    #[arg(long, conflicts_with_all = ["fix", "write_baseline"])]
    watch: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// For people, with the text it is about
    Human,
    /// One line a problem, as editors and `grep` know it
    Short,
    /// One document
    Json,
    /// SARIF 2.1.0, for code hosts
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// A Code Quality report of GitLab
    Gitlab,
    /// JUnit's XML
    Junit,
    /// Checkstyle's XML
    Checkstyle,
}

/// It cannot begin; it was said. The exit status.
struct Stop(u8);

fn misused(why: &str) -> Stop {
    terminal::error(why);
    Stop(status::USAGE)
}

impl Check {
    pub fn run(&self) -> u8 {
        let result = if self.watch {
            self.watch()
        } else {
            self.once()
        };
        result.unwrap_or_else(|Stop(status)| status)
    }

    fn once(&self) -> Result<u8, Stop> {
        let reads_input = self.paths.iter().any(|path| path.as_os_str() == "-");
        if self.stdin_filename.is_some() && !reads_input {
            return Err(misused(
                "`--stdin-filename` names what is read from standard input: give `-` as the file",
            ));
        }
        let settings = settings_of(&self.paths).map_err(|why| misused(&why))?;
        let levels = Levels::new(&self.deny, &self.allow, &self.warn, &settings.check);
        let levels = levels.map_err(|why| misused(&why))?;
        let form = self.form(&settings).map_err(|why| misused(&why))?;
        let mut known = self.known(&settings).map_err(|why| misused(&why))?;
        let files = meant(&self.paths, &settings).map_err(Stop)?;
        let mut analyses = self.analyses(&files)?;
        let mut shown = fixes::Mended::default();
        if self.fix {
            let mended = fixes::apply(&analyses, self.diff).map_err(|why| misused(&why))?;
            if self.diff {
                shown = mended;
            } else {
                analyses = self.analyses(&files)?;
            }
        }
        compare(&mut analyses);
        // What is denied may be known all the same.
        for analysis in &mut analyses {
            levels.add_policies(&mut analysis.problems, &mut analysis.of_policies);
            analysis.problems = in_order(std::mem::take(&mut analysis.problems));
            known.take_out(&mut analysis.problems, &analysis.sources);
        }
        if let Some(path) = &self.write_baseline {
            write_baseline(path, &analyses).map_err(|why| misused(&why))?;
        }
        for analysis in &mut analyses {
            levels.apply(&mut analysis.problems);
        }
        let is_bad = analyses.iter().any(|it| any_errors(&it.problems));
        shown.leave_out(&mut analyses);
        tell(&analyses, form);
        tell_not_met(&known, &analyses);
        Ok(if is_bad { status::PROBLEMS } else { status::OK })
    }

    /// The command line wins.
    fn form(&self, settings: &Settings) -> Result<Form, String> {
        match (self.format, &settings.check.format) {
            (Some(form), _) => Ok(form),
            (None, None) => Ok(Form::Human),
            (None, Some(word)) => Form::from_str(&word.text, false).map_err(|_| {
                let forms = Form::value_variants().iter();
                let names = forms.filter_map(ValueEnum::to_possible_value);
                let names: Vec<String> = names.map(|it| it.get_name().to_owned()).collect();
                let names = names.join(", ");
                word.wrong(format!("there is no format `{}`: {names}", word.text))
            }),
        }
    }

    /// What is known and left out; all is told where a new list is written.
    fn known(&self, settings: &Settings) -> Result<Baseline, String> {
        match self.baseline.as_ref().or(settings.check.baseline.as_ref()) {
            Some(path) if self.write_baseline.is_none() => Baseline::read(path, &Disk),
            Some(_) | None => Ok(Baseline::default()),
        }
    }

    /// Several at a time, as many as there are processors.
    fn analyses(&self, files: &[PathBuf]) -> Result<Vec<Analysis>, Stop> {
        let input = match files.iter().any(|file| file.as_os_str() == "-") {
            true => Some(self.standard_input()?),
            false => None,
        };
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, Analysis)>> = Mutex::new(Vec::new());
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for _ in 0..workers.min(files.len()) {
                scope.spawn(|| {
                    while let Some((at, file)) = {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        files.get(at).map(|file| (at, file))
                    } {
                        let analysis = match (&input, file.as_os_str() == "-") {
                            (Some((name, bytes)), true) => analyse_text(name, bytes, &Disk),
                            (_, _) => analyse(file, &Disk),
                        };
                        if let Ok(mut done) = done.lock() {
                            done.push((at, analysis));
                        }
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_default();
        done.sort_by_key(|(at, _)| *at);
        Ok(done.into_iter().map(|(_, analysis)| analysis).collect())
    }

    fn standard_input(&self) -> Result<(PathBuf, Vec<u8>), Stop> {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| misused(&format!("cannot read the standard input: {error}")))?;
        let name = self.stdin_filename.clone();
        Ok((name.unwrap_or_else(|| "<standard input>".into()), bytes))
    }

    /// Checks now, and whenever something that was read has changed.
    fn watch(&self) -> Result<u8, Stop> {
        let mut known = None;
        loop {
            let is = self.state_of_files();
            if known.as_ref() != Some(&is) {
                self.once()?;
                known = Some(is);
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// When each file was changed last. What a runbook uses lies beside it.
    fn state_of_files(&self) -> Vec<(PathBuf, Option<SystemTime>)> {
        let places = self.paths.iter().map(|path| directory_of(path));
        let mut files: Vec<PathBuf> = places
            .flat_map(|place| runbooks(&place).unwrap_or_default())
            .chain(self.paths.iter().filter(|path| path.is_file()).cloned())
            .collect();
        files.sort();
        files.dedup();
        files
            .into_iter()
            .map(|file| {
                let changed = std::fs::metadata(&file).and_then(|it| it.modified());
                (file, changed.ok())
            })
            .collect()
    }
}

fn tell(analyses: &[Analysis], form: Form) {
    let findings: Vec<Findings<'_>> = analyses
        .iter()
        .map(|analysis| Findings {
            problems: &analysis.problems,
            sources: &analysis.sources,
        })
        .collect();
    let format = match form {
        Form::Human => {
            let human = Format::Human(terminal::human());
            terminal::say(render(&findings, human).trim_end());
            if !analyses.iter().all(|it| it.is_complete) {
                terminal::say(NOT_ASKED);
            }
            return;
        }
        Form::Short => Format::Short,
        Form::Json => Format::Json,
        Form::Sarif => Format::Sarif,
        Form::Github => Format::Github,
        Form::Gitlab => Format::Gitlab,
        Form::Junit => Format::Junit,
        Form::Checkstyle => Format::Checkstyle,
    };
    terminal::print(&render(&findings, format));
}

/// Says which known warnings are not there any more.
fn tell_not_met(known: &Baseline, analyses: &[Analysis]) {
    const MOST_SHOWN: usize = 5;
    // Of what is not understood not all is told.
    let understood = analyses.iter().filter(|it| it.is_complete);
    let looked_at = understood.flat_map(|it| it.sources.files());
    let not_met = known.not_met(looked_at.map(|(_, file)| file.path.as_path()));
    if not_met.is_empty() {
        return;
    }
    let path = known.path().display();
    let mut said = match not_met.len() {
        1 => format!("`{path}` knows a warning that is not there any more"),
        count => format!("`{path}` knows {count} warnings that are not there any more"),
    };
    said += "; take it out, or write the list anew with `--write-baseline`:";
    for line in not_met.iter().take(MOST_SHOWN) {
        said += &format!("\n  {}", one_line(line));
    }
    if not_met.len() > MOST_SHOWN {
        said += &format!("\n  and {} more", not_met.len() - MOST_SHOWN);
    }
    terminal::say(&said);
}

#[expect(clippy::disallowed_methods, reason = "this room writes files")]
fn write_baseline(path: &Path, analyses: &[Analysis]) -> Result<(), String> {
    let found = analyses.iter().map(|it| (&it.problems[..], &it.sources));
    std::fs::write(path, written(path, found))
        .map_err(|error| format!("cannot write `{}`: {error}", path.display()))
}
