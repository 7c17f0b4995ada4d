//! Small runbooks: one for each thing a runbook can say, and those that once
//! broke the promise.

use super::{keeps, refuses};

#[test]
fn one_step() {
    keeps("step a { $ ./a\n rollback $ ./undo\n timeout 1m }");
}

#[test]
fn branches_and_what_comes_after() {
    keeps(
        r#"
defaults { timeout 1m }
parallel both {
  step a { $ ./a
    rollback $ ./undo a
  }
  step b { $ ./b
    rollback $ ./undo b
  }
  step c after a { $ ./c
    rollback $ ./undo c
  }
}
step d { $ ./d
  harmless "it only adds" }
step e { $ ./e
  rollback $ ./undo e
}
"#,
    );
}

#[test]
fn brackets_in_brackets() {
    keeps(
        r#"
defaults { timeout 1m }
with outer {
  enter $ ./on outer
  leave $ ./off outer
  step a { $ ./a
    rollback $ ./undo a
  }
  with inner {
    enter $ ./on inner
    leave $ ./off inner
    step b $ ./b
    rollback $ ./undo inner
  }
}
step c { $ ./c
  rollback $ ./undo c
}
"#,
    );
}

#[test]
fn a_loop_that_is_undone_once() {
    keeps(
        r#"
defaults { timeout 1m }
for weight in [10%, 50%, 100%] {
  step shift $ ./shift "$weight"
  gate settled { confirm "Settled?"
    timeout 5m
    else rollback }
  rollback {
    retry 1 every 5s
    $ ./shift_back
    verify $ ./verify
  } else "by hand" {
    $ ./shift_hard
  }
}
"#,
    );
}

#[test]
fn captures_outputs_probes_and_retries() {
    keeps(
        r#"
defaults { timeout 1m }
step backup {
  $ ./backup
  output id from stdout `id: (\S+)`
  harmless "it only adds"
}
step migrate {
  capture level $ ./level
  $ ./migrate "$backup_id"
  repeatable
  retry 2 every 10s
  done when $ ./is_migrated
  rollback $ ./restore "$level" "$backup_id"
}
"#,
    );
}

#[test]
fn gates_of_all_kinds() {
    keeps(
        r#"
role crew = ["ada", "grace"]
metric errors: percent = $ ./errors
window hours { allow mon..sun 00:00..24:00 in "UTC" }
defaults { timeout 1m }
step a { $ ./a
  rollback $ ./undo a
}
gate go {
  approve by crew count 2
  confirm "Ready?"
  window hours
  wait 10s
  hold errors < 1% for 1m every 30s tolerate 1
  until errors < 1% within 1m every 30s
  check "Quiet" $ ./quiet
  timeout 10m
  else abort
}
checklist ready {
  confirm "Reviewed?"
  check "Green" $ ./green
}
step b { $ ./b
  rollback $ ./undo b
}
gate maybe { confirm "Really?"
  timeout 5m
  else ask }
"#,
    );
}

#[test]
fn failures_that_do_something_else() {
    keeps(
        r#"
defaults { timeout 1m }
step a { $ ./a
  else continue
  rollback $ ./undo a
}
step b { $ ./b
  else ask
  rollback $ ./undo b
}
step c { $ ./c
  else stop
  rollback best effort $ ./undo c
}
step d { $ ./d
  repeatable
  else stop
  rollback $ ./undo d
}
"#,
    );
}

#[test]
fn watches_and_endings() {
    keeps(
        r#"
metric errors: percent = $ ./errors
channel ops = $ ./tell "$message"
message told to ops "{run.outcome}"
defaults { timeout 1m }
phase deploy {
  step a { $ ./a
    rollback $ ./undo a
  }
  gate soak { hold errors < 1% for 2m every 30s
    timeout 10m
    else rollback }
}
watch eye during deploy every 30s {
  rollback when errors > 5% for 1m
  ask when errors > 3% for 1m
}
on success { notify told }
on rollback {
  check healthy $ ./healthy
}
on stuck { notify told }
always {
  check tidy $ ./tidy
}
"#,
    );
}

