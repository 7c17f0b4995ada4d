//! The shells that scripts are tried in: those that are installed.

use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// How each is started.
const ALL: [&[&str]; 9] = [
    &["dash"],
    &["bash"],
    &["busybox", "ash"],
    &["mksh"],
    &["zsh", "--emulate", "sh"],
    &["yash"],
    &["ksh93"],
    &["bash", "--posix"],
    &["zsh"],
];

/// The shells of this machine.
pub fn installed() -> &'static [&'static [&'static str]] {
    static FOUND: OnceLock<Vec<&'static [&'static str]>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let runs = |shell: &&[&str]| {
            let status = Command::new(shell[0])
                .args(&shell[1..])
                .args(["-c", ":"])
                .stderr(Stdio::null())
                .status();
            status.is_ok_and(|status| status.success())
        };
        ALL.into_iter().filter(runs).collect()
    })
}

/// One of them, by number.
pub fn nth(number: usize) -> &'static [&'static str] {
    let shells = installed();
    shells[number % shells.len()]
}

/// One of them, by number; all of them in a long run.
pub fn by_turn(number: usize) -> impl Iterator<Item = &'static [&'static str]> {
    let count = installed().len();
    let every = crate::chance::is_long();
    let all = installed().iter().copied().enumerate();
    all.filter(move |(at, _)| every || *at == number % count)
        .map(|(_, shell)| shell)
}

/// A third of them; all of them in a long run.
pub fn some(number: usize) -> impl Iterator<Item = &'static [&'static str]> {
    let every = crate::chance::is_long();
    let all = installed().iter().copied().enumerate();
    all.filter(move |(at, _)| every || (at + number).is_multiple_of(3))
        .map(|(_, shell)| shell)
}
