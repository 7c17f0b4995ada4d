//! Which warnings count as errors, and which are not told.

use super::{CheckSettings, Setting};
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
        for word in words(&of.warn, warn) {
            levels.warn.push(word.code()?);
        }
        for word in words(&of.deny, deny) {
            match word.text {
                "warnings" => levels.all_warnings = true,
                _a_code => levels.deny.push(word.code()?),
            }
        }
        for word in words(&of.allow, allow) {
            let code = word.code()?;
            if code.entry().severity == Severity::Error {
                return Err(word.wrong(format!(
                    "`{code}` is an error and cannot be allowed: a release with it does not run"
                )));
            }
            let is_denied_here = || deny.iter().any(|it| known(it) == Ok(code));
            if word.settled.is_none() || !is_denied_here() {
                levels.allow.push(code);
            }
        }
        let allowed_here: Vec<Code> = allow.iter().filter_map(|it| known(it).ok()).collect();
        levels.deny.retain(|code| !allowed_here.contains(code));
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

/// A word of the command line, or of the project.
struct Word<'a> {
    text: &'a str,
    settled: Option<&'a Setting>,
}

fn words<'a>(settled: &'a [Setting], said: &'a [String]) -> impl Iterator<Item = Word<'a>> {
    let settled = settled.iter().map(|it| Word {
        text: &it.text,
        settled: Some(it),
    });
    settled.chain(said.iter().map(|text| Word {
        text,
        settled: None,
    }))
}

impl Word<'_> {
    fn code(&self) -> Result<Code, String> {
        known(self.text).map_err(|why| self.wrong(why))
    }

    fn wrong(&self, why: String) -> String {
        match self.settled {
            Some(setting) => setting.wrong(why),
            None => why,
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
