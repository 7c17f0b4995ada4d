//! The keeper: starts one command, stays until nothing of it is left, and
//! writes down how it ended.

use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, setsid, waitid};

use super::{Ended, Instructions, copy, family, record};
use crate::run::mask::Masks;

/// What a command leaves in the background may take so long to end by itself…
const LEFT_BEHIND_GRACE: Duration = Duration::from_millis(500);
/// …and so long once it was asked to.
const LEFT_BEHIND_TERM: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(5);
const REQUESTS_EVERY: Duration = Duration::from_millis(100);

/// Keeps one command, as told on standard input.
pub fn keep() -> ExitCode {
    // Its own session: neither Ctrl-C nor a lost terminal reaches it.
    let _ = setsid();
    let _signals = ignore_signals();
    family::become_reaper();
    let mut input = BufReader::new(std::io::stdin());
    let mut line = zeroize::Zeroizing::new(String::new());
    let instructions = match input.read_line(&mut line) {
        Ok(_) => serde_json::from_str::<Instructions>(&line),
        Err(error) => Err(serde_json::Error::io(error)),
    };
    // Without instructions there is no directory to say so in, and nothing was
    // begun.
    let Ok(instructions) = instructions else {
        return ExitCode::from(2);
    };
    let Ok(_alive) = record::live(&instructions.directory) else {
        return ExitCode::from(2);
    };
    let (ended, left_behind) = run(&instructions, input);
    match record::write_end(&instructions.directory, ended, left_behind) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Signals that would end a keeper are heard and not acted on: ending the
/// command is its interpreter's business.
fn ignore_signals() -> Option<tokio::runtime::Runtime> {
    use tokio::signal::unix::{SignalKind, signal};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .ok()?;
    {
        let _guard = runtime.enter();
        for kind in [
            SignalKind::terminate(),
            SignalKind::interrupt(),
            SignalKind::hangup(),
        ] {
            // Listening is enough: the handler stays for good.
            let _ = signal(kind);
        }
    }
    Some(runtime)
}

fn run(instructions: &Instructions, input: impl BufRead + Send + 'static) -> (Ended, bool) {
    let secrets = instructions.secrets.iter().map(Vec::as_slice);
    let masks = match Masks::new(secrets) {
        Ok(masks) => Arc::new(masks),
        Err(why) => return (Ended::NeverBegan(why), false),
    };
    let mut child = match spawn(instructions) {
        Ok(child) => child,
        Err(why) => return (Ended::NeverBegan(why), false),
    };
    let copies = copy_output(&mut child, &instructions.directory, &masks);
    let group = Arc::new(Mutex::new(Group {
        leader: Some(Pid::from_child(&child)),
    }));
    listen(input, group.clone());
    look_for_requests(&instructions.directory, group.clone());
    let ended = wait(&child);
    let left_behind = end_family(Pid::from_child(&child));
    // From here on its number may belong to somebody else.
    group.lock().unwrap_or_else(PoisonError::into_inner).leader = None;
    let _ = child.wait();
    for copy in copies {
        let _ = copy.join();
    }
    (ended, left_behind)
}

fn spawn(instructions: &Instructions) -> Result<Child, String> {
    let directory = &instructions.directory;
    let environment = instructions.environment.iter();
    let environment =
        environment.map(|(name, value)| (name, std::ffi::OsString::from_vec(value.clone())));
    record::create(directory, "begun").map_err(|error| format!("cannot be recorded: {error}"))?;
    Command::new(&instructions.program)
        .args(&instructions.arguments)
        .envs(environment)
        .current_dir(&instructions.working_directory)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| why_not(instructions, &error))
}

/// Why a command could not be started, in words that name the likely cause.
fn why_not(instructions: &Instructions, error: &std::io::Error) -> String {
    let working_directory = &instructions.working_directory;
    if !working_directory.is_dir() {
        let shown = working_directory.display();
        return format!("the directory `{shown}` it runs in is not there");
    }
    match error.raw_os_error() {
        Some(code) if code == rustix::io::Errno::TOOBIG.raw_os_error() => {
            "the values it is given are too long for the system".to_owned()
        }
        _other => format!("cannot start `{}`: {error}", instructions.program),
    }
}

