//! Sources of measurements that answer with anything but a measurement. A gate
//! that asks one never opens, the run never takes long, never reads without
//! end, and says which source it was and why; nothing secret is said.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::server::{
    Asked, CERTIFICATE, Server, Wire, answer, answer_json, keep_silent, port_of_nobody, send,
};
use crate::place::{Place, Told, told, without_terminal};

pub const SECRET: &str = "correct-horse-battery";

/// Asks the same server as Prometheus and as a JSON document.
pub fn runbook(url: &str, timeout: &str) -> String {
    format!(
        r#"
runbook "Asks"
secret token from env "API_TOKEN"
defaults {{ timeout 1m }}

source prom = prometheus "{url}/tenant?key={{token}}" {{
  header "Authorization" = "Bearer {{token}}"
  timeout {timeout}
}}
metric errors: percent = prom `errors`
metric queue: count = http "{url}/queue.json?key={{token}}" at "$.queue" {{ timeout {timeout} }}

step change {{
  $ echo changed >> log
  rollback $ echo back >> log
}}
gate good {{
  hold errors < 1% for 400ms every 200ms
  hold queue < 10 for 400ms every 200ms
}}
step after {{
  $ echo after >> log
  rollback $ true
}}
"#
    )
}

/// Runs it with little memory: what it may map at all is less than what comes.
fn run(place: &Place, more: &[(&str, &str)]) -> Told {
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "ulimit -v 1000000; exec \"$@\"", "sh"])
        .arg(env!("CARGO_BIN_EXE_runbook"))
        .args(["exec", "t.runbook", "--verbose"])
        .env("API_TOKEN", SECRET)
        .envs(more.iter().copied());
    place.inside(&mut command);
    told(without_terminal(&mut command).output().unwrap())
}

/// Never a pass: what follows the gate did not begin, and a person is needed.
fn holds_at_the_gate(url: &str, timeout: &str, words: &[&str]) {
    let place = Place::new(&runbook(url, timeout));
    let begin = Instant::now();
    let told = run(&place, &[]);
    let took = begin.elapsed();
    told.ended(5).says("gate `good` did not open");
    assert_eq!(place.log(), ["changed"], "{}", told.text);
    assert!(took < Duration::from_secs(60), "{took:?}: {}", told.text);
    for word in words {
        told.says(word);
    }
    told.never_says(SECRET);
    let journals = place.journals();
    assert!(!journals.contains(SECRET), "{journals}");
}

/// A way to answer badly, and what is said of it.
pub struct Bad {
    pub answer: fn(&Asked, &mut dyn Wire),
    pub timeout: &'static str,
    says: &'static [&'static str],
}

/// Where nothing can be waiting, there is time enough on any machine.
const fn at_once(answer: fn(&Asked, &mut dyn Wire), says: &'static [&'static str]) -> Bad {
    Bad {
        answer,
        timeout: "20s",
        says,
    }
}

const fn slowly(answer: fn(&Asked, &mut dyn Wire)) -> Bad {
    Bad {
        answer,
        timeout: "150ms",
        says: &[
            "prom: no answer within 150ms",
            "json: no answer within 150ms",
        ],
    }
}

