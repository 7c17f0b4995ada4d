//! Commands started, ended and found again: with real processes, through the
//! real program.

use std::ffi::OsString;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use runbook::plan::Shell;
use runbook::run::process::{
    Ended, Found, KEEPER_ARGUMENT, Keepers, LONGEST_OUTPUT, Launch, Process, StartError, Work,
    find, remarks, start,
};
use tempfile::TempDir;
use zeroize::Zeroizing;

/// Longer than anything here takes on the busiest machine. Nothing waits that
/// long but what fails.
const FOREVER: Duration = Duration::from_secs(120);

/// A directory for one test.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().expect("a directory"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// The activity's directory.
    fn record(&self) -> PathBuf {
        self.path().join("state/activities/0001")
    }

    fn keepers(&self) -> Keepers {
        Keepers::new(PathBuf::from(env!("CARGO_BIN_EXE_runbook")), self.record())
    }

    /// Runs in the test's own directory.
    fn launch(&self, script: &str) -> Launch {
        Launch {
            keepers: self.keepers(),
            directory: self.record(),
            work: Work::Script {
                text: script.to_owned(),
                shell: Shell::Sh,
            },
            environment: Vec::new(),
            working_directory: self.path().to_owned(),
            secrets: Vec::new(),
            held: Vec::new(),
        }
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.record().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(&self.read(name)).into_owned()
    }

    /// Waits for a number that the command writes into a file of its
    /// directory.
    fn number(&self, name: &str) -> i32 {
        let path = self.path().join(name);
        let mut number = None;
        wait_for(name, || {
            let text = fs::read_to_string(&path).unwrap_or_default();
            // Only with its line's end is it whole.
            number = text.strip_suffix('\n').and_then(|text| text.parse().ok());
            number.is_some()
        });
        number.expect("it was waited for")
    }
}

fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < FOREVER, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn in_runtime<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(async { tokio::time::timeout(FOREVER, work).await })
        .expect("it ends")
}

/// Starts a command and waits for its end.
fn run(launch: Launch) -> Ended {
    in_runtime(async { started(launch).await.ended().await })
}

async fn started(launch: Launch) -> Process {
    start(launch).await.expect("it starts")
}

fn refused(launch: Launch) -> StartError {
    in_runtime(start(launch)).expect_err("it does not start")
}

/// Whether a process is there, and not only its remains.
fn lives(pid: i32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.contains(") Z ") && !stat.contains(") X "))
}

fn kill(pid: i32) {
    let pid = rustix::process::Pid::from_raw(pid).expect("a process");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).expect("it can be killed");
}

fn parent(pid: i32) -> i32 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it lives");
    let (_, rest) = stat.rsplit_once(") ").expect("a name");
    let parent = rest.split(' ').nth(1).expect("a parent");
    parent.parse().expect("a number")
}

#[test]
fn a_command_ends_with_its_status_and_output() {
    let place = Place::new();
    let mut launch = place.launch("echo \"out $word\"; echo err >&2; cat; exit 7");
    launch.environment = vec![("word".to_owned(), "wörd".into())];
    assert_eq!(run(launch), Ended::Exited(7));
    assert_eq!(place.text("stdout"), "out wörd\n");
    assert_eq!(place.text("stderr"), "err\n");
    assert_eq!(remarks(&place.record()), Vec::<String>::new());
    assert!(matches!(
        find(&place.record(), true),
        Found::Ended(Ended::Exited(7))
    ));
}

#[test]
fn a_script_is_run_as_it_is_written() {
    let place = Place::new();
    let script = "x='a  b'\nprintf '%s|' \"$x\" 'c\\n' \"$(pwd)\" # no\n";
    assert_eq!(run(place.launch(script)), Ended::Exited(0));
    let directory = place.path().canonicalize().expect("it is there");
    assert_eq!(
        place.text("stdout"),
        format!("a  b|c\\n|{}|", directory.display())
    );
}

#[test]
fn failures_and_unset_variables_end_a_script() {
    for (shell, script) in [
        (Shell::Sh, "false; echo on"),
        (Shell::Sh, "echo \"$unset_\"; echo on"),
        (Shell::Bash, "false; echo on"),
        (Shell::Bash, "false | true; echo on"),
        (Shell::Bash, "echo \"$unset_\"; echo on"),
    ] {
        let place = Place::new();
        let mut launch = place.launch(script);
        launch.work = with_shell(launch.work, shell);
        let ended = run(launch);
        assert!(matches!(ended, Ended::Exited(1..)), "{script}: {ended:?}");
        assert_eq!(place.text("stdout"), "", "{script}");
    }
}

