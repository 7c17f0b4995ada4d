//! Warnings that were there before: a file with one a line.

use std::collections::BTreeMap;
use std::path::Path;

use crate::analysis::Analysis;
use crate::problem::Problem;
use crate::source::SourceMap;

const HEAD: &str = "# warnings that `runbook check --baseline` leaves out\n";

/// How often each warning is known.
#[derive(Debug, Default)]
pub struct Baseline(BTreeMap<String, usize>);

impl Baseline {
    /// # Errors
    /// The file cannot be read; in words.
    pub fn read(path: &Path) -> Result<Baseline, String> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            let path = path.display();
            format!("cannot read `{path}`: {error}; `--write-baseline {path}` makes it")
        })?;
        let mut known = BTreeMap::new();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        for line in lines.filter(|line| !line.trim().is_empty()) {
            *known.entry(line.to_owned()).or_default() += 1;
        }
        Ok(Baseline(known))
    }

    /// Leaves out what is known, each as often as it is. Errors stay.
    pub fn take_out(&mut self, problems: &mut Vec<Problem>, sources: &SourceMap) {
        problems.retain(|problem| {
            let known = self.0.get_mut(&line(problem, sources));
            match known {
                Some(left) if *left > 0 && !problem.is_error() => {
                    *left -= 1;
                    false
                }
                Some(_) | None => true,
            }
        });
    }
}

/// # Errors
/// The file cannot be written; in words.
pub fn write(path: &Path, analyses: &[Analysis]) -> Result<(), String> {
    let mut text = HEAD.to_owned();
    for analysis in analyses {
        let warnings = analysis.problems.iter().filter(|it| !it.is_error());
        for problem in warnings {
            text += &line(problem, &analysis.sources);
            text.push('\n');
        }
    }
    std::fs::write(path, text)
        .map_err(|error| format!("cannot write `{}`: {error}", path.display()))
}

/// What stays the same when lines move.
fn line(problem: &Problem, sources: &SourceMap) -> String {
    let file = problem.span.and_then(|span| sources.get(span.file));
    let path = file.map_or_else(String::new, |file| file.path.display().to_string());
    // However the file was named.
    let path = path.trim_start_matches("./");
    let message = problem.message.replace('\n', " ");
    format!("{path}: {}: {message}", problem.code)
}
