//! Checking, planning, drawing and explaining are safe on files of strangers:
//! they start no process and open no socket.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::faults;
use crate::production::scripts;

/// Would be noticed wherever it ran.
const HOSTILE: &str = r#"
runbook "hostile"
param greeting: string = "hello"
secret token from $ touch ran
secret home from env "HOME"
source prom = prometheus "http://127.0.0.1:9"
metric m: percent = prom `up`
metric n: percent = $ touch ran
channel ops = $ touch ran
channel net = webhook "http://127.0.0.1:9/"
message hi to ops, net "hi"
lock "hostile"
defaults { timeout 1m }
check c {
  http GET "http://127.0.0.1:9/"
}
gate g {
  hold m < 1% for 1m every 10s
  check "c" $ touch ran
}
step s {
  capture before $ touch ran
  $ touch ran
  done when $ touch ran
  rollback $ touch ran
}
notify hi
on stuck { notify hi }
"#;

const HARMLESS: &str = r#"
runbook "harmless"
channel net = webhook "http://127.0.0.1:9/"
message hi to net "hi"
step s {
  $ true
  timeout 1m
  rollback $ true
}
notify hi
on stuck { notify hi }
"#;

#[track_caller]
fn nothing_runs(place: &Path, arguments: &[&str]) {
    let log = place.join("calls");
    let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
    command
        .args(arguments)
        .current_dir(place)
        .env("RUNBOOK_STATE", place.join("state"));
    faults::log(&mut command, Path::new("/"), &log);
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code().is_some_and(|status| status <= 1),
        "{arguments:?}: {told}"
    );
    assert!(!told.contains("RB900"), "{arguments:?}: {told}");
    let calls = std::fs::read_to_string(&log).unwrap_or_default();
    for line in calls.lines() {
        for call in [
            "spawn", "socket", "fork", "create", "mkdir", "rename", "unlink",
        ] {
            assert!(!line.starts_with(call), "{arguments:?}: {line}");
        }
    }
    assert!(!place.join("ran").exists(), "{arguments:?}");
    assert!(!place.join("state").exists(), "{arguments:?}");
    let _ = std::fs::remove_file(&log);
}

#[test]
fn looking_at_a_runbook_runs_nothing() {
    let place = TempDir::new().unwrap();
    let file = place.path().join("hostile.runbook");
    std::fs::write(&file, HOSTILE).unwrap();
    let deployment = scripts().join("deploy.runbook");
    let values = ["--set=version=1.2.3", "--set=previous=1.2.2"];
    for command in [
        &["check"][..],
        &["plan"],
        &["graph"],
        &["fmt", "--check"],
        &["doc"],
        &["exec", "--only-plan"],
        &["exec", "--dry-run"],
    ] {
        let hostile = [command, &["hostile.runbook"]].concat();
        nothing_runs(place.path(), &hostile);
        let mut release = [command, &[deployment.to_str().unwrap()]].concat();
        if !["check", "fmt", "doc"].contains(&command[0]) {
            release.extend(values);
        }
        nothing_runs(place.path(), &release);
    }
    nothing_runs(place.path(), &["explain", "RB501"]);
    for typed in [
        "exec hostile.runbook --set ",
        "exec hostile.runbook --only ",
        "resume ",
    ] {
        let line = format!("runbook {typed}");
        nothing_runs(place.path(), &["__complete", "bash", "--", &line]);
    }
    nothing_runs(place.path(), &["doc", "std.http"]);
    nothing_runs(place.path(), &["check", "--help"]);
}

/// The test above would notice.
#[test]
fn what_runs_is_seen() {
    let place = TempDir::new().unwrap();
    std::fs::write(place.path().join("t.runbook"), HARMLESS).unwrap();
    let log = place.path().join("calls");
    let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
    command
        .args(["exec", "t.runbook"])
        .current_dir(place.path())
        .env("RUNBOOK_STATE", place.path().join("state"));
    faults::log(&mut command, Path::new("/"), &log);
    assert!(command.output().unwrap().status.success());
    let calls = std::fs::read_to_string(&log).unwrap();
    for call in ["spawn", "socket", "create", "mkdir"] {
        assert!(
            calls.lines().any(|line| line.starts_with(call)),
            "{call}: {calls}"
        );
    }
}

/// What an editor sends that opens a file, asks for all there is, and leaves.
fn session(file: &Path, text: &str) -> String {
    let address = format!("file://{}", file.display());
    let folder = format!("file://{}", file.parent().unwrap().display());
    let document = json!({ "uri": address, "languageId": "runbook", "version": 1, "text": text });
    let place = json!({ "line": 9, "character": 8 });
    let range =
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 30, "character": 0 } });
    // Each request takes of these what it wants.
    let asked = json!({
        "textDocument": { "uri": address }, "position": place, "positions": [place], "range": range,
        "query": "g", "newName": "other", "previousResultId": "1", "options": {},
        "context": { "diagnostics": [], "includeDeclaration": true },
    });
    let tell = |method: &str, params: Value| json!({ "jsonrpc": "2.0", "method": method, "params": params });
    let ask = |id: usize, method: &str, params: Value| json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params });
    let mut messages = vec![
        ask(
            1,
            "initialize",
            json!({ "capabilities": {}, "rootUri": folder }),
        ),
        tell("initialized", json!({})),
        tell("textDocument/didOpen", json!({ "textDocument": document })),
    ];
    let requests = runbook::lsp::requests().enumerate();
    messages.extend(requests.map(|(number, method)| ask(number + 10, method, asked.clone())));
    messages.push(ask(2, "shutdown", Value::Null));
    messages.push(tell("exit", Value::Null));
    let framed = messages.iter().map(|message| {
        let message = message.to_string();
        format!("Content-Length: {}\r\n\r\n{message}", message.len())
    });
    framed.collect()
}

#[test]
fn an_editor_that_looks_at_a_runbook_runs_nothing() {
    let place = TempDir::new().unwrap();
    let file = place.path().join("hostile.runbook");
    std::fs::write(&file, HOSTILE).unwrap();
    let said = place.path().join("said");
    std::fs::write(&said, session(&file, HOSTILE)).unwrap();
    let log = place.path().join("calls");
    let mut command = Command::new(env!("CARGO_BIN_EXE_runbook"));
    command
        .arg("lsp")
        .current_dir(place.path())
        .stdin(std::fs::File::open(&said).unwrap());
    faults::log(&mut command, Path::new("/"), &log);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let answers = String::from_utf8_lossy(&output.stdout);
    assert!(answers.contains("publishDiagnostics"), "{answers}");
    for (number, request) in runbook::lsp::requests().enumerate() {
        let answered = format!("\"id\":{},\"result\"", number + 10);
        assert!(answers.contains(&answered), "{request}: {answers}");
    }
    let calls = std::fs::read_to_string(&log).unwrap_or_default();
    for line in calls.lines() {
        for call in ["spawn", "socket", "create", "mkdir", "rename", "unlink"] {
            assert!(!line.starts_with(call), "{line}");
        }
    }
    assert!(!place.path().join("ran").exists());
}
