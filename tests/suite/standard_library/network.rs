//! `std.http`, `std.tcp`, `std.dns`, `std.tls`, `std.net`, `std.slack` and
//! `std.webhook`, against servers of the test's own.

use std::net::UdpSocket;

use super::place::Place;
use crate::outside::server::{Asked, CERTIFICATE, Server, Wire, answer, port_of_nobody};

pub fn site(asked: &Asked, wire: &mut dyn Wire) {
    let status = match asked.target.as_str() {
        "/down" => 503,
        "/gone" => 404,
        _all_is_well => 200,
    };
    answer(wire, status, "", b"shop 1.2.3 is ready");
}

#[test]
fn requests_are_sent_and_taken_back() {
    let (place, server) = (Place::new(), Server::new(site));
    let (url, port, nobody) = (server.url(), server.port(), port_of_nobody());
    place.passes(
        "http release tcp net",
        &[
            &format!("http.ok(\"{url}/\")"),
            &format!("http.says(\"{url}/\", text: \"is ready\")"),
            &format!("http.answers(\"{url}/down\", status: 503)"),
            &format!("release.serves(\"{url}/\", version: \"1.2.3\")"),
            &format!("tcp.open(\"127.0.0.1\", port: {port})"),
            &format!("tcp.closed(\"127.0.0.1\", port: {nobody})"),
            &format!("net.latency_below(\"127.0.0.1\", port: {port}, most: 5s)"),
        ],
    );
    place.refuses(
        "http release tcp net",
        &[
            &format!("http.ok(\"{url}/gone\")"),
            &format!("http.says(\"{url}/\", text: \"is closed\")"),
            &format!("http.says(\"{url}/gone\", text: \"is ready\")"),
            &format!("http.answers(\"{url}/\", status: 503)"),
            &format!("release.serves(\"{url}/\", version: \"1.2.4\")"),
            &format!("tcp.open(\"127.0.0.1\", port: {nobody})"),
            &format!("tcp.closed(\"127.0.0.1\", port: {port})"),
            &format!("net.latency_below(\"127.0.0.1\", port: {port}, most: 1us)"),
            &format!("net.latency_below(\"127.0.0.1\", port: {nobody})"),
        ],
    );
    let before = server.asked().len();
    place.goes_back(
        "http webhook slack net",
        &format!(
            r#"
secret hook from env "HOOK"
metric page = http.time("{url}/")
metric way = net.latency("127.0.0.1", port: {port})
step told = webhook.tell("{url}/told", json: "{{{{\"a\": 1}}}}")
step said = slack.post(webhook: hook, text: "it's \"half\" done\nsoon all")
step add = http.post("{url}/add", undo_url: "{url}/remove", json: "{{{{\"b\": 2}}}}")
gate quick {{
  until page < 5s within 30s every 200ms
  until way < 5s within 30s every 200ms
}}
"#
        )
        .replace(
            "from env \"HOOK\"",
            &format!("from $ printf %s {url}/slack"),
        ),
    );
    let asked = server.asked();
    let bodies: Vec<String> = asked[before..]
        .iter()
        .filter(|asked| asked.method == "POST")
        .map(|asked| format!("{} {}", asked.target, asked.body))
        .collect();
    let said = bodies.iter().find(|it| it.starts_with("/slack ")).unwrap();
    let said: serde_json::Value = serde_json::from_str(&said["/slack ".len()..]).unwrap();
    assert_eq!(said["text"], "it's \"half\" done\nsoon all");
    let others: Vec<&String> = bodies
        .iter()
        .filter(|it| !it.starts_with("/slack"))
        .collect();
    assert_eq!(
        others,
        ["/told {\"a\": 1}", "/add {\"b\": 2}", "/remove {\"b\": 2}"]
    );
}

#[test]
fn certificates_are_looked_at() {
    let (mut place, server) = (Place::new(), Server::encrypted(site));
    let port = server.port();
    place.set("AUTHORITY", CERTIFICATE);
    place.sh(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 20 -subj /CN=shop -keyout shop.key -out shop.pem 2>/dev/null
         openssl genpkey -algorithm ec -pkeyopt ec_paramgen_curve:prime256v1 -out other.key",
    );
    place.passes(
        "tls",
        &[
            &format!("tls.valid_for(\"127.0.0.1\", port: {port}, least: 1d)"),
            &format!(
                "tls.trusted(\"127.0.0.1\", port: {port}, name: \"localhost\", authorities: \"{CERTIFICATE}\")"
            ),
            "tls.file_valid_for(\"shop.pem\")",
            "tls.key_fits(certificate: \"shop.pem\", key: \"shop.key\")",
        ],
    );
    let nobody = port_of_nobody();
    place.refuses(
        "tls",
        &[
            &format!("tls.valid_for(\"127.0.0.1\", port: {port}, least: 50000d)"),
            &format!("tls.valid_for(\"127.0.0.1\", port: {nobody})"),
            &format!("tls.trusted(\"127.0.0.1\", port: {port}, name: \"localhost\")"),
            &format!(
                "tls.trusted(\"127.0.0.1\", port: {port}, name: \"elsewhere\", authorities: \"{CERTIFICATE}\")"
            ),
            "tls.file_valid_for(\"shop.pem\", least: 30d)",
            "tls.key_fits(certificate: \"shop.pem\", key: \"other.key\")",
        ],
    );
}

/// Answers every question for `shop.test` with one address, for a minute.
pub fn name_server() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut asked = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut asked) {
            let _ = socket.send_to(&name_answer(&asked[..length]), from);
        }
    });
    port
}

fn name_answer(asked: &[u8]) -> Vec<u8> {
    const HEAD: usize = 12;
    let name = b"\x04shop\x04test\0";
    let known = asked[HEAD..].starts_with(name) && asked[HEAD + name.len()..].starts_with(&[0, 1]);
    let question = HEAD + asked[HEAD..].iter().position(|it| *it == 0).unwrap() + 5;
    let mut answer = asked[..2].to_vec();
    // An answer that is sure of itself; that there is no such name is one, too.
    answer.extend([0x85, if known { 0x80 } else { 0x83 }]);
    answer.extend([0, 1, 0, u8::from(known), 0, 0, 0, 0]);
    answer.extend(&asked[HEAD..question]);
    if known {
        answer.extend([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7]);
    }
    answer
}

#[test]
fn names_are_asked_for() {
    let (place, port) = (Place::new(), name_server());
    let server = format!("server: \"127.0.0.1\", port: {port}");
    place.passes(
        "dns",
        &[
            &format!("dns.resolves(\"shop.test\", {server})"),
            &format!("dns.points_to(\"shop.test\", to: \"192.0.2.7\", {server})"),
            &format!("dns.forgotten_within(\"shop.test\", {server})"),
        ],
    );
    place.refuses(
        "dns",
        &[
            &format!("dns.resolves(\"none.test\", {server})"),
            &format!("dns.resolves(\"shop.test\", type: \"MX\", {server})"),
            &format!("dns.points_to(\"shop.test\", to: \"192.0.2.8\", {server})"),
            &format!("dns.forgotten_within(\"shop.test\", most: 30s, {server})"),
            &format!("dns.forgotten_within(\"none.test\", {server})"),
        ],
    );
}
