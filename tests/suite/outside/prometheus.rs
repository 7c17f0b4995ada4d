//! A real Prometheus that scrapes a server of the test: what it measured opens
//! gates, and turns a run back.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::server::{Server, answer, port_of_nobody};
use crate::place::{Place, told, wait_for};

/// What is measured: errors in a thousand requests, and requests that wait.
#[derive(Default)]
struct Measured {
    errors: AtomicU32,
    queue: AtomicU32,
}

struct Prometheus {
    process: Child,
    port: u16,
    measured: Arc<Measured>,
    _scraped: Server,
    _files: TempDir,
}

impl Prometheus {
    /// Starts one, and waits until it has measured something.
    fn start() -> Prometheus {
        let measured = Arc::new(Measured::default());
        measured.queue.store(100, Ordering::SeqCst);
        let scraped = {
            let measured = measured.clone();
            Server::new(move |_, wire| {
                let errors = measured.errors.load(Ordering::SeqCst);
                let queue = measured.queue.load(Ordering::SeqCst);
                let page = format!(
                    "# TYPE app_errors gauge\napp_errors{{code=\"500\"}} {errors}\n\
                     # TYPE app_queue gauge\napp_queue {queue}\n"
                );
                answer(wire, 200, "Content-Type: text/plain\r\n", page.as_bytes());
            })
        };
        let files = TempDir::new().unwrap();
        let target = scraped.port();
        fs::write(
            files.path().join("prometheus.yml"),
            format!(
                "global: {{ scrape_interval: 1s }}\nscrape_configs:\n- job_name: app\n  static_configs:\n  - targets: ['127.0.0.1:{target}']\n"
            ),
        )
        .unwrap();
        let port = port_of_nobody();
        let process = Command::new("prometheus")
            .arg("--config.file=prometheus.yml")
            .arg("--storage.tsdb.path=data")
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .current_dir(files.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the tests need prometheus: apt-get install prometheus");
        let prometheus = Prometheus {
            process,
            port,
            measured,
            _scraped: scraped,
            _files: files,
        };
        wait_for("a measurement", || prometheus.knows("app_queue", "100"));
        prometheus
    }

    fn knows(&self, query: &str, value: &str) -> bool {
        let Ok(mut wire) = TcpStream::connect(("127.0.0.1", self.port)) else {
            return false;
        };
        let asked = format!(
            "GET /api/v1/query?query={query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        );
        let mut answer = String::new();
        wire.write_all(asked.as_bytes()).is_ok()
            && wire.read_to_string(&mut answer).is_ok()
            && answer.contains(&format!("\"{value}\"]"))
    }

    fn runbook(&self, gate: &str) -> String {
        let port = self.port;
        format!(
            r#"
runbook "Release"
defaults {{ timeout 5m }}
source prom = prometheus "http://127.0.0.1:{port}"
metric errors: percent = prom "sum(app_errors{{{{code=~\"5..\"}}}}) / 10"
metric queue: count = prom `app_queue`
thresholds healthy {{
  errors < 1%  fail > 5%
  queue within 20% of baseline
}}
watch production during deploy every 1s {{
  rollback when errors > 20%
}}
phase deploy {{
  step change {{
    $ echo changed >> log
    rollback $ echo back >> log
  }}
  {gate}
}}
"#
        )
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One server for all: it takes its time to start.
#[test]
fn a_release_goes_by_what_prometheus_measured() {
    let prometheus = Prometheus::start();
    good_measurements_open_the_gate(&prometheus);
    a_watch_turns_the_run_back(&prometheus);
    bad_measurements_turn_the_run_back(&prometheus);
}

fn good_measurements_open_the_gate(prometheus: &Prometheus) {
    let gate = "gate good { hold healthy for 2s every 500ms }";
    let place = Place::new(&prometheus.runbook(gate));
    place.exec().ended(0);
    assert_eq!(place.log(), ["changed"]);
    let journal = place.journals();
    assert!(
        journal.contains("\"sampled\"") || journal.contains("sample"),
        "{journal}"
    );
}

fn a_watch_turns_the_run_back(prometheus: &Prometheus) {
    let slow = "step slow {\n    $ sleep 100\n    harmless \"it waits\"\n  }";
    let place = Place::new(&prometheus.runbook(slow));
    let run = place
        .command(&["exec", "t.runbook"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for("the change", || place.log() == ["changed"]);
    prometheus.measured.errors.store(500, Ordering::SeqCst);
    let told = told(run.wait_with_output().unwrap());
    told.ended(3).says("50%");
    assert_eq!(place.log(), ["changed", "back"]);
}

/// Still with errors, which the last one made.
fn bad_measurements_turn_the_run_back(prometheus: &Prometheus) {
    prometheus.measured.errors.store(70, Ordering::SeqCst);
    wait_for("that it is measured", || {
        prometheus.knows("app_errors", "70")
    });
    let gate = "gate good { hold healthy for 2s every 500ms }";
    let place = Place::new(&prometheus.runbook(gate));
    place.exec().ended(3).says("7%").says("rolled back");
    assert_eq!(place.log(), ["changed", "back"]);
}
