//! People at a real terminal, which `script` of util-linux provides.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

use super::place::{Place, wait_for};

/// A program at a terminal of its own.
struct Sitting {
    process: Child,
    keyboard: ChildStdin,
    screen: Arc<Mutex<String>>,
}

impl Sitting {
    fn begin(place: &Place, shell: &str) -> Sitting {
        // A shell that stayed would be interrupted too, and end as it pleases.
        let shell = format!("exec {shell}").replace("RUNBOOK", env!("CARGO_BIN_EXE_runbook"));
        let mut command = Command::new("script");
        command.args(["-q", "-e", "-c", &shell, "/dev/null"]);
        place.inside(&mut command);
        let mut process = command
            .env("TERM", "xterm")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the tests need script of util-linux: apt-get install bsdutils");
        let screen = Arc::new(Mutex::new(String::new()));
        let mut output = process.stdout.take().unwrap();
        let seen = screen.clone();
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(read) = output.read(&mut piece) {
                if read == 0 {
                    return;
                }
                let text = String::from_utf8_lossy(&piece[..read]);
                seen.lock().unwrap().push_str(&text);
            }
        });
        let keyboard = process.stdin.take().unwrap();
        Sitting {
            process,
            keyboard,
            screen,
        }
    }

    fn sees(&self, words: &str) {
        let what = format!("{words:?}");
        let seen = || self.screen.lock().unwrap().contains(words);
        let begin = std::time::Instant::now();
        wait_for(&what, || {
            assert!(
                begin.elapsed().as_secs() < 30,
                "no {words:?} in {}",
                self.screen.lock().unwrap()
            );
            seen()
        });
    }

    fn types(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    fn ends(mut self) -> (Option<i32>, String) {
        let process = &mut self.process;
        let screen = &self.screen;
        let begin = std::time::Instant::now();
        wait_for("the end", || {
            assert!(
                begin.elapsed().as_secs() < 30,
                "it goes on: {}",
                screen.lock().unwrap()
            );
            process.try_wait().unwrap().is_some()
        });
        drop(self.keyboard);
        let status = self.process.wait().unwrap();
        let screen = self.screen.lock().unwrap().clone();
        (status.code(), screen)
    }
}

const RUNBOOK: &str = r#"
runbook "Release"
param version: version "What to release"
defaults { timeout 1m }
step change {
  $ echo "changed $version" >>log
  rollback $ echo back >>log
}
checklist ready {
  confirm "The logs are quiet"
}
gate go {
  confirm "Go on?"
  else abort
}
step after {
  $ echo after >>log
  rollback $ echo never >>log
}
"#;

/// The terminal is asked, whatever standard input is.
#[test]
fn people_are_asked_at_the_terminal_itself() {
    let place = Place::new(RUNBOOK);
    let mut sitting = Sitting::begin(&place, "RUNBOOK exec t.runbook </dev/null");
    sitting.sees("What to release");
    sitting.types("1.2.3\r");
    sitting.sees("The logs are quiet");
    sitting.types("yes\r");
    sitting.sees("Go on?");
    sitting.types("yes\r");
    sitting.sees("succeeded");
    let (status, screen) = sitting.ends();
    assert_eq!(status, Some(0), "{screen}");
    assert_eq!(place.log(), ["changed 1.2.3", "after"]);
}

#[test]
fn who_says_no_turns_it_back() {
    let place = Place::new(RUNBOOK);
    let mut sitting = Sitting::begin(&place, "RUNBOOK exec t.runbook --set version=1.2.3");
    sitting.sees("The logs are quiet");
    sitting.types("yes\r");
    sitting.sees("Go on?");
    sitting.types("no\r");
    sitting.sees("why?");
    sitting.types("too risky\r");
    let (status, screen) = sitting.ends();
    assert_eq!(status, Some(3), "{screen}");
    assert_eq!(place.log(), ["changed 1.2.3", "back"]);
}

/// Ctrl-C asks what is meant.
#[test]
fn ctrl_c_at_a_terminal_asks_first() {
    let place = Place::new(&RUNBOOK.replace(
        "echo after >>log",
        "echo begun >>log; until [ -e answered ]; do sleep 0.1; done; echo after >>log",
    ));
    let mut sitting = Sitting::begin(&place, "RUNBOOK exec t.runbook --set version=1.2.3 --yes");
    wait_for("the last step", || place.log().len() == 2);
    sitting.types("\u{3}");
    sitting.sees("[r]oll back, [p]ause, [g]o on");
    sitting.types("g\r");
    std::fs::write(place.path("answered"), "").unwrap();
    let (status, screen) = sitting.ends();
    assert_eq!(status, Some(0), "{screen}");
    assert_eq!(place.log(), ["changed 1.2.3", "begun", "after"]);
}
