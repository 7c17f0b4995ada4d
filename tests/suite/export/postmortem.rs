//! The page that a run writes of itself is that of `exec`.

use super::random::postmortem;
use super::shells;
use super::world::World;

const TOLD: &str = r#"runbook "Release <b>{version}</b> | {place}"
param version: version = "1.2.3"
param place: "here" | "there" = "here"
param note: string = "nothing"
param hosts: list<host> = ["a", "b", "c"]
param share: percent = 2.50%
role crew = ["WHO", "grace"]
window hours {
  allow 00:00..24:00 in "UTC"
}
metric errors: percent = $ if test -e changed; then echo 0.015; else echo ; fi
metric broken: bytes = $ echo "no | <number>" >&2; exit 3
thresholds either {
  any {
    broken < 1B
    errors < 1%
  }
}
defaults { timeout 1m }
step prepare {
  capture before $ ./act note before
  $ ./act do prepare
  done when $ ./act probe prepare
  rollback {
    $ ./act undo prepare "$before"
    verify $ ./act look undone
  }
}
gate sure {
  window hours
  confirm "Sure of {note}?"
  approve by crew or starter
  check "It | stands" {
    $ ./act look stands
    retry 1 every 10ms
  }
}
step change {
  $ ./act do change; : >changed
  output id from stdout `id: (\S+)`
  repeatable
  retry 2 every 10ms
  rollback $ ./act undo change; rm -f changed
}
gate known {
  confirm "Is it {change.id}?"
}
gate good {
  until errors < 1% within 1s every 50ms
}
gate seen {
  until either within 1s every 50ms
}
for host in hosts, tolerate 1 {
  step up {
    $ ./act do up "$host"
    rollback $ ./act undo up "$host"
  }
}
step last {
  $ ./act do last
  else OTHERWISE
  rollback $ ./act undo last
}
always {
  postmortem "told.md"
}
"#;

#[test]
fn the_page_of_a_run_is_that_of_exec() {
    let all = [
        ("rollback", &[][..], 0),
        ("rollback", &["do last"][..], 3),
        ("rollback", &["do last", "undo change"], 4),
        ("continue", &["do up #2", "do last"], 0),
        ("rollback", &["do up #2", "do last"], 3),
        ("rollback", &["do change #1", "look undone", "do last"], 4),
        ("continue", &["look stands"], 3),
    ];
    for (number, (otherwise, faults, status)) in all.into_iter().enumerate() {
        let text = TOLD.replace("OTHERWISE", otherwise);
        let text = text.replace("WHO", &runbook::run::who::user());
        let faults: Vec<String> = faults.iter().map(|it| (*it).to_owned()).collect();
        let given = ["--yes", "--set", "note=a |\n <i>b\tc</i>  "];
        let by_exec = World::new(&text, &faults);
        let exec = by_exec.exec(&given);
        assert_eq!(exec.status, Some(status), "{faults:?}\n{}", exec.text);
        let wanted = postmortem(&by_exec);
        assert!(wanted.len() > 30, "{wanted:?}");
        for shell in shells::by_turn(number) {
            let world = World::new(&text, &faults);
            world.export(&[]).expect("it can be exported");
            let told = world.script(shell, &given);
            let about = format!("{shell:?} {faults:?}\n{}", told.text);
            assert_eq!(told.status, Some(status), "{about}");
            assert_eq!(postmortem(&world), wanted, "{about}");
        }
    }
}
