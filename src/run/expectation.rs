//! Whether what a task printed and how it ended is what its author expects,
//! and the values it gives.

use std::path::Path;

use regex::RegexBuilder;
use serde_json_path::JsonPath;

use crate::machine::event::{Completion, Failure};
use crate::plan::{Expect, Output, OutputFrom, Task};

/// Longer values are refused: they are kept in the journal and given to
/// commands as variables.
const LONGEST_VALUE: usize = 64 << 10;

/// What a task did, seen from outside.
#[derive(Debug)]
pub struct Effort<'e> {
    /// Its exit status; `None` for requests.
    pub exit: Option<i32>,
    /// What it printed, or the body of the answer.
    pub stdout: &'e [u8],
    /// Where it ran, for outputs from files.
    pub directory: &'e Path,
    /// Whether more was printed than is looked at here.
    pub cut: bool,
}

/// Values by name.
pub type Given = Vec<(String, String)>;

/// How a task ended, judged by what its author expects of it.
pub fn judge(task: &Task, effort: &Effort<'_>) -> (Completion, Given) {
    let failure = |message: String, worked: bool| {
        let failure = Failure {
            exit: effort.exit,
            message,
            worked,
        };
        (Completion::Failed(failure), Vec::new())
    };
    if let Some(why) = wrong_status(&task.expect, effort) {
        return failure(why, false);
    }
    if let Some(why) = unexpected(&task.expect, effort) {
        return failure(why, true);
    }
    let mut given = Vec::new();
    for output in &task.outputs {
        match read(output, effort).or_else(|why| output.default.clone().ok_or(why)) {
            Ok(value) => given.push((output.name.clone(), value)),
            Err(why) => return failure(format!("output `{}`: {why}", output.name), true),
        }
    }
    (Completion::Ok, given)
}

/// What a capture noted: all it printed, final newlines removed.
///
/// # Errors
/// Why it cannot be a value.
pub fn captured(effort: &Effort<'_>) -> Result<String, String> {
    if effort.cut {
        return Err("it printed too much for a value".to_owned());
    }
    value(effort.stdout)
}

fn wrong_status(expect: &Expect, effort: &Effort<'_>) -> Option<String> {
    let exit = effort.exit?;
    let mut expected = expect.exit.iter();
    let is_expected = expected.any(|status| i32::from(*status) == exit);
    (!is_expected).then(|| format!("ended with status {exit}"))
}

fn unexpected(expect: &Expect, effort: &Effort<'_>) -> Option<String> {
    if expect.stdout_contains.is_empty() && expect.stdout_matches.is_empty() {
        return None;
    }
    let text = String::from_utf8_lossy(effort.stdout);
    let cut = if effort.cut {
        " in the first 16 MiB of it"
    } else {
        ""
    };
    for wanted in &expect.stdout_contains {
        if !text.contains(wanted.as_str()) {
            return Some(format!("the output does not contain `{wanted}`{cut}"));
        }
    }
    for pattern in &expect.stdout_matches {
        let matches = compiled(pattern).is_ok_and(|regex| regex.is_match(&text));
        if !matches {
            return Some(format!("the output does not match `{pattern}`{cut}"));
        }
    }
    None
}

fn compiled(pattern: &str) -> Result<regex::Regex, String> {
    RegexBuilder::new(pattern)
        .multi_line(true)
        .build()
        .map_err(|error| format!("`{pattern}` is no regular expression: {error}"))
}

fn read(output: &Output, effort: &Effort<'_>) -> Result<String, String> {
    match &output.from {
        OutputFrom::Stdout(pattern) => {
            let text = String::from_utf8_lossy(effort.stdout);
            let regex = compiled(pattern)?;
            let found = regex
                .captures(&text)
                .ok_or_else(|| format!("nothing in the output matches `{pattern}`"))?;
            let part = found.get(1).or_else(|| found.get(0));
            value(part.map_or("", |part| part.as_str()).as_bytes())
        }
        OutputFrom::Json(path) => from_json(path, effort.stdout),
        OutputFrom::File(path) => from_file(&effort.directory.join(path)),
    }
}

fn from_json(path: &str, stdout: &[u8]) -> Result<String, String> {
    let document: serde_json::Value = serde_json::from_slice(stdout)
        .map_err(|error| format!("the output is no JSON: {error}"))?;
    let parsed =
        JsonPath::parse(path).map_err(|error| format!("`{path}` is no JSON path: {error}"))?;
    let found = parsed.query(&document).all();
    match found.as_slice() {
        [] => Err(format!("there is nothing at `{path}`")),
        [serde_json::Value::Null] => Err(format!("there is null at `{path}`")),
        [serde_json::Value::String(text)] => value(text.as_bytes()),
        [one] => value(one.to_string().as_bytes()),
        many => Err(format!(
            "there are {} values at `{path}`, expected one",
            many.len()
        )),
    }
}

