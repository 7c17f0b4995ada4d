//! Approvals signed with an SSH key, by `ssh-keygen`, which every machine that
//! people reach by SSH has.
//!
//! What is signed is never sent along: whoever verifies writes it down anew
//! from what is known of the run. So a signature counts only for this run, this
//! plan with these values, this gate, this answer, and for as long as the gate
//! is not tried anew.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde::Serialize;

use crate::machine::event::{Answer, Event, Question, Stamped};
use crate::plan::{GateCondition, NodeId, NodeKind, Plan};
use crate::run::journal::plan_digest;

/// What the signatures are for: one that was made for something else does not
/// count.
const NAMESPACE: &str = "runbook-approval";

/// What is signed.
#[derive(Debug, Clone, Serialize)]
pub struct Statement {
    version: u32,
    run: String,
    /// The digest of the plan, its parameters included.
    plan: String,
    gate: String,
    condition: u32,
    /// How often the gate was tried anew before.
    round: usize,
    answer: Answer,
    by: String,
}

impl Statement {
    /// What somebody says about a gate of a run.
    pub fn new(
        run: &str,
        plan: &Plan,
        facts: &[Stamped],
        (gate, condition): (NodeId, u32),
        answer: &Answer,
        by: &str,
    ) -> Statement {
        Statement {
            version: 1,
            run: run.to_owned(),
            plan: plan_digest(plan),
            gate: plan.nodes[gate.index()].name.clone(),
            condition,
            round: round(facts, gate),
            answer: answer.clone(),
            by: by.to_owned(),
        }
    }

    fn text(&self) -> String {
        // It holds nothing that JSON cannot.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Signs it; the signature as text.
    ///
    /// # Errors
    /// In words: there is no `ssh-keygen`, no such key, or its passphrase was
    /// wrong.
    pub fn sign(&self, key: &Path) -> Result<String, String> {
        let mut keygen = Command::new("ssh-keygen");
        keygen.args(["-Y", "sign", "-n", NAMESPACE, "-f"]).arg(key);
        let output = asked(keygen, &self.text())?;
        if !output.status.success() {
            let shown = key.display();
            return Err(format!("`{shown}` does not sign: {}", said(&output)));
        }
        String::from_utf8(output.stdout).map_err(|_| "the signature is no text".to_owned())
    }

    /// Whether this signature of it is by who says so; `place` is a directory
    /// of the run in which the signature is kept as evidence.
    ///
    /// # Errors
    /// In words: it is not, or that cannot be found out.
    pub fn verify(&self, signature: &str, signers: &Path, place: &Path) -> Result<(), String> {
        if !signers.is_file() {
            let shown = signers.display();
            return Err(format!("there is no file of allowed signers `{shown}`"));
        }
        let kept = keep(place, signature).map_err(|error| format!("it cannot be kept: {error}"))?;
        let mut keygen = Command::new("ssh-keygen");
        keygen
            .args(["-Y", "verify", "-n", NAMESPACE, "-f"])
            .arg(signers)
            // By itself, so that a name is never taken for an option.
            .arg(format!("-I{}", self.by))
            .arg("-s")
            .arg(&kept);
        let output = asked(keygen, &self.text())?;
        if output.status.success() {
            // What it is a signature of, for who wants to verify it later. Is
            // the disk full, the journal still has the approval.
            let _ = write_private(&kept.with_extension("json"), &self.text());
            return Ok(());
        }
        let _ = std::fs::remove_file(&kept);
        Err(said(&output))
    }
}

/// How often a person had a gate tried anew: what was said before is stale.
fn round(facts: &[Stamped], wanted: NodeId) -> usize {
    let again = |fact: &&Stamped| match &fact.event {
        Event::Answered {
            question: Question::GateFailed { gate },
            answer: Answer::Again,
            ..
        } => *gate == wanted,
        _other => false,
    };
    facts.iter().filter(again).count()
}

/// The file of allowed signers that an approval is held against, below the
/// runbook's own directory; `None`: it needs no signature.
pub fn signers(plan: &Plan, question: Question, directory: &Path) -> Option<PathBuf> {
    let Question::Approve { gate, condition } = question else {
        return None;
    };
    let NodeKind::Gate(gate) = &plan.nodes[gate.index()].kind else {
        return None;
    };
    match gate.conditions.get(condition as usize) {
        Some(GateCondition::Approve {
            signed_by: Some(file),
            ..
        }) => Some(directory.join(file)),
        _unsigned => None,
    }
}

fn asked(mut keygen: Command, input: &str) -> Result<Output, String> {
    let mut child = keygen
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("`ssh-keygen` cannot be started: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that ended early says why.
        let _ = stdin.write_all(input.as_bytes());
    }
    child
        .wait_with_output()
        .map_err(|error| format!("`ssh-keygen` cannot be asked: {error}"))
}

fn said(output: &Output) -> String {
    let text = [output.stderr.as_slice(), output.stdout.as_slice()].concat();
    let text = String::from_utf8_lossy(&text);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// Puts a signature into a new file.
fn keep(place: &Path, signature: &str) -> std::io::Result<PathBuf> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(place)?;
    for number in 1.. {
        let path = place.join(format!("{number:03}.sig"));
        match write_private(&path, signature) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            written => return written.map(|()| path),
        }
    }
    Err(std::io::ErrorKind::StorageFull.into())
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?
        .write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::analyse_bytes;
    use crate::machine::event::How;

    #[test]
    fn what_is_signed_is_stale_once_the_gate_is_tried_anew() {
        let text = b"runbook \"t\"\nrole r = [\"ada\"]\ngate g {\n  approve by r\n}\n";
        let plan = analyse_bytes(Path::new("t.runbook"), text).plan;
        let gate = NodeId(1);
        let again = Stamped {
            at: 0,
            event: Event::Answered {
                question: Question::GateFailed { gate },
                answer: Answer::Again,
                by: "ada".to_owned(),
                how: How::Terminal,
            },
        };
        let said = |run: &str, facts: &[Stamped], answer: &Answer, by: &str| {
            Statement::new(run, &plan, facts, (gate, 0), answer, by).text()
        };
        let first = said("r", &[], &Answer::Yes, "ada");
        assert_eq!(first, said("r", &[], &Answer::Yes, "ada"));
        assert_ne!(first, said("r", &[again], &Answer::Yes, "ada"));
        assert_ne!(first, said("s", &[], &Answer::Yes, "ada"));
        assert_ne!(first, said("r", &[], &Answer::Stop, "ada"));
        assert_ne!(first, said("r", &[], &Answer::Yes, "grace"));
    }
}
