//! The keepers of the commands of runs, found by the directory of their state, and
//! how they end with all that they have.

use std::fs;
use std::path::Path;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// The keepers of all runs that have their state there.
pub fn of(state: &Path) -> Vec<Pid> {
    let state = state.as_os_str().as_encoded_bytes();
    let holds = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).any(|it| it == what);
    let number = |entry: &fs::DirEntry| entry.file_name().to_str()?.parse::<i32>().ok();
    let entries = fs::read_dir("/proc").expect("Linux").flatten();
    let mut found = Vec::new();
    for pid in entries.filter_map(|entry| number(&entry)) {
        let arguments = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        if holds(&arguments, b"__keep") && holds(&arguments, state) {
            found.extend(Pid::from_raw(pid));
        }
    }
    found
}

/// Those of them that have a command. One that waits for its command holds nothing,
/// and ends with its interpreter.
pub fn at_work(state: &Path) -> Vec<Pid> {
    let mut found = of(state);
    found.retain(|keeper| !children(*keeper).is_empty());
    found
}

/// The processes that a process has started.
pub fn children(process: Pid) -> Vec<Pid> {
    let file = format!("/proc/{0}/task/{0}/children", process.as_raw_nonzero());
    let text = fs::read_to_string(file).unwrap_or_default();
    let numbers = text.split_whitespace().filter_map(|pid| pid.parse().ok());
    numbers.filter_map(Pid::from_raw).collect()
}

/// Ends keepers and their commands, as when the machine loses its power.
pub fn end(keepers: Vec<Pid>) {
    for keeper in keepers {
        let commands = children(keeper);
        // They may have ended by themselves.
        let _ = kill_process(keeper, Signal::KILL);
        for command in commands {
            // In a group of its own, with all that it started.
            if kill_process_group(command, Signal::KILL).is_err() {
                let _ = kill_process(command, Signal::KILL);
            }
        }
    }
}
