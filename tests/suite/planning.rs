//! `plan`: what is told before a release is what happens in it.

use serde_json::Value;

use crate::place::Place;

const RUNBOOK: &str = r#"
runbook "Cut over"
defaults { timeout 1m }
step note {
  $ echo note
  harmless "it only adds a line"
}
parallel both {
  step left {
    $ echo left
    rollback $ echo undo left
  }
  step right {
    $ echo right
    rollback $ echo undo right
  }
}
for part in ["a", "b"] {
  step move {
    $ test ! -e "stop-$part"
    timeout 2m
    rollback {
      $ echo undo "$part"
      timeout 3m
      retry 1 every 30s
      verify $ true
    } else "by force" {
      $ echo force "$part"
      timeout 4m
    }
  }
}
gate sure { confirm "Drop the old one?" }
step drop {
  $ echo drop
  repeatable
  irreversible "the old one is gone" then "mend what is there"
}
step clean {
  $ test ! -e stop-clean
  rollback $ echo undo clean
}
on rollback {
  check well $ echo well
}
"#;

#[test]
fn the_way_back_from_a_step_is_told_with_all_that_it_runs() {
    let place = Place::new(RUNBOOK);
    let told = place.ends(&["plan", "t.runbook", "--at", "move[b]"], 0);
    // Each `move`: two tries of 3m, 30s between them, 3m to verify, 4m by force;
    // then those that go back together.
    let expected = r#"way back from move[b], at most 32m
   1  move[b]
        $ echo undo "$part"
        verified by  $ true
        else (by force)  $ echo force "$part"
        at most 3m, 1 more try every 30s
   2  move[a]
        $ echo undo "$part"
        verified by  $ true
        else (by force)  $ echo force "$part"
        at most 3m, 1 more try every 30s
   3  left
        $ echo undo left
        at most 5m
   3  right
        $ echo undo right
        at most 5m
what stays as it is
  note: it only adds a line
"#;
    assert_eq!(told, expected);
}

#[test]
fn a_point_of_no_return_is_told() {
    let place = Place::new(RUNBOOK);
    let told = place.ends(&["plan", "t.runbook", "--at", "clean"], 0);
    let expected = "way back from clean, at most 5m
   1  clean
        $ echo undo clean
        at most 5m
no further back than drop: the old one is gone
  then mend what is there
what stays as it is
  note: it only adds a line
  left: a point of no return came after it
  right: a point of no return came after it
  move[a]: a point of no return came after it
  move[b]: a point of no return came after it
";
    assert_eq!(told, expected);
}

#[test]
fn a_statement_of_a_loop_is_told_for_each_round_and_a_wrong_name_is_said() {
    let place = Place::new(RUNBOOK);
    let told = place.ends(&["plan", "t.runbook", "--at", "move"], 0);
    for round in ["move[a]", "move[b]"] {
        let head = format!("way back from {round}, at most");
        assert!(told.contains(&head), "{told}");
    }
    let told = place.ends(&["plan", "t.runbook", "--at", "mvoe"], 2);
    assert!(told.contains("did you mean `move`?"), "{told}");
    // Endings are no points to go back from.
    place.ends(&["plan", "t.runbook", "--at", "well"], 2);
}

const ROLLING: &str = r#"
runbook "Roll"
defaults { timeout 1m }
param careful: bool = false
source prom = prometheus "http://prometheus.internal:9090"
metric errors: percent = $ ./errors.sh --last 5m
metric p95: duration = prom "histogram(p95)"
thresholds healthy {
  errors < 1%
  p95 < 1s
}
step look when careful {
  $ echo look
  harmless "it only looks"
}
for host in ["a", "b", "c"], tolerate 1 {
  step upgrade {
    $ echo upgrade "$host"
    rollback $ echo back "$host"
  }
}
gate well {
  until healthy within 1m every 15s
  else rollback
}
"#;

#[test]
fn what_is_measured_skipped_and_tolerated_is_told() {
    let place = Place::new(RUNBOOK);
    place.write("r.runbook", ROLLING);
    let told = place.ends(&["plan", "r.runbook"], 0);
    let measured = "\nwhat is measured
      errors  $ ./errors.sh --last 5m
      p95  histogram(p95) asked of http://prometheus.internal:9090\n";
    assert!(told.contains(measured), "{told}");

    let told = place.ends(&["plan", "r.runbook", "--at", "look"], 2);
    let skipped = "`look` does not run with these values: skipped, as this is false: careful";
    assert!(told.contains(skipped), "{told}");

    let told = place.ends(&["plan", "r.runbook", "--at", "upgrade[b]"], 0);
    let alone = "a failure here first takes back round b of for host alone, \
                 and the others go on: 1 of 3 may fail so";
    assert!(told.contains(alone), "{told}");
}

/// The names of what is undone when the run turns back at a node, by the
/// document for programs.
fn promised(document: &Value, at: &str) -> Vec<String> {
    let nodes = document["plan"]["nodes"].as_array().unwrap();
    let name = |id: &Value| nodes[usize::try_from(id.as_u64().unwrap()).unwrap()]["name"].clone();
    let ways = document["ways_back"].as_array().unwrap();
    let way = ways.iter().find(|way| name(&way["from"]) == at).unwrap();
    let returns = way["returns"].as_array().unwrap().iter();
    let returns = returns.flat_map(|together| together.as_array().unwrap());
    let names = returns.map(|it| name(&it["undo"]).as_str().unwrap().to_owned());
    names.collect()
}

#[test]
fn what_is_promised_to_programs_is_what_a_run_does() {
    for (at, stop) in [("move[b]", "stop-b"), ("clean", "stop-clean")] {
        let place = Place::new(RUNBOOK);
        let told = place.ends(&["plan", "t.runbook", "--json"], 0);
        let document: Value = serde_json::from_str(&told).unwrap();
        let exported = place.ends(&["export", "t.runbook", "--to", "json"], 0);
        assert_eq!(told, exported);

        place.write(stop, "");
        let told = place.run(&["exec", "t.runbook", "--yes"]).text;
        let undone = told.lines().filter_map(|line| {
            let undone = line.split_once("↩ ")?.1.strip_suffix(" is undone")?;
            Some(undone.to_owned())
        });
        let mut undone: Vec<String> = undone.collect();
        let mut promised = promised(&document, at);
        // Those two are undone at the same time.
        undone.sort();
        promised.sort();
        assert!(!promised.is_empty());
        assert_eq!(undone, promised, "{told}");
    }
}
