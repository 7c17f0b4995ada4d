//! A directory in which a real run plays a score.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use std::collections::BTreeMap;

use runbook::machine::event::{Activity, Answer, Event, Question};
use runbook::plan::Plan;
use runbook::run::inbox::{Message, post};
use runbook::run::journal;
use runbook::run::state::{RunDirectory, StateDirectory};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::score::{End, Note, Score, in_order};
use crate::keepers;

/// Longer than anything here takes on the busiest machine.
const FOREVER: Duration = Duration::from_secs(100);

/// Between two looks at what has happened.
const MOMENT: Duration = Duration::from_millis(2);

pub struct Stage<'s> {
    place: TempDir,
    score: &'s Score,
    turns: BTreeMap<Activity, (String, usize)>,
    interpreter: Child,
    begun: Instant,
}

impl<'s> Stage<'s> {
    /// Opens the run.
    pub fn new(text: &str, measured: &str, plan: &Plan, score: &'s Score) -> Stage<'s> {
        let place = TempDir::new().expect("a directory");
        let at = |name: &str| place.path().join(name);
        let act = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/agrees/act");
        fs::copy(act, at("act")).expect("it can be copied");
        fs::write(at("case.runbook"), text).expect("it can be written");
        fs::write(at("measured"), measured).expect("it can be written");
        fs::create_dir(at("turns")).expect("a directory");
        let turns = score.turns(plan);
        for (name, count) in turns.values() {
            let turn = at("turns").join(format!("{name} {count}"));
            let mode = Mode::RUSR | Mode::WUSR;
            mknodat(CWD, turn, FileType::Fifo, mode, 0).expect("a pipe");
        }
        let interpreter = start(place.path(), &["exec", "case.runbook"], score.answered);
        Stage {
            place,
            score,
            turns,
            interpreter,
            begun: Instant::now(),
        }
    }

    /// Plays to the end; what was not as the score has it.
    pub fn play(mut self) -> Result<(), String> {
        let mut at = 0;
        while at < self.score.facts.len() {
            if self.score.deaths.contains(&at) {
                at = self.dies(at)?;
            }
            self.happens(at)?;
            at += 1;
        }
        self.wait(|stage| !matches!(stage.interpreter.try_wait(), Ok(None)))?;
        let status = self.interpreter.wait().expect("it has ended");
        let wanted = i32::from(self.score.outcome.exit_status());
        if status.code() != Some(wanted) {
            return Err(self.told(&format!("{status} and not {wanted}")));
        }
        if in_order(&self.notes()) != in_order(&self.score.notes()) {
            return Err(self.told("it went otherwise"));
        }
        self.effects_are_those_of_the_score()
    }

    /// Lets a fact become one, where it does not by itself.
    fn happens(&mut self, at: usize) -> Result<(), String> {
        let Some(note) = Note::of(&self.score.facts[at]) else {
            return Ok(());
        };
        match note {
            Note::Ends(activity, end @ (End::Ok | End::Failed)) => {
                self.wait_for(at)?;
                self.turn(activity, end)
            }
            Note::Ends(_, End::InDoubt) => {
                self.wait_for(at)?;
                self.wait_until_at_work(at)?;
                self.end_everything();
                Ok(())
            }
            Note::Answered(question, _) => {
                self.wait_for(at)?;
                self.answer(at, question)
            }
            Note::BackRequested => {
                self.wait_for(at)?;
                self.signal(Signal::TERM);
                Ok(())
            }
            Note::PauseRequested => {
                self.wait_for(at)?;
                self.signal(Signal::HUP);
                Ok(())
            }
            Note::Begins(_)
            | Note::Ends(_, End::Cancelled | End::TimedOut)
            | Note::Unanswerable(_)
            | Note::Resumed
            | Note::Closed(_) => Ok(()),
        }
    }

    /// The interpreter dies, and another one takes over; gives which fact is next.
    fn dies(&mut self, at: usize) -> Result<usize, String> {
        self.wait_for(at)?;
        self.wait_until_at_work(at)?;
        self.signal(Signal::KILL);
        self.interpreter.wait().expect("it has ended");
        let is_resumed = |at: &usize| Note::of(&self.score.facts[*at]) == Some(Note::Resumed);
        let resumed = (at..self.score.facts.len()).find(is_resumed);
        let resumed = resumed.ok_or_else(|| self.told("nobody resumes it"))?;
        let mut in_doubt = 0;
        for fact in &self.score.facts[at..resumed] {
            match Note::of(fact) {
                Some(Note::Ends(_, End::InDoubt)) => in_doubt += 1,
                Some(Note::Ends(activity, end)) => self.turn(activity, end)?,
                _something_else => {}
            }
        }
        if resumed > at {
            self.wait(|stage| stage.at_work().len() <= in_doubt)?;
            self.end_everything();
            self.wait(|stage| keepers::of(&stage.state()).is_empty())?;
        }
        // A keeper that was just being started holds what its interpreter held
        // until it is one.
        self.wait(|stage| {
            let run = stage.run();
            run.is_some_and(|run| matches!(run.own(), Ok(Some(_))))
        })?;
        let arguments = ["resume"];
        self.interpreter = start(self.place.path(), &arguments, self.score.answered);
        Ok(resumed)
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.interpreter);
        kill_process(pid, signal).expect("it lives");
    }

    /// Tells a command how to end.
    fn turn(&mut self, activity: Activity, end: End) -> Result<(), String> {
        let (name, count) = &self.turns[&activity];
        let pipe = self
            .place
            .path()
            .join("turns")
            .join(format!("{name} {count}"));
        let word: &[u8] = match end {
            End::Ok => b"ok\n",
            _otherwise => b"fail\n",
        };
        // There is no way to write before somebody reads.
        self.wait(|_| {
            let flags = OFlags::WRONLY | OFlags::NONBLOCK;
            let opened = open(&pipe, flags, Mode::empty());
            opened.is_ok_and(|pipe| fs::File::from(pipe).write_all(word).is_ok())
        })
    }