#[test]
fn bash_is_bash() {
    let place = Place::new();
    let mut launch = place.launch("words=(a b c); [[ ${#words[@]} == 3 ]]; echo \"${words[1]}\"");
    launch.work = with_shell(launch.work, Shell::Bash);
    assert_eq!(run(launch), Ended::Exited(0));
    assert_eq!(place.text("stdout"), "b\n");
}

#[test]
fn a_signal_that_ends_a_command_is_told() {
    let place = Place::new();
    assert_eq!(run(place.launch("kill -USR1 $$")), Ended::Signalled(10));
    assert!(matches!(
        find(&place.record(), true),
        Found::Ended(Ended::Signalled(10))
    ));
}

/// What a keeper hears and ignores is nothing that its command ignores.
#[test]
fn commands_get_signals_as_usual() {
    for (name, number) in [("HUP", 1), ("INT", 2), ("PIPE", 13), ("TERM", 15)] {
        let ended = run(Place::new().launch(&format!("kill -{name} $$; exit 3")));
        assert_eq!(ended, Ended::Signalled(number));
    }
}

/// Neither the keeper's files nor the locks that it holds.
#[test]
fn a_command_gets_no_files_but_its_own() {
    let place = Place::new();
    let script = "for file in /proc/self/fd/*; do readlink \"$file\" || :; done";
    let plain = Command::new("sh").args(["-c", script]).output();
    let plain = plain.expect("it starts").stdout;
    let plain = String::from_utf8_lossy(&plain);
    let held = fs::File::create(place.path().join("lock")).expect("a file");
    let mut launch = place.launch(script);
    launch.held = vec![OwnedFd::from(held)];
    assert_eq!(run(launch), Ended::Exited(0));
    let text = place.text("stdout");
    assert_eq!(text.lines().next(), Some("/dev/null"), "{text}");
    assert!(!text.contains("lock") && !text.contains("socket"), "{text}");
    let directory = place.path().to_string_lossy();
    assert!(!text.contains(directory.as_ref()), "{text}");
    assert_eq!(
        text.lines().count(),
        plain.lines().count(),
        "{text}\n{plain}"
    );
}

#[test]
fn a_request_ends_a_command_with_term() {
    let place = Place::new();
    let script =
        "trap 'echo ending; exit 5' TERM; echo $$ > pid; while :; do sleep 0.01 || :; done";
    let ended = in_runtime(async {
        let mut process = started(place.launch(script)).await;
        place.number("pid");
        process.end(FOREVER);
        process.ended().await
    });
    assert_eq!(ended, Ended::Exited(5));
    assert_eq!(place.text("stdout"), "ending\n");
}

#[test]
fn who_ignores_term_is_killed_after_the_grace() {
    let place = Place::new();
    let script = "trap '' TERM; echo $$ > pid; while :; do sleep 0.01 || :; done";
    let ended = in_runtime(async {
        let mut process = started(place.launch(script)).await;
        place.number("pid");
        process.end(Duration::from_millis(20));
        process.ended().await
    });
    assert_eq!(ended, Ended::Signalled(9));
}

#[test]
fn a_second_request_may_be_more_urgent() {
    let place = Place::new();
    let script = "trap 'echo x >> heard' TERM; echo $$ > pid; while :; do sleep 0.01 || :; done";
    let ended = in_runtime(async {
        let mut process = started(place.launch(script)).await;
        place.number("pid");
        process.end(FOREVER);
        wait_for("TERM", || place.path().join("heard").exists());
        process.end(FOREVER);
        process.kill();
        process.ended().await
    });
    assert_eq!(ended, Ended::Signalled(9));
    let heard = fs::read_to_string(place.path().join("heard")).expect("it was heard");
    assert_eq!(heard, "x\n");
}

