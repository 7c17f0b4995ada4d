//! The examples, tried as their readers try them: each demo starts its servers,
//! carries the runbook out, once to the end and once with each of its failures,
//! and leaves neither a process nor a file.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Longer than anything takes to end on the busiest machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// What one call of a demo must come to.
struct Try {
    arguments: &'static [&'static str],
    status: i32,
    /// Each must stand in what is printed.
    prints: &'static [&'static str],
}

/// Released, with these differences.
const fn goes_well(prints: &'static [&'static str]) -> Try {
    Try {
        arguments: &[],
        status: 0,
        prints,
    }
}

/// Taken back, with nothing different.
const fn goes_back(arguments: &'static [&'static str], prints: &'static [&'static str]) -> Try {
    Try {
        arguments,
        status: 3,
        prints,
    }
}

/// Ended before anything was changed.
const fn stops(arguments: &'static [&'static str], prints: &'static [&'static str]) -> Try {
    Try {
        arguments,
        status: 1,
        prints,
    }
}

/// One test an example, so that they are told apart and run side by side.
macro_rules! examples {
    ($($name:ident in $folder:literal: $tries:expr;)*) => {
        $(#[test]
        fn $name() {
            try_all($folder, &$tries);
        })*

        /// The folders that have a test here, or one of their own.
        const TRIED: &[&str] = &["deployment", $($folder),*];
    };
}

examples! {
    canary in "canary": [
        goes_well(&[
            "settled[100%]: Is all well at 100%?",
            "  - 100 of 100 requests go to stable\n  - 0 of 100 requests go to canary\n",
            "  + 0 of 100 requests go to stable\n  + 100 of 100 requests go to canary\n",
        ]),
        goes_back(&["--fail", "errors"], &["fail > 5% min 10 samples`: "]),
    ];
    rolling in "rolling": [
        goes_well(&[
            "  + web1 runs shop 2.1.0, and is in the balancer: yes\n",
            "  + web3 runs shop 2.1.0, and is in the balancer: yes\n",
            ", of which failed: 0\n",
        ]),
        goes_back(&["--fail", "web2"], &[
            "✗ well[web2]: ",
            "release[web1] is undone",
            ", of which failed: 0\n",
        ]),
    ];
    blue_green in "blue-green": [
        goes_well(&["  + green runs shop 2.1.0\n  + users get shop 2.1.0\n"]),
        goes_back(&["--fail", "errors"], &["gate `settled` did not open: `errors < 2%`"]),
    ];
    symlink_release in "symlink-release": [
        goes_well(&[
            "  - ./releases/1.8.0\n",
            "  + current is releases/2.1.0, users get shop 2.1.0\n  + ./releases/2.1.0\n",
        ]),
        goes_back(&["--fail", "archive"], &["`serves` failed"]),
    ];
    certificate_rotation in "certificate-rotation": [
        goes_well(&[
            "  + live is 2026-11\n",
            "  + clients see a certificate that is good for more than a week\n",
        ]),
        goes_back(&["--fail", "chain"], &["unable to get local issuer certificate"]),
        stops(&["--fail", "expiry"], &["`good_for_long` failed"]),
    ];
    postgres_migration in "postgres-migration": [
        goes_well(&[
            "  + index customers_by_address\n",
            "\"email\":\"Grace@example.com\",\"address\":\"grace@example.com\"",
        ]),
        goes_back(&["--fail", "duplicates"], &["Key (address)=(grace@example.com) is duplicated"]),
        goes_back(&["--fail", "both"], &["the undo of migrate: ended with status 3"]),
    ];
    database_failover in "database-failover": [
        goes_well(&[
            "  + one takes no writes\n  + two takes writes\n  + applications go to two.conf\n",
        ]),
        goes_back(&["--fail", "lag"], &["`caught_up` "]),
    ];
    credential_rotation in "credential-rotation": [
        goes_well(&[
            "  + Redis refuses old-and-known\n  + Redis takes new-and-secret\n",
            "  + the application has new-and-secret and says welcome\n",
        ]),
        goes_back(&["--fail", "letters"], &["`works_still` failed"]),
    ];
    kafka_rolling_restart in "kafka-rolling-restart": [
        goes_well(&[
            "  + the controller is 2\n",
            "  3 starts with new settings\n  the controller moves from 1 to 2\n  1 starts",
        ]),
        goes_back(&["--fail", "3"], &["`caught_up[3]` did not open: `missing == 0`: 1"]),
    ];
    node_drain in "node-drain": [
        goes_well(&["  + node-3 has 2026.11, ready: True, takes pods: yes\n"]),
        goes_back(&["--fail", "node-2"], &["node-1 boots 2026.08, with 0 pods\n"]),
    ];
    incident in "incident": [
        goes_well(&[
            "payments say 500\n",
            "  + customers are: ordered, and charged later\n",
            "Customers can order again",
        ]),
        goes_back(&["--fail", "forgetful"], &[
            "this looks like \"The shop does not notice that it is to charge later\"",
        ]),
    ];
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// Side by side: most of the time is spent waiting for servers.
#[track_caller]
fn try_all(name: &str, tries: &[Try]) {
    let faults: Vec<String> = std::thread::scope(|scope| {
        let tried: Vec<_> = tries
            .iter()
            .map(|one| scope.spawn(|| fault_of(name, one)))
            .collect();
        let tried = tried.into_iter().map(|one| one.join().unwrap());
        tried.flatten().collect()
    });
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

fn fault_of(name: &str, one: &Try) -> Option<String> {
    let place = TempDir::new().unwrap();
    // Some servers run as somebody else, and must get in.
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let (status, printed) = demo(name, one.arguments, place.path());

    let mut faults = Vec::new();
    if status != Some(one.status) {
        faults.push(format!("status {status:?}, not {}", one.status));
    }
    let nothing = "What is different from before\n  nothing\n";
    if printed.contains(nothing) != matches!(one.status, 1 | 3) {
        faults.push("what is different is not what it should be".to_owned());
    }
    for text in one.prints {
        if !printed.contains(text) {
            faults.push(format!("it does not print `{text}`"));
        }
    }
    faults.extend(left_behind(place.path()));
    (!faults.is_empty()).then(|| {
        let faults = faults.join("\n");
        format!("{name} {:?}: {faults}\n{printed}", one.arguments)
    })
}

fn demo(name: &str, arguments: &[&str], place: &Path) -> (Option<i32>, String) {
    let mut command = Command::new(folder().join(name).join("demo.sh"));
    command
        .args(arguments)
        .env("RUNBOOK", env!("CARGO_BIN_EXE_runbook"))
        .env("TMPDIR", place)
        .stdin(Stdio::null());
    // Without a controlling terminal nobody is asked.
    use std::os::unix::process::CommandExt;
    command.process_group(0);
    let output = command.output().unwrap();
    let mut printed = String::from_utf8(output.stdout).unwrap();
    printed += &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), printed)
}

