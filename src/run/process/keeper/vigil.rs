//! The loop of a keeper: output, requests and ends as they come, until nothing
//! of the command is left.

use std::collections::HashSet;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal};

use super::ending::{Due, Ending};
use super::family::{self, Reaped};
use super::output::Output;
use crate::run::process::Ended;
use crate::run::process::record::{End, Request};

/// How often it is looked whether signals are due, while something is to end.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A command that was started.
#[derive(Debug)]
pub struct Vigil {
    command: Pid,
    /// How it ended. What it left behind may still be there.
    ended: Option<Ended>,
    outputs: Vec<Output>,
    /// The standard input of a command on another machine, whose end asks it
    /// to end: no signal reaches it there.
    pub lifeline: Option<OwnedFd>,
    ending: Ending,
    asked: Asked,
    requests: Requests,
}

/// Who got TERM. Nobody gets it twice: for many programs the second means to
/// drop everything.
#[derive(Debug, Default)]
struct Asked {
    group: bool,
    /// None of them was reaped since, so the numbers are still theirs.
    children: HashSet<Pid>,
}

/// Whether anything of the command is left.
enum Left {
    Something,
    Nothing,
    /// Something that cannot be ended.
    Survivors,
}

impl Vigil {
    pub fn new(command: Pid, outputs: Vec<Output>) -> Vigil {
        Vigil {
            command,
            ended: None,
            outputs,
            lifeline: None,
            ending: Ending::new(),
            asked: Asked::default(),
            requests: Requests::default(),
        }
    }

    /// Stays until nothing of the command is left.
    ///
    /// # Errors
    /// When the system does not let it wait, which leaves the command alone.
    pub fn keep(mut self, control: &OwnedFd, children: &UnixStream) -> io::Result<End> {
        loop {
            self.wait_for_something(control, children)?;
            for output in &mut self.outputs {
                output.copy();
            }
            for request in self.requests.read(control) {
                self.ending.request(request, now());
            }
            match self.reap_and_signal()? {
                Left::Something => {}
                Left::Nothing => return Ok(self.finish(&[])),
                Left::Survivors => return Ok(self.finish(&family::children())),
            }
        }
    }

    /// Returns when there is output, a request, or a child that ended; or when
    /// it is time to look whether signals are due.
    fn wait_for_something(&self, control: &OwnedFd, children: &UnixStream) -> io::Result<()> {
        let mut sources = vec![
            PollFd::new(control, PollFlags::IN),
            PollFd::new(children, PollFlags::IN),
        ];
        let open = self
            .outputs
            .iter()
            .filter_map(|output| output.from.as_ref());
        sources.extend(open.map(|from| PollFd::from_borrowed_fd(from.as_fd(), PollFlags::IN)));
        let limit = Timespec {
            tv_sec: 0,
            tv_nsec: i64::from(LOOK_EVERY.subsec_nanos()),
        };
        let limit = self.ending.is_waiting().then_some(&limit);
        match poll(&mut sources, limit) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        // That it can be read from is all it says.
        let mut bytes = [0; 64];
        while matches!((&mut &*children).read(&mut bytes), Ok(length) if length > 0) {}
        Ok(())
    }

    fn reap_and_signal(&mut self) -> io::Result<Left> {
        loop {
            match family::reap()? {
                Reaped::One(pid, ended) => {
                    self.asked.children.remove(&pid);
                    if pid == self.command {
                        self.ended = Some(ended);
                    }
                }
                Reaped::NoneLeft => return Ok(Left::Nothing),
                Reaped::None => break,
            }
        }
        match self.ending.advance(now(), self.ended.is_some()) {
            Due::Nothing => {}
            Due::Ask => self.ask(),
            Due::Force => self.force(),
            Due::GiveUp => return Ok(Left::Survivors),
        }
        Ok(Left::Something)
    }

    /// TERM; and CONT, for who is stopped does not hear it.
    fn ask(&mut self) {
        if self.ended.is_none() && !self.asked.group {
            self.asked.group = true;
            if self.lifeline.take().is_some() {
                return;
            }
            family::signal_group(self.command, Signal::TERM);
            family::signal_group(self.command, Signal::CONT);
        }
        for child in family::children() {
            let by_group = self.asked.group && family::is_in_group(child, self.command);
            if !by_group && self.asked.children.insert(child) {
                family::signal_child(child, Signal::TERM);
                family::signal_child(child, Signal::CONT);
            }
        }
    }

    fn force(&mut self) {
        if self.ended.is_none() {
            family::signal_group(self.command, Signal::KILL);
        }
        for child in family::children() {
            family::signal_child(child, Signal::KILL);
        }
    }

    fn finish(self, survivors: &[Pid]) -> End {
        let mut remarks = Vec::new();
        if self.ending.left_behind {
            remarks.push("it left processes in the background, which were ended".to_owned());
        }
        if !survivors.is_empty() {
            // The record has room for some.
            let some: Vec<String> = survivors.iter().take(20).map(Pid::to_string).collect();
            let some = some.join(", ");
            remarks.push(format!("of its processes these could not be ended: {some}"));
        }
        remarks.extend(self.outputs.into_iter().filter_map(Output::finish));
        End {
            ended: self.ended.unwrap_or(Ended::Lost),
            remarks,
        }
    }
}

/// Requests as they come in, a line each.
#[derive(Debug, Default)]
struct Requests {
    /// The beginning of a line.
    begun: Vec<u8>,
}

/// No request is longer.
const LONGEST_REQUEST: usize = 256;

impl Requests {
    fn read(&mut self, control: &OwnedFd) -> Vec<Request> {
        let mut piece = [0; 1024];
        let mut requests = Vec::new();
        while let Ok(length) = rustix::io::read(control, &mut piece) {
            for byte in &piece[..length] {
                match byte {
                    b'\n' => {
                        let line = String::from_utf8_lossy(&self.begun);
                        requests.extend(Request::parse(&line));
                        self.begun.clear();
                    }
                    byte if self.begun.len() < LONGEST_REQUEST => self.begun.push(*byte),
                    _too_long => {}
                }
            }
            if length == 0 {
                break;
            }
        }
        requests
    }
}

fn now() -> Instant {
    Instant::now()
}
