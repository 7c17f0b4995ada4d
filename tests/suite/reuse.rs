//! Templates and modules: what a plan has of them, and how a mistake in one is
//! shown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use runbook::analysis::{Analysis, analyse, analyse_text};
use runbook::plan::{NodeKind, Plan, Retry, Run, ValueSource};
use runbook::problem::render::{Findings, Format, Human, render};
use runbook::source::{Disk, Memory};

fn analysed(files: &[(&str, &str)]) -> Analysis {
    let memory = files
        .iter()
        .map(|(path, text)| (PathBuf::from(path), (*text).to_owned()));
    let memory = Memory(memory.collect::<BTreeMap<_, _>>());
    let (path, text) = files[0];
    analyse_text(Path::new(path), text.as_bytes(), &memory)
}

fn shown(analysis: &Analysis) -> String {
    let findings = Findings {
        problems: &analysis.problems,
        sources: &analysis.sources,
    };
    let human = Human {
        colour: false,
        width: 80,
    };
    render(&[findings], Format::Human(human))
}

fn step<'p>(plan: &'p Plan, name: &str) -> &'p runbook::plan::Step {
    let node = plan.nodes.iter().find(|node| node.name == name);
    match &node.unwrap_or_else(|| panic!("no node `{name}`")).kind {
        NodeKind::Step(step) => step,
        other => panic!("`{name}` is {other:?}"),
    }
}

fn bindings(task: &runbook::plan::Task) -> Vec<(&str, &ValueSource)> {
    task.bindings
        .iter()
        .map(|binding| (binding.name.as_str(), &binding.value))
        .collect()
}

#[test]
fn a_templates_command_stays_as_it_is_and_gets_its_values_as_variables() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/reuse/templates.runbook");
    let analysis = analyse(&path, &Disk);
    let web = step(&analysis.plan, "web");
    let Run::Script { text, .. } = &web.task.run else {
        panic!("{web:?}");
    };
    assert_eq!(
        text,
        "systemctl restart \"$service\" --with \"$version\"\nKEY=\"$key\" ./note.sh \"$wait\""
    );
    let known = |value: &str| ValueSource::Known(value.to_owned());
    assert_eq!(
        bindings(&web.task),
        [
            ("service", &known("web")),
            ("version", &known("0.0.0")),
            ("key", &known("")),
            ("wait", &known("10")),
        ]
    );
    // Attributes of the action around win over those of the action inside.
    assert_eq!(web.task.timeout, Some(60_000));
    let worker = step(&analysis.plan, "worker");
    assert_eq!(worker.task.timeout, Some(120_000));
    assert!(bindings(&worker.task).contains(&("key", &ValueSource::Secret("token".to_owned()))));
}

#[test]
fn statements_of_a_strategy_are_called_by_their_phase() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/reuse/templates.runbook");
    let plan = analyse(&path, &Disk).plan;
    let names: Vec<&str> = plan.nodes.iter().map(|node| node.name.as_str()).collect();
    for wanted in [
        "rollout.change[a]",
        "rollout.settled[b]",
        "rollout.after_all",
        "again_on_port.change[c]",
        "shift_all.shift[10%]",
        "shift_again.shift[100%]",
    ] {
        assert!(names.contains(&wanted), "no `{wanted}` in {names:?}");
    }
    let change = step(&plan, "again_on_port.change[c]");
    let port = ValueSource::Known("8080".to_owned());
    assert!(bindings(&change.task).contains(&("port", &port)));
}

#[test]
fn a_mistake_in_a_module_is_shown_there_and_at_its_call() {
    let analysis = analysed(&[
        (
            "deploy.runbook",
            "runbook \"x\"\nuse \"./lib.runbook\"\nstep one = lib.go(\"a\")\nstep two = lib.go(\"b\")\n",
        ),
        (
            "lib.runbook",
            "action go(name: string) {\n  $ ./go.sh $name\n  harmless \"x\"\n}\n",
        ),
    ]);
    let shown = shown(&analysis);
    assert_eq!(analysis.problems.len(), 1, "{shown}");
    assert!(shown.contains("lib.runbook:2:13"), "{shown}");
    assert!(shown.contains("deploy.runbook:3"), "{shown}");
    assert!(shown.contains("called here"), "{shown}");
}

#[test]
fn what_only_the_whole_plan_shows_names_the_call_too() {
    let analysis = analysed(&[
        (
            "deploy.runbook",
            "runbook \"x\"\nuse \"./lib.runbook\"\nphase one = lib.go()\n",
        ),
        (
            "lib.runbook",
            "strategy go() {\n  step change $ ./go.sh\n}\n",
        ),
    ]);
    let shown = shown(&analysis);
    assert!(shown.contains("RB101"), "{shown}");
    assert!(shown.contains("one.change"), "{shown}");
    assert!(shown.contains("called here"), "{shown}");
}

