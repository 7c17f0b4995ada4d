//! `std.host` and `std.systemd`: this machine, and another one over ssh.

use super::place::Place;
use crate::hosts::server::Server;

const GOOD: &[&str] = &[
    "host.has(\"sh\")",
    "host.disk_free(\"/\", least: 1KiB)",
    "host.disk_below(\"/\", most: 101%)",
    "host.memory_free(1KiB)",
    "host.memory_below(101%)",
    "host.cpu_below(101%, look: 100ms)",
    "host.load_below(100000)",
];

const BAD: &[&str] = &[
    "host.has(\"no-such-program\")",
    "host.disk_free(\"/\", least: 1000TiB)",
    "host.disk_free(\"/no/such/folder\")",
    "host.disk_below(\"/\", most: 0%)",
    "host.memory_free(1000TiB)",
    "host.memory_below(0%)",
    "host.cpu_below(0%, look: 100ms)",
    "host.load_below(0)",
];

#[test]
fn this_machine_is_looked_at() {
    let place = Place::new();
    place.passes("host", GOOD);
    place.refuses("host", BAD);
    place.succeeds(
        "host",
        r#"
metric working = host.cpu()
metric used = host.memory()
metric full = host.disk("/")
metric busy = host.load()
metric moved = host.disk_io()
thresholds room = host.has_room(working, memory: used, most_cpu: 101%, most_memory: 101%)
gate good {
  until room within 30s every 200ms
  until full < 101% within 30s every 200ms
  until full > 0% within 30s every 200ms
  until busy >= 0 within 30s every 200ms
  until moved < 1TiB within 30s every 200ms
  until used > 0% within 30s every 200ms
}
"#,
    );
}

#[test]
fn another_machine_is_looked_at_there() {
    let server = Server::start();
    let checks: Vec<String> = GOOD
        .iter()
        .enumerate()
        .map(|(number, check)| format!("check it_{number} = {check} {{ on h }}\n"))
        .collect();
    let checks = checks.concat();
    server.write_whole(&format!(
        "runbook \"x\"\nuse std.host\nhosts web = [\"127.0.0.1\", \"127.0.0.2\"] {}\ndefaults {{ timeout 1m }}\n\
         for h in hosts.web {{\n{checks}\n}}\n",
        server.via("user")
    ));
    let (status, told) = server.exec(&[]);
    assert_eq!(status, 0, "{told}");
    assert_eq!(server.logins(), 2, "{}", server.read("sshd.log"));
}

/// No test machine has systemd: this stands for it, with a file for each unit.
const SYSTEMCTL: &str = r#"
mkdir -p units
unit=; for word; do case $word in --*) ;; *) [ "$word" = "$1" ] || unit=$word ;; esac; done
case $1 in
  start|restart) touch "units/$unit" ;;
  stop) rm -f "units/$unit" ;;
  is-active) [ -e "units/$unit" ] && { echo active; exit 0; }; echo inactive; exit 3 ;;
  list-units) cat failed 2>/dev/null || : ;;
  *) exit 9 ;;
esac
"#;

#[test]
fn units_are_as_they_were() {
    let place = Place::new();
    place.stub("systemctl", SYSTEMCTL);
    place.sh("mkdir units; touch units/old.service units/both.service");
    place.passes(
        "systemd",
        &["systemd.active(\"old.service\")", "systemd.none_failed()"],
    );
    place.refuses("systemd", &["systemd.active(\"new.service\")"]);
    place.goes_back(
        "systemd",
        r#"
step off = systemd.stop("old.service")
step still_off = systemd.stop("none.service")
step on_now = systemd.start("new.service")
step still_on = systemd.start("both.service")
step again = systemd.restart("both.service")
with quiet = systemd.stopped("both.service") {
  check changed $ test "$(echo units/*)" = units/new.service
}
"#,
    );
    assert_eq!(place.sh("ls units"), "both.service\nold.service");
    place.write("failed", "bad.service loaded failed failed Bad\n");
    place.refuses("systemd", &["systemd.none_failed()"]);
}