/// As either kind of source says it.
pub fn both(asked: &Asked, wire: &mut dyn Wire, vector: &str, value: &str) {
    if asked.target.starts_with("/tenant/api/v1/query?") {
        let data = format!(r#"{{"resultType":"vector","result":{vector}}}"#);
        answer_json(wire, &format!(r#"{{"status":"success","data":{data}}}"#));
    } else {
        answer_json(wire, &format!(r#"{{"queue":{value}}}"#));
    }
}

fn drip(wire: &mut dyn Wire, mut piece: impl FnMut() -> Vec<u8>) {
    while send(wire, &piece()) {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What stands in front of an error of each of the two.
fn words_of(url: &str, words: &str) -> String {
    match (words.strip_prefix("prom: "), words.strip_prefix("json: ")) {
        (Some(why), _) => format!("errors error: {url}/tenant: {why}"),
        (_, Some(why)) => format!("queue error: {url}/queue.json: {why}"),
        (None, None) => words.to_owned(),
    }
}

pub const GOOD_VECTOR: &str = r#"[{"metric":{},"value":[1,"0"]}]"#;

pub const BAD: &[(&str, Bad)] = &[
    ("silence", slowly(|_, wire| keep_silent(wire))),
    (
        "slow headers",
        slowly(|_, wire| {
            send(wire, b"HTTP/1.1 200 OK\r\n");
            drip(wire, || b"X-Slow: yes\r\n".to_vec());
        }),
    ),
    (
        "slow body",
        slowly(|_, wire| {
            send(wire, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
            drip(wire, || b" ".to_vec());
        }),
    ),
    ("hangs up", at_once(|_, _| {}, &["prom: ", "json: "])),
    (
        "garbage",
        at_once(
            |_, wire| {
                send(wire, &[0, 255, 7, 27, b'[', b'2', b'J', b'\r', b'\n']);
            },
            &["prom: invalid HTTP", "json: invalid HTTP"],
        ),
    ),
    (
        "half a body",
        at_once(
            |_, wire| {
                send(
                    wire,
                    b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"status\":\"success\"",
                );
            },
            &[
                "prom: ",
                "json: ",
                "end of file before message length reached",
            ],
        ),
    ),
    (
        "a web page",
        at_once(
            |_, wire| answer(wire, 200, "Content-Type: text/html\r\n", b"<html>Log in"),
            &["prom: the source answered with a web page, perhaps to log in on"],
        ),
    ),
    (
        "numbers that are called something else",
        at_once(
            |_, wire| answer(wire, 200, "Content-Type: text/plain\r\n", b"errors 0\n"),
            &[
                "prom: the answer cannot be read",
                "json: the answer cannot be read",
            ],
        ),
    ),
    (
        "a redirect",
        at_once(
            |asked, wire| {
                // Whoever follows it finds what was wanted.
                if asked.target.contains("elsewhere") {
                    return both(asked, wire, GOOD_VECTOR, "0");
                }
                let to = "/elsewhere/tenant/api/v1/query?key=of-somebody";
                answer(wire, 302, &format!("Location: {to}\r\n"), b"");
            },
            &[
                "prom: the source answered 302 (it leads to `/elsewhere/tenant/api/v1/query`, and redirects are not followed)",
            ],
        ),
    ),
    (
        "a redirect without an address",
        at_once(
            |_, wire| answer(wire, 301, "", b""),
            &["prom: the source answered 301"],
        ),
    ),
    (
        "a login that is wanted",
        at_once(
            |asked, wire| {
                // It repeats what it was asked with.
                let told = format!("no such key: {}", asked.header("Authorization"));
                answer(wire, 401, "", told.as_bytes());
            },
            &[
                "prom: the source answered 401: `no such key: Bearer ***`",
                "json: ",
            ],
        ),
    ),
    (
        "an error of its own",
        at_once(
            |_, wire| {
                answer_json(
                    wire,
                    r#"{"status":"error","errorType":"timeout","error":"query timed out"}"#,
                )
            },
            &[
                "prom: the source answered 200, timeout: `query timed out`",
                "queue no data: there is nothing at `$.queue`",
            ],
        ),
    ),
    (
        "an empty vector",
        at_once(
            |asked, wire| both(asked, wire, "[]", "null"),
            &[
                "errors no data: no series",
                "queue no data: the value at `$.queue` is null",
            ],
        ),
    ),
    (
        "NaN",
        at_once(
            |asked, wire| {
                both(
                    asked,
                    wire,
                    r#"[{"metric":{},"value":[1,"NaN"]}]"#,
                    "\"NaN\"",
                )
            },
            &[
                "errors no data: the value is `NaN`",
                "queue no data: the value is `NaN`",
            ],
        ),
    ),
    (
        "infinity",
        at_once(
            |asked, wire| {
                both(
                    asked,
                    wire,
                    r#"[{"metric":{},"value":[1,"-Inf"]}]"#,
                    "\"-Inf\"",
                )
            },
            &[
                "errors no data: the value is `-Inf`",
                "queue no data: the value is `-Inf`",
            ],
        ),
    ),
    (
        "several series, of which one has no number",
        at_once(
            |asked, wire| {
                both(
                    asked,
                    wire,
                    r#"[{"metric":{},"value":[1,"0"]},{"metric":{"a":"b"},"value":[1,"NaN"]}]"#,
                    "[0, 0]",
                )
            },
            &[
                "1 of 2 series",
                "json: the value at `$.queue` is a list, expected a number",
            ],
        ),
    ),
    (
        "an answer that says nothing, not even what it is",
        at_once(|_, wire| answer(wire, 200, "", b""), &["prom: ", "json: "]),
    ),
    (
        "a gzip bomb",
        at_once(
            |_, wire| {
                let headers = "Content-Type: application/json\r\nContent-Encoding: gzip\r\n";
                answer(wire, 200, headers, BOMB);
            },
            &[
                "prom: ",
                "json: ",
                "packed as `gzip`, which nobody asked for",
            ],
        ),
    ),
];

/// The beginning of something that unpacks to much more.
const BOMB: &[u8] = &[
    0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xec, 0xc1, 1, 1, 0, 0, 0, 0x80, 0x90, 0xfe, 0xaf, 0xee, 8,
];

#[test]
fn no_answer_that_is_none_opens_a_gate() {
    std::thread::scope(|scope| {
        let all = BAD.iter().map(|(name, bad)| {
            scope.spawn(move || {
                let server = Server::new(bad.answer);
                let url = server.url();
                let words = bad.says.iter().map(|words| words_of(&url, words));
                let words: Vec<String> = words.collect();
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let held = || holds_at_the_gate(&url, bad.timeout, &words);
                let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(held));
                assert!(held.is_ok(), "{name}: see above");
                assert!(!server.asked().is_empty(), "{name}");
                let followed = server
                    .asked()
                    .iter()
                    .any(|it| it.target.contains("elsewhere"));
                assert!(!followed, "{name}: it went where it was sent");
            })
        });
        let all: Vec<_> = all.collect();
        let failed = all.into_iter().filter_map(|it| it.join().err()).count();
        assert_eq!(failed, 0, "see above");
    });
}

/// What an honest server says does open it: or the test above shows nothing.
#[test]
fn a_good_answer_opens_the_gate() {
    let server = Server::new(|asked, wire| both(asked, wire, GOOD_VECTOR, "0"));
    let place = Place::new(&runbook(&server.url(), "20s"));
    run(&place, &[]).ended(0).never_says(SECRET);
    assert_eq!(place.log(), ["changed", "after"]);
    let asked = server.asked();
    let query = asked
        .iter()
        .find(|it| it.target.starts_with("/tenant/"))
        .unwrap();
    assert_eq!(
        query.target,
        format!("/tenant/api/v1/query?key={SECRET}&query=errors")
    );
    assert_eq!(query.header("Authorization"), format!("Bearer {SECRET}"));
    assert_eq!(query.header("Accept"), "application/json");
    assert!(query.header("User-Agent").starts_with("runbook/"));
    assert_eq!(query.header("Accept-Encoding"), "");
}

#[test]
fn an_endless_answer_is_not_read_to_its_end() {
    let heads = [
        &b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Endless: ",
    ];
    std::thread::scope(|scope| {
        for head in heads {
            scope.spawn(move || is_not_read_to_its_end(head));
        }
    });
}

fn is_not_read_to_its_end(head: &'static [u8]) {
    let sent = Arc::new(AtomicUsize::new(0));
    let server = {
        let sent = sent.clone();
        Server::new(move |_, wire| {
            send(wire, head);
            let block = if head.ends_with(b"chunked\r\n\r\n") {
                [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat()
            } else {
                vec![b' '; 0x10000]
            };
            while send(wire, &block) {
                sent.fetch_add(block.len(), Ordering::SeqCst);
            }
        })
    };
    holds_at_the_gate(&server.url(), "20s", &[]);
    let per_question = sent.load(Ordering::SeqCst) / server.asked().len();
    // Some of it waits in the sockets of either side.
    assert!(per_question < 40 << 20, "{per_question} bytes");
}

#[test]
fn certificates_of_strangers_are_not_trusted() {
    let server = Server::encrypted(|asked, wire| both(asked, wire, GOOD_VECTOR, "0"));
    // With another certificate to trust, so that it does not matter which ones
    // this machine has.
    let others = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(others.path(), OTHER_CERTIFICATE).unwrap();
    let place = Place::new(&runbook(&server.url(), "20s"));
    let stranger = [("SSL_CERT_FILE", others.path().to_str().unwrap())];
    run(&place, &stranger)
        .ended(5)
        .says(&format!("{}/tenant: ", server.url()))
        .says("certificate")
        .never_says(SECRET);
    assert_eq!(place.log(), ["changed"]);
    assert!(server.asked().is_empty(), "nothing was told to a stranger");
    // The same server, once it is trusted.
    let place = Place::new(&runbook(&server.url(), "20s"));
    run(&place, &[("SSL_CERT_FILE", CERTIFICATE)]).ended(0);
    assert_eq!(place.log(), ["changed", "after"]);
}

/// Of nobody: its key was thrown away.
pub const OTHER_CERTIFICATE: &str = include_str!("tls/other.pem");

#[test]
fn plain_http_where_tls_is_wanted_is_said() {
    let server = Server::new(|_, wire| keep_silent(wire));
    let url = server.url().replace("http:", "https:");
    let place = Place::new(&runbook(&url, "20s"));
    run(&place, &[("SSL_CERT_FILE", CERTIFICATE)])
        .ended(5)
        .says(&format!("{url}/tenant: "));
    assert_eq!(place.log(), ["changed"]);
}

#[test]
fn tls_where_plain_http_is_wanted_is_said() {
    let server = Server::encrypted(|_, _| {});
    let url = server.url().replace("https:", "http:");
    holds_at_the_gate(&url, "20s", &[&format!("{url}/tenant: ")]);
}

#[test]
fn where_nobody_listens_is_said() {
    let url = format!("http://127.0.0.1:{}", port_of_nobody());
    let words = format!("{url}/queue.json: ");
    holds_at_the_gate(&url, "20s", &[&words, "refused"]);
    holds_at_the_gate(
        "https://no-such-host.invalid",
        "20s",
        &["no-such-host.invalid"],
    );
}