fn from_file(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let length = std::fs::metadata(path).map(|metadata| metadata.len());
    match length {
        Ok(length) if length > LONGEST_VALUE as u64 + 2 => Err(too_long()),
        Ok(_) => {
            let bytes =
                std::fs::read(path).map_err(|error| format!("cannot read `{shown}`: {error}"))?;
            value(&bytes)
        }
        Err(error) => Err(format!("cannot read `{shown}`: {error}")),
    }
}

fn too_long() -> String {
    format!("it is longer than {} KiB", LONGEST_VALUE >> 10)
}

/// Bytes as a value: text without zero bytes, final newlines removed, as a
/// shell's `$( )` gives it.
fn value(bytes: &[u8]) -> Result<String, String> {
    if bytes.len() > LONGEST_VALUE {
        return Err(too_long());
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "it is no UTF-8 text".to_owned())?;
    if text.contains('\0') {
        return Err("it holds a zero byte".to_owned());
    }
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Run, Shell};

    fn task(expect: Expect, outputs: Vec<(&str, OutputFrom, Option<&str>)>) -> Task {
        let outputs = outputs.into_iter();
        Task {
            run: Run::Script {
                text: String::new(),
                shell: Shell::Sh,
            },
            bindings: Vec::new(),
            directory: None,
            host: None,
            timeout: None,
            expect,
            outputs: outputs
                .map(|(name, from, default)| Output {
                    name: name.to_owned(),
                    from,
                    default: default.map(str::to_owned),
                })
                .collect(),
            needs: Vec::new(),
        }
    }

    fn effort(exit: i32, stdout: &[u8]) -> Effort<'_> {
        Effort {
            exit: Some(exit),
            stdout,
            directory: Path::new("."),
            cut: false,
        }
    }

    fn message(completion: &Completion) -> &str {
        match completion {
            Completion::Failed(failure) => &failure.message,
            Completion::Ok | Completion::TimedOut | Completion::Cancelled | Completion::InDoubt => {
                ""
            }
        }
    }

    #[test]
    fn statuses_other_than_the_expected_are_failures() {
        let expect = Expect {
            exit: vec![0, 3],
            ..Expect::default()
        };
        let task = task(expect, vec![]);
        assert_eq!(judge(&task, &effort(3, b"")).0, Completion::Ok);
        let (failed, _) = judge(&task, &effort(1, b""));
        assert_eq!(message(&failed), "ended with status 1");
    }

    #[test]
    fn expected_text_must_be_there() {
        let expect = Expect {
            stdout_contains: vec!["all good".to_owned()],
            stdout_matches: vec!["^x+$".to_owned()],
            ..Expect::default()
        };
        let task = task(expect, vec![]);
        assert_eq!(
            judge(&task, &effort(0, b"all good\nxxx\n")).0,
            Completion::Ok
        );
        let (failed, _) = judge(&task, &effort(0, b"all good\nxyx\n"));
        assert_eq!(message(&failed), "the output does not match `^x+$`");
        let (failed, _) = judge(&task, &effort(0, b"xxx\n"));
        assert_eq!(message(&failed), "the output does not contain `all good`");
    }

    #[test]
    fn outputs_come_from_the_first_group_or_json_or_their_default() {
        let outputs = vec![
            (
                "id",
                OutputFrom::Stdout(r#""id": "(\w+)""#.to_owned()),
                None,
            ),
            ("size", OutputFrom::Json("$.size".to_owned()), None),
            ("host", OutputFrom::Json("$.host".to_owned()), Some("none")),
        ];
        let task = task(Expect::default(), outputs);
        let (completion, given) = judge(&task, &effort(0, br#"{"id": "b7", "size": 12}"#));
        assert_eq!(completion, Completion::Ok);
        let given: Vec<String> = given.iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(given, ["id=b7", "size=12", "host=none"]);
    }

    #[test]
    fn a_missing_output_is_a_failure_that_says_what_was_looked_for() {
        let from = OutputFrom::Stdout("id: (.+)".to_owned());
        let task = task(Expect::default(), vec![("id", from, None)]);
        let (failed, _) = judge(&task, &effort(0, b"done"));
        assert_eq!(
            message(&failed),
            "output `id`: nothing in the output matches `id: (.+)`"
        );
    }

    #[test]
    fn captures_lose_their_final_newlines_only() {
        assert_eq!(captured(&effort(0, b" 41 \n\n")), Ok(" 41 ".to_owned()));
        assert!(captured(&effort(0, b"a\0b")).is_err());
        assert!(captured(&effort(0, &[0xff])).is_err());
        assert!(captured(&effort(0, &vec![b'x'; LONGEST_VALUE + 1])).is_err());
    }
}