#[test]
fn a_point_of_no_return_with_steps_before_and_behind() {
    keeps(
        r#"
defaults { timeout 1m }
step before { $ ./before
  rollback $ ./undo before
}
gate sure { confirm "Sure?"
  timeout 5m
  else rollback }
step drop { $ ./drop
  repeatable
  irreversible "it is gone" then "go on" }
step behind { $ ./behind
  rollback $ ./undo behind
}
"#,
    );
}

/// It was left half-way: the block's rollback would undo the point too, so
/// nothing took it back, and nothing finished it.
#[test]
fn a_repeatable_step_behind_a_point_of_no_return_is_finished() {
    keeps(
        r#"
defaults { timeout 1m }
phase cut {
  gate sure { confirm "Sure?"
    timeout 5m
    else rollback }
  step drop { $ ./drop
    repeatable
    irreversible "it is gone" then "go on" }
  parallel {
    step rename { $ ./rename
      repeatable }
    step index { $ ./index
      repeatable
      retry 1 every 5s }
  }
  rollback $ ./restore
}
"#,
    );
}

/// A time-out ends it from outside: it did not clean up, and was run again.
#[test]
fn an_atomic_step_is_not_tried_again_after_a_time_out() {
    keeps(
        r#"
step a {
  $ ./a
  atomic
  retry 2 every 5s
  timeout 1m
  rollback $ ./undo a
}
"#,
    );
}

/// A person said that a step in doubt was done, and its output was needed on
/// the way back.
#[test]
fn what_a_lost_step_would_have_told_is_not_gone_on_without() {
    keeps(
        r#"
defaults { timeout 1m }
step backup {
  $ ./backup
  output id from stdout `id: (\S+)`
  rollback $ ./forget
}
step migrate {
  $ ./migrate
  rollback $ ./restore "$backup_id"
}
"#,
    );
}

/// A person let the first undo of a bracket pass; the second one came too.
#[test]
fn a_bracket_with_two_undos() {
    keeps(
        r#"
defaults { timeout 1m }
with maintenance {
  enter $ ./on
  leave $ ./off
  step a $ ./a
  rollback best effort $ ./undo
}
"#,
    );
}

#[test]
fn a_gate_that_lets_everything_pass_guards_nothing() {
    refuses(
        "RB125",
        r#"
defaults { timeout 1m }
gate sure { confirm "Sure?"
  timeout 5m
  else continue }
step drop { $ ./drop
  repeatable
  irreversible "it is gone" then "go on" }
"#,
    );
}

#[test]
fn a_step_does_not_use_its_own_output() {
    refuses(
        "RB302",
        r#"
defaults { timeout 1m }
step a {
  $ ./a "$a_id"
  output id from stdout `id: (\S+)`
  harmless "it only adds"
}
"#,
    );
}

#[test]
fn what_is_in_place_already_tells_nothing() {
    refuses(
        "RB303",
        r#"
defaults { timeout 1m }
step a {
  $ ./a
  done when $ ./is_done
  output id from stdout `id: (\S+)`
  harmless "it only adds"
}
step b { $ ./b "$a_id"
  harmless "it only adds" }
"#,
    );
}

#[test]
fn a_stopped_step_may_be_passed_over_by_a_person() {
    refuses(
        "RB303",
        r#"
defaults { timeout 1m }
step a {
  $ ./a
  else stop
  output id from stdout `id: (\S+)`
  harmless "it only adds"
}
step b { $ ./b "$a_id"
  harmless "it only adds" }
"#,
    );
}

/// A loop over three hosts, each in a bracket of its own.
fn rolling(words: &str) -> String {
    format!(
        r#"
defaults {{ timeout 1m }}
step before {{ $ ./before
  rollback $ ./undo before
}}
with muted {{
  enter $ ./mute
  leave $ ./unmute
  for host in ["a", "b", "c"]{words} {{
    with drained {{
      enter $ ./drain "$host"
      leave $ ./enable "$host"
      step upgrade {{
        capture was $ ./version "$host"
        $ ./upgrade "$host"
        rollback $ ./upgrade "$host" --to "$was"
      }}
      check well $ ./look "$host"
    }}
  }}
}}
step behind {{ $ ./behind
  rollback $ ./undo behind
}}
"#
    )
}