/// What a demo that has ended leaves. What has only to take note of the end may
/// take a moment.
fn left_behind(place: &Path) -> Vec<String> {
    let begin = Instant::now();
    loop {
        let left = there_is(place);
        if left.is_empty() || begin.elapsed() > PATIENCE {
            return left;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The files and the processes of a demo.
fn there_is(place: &Path) -> Vec<String> {
    let files = fs::read_dir(place).unwrap();
    let files = files.map(|entry| format!("it leaves {:?}", entry.unwrap().path()));
    let mark = format!("TMPDIR={}\0", place.display());
    let mark = mark.as_bytes();
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let path = entry.unwrap().path();
        let environment = fs::read(path.join("environ")).ok()?;
        let of_it = environment.windows(mark.len()).any(|part| part == mark);
        let command = fs::read_to_string(path.join("cmdline")).unwrap_or_default();
        of_it.then(|| format!("it leaves the process {}", command.replace('\0', " ")))
    });
    files.chain(processes).collect()
}

fn names() -> BTreeSet<String> {
    let entries = fs::read_dir(folder()).unwrap();
    let folders = entries.map(|entry| entry.unwrap().path());
    let folders = folders.filter(|path| path.is_dir() && !path.ends_with("shared"));
    folders
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn every_example_is_tried_and_listed() {
    let tried: BTreeSet<String> = TRIED.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(names(), tried);
    let list = fs::read_to_string(folder().join("README.md")).unwrap();
    for name in names() {
        let row = format!("| [{name}]({name}/README.md) |");
        assert!(list.contains(&row), "examples/README.md has no row `{row}`");
    }
}

fn runbook(arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_runbook"))
        .args(arguments)
        .current_dir(folder())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let mut printed = String::from_utf8(output.stdout).unwrap();
    printed += &String::from_utf8_lossy(&output.stderr);
    (output.status.code(), printed)
}

/// Those of an example, from the folder of all.
fn runbooks(name: &str) -> Vec<String> {
    let entries = fs::read_dir(folder().join(name)).unwrap();
    let files = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let runbooks = files.filter(|file| file.ends_with(".runbook"));
    let runbooks: Vec<String> = runbooks.map(|file| format!("{name}/{file}")).collect();
    assert!(!runbooks.is_empty(), "{name} has no runbook");
    runbooks
}

#[test]
fn every_example_is_clean_and_its_tests_pass_whatever_fails() {
    let (status, printed) = runbook(&["check", "--deny", "warnings", "."]);
    assert_eq!(status, Some(0), "{printed}");
    for name in names() {
        for file in runbooks(&name) {
            let (status, printed) = runbook(&["test", "--every-failure", &file]);
            assert_eq!(status, Some(0), "{file}: {printed}");
            assert!(
                printed.contains("  ok    every single failure: "),
                "{printed}"
            );
        }
    }
}

/// Whoever has read enough, or ends it, leaves nothing running.
#[test]
fn a_demo_that_is_cut_off_ends_its_servers() {
    let place = TempDir::new().unwrap();
    let script = format!("{}/symlink-release/demo.sh | head -n 1", folder().display());
    let output = Command::new("sh")
        .args(["-c", &script])
        .env("RUNBOOK", env!("CARGO_BIN_EXE_runbook"))
        .env("TMPDIR", place.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.stdout.starts_with(b"Release 2.1.0\n"), "{output:?}");
    assert_eq!(left_behind(place.path()), Vec::<String>::new());
}
