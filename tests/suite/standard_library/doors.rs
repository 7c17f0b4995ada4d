//! `std.haproxy` and `std.nginx`: what stands before a service, with real traffic.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::place::{Place, Process, wait_for};
use crate::outside::server::{Server, answer, keep_silent, port_of_nobody};

/// What a GET is answered with, without its head.
fn get(port: u16) -> String {
    let Ok(mut wire) = TcpStream::connect(("127.0.0.1", port)) else {
        return String::new();
    };
    let _ = wire.set_read_timeout(Some(Duration::from_secs(10)));
    let asked = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let mut answer = String::new();
    let _ = wire.write_all(asked.as_bytes());
    let _ = wire.read_to_string(&mut answer);
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.trim());
    body.unwrap_or_default().to_owned()
}

/// How many of a hundred are answered by this one.
fn share_of(name: &str, port: u16) -> usize {
    (0..100).filter(|_| get(port) == name).count()
}

struct Haproxy {
    place: Place,
    port: u16,
    _servers: [Server; 2],
    _process: Process,
}

impl Haproxy {
    fn start() -> Haproxy {
        let place = Place::new();
        let servers = ["old", "new"].map(|name| {
            Server::new(move |asked, wire| {
                if asked.target == "/slow" {
                    keep_silent(wire);
                }
                answer(wire, 200, "", name.as_bytes());
            })
        });
        let port = port_of_nobody();
        let socket = place.at("admin.sock");
        let [old, new] = [servers[0].port(), servers[1].port()];
        place.write(
            "haproxy.cfg",
            &format!(
                "global\n stats socket {socket} mode 600 level admin\n\
                 defaults\n mode http\n timeout connect 5s\n timeout client 1m\n timeout server 1m\n\
                 frontend all\n bind 127.0.0.1:{port}\n default_backend web\n\
                 backend web\n balance roundrobin\n\
                 server old 127.0.0.1:{old} weight 100\n server new 127.0.0.1:{new} weight 100\n"
            ),
        );
        let mut command = place.command("haproxy");
        let process = Process::start(command.args(["-db", "-f", "haproxy.cfg"]));
        wait_for("haproxy", || !get(port).is_empty());
        Haproxy {
            place,
            port,
            _servers: servers,
            _process: process,
        }
    }

    /// Statements of a run, with the socket filled in.
    fn at_socket(&self, statements: &str) -> String {
        statements.replace(
            "SOCKET",
            &format!("socket: \"{}\"", self.place.at("admin.sock")),
        )
    }

    fn weights(&self) -> String {
        let socket = self.place.at("admin.sock");
        self.place.sh(&format!(
            "printf 'show stat\\n' | socat stdio {socket} | awk -F , '$1 == \"web\" {{ print $2, $18, $19 }}'"
        ))
    }
}

/// One server for all: each part leaves it as it was.
#[test]
fn haproxy_gives_shares_drains_and_goes_back() {
    let haproxy = Haproxy::start();
    let before = haproxy.weights();
    let port = haproxy.port;
    haproxy.place.goes_back(
        "haproxy",
        &haproxy.at_socket(&format!(
            r#"
check up = haproxy.up("web", server: "new", SOCKET)
step some = haproxy.weight("web", server: "old", weight: 10%, SOCKET)
step none = haproxy.weight("web", server: "old", weight: 0%, SOCKET)
check all_new $ for n in 1 2 3 4 5 6; do test "$(curl -fsS http://127.0.0.1:{port}/)" = new || exit 1; done
step all = haproxy.weight("web", server: "old", weight: 100%, SOCKET)
step out = haproxy.drain("web", server: "new", SOCKET)
check nobody = haproxy.empty("web", server: "new", SOCKET) {{ within 30s every 200ms }}
check all_old $ for n in 1 2 3 4 5 6; do test "$(curl -fsS http://127.0.0.1:{port}/)" = old || exit 1; done
"#
        )),
    );
    assert_eq!(haproxy.weights(), before);
    drained(&haproxy);
    assert_eq!(haproxy.weights(), before);
    unknown(&haproxy);
}

