//! The processes below this one. The keeper is their reaper, so that what
//! leaves its group, its session or its parent is still found here.

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

/// Makes this process the parent of what its descendants leave behind.
pub fn become_reaper() {
    #[cfg(target_os = "linux")]
    {
        // Without it what escapes is not found; the group still is.
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    }
}

/// All descendants, nearest first.
pub fn descendants() -> Vec<Pid> {
    let mut found = Vec::new();
    let mut parents = vec![rustix::process::getpid()];
    while let Some(parent) = parents.pop() {
        for child in children(parent) {
            if !found.contains(&child) {
                found.push(child);
                parents.push(child);
            }
        }
    }
    found
}

/// Sends a signal to every descendant but one.
pub fn signal_all(signal: Signal, except: Option<Pid>) {
    for pid in descendants() {
        if Some(pid) != except {
            // It may have ended meanwhile.
            let _ = kill_process(pid, signal);
        }
    }
}

/// Whether no descendant but this one is left. Those that have ended are taken
/// in; the one that is excepted stays to be waited for.
pub fn is_alone_with(leader: Pid) -> bool {
    let mut alone = true;
    for pid in descendants().into_iter().filter(|pid| *pid != leader) {
        // Only our own children can be taken in; others still have a parent.
        let ended = waitpid(Some(pid), WaitOptions::NOHANG);
        alone = alone && matches!(ended, Ok(Some(_)));
    }
    alone
}

/// The children of a process, from what the kernel shows of its threads.
fn children(parent: Pid) -> Vec<Pid> {
    let tasks = format!("/proc/{}/task", parent.as_raw_nonzero());
    let Ok(threads) = std::fs::read_dir(tasks) else {
        return Vec::new();
    };
    threads
        .flatten()
        .filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|list| {
            list.split_whitespace()
                .filter_map(|pid| pid.parse().ok().and_then(Pid::from_raw))
                .collect::<Vec<_>>()
        })
        .collect()
}
