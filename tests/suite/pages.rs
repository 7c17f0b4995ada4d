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

fn both_pages(place: &Place) -> [String; 2] {
    ["markdown", "html"].map(|to| place.ends(&["export", "t.runbook", "--to", to], 0))
}

/// Whoever copies a command has to get the same, and to see all of it.
#[test]
fn commands_stand_there_as_they_are_written() {
    let command = "\ncat <<-X\n\ta\t👩\u{200d}🚀 r\u{200d}m\n\tX\n";
    let text = format!(
        "runbook \"Verbatim\"\ndefaults {{ timeout 1m }}\n\
         step one {{\n$ ```\n{command}```\nharmless \"it ends.\"\n}}\n"
    );
    let place = Place::new(&text);
    let [markdown, html] = both_pages(&place);
    // A sign stands for what nobody would see.
    let shown = command.replace("r\u{200d}m", "r\u{fffd}m");
    let in_item: String = shown.lines().map(indented).collect();
    assert!(markdown.contains(&in_item), "{markdown}");
    let escaped = format!("<pre>\n{}</pre>", shown.trim_end().replace('<', "&lt;"));
    assert!(html.contains(&escaped), "{html}");
    assert!(
        markdown.contains("  Nothing to undo: it ends.\n"),
        "{markdown}"
    );
}

fn indented(line: &str) -> String {
    match line {
        "" => "\n".to_owned(),
        _ => format!("  {line}\n"),
    }
}

/// By hand nobody would think of it.
#[test]
fn whatever_runs_on_another_machine_says_so() {
    let text = r#"
runbook "Elsewhere"
hosts web = ["web1", "web2"] via ssh {
  user "deploy"
  port 2222
  options "ProxyJump=a b"
}
defaults { timeout 1m }
for host in hosts.web {
  with drained {
    enter {
      on host
      $ ./drain
    }
    leave $ ./fill
    step switch {
      on host
      capture before $ readlink current
      done when $ ./is_new
      $ ln -sfn new current
      rollback {
        $ ln -sfn "$before" current
        verify $ ./is_old
      }
    }
  }
}
"#;
    let place = Place::new(text);
    let page = place.ends(&["export", "t.runbook", "--to", "markdown"], 0);
    for wanted in [
        "| Host web2 | `ssh -l deploy -p 2222 -o 'ProxyJump=a b' web2` |\n",
        "  Note this first on web2:\n",
        "left out, if this succeeds on web2:\n",
        "  It has worked if this succeeds on web2:\n",
        "leave drained\\[web2\\]**\n\n  ```sh\n  ./fill\n  ```\n\n  On web2, at most 5m.\n",
        // That of the other machine is another one.
        "  # $before: noted before switch[web1], see there\n",
        "  # $before: noted before switch[web2], see there\n",
    ] {
        assert!(page.contains(wanted), "{wanted}\n{page}");
    }
}

/// Pasted one after the other into the same shell.
#[test]
fn secrets_are_fetched_where_a_command_wants_them_under_another_name() {
    let text = r#"
runbook "Secrets"
secret key from env "KEY_OF_SITE"
secret word from $ cat word
env SITE_KEY = key
env SITE_WORD = word
env NOTE = "{run.id}\ntouch pwned"
defaults { timeout 1m }
step one {
  env WORD = "{word}"
  $ sh -c 'echo "$SITE_KEY $SITE_WORD $WORD"' >seen
  harmless "it only looks"
}
"#;
    let place = Place::new(text);
    place.write("word", "sesame\n");
    let page = place.ends(&["export", "t.runbook", "--to", "markdown"], 0);
    assert!(!page.contains("export export"), "{page}");
    let blocks = page.split("```sh\n").skip(1);
    let blocks = blocks.map(|it| it.split("```").next().unwrap_or_default());
    let commands: String = blocks.collect();
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &commands]).env("KEY_OF_SITE", "abcdef");
    let output = shell.current_dir(place.root()).output().unwrap();
    assert!(output.status.success(), "{commands}\n{output:?}");
    assert_eq!(place.read("seen"), "abcdef sesame sesame\n", "{commands}");
    assert!(!place.path("pwned").exists(), "{commands}");
}

