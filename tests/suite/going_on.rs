//! A run that stands still goes on: by a runbook that was changed, or with
//! answers from elsewhere.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

struct Place(TempDir);

impl Place {
    fn new(runbook: &str) -> Place {
        let place = Place(TempDir::new().unwrap());
        place.write(runbook);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, runbook: &str) {
        fs::write(self.path("t.runbook"), runbook).unwrap();
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    #[track_caller]
    fn runbook(&self, arguments: &[&str], wanted: i32) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_runbook"))
            .args(arguments)
            .current_dir(self.0.path())
            .env("RUNBOOK_STATE", self.path("state"))
            .stdin(Stdio::null())
            .process_group(0)
            .output()
            .unwrap();
        let text = [&output.stdout[..], &output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert_eq!(output.status.code(), Some(wanted), "{arguments:?}\n{text}");
        text
    }

    fn run(&self) -> String {
        let mut entries = fs::read_dir(self.path("state/runs")).unwrap().flatten();
        let name = entries.next().expect("a run").file_name();
        name.into_string().unwrap()
    }
}

/// Stands still at its gate when nobody can be asked.
const RELEASE: &str = r#"runbook "Release"
lock "shop"
param version: string = "1.0"
defaults { timeout 1m }
phase prepare {
  step build {
    $ echo "build $version" >> log
    output number from stdout `(x?)`
    rollback $ echo "unbuild $version" >> log
  }
}
phase switch {
  gate go {
    confirm "shall it go on?"
  }
  step switch_over {
    $ echo wrong >> log
    rollback $ echo unwrong >> log
  }
}
"#;

/// Where it began is of the run, whatever becomes of the runbook.
#[test]
fn a_changed_rest_is_taken_over_by_a_run_that_began_in_the_middle() {
    let text = RELEASE.replace(
        "  gate go {",
        "  gate more {\n    approve by nobody\n  }\n  gate go {",
    );
    let text = text.replace("lock", "role nobody = [\"nobody-at-all\"]\nlock");
    let place = Place::new(&text);
    place.runbook(&["exec", "t.runbook", "--from", "switch", "--yes"], 5);
    place.write(
        &text
            .replace("approve by nobody", "confirm \"now?\"")
            .replace("echo wrong", "echo right"),
    );
    let told = place.runbook(&["resume", "--replan", "--yes"], 0);
    assert!(
        told.contains("begins at switch; taken as done: build"),
        "{told}"
    );
    assert_eq!(place.log(), "right\n");
    let undone = place.runbook(&["rollback", &place.run()], 3);
    assert!(
        undone.contains("not undone: build: not done by this run"),
        "{undone}"
    );
    assert_eq!(place.log(), "right\nunwrong\n");
}

/// That nobody could be asked is no reason for what follows.
#[test]
fn why_a_run_waited_is_not_why_it_is_turned_back() {
    let place = Place::new(RELEASE);
    let told = place.runbook(&["exec", "t.runbook"], 5);
    assert!(told.contains("nobody can be asked here"), "{told}");
    let told = place.runbook(&["rollback", &place.run(), "--reason", "enough"], 3);
    assert!(
        told.contains("failed: ") && told.contains(": enough"),
        "{told}"
    );
    let report = place.runbook(&["report"], 0);
    for told in [told, report] {
        assert!(!told.contains("`go` waits for a person"), "{told}");
        assert!(told.contains("enough"), "{told}");
    }
    assert_eq!(place.log(), "build 1.0\nunbuild 1.0\n");
}

/// What is said to be typed can be typed.
#[test]
fn a_run_that_is_over_says_what_to_type() {
    let place = Place::new(RELEASE);
    place.runbook(&["exec", "t.runbook", "--yes"], 0);
    let run = place.run();
    let told = place.runbook(&["resume", &run], 1);
    assert!(
        told.contains(&format!("`runbook rollback {run}` takes it back")),
        "{told}"
    );
}

/// A person is asked about the value, and not about its name.
#[test]
fn a_question_shows_the_values_it_is_about() {
    let text = RELEASE
        .replace("shall it go on?", "shall {build.number} go on?")
        .replace("$version\" >> log\n    output", "$version\"\n    output")
        .replace("(x?)", "build (.*)");
    let place = Place::new(&text);
    place.runbook(&["exec", "t.runbook"], 5);
    let asked = place.runbook(&["answer", &place.run()], 0);
    assert!(asked.contains("shall 1.0 go on?"), "{asked}");
}

/// Only what somebody said is done is taken as done.
#[test]
fn nothing_more_is_taken_as_done_by_a_change() {
    let text = RELEASE.replace("confirm \"shall it go on?\"", "approve by nobody");
    let text = text.replace("lock", "role nobody = [\"nobody-at-all\"]\nlock");
    let place = Place::new(&text);
    place.runbook(&["exec", "t.runbook", "--from", "go", "--yes"], 5);
    let more = "  step more {\n    $ echo more >> log\n    rollback $ echo unmore >> log\n  }\n";
    place.write(&text.replace("  gate go", &format!("{more}  gate go")));
    let told = place.runbook(&["resume", "--replan", "--yes"], 2);
    assert!(told.contains("`more` stands before `go` now"), "{told}");
    assert_eq!(place.log(), "");
}

#[test]
fn a_changed_rest_is_taken_over_and_stays() {
    let place = Place::new(RELEASE);
    place.runbook(&["exec", "t.runbook", "--set", "version=2.0"], 5);
    assert_eq!(place.log(), "build 2.0\n");
    // Without a word the run goes by its record.
    let changed = RELEASE
        .replace("echo wrong", "echo right")
        .replace("echo unwrong", "echo unright")
        .replace(
            "  step switch_over",
            "  step first {\n    $ echo \"first $build_number\" >> log\n    rollback $ echo unfirst >> log\n  }\n  step switch_over",
        )
        .replace("phase prepare {", "# a note\n\nphase prepare {");
    place.write(&changed);
    let text = place.runbook(&["resume"], 5);
    assert!(text.contains("goes on as it was recorded"), "{text}");
    assert!(text.contains("--replan"), "{text}");
    let text = place.runbook(&["resume", "--replan"], 5);
    assert!(
        text.contains("goes on by the runbook as it is now"),
        "{text}"
    );
    // From now on the new plan is the record.
    let text = place.runbook(&["resume", "--yes"], 0);
    assert!(!text.contains("was changed"), "{text}");
    assert_eq!(place.log(), "build 2.0\nfirst \nright\n");
    let text = place.runbook(&["verify", &place.run()], 0);
    assert!(text.contains("whole"), "{text}");
    let text = place.runbook(&["report", &place.run(), "--md"], 0);
    assert!(text.contains("first"), "{text}");
    place.runbook(&["rollback", &place.run()], 3);
    let undone = place.log();
    let undone: Vec<&str> = undone.lines().skip(3).collect();
    assert_eq!(undone, ["unright", "unfirst", "unbuild 2.0"]);
}

#[test]
fn a_gate_that_did_not_open_may_be_another_or_none() {
    for gate in [
        "",
        "  gate other {\n    check \"there\" $ test -e log\n  }\n",
    ] {
        let place = Place::new(RELEASE);
        place.runbook(&["exec", "t.runbook"], 5);
        let whole = "  gate go {\n    confirm \"shall it go on?\"\n  }\n";
        assert!(RELEASE.contains(whole));
        place.write(&RELEASE.replace(whole, gate));
        place.runbook(&["resume", "--replan"], 0);
        assert_eq!(place.log(), "build 1.0\nwrong\n");
    }
}

#[test]
fn what_has_begun_must_be_what_it_was() {
    for (was, is, why) in [
        ("echo \"build", "echo \"make", "`build` has begun"),
        ("unbuild", "destroy", "`build` has begun"),
        (
            "step build",
            "step compile",
            "`build` has begun, and is not in the runbook any more",
        ),
        (
            "phase prepare {",
            "phase prepare {\n  check odd $ true\n",
            "`build` has begun",
        ),
        (
            "lock \"shop\"",
            "lock \"other\"",
            "its `lock` is another one",
        ),
        ("param version: string = \"1.0\"", "", "version"),
        (
            "defaults { timeout 1m }",
            "defaults { timeout 2m }",
            "`build` has begun",
        ),
        (
            "defaults { timeout 1m }",
            "defaults { timeout 1m }\nenv LEVEL = \"3\"\n",
            "variables",
        ),
    ] {
        let place = Place::new(RELEASE);
        place.runbook(&["exec", "t.runbook"], 5);
        let changed = RELEASE.replace(was, is);
        assert_ne!(changed, RELEASE, "{was}");
        place.write(&changed);
        let text = place.runbook(&["resume", "--replan"], 1);
        assert!(text.contains(why), "{was} -> {is}\n{text}");
        // The run is where it was.
        place.runbook(&["resume", "--yes"], 0);
        assert_eq!(place.log(), "build 1.0\nwrong\n");
    }
}

#[test]
fn a_changed_runbook_that_the_checks_refuse_takes_over_nothing() {
    let place = Place::new(RELEASE);
    place.runbook(&["exec", "t.runbook"], 5);
    place.write(&RELEASE.replace("    rollback $ echo unwrong >> log\n", ""));
    let text = place.runbook(&["resume", "--replan"], 1);
    assert!(text.contains("RB101"), "{text}");
    place.runbook(&["rollback", &place.run()], 3);
    assert_eq!(place.log(), "build 1.0\nunbuild 1.0\n");
    let text = place.runbook(&["resume", &place.run(), "--replan"], 1);
    assert!(
        text.contains("RB101") || text.contains("rolled back"),
        "{text}"
    );
}

const ASKS: &str = r#"runbook "Asks"
defaults { timeout 1m }
step first {
  $ echo first >> log
  rollback $ echo unfirst >> log
}
step fickle {
  $ echo try >> log; test -e ready
  else ask
  rollback $ echo unfickle >> log
}
"#;

#[test]
fn a_failure_is_answered_from_elsewhere() {
    for (answer, wanted, log) in [
        ("again", 0, "first\ntry\ntry\n"),
        ("continue", 0, "first\ntry\n"),
        ("rollback", 3, "first\ntry\nunfickle\nunfirst\n"),
    ] {
        let place = Place::new(ASKS);
        place.runbook(&["exec", "t.runbook"], 5);
        let run = place.run();
        let text = place.runbook(&["answer", &run], 0);
        assert!(text.contains("fickle: "), "{text}");
        assert!(text.contains("[a]gain, [c]ontinue, [r]oll back"), "{text}");
        let text = place.runbook(&["answer", &run, "fickle", "perhaps"], 1);
        assert!(text.contains("`perhaps` is no answer here"), "{text}");
        let text = place.runbook(&["answer", &run, "fickel", "again"], 1);
        assert!(text.contains("did you mean `fickle`"), "{text}");
        fs::write(place.path("ready"), "").unwrap();
        let text = place.runbook(&["answer", &run, "fickle", answer], 0);
        assert!(text.contains("told when it is resumed"), "{text}");
        place.runbook(&["resume", &run], wanted);
        assert_eq!(place.log(), log, "{answer}");
        let text = place.runbook(&["answer", &run, "fickle", "again"], 1);
        assert!(text.contains("it asks nothing"), "{text}");
        let text = place.runbook(&["approve", &run, "fickle"], 1);
        assert!(text.contains("there is nothing to approve"), "{text}");
    }
}

/// Its step is in doubt: the connection breaks after the request has arrived.
fn in_doubt() -> (Place, std::thread::JoinHandle<usize>) {
    use std::io::Read;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let place = Place::new(&format!(
        r#"runbook "Doubt"
defaults {{ timeout 1m }}
step switch {{
  http POST "http://{address}/switch" {{ expect status 200 }}
  atomic
  rollback $ echo unswitch >> log
}}
"#
    ));
    let server = std::thread::spawn(move || {
        let mut served = 0;
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = [0; 4096];
            let read = stream.read(&mut bytes).unwrap_or(0);
            if bytes[..read].starts_with(b"GET /over") {
                return served;
            }
            served += 1;
        }
        served
    });
    fs::write(place.path("address"), address.to_string()).unwrap();
    (place, server)
}

