//! The processes below this one. Whoever loses its parent becomes a child of
//! the keeper, so nothing gets away: neither into another group, nor into
//! another session, nor by forking twice.

use std::io;

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitOptions, getpgid, getpid, kill_process, kill_process_group, wait,
};

use crate::run::process::Ended;

/// One look at the children that have ended.
pub enum Reaped {
    /// This one, in this way.
    One(Pid, Ended),
    /// None just now.
    None,
    /// There are no children at all any more.
    NoneLeft,
}

/// Takes in one child that has ended.
pub fn reap() -> io::Result<Reaped> {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(None) => return Ok(Reaped::None),
            Err(Errno::CHILD) => return Ok(Reaped::NoneLeft),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(Some((pid, status))) => {
                let ended = match (status.exit_status(), status.terminating_signal()) {
                    (Some(status), _) => Ended::Exited(status),
                    (None, Some(signal)) => Ended::Signalled(signal),
                    // Stopped or continued, which was not asked for.
                    (None, None) => continue,
                };
                return Ok(Reaped::One(pid, ended));
            }
        }
    }
}

/// Signals a process group whose leader was not reaped: the number is its own.
pub fn signal_group(leader: Pid, signal: Signal) {
    // It may be empty already.
    let _ = kill_process_group(leader, signal);
}

/// Whether a child is in the group that this process leads or led.
pub fn is_in_group(child: Pid, leader: Pid) -> bool {
    getpgid(Some(child)) == Ok(leader)
}

/// Signals a child. Only we reap it, so the number is its own.
pub fn signal_child(child: Pid, signal: Signal) {
    // It may belong to another user; what cannot be ended is given up later.
    let _ = kill_process(child, signal);
}

/// Our own children. Theirs become ours when they are gone.
pub fn children() -> Vec<Pid> {
    let own = getpid().as_raw_pid();
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| parent(*pid) == Some(own))
        .filter_map(Pid::from_raw)
        .collect()
}

fn parent(pid: i32) -> Option<i32> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    // `PID (name) state parent …`, and the name may hold anything.
    let behind_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let rest = std::str::from_utf8(&stat[behind_name..]).ok()?;
    rest.split_ascii_whitespace().nth(1)?.parse().ok()
}
