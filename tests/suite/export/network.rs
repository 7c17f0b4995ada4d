//! What the standard library looks at over networks, in scripts: each check and
//! metric is held against the same server by `exec` and by the script, where it
//! passes and where it does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::shells;
use super::world::{Told, World};
use crate::outside::server::{CERTIFICATE, Server, port_of_nobody};
use crate::standard_library::measured::{prometheus, red_measures, service};
use crate::standard_library::network::{name_server, site};
use crate::standard_library::place::{Place, wait_for};

/// What is tried, and how it ends.
struct Tried {
    modules: &'static str,
    /// Done by a shell before.
    before: &'static str,
    statements: String,
    status: i32,
}

impl Tried {
    fn world(&self) -> World {
        let uses: String = self
            .modules
            .split(' ')
            .map(|module| format!("use std.{module}\n"))
            .collect();
        let text = format!(
            "runbook \"Tried\"\n{uses}defaults {{ timeout 1m }}\n{}\n",
            self.statements
        );
        let world = World::new(&text, &[]);
        let told = world.run(&["sh"], &["-euc", self.before]);
        assert_eq!(told.status, Some(0), "{}", told.text);
        world
    }

    /// Runs it both ways; what was changed is there, and what was told is the
    /// same.
    fn is_the_same(&self, number: usize) {
        let by_exec = self.world();
        let exec = by_exec.exec(&["--yes", "--verbose"]);
        let statements = &self.statements;
        assert_eq!(
            exec.status,
            Some(self.status),
            "{statements}\n{}",
            exec.text
        );
        for shell in shells::by_turn(number) {
            let world = self.world();
            world.export(&[]).expect("it can be exported");
            let told = world.script(shell, &["--yes", "--verbose"]);
            let about = format!(
                "{shell:?}\n{}\n--- exec\n{}\n{statements}",
                told.text, exec.text
            );
            assert_eq!(told.status, exec.status, "{about}");
            assert_eq!(world.effects(), by_exec.effects(), "{about}");
            assert_eq!(told.last_words(), exec.last_words(), "{about}");
            assert_eq!(steady(&told), steady(&exec), "{about}");
        }
    }
}

/// The trace without what is another each time it is measured.
fn steady(told: &Told) -> Vec<String> {
    let mut trace = told.trace();
    trace.retain(|line| !line.starts_with("- "));
    trace
}

/// The checks that pass in one run, with a change that is taken back or not; each
/// that does not in a run of its own.
fn all_are_the_same(modules: &'static str, before: &'static str, good: &[&str], bad: &[&str]) {
    let good: Vec<String> = (1..)
        .zip(good)
        .map(|(number, check)| format!("check it_{number} = {check}\n"))
        .collect();
    let good = good.concat();
    let change = "step change {\n  $ ./act do change\n  rollback $ ./act undo change\n}\n";
    let all_good = Tried {
        modules,
        before,
        statements: format!("{change}{good}"),
        status: 0,
    };
    let bad = bad.iter().map(|check| Tried {
        modules,
        before,
        statements: format!("{change}check it = {check}"),
        status: 3,
    });
    let all: Vec<Tried> = std::iter::once(all_good).chain(bad).collect();
    // Part of the time is waiting.
    for some in (0..).zip(&all).collect::<Vec<_>>().chunks(4) {
        std::thread::scope(|scope| {
            for (number, tried) in some {
                scope.spawn(|| tried.is_the_same(*number));
            }
        });
    }
}

#[test]
fn names_are_asked_for_by_scripts() {
    let port = name_server();
    let server = format!("server: \"127.0.0.1\", port: {port}");
    all_are_the_same(
        "dns",
        ":",
        &[
            &format!("dns.resolves(\"shop.test\", {server})"),
            &format!("dns.points_to(\"shop.test\", to: \"192.0.2.7\", {server})"),
            &format!("dns.forgotten_within(\"shop.test\", {server})"),
        ],
        &[
            &format!("dns.resolves(\"none.test\", {server})"),
            &format!("dns.resolves(\"shop.test\", type: \"MX\", {server})"),
            &format!("dns.points_to(\"shop.test\", to: \"192.0.2.8\", {server})"),
            &format!("dns.forgotten_within(\"shop.test\", most: 30s, {server})"),
            &format!("dns.forgotten_within(\"none.test\", {server})"),
        ],
    );
}