/// Who is still there when the patience is over is let go.
fn drained(haproxy: &Haproxy) {
    let port = haproxy.port;
    let mut slow: Vec<TcpStream> = (0..4)
        .map(|_| {
            let mut wire = TcpStream::connect(("127.0.0.1", port)).unwrap();
            wire.write_all(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .unwrap();
            wire
        })
        .collect();
    let (status, told) = haproxy.place.exec(
        "haproxy",
        &haproxy.at_socket(&format!(
            r#"
check busy {{
  $ ! printf 'show stat\n' | socat stdio UNIX-CONNECT:admin.sock | awk -F , '$2 == "new" {{ exit !($5 == 0) }}'
  within 30s every 100ms
}}
with out = haproxy.drained("web", server: "new", patience: 1s, SOCKET) {{
  check empty = haproxy.empty("web", server: "new", SOCKET) {{ within 30s every 100ms }}
  check others $ for n in 1 2 3 4; do test "$(curl -fsS http://127.0.0.1:{port}/)" = old || exit 1; done
  check fails {{ $ echo as it should; false
  }}
}}
"#
        )),
    );
    assert_eq!(status, 3, "{told}");
    assert!(told.contains("as it should"), "{told}");
    drop(slow.drain(..));
}

/// HAProxy answers mistakes with words, and no status.
fn unknown(haproxy: &Haproxy) {
    for statement in [
        "check it = haproxy.up(\"web\", server: \"nobody\", SOCKET)",
        "check it = haproxy.empty(\"web\", server: \"nobody\", SOCKET)",
        "step it = haproxy.drain(\"web\", server: \"nobody\", SOCKET)",
        "step it = haproxy.ready(\"none\", server: \"new\", SOCKET)",
        "step it = haproxy.weight(\"web\", server: \"nobody\", weight: 10%, SOCKET)",
        "with it = haproxy.drained(\"web\", server: \"nobody\", SOCKET) { check nothing $ true\n}",
    ] {
        let (status, told) = haproxy.place.exec("haproxy", &haproxy.at_socket(statement));
        // What has only a bracket has changed something, and taken it back.
        let wanted = if statement.starts_with("with") { 3 } else { 1 };
        assert_eq!(status, wanted, "{statement}: {told}");
    }
}

struct Nginx {
    place: Place,
    port: u16,
    _process: Process,
}

impl Nginx {
    fn start() -> Nginx {
        let place = Place::new();
        // Started by root, it works as somebody else.
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(place.path(), open).unwrap();
        let port = port_of_nobody();
        let at = place.path().display().to_string();
        let folders: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|it| format!("{it}_temp_path {at}/temp;\n"))
            .collect();
        let groups: String = ["blue", "green"]
            .iter()
            .map(|it| {
                format!(
                    "server {{ listen unix:{at}/{it}.sock; location / {{ return 200 {it}; }} }}\n\
                     upstream {it} {{ server unix:{at}/{it}.sock; }}\n"
                )
            })
            .collect();
        place.write(
            "release.conf",
            "split_clients \"$request_id\" $release { * blue; }\n",
        );
        place.write(
            "servers.conf",
            &format!(
                "  server unix:{at}/blue.sock weight=1;\n  server unix:{at}/green.sock weight=1;\n"
            ),
        );
        place.write(
            "nginx.conf",
            &format!(
                "daemon off;\nworker_processes 1;\npid {at}/nginx.pid;\nerror_log {at}/error.log;\nevents {{}}\n\
                 http {{\naccess_log off;\n{folders}include {at}/release.conf;\n{groups}\
                 upstream both {{\n include {at}/servers.conf;\n}}\n\
                 server {{\n listen 127.0.0.1:{port};\n location / {{ proxy_pass http://$release; }}\n location /both {{ proxy_pass http://both; }}\n}}\n}}\n"
            ),
        );
        let mut command = place.command("nginx");
        let process = Process::start(command.args(["-c", &place.at("nginx.conf")]));
        wait_for("nginx", || get(port) == "blue");
        Nginx {
            place,
            port,
            _process: process,
        }
    }

    /// Statements of a run, with the configuration filled in.
    fn with_config(&self, statements: &str) -> String {
        let config = self.place.at("nginx.conf");
        let server = format!("unix:{}", self.place.at("blue.sock"));
        let statements = statements.replace("CONFIG", &format!("config: \"{config}\""));
        statements
            .replace("BLUE", &server)
            .replace("PORT", &self.port.to_string())
    }
}