#[test]
fn rounds_that_fail_while_the_others_go_on() {
    keeps(&rolling(", tolerate 1"));
    keeps(&rolling(", 2 at a time, tolerate 1"));
    keeps(&rolling(", 3 at a time, tolerate 2"));
    keeps(&rolling(", 100% at a time, tolerate 100%"));
}

#[test]
fn what_is_undone_when_too_many_rounds_fail() {
    for rule in ["all", "batch", "failed", "none"] {
        keeps(&rolling(&format!(", on breach rollback {rule}")));
        keeps(&rolling(&format!(
            ", 2 at a time, tolerate 1, on breach rollback {rule}"
        )));
    }
}

#[test]
fn loops_in_rounds_that_may_fail() {
    keeps(
        r#"
defaults { timeout 1m }
for zone in ["east", "west"], tolerate 1 {
  for host in ["a", "b"], 2 at a time, tolerate 1 {
    step upgrade { $ ./upgrade "$zone" "$host"
      rollback {
        $ ./downgrade "$zone" "$host"
        best effort
      }
    }
    parallel {
      step left { $ ./left "$zone" "$host"
        rollback $ ./undo left
      }
      step right { $ ./right "$zone" "$host"
        atomic
        rollback $ ./undo right
      }
    }
  }
  gate zone_is_well {
    confirm "Is {zone} well?"
    timeout 5m
    else rollback
  }
}
"#,
    );
}

#[test]
fn a_point_of_no_return_behind_rounds_that_failed() {
    keeps(
        r#"
defaults { timeout 1m }
for host in ["a", "b"], 2 at a time, tolerate 1 {
  step upgrade { $ ./upgrade "$host"
    rollback $ ./downgrade "$host"
  }
}
gate sure { confirm "Sure?"
  timeout 5m
}
step finalize { $ ./finalize
  repeatable
  irreversible "the old format is gone" then "go on"
}
step last { $ ./last
  rollback $ ./undo last
}
"#,
    );
}

#[test]
fn what_worked_is_no_clean_failure() {
    for retries in ["", "    repeatable\n    retry 2 every 1s\n"] {
        keeps(&format!(
            r#"
defaults {{ timeout 1m }}
step a {{ $ ./a
  rollback $ ./undo a
}}
step b {{ $ ./b
  output id from stdout `id: (\d+)`
  atomic
{retries}  rollback $ ./undo b
}}
check c $ ./look "$b_id"
"#
        ));
    }
}

#[test]
fn a_gate_in_a_round_that_may_fail_guards_nothing_behind_it() {
    let with = |tolerate: &str| {
        format!(
            r#"
defaults {{ timeout 1m }}
for x in ["a", "b"]{tolerate} {{
  gate sure {{ confirm "Is {{x}} well?"
    timeout 5m
    else rollback
  }}
}}
step purge {{ $ ./purge
  repeatable
  irreversible "gone" then "restore"
}}
"#
        )
    };
    keeps(&with(""));
    refuses("RB125", &with(", tolerate 1"));
    refuses("RB125", &with(", tolerate 2"));
}

#[test]
fn the_undo_of_all_rounds_belongs_to_none_of_them() {
    let undo = |commands: &str| {
        format!(
            "defaults {{ timeout 1m }}\nfor host in [\"a\", \"b\"] {{\n  step up {{ $ ./up \"$host\"\n  }}\n  rollback {{\n    {commands}\n  }}\n}}\n"
        )
    };
    keeps(&undo("$ ./down all"));
    refuses("RB301", &undo("$ ./down \"$host\""));
}