/// Who reads in a run why a gate stays shut knows the names of the runbook.
#[test]
fn a_comparison_of_a_template_is_shown_with_what_it_was_given() {
    let analysis = analysed(&[(
        "x.runbook",
        "runbook \"x\"\nuse std.red\nuse std.release\nparam most: percent = 2%\n\
         metric failing: percent = $ ./a.sh\nmetric p95: duration = $ ./b.sh\n\
         thresholds well = red.healthy(failing, slowest: p95, failed_at: most)\n\
         thresholds bad = red.broken(failing, slowest: p95)\n\
         thresholds usual = release.as_usual(failing)\n\
         gate one {\n  hold well for 5m\n  hold usual for 5m\n  until bad within 5m\n}\n",
    )]);
    let shown = format!("{:?}", analysis.plan);
    assert!(analysis.problems.is_empty(), "{:?}", analysis.problems);
    for wanted in [
        "failing < 0.1% fail > most",
        "p95 < 200ms",
        "failing > 1% series any",
        "p95 > baseline + 50% series any",
        "failing within 20% of baseline",
    ] {
        assert!(
            shown.contains(&format!("\"{wanted}\"")),
            "no {wanted} in {shown}"
        );
    }
}

#[test]
fn templates_that_grow_without_measure_are_refused() {
    let mut text = String::from("runbook \"x\"\nstrategy s0() { check look $ true\n}\n");
    for level in 1..40 {
        text += &format!(
            "strategy s{level}() {{\n  phase a = s{0}()\n  phase b = s{0}()\n}}\n",
            level - 1
        );
    }
    text += "phase all = s39()\n";
    let analysis = analysed(&[("x.runbook", &text)]);
    let shown = shown(&analysis);
    assert!(shown.contains("RB902"), "{shown}");
}

const SITE: &str = r#"runbook "Work on the site"

use "./alerts.runbook"

defaults { timeout 1m }

with quiet = alerts.muted("site") {
  step change {
    $ ./change.sh
    rollback $ ./change_back.sh
  }
}

test "alerts are heard again after a failure" {
  given step change fails
  expect rolled_back
  expect ran quiet, change, rollback of change, rollback of quiet
}

test "and after a success" {
  expect succeeded
  expect ran quiet, change
  expect not ran rollback of change
}

test "nothing is changed while alerts are heard" {
  given enter quiet fails
  expect rolled_back
  expect not ran change
}
"#;

const ALERTS: &str = "bracket muted(matching: string) {
  enter $ ./mute.sh \"$matching\"
  leave $ ./unmute.sh \"$matching\"
}
";

#[test]
fn what_a_bracket_does_is_called_as_the_with_is() {
    let files = [("site.runbook", SITE), ("alerts.runbook", ALERTS)];
    let analysis = analysed(&files);
    assert!(analysis.problems.is_empty(), "{}", shown(&analysis));
    let quiet = analysis.plan.nodes.iter().find(|it| it.name == "quiet");
    let NodeKind::Enter(enter) = &quiet.unwrap().kind else {
        panic!("{quiet:?}");
    };
    let given = ValueSource::Known("site".to_owned());
    assert_eq!(bindings(&enter.task), [("matching", &given)]);
    assert_eq!(
        bindings(&enter.leave.attempts[0].task),
        [("matching", &given)]
    );
}

/// How the template does its work can be said where it is called.
#[test]
fn what_is_written_at_a_bracket_s_call_adds_to_its_ends() {
    let runbook = r#"runbook "R"
param balancer: host
defaults { timeout 5m }
bracket muted(matching: string) {
  enter {
    $ ./mute.sh "$matching"
    timeout 1m
    retry 2 every 5s
  }
  leave {
    $ ./unmute.sh "$matching"
    timeout 3m
  }
}
with quiet = muted("site") {
  enter {
    on balancer
    timeout 20s
    env WHO = "{balancer}"
  }
  leave {
    timeout 4m
    retry 3 every 1s
  }
  check well $ true
}
with plain = muted("shop") {
  check still_well $ true
}
"#;
    let analysis = analysed(&[("site.runbook", runbook)]);
    assert!(analysis.problems.is_empty(), "{}", shown(&analysis));
    let ends = |name: &str| {
        let node = analysis.plan.nodes.iter().find(|it| it.name == name);
        let NodeKind::Enter(enter) = &node.unwrap().kind else {
            panic!("{node:?}");
        };
        (enter.as_ref(), &enter.leave.attempts[0])
    };
    let (enter, leave) = ends("quiet");
    assert!(enter.task.host.is_some() && leave.task.host.is_some());
    let limits = (enter.task.timeout, leave.task.timeout);
    assert_eq!(limits, (Some(20_000), Some(240_000)));
    assert!(enter.retry != Retry::Never && leave.retry != Retry::Never);
    let names: Vec<&str> = bindings(&enter.task)
        .iter()
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(names, ["WHO", "matching"]);
    let (enter, leave) = ends("plain");
    assert!(enter.task.host.is_none() && leave.retry == Retry::Never);
    let limits = (enter.task.timeout, leave.task.timeout);
    assert_eq!(limits, (Some(60_000), Some(180_000)));
}

#[test]
fn a_mistake_in_a_bracket_is_shown_with_its_call() {
    let wrong = ALERTS.replace("./unmute.sh \"$matching\"", "./unmute.sh \"$matchin\"");
    let files = [("site.runbook", SITE), ("alerts.runbook", wrong.as_str())];
    let shown = shown(&analysed(&files));
    assert!(shown.contains("--> alerts.runbook:3:"), "{shown}");
    assert!(shown.contains("site.runbook:7:"), "{shown}");
    assert!(shown.contains("called here"), "{shown}");
}