/// For many programs a second TERM means to drop everything: one whose shell
/// died of the first must not get another.
#[test]
fn nobody_is_asked_twice() {
    let place = Place::new();
    let script = "sh -c 'trap \"echo x >> heard\" TERM; echo $$ > pid; i=0; \
                  while [ $i -lt 40 ]; do sleep 0.01; i=$((i + 1)); done'; echo not reached";
    let ended = in_runtime(async {
        let mut process = started(place.launch(script)).await;
        place.number("pid");
        process.end(FOREVER);
        process.ended().await
    });
    assert_eq!(ended, Ended::Signalled(15));
    let heard = fs::read_to_string(place.path().join("heard")).expect("it was heard");
    assert_eq!(heard, "x\n");
}

#[test]
fn who_is_stopped_is_ended_too() {
    for request in [
        |process: &mut Process| process.kill(),
        |process: &mut Process| process.end(Duration::from_millis(20)),
    ] {
        let place = Place::new();
        let ended = in_runtime(async {
            let mut process = started(place.launch(
                "trap '' TERM; echo $$ > pid; kill -STOP $$; while :; do sleep 0.01 || :; done",
            ))
            .await;
            let pid = place.number("pid");
            wait_for("it to stop", || {
                fs::read_to_string(format!("/proc/{pid}/stat"))
                    .is_ok_and(|stat| stat.contains(") T "))
            });
            request(&mut process);
            process.ended().await
        });
        assert_eq!(ended, Ended::Signalled(9));
    }
}

#[test]
fn what_is_left_behind_is_ended_and_told() {
    let place = Place::new();
    let ended = run(place.launch("sleep 1000 & echo $! > pid; echo done"));
    assert_eq!(ended, Ended::Exited(0));
    assert_eq!(place.text("stdout"), "done\n");
    assert!(!lives(place.number("pid")));
    assert_eq!(
        remarks(&place.record()),
        ["it left processes in the background, which were ended"]
    );
}

#[test]
fn what_ends_soon_by_itself_is_let_end() {
    let place = Place::new();
    let ended = run(place.launch("(sleep 0.1; echo late) & echo early"));
    assert_eq!(ended, Ended::Exited(0));
    assert_eq!(place.text("stdout"), "early\nlate\n");
    assert_eq!(remarks(&place.record()), Vec::<String>::new());
}

#[test]
fn nothing_gets_away() {
    let place = Place::new();
    // Its own session, no parent, deaf to TERM, with a child that is too.
    let script = "setsid sh -c 'trap \"\" TERM; sh -c \"echo \\$\\$ > inner; sleep 1000; :\" & \
                  echo $$ > outer; sleep 1000; :' < /dev/null > /dev/null 2>&1 & \
                  until [ -s inner ] && [ -s outer ]; do sleep 0.01; done";
    let ended = run(place.launch(script));
    assert_eq!(ended, Ended::Exited(0));
    assert!(!lives(place.number("inner")));
    assert!(!lives(place.number("outer")));
    assert_eq!(remarks(&place.record()).len(), 1);
}

#[test]
fn who_left_the_group_is_killed_with_the_rest() {
    let place = Place::new();
    let script = "setsid sh -c 'trap \"\" TERM; echo $$ > pid; sleep 1000; :' & wait";
    let ended = in_runtime(async {
        let mut process = started(place.launch(script)).await;
        place.number("pid");
        process.kill();
        process.ended().await
    });
    assert_eq!(ended, Ended::Signalled(9));
    assert!(!lives(place.number("pid")));
}

#[test]
fn output_of_any_bytes_is_kept_as_it_is() {
    let place = Place::new();
    let ended = run(place.launch(r"printf '\377\376\0\200no line end'"));
    assert_eq!(ended, Ended::Exited(0));
    assert_eq!(place.read("stdout"), b"\xff\xfe\0\x80no line end");
}

/// The keeper of a process, by the process.
fn peak_memory(keeper: i32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{keeper}/status")).expect("it lives");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kibibytes
        .and_then(|text| text.parse().ok())
        .expect("a number")
}

#[test]
fn much_output_without_a_line_takes_no_memory() {
    let place = Place::new();
    let script = "head -c 1000000000 /dev/zero | tr '\\0' x; echo $$ > pid; \
                  until [ -e go ]; do sleep 0.01; done";
    let mut launch = place.launch(script);
    launch.secrets = vec![Zeroizing::new(b"hunter2!".to_vec())];
    let peak = in_runtime(async {
        let mut process = started(launch).await;
        let keeper = parent(place.number("pid"));
        // All but what is still in the pipe was read.
        let stdout = place.record().join("stdout");
        wait_for("the output", || {
            fs::metadata(&stdout).is_ok_and(|file| file.len() >= LONGEST_OUTPUT)
        });
        let peak = peak_memory(keeper);
        fs::write(place.path().join("go"), "").expect("a file");
        assert_eq!(process.ended().await, Ended::Exited(0));
        peak
    });

    assert!(peak < 30 << 10, "{peak} KiB");
}