fn requests(place: &Place, server: std::thread::JoinHandle<usize>) -> usize {
    use std::io::Write;
    let address = fs::read_to_string(place.path("address")).unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream.write_all(b"GET /over HTTP/1.1\r\n\r\n").unwrap();
    server.join().unwrap()
}

#[test]
fn a_doubt_is_settled_as_the_option_says() {
    for (option, wanted, log, sent) in [
        ("ask", 5, "", 1),
        ("stop", 5, "", 1),
        ("done", 0, "", 1),
        ("rollback", 3, "unswitch\n", 1),
    ] {
        let (place, server) = in_doubt();
        let text = place.runbook(&["exec", "t.runbook", "--on-doubt", option], wanted);
        assert_eq!(place.log(), log, "{option}\n{text}");
        if option != "ask" {
            assert!(text.contains("(--on-doubt)"), "{text}");
        }
        assert_eq!(requests(&place, server), sent, "{option}");
    }
}

#[test]
fn a_doubt_is_settled_by_an_answer() {
    let (place, server) = in_doubt();
    place.runbook(&["exec", "t.runbook"], 5);
    let text = place.runbook(&["answer", &place.run()], 0);
    assert!(
        text.contains("nobody knows whether `switch` took effect"),
        "{text}"
    );
    place.runbook(&["answer", &place.run(), "switch", "done"], 0);
    place.runbook(&["resume"], 0);
    assert_eq!(requests(&place, server), 1);
}

