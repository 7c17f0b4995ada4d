//! Scripts that ask and tell over HTTP, by curl and by wget: what they send, and
//! that no answer that is none opens a gate.

use std::time::{Duration, Instant};

use super::shells;
use super::world::{Told, World};
use crate::outside::hostile::{BAD, Bad, GOOD_VECTOR, OTHER_CERTIFICATE, SECRET, both, runbook};
use crate::outside::server::{
    Asked, CERTIFICATE, Server, Wire, answer, answer_json, port_of_nobody, send,
};

/// Runs the script; without curl on its PATH where it should use wget.
fn run(world: &World, shell: &[&str], client: &str) -> Told {
    let mut command = world.command(shell, &["./case.sh", "--grace", "1"]);
    command.env("API_TOKEN", SECRET).env("HOME", world.path());
    for proxy in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(proxy).env_remove(proxy.to_uppercase());
    }
    if client == "wget" {
        let path = without_curl(world);
        command.env("PATH", path);
    }
    let output = command.output().expect("it starts");
    let text = [output.stdout, output.stderr].concat();
    Told {
        status: output.status.code(),
        text: String::from_utf8_lossy(&text).into_owned(),
    }
}

/// A directory with all programs but curl.
fn without_curl(world: &World) -> String {
    let place = world.path().join("programs");
    std::fs::create_dir(&place).expect("it can be made");
    for directory in ["/bin", "/usr/bin", "/usr/local/bin"] {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            if entry.file_name() != "curl" {
                // The first of a name counts.
                let _ = std::os::unix::fs::symlink(entry.path(), place.join(entry.file_name()));
            }
        }
    }
    place.display().to_string()
}

fn scripted(text: &str) -> World {
    let world = World::new(text, &[]);
    world.export(&[]).expect("it can be exported");
    world
}

fn log(world: &World) -> Vec<String> {
    world.read("log").lines().map(str::to_owned).collect()
}

#[test]
fn no_answer_that_is_none_opens_a_gate_of_a_script() {
    // Most of the time is waiting.
    const AT_ONCE: usize = 6;
    let numbered: Vec<_> = BAD.iter().enumerate().collect();
    for some in numbered.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            for (number, (name, bad)) in some {
                scope.spawn(move || holds_at_the_gate(*number, name, bad));
            }
        });
    }
}

fn holds_at_the_gate(number: usize, name: &str, bad: &Bad) {
    let clients = match crate::chance::is_long() {
        true => &["curl", "wget"][..],
        false => &[["curl", "wget"][number % 2]],
    };
    for client in clients {
        let server = Server::new(bad.answer);
        let world = scripted(&runbook(&server.url(), bad.timeout));
        let shell = shells::nth(number);
        let begin = Instant::now();
        let told = run(&world, shell, client);
        let about = format!("{name} by {client} in {shell:?}\n{}", told.text);
        assert!(begin.elapsed() < Duration::from_secs(100), "{about}");
        assert_eq!(told.status, Some(5), "{about}");
        assert!(told.text.contains("gate `good` did not open"), "{about}");
        assert_eq!(log(&world), ["changed"], "{about}");
        let packed = told.text.contains("packed as");
        assert_eq!(packed, name == "a gzip bomb", "{about}");
        assert!(!told.text.contains(SECRET), "{about}");
        let asked = server.asked();
        assert!(!asked.is_empty(), "{about}");
        let followed = asked.iter().any(|it| it.target.contains("elsewhere"));
        assert!(!followed, "{about}");
        let kept = super::secrets::grep(&world, SECRET);
        assert_eq!(kept, "", "{about}");
    }
}

#[test]
fn a_good_answer_opens_the_gate_of_a_script() {
    for (number, client) in ["curl", "wget"].into_iter().enumerate() {
        for shell in shells::some(number) {
            let server = Server::new(|asked, wire| both(asked, wire, GOOD_VECTOR, "0"));
            let world = scripted(&runbook(&server.url(), "20s"));
            let told = run(&world, shell, client);
            let about = format!("{client} in {shell:?}\n{}", told.text);
            assert_eq!(told.status, Some(0), "{about}");
            assert_eq!(log(&world), ["changed", "after"], "{about}");
            let asked = server.asked();
            let query = asked.iter().find(|it| it.target.starts_with("/tenant/"));
            let query = query.expect("it was asked");
            let target = format!("/tenant/api/v1/query?key={SECRET}&query=errors");
            assert_eq!(query.target, target, "{about}");
            assert_eq!(query.header("Authorization"), format!("Bearer {SECRET}"));
            assert_eq!(query.header("Accept"), "application/json");
            assert!(query.header("User-Agent").starts_with("runbook/"));
            assert_eq!(super::secrets::grep(&world, SECRET), "", "{about}");
        }
    }
}

