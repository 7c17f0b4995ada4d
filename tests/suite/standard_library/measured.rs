//! `std.red` and `std.prometheus`: a real Prometheus counts the requests of a
//! service.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::place::{Place, Process, wait_for};
use crate::outside::server::{Server, answer, port_of_nobody};

/// A hundred requests a second, most of them faster than 50 ms; of those of
/// `west` so many in a hundred fail.
pub fn service(failing: Arc<AtomicU64>) -> Server {
    let began = Instant::now();
    Server::new(move |_, wire| {
        let all = u64::try_from(began.elapsed().as_millis() / 10).unwrap() + 1000;
        let failed = all * failing.load(Ordering::SeqCst) / 100;
        let good = all - failed;
        let (fast, slow) = (all * 9 / 10, all * 99 / 100);
        let page = format!(
            "# TYPE http_requests_total counter\n\
             http_requests_total{{where=\"east\",status=\"200\"}} {all}\n\
             http_requests_total{{where=\"west\",status=\"200\"}} {good}\n\
             http_requests_total{{where=\"west\",status=\"500\"}} {failed}\n\
             # TYPE http_request_duration_seconds histogram\n\
             http_request_duration_seconds_bucket{{le=\"0.05\"}} {fast}\n\
             http_request_duration_seconds_bucket{{le=\"0.5\"}} {slow}\n\
             http_request_duration_seconds_bucket{{le=\"+Inf\"}} {all}\n\
             http_request_duration_seconds_count {all}\n"
        );
        answer(wire, 200, "Content-Type: text/plain\r\n", page.as_bytes());
    })
}

pub fn prometheus(place: &Place, target: u16) -> (Process, String) {
    place.write(
        "prometheus.yml",
        &format!(
            "global: {{ scrape_interval: 1s, evaluation_interval: 1s }}\nrule_files: [rules.yml]\n\
             scrape_configs:\n- job_name: shop\n  static_configs:\n  - targets: ['127.0.0.1:{target}']\n"
        ),
    );
    place.write(
        "rules.yml",
        "groups:\n- name: all\n  rules:\n  - alert: Always\n    expr: vector(1)\n  - alert: Never\n    expr: vector(1) > 2\n",
    );
    let port = port_of_nobody();
    let mut command = place.command("prometheus");
    let process = Process::start(command.args([
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        &format!("--web.listen-address=127.0.0.1:{port}"),
    ]));
    (process, format!("http://127.0.0.1:{port}"))
}

/// One server for all: it takes its time to start.
#[test]
fn what_a_service_does_is_measured() {
    let place = Place::new();
    let failing = Arc::new(AtomicU64::new(0));
    let service = service(failing.clone());
    let (_process, url) = prometheus(&place, service.port());
    let asked = format!(
        "curl -fsS '{url}/api/v1/query?query=rate(http_requests_total\\[10s\\])+and+on()+ALERTS' 2>&1 || true"
    );
    wait_for("a rate", || place.sh(&asked).contains("\"where\":\"east\""));
    let query = "http_requests_total{{job=\\\"shop\\\",where=\\\"east\\\"}}";
    place.passes(
        "prometheus",
        &[
            &format!("prometheus.ready(\"{url}\")"),
            &format!("prometheus.holds(\"{url}\", query: \"{query} > 10\")"),
            &format!("prometheus.quiet(\"{url}\", alert: \"Never\")"),
        ],
    );
    place.refuses(
        "prometheus",
        &[
            &format!("prometheus.holds(\"{url}\", query: \"{query} < 10\")"),
            &format!("prometheus.holds(\"{url}\", query: \"no query(\")"),
            &format!("prometheus.quiet(\"{url}\", alert: \"Always\")"),
        ],
    );
    let measures = red_measures(&url);
    // Where nothing fails the share of errors is 0, not unknown.
    place.succeeds(
        "red",
        &format!(
            r#"{measures}
gate good {{
  until error_rate == 0% within 30s every 200ms
  until worst == 0% within 30s every 200ms
  until successes == 100% within 30s every 200ms
  until each_second > 100/s within 30s every 200ms
  until all > 100 within 30s every 200ms
  until half < 50ms within 30s every 200ms
  until p95 > 50ms within 30s every 200ms
  hold healthy for 300ms every 100ms
  hold before for 300ms every 100ms
}}
"#
        ),
    );
    failing.store(40, Ordering::SeqCst);
    place.succeeds(
        "red",
        &format!(
            r#"{measures}
gate bad {{
  until broken within 60s every 200ms
  until worst > 5% series any within 60s every 200ms
  until east == 0% within 30s every 200ms
  until error_rate > 1% within 60s every 200ms
  until successes < 95% series any within 60s every 200ms
}}
"#
        ),
    );
}

/// All that the library measures of the requests to the shop.
pub fn red_measures(url: &str) -> String {
    format!(
        r#"
source prom = prometheus "{url}"
metric each_second = red.throughput(prom, selector: "job=\"shop\"", window: "10s")
metric all = red.requests(prom, window: "10s")
metric error_rate = red.error_rate(prom, window: "10s")
metric east = red.error_rate(prom, selector: "where=\"east\"", window: "10s")
metric worst = red.error_rate(prom, by: "where", window: "10s")
metric successes = red.success_rate(prom, by: "where", window: "10s")
metric p95 = red.latency(prom, window: "10s")
metric half = red.latency(prom, share: 0.5, selector: "job=\"shop\"", window: "10s")
thresholds healthy = red.healthy(error_rate, slowest: p95, most_time: 500ms)
thresholds before = red.as_before(worst, slowest: p95, successes: successes)
thresholds broken = red.broken(worst, slowest: p95)
"#
    )
}