/// Puts the journal back to where it stood behind the last of these facts, as
/// if the interpreter had died there.
fn dies_behind(place: &Place, fact: &str) {
    let path = place.path(&format!("state/runs/{}/journal.jsonl", place.run()));
    let journal = fs::read_to_string(&path).unwrap();
    let last = journal.rfind(fact).expect("that fact");
    let end = journal[last..].find('\n').expect("a whole line") + last + 1;
    fs::write(&path, &journal[..end]).unwrap();
}

#[test]
fn an_approval_that_is_on_record_is_not_taken_again() {
    let user = runbook::run::who::user();
    let place = Place::new(&format!(
        r#"runbook "Two of them"
role crew = ["{user}", "grace"]
gate go {{ approve by crew count 2 or starter }}
step change {{
  $ touch changed
  timeout 1m
  rollback $ rm -f changed
}}
"#
    ));
    place.runbook(&["exec", "t.runbook"], 5);
    let run = place.run();
    place.runbook(&["approve", &run, "go"], 0);
    let inbox = place.path(&format!("state/runs/{run}/inbox"));
    let sent = fs::read_dir(&inbox).unwrap().flatten().next().unwrap();
    let message = fs::read(sent.path()).unwrap();
    place.runbook(&["resume", &run], 5);
    assert!(!sent.path().exists(), "it is on record");

    // It died when the approval was on record and still in the inbox.
    dies_behind(&place, "\"answered\"");
    fs::write(sent.path(), message).unwrap();
    place.runbook(&["resume", &run], 5);
    assert!(!sent.path().exists());
    let journal = fs::read_to_string(inbox.with_file_name("journal.jsonl")).unwrap();
    assert_eq!(journal.matches("\"answered\"").count(), 1, "{journal}");
    assert!(!place.path("changed").exists());
}

