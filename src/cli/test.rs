use std::path::PathBuf;

use crate::analysis::Checked;
use crate::cli::paths::{meant, settings_of};
use crate::cli::runbook::checked;
use crate::cli::{status, terminal};
use crate::problem::nearest;
use crate::testing::report::{FileResults, json, junit, text};
use crate::testing::{Asked, Results, run};

/// Run the `test` blocks of runbooks and modules, under a virtual clock
///
/// No command is started and no address asked: the outcomes are those that the
/// tests write down.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  runbook test deploy.runbook\n  runbook test deploy.runbook --only \"a bad release is taken back\"\n  runbook test --every-failure deploy.runbook\n  runbook test --junit > results.xml   (all runbooks of this folder)"
)]
pub struct Test {
    /// Runbooks, and directories in which all are tested; without any, this one
    paths: Vec<PathBuf>,

    /// Only the test of this title
    #[arg(long, value_name = "TITLE")]
    only: Vec<String>,

    /// Also let everything that can go wrong go wrong, one thing at a time, and
    /// see whether there was a way back
    #[arg(long)]
    every_failure: bool,

    /// Which failures are tried of a plan with more than 200 nodes
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        requires = "every_failure"
    )]
    seed: u64,

    /// Print one JSON document
    #[arg(long, conflicts_with = "junit")]
    json: bool,

    /// Print JUnit's XML, which build servers read
    #[arg(long)]
    junit: bool,
}

impl Test {
    pub fn run(&self) -> u8 {
        let (files, mut good) = match self.files() {
            Ok(files) => files,
            Err(status) => return status,
        };
        let asked = Asked {
            only: &self.only,
            every_failure: self.every_failure.then_some(self.seed),
        };
        let mut done: Vec<(PathBuf, Checked, Results)> = Vec::new();
        for (file, checked) in files {
            let results = run(&checked, &asked);
            good &= results.good();
            done.push((file, checked, results));
        }
        let shown: Vec<FileResults<'_>> = done
            .iter()
            .map(|(path, checked, results)| FileResults {
                path: path.display().to_string(),
                sources: &checked.sources,
                results,
            })
            .collect();
        if done.is_empty() && !self.json && !self.junit {
            return status::PROBLEMS;
        }
        terminal::print(&match (self.json, self.junit) {
            (true, _) => json(&shown),
            (false, true) => junit(&shown),
            (false, false) => text(&shown, terminal::human_out()),
        });
        if good { status::OK } else { status::PROBLEMS }
    }

    /// The files that are asked for and pass the checks, and whether all that were
    /// looked at do. What is wrong is told; the error is the exit status.
    fn files(&self) -> Result<(Vec<(PathBuf, Checked)>, bool), u8> {
        let here = [PathBuf::from(".")];
        let paths = match self.paths.as_slice() {
            [] => &here,
            paths => paths,
        };
        let settings = settings_of(paths).map_err(|why| {
            terminal::error(&why);
            status::USAGE
        })?;
        let files = meant(paths, &settings)?;
        let all = files.len();
        let files = files.into_iter();
        let sound = files.filter_map(|file| checked(&file).ok().map(|it| (file, it)));
        let mut sound: Vec<(PathBuf, Checked)> = sound.collect();
        let good = sound.len() == all;
        if !self.only.is_empty() {
            // A test that is not found may stand where there are mistakes.
            if good && let Some(title) = self.only.iter().find(|it| !is_among(it, &sound)) {
                terminal::error(&unknown(title, &sound));
                return Err(status::USAGE);
            }
            sound.retain(|(_, checked)| titles(checked).any(|it| self.only.contains(it)));
        }
        Ok((sound, good))
    }
}

fn titles(checked: &Checked) -> impl Iterator<Item = &String> {
    checked.model.tests.iter().map(|test| &test.title)
}

fn is_among(title: &String, files: &[(PathBuf, Checked)]) -> bool {
    let mut files = files.iter();
    files.any(|(_, checked)| titles(checked).any(|it| it == title))
}

fn unknown(title: &str, files: &[(PathBuf, Checked)]) -> String {
    let known = files.iter().flat_map(|(_, checked)| titles(checked));
    let near = nearest(title, known.map(String::as_str));
    let hint = near.map(|near| format!(" (did you mean \"{near}\"?)"));
    format!("there is no test \"{title}\"{}", hint.unwrap_or_default())
}
