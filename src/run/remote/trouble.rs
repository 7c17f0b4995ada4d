//! What ssh says when it fails, in words that tell what to do.

use std::path::Path;

/// What is known of a command whose connection failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// It surely did not begin; why.
    NeverBegan(String),
    /// It may have begun, and nobody knows how far it came; why.
    Midway(String),
}

/// What ssh says before it has run anything, and what that means.
const BEFORE: [(&str, &str, &str); 7] = [
    (
        "HOST IDENTIFICATION HAS CHANGED",
        "shows another key than the one that is known of it",
        "find out why, before `ssh-keygen -R` forgets the old one",
    ),
    (
        "host key verification failed",
        "is not known here by its key",
        "compare its key and connect once by hand, or add it to `known_hosts`",
    ),
    (
        "permission denied",
        "refuses the login",
        "is the user right, and its key there? nobody is asked for a password",
    ),
    (
        "could not resolve",
        "is not known by this name",
        "is the name right?",
    ),
    (
        "connect to host",
        "cannot be reached",
        "is it up, and does it listen there?",
    ),
    (
        "banner exchange",
        "does not answer as ssh does",
        "is the port right?",
    ),
    (
        "kex_exchange_identification",
        "does not answer as ssh does",
        "is the port right?",
    ),
];

/// Why a connection could not be made, from what ssh wrote down.
pub fn refused(host: &str, log: &Path) -> String {
    let said = said(log);
    before(host, &said).unwrap_or_else(|| match last_line(&said) {
        Some(line) => format!("host `{host}`: {line}"),
        None => format!("host `{host}` cannot be reached: ssh does not say why"),
    })
}

/// What became of a command whose ssh failed.
pub fn broken(host: &str, log: &Path) -> Broken {
    let said = said(log);
    match before(host, &said) {
        Some(why) => Broken::NeverBegan(why),
        None => {
            let line = last_line(&said).unwrap_or("ssh does not say why");
            Broken::Midway(format!("the connection to host `{host}` broke off: {line}"))
        }
    }
}

fn before(host: &str, said: &str) -> Option<String> {
    let small = said.to_ascii_lowercase();
    let (mark, what, help) = BEFORE
        .iter()
        .find(|(mark, _, _)| small.contains(&mark.to_ascii_lowercase()))?;
    let mark = mark.to_ascii_lowercase();
    let mut lines = said.lines().rev();
    let line = lines.find(|line| line.to_ascii_lowercase().contains(&mark));
    let line = line.unwrap_or_default().trim().trim_matches('@').trim();
    Some(format!("host `{host}` {what}: {line} ({help})"))
}

fn last_line(said: &str) -> Option<&str> {
    let mut lines = said.lines().rev().map(str::trim);
    lines.find(|line| !line.is_empty())
}

fn said(log: &Path) -> String {
    let (bytes, _) = crate::run::activity::look(log);
    String::from_utf8_lossy(&bytes).replace('\r', "")
}
