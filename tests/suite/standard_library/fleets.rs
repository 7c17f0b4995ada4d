//! `std.strategy`: over machines behind a real ssh, and with measurements.

use super::place::Place;
use crate::hosts::server::Server;

#[test]
fn machines_are_changed_a_few_at_a_time_and_changed_back() {
    let server = Server::start();
    let at = server.path().display().to_string();
    server.write(&format!(
        r#"
use std.strategy
param at: path = "{at}"
metric errors: count = $ grep -c bad log || true
thresholds fine {{ errors < 1 }}
action install(host: host) {{
  on host
  $ test -n "$SSH_CONNECTION"
  $ echo "new $host" >>"$at/log"
  $ if [ "$host" = 127.0.0.4 ]; then
  $   while ! grep -q 127.0.0.3 "$at/log"; do sleep 0.1; done
  $   echo bad >>"$at/log"
  $ fi
  rollback $ echo "old $host" >>"$at/log"
}}
phase all = strategy.rolling(hosts.web, change: install, healthy: fine, at_once: 2, settle: 300ms, look_every: 100ms)
"#
    ));
    let (status, told) = server.exec(&[]);
    assert_eq!(status, 3, "{told}");
    let log = server.read("log");
    let mut lines: Vec<&str> = log.lines().filter(|line| *line != "bad").collect();
    assert_eq!(lines.len(), 8, "{log}");
    // Two at a time, in any order among the two.
    for pair in lines.chunks_mut(2) {
        pair.sort_unstable();
    }
    assert_eq!(
        lines,
        [
            "new 127.0.0.1",
            "new 127.0.0.2",
            "new 127.0.0.3",
            "new 127.0.0.4",
            "old 127.0.0.3",
            "old 127.0.0.4",
            "old 127.0.0.1",
            "old 127.0.0.2",
        ],
        "{log}"
    );
}

const SWITCH: &str = r#"
metric errors: percent = $ cat errors
thresholds fine { errors < 1% }
action shift(weight: percent) {
  capture before $ cat share
  $ printf '%s\n' "$weight" >share
  $ printf 'to %s\n' "$weight" >>log
  $ if [ "$weight" = "$(cat bad_at)" ]; then echo 5 >errors; fi
  rollback {
    $ printf '%s\n' "$before" >share
    $ printf 'back to %s\n' "$before" >>log
  }
}
action start() {
  $ echo start >>log
  rollback $ echo stop >>log
}
action switch_over() {
  $ echo switch >>log
  $ cp bad_at errors
  rollback $ echo switch back >>log
}
"#;

#[test]
fn a_canary_gets_more_or_gives_it_back() {
    let place = Place::new();
    let canary = format!(
        "{SWITCH}\nphase rollout = strategy.canary(shift: shift, healthy: fine, weights: [10%, 50%, 100%], settle: 300ms, look_every: 100ms)\n"
    );
    let ready = |bad_at: &str| {
        place.write("share", "0\n");
        place.write("errors", "0\n");
        place.write("bad_at", bad_at);
        place.write("log", "");
    };
    ready("none\n");
    place.succeeds("strategy", &canary);
    assert_eq!(place.read("log"), "to 10\nto 50\nto 100\n");
    ready("50\n");
    let (status, told) = place.exec("strategy", &canary);
    assert_eq!(status, 3, "{told}");
    assert_eq!(place.read("log"), "to 10\nto 50\nback to 10\nback to 0\n");
    assert_eq!(place.read("share"), "0\n");
}

#[test]
fn blue_comes_back_when_green_is_not_well() {
    let place = Place::new();
    let both = format!(
        "{SWITCH}\nphase release = strategy.blue_green(deploy: start, switch: switch_over, healthy: fine, settle: 300ms, look_every: 100ms)\n"
    );
    place.write("errors", "0\n");
    place.write("bad_at", "0\n");
    place.succeeds("strategy", &both);
    assert_eq!(place.read("log"), "start\nswitch\n");
    place.write("log", "");
    place.write("bad_at", "7\n");
    let (status, told) = place.exec("strategy", &both);
    assert_eq!(status, 3, "{told}");
    assert_eq!(place.read("log"), "start\nswitch\nswitch back\nstop\n");
}
