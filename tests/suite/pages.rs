//! Pages to follow by hand, when all else is down: what has to be known stands there.

use crate::place::Place;

const RUNBOOK: &str = r#"
# A new key, while
# the old one is still taken.
#
# Who has to know:
# - the team of *billing*,
#   which reads it
# - security

runbook "Rotate the key of {service}"
param service: string = "billing"
secret token from env "TOKEN"
metric p95: duration = http "http://stats.internal/p95" at "$.p95"
defaults {
  timeout 1m
}
step add {
  http POST "https://keys.internal/{service}" {
    header "Authorization" = "Bearer {token}"
    body "{{\"service\": \"{service}\"}}"
    expect status 200, 201
    timeout 5s
  }
  rollback {
    http DELETE "https://keys.internal/{service}"
  }
}
gate settled {
  hold p95 < baseline + 20% for 5m
}
"#;

fn page(to: &str) -> String {
    let place = Place::new(RUNBOOK);
    place.ends(&["export", "t.runbook", "--to", to], 0)
}

#[test]
fn it_begins_with_what_its_author_says_of_it() {
    let wanted = "# Rotate the key of billing\n\nA new key, while the old one is still taken.\n\n\
        Who has to know:\n\n- the team of \\*billing\\*, which reads it\n- security\n\n| |";
    let page = page("markdown");
    assert!(page.starts_with(wanted), "{page}");
}

#[test]
fn a_request_stands_there_with_all_that_is_sent_and_what_is_expected() {
    let page = page("markdown");
    let request = "  http POST https://keys.internal/billing\n  Authorization: Bearer {token}\n\n  {\"service\": \"billing\"}\n";
    assert!(page.contains(request), "{page}");
    assert!(
        page.contains("At most 1m, answers with 200 or 201, within 5s."),
        "{page}"
    );
    assert!(page.contains("At most 5m, answers with 2xx."), "{page}");
}

#[test]
fn what_is_compared_later_is_noted_before_the_first_change() {
    let page = page("markdown");
    let noted = page
        .find("**Before the first change** note")
        .expect("it stands there");
    assert!(page[noted..].contains("  p95 ="), "{page}");
    assert!(
        noted < page.find("**1. step add**").expect("a step"),
        "{page}"
    );
    let without = RUNBOOK.replace("baseline + 20%", "1s");
    let place = Place::new(&without);
    let page = place.ends(&["export", "t.runbook", "--to", "markdown"], 0);
    assert!(!page.contains("Before the first change"), "{page}");
}

#[test]
fn a_page_for_browsers_says_the_same() {
    let page = page("html");
    for wanted in [
        "Authorization: Bearer {token}",
        "Before the first change",
        "answers with 200 or 201",
    ] {
        assert!(page.contains(wanted), "{wanted}\n{page}");
    }
}

/// Pasted one after the other into the same shell.
#[test]
fn what_a_command_sets_is_there_for_its_programs_and_for_nothing_after_it() {
    let text = r#"
runbook "Env and dir"
param v: string = "one"
secret token from env "TOKEN"
defaults { timeout 1m }
step first {
  env RELEASE = "r-{v}"
  env AUTH = token
  dir "ops"
  $ sh -c 'echo "$RELEASE $AUTH"' >seen
  harmless "it only looks"
}
step second {
  $ echo "$v ${RELEASE-}${AUTH-}" >seen
  harmless "it only looks"
}
"#;
    let place = Place::new(text);
    std::fs::create_dir(place.path("ops")).unwrap();
    let page = place.ends(&["export", "t.runbook", "--to", "markdown"], 0);
    let mut commands = String::new();
    for block in page.split("```sh\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        commands += block;
    }
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &commands]).env("TOKEN", "abcdef");
    let output = shell.current_dir(place.path(".")).output().unwrap();
    assert!(output.status.success(), "{commands}\n{output:?}");
    let seen = |name: &str| std::fs::read_to_string(place.path(name)).unwrap_or_default();
    assert_eq!(seen("ops/seen"), "r-one abcdef\n", "{commands}");
    assert_eq!(seen("seen"), "one \n", "{commands}");
}
