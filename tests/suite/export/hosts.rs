//! Scripts whose commands run on other machines: a real OpenSSH server on
//! loopback addresses.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::shells;
use crate::hosts::server::{Server, said};

fn export(server: &Server) {
    let mut command = server.command(&["export", "t.runbook", "--to", "sh", "-o", "t.sh"]);
    let (status, told) = said(&command.output().expect("it starts"));
    assert_eq!(status, 0, "{told}");
}

fn script(server: &Server, shell: &[&str], arguments: &[&str]) -> Command {
    let mut command = Command::new("setsid");
    command
        .arg("--wait")
        .args(shell)
        .args(["./t.sh", "--grace", "2"])
        .args(arguments)
        .current_dir(server.path())
        .env("RUNBOOK_STATE", server.path().join("state"))
        .env("PLACE", server.path())
        .env("TOKEN", "s3cret'\"$x")
        .stdin(Stdio::null());
    command
}

#[test]
fn commands_of_a_script_run_there() {
    for shell in shells::some(0) {
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
    rollback {
      $ printf '%s' "$before $SSH_CONNECTION" > "$where/undone-$h"
      $ test -n "$SSH_CONNECTION"
    }
  }
}
check last $ test -e go
"#,
        );
        export(&server);
        let (status, told) = said(&script(&server, shell, &[]).output().expect("it starts"));
        assert_eq!(status, 3, "{shell:?}\n{told}");
        for last in 1..=4 {
            let host = format!("127.0.0.{last}");
            let wanted = format!("{host}|a 'b' \"c\" $d `e` \\n ü 🚀|s3cret'\"$x");
            assert_eq!(
                server.read(&format!("on-{host}")),
                wanted,
                "{shell:?}\n{told}"
            );
            let undone = server.read(&format!("undone-{host}"));
            let wanted = format!("before {host} 127.0.0.1 ");
            assert!(undone.starts_with(&wanted), "{shell:?} {undone}");
        }
        let found = Command::new("grep")
            .args(["-rl", "s3cret"])
            .arg(server.path().join("state"))
            .output()
            .expect("grep is there");
        assert_eq!(String::from_utf8_lossy(&found.stdout), "", "{shell:?}");
        assert!(!told.contains("s3cret"), "{shell:?}\n{told}");
    }
}

#[test]
fn what_runs_there_is_ended_before_it_is_undone() {
    for shell in shells::some(1) {
        let server = Server::start();
        server.write(
            r#"
step change {
  on "127.0.0.1"
  dir where
  $ trap 'sleep 0.3; echo over >>beat; exit 9' TERM; while :; do echo beat >>beat; sleep 0.1; done
  timeout 2s
  rollback {
    $ echo undone >>"$where/beat"
  }
}
"#,
        );
        export(&server);
        let (status, told) = said(&script(&server, shell, &[]).output().expect("it starts"));
        assert_eq!(status, 3, "{shell:?}\n{told}");
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_millis(400) {
            let beats = server.read("beat");
            assert!(
                beats.ends_with("beat\nover\nundone\n"),
                "{shell:?}\n{beats}{told}"
            );
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

#[test]
fn who_cannot_be_reached_is_said() {
    let server = Server::start();
    let cases = [("127.0.0.1", "stranger", "refuses the login")];
    for (host, key, words) in cases {
        let via = server.via(key);
        server.write_whole(&format!(
            "runbook \"x\"\ndefaults {{ timeout 1m }}\nhosts web = [\"{host}\"] {via}\n\
             for h in hosts.web {{\n  step change {{\n    on h\n    atomic\n    $ true\n    rollback $ true\n  }}\n}}\n"
        ));
        export(&server);
        let (status, told) = said(
            &script(&server, shells::nth(0), &[])
                .output()
                .expect("it starts"),
        );
        assert_eq!(status, 1, "{told}");
        assert!(told.contains(words), "{told}");
    }
}
