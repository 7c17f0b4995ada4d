//! How long a keystroke takes to become new problems in an editor: `runbook lsp`
//! itself, over its standard streams, with a runbook of five thousand lines in
//! which somebody writes another step, over and over, somewhere else each time.
//!
//! `cargo bench --bench editing`

// It starts a process, reads what the system knows of it, and says so.
#![allow(clippy::disallowed_methods, clippy::disallowed_macros)]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const LINES: usize = 5_000;
/// Keystrokes that are waited for, each by itself.
const WAITED: usize = 2_000;
/// All keystrokes; the others come faster than anybody could wait.
const ALL: usize = 10_000;
const URI: &str = "file:///tmp/editing.runbook";
/// What is written, letter by letter: most of its states are no whole step.
const WRITTEN: &str = "  step another_one \"One more\" {\n    capture was $ ./level.sh \"$environment\"\n    $ ./change.sh --to \"$version\"\n    timeout 5m\n    rollback $ ./change.sh --to \"$was\"\n  }\n";

fn main() {
    let text = runbook(LINES);
    println!("{} lines, {} KB", text.lines().count(), text.len() / 1_000);
    let mut editor = Editor::start(&text);
    let (mut times, mut work) = (Vec::new(), Vec::new());
    let mut kept = Vec::new();
    let mut strokes = Strokes::new(&text);
    for count in 0..ALL {
        if count % 2_000 == 0 {
            kept.push((count, editor.memory()));
        }
        let (begun, busy) = (Instant::now(), editor.busy());
        editor.change(&strokes.next());
        if count < WAITED {
            editor.wait();
            times.push(begun.elapsed());
            work.push(editor.busy().saturating_sub(busy));
        } else if count % 20 == 0 {
            editor.wait();
        }
    }
    editor.wait();
    kept.push((ALL, editor.memory()));
    print("a keystroke has its problems within", times);
    // What else the machine does is not in this.
    print("the server works for it", work);
    for (count, kilobytes) in kept {
        println!(
            "after {count:>6} keystrokes {:.1} MB",
            f64::from(kilobytes) / 1_000.0
        );
    }
    editor.leave();
}

fn print(what: &str, mut times: Vec<Duration>) {
    times.sort();
    println!("{what}");
    for percent in [50, 90, 95, 99, 100] {
        let at = (times.len() * percent / 100).min(times.len() - 1);
        println!("  {percent:>3} %  {:.1?}", times[at]);
    }
}

/// A runbook of phases as people have them.
fn runbook(lines: usize) -> String {
    let mut text = String::from(
        "runbook \"Deploy\"\nparam version: version = \"1.2.3\"\nparam previous: version = \"1.2.2\"\nparam environment: string = \"x\"\nparam size: int = 4\nsource prom = prometheus \"http://prometheus:9090\"\nmetric errors: percent = prom `up`\nthresholds healthy {\n  errors < 1%\n}\nrole managers = [\"ada\", \"grace\"]\nchannel ops = $ ./say.sh \"$message\"\nmessage released to ops \"it is live\"\nmessage stuck to ops \"stuck\"\ndefaults {\n  timeout 5m\n}\non stuck {\n  notify stuck\n}\n",
    );
    let mut count = text.lines().count();
    for number in 0.. {
        if count >= lines {
            break;
        }
        let before = text.len();
        let _ = write!(
            text,
            r#"
## What phase {number} is for.
phase part_{number} "Part {number}" when size > 3 {{
  # a comment
  step deploy_{number} "Deploy" {{
    capture level_{number} $ ./schema_level.sh --of "$environment"
    $ ./deploy.sh --env green --version "$version"
    $ ./warm_up.sh
    timeout 10m
    output id from stdout `id: (\S+)`
    rollback {{
      $ ./deploy.sh --env green --version "$previous"
    }}
  }}
  check healthy_{number} {{
    http GET "https://green.internal/{{environment}}/health"
    within 5m every 10s
  }}
  gate go_{number} {{
    approve by managers count 2
    hold healthy for 5m every 15s tolerate 2
    timeout 1h
    else rollback
  }}
  notify released
}}
"#
        );
        count += text[before..].lines().count();
    }
    text
}

