//! Warnings that a project knows and leaves alone for now: a file with one a line.
//!
//! A line holds what stays the same when lines move: the file as seen from the
//! folder of the list, the code and the message.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use crate::problem::{Code, Problem, find_code};
use crate::source::{Files, SourceMap};

const HEAD: &str = "# warnings that `runbook check --baseline` leaves out\n";

/// How often each warning is known and was not met yet.
#[derive(Debug, Default)]
pub struct Baseline {
    path: PathBuf,
    left: BTreeMap<Entry, usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    file: String,
    /// As it is written, `RB105`.
    code: String,
    message: String,
}

impl Baseline {
    /// # Errors
    /// The file cannot be read or understood; in words.
    pub fn read(path: &Path, files: &dyn Files) -> Result<Baseline, String> {
        let shown = path.display();
        let bytes = files.read(path).map_err(|error| {
            format!("cannot read `{shown}`: {error}; `--write-baseline {shown}` makes it")
        })?;
        let text = String::from_utf8_lossy(&bytes);
        let mut left = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let entry = Entry::written(line).ok_or_else(|| {
                let number = number + 1;
                format!("{shown}:{number}: this is no warning (a line is `FILE: RB105: message`)")
            })?;
            *left.entry(entry).or_default() += 1;
        }
        let path = path.to_owned();
        Ok(Baseline { path, left })
    }

    /// Leaves out what is known, each as often as it is. Errors stay.
    pub fn take_out(&mut self, problems: &mut Vec<Problem>, sources: &SourceMap) {
        if self.left.is_empty() {
            return;
        }
        problems.retain(|problem| {
            let known = self.left.get_mut(&Entry::of(problem, sources, &self.path));
            match known {
                Some(left) if *left > 0 && !problem.is_error() => {
                    *left -= 1;
                    false
                }
                Some(_) | None => true,
            }
        });
    }

    /// What is known and was not met in files that were looked at, or in files
    /// that are there no more.
    pub fn not_met<'a>(&self, looked_at: impl Iterator<Item = &'a Path>) -> Vec<String> {
        let looked_at: BTreeSet<String> =
            looked_at.map(|path| seen_from(path, &self.path)).collect();
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let is_gone = |file: &str| !file.is_empty() && !folder.join(file).exists();
        let not_met = self.left.iter().filter(|(entry, left)| {
            **left > 0
                && entry.is_always_told()
                && (looked_at.contains(&entry.file) || is_gone(&entry.file))
        });
        not_met
            .flat_map(|(entry, left)| std::iter::repeat_n(entry.line(), *left))
            .collect()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The list of all warnings, to be kept in a file.
pub fn written<'a>(
    path: &Path,
    found: impl Iterator<Item = (&'a [Problem], &'a SourceMap)>,
) -> String {
    let mut text = HEAD.to_owned();
    for (problems, sources) in found {
        for problem in problems.iter().filter(|it| !it.is_error()) {
            text += &Entry::of(problem, sources, path).line();
            text.push('\n');
        }
    }
    text
}

impl Entry {
    fn of(problem: &Problem, sources: &SourceMap, list: &Path) -> Entry {
        let file = problem.span.and_then(|span| sources.get(span.file));
        Entry {
            file: file.map_or_else(String::new, |file| seen_from(&file.path, list)),
            code: problem.code.name().to_owned(),
            message: problem.message.replace('\n', " "),
        }
    }

    fn written(line: &str) -> Option<Entry> {
        let (before, message) = line
            .match_indices(": ")
            .map(|(at, colon)| (&line[..at], &line[at + colon.len()..]))
            .find(|(before, _)| {
                let code = before.rsplit(": ").next().unwrap_or_default();
                is_code(code) && before.len() > code.len()
            })?;
        let (file, code) = before.rsplit_once(": ")?;
        Some(Entry {
            file: file.to_owned(),
            code: code.to_owned(),
            message: message.to_owned(),
        })
    }

    fn line(&self) -> String {
        format!("{}: {}: {}", self.file, self.code, self.message)
    }

    /// Whether it would have been told, were it there: policies are told only
    /// where they are wanted, and what runbooks have to do with one another only
    /// where all of them are checked.
    fn is_always_told(&self) -> bool {
        find_code(&self.code).is_none_or(|entry| !entry.policy && entry.code != Code::RB406)
    }
}

fn is_code(word: &str) -> bool {
    let digits = word.strip_prefix("RB").unwrap_or_default();
    digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A file as it is named in a list of warnings, wherever the command is run.
fn seen_from(file: &Path, list: &Path) -> String {
    let (file, list) = (plain(file), plain(list));
    let folder = list.parent().unwrap_or(Path::new(""));
    let shared = file.components().zip(folder.components());
    let shared = shared.take_while(|(one, other)| one == other).count();
    let up = folder
        .components()
        .skip(shared)
        .map(|_| Component::ParentDir);
    let down = file.components().skip(shared);
    let seen: PathBuf = up.chain(down).collect();
    seen.display().to_string().replace('\n', " ")
}

/// A path from the root, without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_as_seen_from_the_list() {
        let seen = |file: &str, list: &str| seen_from(Path::new(file), Path::new(list));
        assert_eq!(seen("/a/b/c.runbook", "/a/known"), "b/c.runbook");
        assert_eq!(seen("/a/./x/../b.runbook", "/a/known"), "b.runbook");
        assert_eq!(seen("/a/b.runbook", "/a/ci/known"), "../b.runbook");
        assert_eq!(seen("b.runbook", "known"), "b.runbook");
        assert_eq!(seen("b.runbook", "ci/known"), "../b.runbook");
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        for line in [
            "a b/c: d.runbook: RB105: `x`: not so",
            ": RB105: without a place",
            "RB101: x.runbook: RB105: hm",
        ] {
            let entry = Entry::written(line);
            assert_eq!(entry.map(|it| it.line()).as_deref(), Some(line));
        }
        for line in [
            "<<<<<<< HEAD",
            "a.runbook: hm",
            "RB105: hm",
            "a: RB1050: hm",
        ] {
            assert_eq!(Entry::written(line), None, "{line}");
        }
    }
}