    fn answer(&mut self, at: usize, wanted: Question) -> Result<(), String> {
        let Event::Answered { answer, by, .. } = &self.score.facts[at].event else {
            unreachable!("the note of an answer");
        };
        let (answer, by): (Answer, String) = (answer.clone(), by.clone());
        self.wait(|stage| {
            let run = stage.run().and_then(|run| journal::read(&run).ok());
            run.is_some_and(|run| run.machine().questions().any(|asked| asked == wanted))
        })?;
        let message = Message::Answer {
            question: wanted,
            answer,
            by,
            signature: None,
        };
        // Two of one moment would have one name.
        self.wait(|stage| stage.run().is_some_and(|run| post(&run, &message).is_ok()))
    }

    /// Waits until all has happened that the score has before a fact, and what runs
    /// then has said that it began: else it might be ended before it did.
    fn wait_for(&mut self, at: usize) -> Result<(), String> {
        let before = self.score.facts[..at].iter().filter_map(Note::of);
        let before = in_order(&before.collect::<Vec<Note>>());
        self.wait(|stage| in_order(&stage.notes()) == before)?;
        let running = self.score.running_before(at);
        self.wait(|stage| {
            let effects = stage.effects();
            let says = |activity: &Activity| {
                let (name, count) = &stage.turns[activity];
                effects.iter().filter(|effect| *effect == name).count() >= *count
            };
            running.iter().all(says)
        })
    }

    /// Waits until what runs by then can be found.
    fn wait_until_at_work(&mut self, at: usize) -> Result<(), String> {
        let running = self.score.running_before(at).len();
        self.wait(|stage| stage.at_work().len() == running)
    }

    fn wait(&mut self, mut until: impl FnMut(&mut Stage<'s>) -> bool) -> Result<(), String> {
        loop {
            if until(self) {
                return Ok(());
            }
            if self.begun.elapsed() > FOREVER {
                return Err(self.told("it does not go on"));
            }
            sleep(MOMENT);
        }
    }

    fn run(&self) -> Option<RunDirectory> {
        let state = StateDirectory::open(&self.state()).ok()?;
        state.runs().into_iter().next()
    }

    /// What is on record.
    fn notes(&self) -> Vec<Note> {
        let run = self.run().and_then(|run| journal::read(&run).ok());
        let facts = run.map(|run| run.facts).unwrap_or_default();
        facts.iter().filter_map(Note::of).collect()
    }

    fn effects(&self) -> Vec<String> {
        let text = fs::read_to_string(self.place.path().join("effects")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// What the commands wrote down is what the score has begin.
    fn effects_are_those_of_the_score(&self) -> Result<(), String> {
        let mut wanted: BTreeMap<&str, usize> = BTreeMap::new();
        let mut may_lack: BTreeMap<&str, usize> = BTreeMap::new();
        for note in self.score.notes() {
            match note {
                Note::Begins(activity) => {
                    *wanted.entry(&self.turns[&activity].0).or_default() += 1;
                }
                // It may not have come to its first line.
                Note::Ends(activity, End::Cancelled) => {
                    *may_lack.entry(&self.turns[&activity].0).or_default() += 1;
                }
                _something_else => {}
            }
        }
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        let effects = self.effects();
        for effect in &effects {
            *found.entry(effect).or_default() += 1;
        }
        let lacks = |name: &str, count: usize| {
            let least = count - may_lack.get(name).copied().unwrap_or(0);
            let found = found.get(name).copied().unwrap_or(0);
            found < least || found > count
        };
        let extra = found.keys().any(|name| !wanted.contains_key(name));
        if extra || wanted.iter().any(|(name, count)| lacks(name, *count)) {
            return Err(self.told("its commands did otherwise"));
        }
        Ok(())
    }

    fn told(&self, what: &str) -> String {
        let score: Vec<String> = lines(&in_order(&self.score.notes()));
        let real: Vec<String> = lines(&in_order(&self.notes()));
        let deaths = &self.score.deaths;
        let output = fs::read_to_string(self.place.path().join("output")).unwrap_or_default();
        format!(
            "{what}\n--- simulated, dies before {deaths:?}\n{}\n--- for real\n{}\n--- effects\n{}\n--- it said\n{output}",
            score.join("\n"),
            real.join("\n"),
            self.effects().join("\n"),
        )
    }

    fn state(&self) -> PathBuf {
        self.place.path().join("state")
    }

    fn at_work(&self) -> Vec<Pid> {
        keepers::at_work(&self.state())
    }

    /// As when the machine loses its power, but for the interpreter.
    fn end_everything(&self) {
        keepers::end(self.at_work());
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        let _ = self.interpreter.kill();
        let _ = self.interpreter.wait();
        self.end_everything();
    }
}

fn lines(notes: &[Note]) -> Vec<String> {
    notes.iter().map(|note| format!("{note:?}")).collect()
}

/// An interpreter, where nobody sits at a terminal.
fn start(place: &Path, arguments: &[&str], answered: bool) -> Child {
    let output = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(place.join("output"));
    let output = output.expect("a file");
    let mut command = Command::new("setsid");
    command
        .arg(env!("CARGO_BIN_EXE_runbook"))
        .args(arguments)
        .args(["--grace", "5s"])
        .args(answered.then_some("--await-answers"))
        .current_dir(place)
        .env("RUNBOOK_STATE", place.join("state"))
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stdout(output.try_clone().expect("a file"))
        .stderr(output);
    command.spawn().expect("it starts")
}