#[test]
fn ports_are_looked_at_by_scripts() {
    let server = Server::new(site);
    let (port, nobody) = (server.port(), port_of_nobody());
    all_are_the_same(
        "tcp net",
        ":",
        &[
            &format!("tcp.open(\"127.0.0.1\", port: {port})"),
            &format!("tcp.closed(\"127.0.0.1\", port: {nobody})"),
            &format!("net.latency_below(\"127.0.0.1\", port: {port}, most: 5s)"),
        ],
        &[
            &format!("tcp.open(\"127.0.0.1\", port: {nobody})"),
            &format!("tcp.closed(\"127.0.0.1\", port: {port})"),
            &format!("net.latency_below(\"127.0.0.1\", port: {port}, most: 1us)"),
            &format!("net.latency_below(\"127.0.0.1\", port: {nobody})"),
        ],
    );
    let way = format!("metric way = net.latency(\"127.0.0.1\", port: {port})\n");
    for (number, (most, status)) in [("5s", 0), ("1us", 3)].into_iter().enumerate() {
        let statements = format!(
            "{way}step change {{\n  $ ./act do change\n  rollback $ ./act undo change\n}}\n\
             gate quick {{\n  hold way < {most} for 200ms every 100ms\n  else rollback\n}}\n"
        );
        let tried = Tried {
            modules: "net",
            before: ":",
            statements,
            status,
        };
        let by_exec = tried.world();
        let exec = by_exec.exec(&[]);
        assert_eq!(exec.status, Some(status), "{}", exec.text);
        for shell in shells::by_turn(number) {
            let world = tried.world();
            world.export(&[]).expect("it can be exported");
            let told = world.script(shell, &[]);
            let about = format!("{shell:?}\n{}\n--- exec\n{}", told.text, exec.text);
            assert_eq!(told.status, exec.status, "{about}");
            assert_eq!(world.effects(), by_exec.effects(), "{about}");
        }
    }
}

#[test]
fn certificates_are_looked_at_by_scripts() {
    let server = Server::encrypted(site);
    let (port, nobody) = (server.port(), port_of_nobody());
    let trusted = |name: &str, authorities: &str| {
        format!("tls.trusted(\"127.0.0.1\", port: {port}, name: \"{name}\"{authorities})")
    };
    let authorities = format!(", authorities: \"{CERTIFICATE}\"");
    all_are_the_same(
        "tls",
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 20 -subj /CN=shop -keyout shop.key -out shop.pem 2>/dev/null
         openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:prime256v1 -out other.key",
        &[
            &format!("tls.valid_for(\"127.0.0.1\", port: {port}, least: 1d)"),
            &trusted("localhost", &authorities),
            "tls.key_fits(certificate: \"shop.pem\", key: \"shop.key\")",
        ],
        &[
            &format!("tls.valid_for(\"127.0.0.1\", port: {port}, least: 50000d)"),
            &format!("tls.valid_for(\"127.0.0.1\", port: {nobody})"),
            "tls.key_fits(certificate: \"shop.pem\", key: \"other.key\")",
        ],
    );
    // What these print has the moment or an address of the memory in it.
    let quiet = |statements: String, status| Tried {
        modules: "tls",
        before: "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 20 -subj /CN=shop -keyout shop.key -out shop.pem 2>/dev/null",
        statements,
        status,
    };
    let all = [
        quiet("check it = tls.file_valid_for(\"shop.pem\")".to_owned(), 0),
        quiet(
            "check it = tls.file_valid_for(\"shop.pem\", least: 30d)".to_owned(),
            1,
        ),
        quiet(format!("check it = {}", trusted("localhost", "")), 1),
        quiet(
            format!("check it = {}", trusted("elsewhere", &authorities)),
            1,
        ),
    ];
    for (number, tried) in all.iter().enumerate() {
        let exec = tried.world().exec(&[]);
        assert_eq!(exec.status, Some(tried.status), "{}", exec.text);
        for shell in shells::by_turn(number) {
            let world = tried.world();
            world.export(&[]).expect("it can be exported");
            let told = world.script(shell, &[]);
            let about = format!("{shell:?}\n{}\n--- exec\n{}", told.text, exec.text);
            assert_eq!(told.status, exec.status, "{about}");
            assert_eq!(told.last_words(), exec.last_words(), "{about}");
        }
    }
}

