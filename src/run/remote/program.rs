//! What the other machine is sent.
//!
//! The command line holds nothing but a constant: it would be read by whatever
//! shell the user has there, and seen by every other user. That shell reads one
//! line from its standard input, which is a program: the values as quoted
//! assignments, the script as it is written, and the watch over it. When the
//! standard input ends, so does the script, with its process group.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use crate::plan::{SSH_WATCH, Shell};
use crate::run::process::Input;

/// A script for another machine, with all it needs.
#[derive(Debug)]
pub struct Program<'a> {
    pub script: &'a str,
    pub shell: Shell,
    pub environment: &'a [(String, OsString)],
    /// From the user's home; that itself without one.
    pub directory: Option<&'a str>,
    /// How long it may take to end once it was asked to.
    pub patience: Duration,
}

impl Program<'_> {
    /// The line that [`crate::plan::SSH_COMMAND`] reads.
    pub fn input(&self) -> Input {
        let mut text = Vec::new();
        let shell = match self.shell {
            Shell::Sh => "sh -eu -c",
            Shell::Bash => "bash -euo pipefail -c",
        };
        let patience = self.patience.as_secs().max(1);
        text.extend_from_slice(format!("patience={patience}\nshell='{shell}'\nscript=").as_bytes());
        quote(self.script.as_bytes(), &mut text);
        text.extend_from_slice(b"\nset_up() {\n");
        if let Some(directory) = self.directory {
            let from_home = !directory.starts_with('/');
            text.extend_from_slice(if from_home { b"cd ./" } else { b"cd " });
            quote(directory.as_bytes(), &mut text);
            text.extend_from_slice(b" || return\n");
        }
        for (name, value) in self.environment {
            text.extend_from_slice(format!("export {name}=").as_bytes());
            quote(value.as_bytes(), &mut text);
            text.push(b'\n');
        }
        text.extend_from_slice(b":\n}\n");
        text.extend_from_slice(SSH_WATCH.as_bytes());
        Input(one_line(&text))
    }
}

/// Puts a text in single quotes, in which the shell changes nothing.
fn quote(text: &[u8], to: &mut Vec<u8>) {
    to.push(b'\'');
    for byte in text {
        match byte {
            b'\'' => to.extend_from_slice(br"'\''"),
            byte => to.push(*byte),
        }
    }
    to.push(b'\'');
}

/// A text as one line of ASCII that `printf %b` turns back.
fn one_line(text: &[u8]) -> Vec<u8> {
    let mut line = Vec::with_capacity(text.len() + text.len() / 8 + 1);
    for byte in text {
        match byte {
            b'\\' => line.extend_from_slice(br"\\"),
            b' '..=b'~' => line.push(*byte),
            byte => line.extend_from_slice(format!("\\0{byte:03o}").as_bytes()),
        }
    }
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    /// What a program comes to where this is the user's shell, and this `sh`.
    fn run(login: &str, inner: &str, program: &Program<'_>) -> (Option<i32>, Vec<u8>) {
        let command = crate::plan::SSH_COMMAND.replace("exec sh ", &format!("exec {inner} "));
        let mut child = Command::new(login)
            .args(["-c", &command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(&program.input().0).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        drop(stdin);
        (output.status.code(), output.stdout)
    }

    #[test]
    fn scripts_and_values_arrive_as_they_are() {
        let odd = "a 'b' \"c\" $d `e` \\n \\\\0101 %s !f\n\n\tü \u{1f680} *\r\n";
        let bytes = {
            use std::os::unix::ffi::OsStringExt;
            OsString::from_vec((1..=255).collect())
        };
        let environment = [
            ("value".to_owned(), OsString::from(odd)),
            ("bytes".to_owned(), bytes.clone()),
        ];
        let program = Program {
            script: "printf '%s' \"$value\"; printf '%s' \"$bytes\"; printf '\\\\ü%s' '!'; exit 7",
            shell: Shell::Sh,
            environment: &environment,
            directory: Some("/"),
            patience: Duration::from_secs(1),
        };
        let mut wanted = odd.as_bytes().to_vec();
        wanted.extend(1..=255_u8);
        wanted.extend("\\ü!".as_bytes());
        for login in ["sh", "bash", "zsh", "mksh"] {
            let found = run(login, "sh", &program);
            assert_eq!(found, (Some(7), wanted.clone()), "{login}");
        }
        for inner in ["bash --posix", "busybox sh", "mksh"] {
            let found = run("sh", inner, &program);
            assert_eq!(found, (Some(7), wanted.clone()), "{inner}");
        }
    }

    #[test]
    fn the_first_failure_and_its_own_standard_input_are_as_here() {
        let program = |script| Program {
            script,
            shell: Shell::Sh,
            environment: &[],
            directory: None,
            patience: Duration::from_secs(1),
        };
        let (status, printed) = run("sh", "sh", &program("cat; echo read; false; echo never"));
        assert_eq!((status, printed), (Some(1), b"read\n".to_vec()));
        let (status, _) = run("sh", "sh", &program("exit 255"));
        assert_eq!(status, Some(254), "255 is ssh's own");
        let nowhere = Program {
            directory: Some("no-such-place"),
            ..program("echo ran")
        };
        let (status, printed) = run("sh", "sh", &nowhere);
        assert!(status != Some(0) && printed.is_empty());
    }
}
