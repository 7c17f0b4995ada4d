//! Messages as the other side gets them, and what is said when it does not.

use super::server::{Server, answer, port_of_nobody};
use crate::place::{Place, Told, told};

fn runbook(url: &str) -> String {
    format!(
        r#"
runbook "Release \"one\""
param version: version = "1.2.3"
secret token from env "API_TOKEN"
defaults {{ timeout 1m }}
channel team = slack "{url}/services/{{token}}"
channel hook = webhook "{url}/hook" {{ header "Authorization" = "Bearer {{token}}" }}
channel file = $ printf '%s\n' "$message" >>log
message live to team, hook, file "version {{version}} is \"live\" \u{{2713}}"
step change {{
  $ echo changed >>log
  rollback $ echo back >>log
}}
notify live
"#
    )
}

fn exec(place: &Place) -> Told {
    let mut command = place.command(&["exec", "t.runbook"]);
    command.env("API_TOKEN", "correct-horse");
    told(command.output().unwrap())
}

#[test]
fn everybody_is_told() {
    let server = Server::new(|_, wire| answer(wire, 200, "", b"ok"));
    let place = Place::new(&runbook(&server.url()));
    exec(&place).ended(0).never_says("correct-horse");
    assert_eq!(place.log(), ["changed", "version 1.2.3 is \"live\" ✓"]);
    let told = |target: &str| {
        let asked = server.asked();
        let one = asked.iter().find(|it| it.target == target);
        one.unwrap_or_else(|| panic!("{target}: {asked:?}")).clone()
    };
    for target in ["/services/correct-horse", "/hook"] {
        let asked = told(target);
        assert_eq!(asked.method, "POST");
        assert_eq!(asked.header("Content-Type"), "application/json");
        let body: serde_json::Value = serde_json::from_str(&asked.body).unwrap();
        assert_eq!(body["text"], "version 1.2.3 is \"live\" ✓", "{target}");
    }
    assert_eq!(
        told("/hook").header("Authorization"),
        "Bearer correct-horse"
    );
}

#[test]
fn a_message_that_is_refused_is_a_failure_that_is_said() {
    let server = Server::new(|_, wire| {
        let to = "Location: /elsewhere\r\n";
        answer(wire, 307, to, b"no_such_channel correct-horse");
    });
    let nobody = format!("http://127.0.0.1:{}", port_of_nobody());
    for (url, words) in [(server.url(), "307"), (nobody, "refused")] {
        let place = Place::new(&runbook(&url));
        let told = exec(&place);
        told.says(words).never_says("correct-horse");
        assert!(!place.journals().contains("correct-horse"));
        assert!(server.asked().iter().all(|it| it.target != "/elsewhere"));
    }
}