fn copy_output(
    child: &mut Child,
    directory: &Path,
    masks: &Arc<Masks>,
) -> Vec<thread::JoinHandle<()>> {
    let mut copies = Vec::new();
    let mut add = |from: Box<dyn std::io::Read + Send>, name: &str| {
        // Where it cannot be kept it is still read, so that the command can go
        // on.
        let to = record::create(directory, name).or_else(|_| devnull());
        let masks = masks.clone();
        if let Ok(to) = to {
            copies.push(thread::spawn(move || copy::copy(from, to, &masks)));
        }
    };
    if let Some(stdout) = child.stdout.take() {
        add(Box::new(stdout), "stdout");
    }
    if let Some(stderr) = child.stderr.take() {
        add(Box::new(stderr), "stderr");
    }
    copies
}

fn devnull() -> std::io::Result<std::fs::File> {
    std::fs::OpenOptions::new().write(true).open("/dev/null")
}

/// The command's process group, as long as its number is surely its own.
struct Group {
    leader: Option<Pid>,
}

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(leader) = self.leader {
            // It may be empty already.
            let _ = kill_process_group(leader, signal);
        }
    }
}

/// TERM now, KILL after the grace.
fn end(group: &Arc<Mutex<Group>>, grace: u64) {
    let lock = || group.lock().unwrap_or_else(PoisonError::into_inner);
    if grace > 0 {
        lock().signal(Signal::TERM);
        // One that is stopped would not hear it.
        lock().signal(Signal::CONT);
        thread::sleep(Duration::from_millis(grace));
    }
    let group = lock();
    group.signal(Signal::KILL);
    if group.leader.is_some() {
        family::signal_all(Signal::KILL, None);
    }
}

/// Does what the interpreter says on the pipe: the grace of each request to
/// end, in milliseconds, a line each. When it is gone the command goes on.
fn listen(input: impl BufRead + Send + 'static, group: Arc<Mutex<Group>>) {
    thread::spawn(move || {
        for line in input.lines() {
            let Ok(line) = line else { return };
            if let Ok(grace) = line.trim().parse() {
                let group = group.clone();
                // A second request may be more urgent than the first.
                thread::spawn(move || end(&group, grace));
            }
        }
    });
}

/// The same for interpreters that resumed the run of another.
fn look_for_requests(directory: &Path, group: Arc<Mutex<Group>>) {
    let directory = directory.to_path_buf();
    thread::spawn(move || {
        let mut seen = None;
        loop {
            let request = record::requested_end(&directory);
            if request.is_some() && request != seen {
                seen = request;
                let group = group.clone();
                thread::spawn(move || end(&group, request.unwrap_or(0)));
            }
            thread::sleep(REQUESTS_EVERY);
        }
    });
}

/// Waits for the command's end and leaves it unreaped, so that its number is
/// not given to another process while it may still be signalled.
fn wait(child: &Child) -> Ended {
    loop {
        let id = WaitId::Pid(Pid::from_child(child));
        match waitid(id, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            Ok(Some(status)) => {
                return match (status.exit_status(), status.terminating_signal()) {
                    (Some(code), _) => Ended::Exited(code),
                    (None, Some(signal)) => Ended::Signalled(signal),
                    (None, None) => Ended::Lost,
                };
            }
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return Ended::Lost,
        }
    }
}

/// When a step has ended nothing of it runs on: what the command left in the
/// background is given a moment, then asked to end, then ended. Whether there
/// was anything to end.
fn end_family(leader: Pid) -> bool {
    let is_alone = || family::is_alone_with(leader);
    if waited(LEFT_BEHIND_GRACE, is_alone) {
        return false;
    }
    family::signal_all(Signal::TERM, Some(leader));
    family::signal_all(Signal::CONT, Some(leader));
    if !waited(LEFT_BEHIND_TERM, is_alone) {
        // What is ended may still be starting others.
        while !waited(LOOK_EVERY * 4, is_alone) {
            family::signal_all(Signal::KILL, Some(leader));
        }
    }
    true
}

fn waited(limit: Duration, is_so: impl Fn() -> bool) -> bool {
    let mut waited = Duration::ZERO;
    loop {
        if is_so() {
            return true;
        }
        if waited >= limit {
            return false;
        }
        thread::sleep(LOOK_EVERY);
        waited += LOOK_EVERY;
    }
}