/// One server for all: it takes its time to start.
#[test]
fn what_a_service_does_is_measured_by_scripts() {
    let place = Place::new();
    let failing = Arc::new(AtomicU64::new(0));
    let service = service(failing.clone());
    let (_process, url) = prometheus(&place, service.port());
    let asked = format!(
        "curl -fsS '{url}/api/v1/query?query=rate(http_requests_total\\[10s\\])+and+on()+ALERTS' 2>&1 || true"
    );
    wait_for("a rate", || place.sh(&asked).contains("\"where\":\"east\""));
    let query = "http_requests_total{{job=\\\"shop\\\",where=\\\"east\\\"}}";
    all_are_the_same(
        "prometheus",
        ":",
        &[
            &format!("prometheus.ready(\"{url}\")"),
            &format!("prometheus.holds(\"{url}\", query: \"{query} > 10\")"),
            &format!("prometheus.quiet(\"{url}\", alert: \"Never\")"),
        ],
        &[
            &format!("prometheus.ready(\"{url}/no\")"),
            &format!("prometheus.holds(\"{url}\", query: \"{query} < 10\")"),
            &format!("prometheus.holds(\"{url}\", query: \"no query(\")"),
            &format!("prometheus.quiet(\"{url}\", alert: \"Always\")"),
        ],
    );
    gates_of_red(&url, 0, 0);
    failing.store(40, Ordering::SeqCst);
    gates_of_red(&url, 40, 1);
}

/// Gates that open while so many in a hundred requests fail, and one that does
/// not.
fn gates_of_red(url: &str, failing: u64, number: usize) {
    let measures = red_measures(url)
        + "step change {\n  $ ./act do change\n  rollback $ ./act undo change\n}\n";
    let opens = match failing {
        0 => {
            "until error_rate == 0% within 30s every 200ms
  until worst == 0% within 30s every 200ms
  until successes == 100% within 30s every 200ms
  until each_second > 100/s within 30s every 200ms
  until all > 100 within 30s every 200ms
  until half < 50ms within 30s every 200ms
  hold healthy for 200ms every 100ms
  hold before for 200ms every 100ms"
        }
        _ => {
            "until broken within 60s every 200ms
  until worst > 5% series any within 60s every 200ms
  until east == 0% within 30s every 200ms
  until error_rate > 1% within 60s every 200ms
  until successes < 95% series any within 60s every 200ms"
        }
    };
    let stays_shut = match failing {
        0 => "hold broken for 200ms every 100ms",
        _ => "hold before for 200ms every 100ms",
    };
    for (at, (conditions, status)) in [(opens, 0), (stays_shut, 3)].into_iter().enumerate() {
        let tried = Tried {
            modules: "red",
            before: ":",
            statements: format!("{measures}gate it {{\n  {conditions}\n  else rollback\n}}\n"),
            status,
        };
        let by_exec = tried.world();
        let exec = by_exec.exec(&[]);
        let about = format!("{}\n{}", tried.statements, exec.text);
        assert_eq!(exec.status, Some(status), "{about}");
        for shell in shells::by_turn(number * 2 + at) {
            let world = tried.world();
            world.export(&[]).expect("it can be exported");
            let told = world.script(shell, &[]);
            let about = format!("{shell:?}\n{}\n--- exec\n{about}", told.text);
            assert_eq!(told.status, exec.status, "{about}");
            assert_eq!(world.effects(), by_exec.effects(), "{about}");
            assert_eq!(told.trace().len(), exec.trace().len(), "{about}");
        }
    }
}

#[test]
fn requests_without_a_secret_are_sent_in_every_shell() {
    let server = Server::new(site);
    let url = server.url();
    let text = format!(
        "runbook \"Asked\"\nuse std.http\ndefaults {{ timeout 20s }}\n\
         step change {{\n  $ ./act do change\n  rollback $ ./act undo change\n}}\n\
         check up = http.ok(\"{url}/\")\ncheck gone = http.ok(\"{url}/gone\")\n"
    );
    for shell in shells::installed() {
        let world = World::new(&text, &[]);
        world.export(&[]).expect("it can be exported");
        let told = world.script(shell, &[]);
        assert_eq!(told.status, Some(3), "{shell:?}\n{}", told.text);
        assert!(told.text.contains("✓ up"), "{shell:?}\n{}", told.text);
        assert_eq!(world.effects(), ["do change", "undo change"], "{shell:?}");
    }
}