/// A diagnosis only looks: whatever it finds, what is resumed is the release that waits.
#[test]
fn a_diagnosis_that_fails_is_over_and_the_release_is_resumed() {
    let trouble = "trouble \"It hangs\" {\n  diagnose $ echo looked; false\n}\n";
    let place = Place::new(&format!("{RELEASE}{trouble}"));
    place.runbook(&["exec", "t.runbook"], 5);
    let told = place.runbook(&["diagnose", "t.runbook", "It hangs"], 1);
    assert!(told.contains("looked"), "{told}");
    assert!(!told.contains("runbook resume"), "{told}");
    place.runbook(&["resume", "--yes"], 0);
    assert_eq!(place.log(), "build 1.0\nwrong\n");
}

/// Who cannot go on is told where it is that something cannot be written.
#[test]
fn a_record_that_cannot_be_written_is_named() {
    let place = Place::new(RELEASE);
    place.runbook(&["exec", "t.runbook"], 5);
    let run = place.path("state/runs").join(place.run());
    let owner = run.join("owner.lock");
    fs::remove_file(&owner).unwrap();
    fs::create_dir(&owner).unwrap();
    for command in ["resume", "rollback"] {
        let told = place.runbook(&[command, &place.run()], 1);
        assert!(told.contains(&format!("`{}`", run.display())), "{told}");
        assert!(told.contains("nothing was changed"), "{told}");
    }
    fs::remove_dir(&owner).unwrap();
    let locks = place.path("state/locks");
    let lock = fs::read_dir(&locks).unwrap().next().unwrap().unwrap();
    fs::remove_file(lock.path()).unwrap();
    fs::create_dir(lock.path()).unwrap();
    let told = place.runbook(&["rollback", &place.run()], 1);
    let where_it_is = format!("the lock `shop` cannot be taken in `{}`", locks.display());
    assert!(told.contains(&where_it_is), "{told}");
    assert_eq!(place.log(), "build 1.0\n");
}

