//! A run that stands still goes on: by a runbook that was changed, or with
//! answers from elsewhere.

use std::fs;
use std::process::Stdio;

use crate::place::Place;

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
    place.ends(&["exec", "t.runbook", "--from", "switch", "--yes"], 5);
    place.change(
        &text
            .replace("approve by nobody", "confirm \"now?\"")
            .replace("echo wrong", "echo right"),
    );
    let told = place.ends(&["resume", "--replan", "--yes"], 0);
    assert!(
        told.contains("begins at switch; taken as done: build"),
        "{told}"
    );
    assert_eq!(place.read("log"), "right\n");
    let undone = place.ends(&["rollback", &place.only_run()], 3);
    assert!(
        undone.contains("not undone: build: not done by this run"),
        "{undone}"
    );
    assert_eq!(place.read("log"), "right\nunwrong\n");
}

/// That nobody could be asked is no reason for what follows.
#[test]
fn why_a_run_waited_is_not_why_it_is_turned_back() {
    let place = Place::new(RELEASE);
    let told = place.ends(&["exec", "t.runbook"], 5);
    assert!(told.contains("nobody can be asked here"), "{told}");
    let told = place.ends(&["rollback", &place.only_run(), "--reason", "enough"], 3);
    assert!(
        told.contains("failed: ") && told.contains(": enough"),
        "{told}"
    );
    let report = place.ends(&["report"], 0);
    for told in [told, report] {
        assert!(!told.contains("`go` waits for a person"), "{told}");
        assert!(told.contains("enough"), "{told}");
    }
    assert_eq!(place.read("log"), "build 1.0\nunbuild 1.0\n");
}

/// Which run goes back is for a person to say, who sees the last ones.
#[test]
fn who_names_no_run_to_go_back_sees_which_there_are() {
    let place = Place::new(RELEASE);
    let told = place.ends(&["rollback"], 2);
    assert!(told.contains("which run is to go back?"), "{told}");
    place.ends(&["exec", "t.runbook"], 5);
    let told = place.ends(&["rollback", "--reason", "enough"], 2);
    let run = format!("  {}  waiting ", place.only_run());
    assert!(told.contains(&run), "{told}");
    assert_eq!(place.read("log"), "build 1.0\n");
}

/// What is said to be typed can be typed.
#[test]
fn a_run_that_is_over_says_what_to_type() {
    let place = Place::new(RELEASE);
    place.ends(&["exec", "t.runbook", "--yes"], 0);
    let run = place.only_run();
    let told = place.ends(&["resume", &run], 1);
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
    place.ends(&["exec", "t.runbook"], 5);
    let asked = place.ends(&["answer", &place.only_run()], 0);
    assert!(asked.contains("shall 1.0 go on?"), "{asked}");
}

/// Only what somebody said is done is taken as done.
#[test]
fn nothing_more_is_taken_as_done_by_a_change() {
    let text = RELEASE.replace("confirm \"shall it go on?\"", "approve by nobody");
    let text = text.replace("lock", "role nobody = [\"nobody-at-all\"]\nlock");
    let place = Place::new(&text);
    place.ends(&["exec", "t.runbook", "--from", "go", "--yes"], 5);
    let more = "  step more {\n    $ echo more >> log\n    rollback $ echo unmore >> log\n  }\n";
    place.change(&text.replace("  gate go", &format!("{more}  gate go")));
    let told = place.ends(&["resume", "--replan", "--yes"], 2);
    assert!(told.contains("`more` stands before `go` now"), "{told}");
    assert_eq!(place.read("log"), "");
}

