//! `runbook lsp` as an editor talks to it, over its standard streams.

pub mod clients;
mod frames;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

struct Editor {
    server: Child,
    to: Option<ChildStdin>,
    /// Read as soon as it comes, as editors do.
    from: Receiver<Value>,
    asked: i64,
    /// What was told without being asked, in order.
    told: Vec<Value>,
    place: TempDir,
}

impl Editor {
    fn start(encodings: &[&str]) -> Editor {
        Editor::with(json!({ "general": { "positionEncodings": encodings } }))
    }

    /// One that can do this.
    fn with(capabilities: Value) -> Editor {
        let place = TempDir::new().unwrap();
        let mut server = Command::new(env!("CARGO_BIN_EXE_runbook"))
            .arg("lsp")
            .current_dir(place.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let to = server.stdin.take();
        let from = read_along(BufReader::new(server.stdout.take().unwrap()));
        let mut editor = Editor {
            server,
            to,
            from,
            asked: 0,
            told: Vec::new(),
            place,
        };
        let answer = editor.ask("initialize", json!({ "capabilities": capabilities }));
        assert_eq!(answer["result"]["serverInfo"]["name"], "runbook");
        editor.tell("initialized", json!({}));
        editor
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        let to = self.to.as_mut().unwrap();
        write!(to, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        to.flush().unwrap();
    }

    fn receive(&mut self) -> Value {
        let message = self.from.recv_timeout(Duration::from_secs(60));
        message.expect("it answers")
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// A whole answer; what is told before it is kept.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.receive();
            if message["id"] == json!(id) && message.get("method").is_none() {
                return message;
            }
            self.told.push(message);
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display())
    }

    fn open(&mut self, name: &str, text: &str) {
        let document =
            json!({ "uri": self.uri(name), "languageId": "runbook", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    fn edit(&mut self, name: &str, change: Value) {
        let document = json!({ "uri": self.uri(name), "version": 2 });
        let params = json!({ "textDocument": document, "contentChanges": [change] });
        self.tell("textDocument/didChange", params);
    }

    /// What is asked of the first place of `text` in a document.
    fn at(&mut self, method: &str, name: &str, document: &str, text: &str, more: Value) -> Value {
        let position = place(document, text);
        let mut params = json!({ "textDocument": { "uri": self.uri(name) }, "position": position });
        if let (Some(params), Some(more)) = (params.as_object_mut(), more.as_object()) {
            params.extend(more.clone());
        }
        self.ask(method, params)["result"].clone()
    }

    /// The next problems of a document.
    fn problems(&mut self, name: &str) -> Vec<Value> {
        let uri = self.uri(name);
        let is_it = |message: &Value| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
        };
        loop {
            if let Some(at) = self.told.iter().position(is_it) {
                let message = self.told.remove(at);
                return message["params"]["diagnostics"].as_array().unwrap().clone();
            }
            let message = self.receive();
            self.told.push(message);
        }
    }

    fn leave(mut self) {
        let answer = self.ask("shutdown", Value::Null);
        assert_eq!(answer["result"], Value::Null);
        self.tell("exit", Value::Null);
        assert!(self.server.wait().unwrap().success());
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn read_along(mut from: BufReader<impl Read + Send + 'static>) -> Receiver<Value> {
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        while let Some(message) = read(&mut from) {
            if sender.send(message).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The next message; `None` when there are no more.
fn read(from: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim() {
            "" => break,
            line => {
                if let Some(number) = line.strip_prefix("Content-Length: ") {
                    length = number.parse().ok()?;
                }
            }
        }
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Where a text first stands in a document of letters without surprises.
fn place(document: &str, text: &str) -> Value {
    let at = document.find(text).expect("it is there");
    let before = &document[..at];
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap().len();
    json!({ "line": line, "character": column })
}

fn codes(problems: &[Value]) -> Vec<&str> {
    problems
        .iter()
        .map(|it| it["code"].as_str().unwrap())
        .collect()
}

const RUNBOOK: &str = r#"runbook "Release"
## What runs in the end.
param version: version = "1.0.0" "The release to ship"
defaults { timeout 1m }
phase deploy {
  ## Moves the traffic.
  step switch {
    capture before $ readlink live
    $ ln -sfn "app-$version" live
    rollback $ ln -sfn "$before" live
  }
  check answers after switch {
    $ test -e "app-$version"
  }
}
"#;

#[test]
fn problems_are_told_as_they_are_typed_and_mended() {
    let mut editor = Editor::start(&[]);
    editor.open("t.runbook", RUNBOOK);
    assert_eq!(codes(&editor.problems("t.runbook")), Vec::<&str>::new());
    // The way back is taken out, by a change of a part.
    let range =
        json!({ "start": { "line": 9, "character": 0 }, "end": { "line": 10, "character": 0 } });
    editor.edit("t.runbook", json!({ "range": range, "text": "" }));
    let problems = editor.problems("t.runbook");
    // Nothing uses its capture any more.
    assert_eq!(codes(&problems), ["RB101", "RB304"]);
    assert_eq!(problems[0]["severity"], 1);
    assert_eq!(problems[0]["range"]["start"]["line"], 6);
    // A name that nobody knows, in a text of 16-bit units.
    let text = RUNBOOK.replace("after switch", "after swich");
    editor.edit("t.runbook", json!({ "text": text }));
    let problems = editor.problems("t.runbook");
    assert_eq!(codes(&problems), ["RB920"]);
    assert!(
        problems[0]["message"].as_str().unwrap().contains("switch"),
        "{problems:?}"
    );
    // A variable without quotes has a fix.
    let text = RUNBOOK.replace("\"app-$version\" live", "$before live");
    editor.edit("t.runbook", json!({ "text": text }));
    let problems = editor.problems("t.runbook");
    assert!(!problems.is_empty());
    let range = &problems[0]["range"];
    let document = json!({ "uri": editor.uri("t.runbook") });
    let params =
        json!({ "textDocument": document, "range": range, "context": { "diagnostics": [] } });
    let actions = editor.ask("textDocument/codeAction", params)["result"].clone();
    assert_eq!(actions[0]["title"], "quote it", "{problems:?} {actions}");
    let edit = &actions[0]["edit"]["changes"][editor.uri("t.runbook")][0];
    assert_eq!(edit["newText"], "\"$before\"");
    editor.leave();
}

#[test]
fn names_lead_to_where_they_are_declared() {
    let mut editor = Editor::start(&[]);
    editor.open("t.runbook", RUNBOOK);
    let in_command = editor.at(
        "textDocument/definition",
        "t.runbook",
        RUNBOOK,
        "version\" live",
        json!({}),
    );
    assert_eq!(
        in_command["range"]["start"],
        place(RUNBOOK, "version: version")
    );
    let of_step = editor.at(
        "textDocument/definition",
        "t.runbook",
        RUNBOOK,
        "switch {\n    $ test",
        json!({}),
    );
    let of_step = match of_step {
        Value::Null => editor.at(
            "textDocument/definition",
            "t.runbook",
            RUNBOOK,
            "switch {\n    $",
            json!({}),
        ),
        found => found,
    };
    assert_eq!(
        of_step["range"]["start"],
        place(RUNBOOK, "switch {\n    capture")
    );
    let hover = editor.at(
        "textDocument/hover",
        "t.runbook",
        RUNBOOK,
        "switch {\n    capture",
        json!({}),
    );
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(
        text.contains("Moves the traffic.") && text.contains("Way back"),
        "{text}"
    );
    let hover = editor.at(
        "textDocument/hover",
        "t.runbook",
        RUNBOOK,
        "capture",
        json!({}),
    );
    assert!(
        hover["contents"]["value"]
            .as_str()
            .unwrap()
            .contains("capture level"),
        "{hover}"
    );
    let hover = editor.at(
        "textDocument/hover",
        "t.runbook",
        RUNBOOK,
        "readlink",
        json!({}),
    );
    assert_eq!(hover, Value::Null);
    editor.leave();
}

#[test]
fn a_name_is_changed_everywhere() {
    let mut editor = Editor::start(&[]);
    editor.open("t.runbook", RUNBOOK);
    for (from, name, new) in [
        ("version: version", "version", "release"),
        ("before $ readlink", "before", "was"),
        ("switch {", "switch", "turn"),
    ] {
        let can = editor.at(
            "textDocument/prepareRename",
            "t.runbook",
            RUNBOOK,
            from,
            json!({}),
        );
        assert_eq!(can["placeholder"], name);
        let edit = editor.at(
            "textDocument/rename",
            "t.runbook",
            RUNBOOK,
            from,
            json!({ "newName": new }),
        );
        let edits = edit["changes"][editor.uri("t.runbook")]
            .as_array()
            .unwrap()
            .clone();
        let text = applied(RUNBOOK, &edits);
        let wanted = match name {
            "version" => RUNBOOK
                .replace("version: version", "release: version")
                .replace("$version", "$release"),
            "before" => RUNBOOK
                .replace("capture before", "capture was")
                .replace("$before", "$was"),
            _switch => RUNBOOK.replace("switch", "turn"),
        };
        assert_eq!(text, wanted);
    }
    let position = place(RUNBOOK, "version: version");
    let params = json!({
        "textDocument": { "uri": editor.uri("t.runbook") }, "position": position, "newName": "a b"
    });
    let answer = editor.ask("textDocument/rename", params);
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .contains("is no name"),
        "{answer}"
    );
    editor.leave();
}

/// A text after edits, from the last to the first.
fn applied(text: &str, edits: &[Value]) -> String {
    let offset = |place: &Value| {
        let line = usize::try_from(place["line"].as_u64().unwrap()).unwrap();
        let column = usize::try_from(place["character"].as_u64().unwrap()).unwrap();
        let before: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        before + column
    };
    let mut edits: Vec<(usize, usize, &str)> = edits
        .iter()
        .map(|edit| {
            let range = &edit["range"];
            let new = edit["newText"].as_str().unwrap();
            (offset(&range["start"]), offset(&range["end"]), new)
        })
        .collect();
    edits.sort();
    let mut text = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        text.replace_range(start..end, new);
    }
    text
}

/// The editor tells what `runbook check` tells in this project.
#[test]
fn what_a_project_wants_to_be_told_is_told() {
    let mut editor = Editor::start(&[]);
    let text = "runbook \"x\"\ndefaults { timeout 1m }\nstep room {\n  $ mkdir -p room\n  \
        rollback $ rmdir room\n}\n";
    fs::create_dir(editor.path("deep")).unwrap();
    editor.open("deep/t.runbook", text);
    let told = |editor: &mut Editor, settings: &str| {
        fs::write(editor.path("runbook.toml"), settings).unwrap();
        editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [] }));
        let problems = editor.problems("deep/t.runbook");
        let problems = problems.iter();
        problems
            .map(|it| {
                (
                    it["code"].as_str().unwrap_or("").to_owned(),
                    it["severity"].clone(),
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(&editor.problems("deep/t.runbook")), ["RB105"]);
    let of = |code: &str, severity: u8| (code.to_owned(), json!(severity));
    for (settings, wanted) in [
        ("[check]\nallow = [\"RB105\"]\n", vec![]),
        ("[check]\ndeny = [\"warnings\"]\n", vec![of("RB105", 1)]),
        (
            "[check]\nwarn = [\"RB121\"]\n",
            vec![of("RB105", 2), of("RB121", 2)],
        ),
        ("[check]\nwran = []\n", vec![of("", 2), of("RB105", 2)]),
        ("", vec![of("RB105", 2)]),
    ] {
        assert_eq!(told(&mut editor, settings), wanted, "{settings}");
    }
    editor.leave();
}

/// What changes outside of the editor is told by it: modules, and what the project
/// wants of the checks.
#[test]
fn files_are_watched_where_the_editor_can() {
    let asked = |watching: Value| -> Vec<Value> {
        let mut editor =
            Editor::with(json!({ "workspace": { "didChangeWatchedFiles": watching } }));
        // What is asked at once comes before an answer.
        editor.ask("shutdown", Value::Null);
        let told = std::mem::take(&mut editor.told).into_iter();
        told.filter(|it| it["method"] == "client/registerCapability")
            .map(|it| it["params"]["registrations"].clone())
            .collect()
    };
    let wanted = json!([{
        "id": "runbooks",
        "method": "workspace/didChangeWatchedFiles",
        "registerOptions": { "watchers": [
            { "globPattern": "**/*.runbook" },
            { "globPattern": "**/runbook.toml" },
        ] },
    }]);
    assert_eq!(asked(json!({ "dynamicRegistration": true })), [wanted]);
    for no in [
        json!({ "dynamicRegistration": false }),
        json!({}),
        Value::Null,
    ] {
        assert_eq!(asked(no), [] as [Value; 0]);
    }
}

#[test]
fn what_could_stand_here_is_offered() {
    let mut editor = Editor::start(&[]);
    let text = "runbook \"x\"\nuse std.http\nparam version: version = \"1\"\n\nuse std.\ncheck c = http.\nstep s { $ echo $v\n}\n\
        checklist ready {\n  check \"It is quiet\" $ true\n}\ntest \"x\" {\n  given check ready \n}\n";
    editor.open("t.runbook", text);
    let mut offered = |at: Value| -> Vec<String> {
        let params = json!({ "textDocument": { "uri": editor.uri("t.runbook") }, "position": at });
        let answer = editor.ask("textDocument/completion", params);
        let items = answer["result"]["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|it| it["label"].as_str().unwrap().to_owned())
            .collect()
    };
    let has = |offered: &[String], label: &str| offered.iter().any(|it| it == label);
    let keywords = offered(json!({ "line": 3, "character": 0 }));
    assert!(
        has(&keywords, "step") && has(&keywords, "param"),
        "{keywords:?}"
    );
    let modules = offered(json!({ "line": 4, "character": 8 }));
    assert!(has(&modules, "kubernetes"), "{modules:?}");
    let members = offered(json!({ "line": 5, "character": 15 }));
    assert!(has(&members, "ok"), "{members:?}");
    let variables = offered(json!({ "line": 6, "character": 18 }));
    assert!(has(&variables, "version") && !has(&variables, "c"));
    let checks = offered(json!({ "line": 12, "character": 20 }));
    assert!(has(&checks, "\"It is quiet\""), "{checks:?}");
    assert!(has(&checks, "fails"), "{checks:?}");
}

/// Those of every round of a loop, each once, and as they are written.
#[test]
fn titles_of_checks_are_offered() {
    let mut editor = Editor::start(&[]);
    let text = r#"runbook "x"
defaults { timeout 1m }
phase rollout {
  for share in [10%, 50%] {
    gate settled {
      check "say \"go\" \\ {{now}}" $ true
      check "at {share}" $ true
    }
  }
}
test "all rounds" {
  given check settled
}
test "one round" {
  given check settled[10%]
}
"#;
    editor.open("t.runbook", text);
    let mut offered = |after: &str| -> Vec<String> {
        let uri = editor.uri("t.runbook");
        let line = text.lines().position(|line| line.trim() == after).unwrap();
        let line_end = json!({ "line": line, "character": after.len() + 2 });
        let space = json!({ "range": { "start": line_end, "end": line_end }, "text": " " });
        editor.edit("t.runbook", space);
        let behind = json!({ "line": line, "character": after.len() + 3 });
        let params = json!({ "textDocument": { "uri": uri }, "position": behind });
        let answer = editor.ask("textDocument/completion", params);
        let items = answer["result"]["items"].as_array().unwrap().clone();
        let titles = items.iter().filter(|it| it["detail"] == "a check of it");
        let labels = titles.map(|it| it["textEdit"]["newText"].as_str().unwrap().to_owned());
        labels.collect()
    };
    let said = r#""say \"go\" \\ {{now}}""#;
    let all = offered("given check settled");
    assert_eq!(all, [said, "\"at 10%\"", "\"at 50%\""]);
    let one = offered("given check settled[10%]");
    assert_eq!(one, [said, "\"at 10%\""]);
}

#[test]
fn the_outline_and_the_layout_are_known() {
    let mut editor = Editor::start(&["utf-8", "utf-16"]);
    let untidy = RUNBOOK.replace("  step switch", "      step switch");
    editor.open("t.runbook", &untidy);
    let document = json!({ "textDocument": { "uri": editor.uri("t.runbook") } });
    let symbols = editor.ask("textDocument/documentSymbol", document.clone())["result"].clone();
    let names: Vec<&str> = symbols
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["runbook \"Release\"", "version", "deploy"]);
    assert_eq!(symbols[2]["children"][1]["name"], "answers");
    let folds = editor.ask("textDocument/foldingRange", document.clone())["result"].clone();
    assert!(
        folds
            .as_array()
            .unwrap()
            .contains(&json!({ "startLine": 4, "endLine": 13 })),
        "{folds}"
    );
    let edits = editor.ask("textDocument/formatting", document.clone())["result"].clone();
    assert_eq!(applied(&untidy, edits.as_array().unwrap()), RUNBOOK);
    // What cannot be read is left alone.
    editor.edit("t.runbook", json!({ "text": "step {" }));
    let edits = editor.ask("textDocument/formatting", document)["result"].clone();
    assert_eq!(edits, json!([]));
    editor.leave();
}

#[test]
fn a_buffer_counts_instead_of_the_file_for_whoever_uses_it() {
    let mut editor = Editor::start(&[]);
    let parts = "action greet(name: string) {\n  $ echo \"$name\"\n  harmless \"it only prints\"\n  timeout 1m\n}\n";
    fs::write(editor.path("parts.runbook"), parts).unwrap();
    let text =
        "runbook \"x\"\nuse \"./parts.runbook\" as parts\nstep s = parts.greet(name: \"ada\")\n";
    editor.open("t.runbook", text);
    assert_eq!(codes(&editor.problems("t.runbook")), Vec::<&str>::new());
    editor.open("parts.runbook", &parts.replace("name", "who"));
    let problems = editor.problems("t.runbook");
    assert_eq!(codes(&problems), ["RB924", "RB924"], "{problems:?}");
    let closed = json!({ "textDocument": { "uri": editor.uri("parts.runbook") } });
    editor.tell("textDocument/didClose", closed);
    assert_eq!(codes(&editor.problems("t.runbook")), Vec::<&str>::new());
    editor.leave();
}

#[test]
fn nonsense_is_answered_and_survived() {
    let mut editor = Editor::start(&[]);
    let answer = editor.ask("textDocument/inlineValue", json!({}));
    assert_eq!(answer["error"]["code"], -32601);
    let answer = editor.ask(
        "textDocument/hover",
        json!({ "textDocument": { "uri": "file:///none" } }),
    );
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .contains("is not open")
    );
    let answer = editor.ask(
        "textDocument/hover",
        json!({ "textDocument": { "uri": "untitled:1" } }),
    );
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .contains("is no file")
    );
    editor.tell("$/cancelRequest", json!({ "id": 77 }));
    editor.open("t.runbook", RUNBOOK);
    for range in [
        json!({ "start": { "line": 9, "character": 9 }, "end": { "line": 1, "character": 0 } }),
        json!({ "start": { "line": -1, "character": 9 }, "end": { "line": 1, "character": 0 } }),
        json!("everything"),
    ] {
        editor.edit("t.runbook", json!({ "range": range, "text": "x" }));
    }
    // Beyond the end is the end.
    let far = json!({ "line": 9_999, "character": 9_999 });
    editor.edit(
        "t.runbook",
        json!({ "range": { "start": far, "end": far }, "text": "# ü🚀\n" }),
    );
    let hover = editor.at(
        "textDocument/hover",
        "t.runbook",
        RUNBOOK,
        "switch {\n    capture",
        json!({}),
    );
    assert!(
        hover["contents"]["value"]
            .as_str()
            .unwrap()
            .contains("Way back")
    );
    editor.leave();
}

#[test]
fn a_storm_of_edits_ends_in_the_truth() {
    let mut editor = Editor::start(&[]);
    editor.open("t.runbook", "");
    let mut line = 0;
    let mut column = 0;
    for c in RUNBOOK.chars() {
        let at = json!({ "line": line, "character": column });
        let range = json!({ "start": at, "end": at });
        editor.edit(
            "t.runbook",
            json!({ "range": range, "text": c.to_string() }),
        );
        if c == '\n' {
            line += 1;
            column = 0;
        } else {
            column += 1;
        }
    }
    let document = json!({ "textDocument": { "uri": editor.uri("t.runbook") } });
    let edits = editor.ask("textDocument/formatting", document)["result"].clone();
    assert_eq!(edits, json!([]), "it is laid out as it was typed");
    editor.edit(
        "t.runbook",
        json!({ "text": RUNBOOK.replace("    rollback $ ln -sfn \"$before\" live\n", "") }),
    );
    loop {
        let problems = editor.problems("t.runbook");
        if codes(&problems).contains(&"RB101") {
            break;
        }
    }
    editor.leave();
}

#[test]
fn a_client_that_dies_takes_its_server_along() {
    let mut editor = Editor::start(&[]);
    editor.open("t.runbook", RUNBOOK);
    drop(editor.to.take());
    editor.server.wait().unwrap();
}
