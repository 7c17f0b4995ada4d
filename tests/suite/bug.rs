//! A bug of the program ends it with a status of its own and a word of what to
//! do. There is none to be had on demand, so the test is its own program.

use std::process::Command;

const CHILD: &str = "RUNBOOK_TEST_BUG";

#[test]
fn a_panic_ends_with_status_70_and_says_how_to_go_on() {
    if std::env::var_os(CHILD).is_some() {
        runbook::cli::bug::end_on_panic();
        // In another thread, as in a task of the interpreter.
        let thread = std::thread::spawn(|| panic!("the impossible happened"));
        let _ = thread.join();
        unreachable!("a panic must end the process");
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture"])
        .arg("bug::a_panic_ends_with_status_70_and_says_how_to_go_on")
        .env(CHILD, "1")
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(70), "{shown}");
    for part in [
        "a bug in runbook",
        "the impossible happened (tests/suite/bug.rs",
        "runbook resume",
        "runbook rollback",
    ] {
        assert!(shown.contains(part), "`{part}` is missing: {shown}");
    }
}
