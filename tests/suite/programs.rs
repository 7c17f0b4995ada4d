//! Programs that are run by tests.

use std::process::Command;

/// Runs a program to its end, and gives what it printed.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    let output = match command.output() {
        Ok(output) => output,
        Err(why) => panic!("{command:?}: {why}"),
    };
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {}\n{printed}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    printed
}

/// Whether a line of a run says that something still goes on, as it does after a
/// while: sooner or later on a slow machine.
pub fn says_it_goes_on(line: &str) -> bool {
    [" has been running for ", " still waits: "]
        .iter()
        .any(|it| line.contains(it))
}