/// A step outside of a loop, after something in it.
fn awaited_after(name: &str) -> String {
    let text = r#"
defaults { timeout 1m }
for host in ["a", "b", "c"], 1 at a time, tolerate 1 {
  step first { $ ./first "$host"
    rollback $ ./undo first "$host"
  }
  phase second {
    parallel {
      step beside { $ ./beside "$host"
        rollback $ ./undo beside "$host"
      }
      step other { $ ./other "$host"
        rollback $ ./undo other "$host"
      }
    }
  }
}
phase outside after NAME {
  step awaiting { $ ./awaiting
    rollback $ ./undo awaiting
  }
}
"#;
    text.replace("NAME", name)
}

#[test]
fn what_comes_after_whole_rounds_rests_on_none_that_is_undone() {
    keeps(&awaited_after("second"));
}

#[test]
fn rounds_that_cannot_be_undone_alone() {
    let together = rolling(", tolerate 1")
        .replace("        rollback $ ./upgrade \"$host\" --to \"$was\"\n", "");
    let together = together.replace(
        "    with drained {",
        "    rollback $ ./downgrade_all\n    with drained {",
    );
    refuses("RB134", &together);
    refuses(
        "RB134",
        r#"
defaults { timeout 1m }
gate sure { confirm "Sure?"
  timeout 5m
}
for host in ["a", "b"], on breach rollback batch {
  step erase { $ ./erase "$host"
    repeatable
    irreversible "it is gone" then "go on"
  }
}
"#,
    );
    refuses("RB134", &awaited_after("first"));
    refuses("RB134", &awaited_after("beside"));
    refuses(
        "RB303",
        r#"
defaults { timeout 1m }
for host in ["a", "b"], tolerate 1 {
  step upgrade { $ ./upgrade "$host"
    output id from stdout `id (\d+)`
    rollback $ ./downgrade "$host"
  }
}
check all $ ./look "$upgrade_id"
"#,
    );
}

#[test]
fn what_comes_after_what_in_a_round() {
    let with = |words: &str| {
        format!(
            r#"
defaults {{ timeout 1m }}
step before {{ $ ./before
  rollback $ ./undo before
}}
for host in ["a", "b", "c"]{words} {{
  step x {{ $ ./x "$host"
    rollback $ ./undo x
  }}
  step y {{ $ ./y "$host"
    rollback $ ./undo y
  }}
  step z after x {{ $ ./z "$host"
    rollback $ ./undo z
  }}
  step early after before {{ $ ./early "$host"
    rollback $ ./undo early
  }}
}}
step last after z {{ $ ./last
  rollback $ ./undo last
}}
"#
        )
    };
    for words in ["", ", 2 at a time"] {
        keeps(&with(words));
    }
    refuses("RB134", &with(", 2 at a time, tolerate 1"));
}

/// An undo of the whole block runs last, also that of a step which came last.
#[test]
fn a_block_in_a_block_is_undone_in_order() {
    const INNER: &str = "  phase inner {\n step a { $ ./a\n }\n rollback $ ./undo inner\n }\n";
    let outer = |body: &str| {
        format!("defaults {{ timeout 1m }}\nphase outer {{\n{body}\n rollback $ ./undo outer\n}}\n")
    };
    refuses("RB122", &outer(&format!("{INNER} step b {{ $ ./b\n }}")));
    keeps(&outer(&format!("step b {{ $ ./b\n }}\n{INNER}")));
}

/// What is done inside of a bracket is undone before that is left.
#[test]
fn a_bracket_in_a_block_is_left_last() {
    let outer = |inside: &str, outside: &str| {
        format!(
            "defaults {{ timeout 1m }}\nphase outer {{\n  with w {{\n    enter $ ./on\n    leave $ ./off\n    step a {{ $ ./a\n    }}\n{inside}  }}\n{outside}}}\n"
        )
    };
    refuses("RB122", &outer("", "  rollback $ ./undo outer\n"));
    keeps(&outer("    rollback $ ./undo w\n", ""));
    // The same for a step of another block that comes in while it is open.
    let joins = |after: &str| {
        format!(
            "defaults {{ timeout 1m }}\nwith w {{\n  enter $ ./on\n  leave $ ./off\n  check c $ ./look\n}}\nphase p after start {{\n  step b after {after} {{ $ ./b\n  }}\n  rollback $ ./undo p\n}}\n"
        )
        .replace("with w {", "step start { $ ./start\n  rollback $ ./undo start\n}\nwith w {")
    };
    refuses("RB122", &joins("c"));
    keeps(&joins("start"));
}