#[test]
fn an_endless_answer_is_cut_off() {
    for (number, client) in ["curl", "wget"].into_iter().enumerate() {
        let server = Server::new(|_, wire| {
            send(
                wire,
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
            );
            while send(wire, &[b' '; 0x10000]) {}
        });
        let world = scripted(&runbook(&server.url(), "20s"));
        let told = run(&world, shells::nth(number), client);
        assert_eq!(told.status, Some(5), "{client}\n{}", told.text);
        assert!(told.text.contains("longer than 1 MiB"), "{}", told.text);
        assert_eq!(log(&world), ["changed"], "{}", told.text);
    }
}

const TOLD: &str = r#"runbook "Tells \"{version}\""
param version: version
secret token from env "API_TOKEN"
defaults { timeout 1m }
channel team = slack "URL/services/{token}"
channel hook = webhook "URL/hook" { header "Authorization" = "Bearer {token}" }
message live to team, hook """
  version {version} is "live" ✓
  back\\slash	tab
  """
step deploy {
  http POST "URL/deploy?v={version}" {
    header "X-Odd" = "it's \"quoted\" \\ {token}"
    body "{{\"version\": \"{version}\", \"quote\": \"'\", \"token\": \"{token}\"}}\n@x"
    expect status 201
  }
  output id from json "$.deploy.id" default "unknown"
  repeatable
  rollback $ echo "back" >>log
}
step after {
  $ echo "after $deploy_id" >>log
  rollback $ true
}
notify live
check gone {
  http GET "URL/gone" {}
}
"#;

fn serve(asked: &Asked, wire: &mut dyn Wire) {
    match asked.target.as_str() {
        "/deploy?v=1.2.3" => answer(
            wire,
            201,
            "Content-Type: application/json\r\n",
            br#"{"deploy": {"id": "d-42"}}"#,
        ),
        "/gone" => answer(wire, 410, "", b"it is\ngone"),
        _other => answer_json(wire, "{}"),
    }
}

#[test]
fn requests_and_messages_arrive_as_those_of_exec() {
    for (number, client) in ["curl", "wget"].into_iter().enumerate() {
        for shell in shells::some(number + 1) {
            let server = Server::new(serve);
            let text = TOLD.replace("URL", &server.url());
            let world = World::new(&text, &[]);
            let set = ["--set", "version=1.2.3"];
            world.export(&set).expect("it can be exported");
            let told = run(&world, shell, client);
            let about = format!("{client} in {shell:?}\n{}", told.text);
            assert_eq!(told.status, Some(3), "{about}");
            assert!(
                told.text.contains(&format!(
                    "{}/gone: the answer was 410: it is gone",
                    server.url()
                )),
                "{about}"
            );
            assert_eq!(log(&world), ["after d-42", "back"], "{about}");
            let by_script = essence(&server);

            let server = Server::new(serve);
            let world = World::new(&TOLD.replace("URL", &server.url()), &[]);
            let mut command = world.command(
                &[env!("CARGO_BIN_EXE_runbook")],
                &["exec", "case.runbook", "--set", "version=1.2.3"],
            );
            let output = command
                .env("API_TOKEN", SECRET)
                .output()
                .expect("it starts");
            assert_eq!(output.status.code(), Some(3));
            assert_eq!(by_script, essence(&server), "{about}");
        }
    }
}

/// What stands behind the address of a server, each asked for by a check of its own.
const ODD: [&str; 12] = [
    "",
    "?x=1",
    "/",
    "/a%20b%2Fc?x=%2F&y=a+b",
    "/é/中?q=ü",
    "/it's?q='a'",
    "/a/../b/./c?d=../e",
    "//two//slashes/",
    "/[x]{{y}}?z=[1]{{2}}",
    "/~a;b=c,d!e*(f)$g@h:i",
    "/a|b^c?d|e^f",
    "/fragment?x#y",
];

