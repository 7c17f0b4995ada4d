//! Approvals from elsewhere, signed with real SSH keys: what counts, and what
//! was made by somebody else, for another run or for nothing, does not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::place::Place;

const RUNBOOK: &str = r#"
runbook "A signed release"
param owners: list<string>
role release = owners signed by "allowed_signers"

gate go {
  approve by release
}
step change {
  $ touch changed
  timeout 1m
  rollback $ rm -f changed
}
"#;

/// A release that waits for a signature, and the keys of two people.
struct Release(Place);

impl Release {
    fn new() -> Release {
        let place = Place::new(RUNBOOK);
        for name in ["grace", "mallory"] {
            make_key(&place.path(name));
        }
        let public = place.read("grace.pub");
        place.write("allowed_signers", &format!("grace {public}"));
        Release(place)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    /// Runs the program; its exit status and all it said.
    fn runbook(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let told = self.0.run(arguments);
        (told.status, told.text)
    }

    /// A run that waits at the gate; its directory.
    fn waiting(&self) -> PathBuf {
        let before = self.0.runs();
        let owners = format!("owners=grace,{}", runbook::run::who::user());
        let (status, text) = self.runbook(&["exec", "t.runbook", "--yes", "--set", &owners]);
        assert_eq!(status, Some(5), "{text}");
        let mut runs = self.0.runs().into_iter();
        let run = runs.find(|run| !before.contains(run)).expect("a run");
        self.path(&format!("state/runs/{run}"))
    }

    fn approve(&self, run: &Path, more: &[&str]) -> (Option<i32>, String) {
        self.runbook(&[&["approve", id(run), "go"], more].concat())
    }

    #[track_caller]
    fn still_waits(&self, run: &Path, because: &str) {
        let (status, text) = self.runbook(&["resume", id(run)]);
        assert_eq!(status, Some(5), "{text}");
        assert!(text.contains(because), "{text}");
        assert!(!self.path("changed").exists(), "{text}");
    }

    #[track_caller]
    fn goes_on(&self, run: &Path) {
        let (status, text) = self.runbook(&["resume", id(run)]);
        assert_eq!(status, Some(0), "{text}");
        assert!(text.contains("grace"), "{text}");
        assert!(self.path("changed").exists());
    }
}

fn make_key(at: &Path) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(at)
        .status()
        .expect("ssh-keygen is installed");
    assert!(made.success());
}

fn id(run: &Path) -> &str {
    run.file_name().and_then(|name| name.to_str()).unwrap()
}

fn message(run: &Path) -> PathBuf {
    let mut entries = fs::read_dir(run.join("inbox")).unwrap().flatten();
    entries.next().expect("a message").path()
}

#[test]
fn a_signature_of_an_allowed_signer_opens_the_gate() {
    let release = Release::new();
    let run = release.waiting();
    let (status, text) = release.approve(&run, &["--as", "grace", "--sign-with", "grace"]);
    assert_eq!(status, Some(0), "{text}");
    release.goes_on(&run);
    let (_, told) = release.runbook(&["report", id(&run), "--md"]);
    assert!(told.contains("grace says yes, with a signature"), "{told}");
    // The evidence can be verified without this program.
    let statement = fs::File::open(run.join("approvals/001.json")).unwrap();
    let verified = Command::new("ssh-keygen")
        .args([
            "-Y",
            "verify",
            "-n",
            "runbook-approval",
            "-I",
            "grace",
            "-f",
        ])
        .arg(release.path("allowed_signers"))
        .arg("-s")
        .arg(run.join("approvals/001.sig"))
        .stdin(statement)
        .output()
        .unwrap();
    assert!(verified.status.success());
}

#[test]
fn without_a_signature_nobody_lets_it_go() {
    let release = Release::new();
    let run = release.waiting();
    let (status, text) = release.approve(&run, &["--as", "grace", "--sign-with", "nothing"]);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("`nothing` does not sign"), "{text}");
    // Nor does a message that only says who it is from.
    let (status, _) = release.approve(&run, &["--as", "grace", "--sign-with", "grace"]);
    assert_eq!(status, Some(0));
    let path = message(&run);
    let mut said: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    said["answer"].as_object_mut().unwrap().remove("signature");
    fs::write(&path, said.to_string()).unwrap();
    release.still_waits(&run, "it is not signed");
}

#[test]
fn the_signature_of_somebody_else_does_not_count() {
    let release = Release::new();
    let run = release.waiting();
    let (status, text) = release.approve(&run, &["--as", "grace", "--sign-with", "mallory"]);
    assert_eq!(status, Some(0), "{text}");
    release.still_waits(&run, "the signature of `grace` does not count");
    let (status, text) = release.approve(&run, &["--as", "mallory", "--sign-with", "mallory"]);
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("may not approve"), "{text}");
}

#[test]
fn an_approval_counts_for_its_own_run_alone() {
    let release = Release::new();
    let first = release.waiting();
    release.approve(&first, &["--as", "grace", "--sign-with", "grace"]);
    let signed = fs::read(message(&first)).unwrap();
    let second = release.waiting();
    fs::write(second.join("inbox/000000000000001-1.json"), &signed).unwrap();
    release.still_waits(&second, "does not count");
    release.goes_on(&first);
}

#[test]
fn a_yes_does_not_sign_a_no() {
    let release = Release::new();
    let run = release.waiting();
    release.approve(
        &run,
        &[
            "--as",
            "grace",
            "--sign-with",
            "grace",
            "--reject",
            "not today",
        ],
    );
    let path = message(&run);
    let mut said: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    said["answer"]["answer"] = serde_json::json!("yes");
    fs::write(&path, said.to_string()).unwrap();
    release.still_waits(&run, "does not count");
}

#[test]
fn who_may_sign_must_be_known() {
    let release = Release::new();
    let run = release.waiting();
    release.approve(&run, &["--as", "grace", "--sign-with", "grace"]);
    fs::remove_file(release.path("allowed_signers")).unwrap();
    release.still_waits(&run, "there is no file of allowed signers");
}

/// Who starts a run and says yes to all is one person of two.
#[test]
fn one_approval_of_two_is_not_all() {
    let release = Release::new();
    let user = runbook::run::who::user();
    let text = format!(
        "runbook \"Two people\"\nrole crew = [\"{user}\", \"grace\"]\n\
         gate go {{\n  approve by crew count 2 or starter\n}}\n\
         step change {{\n  $ touch changed\n  timeout 1m\n  rollback $ rm -f changed\n}}\n"
    );
    release.0.change(&text);
    let (status, told) = release.runbook(&["exec", "t.runbook", "--yes"]);
    assert_eq!(status, Some(5), "{told}");
    assert!(told.contains("`go` waits for a person"), "{told}");
    assert!(!release.path("changed").exists(), "{told}");
    let (_, asked) = release.runbook(&["answer", "20"]);
    assert!(asked.contains("your approval is there"), "{asked}");
    // Nor is it two when the same person says it again.
    let (_, told) = release.runbook(&["resume", "--yes"]);
    assert!(!release.path("changed").exists(), "{told}");
    let (_, told) = release.runbook(&["approve", "20", "go"]);
    let (status, resumed) = release.runbook(&["resume"]);
    assert_eq!(status, Some(5), "{told}{resumed}");
    assert!(!release.path("changed").exists());
}
