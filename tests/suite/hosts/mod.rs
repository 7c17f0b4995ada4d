//! Runs on other machines: a real OpenSSH server on loopback addresses.

pub mod server;

use std::fs;
use std::time::{Duration, Instant};

use server::{Server, said};

#[test]
fn a_step_its_captures_and_its_undo_run_there() {
    let server = Server::start();
    server.write(
        r#"
param odd: string = "a 'b' \"c\" $d `e` \\n ü 🚀"
secret token from env "TOKEN"
for h in hosts.web, 2 at a time {
  step change {
    on h
    dir where
    capture before $ echo "before $SSH_CONNECTION" | cut -d" " -f1,4
    $ test -n "$SSH_CONNECTION"
    $ printf '%s|%s|%s' "$h" "$odd" "$token" > "on-$h"
    $ echo "the token is $token"
    output place from stdout `(token)`
    rollback {
      $ printf '%s' "$before $SSH_CONNECTION" > "$where/undone-$h"
      $ test -n "$SSH_CONNECTION"
    }
  }
  check there {
    on h
    dir where
    $ test -n "$SSH_CONNECTION"; test -e "on-$h"
  }
}
check last $ test -e go
"#,
    );
    let output = server
        .command(&["exec", "t.runbook"])
        .env("TOKEN", "s3cret'\"$x")
        .output()
        .unwrap();
    let (status, told) = said(&output);
    assert_eq!(status, 3, "{told}");
    for last in 1..=4 {
        let host = format!("127.0.0.{last}");
        let wanted = format!("{host}|a 'b' \"c\" $d `e` \\n ü 🚀|s3cret'\"$x");
        assert_eq!(server.read(&format!("on-{host}")), wanted);
        let undone = server.read(&format!("undone-{host}"));
        assert!(
            undone.starts_with(&format!("before {host} 127.0.0.1 ")),
            "{undone}"
        );
    }
    // One connection for each host, whatever ran there.
    assert_eq!(server.logins(), 4, "{}", server.read("sshd.log"));
    let found = std::process::Command::new("grep")
        .args(["-rl", "s3cret"])
        .arg(server.path().join("state"))
        .output()
        .unwrap();
    let found = String::from_utf8_lossy(&found.stdout).into_owned();
    assert_eq!(found, "", "a secret is on the disk");
    assert!(!told.contains("s3cret"));
}

#[test]
fn what_cannot_be_reached_is_said_and_nothing_is_undone() {
    let server = Server::start();
    let step = |list: &str, via: &str| {
        server.write_whole(&format!(
            "runbook \"x\"\ndefaults {{ timeout 1m }}\nhosts web = [\"{list}\"] {via}\n\
             for h in hosts.web {{\n  step change {{\n    on h\n    atomic\n    $ true\n    rollback $ true\n  }}\n}}\n"
        ));
        server.exec(&[])
    };
    let (status, told) = step("127.0.0.1", &server.via("stranger"));
    assert_eq!(status, 1, "{told}");
    assert!(
        told.contains("host `127.0.0.1` refuses the login"),
        "{told}"
    );
    assert!(told.contains("nobody is asked for a password"), "{told}");
    let (_, told) = step("no-such-host.invalid", &server.via("user"));
    assert!(told.contains("is not known by this name"), "{told}");
    let nobody = server.via("user").replace(&server.port.to_string(), "1");
    let (_, told) = step("127.0.0.1", &nobody);
    assert!(told.contains("cannot be reached"), "{told}");
    assert!(told.contains("Connection refused"), "{told}");
    server.forget_known_hosts();
    let (status, told) = step("127.0.0.1", &server.via("user"));
    assert_eq!(status, 1, "{told}");
    assert!(told.contains("is not known here by its key"), "{told}");
    let stranger = server.read("stranger.pub");
    let known = format!("[127.0.0.1]:{} {stranger}", server.port);
    fs::write(server.path().join("known"), known).unwrap();
    let (_, told) = step("127.0.0.1", &server.via("user"));
    assert!(
        told.contains("shows another key than the one that is known"),
        "{told}"
    );
    assert_eq!(server.logins(), 0, "{}", server.read("sshd.log"));
}

/// The process whose number a file holds.
fn is_alive(server: &Server, name: &str) -> bool {
    let process = server.read(name).trim().to_owned();
    assert!(!process.is_empty(), "no number in `{name}`");
    std::path::Path::new("/proc").join(process).exists()
}