#[test]
fn odd_addresses_are_asked_for_as_by_exec() {
    let text = |server: &Server| {
        let with_user = server.url().replace("://", "://ad%40a:l%3Ao%20ve@");
        let mut text = "runbook \"Odd\"\ndefaults { timeout 1m }\n".to_owned();
        for (at, odd) in ODD.into_iter().enumerate() {
            let url = if at % 3 == 0 {
                &with_user
            } else {
                &server.url()
            };
            text += &format!("check c{at} {{\n  http GET \"{url}{odd}\" {{}}\n}}\n");
        }
        text
    };
    // What belongs to the user's own requests is not for these.
    let owned = |world: &World| {
        world.write(".netrc", "machine 127.0.0.1 login nobody password of-it\n");
        world.write(
            ".curlrc",
            "user-agent = of-mine\nheader = \"X-Odd: mine\"\n",
        );
        world.write(".wgetrc", "user_agent = of-mine\nheader = X-Odd: mine\n");
    };
    let asked = |server: &Server| {
        let asked = server.asked();
        let lines = asked.iter().map(|asked| {
            let headers = ["X-Odd", "Authorization", "User-Agent"];
            let headers = headers.map(|it| asked.header(it));
            // Some send these as they are, which means the same.
            let codes = [("%7B", "{"), ("%7C", "|"), ("%7D", "}"), ("%5E", "^")];
            let target = codes
                .iter()
                .fold(asked.target.clone(), |target, (code, sign)| {
                    target.replace(code, sign)
                });
            format!("{target} {headers:?}")
        });
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        lines
    };
    let server = Server::new(|_, wire| answer_json(wire, "{}"));
    let world = World::new(&text(&server), &[]);
    owned(&world);
    let mut command = world.command(&[env!("CARGO_BIN_EXE_runbook")], &["exec", "case.runbook"]);
    command.env("HOME", world.path());
    let told = Told::of(&command.output().expect("it starts"));
    assert_eq!(told.status, Some(0), "{}", told.text);
    let by_exec = asked(&server);
    for (number, client) in ["curl", "wget"].into_iter().enumerate() {
        let server = Server::new(|_, wire| answer_json(wire, "{}"));
        let world = scripted(&text(&server));
        owned(&world);
        let shell = shells::nth(number);
        let told = run(&world, shell, client);
        let about = format!("{client} in {shell:?}\n{}", told.text);
        assert_eq!(told.status, Some(0), "{about}");
        assert_eq!(asked(&server), by_exec, "{about}");
    }
}

/// What a server was asked, without what differs from run to run.
fn essence(server: &Server) -> Vec<String> {
    let asked = server.asked();
    let lines = asked.iter().map(|asked| {
        let mut body = asked.body.clone();
        type Fields = std::collections::BTreeMap<String, serde_json::Value>;
        if let Ok(mut fields) = serde_json::from_str::<Fields>(&body) {
            fields.remove("run");
            body = format!("{fields:?}");
        }
        let headers = ["X-Odd", "Authorization", "Content-Type"].map(|name| asked.header(name));
        format!("{} {} {headers:?} {body}", asked.method, asked.target)
    });
    lines.collect()
}

#[test]
fn who_does_not_answer_is_said() {
    let url = format!("http://127.0.0.1:{}", port_of_nobody());
    for client in ["curl", "wget"] {
        let world = World::new(&TOLD.replace("URL", &url), &[]);
        let set = ["--set", "version=1.2.3"];
        world.export(&set).expect("it can be exported");
        let told = run(&world, shells::nth(0), client);
        assert_eq!(told.status, Some(3), "{}", told.text);
        let wanted = format!("`deploy` failed: {url}/deploy: ");
        assert!(told.text.contains(&wanted), "{client}\n{}", told.text);
    }
}

#[test]
fn certificates_of_strangers_are_not_trusted_by_scripts() {
    for (number, client) in ["curl", "wget"].into_iter().enumerate() {
        let server = Server::encrypted(|asked, wire| both(asked, wire, GOOD_VECTOR, "0"));
        let world = scripted(&runbook(&server.url(), "20s"));
        let others = world.path().join("others.pem");
        std::fs::write(&others, OTHER_CERTIFICATE).expect("it can be written");
        let trusting = |certificate: &str| format!("SSL_CERT_FILE={certificate}");
        let stranger = trusting(&others.display().to_string());
        let shell = shells::nth(number + 4);
        let told = run(&world, &[&["env", &stranger], shell].concat(), client);
        let about = format!("{client} in {shell:?}\n{}", told.text);
        assert_eq!(told.status, Some(5), "{about}");
        let error = format!("{}/tenant: ", server.url());
        assert!(told.text.contains(&error), "{about}");
        assert!(server.asked().is_empty(), "{about}");
        assert_eq!(log(&world), ["changed"], "{about}");
        // The same server, once it is trusted.
        let world = scripted(&runbook(&server.url(), "20s"));
        let trusted = trusting(CERTIFICATE);
        let told = run(&world, &[&["env", &trusted], shell].concat(), client);
        let about = format!("{client} in {shell:?}\n{}", told.text);
        assert_eq!(told.status, Some(0), "{about}");
        assert_eq!(log(&world), ["changed", "after"], "{about}");
    }
}