/// The run still waits, and goes on once its runbook's directory is back.
#[test]
fn a_directory_that_is_gone_is_named_before_anything_runs() {
    let place = Place::new(RELEASE);
    let (here, away) = (place.path("release"), place.path("away"));
    fs::create_dir(&here).unwrap();
    fs::rename(place.path("t.runbook"), here.join("t.runbook")).unwrap();
    place.runbook(&["exec", "release/t.runbook"], 5);
    fs::rename(&here, &away).unwrap();
    for command in ["resume", "rollback"] {
        let told = place.runbook(&[command, &place.run()], 1);
        assert!(told.contains(&format!("`{}`", here.display())), "{told}");
        assert!(told.contains("nothing was changed"), "{told}");
    }
    fs::rename(&away, &here).unwrap();
    place.runbook(&["rollback", &place.run()], 3);
    let log = fs::read_to_string(here.join("log")).unwrap();
    assert_eq!(log, "build 1.0\nunbuild 1.0\n");
}

/// A diagnosis whose interpreter died is looked after by its name alone: it never
/// becomes the release, and the release that waits is not forgotten over it.
#[test]
fn a_diagnosis_that_was_interrupted_never_becomes_the_release() {
    let look = "touch begun; until [ -e answered ]; do sleep 0.1; done";
    let trouble = format!("trouble \"It hangs\" {{\n  diagnose $ {look}\n}}\n");
    let place = Place::new(&format!("{RELEASE}{trouble}"));
    place.runbook(&["exec", "t.runbook"], 5);
    let release = place.run();
    let mut diagnosis = Command::new(env!("CARGO_BIN_EXE_runbook"))
        .args(["diagnose", "t.runbook", "It hangs"])
        .current_dir(place.0.path())
        .env("RUNBOOK_STATE", place.path("state"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    while !place.path("begun").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    diagnosis.kill().unwrap();
    diagnosis.wait().unwrap();
    fs::write(place.path("answered"), "").unwrap();
    let runs = fs::read_dir(place.path("state/runs")).unwrap().flatten();
    let mut names = runs.map(|entry| entry.file_name().into_string().unwrap());
    let diagnosis = names.find(|name| *name != release).expect("the diagnosis");
    let told = place.runbook(&["resume", &diagnosis, "--replan", "--yes"], 1);
    assert!(told.contains("it only looks"), "{told}");
    assert_eq!(place.log(), "build 1.0\n");
    let told = place.runbook(&["resume", "--yes"], 0);
    assert!(told.contains(&format!("run {release}")), "{told}");
    assert_eq!(place.log(), "build 1.0\nwrong\n");
    place.runbook(&["resume", &diagnosis], 0);
}

/// A diagnosis that succeeds has not tried the release.
#[test]
fn a_diagnosis_is_no_rehearsal() {
    let place = Place::new(
        r#"runbook "Release"
param target: "staging" | "production"
defaults { timeout 1m }
gate tried when target == "production" {
  rehearsed on "staging" within 7d
}
step one {
  $ echo "do $target" >> log
  rollback $ echo "undo $target" >> log
}
check well $ test -e well
trouble "It hangs" {
  diagnose $ echo "looking at $target"
}
"#,
    );
    let on = |target: &str| format!("target={target}");
    place.runbook(&["exec", "t.runbook", "--set", &on("staging")], 3);
    place.runbook(
        &["diagnose", "t.runbook", "It hangs", "--set", &on("staging")],
        0,
    );
    place.runbook(&["exec", "t.runbook", "--set", &on("production")], 1);
    assert_eq!(place.log(), "do staging\nundo staging\n");
    fs::write(place.path("well"), "").unwrap();
    place.runbook(&["exec", "t.runbook", "--set", &on("staging")], 0);
    place.runbook(&["exec", "t.runbook", "--set", &on("production")], 0);
}
