//! Which warnings count as errors, and which are not told.

use super::CheckSettings;
use crate::problem::{Code, Problem, Severity, all_codes, find_code, nearest};

#[derive(Debug, Default)]
pub struct Levels {
    all_warnings: bool,
    deny: Vec<Code>,
    allow: Vec<Code>,
    /// Policies that are wanted.
    warn: Vec<Code>,
}

impl Levels {
    /// What the command line says wins over what the project says.
    ///
    /// # Errors
    /// A code that does not exist, or one that cannot be allowed.
    pub fn new(
        deny: &[String],
        allow: &[String],
        warn: &[String],
        of: &CheckSettings,
    ) -> Result<Levels, String> {
        let mut levels = Levels::default();
        for word in of.warn.iter().chain(warn) {
            levels.warn.push(known(word)?);
        }
        for word in of.deny.iter().chain(deny) {
            if word == "warnings" {
                levels.all_warnings = true;
            } else {
                levels.deny.push(known(word)?);
            }
        }
        for word in of.allow.iter().chain(allow) {
            let code = known(word)?;
            if code.entry().severity == Severity::Error {
                return Err(format!(
                    "`{code}` is an error and cannot be allowed: a release with it does not run"
                ));
            }
            if !of.allow.contains(word) || !deny.contains(word) {
                levels.allow.push(code);
            }
        }
        let denied_here: Vec<Code> = deny.iter().filter_map(|word| known(word).ok()).collect();
        levels.allow.retain(|code| !denied_here.contains(code));
        Ok(levels)
    }

    /// Adds what is told only where it is wanted, or counts as an error.
    pub fn add_policies(&self, problems: &mut Vec<Problem>, of_policies: &mut Vec<Problem>) {
        let is_wanted = |it: &Problem| self.warn.contains(&it.code) || self.deny.contains(&it.code);
        problems.extend(of_policies.drain(..).filter(is_wanted));
    }

    pub fn apply(&self, problems: &mut Vec<Problem>) {
        problems.retain(|it| it.is_error() || !self.allow.contains(&it.code));
        for problem in problems {
            let warns = problem.severity == Severity::Warning;
            if self.deny.contains(&problem.code) || self.all_warnings && warns {
                problem.severity = Severity::Error;
            }
        }
    }
}

fn known(word: &str) -> Result<Code, String> {
    let entry = find_code(word);
    entry.map(|entry| entry.code).ok_or_else(|| {
        let upper = word.to_uppercase();
        let names = all_codes().iter().map(|entry| entry.code.name());
        let hint = nearest(&upper, names.chain(["WARNINGS"])).map(|near| {
            format!(
                " (did you mean `{}`?)",
                near.replace("WARNINGS", "warnings")
            )
        });
        let hint = hint.unwrap_or_default();
        format!("there is no problem `{word}`{hint}: `runbook explain` lists them")
    })
}