#[test]
fn without_a_client_nothing_begins() {
    let world = scripted(&runbook("http://127.0.0.1:1", "1s"));
    let place = world.path().join("few");
    std::fs::create_dir(&place).expect("it can be made");
    for program in [
        "sh", "awk", "cat", "id", "date", "mkdir", "rm", "uname", "sed", "tr", "setsid", "true",
        "wc", "od", "timeout", "dash", "mv", "rmdir", "sleep", "tail", "env", "head",
    ] {
        let found = ["/bin", "/usr/bin"].map(|at| std::path::Path::new(at).join(program));
        let found = found.iter().find(|path| path.exists()).expect(program);
        std::os::unix::fs::symlink(found, place.join(program)).expect("it can be linked");
    }
    let mut command = world.command(&["dash"], &["./case.sh"]);
    command.env("PATH", &place).env("API_TOKEN", SECRET);
    let output = command.output().expect("it starts");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("`curl` or GNU `wget` is needed"), "{text}");
    assert_eq!(log(&world), [""; 0]);
    // A step whose text cannot be read would do nothing, and be taken as done.
    for (program, wanted) in [("cat", "`cat` is"), ("awk", "`awk`, `cat` are")] {
        std::fs::remove_file(place.join(program)).expect("it was there");
        let mut command = world.command(&["dash"], &["./case.sh"]);
        command.env("PATH", &place).env("API_TOKEN", SECRET);
        let output = command.output().expect("it starts");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{text}");
        let wanted = format!("error: {wanted} needed");
        assert!(text.starts_with(&wanted), "{text}");
    }
}

/// What Prometheus says of each look, and how a gate that has not got worse
/// ends: the first look is the baseline.
const LOOKS: [(&str, &[&str], i32); 8] = [
    (
        "not worse than baseline",
        &["0.2", "0.2", "0.1", "0.2", "0.1", "0.2"],
        0,
    ),
    (
        "not worse than baseline",
        &["0.2", "0.3", "0.3", "0.4", "0.5", "0.6"],
        3,
    ),
    ("< 1s", &["0.2 0.7"], 0),
    ("< 1s", &["0.2 1.7"], 3),
    ("< 1s series any", &["0.2 1.7"], 0),
    // It takes five of them to have got worse.
    (
        "not worse than baseline",
        &["0.2", "0.3", "0.3", "0.3", "0.3", "0.1"],
        0,
    ),
    // The lower one of two is the middle.
    ("<= baseline + 50%", &["1 2", "1.6"], 3),
    ("< 1s no data fail", &["0.2 NaN"], 3),
];

#[test]
fn several_series_and_what_was_before_are_compared_as_by_exec() {
    for (number, (test, looks, status)) in LOOKS.into_iter().enumerate() {
        let server = || {
            let asked = std::sync::atomic::AtomicUsize::new(0);
            Server::new(move |_, wire| {
                let at = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                let series = looks[at.min(looks.len() - 1)].split(' ');
                let series = series.map(|it| format!(r#"{{"metric":{{}},"value":[1,"{it}"]}}"#));
                let series: Vec<String> = series.collect();
                answer_json(
                    wire,
                    &format!(
                        r#"{{"status":"success","data":{{"resultType":"vector","result":[{}]}}}}"#,
                        series.join(",")
                    ),
                );
            })
        };
        let text = |url: &str| {
            format!(
                "runbook \"Compares\"\ndefaults {{ timeout 1m }}\nsource prom = prometheus \"{url}\"\n\
                 metric p95: duration = prom `p95`\nstep change {{\n  $ true\n  rollback $ true\n}}\n\
                 gate go {{\n  hold p95 {test} for 500ms every 500ms\n  else rollback\n}}\n"
            )
        };
        let by_script = server();
        let world = scripted(&text(&by_script.url()));
        let shell = shells::nth(number);
        let told = run(&world, shell, "curl");
        let about = format!("{shell:?} {test} {looks:?}\n{}", told.text);
        assert_eq!(told.status, Some(status), "{about}");
        let by_exec = server();
        let exec = World::new(&text(&by_exec.url()), &[]).exec(&[]);
        assert_eq!(exec.status, Some(status), "{about}\n{}", exec.text);
    }
}