/// Letters as they are typed, and taken out again: a step behind each phase's
/// comment, one phase after the other.
struct Strokes {
    places: Vec<usize>,
    place: usize,
    typed: usize,
    letters: Vec<char>,
}

impl Strokes {
    fn new(text: &str) -> Strokes {
        let lines = text.lines().enumerate();
        let comments = lines.filter(|(_, line)| *line == "  # a comment");
        // Somewhere else each time.
        let mut places: Vec<usize> = comments.map(|(line, _)| line).collect();
        places.sort_by_key(|line| line * 7_919 % 1_009);
        Strokes {
            places,
            place: 0,
            typed: 0,
            letters: WRITTEN.chars().collect(),
        }
    }

    /// The next letter as a change; when all are typed, all are taken out.
    fn next(&mut self) -> Value {
        let line = self.places[self.place % self.places.len()];
        let at = |typed: usize| {
            let before = &self.letters[..typed];
            let down = before.iter().filter(|letter| **letter == '\n').count();
            let right = before.iter().rev().take_while(|letter| **letter != '\n');
            json!({ "line": line + down, "character": right.count() })
        };
        match self.letters.get(self.typed) {
            Some(letter) => {
                let here = at(self.typed);
                let change =
                    json!({ "range": { "start": here, "end": here }, "text": letter.to_string() });
                self.typed += 1;
                change
            }
            None => {
                let change =
                    json!({ "range": { "start": at(0), "end": at(self.typed) }, "text": "" });
                self.typed = 0;
                self.place += 1;
                change
            }
        }
    }
}

struct Editor {
    server: Child,
    to: ChildStdin,
    /// The versions whose problems were told.
    told: Receiver<i64>,
    version: i64,
}

impl Editor {
    fn start(text: &str) -> Editor {
        let mut server = Command::new(env!("CARGO_BIN_EXE_runbook"))
            .arg("lsp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let to = server.stdin.take().expect("it reads");
        let from = server.stdout.take().expect("it writes");
        let (sender, told) = channel();
        std::thread::spawn(move || {
            let mut from = BufReader::new(from);
            while let Some(message) = read(&mut from) {
                if let Some(version) = message["params"]["version"].as_i64() {
                    let _ = sender.send(version);
                }
            }
        });
        let mut editor = Editor {
            server,
            to,
            told,
            version: 1,
        };
        editor.send(&json!({ "id": 1, "method": "initialize", "params": { "capabilities": {} } }));
        editor.send(&json!({ "method": "initialized", "params": {} }));
        let document = json!({ "uri": URI, "languageId": "runbook", "version": 1, "text": text });
        editor.send(
            &json!({ "method": "textDocument/didOpen", "params": { "textDocument": document } }),
        );
        editor.wait();
        editor
    }

    fn send(&mut self, message: &Value) {
        let mut message = message.clone();
        message["jsonrpc"] = json!("2.0");
        let text = message.to_string();
        write!(self.to, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("it reads");
    }

    fn change(&mut self, change: &Value) {
        self.version += 1;
        let params = json!({
            "textDocument": { "uri": URI, "version": self.version },
            "contentChanges": [change],
        });
        self.send(&json!({ "method": "textDocument/didChange", "params": params }));
    }

    /// Until the problems of the last text are there.
    fn wait(&mut self) {
        while self.told.recv().expect("it answers") < self.version {}
    }

    /// How long the server has worked so far, by all its threads.
    fn busy(&self) -> Duration {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.server.id()));
        let threads = threads.into_iter().flatten().flatten();
        let times = threads.filter_map(|thread| {
            let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(times.sum())
    }

    /// What the server holds, in kilobytes.
    fn memory(&self) -> u32 {
        let path = format!("/proc/{}/status", self.server.id());
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.trim().split(' ').next());
        number.and_then(|it| it.parse().ok()).unwrap_or(0)
    }

    fn leave(mut self) {
        self.send(&json!({ "id": 2, "method": "shutdown" }));
        self.send(&json!({ "method": "exit" }));
        let _ = self.server.wait();
    }
}

/// The next message; `None` when there are no more.
fn read(from: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim().strip_prefix("Content-Length: ") {
            Some(number) => length = number.parse().ok()?,
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}
