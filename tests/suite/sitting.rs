//! A program at a terminal of its own, which `script` of util-linux provides:
//! keys are typed, and what it shows is seen.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// Ends its program when it is dropped.
pub struct Sitting {
    process: Child,
    screen: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Sitting {
    /// Carries a line of shell out; what else the program needs is prepared.
    pub fn begin(shell: &str, prepare: impl FnOnce(&mut Command)) -> Sitting {
        // What the tests were told to ignore, as in the background, its program must
        // hear.
        let mut command = Command::new("env");
        command.args(["--default-signal=INT,QUIT,HUP", "script"]);
        command.args(["-q", "-e", "-c", shell, "/dev/null"]);
        command.env("TERM", "xterm");
        // Which shell carries the line out is not left to who runs the tests: bash ends
        // as its program ends, where dash dies of a Ctrl-C that the program has taken.
        command.env("SHELL", "/bin/bash");
        prepare(&mut command);
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the tests need script of util-linux: apt-get install bsdutils");
        let screen = Arc::new(Mutex::new(Vec::new()));
        let mut output = process.stdout.take().unwrap();
        let seen = screen.clone();
        let reader = std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut piece) {
                seen.lock().unwrap().extend_from_slice(&piece[..read]);
            }
        });
        let reader = Some(reader);
        Sitting {
            process,
            screen,
            reader,
        }
    }

    /// All that it has shown, with what moves the cursor and sets colours.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.screen()).into_owned()
    }

    /// The same as it came, which may end within a letter.
    pub fn screen(&self) -> Vec<u8> {
        self.screen.lock().unwrap().clone()
    }

    /// Waits until it is so.
    #[track_caller]
    pub fn waits_for(&mut self, what: &str, mut is_so: impl FnMut(&mut Sitting) -> bool) {
        let begin = Instant::now();
        while !is_so(self) {
            let shown = self.shown();
            assert!(begin.elapsed() < PATIENCE, "no {what}: {shown:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[track_caller]
    pub fn sees(&mut self, words: &str) {
        self.waits_for(&format!("{words:?}"), |it| it.shown().contains(words));
    }

    pub fn types(&mut self, keys: &str) {
        let keyboard = self.process.stdin.as_mut().unwrap();
        keyboard.write_all(keys.as_bytes()).unwrap();
        keyboard.flush().unwrap();
    }

    /// How the program ended, and all that it has shown.
    #[track_caller]
    pub fn ends(mut self) -> (Option<i32>, String) {
        let mut ended = None;
        self.waits_for("end", |it| {
            ended = it.process.try_wait().unwrap();
            ended.is_some()
        });
        // What it said last may still be on its way.
        self.reader.take().unwrap().join().unwrap();
        (ended.and_then(|status| status.code()), self.shown())
    }
}

impl Drop for Sitting {
    fn drop(&mut self) {
        // `script` ends when its program has lost its terminal.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