#[test]
fn nginx_gives_shares_drains_and_goes_back() {
    let nginx = Nginx::start();
    let files = ["release.conf", "servers.conf"];
    let before = files.map(|file| nginx.place.read(file));
    nginx.place.goes_back(
        "nginx",
        &nginx.with_config(
            r#"
check good = nginx.config(CONFIG)
step again = nginx.reload(CONFIG)
step half = nginx.share("release.conf", new: "green", old: "blue", weight: 50%, CONFIG)
step all = nginx.share("release.conf", new: "green", old: "blue", weight: 100%, CONFIG)
check all_green {
  $ for n in 1 2 3 4 5 6; do test "$(curl -fsS http://127.0.0.1:PORT/)" = green; done
  within 30s every 100ms
}
step more = nginx.weight("servers.conf", server: "BLUE", weight: 9, CONFIG)
check has_more $ grep -q 'blue.sock weight=9;' servers.conf
step out = nginx.drain("servers.conf", server: "BLUE", CONFIG)
check all_others {
  $ for n in 1 2 3 4 5 6; do test "$(curl -fsS http://127.0.0.1:PORT/both)" = green; done
  within 30s every 100ms
}
"#,
        ),
    );
    assert_eq!(files.map(|file| nginx.place.read(file)), before);
    wait_for("blue", || share_of("blue", nginx.port) == 100);
    out_and_in_again(&nginx);
    assert_eq!(files.map(|file| nginx.place.read(file)), before);
    what_is_wrong_is_not_used(&nginx);
    assert_eq!(files.map(|file| nginx.place.read(file)), before);
    assert_eq!(get(nginx.port), "blue");
}

fn out_and_in_again(nginx: &Nginx) {
    let (status, told) = nginx.place.exec(
        "nginx",
        &nginx.with_config(
            r#"
with out = nginx.drained("servers.conf", server: "BLUE", CONFIG) {
  check is_out $ grep -q 'blue.sock weight=1 down;' servers.conf
  check others {
    $ for n in 1 2 3 4; do test "$(curl -fsS http://127.0.0.1:PORT/both)" = green; done
    within 30s every 100ms
  }
}
check is_in $ ! grep -q down servers.conf
"#,
        ),
    );
    assert_eq!(status, 0, "{told}");
}

fn what_is_wrong_is_not_used(nginx: &Nginx) {
    nginx.place.write("wrong.conf", "split_clients nonsense\n");
    nginx
        .place
        .sh("mv release.conf real.conf; ln -s real.conf release.conf");
    for statement in [
        "step use = nginx.use_config(link: \"release.conf\", file: \"wrong.conf\", CONFIG)",
        "step use = nginx.use_config(link: \"release.conf\", file: \"none.conf\", CONFIG)",
        "step use = nginx.drain(\"servers.conf\", server: \"nobody\", CONFIG)",
        "step use = nginx.weight(\"servers.conf\", server: \"nobody\", weight: 5, CONFIG)",
    ] {
        let (status, told) = nginx.place.exec("nginx", &nginx.with_config(statement));
        let wanted = if statement.contains("nobody") { 1 } else { 3 };
        assert_eq!(status, wanted, "{statement}: {told}");
        assert_eq!(nginx.place.sh("readlink release.conf"), "real.conf");
    }
    nginx.place.sh("mv real.conf release.conf");
}
