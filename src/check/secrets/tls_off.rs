//! RB605: nobody looks who is at the other end.

use super::{Command, How, Rule, Subject, of_commands};
use crate::model::TextPart;
use crate::problem::{Code, Problem};

pub static RULE: Rule = Rule {
    code: Code::RB605,
    how: How::Heuristic,
    wrong: r#"
check answers $ curl -fsk https://shop.internal/health
"#,
    right: r#"
check answers $ curl -fs --cacert internal.pem https://shop.internal/health
"#,
    check,
};

fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems = of_commands(subject, |_, command| {
        let how = turned_off(command)?;
        Some(
            Problem::new(
                Code::RB605,
                command.span(),
                format!("with `{how}` anybody in between can answer as if they were the server"),
            )
            .label("the certificate or key is not looked at")
            .help("name the certificate instead: `--cacert FILE`; for ssh, a file of known hosts"),
        )
    });
    for fleet in &subject.model.fleets {
        let options = fleet.via.iter().flat_map(|via| &via.options);
        for (text, span) in options {
            let text: String = text.iter().map(literal).collect();
            if is_ssh_option(&text) {
                problems.push(
                    Problem::new(
                        Code::RB605,
                        *span,
                        format!(
                            "with `{text}` anybody in between can answer as if they were the host"
                        ),
                    )
                    .label("the key is not looked at")
                    .help("keep a file of known hosts beside the runbook: `UserKnownHostsFile=…`"),
                );
            }
        }
    }
    problems
}

fn literal(part: &TextPart) -> &str {
    match part {
        TextPart::Literal(text) => text,
        TextPart::Value(_) => "",
    }
}

fn is_ssh_option(text: &str) -> bool {
    let text = text.to_ascii_lowercase().replace(' ', "");
    text.contains("stricthostkeychecking=no") || text.contains("userknownhostsfile=/dev/null")
}

fn turned_off(command: &Command<'_>) -> Option<&'static str> {
    /// Letters of curl's options that take no value.
    const FLAGS: &str = "fsSLkiIvgqGJOjlnaN#0123456";
    let of_curl = |word: &&str| {
        word.strip_prefix('-').is_some_and(|letters| {
            letters.contains('k') && letters.chars().all(|it| FLAGS.contains(it))
        })
    };
    let any = |word: &str| command.words.contains(&word);
    let variables = [
        ("GIT_SSL_NO_VERIFY", "GIT_SSL_NO_VERIFY"),
        (
            "NODE_TLS_REJECT_UNAUTHORIZED",
            "NODE_TLS_REJECT_UNAUTHORIZED=0",
        ),
        ("PYTHONHTTPSVERIFY", "PYTHONHTTPSVERIFY=0"),
    ];
    let assigned = variables.iter().find(|(name, _)| {
        let mut sets = command.simple.assignments.iter();
        sets.any(|it| it.name == *name)
    });
    if let Some((_, shown)) = assigned {
        return Some(shown);
    }
    match command.program {
        "curl" if any("--insecure") => Some("--insecure"),
        "curl" if command.words.iter().any(of_curl) => Some("-k"),
        "wget" if any("--no-check-certificate") => Some("--no-check-certificate"),
        "git"
            if command
                .words
                .iter()
                .any(|it| it.eq_ignore_ascii_case("http.sslverify=false")) =>
        {
            Some("http.sslVerify=false")
        }
        "ssh" | "scp" | "rsync" | "sftp" if command.words.iter().any(|it| is_ssh_option(it)) => {
            Some("StrictHostKeyChecking=no")
        }
        "kubectl" | "helm" | "oc" if command.has(&["--insecure-skip-tls-verify"]) => {
            Some("--insecure-skip-tls-verify")
        }
        "aws" if any("--no-verify-ssl") => Some("--no-verify-ssl"),
        "vault" if command.has(&["-tls-skip-verify"]) => Some("-tls-skip-verify"),
        "pip" | "pip3" if command.has(&["--trusted-host"]) => Some("--trusted-host"),
        "apt" | "apt-get" if any("--allow-unauthenticated") => Some("--allow-unauthenticated"),
        _another => None,
    }
}