#[test]
fn a_changed_rest_is_taken_over_and_stays() {
    let place = Place::new(RELEASE);
    place.ends(&["exec", "t.runbook", "--set", "version=2.0"], 5);
    assert_eq!(place.read("log"), "build 2.0\n");
    // Without a word the run goes by its record.
    let changed = RELEASE
        .replace("echo wrong", "echo right")
        .replace("echo unwrong", "echo unright")
        .replace(
            "  step switch_over",
            "  step first {\n    $ echo \"first $build_number\" >> log\n    rollback $ echo unfirst >> log\n  }\n  step switch_over",
        )
        .replace("phase prepare {", "# a note\n\nphase prepare {");
    place.change(&changed);
    let text = place.ends(&["resume"], 5);
    assert!(text.contains("goes on as it was recorded"), "{text}");
    assert!(text.contains("--replan"), "{text}");
    let text = place.ends(&["resume", "--replan"], 5);
    assert!(
        text.contains("goes on by the runbook as it is now"),
        "{text}"
    );
    // From now on the new plan is the record.
    let text = place.ends(&["resume", "--yes"], 0);
    assert!(!text.contains("was changed"), "{text}");
    assert_eq!(place.read("log"), "build 2.0\nfirst \nright\n");
    let text = place.ends(&["verify", &place.only_run()], 0);
    assert!(text.contains("whole"), "{text}");
    let text = place.ends(&["report", &place.only_run(), "--md"], 0);
    assert!(text.contains("first"), "{text}");
    place.ends(&["rollback", &place.only_run()], 3);
    let undone = place.read("log");
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
        place.ends(&["exec", "t.runbook"], 5);
        let whole = "  gate go {\n    confirm \"shall it go on?\"\n  }\n";
        assert!(RELEASE.contains(whole));
        place.change(&RELEASE.replace(whole, gate));
        place.ends(&["resume", "--replan"], 0);
        assert_eq!(place.read("log"), "build 1.0\nwrong\n");
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
        place.ends(&["exec", "t.runbook"], 5);
        let changed = RELEASE.replace(was, is);
        assert_ne!(changed, RELEASE, "{was}");
        place.change(&changed);
        let text = place.ends(&["resume", "--replan"], 1);
        assert!(text.contains(why), "{was} -> {is}\n{text}");
        // The run is where it was.
        place.ends(&["resume", "--yes"], 0);
        assert_eq!(place.read("log"), "build 1.0\nwrong\n");
    }
}

#[test]
fn a_changed_runbook_that_the_checks_refuse_takes_over_nothing() {
    let place = Place::new(RELEASE);
    place.ends(&["exec", "t.runbook"], 5);
    place.change(&RELEASE.replace("    rollback $ echo unwrong >> log\n", ""));
    let text = place.ends(&["resume", "--replan"], 1);
    assert!(text.contains("RB101"), "{text}");
    place.ends(&["rollback", &place.only_run()], 3);
    assert_eq!(place.read("log"), "build 1.0\nunbuild 1.0\n");
    let text = place.ends(&["resume", &place.only_run(), "--replan"], 1);
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
        place.ends(&["exec", "t.runbook"], 5);
        let run = place.only_run();
        let text = place.ends(&["answer", &run], 0);
        assert!(text.contains("fickle: "), "{text}");
        assert!(text.contains("[a]gain, [c]ontinue, [r]oll back"), "{text}");
        let text = place.ends(&["answer", &run, "fickle", "perhaps"], 1);
        assert!(text.contains("`perhaps` is no answer here"), "{text}");
        let text = place.ends(&["answer", &run, "fickel", "again"], 1);
        assert!(text.contains("did you mean `fickle`"), "{text}");
        fs::write(place.path("ready"), "").unwrap();
        let text = place.ends(&["answer", &run, "fickle", answer], 0);
        assert!(text.contains("told when it is resumed"), "{text}");
        place.ends(&["resume", &run], wanted);
        assert_eq!(place.read("log"), log, "{answer}");
        let text = place.ends(&["answer", &run, "fickle", "again"], 1);
        assert!(text.contains("it asks nothing"), "{text}");
        let text = place.ends(&["approve", &run, "fickle"], 1);
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
    place.write("address", &address.to_string());
    (place, server)
}

fn requests(place: &Place, server: std::thread::JoinHandle<usize>) -> usize {
    use std::io::Write;
    let address = place.read("address");
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
        let text = place.ends(&["exec", "t.runbook", "--on-doubt", option], wanted);
        assert_eq!(place.read("log"), log, "{option}\n{text}");
        if option != "ask" {
            assert!(text.contains("(--on-doubt)"), "{text}");
        }
        assert_eq!(requests(&place, server), sent, "{option}");
    }
}

#[test]
fn a_doubt_is_settled_by_an_answer() {
    let (place, server) = in_doubt();
    place.ends(&["exec", "t.runbook"], 5);
    let text = place.ends(&["answer", &place.only_run()], 0);
    assert!(
        text.contains("nobody knows whether `switch` took effect"),
        "{text}"
    );
    place.ends(&["answer", &place.only_run(), "switch", "done"], 0);
    place.ends(&["resume"], 0);
    assert_eq!(requests(&place, server), 1);
}