fn gone(server: &Server, name: &str) {
    let began = Instant::now();
    while is_alive(server, name) {
        let waited = began.elapsed();
        assert!(waited < Duration::from_secs(30), "`{name}` is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_time_out_ends_what_runs_there() {
    let server = Server::start();
    server.write(
        r#"
step slow {
  on "127.0.0.1"
  dir where
  timeout 2s
  $ sleep 600 & echo $! > child
  $ echo $$ > script
  $ sleep 600
  rollback $ echo undone > "$where/undone"
}
"#,
    );
    let (status, told) = server.exec(&[]);
    assert_eq!(status, 3, "{told}");
    assert!(told.contains("timed out after 2s"), "{told}");
    gone(&server, "child");
    gone(&server, "script");
    assert_eq!(server.read("undone"), "undone\n");
}

#[test]
fn no_undo_begins_before_what_runs_there_has_ended() {
    let server = Server::start();
    server.write(
        r#"
step slow {
  on "127.0.0.1"
  dir where
  timeout 4s
  $ trap 'sleep 1; echo ended >> order; exit 1' TERM
  $ while :; do sleep 0.1; done
  rollback $ echo undone >> "$where/order"
}
"#,
    );
    let (status, told) = server.exec(&[]);
    assert_eq!(status, 3, "{told}");
    assert_eq!(server.read("order"), "ended\nundone\n");
}

#[test]
fn who_does_not_listen_is_killed() {
    let server = Server::start();
    server.write(
        r#"
step stubborn {
  on "127.0.0.1"
  dir where
  timeout 4s
  $ trap '' TERM
  $ echo $$ > script
  $ while :; do sleep 0.1; done
  rollback $ true
}
"#,
    );
    let (status, told) = server.exec(&["--grace", "2s"]);
    assert_eq!(status, 3, "{told}");
    gone(&server, "script");
}

#[test]
fn what_runs_there_ends_when_its_connection_breaks_and_nobody_guesses() {
    let mut server = Server::start();
    server.write(
        r#"
step long {
  on "127.0.0.1"
  dir where
  $ echo $$ > script
  $ while :; do sleep 0.1; done
  rollback $ true
}
"#,
    );
    let child = server
        .command(&["exec", "t.runbook"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    server.wait_for("script");
    server.cut();
    let (status, told) = said(&child.wait_with_output().unwrap());
    assert_eq!(status, 5, "{told}");
    assert!(told.contains("took effect"), "{told}");
    gone(&server, "script");
}

/// A loop over these hosts, two at a time, that upgrades a file for each.
fn rolling(server: &Server, hosts: &str, words: &str) -> String {
    let (via, at) = (server.via("user"), server.path().display());
    format!(
        r#"runbook "Fleet"
param where: string = "{at}"
hosts web = [{hosts}] {via}
defaults {{ timeout 1m }}
for h in hosts.web, 2 at a time{words} {{
  step upgrade {{
    on h
    dir where
    $ echo new > "version-$h"
    $ test "$h" != 127.0.0.3
    rollback $ echo old > "$where/version-$h"
  }}
  check well {{
    on h
    dir where
    $ grep -qx new "version-$h"
  }}
}}
step behind {{
  $ echo done > behind
  rollback $ rm -f behind
}}
"#
    )
}

#[test]
fn hosts_that_fail_or_cannot_be_reached_are_tolerated() {
    let server = Server::start();
    // Nobody listens at the second one; the third refuses the change.
    let hosts = r#""127.0.0.1", "127.0.0.9", "127.0.0.3", "127.0.0.4""#;
    server.write_whole(&rolling(&server, hosts, ", tolerate 2"));
    let (status, told) = server.exec(&[]);
    assert_eq!(status, 4, "{told}");
    // What could not be reached cannot be undone there either: a person looks.
    assert!(told.contains("cannot be reached"), "{told}");
    assert!(told.contains("undo failed: upgrade[127.0.0.9]"), "{told}");
    let atomic = rolling(&server, hosts, ", tolerate 2").replace(
        "on h\n    dir where\n    $ echo",
        "on h\n    dir where\n    atomic\n    $ test \"$h\" != 127.0.0.3\n    $ echo",
    );
    server.write_whole(&atomic);
    let (status, told) = server.exec(&[]);
    assert_eq!(status, 0, "{told}");
    assert_eq!(server.read("version-127.0.0.1"), "new\n");
    assert_eq!(server.read("version-127.0.0.4"), "new\n");
    assert_eq!(server.read("behind"), "done\n");
    assert!(told.contains("but for 2 rounds that failed"), "{told}");
    assert!(
        told.contains("127.0.0.9: `upgrade[127.0.0.9]` failed"),
        "{told}"
    );
}

#[test]
fn a_host_that_refuses_a_change_is_put_back_in_the_middle_of_a_loop() {
    let server = Server::start();
    let hosts = r#""127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4""#;
    server.write_whole(&rolling(&server, hosts, ", tolerate 1"));
    let (status, told) = server.exec(&[]);
    assert_eq!(status, 0, "{told}");
    for (host, version) in [(1, "new\n"), (2, "new\n"), (3, "old\n"), (4, "new\n")] {
        assert_eq!(
            server.read(&format!("version-127.0.0.{host}")),
            version,
            "{told}"
        );
    }
    server.write_whole(&rolling(&server, hosts, ", on breach rollback failed"));
    let (status, told) = server.exec(&[]);
    assert_eq!(status, 4, "{told}");
    assert_eq!(server.read("version-127.0.0.1"), "new\n");
    assert_eq!(server.read("version-127.0.0.3"), "old\n");
    assert!(
        told.contains("left: upgrade[127.0.0.1], upgrade[127.0.0.2]"),
        "{told}"
    );
}
