//! The commands of a block of code: prompts taken off, placeholders made
//! variables.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::import::names::name;

/// A script, and what it needs to be told.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Commands {
    pub lines: Vec<String>,
    /// What the page shows of their output.
    pub shown: Vec<String>,
    /// `<version>` of the page: a variable now.
    pub placeholders: BTreeSet<String>,
}

static PLACEHOLDER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = r"([A-Za-z](?:[A-Za-z0-9 _.-]*[A-Za-z0-9])?)";
    Regex::new(&format!(r"<{name}>|\{{\{{\s*\.?{name}\s*\}}\}}")).ok()
});

/// Reads a block of code.
pub fn read(code: &str) -> Commands {
    let (lines, shown) = without_prompts(code);
    let mut commands = Commands {
        shown,
        ..Commands::default()
    };
    for line in lines {
        let line = with_variables(&line, &mut commands.placeholders);
        commands.lines.push(line);
    }
    while commands.lines.last().is_some_and(|it| it.trim().is_empty()) {
        commands.lines.pop();
    }
    commands
}

/// In a recorded session only lines behind a prompt are commands.
fn without_prompts(code: &str) -> (Vec<String>, Vec<String>) {
    let lines: Vec<&str> = code.lines().map(str::trim_end).collect();
    let is_session = lines.iter().any(|line| line.trim_start().starts_with("$ "));
    if !is_session {
        let lines = lines.into_iter().skip_while(|it| it.is_empty());
        return (lines.map(str::to_owned).collect(), Vec::new());
    }
    let (mut commands, mut shown) = (Vec::new(), Vec::new());
    let mut goes_on = false;
    for line in lines {
        let command = match line.trim_start().strip_prefix("$ ") {
            Some(command) => command,
            None if goes_on => line,
            None => {
                shown.extend((!line.is_empty()).then(|| line.to_owned()));
                continue;
            }
        };
        goes_on = command.ends_with('\\');
        commands.push(command.to_owned());
    }
    (commands, shown)
}

fn with_variables(line: &str, placeholders: &mut BTreeSet<String>) -> String {
    let Some(placeholder) = &*PLACEHOLDER else {
        return line.to_owned();
    };
    if line.trim_start().starts_with('#') {
        return line.to_owned();
    }
    let replaced = placeholder.replace_all(line, |found: &Captures<'_>| {
        let whole = found.get(0).map_or(0..0, |it| it.range());
        let words = found.get(1).or_else(|| found.get(2));
        let variable = words.map_or_else(String::new, |it| name(it.as_str()));
        let before = &line[..whole.start];
        if variable.is_empty() || is_within(before, '\'') {
            return line[whole].to_owned();
        }
        let goes_on = line[whole.end..].starts_with(|it: char| it.is_alphanumeric() || it == '_');
        let text = match (is_within(before, '"'), goes_on) {
            (true, true) => format!("${{{variable}}}"),
            (true, false) => format!("${variable}"),
            (false, _) => format!("\"${variable}\""),
        };
        placeholders.insert(variable);
        text
    });
    replaced.into_owned()
}

/// Whether a quote is open behind this text.
fn is_within(before: &str, quote: char) -> bool {
    let mut open = None;
    let mut letters = before.chars();
    while let Some(letter) = letters.next() {
        match (open, letter) {
            (None | Some('"'), '\\') => {
                letters.next();
            }
            (None, '"' | '\'') => open = Some(letter),
            (Some(quote), letter) if quote == letter => open = None,
            _other => {}
        }
    }
    open == Some(quote)
}

impl Commands {
    /// The first words of the first command, to call it by: `git tag`.
    pub fn called(&self) -> String {
        let mut words = self.lines.iter().find_map(|line| {
            let mut words = line.split_whitespace().peekable();
            let is_command = words.peek().is_some_and(|it| !it.starts_with('#'));
            is_command.then_some(words)
        });
        let mut word = || words.as_mut()?.next();
        let first = word().unwrap_or_default();
        let file = first.rsplit('/').next().unwrap_or(first);
        let tool = file.split('.').next().unwrap_or(file);
        match word() {
            Some(next) if next.chars().all(|it| it.is_ascii_lowercase()) => {
                format!("{tool} {next}")
            }
            _option => tool.to_owned(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| {
            let line = line.trim_start();
            line.is_empty() || line.starts_with('#')
        })
    }

    /// Whether each line is a command of its own, so that it can stand behind a
    /// `$`.
    pub fn are_lines(&self) -> bool {
        const GOING_ON: [&str; 12] = [
            "if", "for", "while", "until", "case", "do", "then", "else", "fi", "done", "esac", "{",
        ];
        self.lines.iter().all(|line| {
            let first = line.split_whitespace().next().unwrap_or_default();
            let opens = ["{", "(", "\\", "|", "&&", "||"];
            !GOING_ON.contains(&first)
                && !first.starts_with('}')
                && !line.contains("<<")
                && !opens.iter().any(|it| line.ends_with(it))
                && !is_within(line, '"')
                && !is_within(line, '\'')
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_taken_off() {
        let read = read("$ kubectl get pods \\\n    --all\nNAME  READY\n$ true\n");
        assert_eq!(read.lines, ["kubectl get pods \\", "    --all", "true"]);
        assert_eq!(read.shown, ["NAME  READY"]);
    }

    #[test]
    fn placeholders_become_variables() {
        let read = read(
            "./deploy.sh --tag \"v<version>x<version>\" <target-env> '{{ no }}' {{ .Yes }}\nsort <in.txt >out.txt",
        );
        let first =
            "./deploy.sh --tag \"v${version}x$version\" \"$target_env\" '{{ no }}' \"$yes\"";
        assert_eq!(read.lines, [first, "sort <in.txt >out.txt"]);
        let names: Vec<&str> = read.placeholders.iter().map(String::as_str).collect();
        assert_eq!(names, ["target_env", "version", "yes"]);
    }

    #[test]
    fn what_goes_over_lines_is_seen() {
        assert!(read("make\nmake install").are_lines());
        for code in [
            "if true; then\n  make\nfi",
            "cat <<E\nx\nE",
            "echo 'a\nb'",
            "a \\\n  b",
        ] {
            assert!(!read(code).are_lines(), "{code}");
        }
    }
}
