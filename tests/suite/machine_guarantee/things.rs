//! Small runbooks about what lies in the things that are changed, and those that
//! once broke the promise.

use super::{keeps, refuses};

const SAVE: &str =
    "step save { $ ./save\n timeout 1m\n saves audit\n harmless \"it only reads\" }\n";
const CLEAR: &str =
    "step clear { $ ./clear\n timeout 1m\n destroys audit\n rollback $ ./load audit\n}\n";

#[test]
fn what_is_destroyed_is_saved_before() {
    keeps(&format!("{SAVE}{CLEAR}"));
    refuses("RB123", CLEAR);
    refuses("RB123", &format!("{CLEAR}{SAVE}"));
}

#[test]
fn who_saves_does_so_surely() {
    let lenient = SAVE.replace("timeout 1m", "timeout 1m\n else continue");
    refuses("RB123", &format!("{lenient}{CLEAR}"));
    let rounds = format!("for x in [1, 2], 1 at a time, tolerate 1 {{\n{SAVE}}}\n{CLEAR}");
    refuses("RB123", &rounds);
    // What a bracket saves is gone when it is left, and what was destroyed inside
    // may be undone after that.
    let bracket = "with saved {\n enter { $ ./snapshot\n timeout 1m\n saves audit }\n leave $ ./drop_snapshot\n";
    refuses("RB123", &format!("{bracket}{CLEAR}}}\n"));
}

/// A copy that its step's undo takes away is needed until then.
#[test]
fn a_copy_stays_until_it_is_not_needed() {
    let taken_away = SAVE.replace("harmless \"it only reads\"", "rollback $ ./drop_copy\n");
    keeps(&format!("{taken_away}{CLEAR}"));
}

/// What is finished behind a point of no return is not brought back either.
#[test]
fn an_undo_has_what_it_would_take_back() {
    refuses(
        "RB108",
        &format!(
            "{SAVE}
phase cut {{
  gate sure {{
    confirm \"Sure?\"
    timeout 10m
    else rollback
  }}
  step drop {{ $ ./drop
    timeout 1m
    repeatable
    irreversible \"it is gone\" then \"go on\" }}
  phase more {{
    step change {{ $ ./change
      timeout 1m
      touches audit }}
    rollback $ ./undo change
  }}
  step clear {{ $ ./clear
    timeout 1m
    repeatable
    destroys audit }}
  rollback $ ./undo cut
}}
"
        ),
    );
}

/// A bracket has its hands on what it touches when it is left, too.
#[test]
fn a_bracket_is_left_beside_nobody() {
    refuses(
        "RB402",
        r#"
defaults { timeout 1m }
parallel {
  with paused {
    enter { $ ./pause
      touches queue }
    leave $ ./unpause
    step fill { $ ./fill
      rollback $ ./undo fill
}
  }
  step drain after fill { $ ./drain
    touches queue
    rollback $ ./undo drain
}
}
"#,
    );
}

/// On another machine another thing is called so.
#[test]
fn each_machine_has_its_own() {
    keeps(
        r#"
defaults { timeout 1m }
hosts web = ["web1", "web2"]
for host in hosts.web, 2 at a time {
  step restart {
    on host
    $ ./restart
    touches service
    rollback $ ./undo restart
  }
}
"#,
    );
}