#[test]
fn it_says_how_messages_are_sent_and_metrics_are_measured_by_commands() {
    let text = r#"
runbook "By hand"
param service: string = "billing"
metric load: number = $ ./measure "$service" | tail -n 1
channel ops = $ ./tell "$message"
message done to ops "It is done."
defaults { timeout 1m }
gate calm { hold load < 2 for 1m }
notify done
"#;
    let place = Place::new(text);
    let [markdown, html] = both_pages(&place);
    for wanted in [
        "  ```text\n  It is done.\n  ```\n\n  To ops:\n\n  ```sh\n  # $message: the text above\n  ./tell \"$message\"\n  ```\n",
        "`load` is what this prints:\n\n```sh\n./measure \"$service\" | tail -n 1\n```\n",
    ] {
        assert!(markdown.contains(wanted), "{wanted}\n{markdown}");
    }
    assert!(
        html.contains("# $message: the text above\n./tell"),
        "{html}"
    );
}

#[test]
fn what_is_finished_on_the_way_back_has_its_limits_there_too() {
    let text = r#"
runbook "No return"
defaults { timeout 3m }
gate sure { confirm "Sure?" }
step purge {
  $ ./purge
  repeatable
  irreversible "What is gone is gone!" then "ask."
}
"#;
    let place = Place::new(text);
    let page = place.ends(&["export", "t.runbook", "--to", "markdown"], 0);
    for wanted in [
        "- [ ] **1. finish purge**\n\n  ```sh\n  ./purge\n  ```\n\n  At most 3m.\n",
        "No further back than purge: What is gone is gone! Then: ask.\n",
        "**Point of no return**: What is gone is gone! Then: ask.\n",
    ] {
        assert!(page.contains(wanted), "{wanted}\n{page}");
    }
}

/// Whoever reads from the middle must not take it for a part of what is done together.
#[test]
fn what_comes_after_a_block_does_not_seem_to_stand_in_it() {
    let text = r#"
runbook "Blocks"
defaults { timeout 1m }
phase copy {
  parallel both {
    check one $ true
    check two $ true
  }
  check three $ true
  for at in ["a", "b"] {
    check four $ true
  }
}
gate sure { confirm "Sure?" }
parallel rest {
  check five $ true
}
phase end {
  phase inner {
    check six $ true
  }
}
"#;
    let place = Place::new(text);
    let page = place.ends(&["export", "t.runbook", "--to", "markdown"], 0);
    let lines = page
        .lines()
        .filter(|line| line.starts_with("##") || line.starts_with("- [ ]"));
    let lines: Vec<&str> = lines.collect();
    let wanted = [
        "## phase copy",
        "### parallel both",
        "- [ ] **1. check one**",
        "- [ ] **2. check two**",
        "### After parallel both",
        "- [ ] **3. check three**",
        "### for at",
        "- [ ] **4. check four\\[a\\]**",
        "- [ ] **5. check four\\[b\\]**",
        "## After phase copy",
        "- [ ] **6. gate sure**",
        "### parallel rest",
        "- [ ] **7. check five**",
        "## phase end",
        "### phase inner",
        "- [ ] **8. check six**",
    ];
    assert_eq!(lines, wanted, "{page}");
}

#[test]
fn comments_stand_by_what_they_are_about() {
    let text = r#"
runbook "Commented"
defaults { timeout 1m }
# About the phase.
phase one {
  # The disk is
  # nearly full.
  step grow { # on a Monday
    # allow(RB304): nobody reads this
    # - not twice
    # - not by night
    $ ./grow
    timeout 30s # it takes ten
    # Only while it is empty.
    rollback {
      # It takes two minutes.
      $ ./shrink
    }
  }
}
"#;
    let place = Place::new(text);
    let [markdown, html] = both_pages(&place);
    for wanted in [
        "## phase one\n\nAbout the phase.\n\n",
        "**1. step grow**\n\n  The disk is nearly full.\n\n  on a Monday\n\n  - not twice\n  - not by night\n\n  it takes ten\n\n  ```sh\n",
        "  **Undo:**\n\n  Only while it is empty.\n\n  It takes two minutes.\n\n  ```sh\n",
    ] {
        assert!(markdown.contains(wanted), "{wanted}\n{markdown}");
    }
    assert_eq!(
        markdown.matches("It takes two minutes.").count(),
        2,
        "{markdown}"
    );
    assert!(html.contains("<p>The disk is nearly full.</p>"), "{html}");
    assert!(!markdown.contains("nobody reads this"), "{markdown}");
}
