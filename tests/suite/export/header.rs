//! What a script says to who reads it.

use super::world::World;

const COMMENTED: &str = r#"#!/usr/bin/env -S runbook exec
# What it is for.
# allow(RB201): nobody reads this

# And when.

runbook "Commented {version}"
param version: version
param previous: version
param loud: string = "no"
secret token from env "TOKEN"
defaults { timeout 1m }
# About the gate.
gate sure { # asked by hand
  # The pager stays silent.
  confirm "Is it well?"
}
checklist ready {
  # It looks at the disk.
  check "There is room" $ ./act look room
}
# About the step.
step one {
  # allow(RB304): nobody reads this
  # Before the command.
  $ ./act do one "$version" "$loud" # of the shell
  $ ./act use one </dev/null
  timeout 30s # the vacuum takes ten
  # Only while the old pod is up.
  rollback {
    # It takes two minutes.
    $ ./act undo one "$previous"
  }
  # At the end.
}
phase later {
step two {
  $ printf '%s' "$token" >/dev/null
  # It cannot fail.
  harmless "it only looks"
}
}
# About the bracket.
with calm {
  # What begins it.
  enter $ ./act do calm
  # What ends it.
  leave $ ./act undo calm
  # About what is in it.
  check still $ ./act look still
}
channel ops = $ ./act tell "$message"
message over to ops "It is over."
# About the message.
notify over
metric load: number = $ ./act measure load
# About the watch.
watch slow during later every 1m {
  # It asks a person.
  ask when load > 9 for 1m
}
"#;

fn script() -> String {
    let world = World::new(COMMENTED, &[]);
    world.export(&[]).expect("it can be exported");
    world.read("case.sh")
}

#[test]
fn it_says_what_it_wants_and_how_it_ends() {
    let script = script();
    let wanted = [
        "# Order: sure -> ready -> one -> later -> calm -> notify over\n",
        "# Wants: --set version=VALUE, --set previous=VALUE\n",
        "# Needs: sh and the POSIX utilities, one of setsid, perl and python3\n",
        "# Secrets: token from $TOKEN\n",
        "# Ends with: 0 succeeded, 1 failed and nothing was changed, 2 wrong usage,\n",
    ];
    for line in wanted {
        assert!(script.contains(line), "{line}\n{}", &script[..3_000]);
    }
    let header = script.lines().take_while(|line| line.starts_with('#'));
    for line in header.filter(|line| !line.contains("sha256") && !line.contains("shellcheck")) {
        assert!(line.chars().count() <= 90, "{line}");
    }
}

/// Each stands by what it is about, once.
#[test]
fn comments_of_statements_stand_by_what_they_are_about() {
    let script = script();
    let wanted = [
        "\n# It looks at the disk.\n# There is room\ncheck_ready_1() {",
        "\n# About the step.\n# Before the command.\n# the vacuum takes ten\n# At the end.\nstep_one() {",
        "\n# Only while the old pod is up.\n# It takes two minutes.\nundo_one() {",
        "\n# Commented {version}\n#\n# What it is for.\n#\n# And when.\n#\n# Written by ",
        "\n  # About the watch.\n  # It asks a person.\n  watch watch_1 ",
        "\n# It cannot fail.\n# Nothing to undo: it only looks\nstep_two() {",
        "\n# About the bracket.\n# What begins it.\nenter_calm() {",
        "\n# What ends it.\nundo_calm_leave() {",
        "\n# About what is in it.\ncheck_still() {",
        "\n# About the message.\nnotify_over() {",
        "\n  # About the gate.\n  # asked by hand\n  # The pager stays silent.\n  node sure gate ",
    ];
    for text in wanted {
        assert_eq!(
            script.matches(text).count(),
            1,
            "{text}\n{}",
            &script[..6_000]
        );
    }
    assert!(!script.contains("nobody reads this"));
}