#[test]
fn output_without_end_is_cut() {
    let place = Place::new();
    let bytes = LONGEST_OUTPUT + 1_000;
    let ended = run(place.launch(&format!("head -c {bytes} /dev/zero; echo err >&2")));
    assert_eq!(ended, Ended::Exited(0));
    let line = "\n[longer than 256 MiB: 1000 bytes are left out here]\n";
    let stdout = place.read("stdout");
    assert_eq!(stdout.len() as u64, LONGEST_OUTPUT + line.len() as u64);
    assert!(stdout.ends_with(line.as_bytes()));
    assert_eq!(place.text("stderr"), "err\n");
    assert_eq!(
        remarks(&place.record()),
        ["stdout was longer than 256 MiB: 1000 bytes were left out"]
    );
}

#[test]
fn secrets_are_masked_and_nowhere_to_be_seen() {
    let place = Place::new();
    let secret = "Tr0ub4dor&3";
    let script = "printf %s \"$password\" | base64; echo \"<$password>\"; echo \"$password\" >&2; \
                  printf Tr0ub; sleep 0.05; printf '4dor&3'; echo $$ > pid; \
                  until [ -e go ]; do sleep 0.01; done";
    let mut launch = place.launch(script);
    launch.environment = vec![("password".to_owned(), secret.into())];
    launch.secrets = vec![Zeroizing::new(secret.as_bytes().to_vec())];
    let ended = in_runtime(async {
        let mut process = started(launch).await;
        let command = place.number("pid");
        let keeper = parent(command);
        for process in [keeper, command] {
            let arguments = fs::read(format!("/proc/{process}/cmdline")).expect("it lives");
            assert!(!contains(&arguments, secret.as_bytes()));
        }
        let environment = fs::read(format!("/proc/{keeper}/environ")).expect("it lives");
        assert!(!contains(&environment, secret.as_bytes()));
        fs::write(place.path().join("go"), "").expect("a file");
        process.ended().await
    });
    assert_eq!(ended, Ended::Exited(0));
    assert_eq!(place.text("stdout"), "***\n<***>\n***");
    assert_eq!(place.text("stderr"), "***\n");
    for file in fs::read_dir(place.record()).expect("it is there").flatten() {
        if file.file_name() != "control" {
            let contents = fs::read(file.path()).expect("a file");
            assert!(!contains(&contents, secret.as_bytes()), "{file:?}");
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[test]
fn what_cannot_start_says_why() {
    let place = Place::new();
    let missing = place.path().join("missing");
    let shown = missing.display();
    let mut launch = place.launch("touch ran");
    launch.working_directory = missing.clone();
    assert_eq!(
        refused(launch).message,
        format!("the working directory `{shown}` does not exist")
    );
    assert!(matches!(find(&place.record(), true), Found::NeverBegan));

    fs::write(&missing, "").expect("a file");
    let mut launch = place.launch("touch ran");
    launch.working_directory = missing.clone();
    assert_eq!(
        refused(launch).message,
        format!("the working directory `{shown}` is not a directory")
    );

    let mut launch = place.launch("touch ran");
    launch.environment = vec![("A=B".to_owned(), "x".into())];
    assert_eq!(
        refused(launch).message,
        "`A=B` cannot be the name of an environment variable"
    );

    assert_eq!(
        refused(place.launch("touch ran\0")).message,
        "the command holds a zero byte"
    );

    let mut launch = place.launch("touch ran");
    launch.keepers = Keepers::new(PathBuf::from("/no/such/program"), place.record());
    assert!(
        refused(launch)
            .message
            .starts_with("cannot start `/no/such/program`: ")
    );
    assert!(!place.path().join("ran").exists());

    // After all of this it can still be started.
    assert_eq!(run(place.launch("touch ran")), Ended::Exited(0));
    assert!(place.path().join("ran").exists());
}

#[test]
fn a_missing_shell_is_named() {
    let place = Place::new();
    let mut launch = place.launch("touch ran");
    launch.work = with_shell(launch.work, Shell::Bash);
    launch.environment = vec![("PATH".to_owned(), place.path().into())];
    let error = refused(launch);
    assert_eq!(error.message, "there is no `bash` on the `PATH`");
    assert!(error.help.is_some());
    let Found::Ended(Ended::NeverBegan(why)) = find(&place.record(), true) else {
        panic!("its record says that it never began");
    };
    assert_eq!(why, error.to_string());
}

#[test]
fn what_is_too_long_for_the_system_is_said() {
    let place = Place::new();
    let mut launch = place.launch("touch ran");
    launch.environment = vec![("long".to_owned(), "x".repeat(1 << 20).into())];
    let error = refused(launch);
    assert_eq!(
        error.message,
        "the command or one of its values is too long for the system"
    );
}

#[test]
fn values_that_are_no_text_arrive() {
    let place = Place::new();
    let mut launch = place.launch("printf %s \"$bytes\"");
    launch.environment = vec![(
        "bytes".to_owned(),
        OsString::from_vec(vec![0xff, b'x', 0x80]),
    )];
    assert_eq!(run(launch), Ended::Exited(0));
    assert_eq!(place.read("stdout"), b"\xffx\x80");
}

#[test]
fn a_record_is_never_used_twice() {
    let place = Place::new();
    assert_eq!(run(place.launch("echo first")), Ended::Exited(0));
    let error = refused(place.launch("echo second"));
    assert!(
        error.message.contains("the record of another command"),
        "{error}"
    );
    assert_eq!(place.text("stdout"), "first\n");
}

#[test]
fn locks_are_held_until_all_has_ended() {
    use rustix::fs::{FlockOperation, flock};
    let place = Place::new();
    let path = place.path().join("lock");
    let lock = fs::File::create(&path).expect("a file");
    flock(&lock, FlockOperation::LockExclusive).expect("a lock");
    let is_free = || {
        let file = fs::File::open(&path).expect("it is there");
        flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
    };
    let mut launch = place.launch("echo $$ > pid; until [ -e go ]; do sleep 0.01; done");
    launch.held = vec![OwnedFd::from(lock)];
    in_runtime(async {
        let mut process = started(launch).await;
        place.number("pid");
        assert!(!is_free());
        fs::write(place.path().join("go"), "").expect("a file");
        assert_eq!(process.ended().await, Ended::Exited(0));
    });
    assert!(is_free());
}

#[test]
fn nothing_is_found_where_nothing_was_started() {
    let place = Place::new();
    assert!(matches!(find(&place.record(), true), Found::NeverBegan));
    let after_a_crash = find(&place.record(), false);
    assert!(matches!(after_a_crash, Found::Ended(Ended::Lost)));
    fs::create_dir_all(place.record()).expect("a directory");
    assert!(matches!(find(&place.record(), true), Found::NeverBegan));
}

#[test]
fn a_keeper_that_vanishes_leaves_doubt() {
    let place = Place::new();
    let ended = in_runtime(async {
        let mut process = started(place.launch("echo $$ > pid; exec sleep 1000")).await;
        let command = place.number("pid");
        kill(parent(command));
        let ended = process.ended().await;
        kill(command);
        ended
    });
    assert_eq!(ended, Ended::Lost);
    assert!(matches!(
        find(&place.record(), true),
        Found::Ended(Ended::Lost)
    ));
}

/// The variable in which the stand-in below is told where to work.
const STAND_IN: &str = "RUNBOOK_TEST_INTERPRETER";

/// Starts a command in a process of its own, to be killed.
#[test]
#[ignore = "the other tests start it"]
fn stands_in_for_an_interpreter() {
    let Some(place) = std::env::var_os(STAND_IN).map(PathBuf::from) else {
        return;
    };
    let script = fs::read_to_string(place.join("script")).expect("a script");
    in_runtime(async {
        let launch = Launch {
            keepers: Keepers::new(PathBuf::from(env!("CARGO_BIN_EXE_runbook")), place.clone()),
            directory: place.join("state/activities/0001"),
            work: Work::Script {
                text: script,
                shell: Shell::Sh,
            },
            environment: Vec::new(),
            working_directory: place.clone(),
            secrets: Vec::new(),
            held: Vec::new(),
        };
        started(launch).await.ended().await
    });
}

/// Starts the script under an interpreter and kills that, with its whole group,
/// as soon as the script has written its number.
fn orphan(place: &Place, script: &str) -> i32 {
    fs::write(place.path().join("script"), script).expect("a file");
    let mut interpreter = Command::new(std::env::current_exe().expect("this program"))
        .args([
            "--exact",
            "processes::stands_in_for_an_interpreter",
            "--ignored",
        ])
        .env(STAND_IN, place.path())
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("it starts");
    let command = place.number("pid");
    let group = rustix::process::Pid::from_child(&interpreter);
    rustix::process::kill_process_group(group, rustix::process::Signal::KILL).expect("it lives");
    interpreter.wait().expect("it has ended");
    command
}

fn running(place: &Place) -> Process {
    match find(&place.record(), true) {
        Found::Running(process) => process,
        other => panic!("it should run: {other:?}"),
    }
}

#[test]
fn a_command_outlives_its_interpreter_and_is_found() {
    let place = Place::new();
    let command = orphan(
        &place,
        "echo $$ > pid; until [ -e go ]; do sleep 0.01; done; echo went on; exit 6",
    );
    assert!(lives(command));
    let mut process = running(&place);
    fs::write(place.path().join("go"), "").expect("a file");
    assert_eq!(in_runtime(process.ended()), Ended::Exited(6));
    assert_eq!(place.text("stdout"), "went on\n");
    assert!(matches!(
        find(&place.record(), true),
        Found::Ended(Ended::Exited(6))
    ));
}

#[test]
fn a_command_that_was_found_can_be_ended() {
    let place = Place::new();
    orphan(
        &place,
        "trap 'exit 8' TERM; echo $$ > pid; while :; do sleep 0.01 || :; done",
    );
    let mut process = running(&place);
    process.end(FOREVER);
    assert_eq!(in_runtime(process.ended()), Ended::Exited(8));

    let place = Place::new();
    orphan(
        &place,
        "trap '' TERM; echo $$ > pid; while :; do sleep 0.01 || :; done",
    );
    let mut process = running(&place);
    process.kill();
    assert_eq!(in_runtime(process.ended()), Ended::Signalled(9));
}

#[test]
fn a_keeper_is_out_of_the_terminals_reach() {
    let place = Place::new();
    in_runtime(async {
        let script = "echo $$ > pid; until [ -e go ]; do sleep 0.01; done";
        let mut process = started(place.launch(script)).await;
        let command = place.number("pid");
        let keeper = rustix::process::Pid::from_raw(parent(command)).expect("a process");
        let command = rustix::process::Pid::from_raw(command).expect("a process");
        assert_eq!(rustix::process::getsid(Some(keeper)), Ok(keeper));
        assert_eq!(rustix::process::getsid(Some(command)), Ok(keeper));
        assert_eq!(rustix::process::getpgid(Some(command)), Ok(command));
        for signal in [
            rustix::process::Signal::HUP,
            rustix::process::Signal::INT,
            rustix::process::Signal::TERM,
        ] {
            rustix::process::kill_process(keeper, signal).expect("it lives");
        }
        fs::write(place.path().join("go"), "").expect("a file");
        assert_eq!(process.ended().await, Ended::Exited(0));
    });
}

#[test]
fn a_keeper_without_an_order_does_nothing() {
    for input in [Stdio::null(), Stdio::piped()] {
        let status = Command::new(env!("CARGO_BIN_EXE_runbook"))
            .arg(KEEPER_ARGUMENT)
            .stdin(input)
            .status()
            .expect("it starts");
        assert_eq!(status.code(), Some(1));
    }
}

#[test]
fn many_commands_run_at_once() {
    let places: Vec<Place> = (0..20).map(|_| Place::new()).collect();
    in_runtime(async {
        let mut all = tokio::task::JoinSet::new();
        for (index, place) in places.iter().enumerate() {
            let launch = place.launch(&format!("exit {index}"));
            all.spawn(async move { (index, started(launch).await.ended().await) });
        }
        while let Some(one) = all.join_next().await {
            let (index, ended) = one.expect("no panic");
            assert_eq!(ended, Ended::Exited(i32::try_from(index).expect("a few")));
        }
    });
}

fn with_shell(work: Work, shell: Shell) -> Work {
    match work {
        Work::Script { text, .. } => Work::Script { text, shell },
        remote @ Work::Ssh { .. } => remote,
    }
}