/// One that failed by itself and would be tried again left nothing behind; one
/// that was ended before did.
#[test]
fn what_an_attempt_left_is_undone() {
    keeps(
        r#"
defaults { timeout 1m }
for x in [1, 2, 3], 3 at a time, tolerate 1 {
  step a {
    capture a_was $ ./note a
    $ ./a "$x"
    retry 1 every 5s
    atomic
    rollback $ ./undo a "$x"
  }
}
"#,
    );
    keeps(
        r#"
defaults { timeout 1m }
step a {
  $ ./a
  retry 2 every 5s
  atomic
  repeatable
  rollback $ ./undo a
}
"#,
    );
}

/// What is passed over is said to be, also when the way back goes on later.
#[test]
fn what_was_passed_over_stays_on_record() {
    keeps(
        r#"
defaults { timeout 1m }
for x in [1, 2, 3], 1 at a time, on breach rollback batch {
  with w {
    enter $ ./on
    leave $ ./off
    step a { $ ./a "$x"
    }
    rollback best effort {
      $ ./undo w
    }
  }
}
"#,
    );
}

/// What cannot be finished behind a point of no return is said, and left to a
/// person or to the rule of its loop.
#[test]
fn what_is_not_finished_is_said() {
    let phase = |head: &str| {
        format!(
            r#"
defaults {{ timeout 1m }}
{head} {{
  gate sure {{
    confirm "Sure?"
    timeout 10m
    else rollback
  }}
  step drop {{ $ ./drop
    repeatable
    irreversible "it is gone" then "go on" }}
  step more {{ $ ./more
    repeatable
    retry 1 every 5s }}
  rollback $ ./undo
}}
"#
        )
    };
    let beside = "phase late after sure {\n step b { $ ./b\n }\n rollback $ ./undo late\n}\n";
    keeps(&(phase("phase cut") + beside));
    let rounds = "for x in [1, 2, 3], 1 at a time, on breach rollback none";
    keeps(&phase(rounds));
    // Its bracket is left all the same.
    keeps(
        r#"
defaults { timeout 1m }
for x in [1, 2, 3], 1 at a time, on breach rollback none {
  with w {
    enter $ ./on
    leave $ ./off
    gate sure {
      confirm "Sure?"
      timeout 10m
      else rollback
    }
    step drop { $ ./drop
      repeatable
      irreversible "it is gone" then "go on" }
    step more { $ ./more
      repeatable }
    rollback $ ./undo
  }
}
"#,
    );
}

/// A bracket that a loop's rule had left is still there to be undone, and what is
/// kept of it is said.
#[test]
fn what_is_kept_of_a_bracket_is_said() {
    keeps(
        r#"
defaults { timeout 1m }
with w {
  enter $ ./on
  leave $ ./off
  step a { $ ./a
  }
  step b { $ ./b
  }
  rollback $ ./undo w
}
for x in [1, 2, 3], 1 at a time, on breach rollback none after a {
  step c { $ ./c "$x"
  }
  rollback $ ./undo all
}
"#,
    );
}

/// A round that was taken back gave up the rollback of its bracket's block and
/// left the bracket; a point of no return came behind it, and then the run is
/// taken back.
#[test]
fn what_a_round_gave_up_is_said_behind_a_point_of_no_return() {
    keeps(
        r#"
defaults { timeout 1m }
for x in [1, 2, 3], 1 at a time, tolerate 1 {
  with w2 {
    enter $ ./do w2
    leave $ ./undo w2
    step s3 {
      $ ./do s3
    }
    rollback best effort $ ./undo w2
  }
}
gate g6 {
  confirm "Sure?"
  timeout 10m
  else rollback
}
step s7 {
  $ ./do s7
  repeatable
  irreversible "it is gone" then "go on"
}
"#,
    );
}