/// Puts the journal back to where it stood behind the last of these facts, as
/// if the interpreter had died there.
fn dies_behind(place: &Place, fact: &str) {
    let path = place.path(&format!("state/runs/{}/journal.jsonl", place.only_run()));
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
    place.ends(&["exec", "t.runbook"], 5);
    let run = place.only_run();
    place.ends(&["approve", &run, "go"], 0);
    let inbox = place.path(&format!("state/runs/{run}/inbox"));
    let sent = fs::read_dir(&inbox).unwrap().flatten().next().unwrap();
    let message = fs::read(sent.path()).unwrap();
    place.ends(&["resume", &run], 5);
    assert!(!sent.path().exists(), "it is on record");

    // It died when the approval was on record and still in the inbox.
    dies_behind(&place, "\"answered\"");
    fs::write(sent.path(), message).unwrap();
    place.ends(&["resume", &run], 5);
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
    place.ends(&["exec", "t.runbook"], 5);
    let told = place.ends(&["diagnose", "t.runbook", "It hangs"], 1);
    assert!(told.contains("looked"), "{told}");
    assert!(!told.contains("runbook resume"), "{told}");
    place.ends(&["resume", "--yes"], 0);
    assert_eq!(place.read("log"), "build 1.0\nwrong\n");
}

/// Who cannot go on is told where it is that something cannot be written.
#[test]
fn a_record_that_cannot_be_written_is_named() {
    let place = Place::new(RELEASE);
    place.ends(&["exec", "t.runbook"], 5);
    let run = place.path("state/runs").join(place.only_run());
    let owner = run.join("owner.lock");
    fs::remove_file(&owner).unwrap();
    fs::create_dir(&owner).unwrap();
    for command in ["resume", "rollback"] {
        let told = place.ends(&[command, &place.only_run()], 1);
        assert!(told.contains(&format!("`{}`", run.display())), "{told}");
        assert!(told.contains("nothing was changed"), "{told}");
    }
    fs::remove_dir(&owner).unwrap();
    let locks = place.path("state/locks");
    let lock = fs::read_dir(&locks).unwrap().next().unwrap().unwrap();
    fs::remove_file(lock.path()).unwrap();
    fs::create_dir(lock.path()).unwrap();
    let told = place.ends(&["rollback", &place.only_run()], 1);
    let where_it_is = format!("the lock `shop` cannot be taken in `{}`", locks.display());
    assert!(told.contains(&where_it_is), "{told}");
    assert_eq!(place.read("log"), "build 1.0\n");
}

/// The run still waits, and goes on once its runbook's directory is back.
#[test]
fn a_directory_that_is_gone_is_named_before_anything_runs() {
    let place = Place::new(RELEASE);
    let (here, away) = (place.path("release"), place.path("away"));
    fs::create_dir(&here).unwrap();
    fs::rename(place.path("t.runbook"), here.join("t.runbook")).unwrap();
    place.ends(&["exec", "release/t.runbook"], 5);
    fs::rename(&here, &away).unwrap();
    for command in ["resume", "rollback"] {
        let told = place.ends(&[command, &place.only_run()], 1);
        assert!(told.contains(&format!("`{}`", here.display())), "{told}");
        assert!(told.contains("nothing was changed"), "{told}");
    }
    fs::rename(&away, &here).unwrap();
    place.ends(&["rollback", &place.only_run()], 3);
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
    place.ends(&["exec", "t.runbook"], 5);
    let release = place.only_run();
    let mut diagnosis = place
        .command(&["diagnose", "t.runbook", "It hangs"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    place.wait_for("begun");
    diagnosis.kill().unwrap();
    diagnosis.wait().unwrap();
    place.write("answered", "");
    let mut names = place.runs().into_iter();
    let diagnosis = names.find(|name| *name != release).expect("the diagnosis");
    let told = place.ends(&["resume", &diagnosis, "--replan", "--yes"], 1);
    assert!(told.contains("it only looks"), "{told}");
    assert_eq!(place.read("log"), "build 1.0\n");
    let told = place.ends(&["resume", "--yes"], 0);
    assert!(told.contains(&format!("run {release}")), "{told}");
    assert_eq!(place.read("log"), "build 1.0\nwrong\n");
    place.ends(&["resume", &diagnosis], 0);
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
    place.ends(&["exec", "t.runbook", "--set", &on("staging")], 3);
    place.ends(
        &["diagnose", "t.runbook", "It hangs", "--set", &on("staging")],
        0,
    );
    place.ends(&["exec", "t.runbook", "--set", &on("production")], 1);
    assert_eq!(place.read("log"), "do staging\nundo staging\n");
    place.write("well", "");
    place.ends(&["exec", "t.runbook", "--set", &on("staging")], 0);
    place.ends(&["exec", "t.runbook", "--set", &on("production")], 0);
}
